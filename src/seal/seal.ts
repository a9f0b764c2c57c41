import type { KeyObject, X509Certificate } from 'node:crypto';
import { ParseOption, XmlDocument } from 'libxml2-wasm';
import { canonicalBytes, digestOf } from './canonical-xml.ts';
import { signP256 } from './ecdsa-signature.ts';
import { canonicalPlainForm, plainBeginning } from './plain-form.ts';
import { PLACE_BEGINS, PLACE_ENDS, signature, signedInfo, signedProperties } from './seal-form.ts';

/** Who seals, and when. */
export interface Sealer {
  /** P-256. */
  readonly privateKey: KeyObject;
  /** Of the use `sealing`, for this key. */
  readonly certificate: X509Certificate;
  /** Written to the second, in UTC. */
  readonly signingTime: Date;
}

const OPTIONS: ParseOption =
  ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_SYS_CATALOG;

/** Where the start tag of the root element ends, behind XML declaration, comments and instructions. */
const ROOT_START_TAG =
  /^(?:\uFEFF)?(?:\s+|<\?(?:[^?]|\?(?!>))*\?>|<!--(?:[^-]|-(?!-))*-->)*<[^\s<>!?/][^\s<>/]*(?:\s+[^\s<>=/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*>/;

/**
 * Seals a UBL document: an enveloped XAdES baseline-B signature (ETSI EN 319 132-1 §6) in the UBL place, ECDSA P-256
 * with SHA-256 over the exclusive canonical form. Returns the final bytes in UTF-8; the text given stays as it is, but
 * for the seal that is put in behind the root's start tag.
 * Throws a RangeError when the text is no document that can be sealed, or the key is not P-256.
 */
export function sealDocument(xml: string, by: Sealer): Buffer {
  if (by.privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new RangeError('A document is sealed with a P-256 key.');
  }
  const bytes = Buffer.from(xml);
  if (bytes.includes('<ds:Signature') || bytes.includes(':UBLExtensions')) {
    throw new RangeError('The document has a seal or another extension already.');
  }
  const { place, documentDigest } = plain(bytes) ?? parsed(xml, bytes);
  const signingTime = `${by.signingTime.toISOString().slice(0, 19)}Z`;
  const properties = signedProperties(signingTime, certificateDigest(by.certificate));
  const info = signedInfo(documentDigest, digestOf(properties));
  const value = signP256(Buffer.from(info), by.privateKey);
  const seal = signature({
    signedInfo: info,
    value: value.toString('base64'),
    certificate: certificateText(by.certificate),
    signedProperties: properties,
  });
  return Buffer.concat([
    bytes.subarray(0, place),
    Buffer.from(`${PLACE_BEGINS}${seal}${PLACE_ENDS}`),
    bytes.subarray(place),
  ]);
}

interface Sealable {
  /** Where the seal is put in, in bytes. */
  readonly place: number;
  /** Digest of the document with the place for the seal but without the seal: what the enveloped transform leaves. */
  readonly documentDigest: string;
}

/** A text that is proven to be in plain form, as our own are, needs no parser. */
function plain(bytes: Buffer): Sealable | undefined {
  const beginning = plainBeginning(bytes);
  if (beginning === undefined) return undefined;
  const canonical = canonicalPlainForm(bytes, beginning, PLACE_BEGINS + PLACE_ENDS, beginning.end);
  return canonical === undefined ? undefined : { place: beginning.end, documentDigest: digestOf(canonical) };
}

function parsed(xml: string, bytes: Buffer): Sealable {
  const startTag = ROOT_START_TAG.exec(xml)?.[0];
  if (startTag === undefined) {
    throw new RangeError('Only a document with a root element that is not empty can be sealed.');
  }
  const place = Buffer.byteLength(startTag);
  const withPlace = Buffer.concat([
    bytes.subarray(0, place),
    Buffer.from(PLACE_BEGINS + PLACE_ENDS),
    bytes.subarray(place),
  ]);
  const document = XmlDocument.fromBuffer(withPlace, { option: OPTIONS });
  try {
    if (document.dtd !== null) throw new RangeError('A document with a document type declaration is not sealed.');
    return { place, documentDigest: digestOf(canonicalBytes(document)) };
  } finally {
    document.dispose();
  }
}

const texts = new WeakMap<X509Certificate, { readonly digest: string; readonly base64: string }>();

function textsOf(certificate: X509Certificate): { readonly digest: string; readonly base64: string } {
  const known = texts.get(certificate);
  if (known !== undefined) return known;
  const raw = certificate.raw;
  const made = { digest: digestOf(raw), base64: raw.toString('base64') };
  texts.set(certificate, made);
  return made;
}

/** SHA-256 of a certificate in base64, as SigningCertificateV2 has it. */
export function certificateDigest(certificate: X509Certificate): string {
  return textsOf(certificate).digest;
}

/** A certificate, DER in base64, as X509Certificate has it. */
export function certificateText(certificate: X509Certificate): string {
  return textsOf(certificate).base64;
}
