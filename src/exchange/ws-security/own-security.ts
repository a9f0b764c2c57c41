import { type KeyObject, X509Certificate } from 'node:crypto';
import { kindOfKey } from '../../pki/message-keys.ts';
import type { MessageKey, SignedReference } from '../message/message.ts';
import { type OwnText, otherwise, ownBase64 } from '../message/own-text.ts';
import type { KeyEstablishment } from '../security-profile.ts';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './algorithms.ts';
import { type EncryptedPart, writeEncryptionHeader } from './encrypt.ts';
import { agreementOf, KEY_AGREEMENTS, KEY_WRAP, unwrapByAgreement, writeAgreedKey } from './key-agreement.ts';
import { unwrapByTransport, writeTransportedKey } from './key-transport.ts';
import { writeSignatureElement, writeSignedInfo, writeTokenReference } from './security-header.ts';

// What our writers wrote into a security header, taken out of its text and written again by the same writers: whether it
// is the same text is for the caller to compare.

/** The encryption of a message as our writer wrote it. */
export interface OwnEncryption {
  readonly establishment: KeyEstablishment;
  /** The header, written again. */
  readonly written: string;
  /** The AES-128 key of the payloads; throws when it is none for this private key. */
  unwrap(privateKey: KeyObject): Buffer;
  /** The recipient's certificate, in DER. */
  readonly recipient: Buffer;
}

/** Reads what `writeEncryption` wrote. */
export function readOwnEncryption(text: OwnText, id: string, parts: readonly EncryptedPart[]): OwnEncryption {
  const recipient = ownBase64(text.between(`wsu:Id="${id}-token">`, '<'));
  const reference = writeTokenReference(`${id}-token`);
  const inHeader = (wrapped: string): string => writeEncryptionHeader(id, parts, recipient, wrapped);
  const common = { recipient: Buffer.from(recipient, 'base64') };
  if (text.between('<xenc:EncryptionMethod Algorithm="', '"') !== KEY_WRAP) {
    const encrypted = ownBase64(text.between('<xenc:CipherValue>', '<'));
    return {
      ...common,
      establishment: 'rsa-oaep',
      written: inHeader(writeTransportedKey(encrypted, reference)),
      unwrap: (privateKey) => unwrapByTransport(Buffer.from(encrypted, 'base64'), privateKey),
    };
  }
  const uri = text.between('<xenc:AgreementMethod Algorithm="', '"');
  const establishment = uri === KEY_AGREEMENTS.x25519.uri ? 'x25519' : 'ecdh-es';
  const agreement = KEY_AGREEMENTS[establishment];
  const salt = ownBase64(text.between('<dsig-more:Salt>', '<'));
  const key = establishment === 'x25519' ? 'DEREncodedKeyValue' : 'PublicKey';
  const originator = text.between(`<dsig11:${key}`, '<');
  const written = {
    salt,
    originator: ownBase64(originator.slice(originator.indexOf('>') + 1)),
    wrapped: ownBase64(text.between('<xenc:CipherValue>', '<')),
  };
  return {
    ...common,
    establishment,
    written: inHeader(writeAgreedKey(agreement, written, reference)),
    unwrap: (privateKey) =>
      unwrapByAgreement(
        agreementOf(agreement, written) ?? otherwise(),
        Buffer.from(written.wrapped, 'base64'),
        privateKey,
      ),
  };
}

const KIND = { x25519: 'x25519', 'ecdh-es': 'prime256v1', 'rsa-oaep': 'rsa' } as const;

/** The key of the payloads; undefined where it is not for one of these certificates, or is none. */
export function unwrapOwn(encryption: OwnEncryption, keys: readonly MessageKey[]): Buffer | undefined {
  const key = keys.find(
    ({ privateKey, certificate }) =>
      kindOfKey(privateKey) === KIND[encryption.establishment] && certificate.raw.equals(encryption.recipient),
  );
  try {
    return key === undefined ? undefined : encryption.unwrap(key.privateKey);
  } catch {
    return undefined;
  }
}

/** A signature as our writer wrote it; whether its value holds is still to be verified. */
export interface OwnSignature {
  readonly algorithm: SignatureAlgorithm;
  readonly certificate: X509Certificate;
  readonly references: readonly SignedReference[];
  /** Token and signature, written again. */
  readonly written: string;
  /** Whether the value is the signer's over these references. */
  holds(): boolean;
}

/**
 * Reads what `writeSignature` wrote.
 * @param refer gives the references that there must be, in their order, from the digests that stand there
 */
export function readOwnSignature(
  text: OwnText,
  id: string,
  refer: (digests: readonly string[]) => readonly SignedReference[],
): OwnSignature {
  const der = ownBase64(text.between(`wsu:Id="${id}-token">`, '<'));
  const uri = text.between('<ds:SignatureMethod Algorithm="', '"');
  const algorithm = SIGNATURE_ALGORITHMS.find((each) => each.uri === uri) ?? otherwise();
  const digests = text
    .between('>', '</ds:SignedInfo>')
    .split('<ds:DigestValue>')
    .slice(1)
    .map((behind) => ownBase64(behind.slice(0, behind.indexOf('<'))));
  const references = refer(digests);
  const signedInfo = writeSignedInfo(uri, references);
  const value = ownBase64(text.between('<ds:SignatureValue>', '<'));
  const { certificate, publicKey } = signerOf(der);
  return {
    algorithm,
    certificate,
    references,
    written: writeSignatureElement(id, { certificate: der, signedInfo, value }),
    holds: () =>
      algorithm.refuses(publicKey) === undefined &&
      algorithm.verify(Buffer.from(signedInfo), publicKey, Buffer.from(value, 'base64')),
  };
}

const MOST_CERTIFICATES = 200;
const certificates = new Map<string, Signer>();

interface Signer {
  readonly certificate: X509Certificate;
  readonly publicKey: KeyObject;
}

/** A certificate from its base64; few partners send all messages, so it is read once. */
function signerOf(der: string): Signer {
  const known = certificates.get(der);
  if (known !== undefined) return known;
  const certificate = new X509Certificate(Buffer.from(der, 'base64'));
  const signer = { certificate, publicKey: certificate.publicKey };
  if (certificates.size >= MOST_CERTIFICATES) certificates.clear();
  certificates.set(der, signer);
  return signer;
}
