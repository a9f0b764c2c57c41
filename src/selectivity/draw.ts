import { createHash, createHmac } from 'node:crypto';
import { Decimal } from 'decimal.js';

const DIGITS = 18;
const SCALE = 10n ** BigInt(DIGITS);

/**
 * The draw of a random rule for a declaration: the first 64 bits of HMAC-SHA-256(seed, rule id, NUL, MRN) as a fraction in
 * [0, 1), rounded down to 18 decimals. The same three always give the same draw, so that a trader cannot draw again by
 * amending and an auditor can repeat it.
 * @param seed in hex
 */
export function drawFor(seed: string, rule: string, movementReference: string): string {
  const bytes = createHmac('sha256', Buffer.from(seed, 'hex')).update(`${rule}\0${movementReference}`).digest();
  const fraction = (bytes.readBigUInt64BE(0) * SCALE) >> 64n;
  return `0.${fraction.toString().padStart(DIGITS, '0')}`;
}

/** Whether a draw falls within a share; both are decimals, compared exactly. */
export function isDrawn(value: string, share: string): boolean {
  return new Decimal(value).lessThan(share);
}

/** By what a seed is named where it must not be shown: SHA-256 in hex. */
export function seedFingerprint(seed: string): string {
  return createHash('sha256').update(Buffer.from(seed, 'hex')).digest('hex');
}
