import {
  createCipheriv,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  type X509Certificate,
} from 'node:crypto';
import { NS, WSS } from '../namespaces.ts';
import { escapeAttribute } from '../xml-text.ts';
import { writeToken, writeTokenReference } from './security-header.ts';

/** Algorithms of the key agreement of eDelivery AS4 2.0 (§3.2.6.2.3) and of the content encryption. */
export const ENCRYPTION = {
  x25519: `${NS.dsigMore}x25519`,
  hkdf: `${NS.dsigMore}hkdf`,
  hmacSha256: 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256',
  keyWrap: `${NS.xenc}kw-aes128`,
  aes128Gcm: `${NS.xenc11}aes128-gcm`,
} as const;

/** What HKDF binds the derived key to. */
const HKDF_INFO = Buffer.from('selat as4 key wrap');
const KEY_BYTES = 16;
const IV_BYTES = 12;
/** Default initial value of AES key wrap (RFC 3394 §2.2.3.1). */
export const KEY_WRAP_IV = Buffer.alloc(8, 0xa6);

/** A payload that is to be encrypted. */
export interface PlainPart {
  readonly contentId: string;
  /** Media type before compression. */
  readonly mimeType: string;
  readonly bytes: Buffer;
}

/** The encrypted payloads, and what the security header says of them. */
export interface Encryption {
  readonly header: string;
  readonly parts: readonly { readonly contentId: string; readonly bytes: Buffer }[];
}

/** AES-128-GCM with the IV in front and the tag behind (XML Encryption 1.1 §5.2.4). */
function encryptContent(key: Buffer, bytes: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-128-gcm', key, iv);
  return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function encryptedData(id: string, keyId: string, part: PlainPart): string {
  return `<xenc:EncryptedData xmlns:xenc="${NS.xenc}" Id="${id}" MimeType="${escapeAttribute(part.mimeType)}" Type="${WSS.attachmentContentOnly}"><xenc:EncryptionMethod Algorithm="${ENCRYPTION.aes128Gcm}"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="${NS.ds}"><wsse:SecurityTokenReference><wsse:Reference URI="#${keyId}"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo><xenc:CipherData><xenc:CipherReference URI="cid:${escapeAttribute(part.contentId)}"><xenc:Transforms><ds:Transform xmlns:ds="${NS.ds}" Algorithm="${WSS.attachmentCiphertext}"></ds:Transform></xenc:Transforms></xenc:CipherReference></xenc:CipherData></xenc:EncryptedData>`;
}

/**
 * Encrypts payloads for a recipient: one AES-128 key for the message, wrapped under a key agreed with the recipient's
 * X25519 key and an ephemeral one (RFC 7748, RFC 5869, RFC 3394; eDelivery AS4 2.0 §3.2.6.2.3).
 * @param id prefix of the ids in the header
 * @throws RangeError when the recipient's certificate is not for X25519
 */
export function encryptParts(id: string, parts: readonly PlainPart[], recipient: X509Certificate): Encryption {
  const { publicKey: theirs } = recipient;
  if (theirs.asymmetricKeyType !== 'x25519') throw new RangeError('the recipient’s certificate is not for X25519');
  const ephemeral = generateKeyPairSync('x25519');
  const salt = randomBytes(32);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: theirs });
  const wrappingKey = Buffer.from(hkdfSync('sha256', shared, salt, HKDF_INFO, KEY_BYTES));
  const contentKey = randomBytes(KEY_BYTES);
  const wrap = createCipheriv('aes128-wrap', wrappingKey, KEY_WRAP_IV);
  const wrapped = Buffer.concat([wrap.update(contentKey), wrap.final()]);
  const originator = ephemeral.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const references = parts.map((_, index) => `<xenc:DataReference URI="#${id}-data-${index}"></xenc:DataReference>`);
  const encryptedKey = `<xenc:EncryptedKey xmlns:xenc="${NS.xenc}" Id="${id}-key"><xenc:EncryptionMethod Algorithm="${ENCRYPTION.keyWrap}"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="${NS.ds}"><xenc:AgreementMethod Algorithm="${ENCRYPTION.x25519}"><xenc11:KeyDerivationMethod xmlns:xenc11="${NS.xenc11}" Algorithm="${ENCRYPTION.hkdf}"><dsig-more:HKDFParams xmlns:dsig-more="${NS.dsigMore}"><dsig-more:PRF Algorithm="${ENCRYPTION.hmacSha256}"></dsig-more:PRF><dsig-more:Salt>${salt.toString('base64')}</dsig-more:Salt><dsig-more:Info>${HKDF_INFO.toString('base64')}</dsig-more:Info><dsig-more:KeyLength>${KEY_BYTES}</dsig-more:KeyLength></dsig-more:HKDFParams></xenc11:KeyDerivationMethod><xenc:OriginatorKeyInfo><ds:KeyValue><dsig11:DEREncodedKeyValue xmlns:dsig11="${NS.dsig11}">${originator}</dsig11:DEREncodedKeyValue></ds:KeyValue></xenc:OriginatorKeyInfo><xenc:RecipientKeyInfo>${writeTokenReference(`${id}-token`)}</xenc:RecipientKeyInfo></xenc:AgreementMethod></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>${wrapped.toString('base64')}</xenc:CipherValue></xenc:CipherData><xenc:ReferenceList>${references.join('')}</xenc:ReferenceList></xenc:EncryptedKey>`;
  return {
    header: [
      writeToken(`${id}-token`, recipient),
      encryptedKey,
      ...parts.map((part, index) => encryptedData(`${id}-data-${index}`, `${id}-key`, part)),
    ].join(''),
    parts: parts.map((part) => ({ contentId: part.contentId, bytes: encryptContent(contentKey, part.bytes) })),
  };
}
