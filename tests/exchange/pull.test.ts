import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_MPC } from '../../src/exchange/envelope/header-support.ts';
import { writeBody, writeEnvelope, writeSignalMessage } from '../../src/exchange/envelope/write-envelope.ts';
import type { MessageKey, OpenedMessage } from '../../src/exchange/message/message.ts';
import { openUserMessage } from '../../src/exchange/message/user-message.ts';
import { composeReceipt, writeSignedSignal } from '../../src/exchange/signals/receipt.ts';
import { readSignal } from '../../src/exchange/signals/signal.ts';
import { createMember, type TestMember } from './members.ts';
import {
  type Answer,
  createRunningExchange,
  type Endpoints,
  post,
  type RunningExchange,
  until,
} from './running-exchange.ts';

const MINUTE = 60_000;
const WINDOW = 60 * MINUTE;

let thailand: TestMember;
let vietNam: TestMember;
let japan: TestMember;
let node: RunningExchange;
const endpoints: Endpoints = {};
/** How far the node's clock is ahead. */
let ahead = 0;

before(async () => {
  thailand = await createMember('TH');
  vietNam = { ...(await createMember('VN')), pull: true };
  japan = await createMember('JP');
  node = await createRunningExchange(thailand, [thailand, vietNam, japan], endpoints, {
    clock: () => new Date(Date.now() + ahead),
    limits: { windowMilliseconds: WINDOW },
  });
  await node.listen();
  await node.exchange.start();
});
after(() => node.stop());
beforeEach(async () => {
  ahead = 0;
  await node.database.pool.query({ text: 'delete from held_partners', values: [] });
  await node.database.pool.query({ text: `update outgoing_messages set state = 'failed'`, values: [] });
});

function request(changes: { mpc?: string; signing?: MessageKey | undefined } = {}): { id: string; body: Buffer } {
  const id = `${randomUUID()}@vn`;
  const info = { messageId: id, timestamp: new Date(Date.now() + ahead), refToMessageId: undefined };
  const content = `<eb:PullRequest${changes.mpc === undefined ? '' : ` mpc="${changes.mpc}"`}></eb:PullRequest>`;
  const signing = 'signing' in changes ? changes.signing : vietNam.signing;
  const body =
    signing === undefined
      ? Buffer.from(writeEnvelope('', writeSignalMessage('messaging', info, content), writeBody('body')))
      : writeSignedSignal(info, content, signing);
  return { id, body };
}

const signalled = (body: Buffer, tls = vietNam.tls): Promise<Answer> =>
  post(endpoints['TH'] ?? '', { contentType: 'application/soap+xml; charset=UTF-8', body }, tls);
const pull = (): Promise<Answer> => signalled(request().body);

/** The message in the answer to a PullRequest. */
function pulled(answer: Answer): OpenedMessage {
  assert.equal(answer.status, 200);
  assert.match(answer.contentType, /^multipart\/related/);
  return openUserMessage(answer.contentType, answer.body, { decryption: [vietNam.encryption] });
}

function refusal(answer: Answer): { code: string | undefined; severity: string | undefined; ref: string | undefined } {
  assert.equal(answer.status, 200);
  const signal = readSignal(answer.body);
  assert.ok(signal.kind === 'error');
  return { code: signal.errors[0]?.code, severity: signal.errors[0]?.severity, ref: signal.refToMessageId };
}

async function rowOf(messageId: string): Promise<{ state: string; attempts: number; last_error_code: string | null }> {
  const { rows } = await node.database.pool.query<{
    state: string;
    attempts: number;
    last_error_code: string | null;
  }>({
    text: 'select state, attempts, last_error_code from outgoing_messages where message_id = $1',
    values: [messageId],
  });
  assert.ok(rows[0] !== undefined);
  return rows[0];
}

async function eventsOn(subject: string): Promise<string[]> {
  const { rows } = await node.database.pool.query<{ kind: string }>({
    text: 'select kind from events where subject = $1 order by id',
    values: [subject],
  });
  return rows.map((row) => row.kind);
}

describe('a partner that pulls its messages', () => {
  test('is given them in the order in which they were queued, and a warning when none waits', async () => {
    const ids = [await node.send('VN', 'one'), await node.send('VN', 'two')];
    const first = pulled(await pull());
    const second = pulled(await pull());
    assert.deepEqual([first.messageId, second.messageId], ids);
    assert.deepEqual(
      [first, second].map(({ payloads }) => payloads[0]?.bytes.toString()),
      ['one', 'two'],
    );
    const { id, body } = request({ mpc: DEFAULT_MPC });
    assert.deepEqual(refusal(await signalled(body)), { code: 'EBMS:0006', severity: 'warning', ref: id });
  });

  test('is not called', async () => {
    const messageId = await node.send('VN', 'x');
    // The dispatcher looks every 20 ms.
    await pause(150);
    assert.deepEqual(await rowOf(messageId), { state: 'queued', attempts: 0, last_error_code: null });
  });

  test('gives the receipt in a later request, and is not given the message again', async () => {
    const messageId = await node.send('VN', 'x');
    const message = pulled(await pull());
    const receipt = composeReceipt(message, {
      messageId: `${randomUUID()}@vn`,
      timestamp: new Date(),
      signing: vietNam.signing,
    });
    assert.equal((await signalled(receipt)).status, 204);
    assert.equal((await rowOf(messageId)).state, 'receipted');
    ahead = 2 * MINUTE;
    assert.equal(refusal(await pull()).code, 'EBMS:0006');
  });

  test('is given the same bytes again after a minute when it gave no receipt', async () => {
    const messageId = await node.send('VN', 'x');
    const first = await pull();
    ahead = MINUTE / 2;
    assert.equal(refusal(await pull()).code, 'EBMS:0006');
    ahead = MINUTE + 1_000;
    assert.deepEqual((await pull()).body, first.body);
    assert.equal((await rowOf(messageId)).attempts, 2);
  });

  test('is given each message once, however many requests come at once', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => node.send('VN', 'x')));
    const answers = await Promise.all(Array.from({ length: 12 }, pull));
    const messages = answers.filter(({ contentType }) => contentType.startsWith('multipart/')).map(pulled);
    assert.ok(messages.length >= 1);
    const more = [];
    for (let one = await pull(); one.contentType.startsWith('multipart/'); one = await pull()) more.push(pulled(one));
    assert.deepEqual([...messages, ...more].map(({ messageId }) => messageId).sort(), ids.sort());
  });

  test('is given a message that lies in the database in pieces', async () => {
    const bytes = randomBytes(3 * 1024 * 1024);
    await node.send('VN', bytes);
    assert.deepEqual(pulled(await pull()).payloads[0]?.bytes, bytes);
  });

  test('is given nothing while it is held', async () => {
    await node.send('VN', 'x');
    await node.database.pool.query({
      text: `insert into held_partners (country, held_since, held_by, held_by_name, reason) values ('VN', now(), 'o', 'O', 'r')`,
      values: [],
    });
    assert.equal(refusal(await pull()).code, 'EBMS:0006');
  });

  test('that did not pull a message within its window has it failed, for all to see', async () => {
    const messageId = await node.send('VN', 'x');
    ahead = WINDOW + 1_000;
    await until(async () => (await rowOf(messageId)).state === 'failed', 'giving up');
    assert.deepEqual(await rowOf(messageId), { state: 'failed', attempts: 1, last_error_code: 'WAITS-FOR-PULL' });
    assert.ok((await eventsOn(messageId)).includes('message.failed'));
  });
});

describe('a PullRequest', () => {
  const hostile: readonly [string, string, () => { mpc?: string; signing?: MessageKey | undefined }][] = [
    ['without a signature', 'EBMS:0103', () => ({ signing: undefined })],
    ['signed by another country', 'EBMS:0101', () => ({ signing: japan.signing })],
    ['signed in another profile', 'EBMS:0103', () => ({ signing: vietNam.keys.signing['edelivery-1.15'] })],
    ['of another channel', 'EBMS:0001', () => ({ mpc: 'urn:other' })],
  ];
  for (const [what, code, changes] of hostile)
    test(`${what} gets ${code}, nothing is given, and it is kept`, async () => {
      const messageId = await node.send('VN', 'x');
      const { id, body } = request(changes());
      assert.deepEqual(refusal(await signalled(body)), { code, severity: 'failure', ref: id });
      assert.equal((await rowOf(messageId)).attempts, 0);
      assert.deepEqual(await eventsOn(id), [code === 'EBMS:0101' ? 'message.alarm' : 'message.refused']);
    });

  test('of a partner that is called gets EBMS:0008', async () => {
    assert.equal(refusal(await signalled(request({ signing: japan.signing }).body, japan.tls)).code, 'EBMS:0008');
  });

  test('of a stranger gets EBMS:0101', async () => {
    const stranger = await createMember('VN');
    assert.equal(refusal(await signalled(request().body, stranger.tls)).code, 'EBMS:0101');
  });
});
