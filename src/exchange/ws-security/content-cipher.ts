import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { Content } from '../message/content.ts';
import { decryptionFailure } from './decryption-failure.ts';

/** AES-128-GCM with the initial value in front of the ciphertext and the tag behind it (XML Encryption 1.1 §5.2.4). */
export const CONTENT_KEY_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts bytes that are in memory. */
export function encryptContent(key: Buffer, bytes: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-128-gcm', createSecretKey(key), iv);
  return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** Encrypts bytes as they come. */
export async function* encryptStream(key: Buffer, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-128-gcm', createSecretKey(key), iv);
  yield iv;
  for await (const piece of source) yield cipher.update(piece);
  yield cipher.final();
  yield cipher.getAuthTag();
}

/**
 * Decrypts bytes that are in memory.
 * @throws EbmsFailure EBMS:0102: it is too short, was altered, or was encrypted with another key
 */
export function decryptContent(key: Buffer, bytes: Buffer): Buffer {
  const decipher = openDecipher(key, bytes.subarray(0, IV_BYTES), bytes.length);
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  const plain = decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES));
  return Buffer.concat([plain, finish(decipher)]);
}

/**
 * Decrypts content piece by piece. What it yields must not be used before it has ended: only then it is known to be what
 * was encrypted.
 * @throws EbmsFailure EBMS:0102: it is too short, was altered, or was encrypted with another key
 */
export async function* decryptStream(key: Buffer, content: Content): AsyncGenerator<Buffer> {
  const ends = await Promise.all([
    gather(content.stream(0, Math.min(IV_BYTES, content.size))),
    gather(content.stream(Math.max(content.size - TAG_BYTES, 0), content.size)),
  ]);
  const decipher = openDecipher(key, ends[0], content.size);
  decipher.setAuthTag(ends[1]);
  for await (const piece of content.stream(IV_BYTES, content.size - TAG_BYTES)) yield decipher.update(piece);
  yield finish(decipher);
}

async function gather(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

type Decipher = ReturnType<typeof openDecipher>;

function openDecipher(key: Buffer, iv: Buffer, size: number) {
  if (size < IV_BYTES + TAG_BYTES) throw decryptionFailure();
  return createDecipheriv('aes-128-gcm', createSecretKey(key), iv, { authTagLength: TAG_BYTES });
}

function finish(decipher: Decipher): Buffer {
  try {
    return decipher.final();
  } catch {
    throw decryptionFailure();
  }
}
