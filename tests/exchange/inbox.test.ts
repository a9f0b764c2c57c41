import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Refusal } from '../../src/documents/refusal.ts';
import { NS } from '../../src/exchange/envelope/namespaces.ts';
import { composeUserMessage } from '../../src/exchange/message/user-message.ts';
import type { Delivery, DeliveryOutcome } from '../../src/exchange/ports.ts';
import { TEST_ACTION, TEST_SERVICE } from '../../src/exchange/receiving/inbox.ts';
import { checkReceiptReferences, readSignal, type Signal } from '../../src/exchange/signals/signal.ts';
import type { Transaction } from '../../src/store/transaction.ts';
import { createMember, type TestMember } from './members.ts';
import { headerOf, putTogether, takeApart } from './resigning.ts';
import { type Answer, createRunningExchange, post, type RunningExchange } from './running-exchange.ts';

let thailand: TestMember;
let vietNam: TestMember;
let japan: TestMember;
let stranger: TestMember;
let node: RunningExchange;
const endpoints: Record<string, string> = {};
let takes: (transaction: Transaction, delivery: Delivery) => Promise<DeliveryOutcome>;

before(async () => {
  thailand = await createMember('TH');
  vietNam = await createMember('VN');
  japan = await createMember('JP');
  stranger = await createMember('TH');
  node = await createRunningExchange(vietNam, [thailand, vietNam, japan], endpoints, {
    deliver: (transaction, delivery) => takes(transaction, delivery),
    limits: { bodyBytes: 200_000 },
  });
  await node.listen();
});
after(() => node.stop());
beforeEach(() => {
  node.deliveries.length = 0;
  takes = () => Promise.resolve({ taken: true });
});

type Header = Parameters<typeof composeUserMessage>[0];

function compose(
  header: Partial<Header> = {},
  from = thailand,
  signing = from.signing,
  text = 'x',
  profile: TestMember['profile'] = 'edelivery-2.0-common-usage',
) {
  return composeUserMessage(
    headerOf(from, vietNam, header),
    [{ contentType: 'application/xml', bytes: Buffer.from(text) }],
    { profile, signing, recipient: vietNam.keys.encryption[profile].certificate },
  );
}

const send = (
  message: { contentType: string; body: Buffer },
  as: TestMember['tls'] | undefined = thailand.tls,
): Promise<Answer> => post(endpoints['VN'] ?? '', message, as);

function signalOf(answer: Answer): Signal {
  assert.match(answer.contentType, /^application\/soap\+xml/);
  return readSignal(answer.body);
}

/** The code of the error that an answer is; every one is signed by the node. */
function errorOf(answer: Answer): string {
  const signal = signalOf(answer);
  assert.ok(signal.kind === 'error');
  assert.equal(signal.signerCertificate?.fingerprint256, vietNam.signing.certificate.fingerprint256);
  assert.ok((signal.errors[0]?.description ?? '').length > 20);
  return signal.errors[0]?.code ?? '';
}

async function count(table: 'incoming_messages' | 'events' | 'documents'): Promise<number> {
  const { rows } = await node.database.pool.query<{ n: bigint }>({ text: `select count(*) as n from ${table}` });
  return Number(rows[0]?.n);
}

async function stateOf(messageId: string): Promise<{ state: string; reason_code: string | null } | undefined> {
  const { rows } = await node.database.pool.query<{ state: string; reason_code: string | null }>({
    text: 'select state, reason_code from incoming_messages where message_id = $1',
    values: [messageId],
  });
  return rows[0];
}

async function eventsOn(subject: string): Promise<string[]> {
  const { rows } = await node.database.pool.query<{ kind: string }>({
    text: 'select kind from events where subject = $1 order by id',
    values: [subject],
  });
  return rows.map((row) => row.kind);
}

describe('the inbox', () => {
  test('answers a replay with the first receipt, and delivers once (A1)', async () => {
    const message = compose();
    const first = await send(message);
    const again = await send(message);
    assert.equal(signalOf(first).kind, 'receipt');
    assert.deepEqual(again.body, first.body);
    assert.equal(node.deliveries.length, 1);
  });

  test('answers a replay after forty days with the first receipt still, and takes nothing new that is so old (A6)', async () => {
    const message = compose();
    const first = await send(message);
    const addresses: Record<string, string> = {};
    const later = await createRunningExchange(vietNam, [thailand, vietNam, japan], addresses, {
      database: node.database,
      clock: () => new Date(Date.now() + 40 * 86_400_000),
    });
    await later.listen();
    const again = await post(addresses['VN'] ?? '', message, thailand.tls);
    const unknown = await post(addresses['VN'] ?? '', compose(), thailand.tls);
    await later.stop();
    assert.deepEqual(again.body, first.body);
    assert.equal(errorOf(unknown), 'EBMS:0009');
    assert.equal(later.deliveries.length, 0);
  });

  test('answers fifty replays at once with one receipt, and delivers once (A1)', async () => {
    const message = compose();
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(message)));
    assert.equal(new Set(answers.map((answer) => answer.body.toString())).size, 1);
    assert.equal(node.deliveries.length, 1);
  });

  test('takes a message for the same one that was signed and encrypted anew, and its receipt tells the new digests', async () => {
    const first = compose();
    const again = compose({ messageId: first.messageId, timestamp: new Date(Date.now() - 1_000) });
    assert.equal(signalOf(await send(first)).kind, 'receipt');
    const signal = signalOf(await send(again));
    assert.ok(signal.kind === 'receipt');
    assert.equal(checkReceiptReferences(again.references, signal.references), undefined);
    assert.equal(node.deliveries.length, 1);
    assert.ok(!(await eventsOn(first.messageId)).includes('message.alarm'));
  });

  test('answers another content under a known id with an error and raises an alarm (A2)', async () => {
    const message = compose();
    await send(message);
    const other = compose({ messageId: message.messageId }, thailand, thailand.signing, 'other');
    assert.equal(errorOf(await send(other)), 'EBMS:0004');
    assert.equal(node.deliveries.length, 1);
    assert.deepEqual(await eventsOn(message.messageId), ['message.received', 'message.alarm']);
  });

  test('does not give the receipt of one member’s message to another member', async () => {
    const message = compose();
    await send(message);
    assert.equal(errorOf(await send(message, japan.tls)), 'EBMS:0101');
  });

  const refused: readonly [string, string, () => Promise<Answer>][] = [
    [
      'from a connection without a client certificate',
      'EBMS:0101',
      () => post(endpoints['VN'] ?? '', compose(), undefined),
    ],
    ['from a connection of a stranger', 'EBMS:0101', () => send(compose(), stranger.tls)],
    ['over a connection whose certificate is not for TLS', 'EBMS:0101', () => send(compose(), thailand.signing)],
    ['from another member than the connection’s (C5)', 'EBMS:0101', () => send(compose({}, thailand), japan.tls)],
    ['signed by another member', 'EBMS:0101', () => send(compose({}, thailand, japan.signing))],
    ['signed by a stranger', 'EBMS:0101', () => send(compose({}, thailand, stranger.signing))],
    [
      'signed with a key that is for TLS',
      'EBMS:0101',
      () => send(compose({}, thailand, thailand.tls, 'x', 'edelivery-2.0-alternative-ec')),
    ],
    ['from a party that is not in the directory', 'EBMS:0003', () => send(compose({ fromPartyId: 'urn:test:nobody' }))],
    ['for somebody else', 'EBMS:0003', () => send(compose({ toPartyId: japan.partyId }))],
    ['of an unknown service', 'EBMS:0010', () => send(compose({ service: 'urn:test:other' }))],
    ['of an unknown action', 'EBMS:0010', () => send(compose({ action: 'urn:test:other' }))],
    ['of six minutes ahead (A6)', 'EBMS:0009', () => send(compose({ timestamp: new Date(Date.now() + 6 * 60_000) }))],
    [
      'older than ids are remembered (A6)',
      'EBMS:0009',
      () => send(compose({ timestamp: new Date(Date.now() - 31 * 86_400_000) })),
    ],
    [
      'altered on its way',
      'EBMS:0101',
      () => {
        const message = takeApart(thailand, vietNam);
        return send(putTogether({ ...message, envelope: message.envelope.replace('UCR-1', 'UCR-2') }));
      },
    ],
    [
      'encrypted for somebody else (A8)',
      'EBMS:0102',
      () => send(putTogether(takeApart(thailand, { ...vietNam, encryption: japan.encryption }))),
    ],
    ['of no MIME type', 'EBMS:0007', () => send({ contentType: 'text/plain', body: Buffer.from('hello') })],
    ['of garbage', 'EBMS:0009', () => send({ contentType: 'application/soap+xml', body: Buffer.from('hello') })],
    ['of nothing', 'EBMS:0009', () => send({ contentType: 'application/soap+xml', body: Buffer.alloc(0) })],
    [
      'cut short',
      'EBMS:0007',
      () => {
        const { contentType, body } = compose();
        return send({ contentType, body: body.subarray(0, body.length - 40) });
      },
    ],
  ];
  for (const [what, code, attempt] of refused)
    test(`refuses a message ${what}, keeps nothing of it and goes on`, async () => {
      const before = await count('incoming_messages');
      const answer = await attempt();
      assert.equal(answer.status, 200);
      assert.equal(errorOf(answer), code);
      assert.equal(await count('incoming_messages'), before);
      assert.equal(node.deliveries.length, 0);
      assert.equal(signalOf(await send(compose())).kind, 'receipt');
    });

  test('takes a message of four minutes ahead (A6)', async () => {
    assert.equal(signalOf(await send(compose({ timestamp: new Date(Date.now() + 4 * 60_000) }))).kind, 'receipt');
  });

  test('answers an unknown header that must be understood with a signed fault, and keeps nothing', async () => {
    const before = await count('incoming_messages');
    const message = takeApart(thailand, vietNam);
    const answer = await send(
      putTogether({
        ...message,
        envelope: message.envelope.replace(
          '</S12:Header>',
          '<x:Route xmlns:x="urn:route" S12:mustUnderstand="true"></x:Route></S12:Header>',
        ),
      }),
    );
    assert.equal(answer.status, 500);
    assert.equal(errorOf(answer), 'EBMS:0008');
    assert.match(
      answer.body.toString(),
      /<S12:NotUnderstood xmlns:h="urn:route" qname="h:Route">.*S12:MustUnderstand</s,
    );
    assert.equal(await count('incoming_messages'), before);
  });

  test('answers SOAP 1.1 with attachments in SOAP 1.1', async () => {
    const message = takeApart(thailand, vietNam);
    const envelope = message.envelope.replaceAll(NS.soap12, NS.soap11);
    const { contentType, body } = putTogether({ ...message, envelope });
    const text = body.toString('latin1').replace('application/soap+xml; charset=UTF-8', 'text/xml; charset=UTF-8');
    const answer = await send({ contentType, body: Buffer.from(text, 'latin1') });
    assert.deepEqual([answer.status, answer.contentType], [500, 'text/xml; charset=UTF-8']);
    assert.match(answer.body.toString(), /EBMS:0002.*<faultcode>S11:VersionMismatch</s);
  });

  test('tells everything at once that is wrong with a message by its content', async () => {
    const answer = await send(
      compose({ toPartyId: japan.partyId, action: 'urn:test:other', timestamp: new Date(Date.now() + 3_600_000) }),
    );
    const signal = signalOf(answer);
    assert.ok(signal.kind === 'error');
    assert.deepEqual(
      signal.errors.map(({ code }) => code),
      ['EBMS:0003', 'EBMS:0010', 'EBMS:0009'],
    );
  });

  test('refuses what is larger than its limit with 413', async () => {
    const answer = await send({ contentType: 'application/soap+xml', body: Buffer.alloc(200_001, 'x') });
    assert.equal(answer.status, 413);
    assert.equal(errorOf(answer), 'EBMS:0004');
  });

  test('receipts a message of the test service and delivers nothing', async () => {
    const message = compose({ service: TEST_SERVICE, action: TEST_ACTION });
    assert.equal(signalOf(await send(message)).kind, 'receipt');
    assert.equal((await stateOf(message.messageId))?.state, 'test');
    assert.equal(node.deliveries.length, 0);
  });

  const poison: readonly [string, string, typeof takes][] = [
    [
      'a journey says no',
      'NOT-READABLE',
      () => Promise.resolve({ taken: false, code: 'NOT-READABLE', reason: 'It is not XML.' }),
    ],
    ['a journey refuses', 'NOT-OURS', () => Promise.reject(new Refusal('invalid', 'NOT-OURS', 'It is not for us.'))],
    ['a journey breaks', 'DELIVERY-FAILED', () => Promise.reject(new TypeError('secret inside'))],
  ];
  for (const [what, code, deliver] of poison)
    test(`receipts a message where ${what}, and puts it into the quarantine (A9)`, async () => {
      takes = async (transaction, delivery) => {
        await transaction.query({
          text: `insert into documents (digest, kind, content_type, bytes) values (sha256($1), 'x', 'x', $1)`,
          values: [Buffer.from(delivery.messageId)],
        });
        return deliver(transaction, delivery);
      };
      const message = compose();
      const before = await count('documents');
      assert.equal(signalOf(await send(message)).kind, 'receipt');
      assert.deepEqual(await stateOf(message.messageId), { state: 'quarantined', reason_code: code });
      assert.deepEqual(await eventsOn(message.messageId), ['message.received', 'message.quarantined']);
      if (code !== 'NOT-READABLE') assert.equal(await count('documents'), before);
      takes = () => Promise.resolve({ taken: true });
      assert.equal(signalOf(await send(compose())).kind, 'receipt');
    });

  test('keeps nothing and asks for another try when the node cannot keep it now', async () => {
    takes = () => Promise.reject(new Refusal('unavailable', 'STORE-UNAVAILABLE', 'Later.'));
    const message = compose();
    const answer = await send(message);
    assert.equal(answer.status, 503);
    assert.equal(errorOf(answer), 'EBMS:0004');
    assert.equal(await stateOf(message.messageId), undefined);
    takes = () => Promise.resolve({ taken: true });
    assert.equal(signalOf(await send(message)).kind, 'receipt');
  });
});
