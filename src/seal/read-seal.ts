import { XmlElement, XmlText, type XmlTreeNode } from 'libxml2-wasm';
import { EXCLUSIVE_CANONICALISATION, SHA256_DIGEST } from './canonical-xml.ts';
import { SealFault, type SealFaultCode } from './seal-fault.ts';
import { ECDSA_SHA256, ENVELOPED_SIGNATURE, NAMESPACE, SIGNED_PROPERTIES_TYPE } from './seal-form.ts';

/** What a seal says. Base64 texts are without white space. */
export interface SealClaims {
  readonly documentDigest: string;
  readonly propertiesDigest: string;
  readonly value: string;
  /** The signer's certificate, DER in base64. */
  readonly certificate: string;
  readonly certificateDigest: string;
  readonly signingTime: Date;
}

/** A seal in its document, read by an allow list: whatever is not known is refused. */
export interface ReadSeal extends SealClaims {
  readonly signedInfo: XmlElement;
  readonly signedProperties: XmlElement;
}

interface ReadReference {
  readonly uri: string | undefined;
  readonly type: string | undefined;
  readonly transforms: readonly string[];
  readonly digest: string;
  readonly line: number;
}

/** What a seal must cover besides its own properties: by which reference, transformed how. */
export interface Covered {
  readonly uri: string;
  readonly transforms: readonly string[];
  /** In the sentence "The seal does not cover …". */
  readonly words: string;
}

/** The document in which the seal stands. */
export const ENCLOSING_DOCUMENT: Covered = {
  uri: '',
  transforms: [ENVELOPED_SIGNATURE, EXCLUSIVE_CANONICALISATION],
  words: 'the document as a whole',
};

/**
 * Reads a `ds:Signature`: exactly SignedInfo, SignatureValue, KeyInfo with one X.509 certificate, and one Object with
 * the XAdES properties; exactly two references, to what is sealed and to the signed properties (threats S1 to S6).
 * Throws a SealFault.
 */
export function readSeal(signature: XmlElement, covered: Covered = ENCLOSING_DOCUMENT): ReadSeal {
  const [signedInfo, value, keyInformation, object] = exactly(signature, [
    'SignedInfo',
    'SignatureValue',
    'KeyInfo',
    'Object',
  ]);
  const references = readSignedInfo(signedInfo);
  const { documentReference, propertiesReference } = sortReferences(references, covered, signedInfo.line);
  const certificate = readKeyInformation(keyInformation);
  const [qualifying] = exactly(object, ['QualifyingProperties'], NAMESPACE.xades);
  const [properties] = exactly(qualifying, ['SignedProperties'], NAMESPACE.xades);
  checkIdentifiers(signature, qualifying, properties, propertiesReference);
  return {
    signedInfo,
    signedProperties: properties,
    documentDigest: documentReference.digest,
    propertiesDigest: propertiesReference.digest,
    value: base64(value),
    certificate,
    ...readSignedProperties(properties),
  };
}

function readSignedInfo(signedInfo: XmlElement): ReadReference[] {
  const [canonicalisation, method, ...references] = elements(signedInfo);
  mustBe(signedInfo, canonicalisation, 'CanonicalizationMethod');
  mustBe(signedInfo, method, 'SignatureMethod');
  allow(canonicalisation, EXCLUSIVE_CANONICALISATION, 'SEAL-ALGORITHM-NOT-ALLOWED');
  allow(method, ECDSA_SHA256, 'SEAL-ALGORITHM-NOT-ALLOWED');
  return references.map((reference) => {
    mustBe(signedInfo, reference, 'Reference');
    return readReference(reference);
  });
}

function readReference(reference: XmlElement): ReadReference {
  const parts = elements(reference);
  const hasTransforms = parts[0]?.name === 'Transforms';
  const [transforms, method, value] = hasTransforms ? parts : [undefined, ...parts];
  if (parts.length !== (hasTransforms ? 3 : 2)) throw structure(reference);
  mustBe(reference, method, 'DigestMethod');
  mustBe(reference, value, 'DigestValue');
  allow(method, SHA256_DIGEST, 'SEAL-ALGORITHM-NOT-ALLOWED');
  return {
    uri: attribute(reference, 'URI'),
    type: attribute(reference, 'Type'),
    transforms: transforms === undefined ? [] : readTransforms(transforms),
    digest: base64(value),
    line: reference.line,
  };
}

function readTransforms(transforms: XmlElement): string[] {
  if (transforms.namespaceUri !== NAMESPACE.xmlSignature) throw structure(transforms);
  return elements(transforms).map((transform) => {
    mustBe(transforms, transform, 'Transform');
    if (transform.firstChild !== null) {
      throw new SealFault('SEAL-TRANSFORM-NOT-ALLOWED', 'A transform has parameters; none is allowed.', transform.line);
    }
    return attribute(transform, 'Algorithm') ?? '';
  });
}

function sortReferences(
  references: readonly ReadReference[],
  covered: Covered,
  line: number,
): { documentReference: ReadReference; propertiesReference: ReadReference } {
  if (references.length === 0) throw new SealFault('SEAL-REFERENCES', 'The seal covers nothing at all.', line);
  if (references.length > 2) throw new SealFault('SEAL-REFERENCES', 'The seal covers more than it may.', line);
  const documentReference = references.find((one) => one.uri === covered.uri);
  if (documentReference === undefined) {
    throw new SealFault('SEAL-DOCUMENT-NOT-COVERED', `The seal does not cover ${covered.words}.`, line);
  }
  const propertiesReference = references.find((one) => one !== documentReference);
  if (propertiesReference?.type !== SIGNED_PROPERTIES_TYPE || propertiesReference.uri?.startsWith('#') !== true) {
    throw new SealFault('SEAL-PROPERTIES-NOT-COVERED', 'The seal does not cover its own properties.', line);
  }
  checkTransforms(documentReference, covered.transforms);
  checkTransforms(propertiesReference, [EXCLUSIVE_CANONICALISATION]);
  return { documentReference, propertiesReference };
}

function checkTransforms(reference: ReadReference, allowed: readonly string[]): void {
  if (reference.transforms.length === allowed.length && reference.transforms.every((one, at) => one === allowed[at]))
    return;
  throw new SealFault(
    'SEAL-TRANSFORM-NOT-ALLOWED',
    'The seal transforms what it covers in a way that is not allowed.',
    reference.line,
  );
}

function readKeyInformation(keyInformation: XmlElement): string {
  const [data, ...others] = elements(keyInformation);
  const [certificate, ...further] = data === undefined ? [] : elements(data);
  const isAsExpected =
    others.length === 0 &&
    further.length === 0 &&
    data !== undefined &&
    is(data, 'X509Data') &&
    certificate !== undefined &&
    is(certificate, 'X509Certificate');
  if (isAsExpected) return base64(certificate);
  throw new SealFault(
    'SEAL-KEY-INFORMATION',
    'The seal must name its signer by exactly one X.509 certificate, and by nothing else.',
    keyInformation.line,
  );
}

function checkIdentifiers(
  signature: XmlElement,
  qualifying: XmlElement,
  properties: XmlElement,
  reference: ReadReference,
): void {
  const propertiesId = attribute(properties, 'Id');
  if (propertiesId === undefined || reference.uri !== `#${propertiesId}`) {
    throw new SealFault('SEAL-PROPERTIES-NOT-COVERED', 'The seal does not cover its own properties.', properties.line);
  }
  const sealId = attribute(signature, 'Id');
  if (sealId === undefined || attribute(qualifying, 'Target') !== `#${sealId}`) {
    throw new SealFault('SEAL-STRUCTURE', 'The properties are not those of this seal.', qualifying.line);
  }
}

function readSignedProperties(properties: XmlElement): { certificateDigest: string; signingTime: Date } {
  const [ofSignature] = exactly(
    properties,
    ['SignedSignatureProperties', 'SignedDataObjectProperties'],
    NAMESPACE.xades,
  );
  const [time, certificates] = exactly(ofSignature, ['SigningTime', 'SigningCertificateV2'], NAMESPACE.xades);
  const [certificate] = exactly(certificates, ['Cert'], NAMESPACE.xades);
  const [digest, ...serial] = elements(certificate);
  const hasOnlySerial = serial.length === 0 || (serial.length === 1 && serial[0]?.name === 'IssuerSerialV2');
  if (digest === undefined || !is(digest, 'CertDigest', NAMESPACE.xades) || !hasOnlySerial)
    throw structure(certificate);
  const [method, value] = exactly(digest, ['DigestMethod', 'DigestValue']);
  allow(method, SHA256_DIGEST, 'SEAL-ALGORITHM-NOT-ALLOWED');
  return { certificateDigest: base64(value), signingTime: readTime(time) };
}

function readTime(time: XmlElement): Date {
  const written = text(time);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/.test(written);
  const moment = new Date(isTime ? written : Number.NaN);
  if (Number.isNaN(moment.getTime())) {
    throw new SealFault('SEAL-SIGNING-TIME', 'The signing time is not a date and time with its zone.', time.line);
  }
  return moment;
}

function elements(parent: XmlElement): XmlElement[] {
  const found: XmlElement[] = [];
  for (let node: XmlTreeNode | null = parent.firstChild; node !== null; node = node.next) {
    if (node instanceof XmlElement) found.push(node);
    // Between elements there may be white space, and nothing else: no comments, no instructions, no text.
    else if (!(node instanceof XmlText) || node.content.trim() !== '') throw structure(parent);
  }
  return found;
}

type AsMany<Names extends readonly unknown[]> = { [Place in keyof Names]: XmlElement };

function exactly<const Names extends readonly string[]>(
  parent: XmlElement,
  names: Names,
  namespace: string = NAMESPACE.xmlSignature,
): AsMany<Names> {
  const found = elements(parent);
  if (!hasNames(found, names, namespace)) throw structure(parent);
  return found;
}

function hasNames<const Names extends readonly string[]>(
  found: readonly XmlElement[],
  names: Names,
  namespace: string,
): found is AsMany<Names> {
  return found.length === names.length && found.every((one, at) => is(one, names[at] ?? '', namespace));
}

function is(element: XmlElement, name: string, namespace: string = NAMESPACE.xmlSignature): boolean {
  return element.name === name && element.namespaceUri === namespace;
}

function mustBe(parent: XmlElement, element: XmlElement | undefined, name: string): asserts element is XmlElement {
  if (element === undefined || !is(element, name)) throw structure(parent);
}

function allow(element: XmlElement, algorithm: string, code: SealFaultCode): void {
  if (attribute(element, 'Algorithm') === algorithm && element.firstChild === null) return;
  throw new SealFault(code, `The algorithm of ${element.name} is not one that is allowed.`, element.line);
}

function attribute(element: XmlElement, name: string): string | undefined {
  return element.attr(name)?.value;
}

/** The text of an element that holds text and nothing else; a comment or instruction in it is refused (X4). */
function text(element: XmlElement): string {
  const only = element.firstChild;
  if (!(only instanceof XmlText) || only.next !== null) throw structure(element);
  return only.content.trim();
}

function base64(element: XmlElement): string {
  const written = text(element).replace(/[ \t\r\n]+/g, '');
  if (written.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(written)) throw structure(element);
  return written;
}

function structure(element: XmlElement): SealFault {
  return new SealFault(
    'SEAL-STRUCTURE',
    `The element ${element.name.slice(0, 60)} of the seal is not built as it must be.`,
    element.line,
  );
}
