import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { decryptionFailure } from './decryption-failure.ts';

/** Bytes of the key of a message's content: AES-128. */
export const CONTENT_KEY_BYTES = 16;
/** In front of the ciphertext (XML Encryption 1.1 §5.2.4). */
export const IV_BYTES = 12;
/** Behind the ciphertext. */
export const TAG_BYTES = 16;

/** AES-128-GCM with the IV in front and the tag behind (XML Encryption 1.1 §5.2.4). */
export function encryptContent(key: Buffer, bytes: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-128-gcm', key, iv);
  return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/**
 * The content that {@link encryptContent} encrypted.
 * @throws EbmsFailure EBMS:0102 when it is cut or altered, or the key is another
 */
export function decryptContent(key: Buffer, bytes: Buffer): Buffer {
  if (bytes.length < IV_BYTES + TAG_BYTES) throw decryptionFailure();
  try {
    const decipher = createDecipheriv('aes-128-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
  } catch {
    throw decryptionFailure();
  }
}
