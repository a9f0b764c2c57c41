import type { KeyObject } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { elementsOf } from '../../documents/xml-children.ts';
import { type KeyKind, kindOfKey } from '../../pki/message-keys.ts';
import { NS, WSS } from '../envelope/namespaces.ts';
import {
  attribute,
  attributeOf,
  base64Of,
  children,
  childrenOf,
  only,
  onlyChild,
  onlyDescendant,
} from '../envelope/xml-tree.ts';
import type { MessageKey } from '../message/message.ts';
import type { KeyEstablishment } from '../security-profile.ts';
import { decryptionFailure } from './decryption-failure.ts';
import { AES128_GCM } from './encrypt.ts';
import { KEY_AGREEMENTS, KEY_WRAP, readAgreement, unwrapByAgreement } from './key-agreement.ts';
import { certificateOf, type KeyReference, namesCertificate, readKeyReference } from './key-reference.ts';
import { isAllowedTransport, RSA_OAEP, unwrapByTransport } from './key-transport.ts';

function algorithmOf(element: XmlElement | undefined): string | undefined {
  return element === undefined ? undefined : attribute(element, 'Algorithm');
}

/** How one `xenc:EncryptedKey` was established, by the names of its algorithms; undefined for what no profile has. */
function establishmentOf(encryptedKey: XmlElement): KeyEstablishment | undefined {
  const method = algorithmOf(onlyChild(encryptedKey, NS.xenc, 'EncryptionMethod'));
  if (method === RSA_OAEP) return 'rsa-oaep';
  const keyInfo = onlyChild(encryptedKey, NS.ds, 'KeyInfo');
  const agreement = algorithmOf(keyInfo === undefined ? undefined : onlyChild(keyInfo, NS.xenc, 'AgreementMethod'));
  if (method !== KEY_WRAP) return undefined;
  if (agreement === KEY_AGREEMENTS.x25519.uri) return 'x25519';
  return agreement === KEY_AGREEMENTS['ecdh-es'].uri ? 'ecdh-es' : undefined;
}

/**
 * How the keys of a message's content were established; undefined when it is not encrypted, or not in one way of the
 * profiles (then {@link readContentKeys} fails).
 */
export function keyEstablishmentOf(security: XmlElement): KeyEstablishment | undefined {
  const found = new Set(children(security, NS.xenc, 'EncryptedKey').map(establishmentOf));
  const [only] = found;
  return found.size === 1 ? only : undefined;
}

/** Children of EncryptedKey and EncryptedData alike. */
const KEY_PARTS = [
  [NS.xenc, 'EncryptionMethod'],
  [NS.ds, 'KeyInfo'],
  [NS.xenc, 'CipherData'],
] as const;

/**
 * The Content-ID that an EncryptedData is about, and its KeyInfo; only whole contents of attachments are encrypted
 * (SwA §5.5).
 */
function readData(data: XmlElement): { contentId: string; keyInfo: XmlElement | undefined } {
  const [methods, keyInfos, cipherData] = childrenOf(data, KEY_PARTS);
  const reference = onlyDescendant(only(cipherData), NS.xenc, 'CipherReference');
  const uri = reference === undefined ? undefined : attribute(reference, 'URI');
  if (
    attribute(data, 'Type') !== WSS.attachmentContentOnly ||
    algorithmOf(only(methods)) !== AES128_GCM ||
    uri === undefined ||
    !uri.startsWith('cid:')
  )
    throw decryptionFailure();
  return { contentId: uri.slice(4), keyInfo: only(keyInfos) };
}

/** The EncryptedKey of an EncryptedData: that which its KeyInfo names, or that which lists it, or the only one. */
function keyElementOf(
  data: XmlElement,
  keyInfo: XmlElement | undefined,
  encryptedKeys: readonly XmlElement[],
): XmlElement {
  const [holder] = keyInfo === undefined ? [] : elementsOf(keyInfo);
  const reference = holder === undefined ? undefined : readKeyReference(holder);
  const id = attribute(data, 'Id');
  const isListedBy = (key: XmlElement): boolean => {
    const list = onlyChild(key, NS.xenc, 'ReferenceList');
    const listed = list === undefined ? [] : children(list, NS.xenc, 'DataReference');
    return listed.some((each) => id !== undefined && attribute(each, 'URI') === `#${id}`);
  };
  const found =
    reference?.by === 'token'
      ? encryptedKeys.filter((key) => attribute(key, 'Id') === reference.id)
      : encryptedKeys.filter((key) => encryptedKeys.length === 1 || isListedBy(key));
  const [key, ...others] = found;
  if (key === undefined || others.length > 0) throw decryptionFailure();
  return key;
}

/** The bytes of a certificate that stands as token in a security header. */
function tokenBytesOf(security: XmlElement, id: string): Buffer | undefined {
  const token = children(security, NS.wsse, 'BinarySecurityToken').find(
    (each) => attributeOf(each, NS.wsu, 'Id') === id && attribute(each, 'ValueType') === WSS.x509v3,
  );
  return token === undefined ? undefined : base64Of(token);
}

/** Those of our keys whose certificate a reference names. */
function namedKeys(security: XmlElement, reference: KeyReference, keys: readonly MessageKey[]): readonly MessageKey[] {
  if (reference.by !== 'token') return keys.filter((key) => namesCertificate(reference, key.certificate));
  const der = tokenBytesOf(security, reference.id);
  if (der === undefined) return [];
  const same = keys.filter((key) => key.certificate.raw.equals(der));
  if (same.length > 0) return same;
  // A certificate that was renewed for the same key is still ours.
  const certificate = certificateOf(der);
  return keys.filter((key) => certificate?.checkPrivateKey(key.privateKey));
}

/**
 * The private keys that an EncryptedKey may be meant for: of the kind that it needs, and that whose certificate it names.
 * One that names none is tried with every key of the kind.
 */
function candidates(
  security: XmlElement,
  recipientInfo: XmlElement | undefined,
  keys: readonly MessageKey[],
  kind: KeyKind,
): KeyObject[] {
  const [named] = recipientInfo === undefined ? [] : elementsOf(recipientInfo);
  const reference = named === undefined ? undefined : readKeyReference(named);
  const fitting = keys.filter(({ privateKey }) => kindOfKey(privateKey) === kind);
  const chosen = reference === undefined ? fitting : namedKeys(security, reference, fitting);
  return chosen.map((key) => key.privateKey);
}

function unwrapWithFirst(privateKeys: readonly KeyObject[], unwrap: (privateKey: KeyObject) => Buffer): Buffer {
  for (const privateKey of privateKeys) {
    try {
      return unwrap(privateKey);
    } catch {
      // Another key may open it; when none does, the one answer says so.
    }
  }
  throw decryptionFailure();
}

function unwrapKey(security: XmlElement, encryptedKey: XmlElement, keys: readonly MessageKey[]): Buffer {
  const [methods, keyInfos, cipherData] = childrenOf(encryptedKey, KEY_PARTS);
  const method = only(methods);
  const keyInfo = only(keyInfos);
  const cipherValue = onlyDescendant(only(cipherData), NS.xenc, 'CipherValue');
  const wrapped = cipherValue === undefined ? undefined : base64Of(cipherValue);
  if (wrapped === undefined || wrapped.length > 2_048 || method === undefined || keyInfo === undefined)
    throw decryptionFailure();
  if (isAllowedTransport(method))
    return unwrapWithFirst(candidates(security, keyInfo, keys, 'rsa'), (key) => unwrapByTransport(wrapped, key));
  const agreementMethod = onlyChild(keyInfo, NS.xenc, 'AgreementMethod');
  const read =
    agreementMethod === undefined || algorithmOf(method) !== KEY_WRAP ? undefined : readAgreement(agreementMethod);
  if (read === undefined) throw decryptionFailure();
  return unwrapWithFirst(candidates(security, read.recipientInfo, keys, read.agreement.kind), (key) =>
    unwrapByAgreement(read, wrapped, key),
  );
}

function readKeys(
  security: XmlElement,
  contentIds: ReadonlySet<string>,
  keys: readonly MessageKey[],
  encryptedKeys: readonly XmlElement[],
  encryptedData: readonly XmlElement[],
): ReadonlyMap<string, Buffer> {
  // Each key is work for us: there may be as many as there are payloads, and each must be of use.
  if (encryptedKeys.length > contentIds.size || encryptedData.length !== contentIds.size) throw decryptionFailure();
  // Keys of two profiles in one message would be a way around the check of its profile.
  if (new Set(encryptedKeys.length > 1 ? encryptedKeys.map(establishmentOf) : []).size > 1) throw decryptionFailure();
  const unwrapped = new Map<XmlElement, Buffer>();
  const found = new Map<string, Buffer>();
  for (const data of encryptedData) {
    const { contentId, keyInfo } = readData(data);
    if (!contentIds.has(contentId) || found.has(contentId)) throw decryptionFailure();
    const element = keyElementOf(data, keyInfo, encryptedKeys);
    const key = unwrapped.get(element) ?? unwrapKey(security, element, keys);
    unwrapped.set(element, key);
    found.set(contentId, key);
  }
  if (unwrapped.size !== encryptedKeys.length) throw decryptionFailure();
  return found;
}

/**
 * The keys of a message's payloads, unwrapped with the keys of this access point (eDelivery AS4 2.0 and 1.15
 * §3.2.6.2.3): one `xenc:EncryptedKey` for all payloads, or several. Payloads do not pass through here.
 * @param contentIds the payloads that the message has, every one of which must be encrypted
 * @param keys the keys of this access point of all kinds, the newest first: during a rotation the former still opens
 * @returns an AES-128 key for each payload, or undefined when the message is not encrypted at all
 * @throws EbmsFailure EBMS:0102, the same for every reason
 */
export function readContentKeys(
  security: XmlElement,
  contentIds: Iterable<string>,
  keys: readonly MessageKey[],
): ReadonlyMap<string, Buffer> | undefined {
  const [encryptedKeys, encryptedData] = childrenOf(security, [
    [NS.xenc, 'EncryptedKey'],
    [NS.xenc, 'EncryptedData'],
  ]);
  if (encryptedKeys.length === 0 && encryptedData.length === 0) return undefined;
  try {
    return readKeys(security, new Set(contentIds), keys, encryptedKeys, encryptedData);
  } catch {
    throw decryptionFailure();
  }
}
