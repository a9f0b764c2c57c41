import { randomBytes, type X509Certificate } from 'node:crypto';
import { fitsProfile } from '../../pki/message-keys.ts';
import { NS, WSS } from '../envelope/namespaces.ts';
import { escapeAttribute } from '../envelope/xml-text.ts';
import { SECURITY_PROFILES, type SecurityProfileName } from '../security-profile.ts';
import { CONTENT_KEY_BYTES } from './content-cipher.ts';
import { KEY_AGREEMENTS, wrapByAgreement } from './key-agreement.ts';
import { wrapByTransport } from './key-transport.ts';
import { writeToken, writeTokenReference } from './security-header.ts';

/** How contents are encrypted in every profile. */
export const AES128_GCM = `${NS.xenc11}aes128-gcm`;

/** A payload that is to be encrypted, as the security header tells of it. */
export interface EncryptedPart {
  readonly contentId: string;
  /** Media type before compression. */
  readonly mimeType: string;
  /** Whether what is encrypted is gzip. */
  readonly compressed: boolean;
}

/** What the security header says of the encryption, and the key with which the payloads are to be encrypted. */
export interface Encryption {
  readonly header: string;
  /** AES-128. */
  readonly contentKey: Buffer;
}

/**
 * `xenc:EncryptedData` of one payload. Its MimeType is that of what was encrypted, which compression has made
 * application/gzip (SwA Profile 1.1 §5.5; AS4 Profile §3.1).
 */
function encryptedData(id: string, keyId: string, part: EncryptedPart): string {
  return `<xenc:EncryptedData xmlns:xenc="${NS.xenc}" Id="${id}" MimeType="${escapeAttribute(part.compressed ? 'application/gzip' : part.mimeType)}" Type="${WSS.attachmentContentOnly}"><xenc:EncryptionMethod Algorithm="${AES128_GCM}"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="${NS.ds}"><wsse:SecurityTokenReference><wsse:Reference URI="#${keyId}"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo><xenc:CipherData><xenc:CipherReference URI="cid:${escapeAttribute(part.contentId)}"><xenc:Transforms><ds:Transform xmlns:ds="${NS.ds}" Algorithm="${WSS.attachmentCiphertext}"></ds:Transform></xenc:Transforms></xenc:CipherReference></xenc:CipherData></xenc:EncryptedData>`;
}

/**
 * Prepares the encryption of payloads for a recipient: one new AES-128 key for the message, given to the recipient as
 * the profile says. No payload passes through here: encrypt each with the key and {@link AES128_GCM}.
 * @param id prefix of the ids in the header
 * @throws RangeError when the recipient's certificate has no key for this profile
 */
export function writeEncryption(
  id: string,
  parts: readonly EncryptedPart[],
  recipient: X509Certificate,
  profile: SecurityProfileName,
): Encryption {
  const { publicKey } = recipient;
  if (!fitsProfile(publicKey, profile, 'as4-encryption'))
    throw new RangeError(`the recipient’s certificate has no key for the profile ${profile}`);
  const contentKey = randomBytes(CONTENT_KEY_BYTES);
  const { establishment } = SECURITY_PROFILES[profile];
  const reference = writeTokenReference(`${id}-token`);
  const wrapped =
    establishment === 'rsa-oaep'
      ? wrapByTransport(contentKey, publicKey, reference)
      : wrapByAgreement(KEY_AGREEMENTS[establishment], contentKey, publicKey, reference);
  return { header: writeEncryptionHeader(id, parts, recipient.raw.toString('base64'), wrapped), contentKey };
}

/**
 * The recipient's token, the key of the contents wrapped for it, and what is encrypted with it.
 * @param recipient the certificate in base64
 * @param wrapped EncryptionMethod, KeyInfo and CipherData of the `xenc:EncryptedKey`
 */
export function writeEncryptionHeader(
  id: string,
  parts: readonly EncryptedPart[],
  recipient: string,
  wrapped: string,
): string {
  const references = parts.map((_, index) => `<xenc:DataReference URI="#${id}-data-${index}"></xenc:DataReference>`);
  const encryptedKey = `<xenc:EncryptedKey xmlns:xenc="${NS.xenc}" Id="${id}-key">${wrapped}<xenc:ReferenceList>${references.join('')}</xenc:ReferenceList></xenc:EncryptedKey>`;
  return [
    writeToken(`${id}-token`, recipient),
    encryptedKey,
    ...parts.map((part, index) => encryptedData(`${id}-data-${index}`, `${id}-key`, part)),
  ].join('');
}
