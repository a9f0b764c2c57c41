import assert from 'node:assert/strict';
import { afterEach, before, describe, test } from 'node:test';
import type { MessageKey, OpenedMessage } from '../../src/exchange/message/message.ts';
import { openUserMessage } from '../../src/exchange/message/user-message.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { composeError } from '../../src/exchange/signals/error-signal.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
import { createMember, type TestMember } from './members.ts';
import { headerOf } from './resigning.ts';
import { createRunningExchange, type Endpoints, type RunningExchange, until } from './running-exchange.ts';

let thailand: TestMember;
let vietNam: TestMember;
let japan: TestMember;
let running: RunningExchange[] = [];

before(async () => {
  thailand = await createMember('TH');
  vietNam = await createMember('VN');
  japan = await createMember('JP');
});
afterEach(async () => {
  for (const one of running) await one.stop();
  running = [];
});

/** What a dishonest or broken partner answers to a message. */
type Reply = (message: OpenedMessage) => { readonly status?: number; readonly body: Buffer | string };

/** Thailand's node, and a partner with Viet Nam's keys that answers as told until it is told to be honest. */
async function against(reply: Reply): Promise<{ th: RunningExchange; vn: RunningExchange; messageId: string }> {
  const endpoints: Endpoints = {};
  const members = [thailand, vietNam, japan];
  const th = await createRunningExchange(thailand, members, endpoints);
  const vn = await createRunningExchange(vietNam, members, endpoints);
  running = [th, vn];
  vn.hook = (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const message = openUserMessage(request.headers['content-type'], Buffer.concat(pieces), {
        decryption: [vietNam.encryption],
      });
      const { status = 200, body } = reply(message);
      response.status(status).set('Content-Type', 'application/soap+xml').end(body);
    });
  };
  await vn.listen();
  await th.exchange.start();
  return { th, vn, messageId: await th.send('VN', 'x') };
}

async function row(
  node: RunningExchange,
): Promise<{ state: string; attempts: number; last_error_code: string | null }> {
  const { rows } = await node.database.pool.query<{ state: string; attempts: number; last_error_code: string | null }>({
    text: 'select state, attempts, last_error_code from outgoing_messages',
  });
  assert.ok(rows[0] !== undefined);
  return rows[0];
}

async function kinds(node: RunningExchange): Promise<Set<string>> {
  const { rows } = await node.database.pool.query<{ kind: string }>({ text: 'select kind from events' });
  return new Set(rows.map((each) => each.kind));
}

const receipt = (
  message: Pick<OpenedMessage, 'messageId' | 'references'>,
  signing: MessageKey = vietNam.signing,
): Buffer => composeReceipt(message, { messageId: 'r@vn', timestamp: new Date(), signing });
const failure = (code: 'EBMS:0010' | 'EBMS:0004', ref: string, signing?: MessageKey): Buffer =>
  composeError(new EbmsFailure(code, 'Because this is a test.', ref), {
    messageId: 'e@vn',
    timestamp: new Date(),
    ...(signing === undefined ? {} : { signing }),
  });

describe('an answer that is not the receipt of the message (A5)', () => {
  const cases: readonly [string, string, Reply][] = [
    [
      'for another message',
      'RECEIPT-FOR-ANOTHER-MESSAGE',
      (m) => ({ body: receipt({ ...m, messageId: headerOf(thailand, vietNam).messageId }) }),
    ],
    [
      'with another digest',
      'RECEIPT-DIGESTS',
      (m) => ({
        body: receipt({
          ...m,
          references: m.references.map((each) => ({ ...each, digest: Buffer.alloc(32).toString('base64') })),
        }),
      }),
    ],
    [
      'with a digest too few',
      'RECEIPT-DIGESTS',
      (m) => ({ body: receipt({ ...m, references: m.references.slice(1) }) }),
    ],
    ['with no digest', 'RECEIPT-DIGESTS', (m) => ({ body: receipt({ ...m, references: [] }) })],
    ['signed by another member', 'RECEIPT-NOT-BY-PARTNER', (m) => ({ body: receipt(m, japan.signing) })],
    ['signed by the sender itself', 'RECEIPT-NOT-BY-PARTNER', (m) => ({ body: receipt(m, thailand.signing) })],
    ['signed with the partner’s TLS key', 'RECEIPT-NOT-BY-PARTNER', (m) => ({ body: receipt(m, vietNam.tls) })],
    [
      'signed as in a profile that the directory gives to neither',
      'EBMS:0103',
      (m) => ({ body: receipt(m, vietNam.keys.signing['edelivery-2.0-alternative-ec']) }),
    ],
    [
      'without a signature',
      'EBMS:0302',
      (m) => ({
        body: receipt(m)
          .toString()
          .replace(/<wsse:Security .*<\/wsse:Security>/s, ''),
      }),
    ],
    ['altered', 'EBMS:0101', (m) => ({ body: receipt(m).toString().replace('r@vn', 's@vn') })],
    ['that is no XML', 'EBMS:0302', () => ({ body: 'OK' })],
    ['that is a web page', 'EBMS:0009', () => ({ body: '<html></html>' })],
  ];
  for (const [what, code, reply] of cases)
    test(`${what} is ignored with an alarm, and the message stays unreceipted until the right one comes`, async () => {
      const { th, vn } = await against(reply);
      await until(async () => (await row(th)).last_error_code !== null, 'a judgement');
      const { state, last_error_code } = await row(th);
      assert.deepEqual([state, last_error_code], ['queued', code]);
      assert.ok((await kinds(th)).has('message.alarm'));
      vn.hook = undefined;
      await until(async () => (await row(th)).state === 'receipted', 'the right receipt');
      assert.equal(vn.deliveries.length, 1);
    });
});

describe('an error as answer', () => {
  test('that no repetition can mend, signed by the partner, ends the message as failed', async () => {
    const { th, messageId } = await against((m) => ({ body: failure('EBMS:0010', m.messageId, vietNam.signing) }));
    await until(async () => (await row(th)).state === 'failed', 'the end');
    assert.equal((await row(th)).last_error_code, 'EBMS:0010');
    const { rows } = await th.database.pool.query<{ reason: string }>({
      text: `select reason from events where kind = 'message.failed' and subject = $1`,
      values: [messageId],
    });
    assert.match(rows[0]?.reason ?? '', /VN answered EBMS:0010 ProcessingModeMismatch: Because this is a test\./);
  });

  test('of several things, one of which no repetition can mend, ends the message with all of their words', async () => {
    const several = new EbmsFailure('EBMS:0004', 'First.', undefined, {
      further: [{ code: 'EBMS:0010', description: 'Second.' }],
    });
    const { th } = await against((m) => ({
      body: composeError(several.of(m.messageId), {
        messageId: 'e@vn',
        timestamp: new Date(),
        signing: vietNam.signing,
      }),
    }));
    await until(async () => (await row(th)).state === 'failed', 'the end');
    assert.equal((await row(th)).last_error_code, 'EBMS:0010');
    const { rows } = await th.database.pool.query<{ last_error: string }>({
      text: 'select last_error from outgoing_messages',
    });
    assert.match(rows[0]?.last_error ?? '', /EBMS:0004 Other: First\. EBMS:0010 ProcessingModeMismatch: Second\./);
  });

  for (const [what, body] of [
    [
      'SOAP 1.2',
      '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header/><e:Body><e:Fault><e:Code><e:Value>e:Receiver</e:Value></e:Code><e:Reason><e:Text xml:lang="en">Out of order.</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>',
    ],
    [
      'SOAP 1.1',
      '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode><faultstring>Out of order.</faultstring></e:Fault></e:Body></e:Envelope>',
    ],
  ] as const)
    test(`that is a bare fault of ${what} is told in its own words, and the message tried again`, async () => {
      const { th, vn } = await against(() => ({ status: 500, body }));
      await until(async () => (await row(th)).last_error_code !== null, 'a judgement');
      const { rows } = await th.database.pool.query<{ last_error: string }>({
        text: 'select last_error from outgoing_messages',
      });
      assert.match(rows[0]?.last_error ?? '', /SOAP fault, e:(?:Receiver|Server): Out of order\./);
      vn.hook = undefined;
      await until(async () => (await row(th)).state === 'receipted', 'the receipt');
    });

  const ofAnother: readonly [string, Reply][] = [
    ['names another message', () => ({ body: failure('EBMS:0010', 'another@th', vietNam.signing) })],
    [
      'names another message in one of its errors',
      (m) => ({
        body: failure('EBMS:0010', m.messageId)
          .toString()
          .replace(/refToMessageInError="[^"]*"/, 'refToMessageInError="another@th"'),
      }),
    ],
  ];
  for (const [what, reply] of ofAnother)
    test(`that ${what} ends nothing, and is alarmed`, async () => {
      const { th, vn } = await against(reply);
      await until(async () => (await row(th)).last_error_code === 'ERROR-FOR-ANOTHER-MESSAGE', 'a judgement');
      assert.equal((await row(th)).state, 'queued');
      assert.ok((await kinds(th)).has('message.alarm'));
      vn.hook = undefined;
      await until(async () => (await row(th)).state === 'receipted', 'the receipt');
    });

  const passing: readonly [string, Reply][] = [
    ['without a signature', (m) => ({ body: failure('EBMS:0010', m.messageId) })],
    ['that may pass', (m) => ({ body: failure('EBMS:0004', m.messageId, vietNam.signing) })],
    ['with the status 503', (m) => ({ status: 503, body: failure('EBMS:0010', m.messageId, vietNam.signing) })],
    ['with the status 502 and a web page', () => ({ status: 502, body: '<html></html>' })],
    ['that is empty', () => ({ body: '' })],
  ];
  for (const [what, reply] of passing)
    test(`${what} leaves the message for another try`, async () => {
      const { th, vn } = await against(reply);
      await until(async () => (await row(th)).attempts >= 2, 'a second try');
      assert.equal((await row(th)).state, 'queued');
      vn.hook = undefined;
      await until(async () => (await row(th)).state === 'receipted', 'the receipt');
    });
});

describe('the other end of TLS', () => {
  test('with the certificate of another member gets nothing', async () => {
    const endpoints: Endpoints = {};
    const members = [thailand, vietNam, japan];
    const th = await createRunningExchange(thailand, members, endpoints);
    const jp = await createRunningExchange(japan, members, endpoints);
    running = [th, jp];
    let asked = 0;
    jp.hook = (_request, response) => {
      asked += 1;
      response.end();
    };
    await jp.listen();
    endpoints['VN'] = endpoints['JP'] ?? '';
    await th.exchange.start();
    await th.send('VN', 'x');
    await until(async () => (await row(th)).attempts >= 2, 'a second try');
    assert.equal((await row(th)).last_error_code, 'EBMS:0005');
    assert.equal(asked, 0);
  });
});
