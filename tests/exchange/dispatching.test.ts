import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import { Refusal } from '../../src/documents/refusal.ts';
import { inMemory } from '../../src/exchange/message/content.ts';
import { claimDue } from '../../src/exchange/sending/claim-queries.ts';
import { noteRefused } from '../../src/exchange/sending/settle.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createMember, type TestMember } from './members.ts';
import {
  ACTION,
  type Changes,
  createRunningExchange,
  type Endpoints,
  type RunningExchange,
  SERVICE,
  until,
} from './running-exchange.ts';

let thailand: TestMember;
let vietNam: TestMember;
let running: RunningExchange[] = [];

before(async () => {
  [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
});
afterEach(async () => {
  for (const one of running.toReversed()) await one.stop();
  running = [];
});

/** A sender that does not run yet, and a receiver that listens. */
async function pair(changes: Changes = {}): Promise<[RunningExchange, RunningExchange]> {
  const endpoints: Endpoints = {};
  const members = [thailand, vietNam];
  const th = await createRunningExchange(thailand, members, endpoints, changes);
  const vn = await createRunningExchange(vietNam, members, endpoints);
  running = [th, vn];
  await vn.listen();
  return [th, vn];
}

interface Row {
  message_id: string;
  state: string;
  attempts: number;
  last_error_code: string | null;
  window_ends_at: Date;
  queued_at: Date;
}

async function rows(node: RunningExchange): Promise<Row[]> {
  const found = await node.database.pool.query<Row>({
    text: `select message_id, state, attempts, last_error_code, window_ends_at, queued_at from outgoing_messages
      order by queued_at`,
  });
  return found.rows;
}

const all = (node: RunningExchange, state: string) => async (): Promise<boolean> =>
  (await rows(node)).every((row) => row.state === state);

const textOf = (node: RunningExchange): string[] =>
  node.deliveries.map((delivery) => delivery.payloads[0]?.content.memory?.toString() ?? '');

async function count(node: RunningExchange, kind: string): Promise<number> {
  const found = await node.database.pool.query<{ n: number }>({
    text: 'select count(*)::integer as n from events where kind = $1',
    values: [kind],
  });
  return found.rows[0]?.n ?? 0;
}

/** Answers 503 so often, then lets everything pass. */
function busyFor(times: number): RequestHandler {
  let left = times;
  return (_request, response, next) => {
    left -= 1;
    if (left >= 0) response.status(503).end();
    else next();
  };
}

describe('what a gateway has claimed', () => {
  const longLease = { leaseMilliseconds: 3_600_000, sweepMilliseconds: 50 };

  async function claimAs(node: RunningExchange, gateway: number): Promise<void> {
    const now = new Date();
    const leaseEndsAt = new Date(now.getTime() + 3_600_000);
    const claimed = await claimDue(node.database.pool, 'VN', {
      limit: 10,
      now,
      leaseEndsAt,
      claimedBy: gateway,
      lookAgainAt: now,
    });
    assert.equal(claimed.messages.length, 1);
  }

  async function newGateway(node: RunningExchange): Promise<number> {
    const found = await node.database.pool.query<{ number: number }>({
      text: 'insert into gateways default values returning number',
    });
    return found.rows[0]?.number ?? 0;
  }

  test('is sent by another at once when the gateway is gone, long before the lease ends', async () => {
    const [th, vn] = await pair({ dispatch: longLease });
    await th.send('VN', 'x');
    await claimAs(th, await newGateway(th));
    await th.exchange.start();
    await until(all(th, 'receipted'), 'the receipt');
    assert.equal(vn.deliveries.length, 1);
    assert.equal((await rows(th))[0]?.attempts, 2);
  });

  test('is left to it while its session lives', async () => {
    const [th, vn] = await pair({ dispatch: longLease });
    await th.send('VN', 'x');
    const gateway = await newGateway(th);
    const session = await th.database.pool.driver.connect();
    await session.query('select pg_advisory_lock(7352803, $1)', [gateway]);
    await claimAs(th, gateway);
    await th.exchange.start();
    await pause(400);
    assert.equal(vn.deliveries.length, 0);
    session.release(true);
    await until(all(th, 'receipted'), 'the receipt, when the session has ended');
  });

  test('stays its own as long as a try goes on, however short the lease', async () => {
    const [th, vn] = await pair({ dispatch: { leaseMilliseconds: 300, pollMilliseconds: 20 } });
    let arrived = 0;
    vn.hook = (_request, _response, next) => {
      arrived += 1;
      setTimeout(next, 1_500);
    };
    await th.exchange.start();
    await th.send('VN', 'x');
    await until(all(th, 'receipted'), 'the receipt');
    assert.equal(arrived, 1);
    assert.equal((await rows(th))[0]?.attempts, 1);
  });

  test('is taken along when its session breaks and it begins another', async () => {
    const [th, vn] = await pair({ dispatch: longLease });
    vn.hook = (_request, _response, next) => setTimeout(next, 1_500);
    await th.exchange.start();
    await th.send('VN', 'x');
    await until(async () => (await rows(th))[0]?.attempts === 1, 'the try');
    await th.database.pool.query({
      text: `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 7352803
        and database = (select oid from pg_database where datname = current_database())`,
    });
    await until(all(th, 'receipted'), 'the receipt');
    assert.equal(vn.deliveries.length, 1);
    assert.equal((await rows(th))[0]?.attempts, 1);
  });

  test('is free again when it stops', async () => {
    const [th] = await pair({ dispatch: longLease });
    await th.exchange.start();
    await th.exchange.stop();
    const left = await th.database.pool.query({ text: 'select from gateways' });
    assert.equal(left.rows.length, 0);
  });
});

describe('a dispatcher that polls seldom', () => {
  const seldom = { pollMilliseconds: 60_000, sweepMilliseconds: 60_000 };

  test('hears at once of what another process queues, also after its connection broke', async () => {
    const [th, vn] = await pair({ dispatch: seldom });
    const other = await createRunningExchange(
      thailand,
      [thailand, vietNam],
      { VN: vn.endpoint() },
      { database: th.database },
    );
    await th.exchange.start();
    await other.send('VN', 'one');
    await until(() => vn.deliveries.length === 1, 'the delivery');
    await th.database.pool.query({
      text: `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 7352803
        and database = (select oid from pg_database where datname = current_database())`,
    });
    await other.send('VN', 'two');
    await until(() => vn.deliveries.length === 2, 'the second delivery');
  });
});

describe('documents that must arrive in order', () => {
  const inOrder = { afterEarlierOfConversation: true };

  test('wait for the earlier ones of their conversation through every retry, and others do not wait for them', async () => {
    const [th, vn] = await pair();
    vn.hook = busyFor(3);
    for (const text of ['a1', 'a2', 'a3']) await th.send('VN', text, { ...inOrder, conversationId: 'UCR-A' });
    for (const text of ['b1', 'b2']) await th.send('VN', text, { ...inOrder, conversationId: 'UCR-B' });
    await th.send('VN', 'free', { conversationId: 'UCR-A' });
    await th.exchange.start();
    await until(all(th, 'receipted'), 'all receipts');
    const arrived = textOf(vn);
    assert.deepEqual(
      arrived.filter((text) => text.startsWith('a')),
      ['a1', 'a2', 'a3'],
    );
    assert.deepEqual(
      arrived.filter((text) => text.startsWith('b')),
      ['b1', 'b2'],
    );
    assert.equal(arrived.length, 6);
  });

  test('are not held up by a conversation whose first document never arrives', async () => {
    const [th, vn] = await pair();
    await th.send('VN', 'stuck', { ...inOrder, conversationId: 'UCR-A' });
    await th.database.pool.query({ text: `update outgoing_messages set state = 'held'` });
    for (let index = 0; index < 100; index += 1)
      await th.send('VN', `a${index}`, { ...inOrder, conversationId: 'UCR-A' });
    await th.send('VN', 'b', { ...inOrder, conversationId: 'UCR-B' });
    await th.send('VN', 'c');
    await th.exchange.start();
    await until(() => vn.deliveries.length === 2, 'the deliveries of others');
    assert.deepEqual(textOf(vn).sort(), ['b', 'c']);
    const waiting = (await rows(th)).filter((row) => row.last_error_code === 'EARLIER-MESSAGE-WAITS');
    assert.equal(waiting.length, 100);
    assert.ok(waiting.every((row) => row.attempts === 0));
  });

  test('go on when an earlier one has failed', async () => {
    const [th, vn] = await pair({ limits: { windowMilliseconds: 150 } });
    vn.hook = (_request, response) => response.status(503).end();
    const first = await th.send('VN', 'first', inOrder);
    await th.database.pool.query({
      text: `update outgoing_messages set window_ends_at = queued_at + interval '150 ms'`,
    });
    const second = await th.send('VN', 'second', inOrder);
    await th.database.pool.query({
      text: `update outgoing_messages set window_ends_at = queued_at + interval '1 hour' where message_id = $1`,
      values: [second],
    });
    await th.exchange.start();
    await until(
      async () => (await rows(th)).some((row) => row.message_id === first && row.state === 'failed'),
      'the failure',
    );
    vn.hook = undefined;
    await until(() => vn.deliveries.length === 1, 'the delivery of the second');
    assert.deepEqual(textOf(vn), ['second']);
  });

  test('are given up with a reason when their window ends while they wait', async () => {
    const [th] = await pair();
    await th.send('VN', 'first', inOrder);
    await th.database.pool.query({ text: `update outgoing_messages set state = 'held'` });
    await th.send('VN', 'second', inOrder);
    await th.database.pool.query({
      text: `update outgoing_messages set window_ends_at = queued_at where state = 'queued'`,
    });
    await th.exchange.start();
    await until(async () => (await rows(th)).some((row) => row.state === 'failed'), 'the end');
    assert.equal((await rows(th)).find((row) => row.state === 'failed')?.last_error_code, 'EARLIER-MESSAGE-WAITS');
    assert.equal(await count(th, 'message.failed'), 1);
  });

  test('are in the order of the commits when two transactions queue at the same time', async () => {
    const [th, vn] = await pair();
    const document = (text: string) => ({
      toCountry: 'VN',
      conversationId: 'UCR-A',
      service: SERVICE,
      action: ACTION,
      payloads: [{ contentType: 'text/plain', content: inMemory(Buffer.from(text)) }],
      ...inOrder,
    });
    const { pool } = th.database;
    let second: Promise<unknown> = Promise.resolve();
    await inTransaction(pool, async (transaction) => {
      await th.exchange.send(transaction, document('first'), new Date());
      await transaction.query({ text: 'select' });
      second = inTransaction(pool, (other) => th.exchange.send(other, document('second'), new Date()));
      await pause(100);
    });
    await second;
    await th.exchange.start();
    await until(all(th, 'receipted'), 'the receipts');
    assert.deepEqual(textOf(vn), ['first', 'second']);
  });
});

describe('partners', () => {
  test('that are held get nothing, and nothing of theirs is given up, until they are released', async () => {
    const [th, vn] = await pair({ limits: { windowMilliseconds: 50 } });
    await th.exchange.start();
    await th.database.pool.query({
      text: `insert into held_partners (country, held_since, held_by, held_by_name, reason)
        values ('VN', now(), 'olga', 'Olga', 'works on its node')`,
    });
    await pause(100);
    await th.send('VN', 'x');
    await pause(300);
    assert.deepEqual(
      [vn.deliveries.length, (await rows(th))[0]?.state, (await rows(th))[0]?.attempts],
      [0, 'queued', 0],
    );
    await th.database.pool.query({ text: 'delete from held_partners' });
    await until(all(th, 'receipted'), 'the receipt');
  });

  test('have terms of their own: a window, and how many messages are under way', async () => {
    const [th, vn] = await pair({ partnerTerms: { VN: { windowMilliseconds: 7_000, perPartner: 2 } } });
    let [now, most] = [0, 0];
    vn.hook = (_request, response, next) => {
      now += 1;
      most = Math.max(most, now);
      response.on('close', () => {
        now -= 1;
      });
      setTimeout(next, 10);
    };
    for (let index = 0; index < 12; index += 1) await th.send('VN', `${index}`);
    await th.exchange.start();
    await until(all(th, 'receipted'), 'the receipts');
    assert.equal(most, 2);
    for (const row of await rows(th)) assert.equal(row.window_ends_at.getTime() - row.queued_at.getTime(), 7_000);
  });

  for (const [what, turnAway] of [
    ['away', undefined],
    ['overloaded', busyFor(Number.POSITIVE_INFINITY)],
  ] as const)
    test(`that are ${what} rest, and are not stormed when they return`, async () => {
      const [th, vn] = await pair({ dispatch: { perPartner: 4, breakAfter: 3, longestPauseMilliseconds: 200 } });
      let asked = 0;
      if (turnAway === undefined) await vn.hangUp();
      else
        vn.hook = (request, response, next) => {
          asked += 1;
          turnAway(request, response, next);
        };
      for (let index = 0; index < 60; index += 1) await th.send('VN', `${index}`);
      await th.exchange.start();
      await pause(1_000);
      const tries = (await rows(th)).reduce((sum, row) => sum + row.attempts, 0);
      assert.ok(tries < 30, `${tries} tries in a second`);
      let [now, most] = [0, 0];
      asked = 0;
      vn.hook = (_request, response, next) => {
        asked += 1;
        now += 1;
        most = Math.max(most, now);
        response.on('close', () => {
          now -= 1;
        });
        next();
      };
      if (turnAway === undefined) await vn.listen();
      await until(all(th, 'receipted'), 'the receipts');
      assert.ok(most <= 4, `${most} messages at the same time`);
      assert.equal(asked, 60);
    });
});

describe('what goes wrong at the sender itself', () => {
  test('while it judges an answer is a reason for the next try, not a wait for the lease', async () => {
    let failures = 2;
    const [th, vn] = await pair({
      trust: (usual) => ({
        judgeSigner: (query) => {
          if (query.use === 'as4-signing' && failures > 0) {
            failures -= 1;
            throw new Error('the directory is being read');
          }
          return usual.judgeSigner(query);
        },
      }),
    });
    await th.exchange.start();
    await th.send('VN', 'x');
    await until(async () => (await rows(th))[0]?.last_error_code === 'TRY-FAILED-HERE', 'the reason');
    await until(all(th, 'receipted'), 'the receipt');
    assert.equal(vn.deliveries.length, 1);
    assert.equal((await rows(th))[0]?.attempts, 3);
  });

  test('while it looks for the partner after the commit is not thrown at who queued the message', async () => {
    let isBroken = false;
    const [th] = await pair({
      trust: (usual) => ({
        partner: (country, at) => {
          if (isBroken) throw new Error('the directory is being read');
          return usual.partner(country, at);
        },
      }),
    });
    await th.exchange.start();
    await th.send('VN', 'first');
    await until(all(th, 'receipted'), 'the first receipt');
    const document = {
      toCountry: 'VN',
      conversationId: 'UCR-1',
      service: SERVICE,
      action: ACTION,
      payloads: [{ contentType: 'text/plain', content: inMemory(Buffer.from('second')) }],
    };
    const now = new Date();
    const prepared = await th.exchange.prepare(document, now);
    await inTransaction(th.database.pool, async (transaction) => {
      await th.exchange.enqueue(transaction, prepared, now);
      isBroken = true;
    });
    await until(async () => (await rows(th)).some((row) => row.last_error_code === 'TRY-FAILED-HERE'), 'the reason');
    isBroken = false;
    await until(all(th, 'receipted'), 'the second receipt');
  });

  test('while its database is away does not make it forget a receipt', async () => {
    let outages = 3;
    const [th, vn] = await pair({
      receipted: async () => {
        outages -= 1;
        if (outages >= 0) throw new Refusal('unavailable', 'STORE-UNAVAILABLE', 'The database is away.');
      },
    });
    await th.exchange.start();
    await th.send('VN', 'x');
    await until(all(th, 'receipted'), 'the receipt');
    assert.equal((await rows(th))[0]?.attempts, 1);
    assert.equal(vn.deliveries.length, 1);
  });
});

describe('what is told of a message', () => {
  test('that is refused again and again is told once', async () => {
    const [th] = await pair();
    const about = { messageId: 'again@vn', conversation: undefined, partner: 'VN' };
    for (const reason of ['It is 10 minutes ahead.', 'It is 11 minutes ahead.'])
      await noteRefused(th.database.pool, about, { code: 'EBMS:0009', reason }, new Date());
    await noteRefused(th.database.pool, about, { code: 'EBMS:0101', reason: 'Nobody knows the signer.' }, new Date());
    assert.equal(await count(th, 'message.refused'), 2);
  });
});

describe('a duplicate', () => {
  test('is looked up by its id alone, however many messages there are', async () => {
    const [th] = await pair();
    const { pool } = th.database;
    await pool.query({
      text: `insert into incoming_messages (message_id, partner, conversation, service, action, digest, received_at, state)
        select 'm' || n, 'VN', 'UCR', 's', 'a', '', now() - interval '10 years', 'delivered' from generate_series(1, 20000) n`,
    });
    await pool.query({ text: 'analyze incoming_messages' });
    const plan = await pool.query<{ 'QUERY PLAN': string }>({
      text: `explain update incoming_messages m set duplicates = duplicates + 1 from incoming_bodies b
        where m.message_id = 'm77' and b.message_id = m.message_id returning m.digest, b.receipt, m.partner`,
    });
    assert.match(plan.rows.map((row) => row['QUERY PLAN']).join('\n'), /Index Scan using incoming_messages_pkey/);
  });
});
