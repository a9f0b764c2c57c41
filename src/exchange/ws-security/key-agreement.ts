import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { type KeyKind, kindOfKey } from '../../pki/message-keys.ts';
import { NS } from '../envelope/namespaces.ts';
import { attribute, base64Of, childrenOf, only, onlyChild, onlyDescendant, wholeText } from '../envelope/xml-tree.ts';
import { CONTENT_KEY_BYTES } from './content-cipher.ts';

const HKDF = `${NS.dsigMore}hkdf`;
const HMAC_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256';
/** AES-128 key wrap, the EncryptionMethod of an agreed key. */
export const KEY_WRAP = `${NS.xenc}kw-aes128`;

/** Object identifier of the curve P-256 (RFC 5480 §2.1.1.1), as `dsig11:NamedCurve` names it. */
const P256_CURVE = 'urn:oid:1.2.840.10045.3.1.7';
/** SubjectPublicKeyInfo of a P-256 key up to its uncompressed point (RFC 5480 §2). */
const P256_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
const POINT_BYTES = 65;
const UNCOMPRESSED = Buffer.of(4);
/** SubjectPublicKeyInfo of an X25519 key up to the key (RFC 8410 §4). */
const X25519_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** What HKDF binds the derived key to. */
const HKDF_INFO = Buffer.from('selat as4 key wrap');
const WRAPPING_KEY_BYTES = 16;
/** Default initial value of AES key wrap (RFC 3394 §2.2.3.1). */
const KEY_WRAP_IV = Buffer.alloc(8, 0xa6);

/** An agreement of keys: how it is called on the wire and which keys it takes. */
export interface KeyAgreement {
  readonly uri: string;
  readonly kind: Extract<KeyKind, 'x25519' | 'prime256v1'>;
}

/** The agreements of eDelivery AS4 2.0 (§3.2.6.2.3): common usage, and the alternative elliptic curve. */
export const KEY_AGREEMENTS: Readonly<Record<'x25519' | 'ecdh-es', KeyAgreement>> = {
  x25519: { uri: `${NS.dsigMore}x25519`, kind: 'x25519' },
  'ecdh-es': { uri: `${NS.xenc11}ECDH-ES`, kind: 'prime256v1' },
};

/*
 * Keys are given to node:crypto as KeyObject, encoded ones as text: what is bytes or another object it takes for a key
 * first, and catches its own error, which takes longer than the cryptography.
 */

function deriveWrappingKey(privateKey: KeyObject, publicKey: KeyObject, salt: Buffer, info: Buffer): KeyObject {
  const shared = diffieHellman({ privateKey, publicKey });
  return createSecretKey(Buffer.from(hkdfSync('sha256', createSecretKey(shared), salt, info, WRAPPING_KEY_BYTES)));
}

/** A public key as it stands in the header, in base64: X25519 in DER, P-256 as point. */
function encodeOriginator(key: KeyObject, kind: KeyAgreement['kind']): string {
  // Faster than DER; both have the same numbers.
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const [one, other] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return Buffer.concat(kind === 'x25519' ? [X25519_PREFIX, one] : [UNCOMPRESSED, one, other]).toString('base64');
}

/** Tag of an INTEGER in DER (X.690 §8.3). */
const DER_INTEGER = 0x02;

/**
 * A new ephemeral key, and its public half as it stands in the header. X25519 keys whose first byte is that of an INTEGER
 * in DER, one in 256, are left out: Apache Santuario (WSS4J, phase4, Domibus) tries kinds of keys in turn, and Java's DSA
 * takes some of these for its own; the recipient could never decrypt that message, however often it was sent again.
 */
function generateEphemeral(kind: KeyAgreement['kind']): { privateKey: KeyObject; encoded: string } {
  for (;;) {
    const { privateKey, publicKey } =
      kind === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const encoded = encodeOriginator(publicKey, kind);
    if (kind !== 'x25519' || Buffer.from(encoded, 'base64')[X25519_PREFIX.length] !== DER_INTEGER)
      return { privateKey, encoded };
  }
}

/**
 * The ephemeral key as the other end reads it: P-256 as `ds:KeyValue/dsig11:ECKeyValue`, X25519, for which there is no
 * KeyValue, as `dsig11:DEREncodedKeyValue` (XML Signature 1.1 §4.5.2.3 and §4.5.9; so does Apache Santuario).
 */
function writeOriginator(encoded: string, kind: KeyAgreement['kind']): string {
  if (kind === 'x25519')
    return `<dsig11:DEREncodedKeyValue xmlns:dsig11="${NS.dsig11}">${encoded}</dsig11:DEREncodedKeyValue>`;
  return `<ds:KeyValue><dsig11:ECKeyValue xmlns:dsig11="${NS.dsig11}"><dsig11:NamedCurve URI="${P256_CURVE}"></dsig11:NamedCurve><dsig11:PublicKey>${encoded}</dsig11:PublicKey></dsig11:ECKeyValue></ds:KeyValue>`;
}

/**
 * Wraps the key of the content under a key agreed between an ephemeral one and the recipient's (RFC 7748 or SP 800-56A;
 * RFC 5869, RFC 3394).
 * @param recipientReference names the recipient's certificate
 * @returns EncryptionMethod, KeyInfo and CipherData of the `xenc:EncryptedKey`; the prefixes xenc and wsse are declared
 *   around them
 */
export function wrapByAgreement(
  agreement: KeyAgreement,
  contentKey: Buffer,
  recipient: KeyObject,
  recipientReference: string,
): string {
  const ephemeral = generateEphemeral(agreement.kind);
  const salt = randomBytes(32);
  const wrappingKey = deriveWrappingKey(ephemeral.privateKey, recipient, salt, HKDF_INFO);
  const wrap = createCipheriv('aes128-wrap', wrappingKey, KEY_WRAP_IV);
  const wrapped = Buffer.concat([wrap.update(contentKey), wrap.final()]);
  return writeAgreedKey(
    agreement,
    {
      originator: ephemeral.encoded,
      salt: salt.toString('base64'),
      wrapped: wrapped.toString('base64'),
    },
    recipientReference,
  );
}

/** What an agreed key is described by, in base64. */
export interface WrittenAgreement {
  /** The ephemeral key: X25519 in DER, P-256 as point. */
  readonly originator: string;
  readonly salt: string;
  readonly wrapped: string;
}

/** A key under an agreement as it stands in the `xenc:EncryptedKey`. */
export function writeAgreedKey(
  agreement: KeyAgreement,
  { originator, salt, wrapped }: WrittenAgreement,
  recipientReference: string,
): string {
  return `<xenc:EncryptionMethod Algorithm="${KEY_WRAP}"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="${NS.ds}"><xenc:AgreementMethod Algorithm="${agreement.uri}"><xenc11:KeyDerivationMethod xmlns:xenc11="${NS.xenc11}" Algorithm="${HKDF}"><dsig-more:HKDFParams xmlns:dsig-more="${NS.dsigMore}"><dsig-more:PRF Algorithm="${HMAC_SHA256}"></dsig-more:PRF><dsig-more:Salt>${salt}</dsig-more:Salt><dsig-more:Info>${HKDF_INFO.toString('base64')}</dsig-more:Info><dsig-more:KeyLength>${WRAPPING_KEY_BYTES}</dsig-more:KeyLength></dsig-more:HKDFParams></xenc11:KeyDerivationMethod><xenc:OriginatorKeyInfo>${writeOriginator(originator, agreement.kind)}</xenc:OriginatorKeyInfo><xenc:RecipientKeyInfo>${recipientReference}</xenc:RecipientKeyInfo></xenc:AgreementMethod></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>${wrapped}</xenc:CipherValue></xenc:CipherData>`;
}

/** What the key of the content is unwrapped with. */
export interface Agreed {
  readonly agreement: KeyAgreement;
  readonly originator: KeyObject;
  readonly salt: Buffer;
  readonly info: Buffer;
}

/** An agreement as a message describes it, all of it within the profile. */
export interface ReadAgreement extends Agreed {
  /** What names the recipient's certificate, if anything does. */
  readonly recipientInfo: XmlElement | undefined;
}

const DERIVATION_PARAMETERS = [
  [NS.dsigMore, 'PRF'],
  [NS.dsigMore, 'Salt'],
  [NS.dsigMore, 'Info'],
  [NS.dsigMore, 'KeyLength'],
] as const;

/** The bytes of an optional parameter, empty when it is absent; undefined when it stands twice or is no base64. */
function binaryOf([element, ...others]: readonly XmlElement[]): Buffer | undefined {
  if (element === undefined) return Buffer.alloc(0);
  const bytes = others.length > 0 ? undefined : base64Of(element);
  return bytes === undefined || bytes.length > 4_096 ? undefined : bytes;
}

/** Salt and info of HKDF with HMAC-SHA256; without them, empty (RFC 5869 §2.2, §2.3). */
function readDerivation(derivation: XmlElement): { salt: Buffer; info: Buffer } | undefined {
  if (attribute(derivation, 'Algorithm') !== HKDF) return undefined;
  const parameters = onlyChild(derivation, NS.dsigMore, 'HKDFParams');
  if (parameters === undefined) return undefined;
  const [functions, salts, infos, lengths] = childrenOf(parameters, DERIVATION_PARAMETERS);
  const prf = only(functions);
  if (prf === undefined || attribute(prf, 'Algorithm') !== HMAC_SHA256) return undefined;
  const [length] = lengths;
  if (lengths.length > 1 || (length !== undefined && wholeText(length).trim() !== String(WRAPPING_KEY_BYTES)))
    return undefined;
  const salt = binaryOf(salts);
  const info = binaryOf(infos);
  return salt === undefined || info === undefined ? undefined : { salt, info };
}

function publicKeyOf(spki: Buffer): KeyObject | undefined {
  return spki.length > 200
    ? undefined
    : createPublicKey({ key: spki.toString('base64'), encoding: 'base64', format: 'der', type: 'spki' });
}

/** The ephemeral key, in one of the forms that access points write: in DER, within KeyValue or beside it, or as point. */
function readOriginator(info: XmlElement): KeyObject | undefined {
  const [values, beside] = childrenOf(info, [
    [NS.ds, 'KeyValue'],
    [NS.dsig11, 'DEREncodedKeyValue'],
  ]);
  const value = only(values);
  const encoded = value === undefined ? only(beside) : onlyChild(value, NS.dsig11, 'DEREncodedKeyValue');
  if (encoded !== undefined) {
    const der = base64Of(encoded);
    return der === undefined ? undefined : publicKeyOf(der);
  }
  const curve = onlyDescendant(value, NS.dsig11, 'ECKeyValue', 'NamedCurve');
  const pointElement = onlyDescendant(value, NS.dsig11, 'ECKeyValue', 'PublicKey');
  if (curve === undefined || pointElement === undefined || attribute(curve, 'URI') !== P256_CURVE) return undefined;
  return keyOfPoint(base64Of(pointElement));
}

function keyOfPoint(point: Buffer | undefined): KeyObject | undefined {
  return point?.length === POINT_BYTES && point[0] === 4 ? publicKeyOf(Buffer.concat([P256_PREFIX, point])) : undefined;
}

/**
 * An agreement as {@link writeAgreedKey} wrote it.
 * @returns undefined for a key of another kind; may throw on bad keys
 */
export function agreementOf(agreement: KeyAgreement, written: WrittenAgreement): Agreed | undefined {
  const encoded = Buffer.from(written.originator, 'base64');
  const originator = agreement.kind === 'x25519' ? publicKeyOf(encoded) : keyOfPoint(encoded);
  return originator === undefined || kindOfKey(originator) !== agreement.kind
    ? undefined
    : { agreement, originator, salt: Buffer.from(written.salt, 'base64'), info: HKDF_INFO };
}

/** Reads an `xenc:AgreementMethod`; undefined when anything in it is outside the profile. May throw on bad keys. */
export function readAgreement(method: XmlElement): ReadAgreement | undefined {
  const uri = attribute(method, 'Algorithm');
  const agreement = Object.values(KEY_AGREEMENTS).find((each) => each.uri === uri);
  const [derivations, originators, recipients] = childrenOf(method, [
    [NS.xenc11, 'KeyDerivationMethod'],
    [NS.xenc, 'OriginatorKeyInfo'],
    [NS.xenc, 'RecipientKeyInfo'],
  ]);
  const derivationMethod = only(derivations);
  const originatorInfo = only(originators);
  if (agreement === undefined || derivationMethod === undefined || originatorInfo === undefined) return undefined;
  const derivation = readDerivation(derivationMethod);
  const originator = derivation === undefined ? undefined : readOriginator(originatorInfo);
  if (derivation === undefined || originator === undefined || kindOfKey(originator) !== agreement.kind)
    return undefined;
  return { agreement, originator, recipientInfo: only(recipients), ...derivation };
}

/**
 * Unwraps the key of the content with the recipient's private key.
 * @throws Error of node:crypto when it was wrapped for another key or altered
 */
export function unwrapByAgreement(read: Agreed, wrapped: Buffer, privateKey: KeyObject): Buffer {
  const wrappingKey = deriveWrappingKey(privateKey, read.originator, read.salt, read.info);
  const unwrap = createDecipheriv('aes128-wrap', wrappingKey, KEY_WRAP_IV);
  const key = Buffer.concat([unwrap.update(wrapped), unwrap.final()]);
  if (key.length !== CONTENT_KEY_BYTES) throw new RangeError('the key of the content is not one of AES-128');
  return key;
}
