import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import { after, before, describe, test } from 'node:test';
import type { OpenedMessage } from '../../src/exchange/message.ts';
import { composeReceipt } from '../../src/exchange/receipt.ts';
import { openUserMessage } from '../../src/exchange/user-message.ts';
import { sampleApplication } from '../../src/region/sample-application.ts';
import { sampleCountry } from '../../src/region/sample-country.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { assertReady, countEvents, eventually, newMessageId, nodeOf, stolenKeys } from './support.ts';

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
          const keys = { decryption: [vietNam.as4Encryption] };
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

  const terms = (signing: Keys['as4Signing']) => ({ messageId: newMessageId(), timestamp: new Date(), signing });
  const good = (message: OpenedMessage): Buffer => composeReceipt(message, terms(vietNam.as4Signing));
  const rows: readonly (readonly [string, (message: OpenedMessage) => Buffer])[] = [
    [
      'for a message that was never sent',
      (message) => composeReceipt({ ...message, messageId: newMessageId() }, terms(vietNam.as4Signing)),
    ],
    [
      'with wrong digests',
      (message) =>
        composeReceipt(
          {
            ...message,
            references: message.references.map((one) => ({ ...one, digest: Buffer.alloc(32).toString('base64') })),
          },
          terms(vietNam.as4Signing),
        ),
    ],
    [
      'that leaves a part out',
      (message) => composeReceipt({ ...message, references: message.references.slice(1) }, terms(vietNam.as4Signing)),
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
    ['signed by another node', (message) => composeReceipt(message, terms(japan.as4Signing))],
  ];
  rows.forEach(([what, make], index) => {
    test(`a receipt ${what} is not taken: the message stays unreceipted, and there is an alarm`, async () => {
      const node = nodeOf(region, 'TH');
      answerWith = make;
      const alarms = async (): Promise<number> => {
        const found = await node.pool.query({ text: `select 1 from events where data ->> 'alarm' = 'true'` });
        return found.rows.length;
      };
      const before = await alarms();
      const content = sampleApplication(
        sampleCountry('TH'),
        sampleCountry('VN'),
        'ATIGA-FORM-D',
        `FALSE${index}`,
        new Date(),
      );
      const exporter = await region.user('TH', 'exporter');
      const created = await exporter.post('/api/applications', JSON.parse(JSON.stringify(content)));
      const path = `/api/applications/${String(created.body['id'])}`;
      const submitted = await exporter.post(`${path}/submit`, undefined, created.version);
      await (await region.user('TH', 'issuing')).post(`${path}/approve`, {}, submitted.version);
      await eventually('an alarm', async () => (await alarms()) > before);
      const receipted = await node.pool.query({ text: 'select 1 from received_receipts' });
      assert.equal(receipted.rows.length, 0);
      assert.equal(await countEvents(node, 'message.receipted'), 0);
      assert.equal(await countEvents(node, 'certificate.delivered'), 0);
      await assertReady(region, 'TH');
    });
  });
});
