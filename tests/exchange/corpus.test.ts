import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readXml } from '../../src/documents/read-xml.ts';
import { onlyMessage, readEnvelope, readUserMessage } from '../../src/exchange/envelope/read-envelope.ts';
import { readMultipart } from '../../src/exchange/message/mime.ts';
import { openUserMessage } from '../../src/exchange/message/user-message.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { readSignal } from '../../src/exchange/signals/signal.ts';
import { digestOf } from '../../src/exchange/ws-security/security-header.ts';
import { verifySignature } from '../../src/exchange/ws-security/verify-signature.ts';
import { corpusPath } from '../support/corpus.ts';
import { createMember } from './members.ts';

const folder = corpusPath('as4');
const skip = folder === undefined ? 'the corpus is not beside the repository' : false;

/** Splits a file that holds an HTTP or mail message: headers as one text without folding, and the body. */
function splitHeaders(bytes: Buffer): { contentType: string; body: Buffer } {
  const crlf = bytes.indexOf('\r\n\r\n');
  const end = crlf < 0 ? bytes.indexOf('\n\n') : crlf;
  const head = bytes.toString('latin1', 0, end).replace(/\r?\n[\t ]+/g, ' ');
  const contentType = /^content-type: *(.*?)\r?$/im.exec(head)?.[1] ?? '';
  return { contentType, body: bytes.subarray(end + (crlf < 0 ? 2 : 4)) };
}

const read = (name: string): Buffer => readFileSync(join(folder ?? '', name));

describe('messages that other access points made', { skip }, () => {
  test('the signed and encrypted user message: the digests of header and Body and the RSA signature hold', () => {
    const { contentType, body } = splitHeaders(read('wire/user-message-signed-encrypted-rsa.as4'));
    const [root, ...attachments] = readMultipart(contentType, body);
    const reading = readXml(root?.bytes ?? Buffer.alloc(0));
    assert.ok(reading.ok);
    using document = reading.document;
    const { messaging, body: soapBody, security } = readEnvelope(document);
    const { header, parts } = readUserMessage(onlyMessage(messaging).element);
    assert.deepEqual(
      parts.map((part) => part.contentId),
      attachments.map((part) => part.contentId),
    );
    assert.match(header.messageId, /@/);
    assert.ok(security !== undefined);
    // The attachment is encrypted to a key that is not ours, so its digest is the one thing that cannot match.
    assert.throws(
      () =>
        verifySignature(document, security, {
          elements: [messaging, soapBody],
          attachmentDigests: new Map(attachments.map((part) => [part.contentId ?? '', digestOf(part.bytes)])),
        }),
      (error) => error instanceof EbmsFailure && error.code === 'EBMS:0101' && error.message.includes('cid:'),
    );
  });

  test('a message for somebody else cannot be decrypted and is answered with FailedDecryption', async () => {
    const { contentType, body } = splitHeaders(read('wire/user-message-signed-encrypted-rsa.as4'));
    const { encryption } = await createMember('VN');
    assert.throws(
      () => openUserMessage(contentType, body, { decryption: [encryption] }),
      (error) => error instanceof EbmsFailure && error.code === 'EBMS:0102' && error.refToMessageId !== undefined,
    );
  });

  test('the signed receipt: signature and digests hold', () => {
    const signal = readSignal(splitHeaders(read('wire/receipt-signed-rsa.as4')).body);
    assert.ok(signal.kind === 'receipt');
    assert.equal(signal.refToMessageId, '3b3775c9-e88d-47f9-be5a-8e045ca2bc07@phase4');
    assert.equal(signal.references.length, 3);
  });

  test('the signed receipt with one letter changed does not hold', () => {
    const { body } = splitHeaders(read('wire/receipt-signed-rsa.as4'));
    const altered = Buffer.from(body.toString().replace('3b3775c9-e88d', '3b3775c9-e88e'));
    assert.throws(() => readSignal(altered), EbmsFailure);
  });
});
