import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Content, inMemory, partOf, wholeOf } from '../../src/exchange/message/content.ts';
import { composeLargeMessage, openLargeMessage } from '../../src/exchange/message/large-message.ts';
import type { ContentPayload } from '../../src/exchange/message/message.ts';
import { MESSAGE_LIMITS } from '../../src/exchange/message/opening.ts';
import { sweepSpools } from '../../src/exchange/message/spool.ts';
import { composeUserMessage, LargerThanMemory, openUserMessage } from '../../src/exchange/message/user-message.ts';
import { readStored, STORED_PIECE_BYTES } from '../../src/exchange/message-store.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { watchMemory } from '../support/memory.ts';
import { createMember, NOW, type TestMember } from './members.ts';
import { ACTION, createRunningExchange, type RunningExchange, SERVICE, until } from './running-exchange.ts';

const MEGABYTE = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'selat-large-'));
const onDisk = { folder, memoryBytes: 0 };
after(() => rmSync(folder, { recursive: true }));
const thailand = await createMember('TH');
const vietNam = await createMember('VN');
const security = securityOf(thailand, vietNam);
const keys = { decryption: [vietNam.encryption] };

function securityOf(from: TestMember, to: TestMember) {
  return { signing: from.signing, recipient: to.encryption.certificate };
}

const header = {
  messageId: 'large@th.example',
  timestamp: NOW,
  fromPartyId: thailand.partyId,
  toPartyId: vietNam.partyId,
  service: SERVICE,
  action: ACTION,
  conversationId: 'UCR-1',
  properties: {},
};

/** Bytes that no compression makes smaller, the same at every reading, never in memory as a whole. */
function noise(size: number, seed: number): Content {
  const block = createHash('sha512').update(`noise ${seed}`).digest();
  return {
    size,
    memory: undefined,
    async *stream(start = 0, end = size) {
      for (let at = start; at < end; ) {
        const number = Math.floor(at / 65_536);
        const piece = Buffer.allocUnsafe(65_536);
        for (let offset = 0; offset < piece.length; offset += 64) {
          block.copy(piece, offset);
          piece.writeUInt32LE((number * 1_024 + offset) >>> 0, offset);
          piece.writeUInt32LE(Math.imul(number + 1, offset + 2_654_435_761) >>> 0, offset + 4);
        }
        const from = at - number * 65_536;
        const taken = piece.subarray(from, Math.min(piece.length, from + end - at));
        at += taken.length;
        yield taken;
      }
    },
  };
}

async function digestOf(content: Content): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of content.stream()) hash.update(piece);
  return hash.digest('hex');
}

describe('a message on disk', () => {
  const text = Buffer.from('a picture of the goods '.repeat(9_000));
  const payloads: ContentPayload[] = [
    { contentType: 'application/xml', characterSet: 'utf-8', content: inMemory(text) },
    { contentType: 'image/png', compressed: false, content: noise(3 * MEGABYTE + 17, 1) },
    { contentType: 'text/plain', content: inMemory(Buffer.alloc(0)) },
  ];

  test('is read in memory as what it was composed of', async () => {
    const composed = await composeLargeMessage(header, payloads, security, onDisk);
    const body = await wholeOf(composed.body, 10 * MEGABYTE);
    const opened = openUserMessage(composed.contentType, body, keys);
    assert.deepEqual(opened.payloads[0]?.bytes, text);
    assert.equal(opened.payloads[0]?.characterSet, 'utf-8');
    assert.deepEqual(opened.payloads[1]?.bytes, await wholeOf(noise(3 * MEGABYTE + 17, 1), 4 * MEGABYTE));
    assert.equal(opened.payloads[2]?.bytes.length, 0);
    assert.deepEqual(
      opened.references.map(({ digest }) => digest).sort(),
      composed.references.map(({ digest }) => digest).sort(),
    );
    await composed.close();
  });

  test('is opened as the same message in memory is', async () => {
    const composed = composeUserMessage(
      header,
      [
        { contentType: 'application/xml', bytes: text },
        { contentType: 'image/png', compressed: false, bytes: randomBytes(700_000) },
      ],
      security,
    );
    const small = openUserMessage(composed.contentType, composed.body, keys);
    const large = await openLargeMessage(composed.contentType, inMemory(composed.body), keys, MESSAGE_LIMITS, onDisk);
    for (const [index, payload] of small.payloads.entries())
      assert.deepEqual(
        await wholeOf(large.payloads[index]?.content ?? inMemory(Buffer.alloc(0)), MEGABYTE),
        payload.bytes,
      );
    assert.deepEqual(large.references, small.references);
    assert.equal(large.signerCertificate.fingerprint256, small.signerCertificate.fingerprint256);
    await large.close();
  });

  const alterations: [string, (size: number) => number, string][] = [
    ['in the middle of a payload', (size) => Math.floor(size / 2), 'EBMS:0102'],
    ['in the last byte of a payload', (size) => size - 40, 'EBMS:0102'],
  ];
  for (const [where, place, code] of alterations)
    test(`that was altered ${where} is refused with ${code}`, async () => {
      const composed = await composeLargeMessage(header, payloads.slice(1, 2), security, onDisk);
      const body = await wholeOf(composed.body, 10 * MEGABYTE);
      await composed.close();
      const end = body.lastIndexOf('\r\n--selat-');
      const at = where.includes('last') ? end - 1 : place(body.length);
      body.writeUInt8(body.readUInt8(at) ^ 1, at);
      const opening = openLargeMessage(composed.contentType, inMemory(body), keys, MESSAGE_LIMITS, onDisk);
      await assert.rejects(opening, (error) => error instanceof EbmsFailure && error.code === code);
    });

  test('whose payload expands beyond the limit is refused, and says the limit', async () => {
    const composed = composeUserMessage(
      header,
      [{ contentType: 'text/plain', bytes: Buffer.alloc(3 * MEGABYTE) }],
      security,
    );
    const limits = { ...MESSAGE_LIMITS, expansion: { bytes: 2 * MEGABYTE, ratio: 100_000 } };
    await assert.rejects(
      openLargeMessage(composed.contentType, inMemory(composed.body), keys, limits, onDisk),
      (error) =>
        error instanceof EbmsFailure && error.code === 'EBMS:0303' && error.message.includes(String(2 * MEGABYTE)),
    );
  });

  test('whose envelope is larger than the limit is refused before it is read', async () => {
    const composed = await composeLargeMessage(header, payloads, security, onDisk);
    const limits = { ...MESSAGE_LIMITS, envelopeBytes: 1_000 };
    await assert.rejects(
      openLargeMessage(composed.contentType, composed.body, keys, limits, onDisk),
      (error) => error instanceof EbmsFailure && error.code === 'EBMS:0009' && error.message.includes('1000'),
    );
    await composed.close();
  });

  test('that was cut short is refused with EBMS:0007', async () => {
    const composed = await composeLargeMessage(header, payloads, security, onDisk);
    const cut = partOf(composed.body, 0, composed.body.size - 100);
    await assert.rejects(
      openLargeMessage(composed.contentType, cut, keys, MESSAGE_LIMITS, onDisk),
      (error) => error instanceof EbmsFailure && error.code === 'EBMS:0007',
    );
    await composed.close();
  });

  test('is named by a small message that becomes large when it is opened', () => {
    const composed = composeUserMessage(
      header,
      [{ contentType: 'text/plain', bytes: Buffer.alloc(100_000) }],
      security,
    );
    assert.throws(
      () => openUserMessage(composed.contentType, composed.body, keys, MESSAGE_LIMITS, 50_000),
      LargerThanMemory,
    );
  });

  test('leaves no temporary file behind, not even while it is open', async () => {
    const composed = await composeLargeMessage(header, payloads, security, onDisk);
    assert.deepEqual(readdirSync(folder), []);
    await composed.close();
  });
});

describe('temporary files', () => {
  test('that a killed process left are swept; those of now, and of others, are left alone', async () => {
    const old = new Date(Date.now() - 120_000);
    for (const name of ['selat-spool-old', 'selat-spool-now', 'other']) writeFileSync(join(folder, name), 'x');
    utimesSync(join(folder, 'selat-spool-old'), old, old);
    utimesSync(join(folder, 'other'), old, old);
    await sweepSpools(folder, new Date());
    assert.deepEqual(readdirSync(folder).sort(), ['other', 'selat-spool-now']);
  });
});

describe('large messages between nodes', () => {
  let th: RunningExchange;
  let vn: RunningExchange;
  const digests: Promise<string>[] = [];
  before(async () => {
    const members = [thailand, vietNam];
    const endpoints = {};
    const clock = (): Date => new Date();
    th = await createRunningExchange(thailand, members, endpoints, { clock });
    vn = await createRunningExchange(vietNam, members, endpoints, {
      clock,
      forgetPayloads: true,
      limits: { bodyBytes: 60 * MEGABYTE, standstillMilliseconds: 300 },
      deliver: async (_transaction, delivery) => {
        for (const { content } of delivery.payloads) digests.push(Promise.resolve(await digestOf(content)));
        return { taken: true };
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

  async function send(payloads: ContentPayload[]): Promise<string> {
    const document = { toCountry: 'VN', conversationId: 'UCR-9', service: SERVICE, action: ACTION, payloads };
    const prepared = await th.exchange.prepare(document, new Date());
    const { messageId } = await inTransaction(th.database.pool, (transaction) =>
      th.exchange.enqueue(transaction, prepared, new Date()),
    );
    return messageId;
  }

  async function isReceipted(messageId: string): Promise<boolean> {
    const { rows } = await th.database.pool.query<{ state: string }>({
      text: 'select state from outgoing_messages where message_id = $1',
      values: [messageId],
    });
    return rows[0]?.state === 'receipted';
  }

  test('arrive whole with flat memory, are kept in pieces, and the receipt tells their digests', async () => {
    digests.length = 0;
    const size = 48 * MEGABYTE;
    const payloads: ContentPayload[] = [
      { contentType: 'image/jpeg', content: noise(size, 7) },
      { contentType: 'application/xml', content: inMemory(Buffer.from('<Invoice/>')) },
    ];
    const { result: messageId, rise } = await watchMemory(async () => {
      const sent = await send(payloads);
      await until(() => isReceipted(sent), 'the receipt of the large message');
      return sent;
    });
    assert.deepEqual(await Promise.all(digests), await Promise.all(payloads.map(({ content }) => digestOf(content))));
    // Both ends, and both transactions, in one process: pieces of 1 MiB and 256 KiB.
    assert.ok(rise < 28 * MEGABYTE, `${(rise / MEGABYTE).toFixed(1)} MiB more were held`);
    const sent = await readStored(th.database.pool, 'outgoing', messageId);
    const came = await readStored(vn.database.pool, 'incoming', messageId);
    assert.ok(sent !== undefined && came !== undefined && came.content.memory === undefined);
    assert.equal(await digestOf(came.content), await digestOf(sent.content));
    const { rows } = await vn.database.pool.query<{ pieces: number; most: number }>({
      text: `select count(*)::integer as pieces, max(length(bytes)) as most from incoming_pieces where message_id = $1`,
      values: [messageId],
    });
    assert.equal(rows[0]?.pieces, Math.ceil(came.content.size / STORED_PIECE_BYTES));
    assert.equal(rows[0]?.most, STORED_PIECE_BYTES);
  });

  test('that expand from little are opened on disk and arrive whole', async () => {
    digests.length = 0;
    const much = Buffer.concat([randomBytes(300_000), Buffer.alloc(20 * MEGABYTE)]);
    const messageId = await send([{ contentType: 'text/plain', content: inMemory(much) }]);
    await until(() => isReceipted(messageId), 'the receipt');
    assert.deepEqual(await Promise.all(digests), [createHash('sha256').update(much).digest('hex')]);
  });

  test('larger than the sender may send are refused before they are queued', async () => {
    const document = { toCountry: 'VN', conversationId: 'UCR-9', service: SERVICE, action: ACTION };
    await assert.rejects(
      th.exchange.prepare(
        { ...document, payloads: [{ contentType: 'image/png', content: noise(257 * MEGABYTE, 1) }] },
        new Date(),
      ),
      { code: 'MESSAGE-TOO-LARGE' },
    );
  });

  test('of a sender that stands still are not waited for', async () => {
    const partner = th.member.tls;
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      const sent = request(vn.endpoint(), {
        method: 'POST',
        rejectUnauthorized: false,
        key: partner.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        cert: partner.certificate.toString(),
        headers: { 'Content-Type': 'multipart/related', 'Content-Length': 5_000_000 },
      });
      sent.on('error', () => resolve());
      sent.on('response', () => resolve());
      sent.write('--edge');
    });
    assert.ok(performance.now() - begun < 5_000);
  });
});
