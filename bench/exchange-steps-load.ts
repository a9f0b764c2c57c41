import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { readMultipart } from '../src/exchange/message/mime.ts';
import { type OpeningKeys, openOwnEnvelope, parseEnvelope } from '../src/exchange/message/opening.ts';
import { composeUserMessage, openUserMessage } from '../src/exchange/message/user-message.ts';
import { composeReceipt } from '../src/exchange/signals/receipt.ts';
import { openOwnReceipt, parseSignal } from '../src/exchange/signals/signal.ts';
import { decryptContent } from '../src/exchange/ws-security/content-cipher.ts';
import { digestOf } from '../src/exchange/ws-security/security-header.ts';
import { receiptWork, receivingWork, sendingWork } from './exchange-ceiling-load.ts';
import { ACTION, keyOf, SERVICE } from './exchange-members-load.ts';
import type { Ends } from './exchange-rig-load.ts';
import { cpuCost } from './process-load.ts';

/** Bytes that compress as a certificate does: words and figures, about three or four to one. */
export function payloadOf(bytes: number): Buffer {
  const words = [
    '<cbc:ID>',
    '</cbc:ID>',
    '<cac:Item>',
    'CTH',
    'coffee beans, not roasted',
    'KGM',
    '0901.11',
    'Bangkok',
  ];
  const pieces = ['<CertificateOfOrigin>'];
  for (let length = 0; length < bytes; ) {
    const piece = `${words[length % words.length]} ${randomBytes(6).toString('hex')} `;
    pieces.push(piece);
    length += piece.length;
  }
  return Buffer.from(pieces.join('').slice(0, bytes));
}

/** A message of the benchmark in all its stages. */
function sampleOf({ sender, receiver }: Ends, payload: Buffer) {
  const { profile } = sender;
  const header = {
    messageId: 'bench@selat',
    timestamp: new Date(),
    fromPartyId: sender.partyId,
    toPartyId: receiver.partyId,
    service: SERVICE,
    action: ACTION,
    conversationId: 'UCR-BENCH',
    properties: { originalSender: sender.partyId, finalRecipient: receiver.partyId },
  };
  const security = {
    profile,
    signing: keyOf(sender, 'as4-signing'),
    recipient: keyOf(receiver, 'as4-encryption').certificate,
  };
  const compose = () => composeUserMessage(header, [{ contentType: 'application/xml', bytes: payload }], security);
  const message = compose();
  const keys: OpeningKeys = { decryption: [keyOf(receiver, 'as4-encryption')] };
  const terms = { messageId: 'r@selat', timestamp: new Date(), signing: keyOf(receiver, 'as4-signing') };
  const [root, part] = readMultipart(message.contentType, message.body);
  const envelope = root?.bytes ?? Buffer.alloc(0);
  const present = [part?.contentId ?? ''];
  using opening = parseEnvelope(envelope, present, keys);
  const signed = decryptContent(opening.contentKeys.get(present[0] ?? '') ?? Buffer.alloc(0), part?.bytes ?? envelope);
  return { compose, message, keys, terms, envelope, present, digests: new Map([[present[0] ?? '', digestOf(signed)]]) };
}

/** How many bytes a message of this payload has on the wire. */
export function wireBytes(ends: Ends, payload: Buffer): number {
  return sampleOf(ends, payload).message.body.length;
}

/** What each step costs by itself, in the sender's profile, beside the cryptography alone. */
export function printSteps(ends: Ends, payload: Buffer): void {
  const { compose, message, keys, terms, envelope, present, digests } = sampleOf(ends, payload);
  const opened = openUserMessage(message.contentType, message.body, keys);
  const receipt = composeReceipt(opened, terms);
  console.log(
    `\n${ends.sender.profile}, payload ${payload.length} bytes, on the wire ${message.body.length} bytes, receipt ${receipt.length} bytes`,
  );
  const row = (name: string, work: () => unknown): void =>
    console.log(`  ${name.padEnd(66)} ${cpuCost(work).toFixed(0).padStart(6)} µs`);
  row('compose, compress, sign, encrypt', compose);
  row('open: MIME, envelope, decrypt, verify, decompress', () =>
    openUserMessage(message.contentType, message.body, keys),
  );
  row('  of it the envelope, as our own', () => openOwnEnvelope(envelope, present, keys)?.verify(digests));
  row('  the same by the parser (as others’ envelopes are read)', () => {
    using opening = parseEnvelope(envelope, present, keys);
    opening.verify(digests);
  });
  row('write and sign the receipt', () => composeReceipt(opened, terms));
  row('read and verify the receipt, as our own', () => openOwnReceipt(receipt));
  row('  the same by the parser', () => parseSignal(receipt, []));
  if (ends.sender.profile !== 'edelivery-2.0-common-usage') return;
  const ceiling = {
    signing: keyOf(ends.sender, 'as4-signing').privateKey,
    encryption: keyOf(ends.receiver, 'as4-encryption').privateKey,
  };
  const least = sendingWork(payload, ceiling);
  row('cryptography and compression alone: send', () => sendingWork(payload, ceiling));
  row('cryptography and compression alone: receive, sign the receipt', () => receivingWork(least, ceiling));
  row('cryptography alone: take the receipt', () => receiptWork(least.signature, ceiling));
  for (const level of [1, 4, 6])
    console.log(
      `  gzip level ${level}: ${gzipSync(payload, { level }).length} bytes, ${cpuCost(() => gzipSync(payload, { level }), 20).toFixed(0)} µs`,
    );
}
