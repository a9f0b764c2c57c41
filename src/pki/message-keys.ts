import type { KeyObject } from 'node:crypto';

/** The security profiles of eDelivery AS4, the default first: which one a member speaks stands in the directory. */
export const MESSAGE_PROFILES = [
  'edelivery-2.0-common-usage',
  'edelivery-2.0-alternative-ec',
  'edelivery-1.15',
] as const;
export type MessageProfile = (typeof MESSAGE_PROFILES)[number];

/** The two uses of keys for messages. */
export type MessageUse = 'as4-signing' | 'as4-encryption';

/** A kind of key, as node:crypto names elliptic curves and key types. */
export type KeyKind = 'ed25519' | 'x25519' | 'prime256v1' | 'rsa';

/** RSA keys that we make, and those that we encrypt to, in bits (eDelivery AS4 1.15 with ENISA's and SOG-IS' advice). */
export const RSA_BITS = 3072;
/** RSA keys of partners below this many bits are refused, whatever they signed (threat S3). */
export const LEAST_RSA_BITS = 2048;

/**
 * Which kind of key each profile signs and encrypts with:
 *
 * | profile                      | signing | encryption |
 * | ---------------------------- | ------- | ---------- |
 * | edelivery-2.0-common-usage   | Ed25519 | X25519     |
 * | edelivery-2.0-alternative-ec | P-256   | P-256      |
 * | edelivery-1.15               | RSA     | RSA        |
 */
export const MESSAGE_KEYS: Readonly<Record<MessageProfile, Readonly<Record<MessageUse, KeyKind>>>> = {
  'edelivery-2.0-common-usage': { 'as4-signing': 'ed25519', 'as4-encryption': 'x25519' },
  'edelivery-2.0-alternative-ec': { 'as4-signing': 'prime256v1', 'as4-encryption': 'prime256v1' },
  'edelivery-1.15': { 'as4-signing': 'rsa', 'as4-encryption': 'rsa' },
};

/** Curves of EC keys: node:crypto writes the key out each time it is asked for one. */
const curves = new WeakMap<KeyObject, string>();

function curveOf(key: KeyObject): string {
  const known = curves.get(key) ?? key.asymmetricKeyDetails?.namedCurve ?? '';
  curves.set(key, known);
  return known;
}

/** The kind of a public or private key; undefined for kinds that no profile uses. */
export function kindOfKey(key: KeyObject): KeyKind | undefined {
  const type = key.asymmetricKeyType;
  if (type === 'ed25519' || type === 'x25519' || type === 'rsa') return type;
  return type === 'ec' && curveOf(key) === 'prime256v1' ? 'prime256v1' : undefined;
}

/** Whether a key is good for one use in a profile: of its kind, and long enough where it is an RSA key. */
export function fitsProfile(key: KeyObject, profile: MessageProfile, use: MessageUse): boolean {
  const kind = kindOfKey(key);
  if (kind === undefined || kind !== MESSAGE_KEYS[profile][use]) return false;
  if (kind !== 'rsa') return true;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return bits >= (use === 'as4-encryption' ? RSA_BITS : LEAST_RSA_BITS);
}
