import { createDecipheriv, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { EbmsFailure } from '../ebms-errors.ts';
import type { MessageKey } from '../message.ts';
import { NS, WSS } from '../namespaces.ts';
import { attribute, base64Of, children, onlyChild, onlyDescendant } from '../xml-tree.ts';
import { ENCRYPTION, KEY_WRAP_IV } from './encrypt.ts';

const KEY_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** One answer for everything that goes wrong, so that nothing is learnt from it (threat A8). */
function failure(): EbmsFailure {
  return new EbmsFailure(
    'EBMS:0102',
    'The payloads cannot be decrypted with the key of this access point. Encrypt to its certificate in the directory, with X25519, HKDF, AES-128 key wrap and AES-128-GCM.',
  );
}

function algorithmOf(element: XmlElement | undefined): string | undefined {
  return element === undefined ? undefined : attribute(element, 'Algorithm');
}

function binary(element: XmlElement | undefined, most: number): Buffer {
  const bytes = element === undefined ? undefined : base64Of(element);
  if (bytes === undefined || bytes.length > most) throw failure();
  return bytes;
}

/** The agreement as the message describes it; everything outside the profile is a failure. */
function readAgreement(encryptedKey: XmlElement): {
  originator: KeyObject;
  salt: Buffer;
  info: Buffer;
  wrapped: Buffer;
} {
  if (algorithmOf(onlyChild(encryptedKey, NS.xenc, 'EncryptionMethod')) !== ENCRYPTION.keyWrap) throw failure();
  const keyInfo = onlyChild(encryptedKey, NS.ds, 'KeyInfo');
  const agreement = keyInfo === undefined ? undefined : onlyChild(keyInfo, NS.xenc, 'AgreementMethod');
  if (agreement === undefined || algorithmOf(agreement) !== ENCRYPTION.x25519) throw failure();
  const derivation = onlyChild(agreement, NS.xenc11, 'KeyDerivationMethod');
  if (derivation === undefined || algorithmOf(derivation) !== ENCRYPTION.hkdf) throw failure();
  const parameters = onlyChild(derivation, NS.dsigMore, 'HKDFParams');
  if (parameters === undefined) throw failure();
  if (algorithmOf(onlyChild(parameters, NS.dsigMore, 'PRF')) !== ENCRYPTION.hmacSha256) throw failure();
  const optional = (name: string): Buffer =>
    children(parameters, NS.dsigMore, name).length === 0
      ? Buffer.alloc(0)
      : binary(onlyChild(parameters, NS.dsigMore, name), 4_096);
  const originatorInfo = onlyChild(agreement, NS.xenc, 'OriginatorKeyInfo');
  const value = onlyDescendant(originatorInfo, NS.ds, 'KeyValue');
  const encoded = value === undefined ? undefined : onlyChild(value, NS.dsig11, 'DEREncodedKeyValue');
  const originator = createPublicKey({ key: binary(encoded, 200), format: 'der', type: 'spki' });
  if (originator.asymmetricKeyType !== 'x25519') throw failure();
  return {
    originator,
    salt: optional('Salt'),
    info: optional('Info'),
    wrapped: binary(onlyDescendant(encryptedKey, NS.xenc, 'CipherData', 'CipherValue'), 64),
  };
}

function unwrapKey(encryptedKey: XmlElement, privateKey: KeyObject): Buffer {
  const { originator, salt, info, wrapped } = readAgreement(encryptedKey);
  const shared = diffieHellman({ privateKey, publicKey: originator });
  const wrappingKey = Buffer.from(hkdfSync('sha256', shared, salt, info, KEY_BYTES));
  const unwrap = createDecipheriv('aes128-wrap', wrappingKey, KEY_WRAP_IV);
  const key = Buffer.concat([unwrap.update(wrapped), unwrap.final()]);
  if (key.length !== KEY_BYTES) throw failure();
  return key;
}

function decryptContent(key: Buffer, bytes: Buffer): Buffer {
  if (bytes.length < IV_BYTES + TAG_BYTES) throw failure();
  const decipher = createDecipheriv('aes-128-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
}

/** The Content-ID that an EncryptedData is about; only whole contents of attachments are encrypted (SwA §5.5). */
function contentIdOf(data: XmlElement): string {
  const uri = attribute(onlyDescendant(data, NS.xenc, 'CipherData', 'CipherReference') ?? data, 'URI');
  if (
    attribute(data, 'Type') !== WSS.attachmentContentOnly ||
    algorithmOf(onlyChild(data, NS.xenc, 'EncryptionMethod')) !== ENCRYPTION.aes128Gcm ||
    uri === undefined ||
    !uri.startsWith('cid:')
  )
    throw failure();
  return uri.slice(4);
}

/**
 * Decrypts the payloads of a message that is encrypted under the key agreement of eDelivery AS4 2.0.
 * @param parts the encrypted payloads by Content-ID
 * @param keys the keys of this access point, the newest first: during a rotation the former one still opens
 * @returns the payloads as they were signed, or undefined when the message is not encrypted at all
 * @throws EbmsFailure EBMS:0102, the same for every reason
 */
export function decryptParts(
  security: XmlElement,
  parts: ReadonlyMap<string, Buffer>,
  keys: readonly MessageKey[],
): ReadonlyMap<string, Buffer> | undefined {
  const encryptedKeys = children(security, NS.xenc, 'EncryptedKey');
  const data = children(security, NS.xenc, 'EncryptedData');
  if (encryptedKeys.length === 0 && data.length === 0) return undefined;
  const [encryptedKey, ...others] = encryptedKeys;
  if (encryptedKey === undefined || others.length > 0) throw failure();
  for (const { privateKey } of keys) {
    try {
      const key = unwrapKey(encryptedKey, privateKey);
      const plain = new Map<string, Buffer>();
      for (const element of data) {
        const contentId = contentIdOf(element);
        const bytes = parts.get(contentId);
        if (bytes === undefined || plain.has(contentId)) throw failure();
        plain.set(contentId, decryptContent(key, bytes));
      }
      if (plain.size !== parts.size) throw failure();
      return plain;
    } catch {
      // Another key may open it; when none does, the one answer below says so.
    }
  }
  throw failure();
}
