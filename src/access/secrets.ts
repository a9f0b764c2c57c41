import { createHash, randomBytes } from 'node:crypto';

/** What a token's secret begins with, so that it is recognised where it must not be (addresses, logs, repositories). */
export const TOKEN_PREFIX = 'selat_';

/** A new secret of 256 bits, base64url. */
export function inventSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256 of a secret: enough for 256 random bits, which cannot be guessed as a password can. */
export function secretDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
