import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { elementsOf } from '../../documents/xml-children.ts';
import { NS } from '../envelope/namespaces.ts';
import { attribute, onlyChild } from '../envelope/xml-tree.ts';
import { SHA256 } from './algorithms.ts';
import { CONTENT_KEY_BYTES } from './content-cipher.ts';

/** RSA-OAEP of XML Encryption 1.1 (§5.5.2), the EncryptionMethod of a transported key. */
export const RSA_OAEP = `${NS.xenc11}rsa-oaep`;
const MGF1_SHA256 = `${NS.xenc11}mgf1sha256`;

/** SHA-256 both as digest and in MGF1, which follows the digest; no label. */
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

/**
 * Encrypts the key of the content to the recipient's RSA key (RFC 8017 §7.1; eDelivery AS4 1.15 §3.2.6.2.3).
 * @param recipientReference names the recipient's certificate
 * @returns EncryptionMethod, KeyInfo and CipherData of the `xenc:EncryptedKey`; the prefixes xenc and wsse are declared
 *   around them
 */
export function wrapByTransport(contentKey: Buffer, recipient: KeyObject, recipientReference: string): string {
  const encrypted = publicEncrypt({ key: recipient, ...OAEP }, contentKey);
  return writeTransportedKey(encrypted.toString('base64'), recipientReference);
}

/** A key that was encrypted (in base64) as it stands in the `xenc:EncryptedKey`. */
export function writeTransportedKey(encrypted: string, recipientReference: string): string {
  return `<xenc:EncryptionMethod Algorithm="${RSA_OAEP}"><ds:DigestMethod xmlns:ds="${NS.ds}" Algorithm="${SHA256}"></ds:DigestMethod><xenc11:MGF xmlns:xenc11="${NS.xenc11}" Algorithm="${MGF1_SHA256}"></xenc11:MGF></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="${NS.ds}">${recipientReference}</ds:KeyInfo><xenc:CipherData><xenc:CipherValue>${encrypted}</xenc:CipherValue></xenc:CipherData>`;
}

/**
 * Whether an EncryptionMethod is RSA-OAEP with SHA-256, MGF1-SHA256 and no label: PKCS#1 1.5 and SHA-1 are not, nor is
 * `rsa-oaep-mgf1p`, whose mask is made with SHA-1 whatever its DigestMethod says (XML Encryption 1.1 §5.5.2).
 */
export function isAllowedTransport(method: XmlElement): boolean {
  if (attribute(method, 'Algorithm') !== RSA_OAEP) return false;
  const digest = onlyChild(method, NS.ds, 'DigestMethod');
  const mask = onlyChild(method, NS.xenc11, 'MGF');
  return (
    elementsOf(method).length === 2 &&
    digest !== undefined &&
    mask !== undefined &&
    attribute(digest, 'Algorithm') === SHA256 &&
    attribute(mask, 'Algorithm') === MGF1_SHA256
  );
}

/**
 * Decrypts the key of the content with the recipient's private key.
 * @throws Error of node:crypto when it was encrypted to another key or altered
 */
export function unwrapByTransport(encrypted: Buffer, privateKey: KeyObject): Buffer {
  const key = privateDecrypt({ key: privateKey, ...OAEP }, encrypted);
  if (key.length !== CONTENT_KEY_BYTES) throw new RangeError('the key of the content is not one of AES-128');
  return key;
}
