import { type KeyObject, sign, type X509Certificate } from 'node:crypto';
import { ParseOption, XmlDocument } from 'libxml2-wasm';
import { canonicalBytes, digestOf } from './canonical-xml.ts';
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
  const startTag = ROOT_START_TAG.exec(xml)?.[0];
  if (startTag === undefined)
    throw new RangeError('Only a document with a root element that is not empty can be sealed.');
  if (xml.includes('<ds:Signature') || xml.includes(':UBLExtensions')) {
    throw new RangeError('The document has a seal or another extension already.');
  }
  const rest = xml.slice(startTag.length);
  const signingTime = `${by.signingTime.toISOString().slice(0, 19)}Z`;
  const properties = signedProperties(signingTime, certificateDigest(by.certificate));
  const info = signedInfo(digestWithout(startTag, rest), digestOf(properties));
  const value = sign('sha256', Buffer.from(info), { key: by.privateKey, dsaEncoding: 'ieee-p1363' });
  const seal = signature({
    signedInfo: info,
    value: value.toString('base64'),
    certificate: certificateText(by.certificate),
    signedProperties: properties,
  });
  return Buffer.from(`${startTag}${PLACE_BEGINS}${seal}${PLACE_ENDS}${rest}`);
}

/** Digest of the document with the place for the seal but without the seal: what the enveloped transform leaves. */
function digestWithout(startTag: string, rest: string): string {
  const document = XmlDocument.fromBuffer(Buffer.from(`${startTag}${PLACE_BEGINS}${PLACE_ENDS}${rest}`), {
    option: OPTIONS,
  });
  try {
    if (document.dtd !== null) throw new RangeError('A document with a document type declaration is not sealed.');
    return digestOf(canonicalBytes(document));
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

function certificateText(certificate: X509Certificate): string {
  return textsOf(certificate).base64;
}
