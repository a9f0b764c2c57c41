import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { MessageKey, OpenedMessage } from '../../src/exchange/message/message.ts';
import { openUserMessage } from '../../src/exchange/message/user-message.ts';
import { type EbmsCode, EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { composeError } from '../../src/exchange/signals/error-signal.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
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

let thailand: TestMember;
let vietNam: TestMember;
let japan: TestMember;
let th: RunningExchange;
let vn: RunningExchange;
const endpoints: Endpoints = {};
/** The message that Thailand sent last, as Viet Nam opened it. */
let message: OpenedMessage | undefined;

before(async () => {
  thailand = await createMember('TH');
  vietNam = await createMember('VN');
  japan = await createMember('JP');
  const members = [thailand, vietNam, japan];
  // A pause longer than this file: each message is tried once, and its signals come by themselves.
  const dispatch = { firstPauseMilliseconds: 600_000, longestPauseMilliseconds: 600_000 };
  th = await createRunningExchange(thailand, members, endpoints, { dispatch });
  vn = await createRunningExchange(vietNam, members, endpoints);
  // Viet Nam answers nothing: 202, as an access point does that replies later.
  vn.hook = (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      message = openUserMessage(request.headers['content-type'], Buffer.concat(pieces), {
        decryption: [vietNam.encryption],
      });
      response.status(202).end();
    });
  };
  await th.listen();
  await vn.listen();
  await th.exchange.start();
});
after(async () => {
  await th.stop();
  await vn.stop();
});

let sent: OpenedMessage;
beforeEach(async () => {
  message = undefined;
  const messageId = await th.send('VN', 'x');
  await until(async () => message !== undefined && (await rowOf(messageId)).last_error_code !== null, 'the first try');
  assert.ok(message !== undefined);
  sent = message;
});

async function rowOf(messageId: string): Promise<{ state: string; last_error_code: string | null }> {
  const { rows } = await th.database.pool.query<{ state: string; last_error_code: string | null }>({
    text: 'select state, last_error_code from outgoing_messages where message_id = $1',
    values: [messageId],
  });
  assert.ok(rows[0] !== undefined);
  return rows[0];
}

async function alarms(): Promise<string[]> {
  const { rows } = await th.database.pool.query<{ code: string }>({
    text: `select data ->> 'code' as code from events where kind = 'message.alarm' order by id`,
  });
  return rows.map((row) => row.code);
}

const receipt = (
  of: Pick<OpenedMessage, 'messageId' | 'references'> = sent,
  signing: MessageKey = vietNam.signing,
): Buffer => composeReceipt(of, { messageId: 'r@vn', timestamp: new Date(), signing });
const failure = (code: EbmsCode, ref: string | undefined, signing?: MessageKey): Buffer =>
  composeError(new EbmsFailure(code, 'Because this is a test.', ref), {
    messageId: 'e@vn',
    timestamp: new Date(),
    ...(signing === undefined ? {} : { signing }),
  });

const signalled = (body: Buffer, tls: MessageKey = vietNam.tls): Promise<Answer> =>
  post(endpoints['TH'] ?? '', { contentType: 'application/soap+xml; charset=UTF-8', body }, tls);

function assertTaken(answer: Answer): void {
  assert.deepEqual([answer.status, answer.body.toString()], [204, '']);
}

/** The codes that a refused signal was answered with; the answer names the signal. */
function refusal(answer: Answer): string[] {
  assert.equal(answer.status, 200);
  const signal = readSignal(answer.body);
  assert.ok(signal.kind === 'error');
  return signal.errors.map(({ code }) => code);
}

describe('a signal that comes as a request of its own', () => {
  test('that is the right receipt counts, and is answered with nothing', async () => {
    assert.deepEqual(await rowOf(sent.messageId), { state: 'queued', last_error_code: 'EBMS:0301' });
    assertTaken(await signalled(receipt()));
    assert.equal((await rowOf(sent.messageId)).state, 'receipted');
  });

  test('that is the right receipt of a message that was given up counts too', async () => {
    await th.database.pool.query({
      text: `update outgoing_messages set state = 'failed' where message_id = $1`,
      values: [sent.messageId],
    });
    assertTaken(await signalled(receipt()));
    assert.equal((await rowOf(sent.messageId)).state, 'receipted');
  });

  test('that is the same receipt once more changes nothing, with an alarm', async () => {
    assertTaken(await signalled(receipt()));
    const before = (await alarms()).length;
    assertTaken(await signalled(receipt()));
    assert.deepEqual((await alarms()).slice(before), ['RECEIPT-AGAIN']);
    assert.equal((await rowOf(sent.messageId)).state, 'receipted');
  });

  test('that is a signed error which no repetition can mend ends the message', async () => {
    assertTaken(await signalled(failure('EBMS:0010', sent.messageId, vietNam.signing)));
    assert.deepEqual(await rowOf(sent.messageId), { state: 'failed', last_error_code: 'EBMS:0010' });
  });

  test('that is an error nobody signed is noted at the message, which goes on being tried', async () => {
    assertTaken(await signalled(failure('EBMS:0010', sent.messageId)));
    assert.deepEqual(await rowOf(sent.messageId), { state: 'queued', last_error_code: 'EBMS:0010' });
  });

  test('that is an error after the receipt leaves the receipt standing, with an alarm', async () => {
    assertTaken(await signalled(receipt()));
    const before = (await alarms()).length;
    assertTaken(await signalled(failure('EBMS:0010', sent.messageId, vietNam.signing)));
    assert.equal((await rowOf(sent.messageId)).state, 'receipted');
    assert.deepEqual((await alarms()).slice(before), ['ERROR-AFTER-RECEIPT']);
  });

  const other = (digest: string): Buffer =>
    receipt({ ...sent, references: sent.references.map((each) => ({ ...each, digest })) });
  const refused: readonly [string, string, string, () => Promise<Answer>][] = [
    [
      'a receipt with other digests',
      'EBMS:0302',
      'RECEIPT-DIGESTS',
      () => signalled(other(Buffer.alloc(32).toString('base64'))),
    ],
    [
      'a receipt without a signature',
      'EBMS:0302',
      'EBMS:0302',
      () =>
        signalled(
          Buffer.from(
            receipt()
              .toString()
              .replace(/<wsse:Security .*<\/wsse:Security>/s, ''),
          ),
        ),
    ],
    [
      'an altered receipt',
      'EBMS:0101',
      'EBMS:0101',
      () => signalled(Buffer.from(receipt().toString().replace('r@vn', 's@vn'))),
    ],
    [
      'a receipt that another member signed',
      'EBMS:0101',
      'RECEIPT-NOT-BY-PARTNER',
      () => signalled(receipt(sent, japan.signing)),
    ],
    [
      'a right receipt over the connection of another member',
      'EBMS:0001',
      'SIGNAL-FOR-UNKNOWN-MESSAGE',
      () => signalled(receipt(), japan.tls),
    ],
    [
      'a receipt for a message that was never sent',
      'EBMS:0001',
      'SIGNAL-FOR-UNKNOWN-MESSAGE',
      () => signalled(receipt({ ...sent, messageId: 'never@sent' })),
    ],
    [
      'an error for a message that was never sent',
      'EBMS:0001',
      'SIGNAL-FOR-UNKNOWN-MESSAGE',
      () => signalled(failure('EBMS:0010', 'never@sent', vietNam.signing)),
    ],
    [
      'an error for no message',
      'EBMS:0003',
      'ERROR-WITHOUT-MESSAGE',
      () => signalled(failure('EBMS:0009', undefined, vietNam.signing)),
    ],
    [
      'a pull request',
      'EBMS:0008',
      'EBMS:0008',
      () =>
        signalled(
          Buffer.from(
            failure('EBMS:0004', undefined)
              .toString()
              .replace(/<eb:Error .*<\/eb:Error>/s, '<eb:PullRequest></eb:PullRequest>'),
          ),
        ),
    ],
    [
      'a signal that is nothing at all',
      'EBMS:0009',
      'EBMS:0009',
      () =>
        signalled(
          Buffer.from(
            failure('EBMS:0004', undefined)
              .toString()
              .replace(/<eb:Error .*<\/eb:Error>/s, ''),
          ),
        ),
    ],
  ];
  for (const [what, code, alarm, attempt] of refused)
    test(`that is ${what} is refused with ${code} and an alarm, and the message stays as it is`, async () => {
      const before = (await alarms()).length;
      assert.deepEqual(refusal(await attempt()), [code]);
      assert.deepEqual((await alarms()).slice(before), [alarm]);
      assert.equal((await rowOf(sent.messageId)).state, 'queued');
      assertTaken(await signalled(receipt()));
      assert.equal((await rowOf(sent.messageId)).state, 'receipted');
    });

  test('does not say to a stranger whether there is such a message', async () => {
    const known = (await signalled(receipt(), japan.tls)).body.toString();
    const unknown = (await signalled(receipt({ ...sent, messageId: 'never@sent' }), japan.tls)).body.toString();
    const words = (text: string): string | undefined => /<eb:Description [^>]*>([^<]*)</.exec(text)?.[1];
    assert.equal(words(known)?.replace(sent.messageId, '…'), words(unknown)?.replace('never@sent', '…'));
  });
});
