import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import { inMemory } from '../../src/exchange/message/content.ts';
import { claimDue } from '../../src/exchange/sending/claim-queries.ts';
import { Settlement } from '../../src/exchange/sending/settle.ts';
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

/** Two nodes that know each other; both listen, Thailand's dispatcher runs unless told otherwise. */
async function pair(changes: { th?: Changes; vn?: Changes } = {}): Promise<[RunningExchange, RunningExchange]> {
  const endpoints: Endpoints = {};
  const members = [thailand, vietNam];
  const th = await createRunningExchange(thailand, members, endpoints, changes.th);
  const vn = await createRunningExchange(vietNam, members, endpoints, changes.vn);
  running = [th, vn];
  await th.listen();
  await vn.listen();
  return [th, vn];
}

interface OutgoingRow {
  message_id: string;
  state: string;
  attempts: number;
  last_error_code: string | null;
}

async function outgoing(node: RunningExchange): Promise<OutgoingRow[]> {
  const { rows } = await node.database.pool.query<OutgoingRow>({
    text: 'select message_id, state, attempts, last_error_code from outgoing_messages order by queued_at',
  });
  return rows;
}

async function incoming(node: RunningExchange): Promise<{ message_id: string; state: string; duplicates: number }[]> {
  const { rows } = await node.database.pool.query<{ message_id: string; state: string; duplicates: number }>({
    text: 'select message_id, state, duplicates from incoming_messages order by received_at',
  });
  return rows;
}

async function eventKinds(node: RunningExchange, subject: string): Promise<string[]> {
  const { rows } = await node.database.pool.query<{ kind: string }>({
    text: 'select kind from events where subject = $1 order by id',
    values: [subject],
  });
  return rows.map((row) => row.kind);
}

const allReceipted = async (node: RunningExchange): Promise<boolean> =>
  (await outgoing(node)).every((row) => row.state === 'receipted');

describe('two nodes over mutual TLS', () => {
  test('carry every document exactly once, with a checked receipt on disk', async () => {
    const [th, vn] = await pair();
    await th.exchange.start();
    const ids = await Promise.all(Array.from({ length: 40 }, (_, index) => th.send('VN', `<document n="${index}"/>`)));
    await until(() => allReceipted(th), 'receipts of all messages');
    assert.deepEqual(vn.deliveries.map((each) => each.messageId).sort(), [...ids].sort());
    assert.deepEqual(new Set(vn.deliveries.map((each) => each.payloads[0]?.content.memory?.toString())).size, 40);
    const [first] = ids;
    assert.deepEqual(await eventKinds(th, first ?? ''), ['message.queued', 'message.receipted']);
    assert.deepEqual(await eventKinds(vn, first ?? ''), ['message.received']);
    const { rows } = await th.database.pool.query<{ bytes: Buffer }>({ text: 'select bytes from received_receipts' });
    assert.equal(rows.length, 40);
    const [status] = await th.exchange.status();
    assert.deepEqual([status?.country, status?.undelivered, status?.reachable], ['VN', 0, true]);
  });

  test('keep the same bytes at both ends', async () => {
    const [th, vn] = await pair();
    await th.exchange.start();
    await th.send('VN', 'x');
    await until(() => allReceipted(th), 'the receipt');
    const read = async (node: RunningExchange, table: string): Promise<Buffer | undefined> =>
      (await node.database.pool.query<{ body: Buffer }>({ text: `select body from ${table}` })).rows[0]?.body;
    assert.deepEqual(await read(vn, 'incoming_bodies'), await read(th, 'outgoing_bodies'));
  });

  test('send nothing of a transaction that was rolled back', async () => {
    const [th, vn] = await pair();
    await th.exchange.start();
    const document = {
      toCountry: 'VN',
      conversationId: 'UCR-1',
      service: SERVICE,
      action: ACTION,
      payloads: [{ contentType: 'application/xml', content: inMemory(Buffer.from('x')) }],
    };
    await assert.rejects(
      inTransaction(th.database.pool, async (transaction) => {
        await th.exchange.send(transaction, document, new Date());
        throw new Error('changed my mind');
      }),
      /changed my mind/,
    );
    await th.send('VN', 'y');
    await until(() => allReceipted(th), 'the receipt');
    assert.deepEqual(
      vn.deliveries.map((each) => each.payloads[0]?.content.memory?.toString()),
      ['y'],
    );
  });

  test('refuse to prepare a message for a country without a node', async () => {
    const [th] = await pair();
    await assert.rejects(th.send('ZZ', 'x'), /ZZ has no node/);
  });

  test('try again with the same bytes when the partner was away, and say meanwhile that it is', async () => {
    const [th, vn] = await pair();
    await vn.hangUp();
    await th.exchange.start();
    const id = await th.send('VN', 'x');
    await until(async () => ((await outgoing(th))[0]?.attempts ?? 0) >= 2, 'a second try');
    const [status] = await th.exchange.status();
    assert.deepEqual([status?.undelivered, status?.reachable], [1, false]);
    assert.match(status?.lastError ?? '', /VN could not be reached/);
    await vn.listen();
    await until(() => allReceipted(th), 'the receipt');
    assert.deepEqual(
      vn.deliveries.map((each) => each.messageId),
      [id],
    );
  });

  test('deliver once when the answer was lost on its way, and give the first receipt again', async () => {
    const [th, vn] = await pair();
    let lost = 0;
    vn.hook = (request, response, next) => {
      if (lost === 0)
        response.send = () => {
          lost += 1;
          request.socket.destroy();
          return response;
        };
      next();
    };
    await th.exchange.start();
    await th.send('VN', 'x');
    await until(() => allReceipted(th), 'the receipt');
    assert.equal(lost, 1);
    assert.equal(vn.deliveries.length, 1);
    assert.equal((await incoming(vn))[0]?.duplicates, 1);
    const given = await vn.database.pool.query<{ receipt: Buffer }>({ text: 'select receipt from incoming_bodies' });
    const taken = await th.database.pool.query<{ bytes: Buffer }>({ text: 'select bytes from received_receipts' });
    assert.deepEqual(taken.rows[0]?.bytes, given.rows[0]?.receipt);
  });

  test('take over a message whose sender died in the middle of a try', async () => {
    const [th, vn] = await pair();
    await th.send('VN', 'x');
    const now = new Date();
    const leaseEndsAt = new Date(now.getTime() + 150);
    const claimed = await claimDue(th.database.pool, 'VN', { limit: 1, now, leaseEndsAt, lookAgainAt: leaseEndsAt });
    assert.equal(claimed.messages.length, 1);
    await th.exchange.start();
    await until(() => allReceipted(th), 'the receipt after the lease');
    assert.equal((await outgoing(th))[0]?.attempts, 2);
    assert.equal(vn.deliveries.length, 1);
  });

  test('finish what is under way before they stop', async () => {
    const [th, vn] = await pair();
    vn.hook = (_request, _response, next) => setTimeout(next, 150);
    await th.exchange.start();
    await th.send('VN', 'x');
    await until(async () => (await outgoing(th))[0]?.attempts === 1, 'the first try');
    await th.exchange.stop();
    assert.equal((await outgoing(th))[0]?.state, 'receipted');
  });

  test('share one database between two dispatchers without sending anything twice', async () => {
    const endpoints: Endpoints = {};
    const members = [thailand, vietNam];
    const vn = await createRunningExchange(vietNam, members, endpoints);
    const one = await createRunningExchange(thailand, members, endpoints);
    const two = await createRunningExchange(thailand, members, endpoints, { database: one.database });
    running = [vn, one, two];
    await vn.listen();
    await Promise.all(Array.from({ length: 60 }, (_, index) => one.send('VN', `${index}`)));
    await Promise.all([one.exchange.start(), two.exchange.start()]);
    await until(() => allReceipted(one), 'receipts of all messages');
    assert.equal(vn.deliveries.length, 60);
    assert.ok((await outgoing(one)).every((row) => row.attempts === 1));
    assert.ok((await incoming(vn)).every((row) => row.duplicates === 0));
  });

  test('give a message up when its window ends, and still count a receipt that comes later', async () => {
    const [th, vn] = await pair({ th: { limits: { windowMilliseconds: 100 } } });
    await vn.hangUp();
    await th.exchange.start();
    const id = await th.send('VN', 'x');
    await until(async () => (await outgoing(th))[0]?.state === 'failed', 'the end of the window');
    assert.deepEqual(await eventKinds(th, id), ['message.queued', 'message.failed']);
    const late = new Settlement(th.database.pool, () => Promise.resolve(), { error: () => undefined });
    await late.keep({
      messageId: id,
      conversation: 'UCR-1',
      partner: 'VN',
      receiptId: 'late@vn',
      bytes: Buffer.from('r'),
      sentAt: new Date(),
      at: new Date(),
    });
    assert.equal((await outgoing(th))[0]?.state, 'receipted');
  });

  test('tell the journeys of a receipt once, in the transaction that keeps it', async () => {
    const told: string[] = [];
    const [th] = await pair({
      th: {
        receipted: (_transaction, receipt) => {
          told.push(receipt.messageId);
          return Promise.resolve();
        },
      },
    });
    await th.exchange.start();
    const id = await th.send('VN', 'x');
    await until(() => allReceipted(th), 'the receipt');
    assert.deepEqual(told, [id]);
  });
});
