import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { writeMultipart } from '../../src/exchange/message/mime.ts';
import type { RunningNode } from '../../src/node/start-node.ts';
import type { NodeKeys } from '../../src/pki/key-store.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import {
  assertReady,
  countEvents,
  countRows,
  forgeSeal,
  messageBetween,
  newMessageId,
  nodeOf,
  postAs4,
  settled,
  stolenKeys,
  unsealedCertificate,
} from './support.ts';

interface Side {
  readonly node: RunningNode;
  readonly keys: NodeKeys;
}

const MINUTE = 60_000;

describe('hostile AS4 messages at a running node', () => {
  let region: TestRegion;
  let thailand: Side;
  let vietNam: Side;
  let japan: Side;
  before(async () => {
    region = await startTestRegion(['TH', 'VN', 'JP']);
    const side = async (country: string): Promise<Side> => ({
      node: nodeOf(region, country),
      keys: await stolenKeys(region, country),
    });
    thailand = await side('TH');
    vietNam = await side('VN');
    japan = await side('JP');
  });
  after(() => region.end());
  const good = (): string => forgeSeal(unsealedCertificate().xml, thailand.keys.sealing);

  test('A1: a replay gets the first receipt byte for byte, and has its effect once', async () => {
    const { number, xml } = unsealedCertificate();
    const message = messageBetween(thailand, vietNam, [forgeSeal(xml, thailand.keys.sealing)]);
    const first = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
    assert.equal(first.error, null, first.text);
    await settled(vietNam.node);
    const counts = await countRows(vietNam.node);
    for (let time = 0; time < 5; time += 1) {
      const again = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
      assert.equal(again.text, first.text);
    }
    assert.deepEqual(await countRows(vietNam.node), counts);
    assert.equal(await countEvents(vietNam.node, 'message.received', message.messageId), 1);
    assert.equal(await countEvents(vietNam.node, 'certificate.verified', number), 1);
  });

  test('A1: twenty copies at the same time get one and the same receipt, and have their effect once', async () => {
    const { number, xml } = unsealedCertificate();
    const message = messageBetween(thailand, vietNam, [forgeSeal(xml, thailand.keys.sealing)]);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body)),
    );
    assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
    assert.equal(answers[0]?.error, null);
    assert.equal(await countEvents(vietNam.node, 'certificate.verified', number), 1);
  });

  describe('are refused, and nothing changes', () => {
    let counts: Record<string, number>;
    beforeEach(async () => {
      await settled(vietNam.node);
      counts = await countRows(vietNam.node);
    });
    const unchanged = async (): Promise<void> => {
      assert.deepEqual(await countRows(vietNam.node), counts);
      await assertReady(region, 'VN');
    };

    test('A2: other content under a known id is answered with EBMS:0004, and alarmed', async () => {
      const messageId = newMessageId();
      const first = messageBetween(thailand, vietNam, [good()], { messageId });
      assert.equal((await postAs4(vietNam.node, thailand.keys.tls, first.contentType, first.body)).error, null);
      await settled(vietNam.node);
      counts = await countRows(vietNam.node);
      const other = messageBetween(thailand, vietNam, [good()], { messageId });
      const answer = await postAs4(vietNam.node, thailand.keys.tls, other.contentType, other.body);
      assert.equal(answer.error, 'EBMS:0004');
      const { rows } = await vietNam.node.pool.query({
        text: `select 1 from events where subject = $1 and data ->> 'alarm' = 'true'`,
        values: [messageId],
      });
      assert.ok(rows.length >= 1);
      await unchanged();
    });

    /** A good message of Thailand, cut to pieces and put together otherwise. */
    const rewritten =
      (rewrite: (text: string, boundary: string) => string) => (): { contentType: string; body: Buffer } => {
        const message = messageBetween(thailand, vietNam, [good()]);
        const boundary = /boundary="([^"]+)"/.exec(message.contentType)?.[1] ?? '';
        return {
          contentType: message.contentType,
          body: Buffer.from(rewrite(message.body.toString('latin1'), boundary), 'latin1'),
        };
      };
    const secondPart = (text: string, boundary: string): string => {
      const at = text.indexOf(`--${boundary}`, 5);
      return text.slice(at, text.lastIndexOf(`--${boundary}--`));
    };
    const tricks: readonly (readonly [string, () => { contentType: string; body: Buffer }, string])[] = [
      [
        'a part that is named but absent',
        rewritten((text, boundary) => text.replace(secondPart(text, boundary), () => '')),
        'EBMS:0011',
      ],
      [
        'a part that is present but not named',
        rewritten((text, boundary) =>
          text.replace(
            `--${boundary}--`,
            () =>
              `--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-ID: <more@x>\r\n\r\nmore\r\n--${boundary}--`,
          ),
        ),
        'EBMS:0007',
      ],
      [
        'two parts with one Content-ID',
        rewritten((text, boundary) =>
          text.replace(`--${boundary}--`, () => `${secondPart(text, boundary)}--${boundary}--`),
        ),
        'EBMS:0007',
      ],
      [
        'ten thousand parts',
        () =>
          writeMultipart(
            'b',
            Array.from({ length: 10_000 }, (_, index) => ({
              contentId: `p${index}@x`,
              contentType: 'application/soap+xml',
              bytes: Buffer.from('<a/>'),
            })),
          ),
        'EBMS:0007',
      ],
      [
        'no closing boundary',
        rewritten((text, boundary) => text.slice(0, text.lastIndexOf(`--${boundary}--`))),
        'EBMS:0007',
      ],
      [
        'a bare line feed between headers',
        rewritten((text) => text.replace('binary\r\nContent-ID', () => 'binary\nContent-ID')),
        'EBMS:0007',
      ],
      [
        'a header twice',
        rewritten((text) => text.replace('Content-ID: ', () => 'Content-ID: <other@x>\r\nContent-ID: ')),
        'EBMS:0007',
      ],
      [
        'a transfer encoding that hides the bytes',
        rewritten((text) => text.replace('Encoding: binary', () => 'Encoding: base64')),
        'EBMS:0007',
      ],
      [
        'a boundary that is not allowed',
        () => ({ ...rewritten((text) => text)(), contentType: 'multipart/related; boundary="<x>"' }),
        'EBMS:0007',
      ],
      [
        'two boundaries in one header',
        () => ({ ...rewritten((text) => text)(), contentType: 'multipart/related; boundary=a; boundary=b' }),
        'EBMS:0007',
      ],
      ['another media type', () => ({ ...rewritten((text) => text)(), contentType: 'text/xml' }), 'EBMS:0007'],
      ['an empty body', () => ({ contentType: 'multipart/related; boundary=a', body: Buffer.alloc(0) }), 'EBMS:0007'],
    ];
    for (const [name, make, code] of tricks)
      test(`A4: ${name}`, async () => {
        const { contentType, body } = make();
        const answer = await postAs4(vietNam.node, thailand.keys.tls, contentType, body);
        assert.equal(answer.error, code, answer.text);
        await unchanged();
      });

    test('A5: a receipt that nobody waits for is refused and alarmed', async () => {
      const { composeReceipt } = await import('../../src/exchange/signals/receipt.ts');
      const signal = composeReceipt(
        { messageId: newMessageId(), references: [] },
        {
          messageId: newMessageId(),
          timestamp: new Date(),
          signing: thailand.keys.as4Signing['edelivery-2.0-common-usage'],
        },
      );
      const alarms = await countEvents(vietNam.node, 'message.alarm');
      const answer = await postAs4(vietNam.node, thailand.keys.tls, 'application/soap+xml', signal);
      assert.equal(answer.error, 'EBMS:0001');
      assert.equal(await countEvents(vietNam.node, 'message.alarm'), alarms + 1);
      await unchanged();
    });

    const times: readonly (readonly [string, number])[] = [
      ['an hour ahead', 60 * MINUTE],
      ['half a year old', -180 * 24 * 60 * MINUTE],
    ];
    for (const [name, offset] of times)
      test(`A6: a message whose timestamp is ${name}`, async () => {
        const message = messageBetween(thailand, vietNam, [good()], { timestamp: new Date(Date.now() + offset) });
        const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
        assert.equal(answer.error, 'EBMS:0009');
        await unchanged();
      });

    test('C5: a message of Thailand over a connection of Japan', async () => {
      const message = messageBetween(thailand, vietNam, [good()]);
      const answer = await postAs4(vietNam.node, japan.keys.tls, message.contentType, message.body);
      assert.equal(answer.error, 'EBMS:0101');
      await unchanged();
    });

    test('C5: a message of Thailand that Japan signed, over a connection of Thailand', async () => {
      const message = messageBetween(thailand, vietNam, [good()], {
        signing: japan.keys.as4Signing['edelivery-2.0-common-usage'],
      });
      const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
      assert.equal(answer.error, 'EBMS:0101');
      await unchanged();
    });

    test('C5: a connection without a client certificate', async () => {
      const message = messageBetween(thailand, vietNam, [good()]);
      const answer = await postAs4(vietNam.node, null, message.contentType, message.body);
      assert.equal(answer.error, 'EBMS:0101');
      await unchanged();
    });

    test('A8: a message encrypted to another node', async () => {
      const message = messageBetween(thailand, vietNam, [good()], {
        recipient: japan.keys.as4Encryption['edelivery-2.0-common-usage'].certificate,
      });
      const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
      assert.equal(answer.error, 'EBMS:0102');
      await unchanged();
    });
  });

  test('A6: a message whose timestamp is four minutes ahead is taken', async () => {
    const message = messageBetween(thailand, vietNam, [good()], { timestamp: new Date(Date.now() + 4 * MINUTE) });
    const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
    assert.equal(answer.error, null, answer.text);
  });
});
