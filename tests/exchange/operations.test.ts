import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Refusal } from '../../src/documents/refusal.ts';
import type { Act } from '../../src/exchange/operations/acts.ts';
import { readMessage, readReceiptBytes, readWire } from '../../src/exchange/operations/message-record.ts';
import { readLoggedAlarms } from '../../src/exchange/operations/open-alarms.ts';
import { raiseAlarm } from '../../src/exchange/sending/settle.ts';
import { inTransaction, type Transaction } from '../../src/store/transaction.ts';
import { createMember } from './members.ts';
import { createRunningExchange, type Endpoints, type RunningExchange, until } from './running-exchange.ts';

const OPERATOR = { id: 'operator-1', name: 'Olga Operator', role: 'operator' };

let th: RunningExchange;
let vn: RunningExchange;
/** What Viet Nam's journey does with a delivery. */
let taken: { taken: true } | { taken: false; code: string; reason: string } = { taken: true };
let broken = false;

before(async () => {
  const [thailand, vietNam, japan] = await Promise.all([createMember('TH'), createMember('VN'), createMember('JP')]);
  const endpoints: Endpoints = {};
  const members = [thailand, vietNam, { ...japan, pull: true as const }];
  th = await createRunningExchange(thailand, members, endpoints, { limits: { windowMilliseconds: 60_000 } });
  vn = await createRunningExchange(vietNam, members, endpoints, {
    deliver: () => {
      if (broken) throw new Error('a defect of the journey');
      return Promise.resolve(taken);
    },
  });
  await th.listen();
  await vn.listen();
  await th.exchange.start();
});
after(async () => {
  await th.stop();
  await vn.stop();
});

function act(reason: string | undefined = 'because'): Act {
  return { actor: OPERATOR, now: new Date(), reason };
}

function change<Result>(node: RunningExchange, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  return inTransaction(node.database.pool, work);
}

async function stateOf(node: RunningExchange, id: string): Promise<string> {
  return (await readMessage(node.database.pool, id, undefined)).state;
}

function refusedAs(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Refusal, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

/** A message that failed because its window ended while nobody answered. */
async function failedMessage(): Promise<string> {
  await vn.hangUp();
  const id = await th.send('VN', 'x');
  await th.database.pool.query({
    text: 'update outgoing_messages set window_ends_at = queued_at where message_id = $1',
    values: [id],
  });
  await until(async () => (await stateOf(th, id)) === 'failed', 'the end of the window');
  return id;
}

describe('a failed message', () => {
  test('shows its tries with time, code and reason, and its bytes', async () => {
    const id = await failedMessage();
    const message = await readMessage(th.database.pool, id, undefined);
    assert.equal(message.direction, 'out');
    assert.equal(message.error?.code, 'EBMS:0005');
    assert.ok(message.tries.length >= 1);
    assert.match(message.tries[0]?.reason ?? '', /VN could not be reached/);
    assert.deepEqual(
      message.tries.map((each) => each.attempt),
      message.tries.map((_, index) => index + 1),
    );
    const { content, contentType } = await readWire(th.database.pool, id, 'out');
    const bytes = content.memory ?? Buffer.alloc(0);
    assert.equal(bytes.length, message.size);
    assert.match(contentType, /^multipart\/related/);
    await assert.rejects(readReceiptBytes(th.database.pool, id, undefined), refusedAs('RECEIPT-NOT-FOUND'));
    await vn.listen();
  });

  test('is sent again with the same bytes in a new window, once, whoever asks at the same time', async () => {
    const id = await failedMessage();
    const bytes = (await readWire(th.database.pool, id, 'out')).content.memory;
    await vn.listen();
    const asked = await Promise.allSettled(
      Array.from({ length: 5 }, () => change(th, (t) => th.exchange.operations.sendAgain(t, id, act('VN is back')))),
    );
    assert.equal(asked.filter((each) => each.status === 'fulfilled').length, 1);
    for (const each of asked) if (each.status === 'rejected') refusedAs('MESSAGE-NOT-FAILED')(each.reason);
    await until(async () => (await stateOf(th, id)) === 'receipted', 'the receipt');
    const again = await readMessage(th.database.pool, id, undefined);
    assert.deepEqual((await readWire(vn.database.pool, id, 'in')).content.memory, bytes);
    const events = again.events.filter(({ kind }) => kind === 'message.sent-again');
    assert.deepEqual(
      events.map(({ actor, reason }) => [actor, reason]),
      [[OPERATOR, 'VN is back']],
    );
    assert.ok((again.windowEndsAt?.getTime() ?? 0) > Date.now());
    const receipt = await readReceiptBytes(th.database.pool, id, undefined);
    assert.deepEqual(receipt.bytes, (await readReceiptBytes(vn.database.pool, id, undefined)).bytes);
  });

  test('that is dismissed fails no more, and can still be sent again', async () => {
    const id = await failedMessage();
    await change(th, (t) => th.exchange.operations.dismiss(t, id, act('replaced by another')));
    assert.equal(await stateOf(th, id), 'dismissed');
    await assert.rejects(
      change(th, (t) => th.exchange.operations.dismiss(t, id, act())),
      refusedAs('MESSAGE-NOT-DISMISSIBLE'),
    );
    await vn.listen();
    await change(th, (t) => th.exchange.operations.sendAgain(t, id, act()));
    await until(async () => (await stateOf(th, id)) === 'receipted', 'the receipt');
  });

  test('keeps the first ten tries and the last forty, however often it is tried', async () => {
    const { planRetry } = await import('../../src/exchange/queries.ts');
    const id = await failedMessage();
    await vn.listen();
    for (let attempt = 1; attempt <= 130; attempt += 1) {
      await th.database.pool.query({
        text: `update outgoing_messages set state = 'queued', attempts = $2, last_attempt_at = now() where message_id = $1`,
        values: [id, attempt],
      });
      const next = { at: new Date(Date.now() + 60_000), code: 'HTTP-503', reason: `try ${attempt}` };
      await planRetry(th.database.pool, id, next);
    }
    const { tries } = await readMessage(th.database.pool, id, undefined);
    const numbers = tries.map((each) => each.attempt);
    assert.deepEqual(numbers.slice(0, 10), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual(
      numbers.slice(10),
      Array.from({ length: 40 }, (_, index) => 91 + index),
    );
  });
});

describe('what operators do', () => {
  test('is refused with a sentence for messages that are not there or stand otherwise', async () => {
    const { operations } = th.exchange;
    const id = await th.send('VN', 'x');
    await until(async () => (await stateOf(th, id)) === 'receipted', 'the receipt');
    for (const [what, code] of [
      ['sendAgain', 'MESSAGE-NOT-FAILED'],
      ['hold', 'MESSAGE-NOT-QUEUED'],
      ['release', 'MESSAGE-NOT-HELD'],
      ['dismiss', 'MESSAGE-NOT-DISMISSIBLE'],
      ['deliverAgain', 'MESSAGE-NOT-FOUND'],
    ] as const) {
      await assert.rejects(
        change<unknown>(th, (t) => operations[what](t, id, act())),
        refusedAs(code),
      );
      await assert.rejects(
        change<unknown>(th, (t) => operations[what](t, "'; drop table events; --", act())),
        refusedAs('MESSAGE-NOT-FOUND'),
      );
    }
    const { events } = await readMessage(th.database.pool, id, undefined);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['message.queued', 'message.receipted'],
    );
  });

  test('holds a queued message until it is released', async () => {
    const { operations } = th.exchange;
    await vn.hangUp();
    const id = await th.send('VN', 'x');
    await change(th, (t) => operations.hold(t, id, act('wait for the corrected form')));
    await vn.listen();
    const later = await th.send('VN', 'y');
    await until(async () => (await stateOf(th, later)) === 'receipted', 'the receipt of another message');
    assert.equal(await stateOf(th, id), 'held');
    await change(th, (t) => operations.release(t, id, act(undefined)));
    await until(async () => (await stateOf(th, id)) === 'receipted', 'the receipt');
  });
});

describe('the quarantine', () => {
  async function quarantined(): Promise<string> {
    taken = { taken: false, code: 'NO-HEAD-NOR-TAIL', reason: 'The document cannot be read.' };
    const id = await th.send('VN', '<poison/>');
    await until(async () => (await stateOf(th, id)) === 'receipted', 'the receipt');
    assert.equal(await stateOf(vn, id), 'quarantined');
    return id;
  }

  test('delivers a message again from its kept bytes, once', async () => {
    const id = await quarantined();
    taken = { taken: true };
    const asked = await Promise.allSettled(
      Array.from({ length: 3 }, () => change(vn, (t) => vn.exchange.operations.deliverAgain(t, id, act()))),
    );
    assert.deepEqual(
      asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
      [{ state: 'delivered' }],
    );
    for (const each of asked) if (each.status === 'rejected') refusedAs('MESSAGE-NOT-QUARANTINED')(each.reason);
    const message = await readMessage(vn.database.pool, id, undefined);
    assert.deepEqual([message.state, message.error], ['delivered', null]);
    const last = vn.deliveries.at(-1);
    assert.deepEqual([last?.messageId, last?.payloads[0]?.content.memory?.toString()], [id, '<poison/>']);
    assert.equal(last?.receivedAt.getTime(), message.at.getTime());
  });

  test('keeps a message that is not taken this time either, with the new reason', async () => {
    const id = await quarantined();
    taken = { taken: false, code: 'STILL-NOT', reason: 'Still not.' };
    assert.deepEqual(await change(vn, (t) => vn.exchange.operations.deliverAgain(t, id, act())), {
      state: 'quarantined',
      code: 'STILL-NOT',
      reason: 'Still not.',
    });
    broken = true;
    const outcome = await change(vn, (t) => vn.exchange.operations.deliverAgain(t, id, act()));
    broken = false;
    assert.equal(outcome.state === 'quarantined' && outcome.code, 'DELIVERY-FAILED');
    const message = await readMessage(vn.database.pool, id, undefined);
    assert.equal(message.error?.code, 'DELIVERY-FAILED');
    assert.equal(message.events.filter(({ kind }) => kind === 'message.delivered-again').length, 2);
    await change(vn, (t) => vn.exchange.operations.dismiss(t, id, act('agreed with Thailand')));
    assert.equal(await stateOf(vn, id), 'dismissed');
    await assert.rejects(
      change(vn, (t) => vn.exchange.operations.deliverAgain(t, id, act())),
      refusedAs('MESSAGE-NOT-QUARANTINED'),
    );
    taken = { taken: true };
  });
});

describe('a held partner', () => {
  test('is held once and released once, and what waits has a day left at least', async () => {
    const { operations } = th.exchange;
    const hold = (): Promise<void> =>
      change(th, (t) => operations.holdPartner(t, 'VN', { ...act(), reason: 'VN asked us to wait' }));
    await hold();
    await assert.rejects(hold(), refusedAs('PARTNER-HELD'));
    const status = (await th.exchange.status()).find(({ country }) => country === 'VN');
    assert.equal(status?.hold?.by, 'Olga Operator');
    assert.equal(status?.hold?.reason, 'VN asked us to wait');
    await th.database.pool.query({
      text: `insert into outgoing_messages (message_id, partner, conversation, service, action, queued_at, window_ends_at, next_attempt_at)
        values ('old@th', 'VN', 'UCR', 's', 'a', '2020-01-01', now(), '2100-01-01'),
          ('young@th', 'VN', 'UCR', 's', 'a', '2020-01-02', now() + interval '3 days', '2100-01-01')`,
    });
    await change(th, (t) => operations.releasePartner(t, 'VN', act()));
    const { rows } = await th.database.pool.query<{ hours: string }>({
      text: `select round(extract(epoch from window_ends_at - now()) / 3600) as hours from outgoing_messages
        where message_id in ('old@th', 'young@th') order by queued_at`,
    });
    assert.deepEqual(
      rows.map((row) => row.hours),
      ['24', '72'],
    );
    await th.database.pool.query({ text: `delete from outgoing_messages where message_id in ('old@th', 'young@th')` });
    await assert.rejects(
      change(th, (t) => operations.releasePartner(t, 'VN', act())),
      refusedAs('PARTNER-NOT-HELD'),
    );
    for (const stranger of ['ZZ', 'TH'])
      await assert.rejects(
        change(th, (t) => operations.holdPartner(t, stranger, { ...act(), reason: 'x' })),
        refusedAs('PARTNER-NOT-KNOWN'),
      );
  });
});

describe('messages for a held partner', () => {
  test('wait untried while a ping goes through, and are sent when it is released', async () => {
    const { operations } = th.exchange;
    await change(th, (t) => operations.holdPartner(t, 'VN', { ...act(), reason: 'asked to' }));
    await pause(100);
    const ids = await Promise.all(['x', 'y', 'z'].map((text) => th.send('VN', text)));
    assert.equal((await th.exchange.ping('VN', OPERATOR, 5_000)).error, null);
    await pause(200);
    for (const id of ids) {
      const { state, attempts } = await readMessage(th.database.pool, id, undefined);
      assert.deepEqual([state, attempts], ['queued', 0]);
    }
    await change(th, (t) => operations.releasePartner(t, 'VN', act()));
    for (const id of ids) await until(async () => (await stateOf(th, id)) === 'receipted', 'the receipt');
  });
});

describe('a ping', () => {
  test('brings a checked receipt with its times, and is delivered to no journey', async () => {
    const before = vn.deliveries.length;
    const result = await th.exchange.ping('VN', OPERATOR, 5_000);
    assert.equal(result.error, null);
    assert.match(result.receipt?.messageId ?? '', /@vn\.selat$/);
    assert.ok((result.receipt?.milliseconds ?? -1) >= 0);
    assert.equal(await stateOf(vn, result.messageId), 'test');
    assert.equal(vn.deliveries.length, before);
  });

  test('says why nothing came, and leaves nothing that would be tried or ring', async () => {
    await vn.hangUp();
    const result = await th.exchange.ping('VN', OPERATOR, 5_000);
    assert.equal(result.receipt, null);
    assert.equal(result.error?.code, 'EBMS:0005');
    assert.equal(await stateOf(th, result.messageId), 'dismissed');
    await vn.listen();
    await assert.rejects(th.exchange.ping('ZZ', OPERATOR, 1_000), refusedAs('PARTNER-UNKNOWN'));
  });
});

describe('a partner that pulls its messages', () => {
  test('is not called: what is sent again, or released, is due only when its window ends', async () => {
    const { operations } = th.exchange;
    const id = await th.send('JP', 'x');
    const due = async (): Promise<{ whenItEnds: boolean; state: string } | undefined> => {
      const { rows } = await th.database.pool.query<{ whenItEnds: boolean; state: string }>({
        text: `select next_attempt_at = window_ends_at as "whenItEnds", state from outgoing_messages where message_id = $1`,
        values: [id],
      });
      return rows[0];
    };
    const waits = { whenItEnds: true, state: 'queued' };
    assert.deepEqual(await due(), waits);
    await change(th, (t) => operations.hold(t, id, act()));
    await change(th, (t) => operations.release(t, id, act()));
    assert.deepEqual(await due(), waits);
    await th.database.pool.query({
      text: `update outgoing_messages set state = 'failed' where message_id = $1`,
      values: [id],
    });
    await change(th, (t) => operations.sendAgain(t, id, act()));
    assert.deepEqual(await due(), waits);
    await change(th, (t) => operations.holdPartner(t, 'JP', { ...act(), reason: 'x' }));
    await th.database.pool.query({ text: `update held_partners set held_since = held_since - interval '1 hour'` });
    await change(th, (t) => operations.releasePartner(t, 'JP', act()));
    assert.deepEqual(await due(), waits);
    await assert.rejects(th.exchange.ping('JP', OPERATOR, 1_000), refusedAs('PARTNER-PULLS'));
  });
});

describe('alarms of the log', () => {
  test('stand open, alike ones together, until a person acknowledges them with a note', async () => {
    const { pool } = th.database;
    const about = (messageId: string) => ({ messageId, conversation: undefined, partner: 'VN' });
    for (const id of ['a', 'b', 'c'])
      await raiseAlarm(pool, about(id), { code: 'RECEIPT-DIGESTS', reason: `digest of ${id}` }, new Date());
    const open = (await readLoggedAlarms(pool)).filter(({ code }) => code === 'RECEIPT-DIGESTS');
    assert.deepEqual(
      open.map(({ kind, partner, count, subject, reason }) => [kind, partner, count, subject, reason]),
      [['message.alarm', 'VN', 3, 'c', 'digest of c']],
    );
    const latestId = open[0]?.latestId ?? '';
    await raiseAlarm(pool, about('d'), { code: 'RECEIPT-DIGESTS', reason: 'digest of d' }, new Date());
    const told = { actor: OPERATOR, now: new Date(), note: 'VN repaired its clock' };
    assert.equal(await change(th, (t) => th.exchange.operations.acknowledge(t, latestId, told)), 3);
    const rest = (await readLoggedAlarms(pool)).filter(({ code }) => code === 'RECEIPT-DIGESTS');
    assert.deepEqual(
      rest.map(({ count, subject }) => [count, subject]),
      [[1, 'd']],
    );
    await assert.rejects(
      change(th, (t) => th.exchange.operations.acknowledge(t, latestId, told)),
      refusedAs('ALARM-NOT-OPEN'),
    );
  });
});
