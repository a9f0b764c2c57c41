import { EbmsFailure } from '../signals/ebms-errors.ts';

/** The one answer for everything that goes wrong in decryption, so that nothing is learnt from it (threat A8). */
export function decryptionFailure(): EbmsFailure {
  return new EbmsFailure(
    'EBMS:0102',
    'The payloads cannot be decrypted with the keys of this access point. Encrypt to its certificate in the directory, in the profile that stands there: X25519 or ECDH-ES with HKDF and AES-128 key wrap, or RSA-OAEP with SHA-256 and MGF1-SHA256; the payloads with AES-128-GCM.',
  );
}
