import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { OpenedMessage } from '../../src/exchange/message/message.ts';
import { openUserMessage } from '../../src/exchange/message/user-message.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
import { sampleApplication } from '../../src/region/sample-application.ts';
import { sampleCountry } from '../../src/region/sample-country.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import {
  assertReady,
  countEvents,
  countRows,
  eventually,
  newMessageId,
  nodeOf,
  postAs4,
  queuedAll,
  stolenKeys,
} from './support.ts';

type Keys = Awaited<ReturnType<typeof stolenKeys>>;

describe('A5: false receipts from whoever stands at a partner’s endpoint', () => {
  let region: TestRegion;
  let server: Server;
  let vietNam: Keys;
  let japan: Keys;
  let answerWith: (message: OpenedMessage) => Buffer = () => Buffer.alloc(0);

  before(async () => {
    region = await startTestRegion(['TH', 'VN', 'JP']);
    vietNam = await stolenKeys(region, 'VN');
    japan = await stolenKeys(region, 'JP');
    const node = nodeOf(region, 'VN');
    await node.stop();
    server = createServer(
      {
        key: vietNam.tls.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        cert: vietNam.tls.certificate.toString(),
      },
      (request, response) => {
        const pieces: Buffer[] = [];
        request.on('data', (piece: Buffer) => pieces.push(piece));
        request.on('end', () => {
          const keys = { decryption: [vietNam.as4Encryption['edelivery-2.0-common-usage']] };
          const opened = openUserMessage(request.headers['content-type'], Buffer.concat(pieces), keys);
          response.setHeader('Content-Type', 'application/soap+xml; charset=UTF-8');
          response.end(answerWith(opened));
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(node.configuration.as4.port, '127.0.0.1', resolve));
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await region.end();
  });

  const terms = (signing: Keys['as4Signing']['edelivery-2.0-common-usage']) => ({
    messageId: newMessageId(),
    timestamp: new Date(),
    signing,
  });
  const good = (message: OpenedMessage): Buffer =>
    composeReceipt(message, terms(vietNam.as4Signing['edelivery-2.0-common-usage']));
  const rows: readonly (readonly [string, (message: OpenedMessage) => Buffer])[] = [
    [
      'for a message that was never sent',
      (message) =>
        composeReceipt(
          { ...message, messageId: newMessageId() },
          terms(vietNam.as4Signing['edelivery-2.0-common-usage']),
        ),
    ],
    [
      'with wrong digests',
      (message) =>
        composeReceipt(
          {
            ...message,
            references: message.references.map((one) => ({ ...one, digest: Buffer.alloc(32).toString('base64') })),
          },
          terms(vietNam.as4Signing['edelivery-2.0-common-usage']),
        ),
    ],
    [
      'that leaves a part out',
      (message) =>
        composeReceipt(
          { ...message, references: message.references.slice(1) },
          terms(vietNam.as4Signing['edelivery-2.0-common-usage']),
        ),
    ],
    [
      'that is not signed',
      (message) =>
        Buffer.from(
          good(message)
            .toString()
            .replace(/<wsse:Security [\s\S]*<\/wsse:Security>/, ''),
        ),
    ],
    [
      'that was altered after it was signed',
      (message) => Buffer.from(good(message).toString().replace('@hostile.example', '@hostile.exampl3')),
    ],
    [
      'signed by another node',
      (message) => composeReceipt(message, terms(japan.as4Signing['edelivery-2.0-common-usage'])),
    ],
  ];
  const alarms = async (): Promise<number> => {
    const found = await nodeOf(region, 'TH').pool.query({
      text: `select 1 from events where data ->> 'alarm' = 'true'`,
    });
    return found.rows.length;
  };
  /** Has Thailand issue a certificate for Viet Nam, which begins the message. */
  const issue = async (reference: string): Promise<void> => {
    const [from, to] = [sampleCountry('TH'), sampleCountry('VN')];
    const content = sampleApplication(from, to, 'ATIGA-FORM-D', reference, new Date());
    const exporter = await region.user('TH', 'exporter');
    const created = await exporter.post('/api/applications', JSON.parse(JSON.stringify(content)));
    const path = `/api/applications/${String(created.body['id'])}`;
    const submitted = await exporter.post(`${path}/submit`, undefined, created.version);
    await (await region.user('TH', 'issuing')).post(`${path}/approve`, {}, submitted.version);
  };
  const stateOf = async (messageId: string): Promise<string | undefined> => {
    const { rows: found } = await nodeOf(region, 'TH').pool.query<{ state: string }>({
      text: 'select state from outgoing_messages where message_id = $1',
      values: [messageId],
    });
    return found[0]?.state;
  };

  rows.forEach(([what, make], index) => {
    test(`a receipt ${what} is not taken: the message stays unreceipted, and there is an alarm`, async () => {
      const node = nodeOf(region, 'TH');
      answerWith = make;
      const before = await alarms();
      await issue(`FALSE${index}`);
      await eventually('an alarm', async () => (await alarms()) > before);
      const receipted = await node.pool.query({ text: 'select 1 from received_receipts' });
      assert.equal(receipted.rows.length, 0);
      assert.equal(await countEvents(node, 'message.receipted'), 0);
      assert.equal(await countEvents(node, 'certificate.delivered'), 0);
      await assertReady(region, 'TH');
    });
  });

  test('the right receipt is taken once: as the answer to another message or again by itself it changes nothing, with an alarm', async () => {
    const node = nodeOf(region, 'TH');
    let first: { messageId: string; receipt: Buffer } | undefined;
    const waiting = new Set<string>();
    // Only the message of this test gets its receipt; whatever is sent besides gets the same one.
    answerWith = (message) => {
      if (message.conversationId.includes('TWICE1')) first ??= { messageId: message.messageId, receipt: good(message) };
      else waiting.add(message.messageId);
      return first?.receipt ?? Buffer.alloc(0);
    };
    await issue('TWICE1');
    await eventually('the receipt is taken', async () => (await stateOf(first?.messageId ?? '')) === 'receipted');
    assert.ok(first);
    const { messageId, receipt } = first;
    const seen = await alarms();
    await issue('TWICE2');
    await eventually('an alarm', async () => waiting.size > 0 && (await alarms()) > seen);
    for (const other of waiting) assert.equal(await stateOf(other), 'queued');

    const told = await countEvents(node, 'message.alarm', messageId);
    // With its partner held, and all queued that it has to tell of the consignments, nothing changes by itself.
    await node.pool.query({
      text: `insert into held_partners (country, held_since, held_by, held_by_name, reason)
        values ('VN', now(), 'test', 'Test', 'Nothing more is sent.')`,
    });
    await queuedAll(node);
    await eventually('nothing is on its way', async () => {
      const before = await countRows(node);
      await wait(300);
      return isDeepStrictEqual(await countRows(node), before);
    });
    const rowsBefore = await countRows(node);
    for (let time = 0; time < 2; time += 1) {
      const answer = await postAs4(node, vietNam.tls, 'application/soap+xml; charset=UTF-8', receipt);
      assert.deepEqual([answer.status, answer.text], [204, '']);
    }
    // It is told once, not each time. (Of the messages that wait for a receipt others may be told meanwhile.)
    assert.equal(await countEvents(node, 'message.alarm', messageId), told + 1);
    assert.deepEqual(await countRows(node), rowsBefore);
    assert.equal(await countEvents(node, 'message.receipted'), 1);
    assert.equal(await countEvents(node, 'message.receipted', messageId), 1);
    assert.equal(await countEvents(node, 'certificate.delivered'), 1);
    await assertReady(region, 'TH');
  });
});
