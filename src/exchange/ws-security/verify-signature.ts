import type { X509Certificate } from 'node:crypto';
import { XmlAttribute, type XmlDocument, type XmlElement, XmlXPath } from 'libxml2-wasm';
import { elementsOf } from '../../documents/xml-children.ts';
import { canonicalBytes, canonicalBytesTakenOut } from '../../seal/canonical-xml.ts';
import { NS, WSS } from '../envelope/namespaces.ts';
import { attribute, base64Of, children, isElement, onlyChild } from '../envelope/xml-tree.ts';
import type { SignedReference } from '../message/message.ts';
import { EbmsFailure } from '../signals/ebms-errors.ts';
import { EXCLUSIVE_C14N, SHA256, SIGNATURE_ALGORITHMS } from './algorithms.ts';
import {
  certificateOf,
  describeReference,
  isCertificateToken,
  type KeyReference,
  namesCertificate,
  readKeyReference,
} from './key-reference.ts';
import { digestOf } from './security-header.ts';

/** What a signature over a message establishes. */
export interface VerifiedSignature {
  readonly signerCertificate: X509Certificate;
  /** URI of the algorithm with which the message is signed. */
  readonly signatureAlgorithm: string;
  readonly references: readonly SignedReference[];
}

/** The digest of a payload, or those of its signed forms. */
export type AttachmentDigest = string | readonly string[];

/** What must be covered: the elements that are read afterwards, and the payloads as they were signed. */
export interface MustBeCovered {
  readonly elements: readonly XmlElement[];
  /**
   * SHA-256 in base64 of each payload before encryption, by Content-ID; several where the payload has another signed form
   * than its bytes: the signature may have any of them.
   */
  readonly attachmentDigests: ReadonlyMap<string, AttachmentDigest>;
  /**
   * Certificates that the directory lists for the sender: among these a signer is looked up that the message only names
   * (issuer and serial number, subject key identifier, thumbprint) and whose certificate it does not carry.
   */
  readonly signers?: readonly X509Certificate[];
}

const MOST_REFERENCES = 80;
const failed = (words: string): EbmsFailure => new EbmsFailure('EBMS:0101', words);
const policy = (words: string): EbmsFailure => new EbmsFailure('EBMS:0103', words);

function prefixesOf(element: XmlElement): string[] {
  const [inclusive, ...others] = elementsOf(element);
  if (inclusive === undefined) return [];
  if (others.length > 0 || !isElement(inclusive, NS.ec, 'InclusiveNamespaces'))
    throw policy('A transform or canonicalisation method has parameters that are not allowed.');
  return (attribute(inclusive, 'PrefixList') ?? '').split(/[\t\n\r ]+/).filter((prefix) => prefix !== '');
}

function readReference(reference: XmlElement): SignedReference {
  const method = onlyChild(reference, NS.ds, 'DigestMethod');
  const value = onlyChild(reference, NS.ds, 'DigestValue');
  const digest = value === undefined ? undefined : base64Of(value);
  const uri = attribute(reference, 'URI');
  if (method === undefined || digest === undefined || uri === undefined)
    throw failed('A reference of the signature has no URI, DigestMethod or DigestValue.');
  const transforms = onlyChild(reference, NS.ds, 'Transforms');
  const digestMethod = attribute(method, 'Algorithm') ?? '';
  if (digestMethod !== SHA256)
    throw policy(`The digest method ${digestMethod.slice(0, 100)} is not allowed; use SHA-256.`);
  return {
    uri,
    transforms: (transforms === undefined ? [] : children(transforms, NS.ds, 'Transform')).map((transform) => ({
      algorithm: attribute(transform, 'Algorithm') ?? '',
      inclusivePrefixes: prefixesOf(transform),
    })),
    digestMethod,
    digest: digest.toString('base64'),
  };
}

const anyId = XmlXPath.compile('//@wsu:Id | //@Id | //@ID | //@id | //@xml:id', { wsu: NS.wsu });

/** Every id of the document; one that stands twice is refused, because one could be signed and the other read (S1). */
function elementsById(document: XmlDocument): ReadonlyMap<string, XmlElement> {
  const found = new Map<string, XmlElement>();
  for (const node of document.find(anyId)) {
    const element = node.parent;
    if (!(node instanceof XmlAttribute) || element === null) continue;
    const id = node.value;
    const before = found.get(id);
    if (before !== undefined && !before.isSameNode(element))
      throw failed(`The id ${id.slice(0, 100)} stands twice in the message.`);
    found.set(id, element);
  }
  return found;
}

/** The listed certificate that a message names; one must be meant, and one only. */
function listedSigner(reference: KeyReference, signers: readonly X509Certificate[]): X509Certificate {
  const [found, ...others] = signers.filter((certificate) => namesCertificate(reference, certificate));
  const named = `The signer is named by ${describeReference(reference)}, and`;
  if (found === undefined)
    throw failed(`${named} the directory lists no such certificate of the sender. Send it as BinarySecurityToken.`);
  if (others.length > 0)
    throw failed(`${named} the directory lists more than one. Send the certificate as BinarySecurityToken.`);
  return found;
}

/**
 * The signer's certificate: the token in this header that the KeyInfo refers to, or one that the directory lists and the
 * KeyInfo names; never a key or certificate that stands in the KeyInfo itself (S5).
 */
function signerOf(
  signature: XmlElement,
  security: XmlElement,
  byId: ReadonlyMap<string, XmlElement>,
  signers: readonly X509Certificate[],
): X509Certificate {
  const keyInfo = onlyChild(signature, NS.ds, 'KeyInfo');
  const [tokenReference, ...others] = keyInfo === undefined ? [] : elementsOf(keyInfo);
  if (
    tokenReference === undefined ||
    others.length > 0 ||
    !isElement(tokenReference, NS.wsse, 'SecurityTokenReference')
  )
    throw policy('The signer is not named by a SecurityTokenReference to a certificate in the message.');
  const reference = readKeyReference(tokenReference);
  if (reference !== undefined && reference.by !== 'token') return listedSigner(reference, signers);
  const token = reference === undefined ? undefined : byId.get(reference.id);
  if (token === undefined || !isCertificateToken(token, security))
    throw policy('The signer’s certificate is not in the message as X.509 token.');
  const der = base64Of(token);
  if (der === undefined) throw failed('The signer’s certificate is not in base64.');
  const certificate = certificateOf(der);
  if (certificate === undefined) throw failed('The signer’s certificate cannot be read.');
  return certificate;
}

function checkValue(signature: XmlElement, signedInfo: XmlElement, certificate: X509Certificate): string {
  const canonicalisation = onlyChild(signedInfo, NS.ds, 'CanonicalizationMethod');
  const method = onlyChild(signedInfo, NS.ds, 'SignatureMethod');
  const value = onlyChild(signature, NS.ds, 'SignatureValue');
  const bytes = value === undefined ? undefined : base64Of(value);
  if (canonicalisation === undefined || method === undefined || bytes === undefined)
    throw failed('The signature has no CanonicalizationMethod, SignatureMethod or SignatureValue.');
  if (attribute(canonicalisation, 'Algorithm') !== EXCLUSIVE_C14N)
    throw policy('The signature is not in exclusive canonicalisation.');
  const uri = attribute(method, 'Algorithm');
  const algorithm = SIGNATURE_ALGORITHMS.find((each) => each.uri === uri);
  if (algorithm === undefined || elementsOf(method).length > 0)
    throw policy(`The signature algorithm ${String(uri).slice(0, 100)} is not allowed.`);
  const unfit = algorithm.refuses(certificate.publicKey);
  if (unfit !== undefined) throw policy(`The signature cannot be accepted: ${unfit}.`);
  if (!algorithm.verify(canonical(signedInfo, prefixesOf(canonicalisation), true), certificate.publicKey, bytes))
    throw failed('The signature does not hold: the message was altered, or signed with another key.');
  return algorithm.uri;
}

/** The canonical form of an element; taking it out of the message is faster, and loses it for whoever comes after. */
function canonical(element: XmlElement, prefixes: readonly string[], mayTakeOut: boolean): Buffer {
  return mayTakeOut && prefixes.length === 0 ? canonicalBytesTakenOut(element) : canonicalBytes(element, prefixes);
}

/** What a reference is about: an element of the envelope or a payload. */
type Referred =
  | { readonly reference: SignedReference; readonly element: XmlElement }
  | { readonly reference: SignedReference; readonly contentId: string; readonly digests: readonly string[] };

/** The transforms of a reference, for those who must change them. */
function named(reference: SignedReference): string {
  return (
    reference.transforms
      .map(({ algorithm }) => algorithm.slice(0, 120))
      .join(', ')
      .slice(0, 300) || 'none'
  );
}

function resolve(
  reference: SignedReference,
  byId: ReadonlyMap<string, XmlElement>,
  attachmentDigests: ReadonlyMap<string, AttachmentDigest>,
): Referred {
  const [transform, ...others] = reference.transforms;
  if (reference.uri.startsWith('cid:')) {
    if (transform?.algorithm !== WSS.attachmentContentSignature || others.length > 0)
      throw policy(
        `A payload is signed through transforms that are not allowed (${named(reference)}); only Attachment-Content-Signature-Transform is.`,
      );
    const contentId = reference.uri.slice(4);
    const digest = attachmentDigests.get(contentId);
    if (digest === undefined) throw failed('The signature covers a payload that is not in the message.');
    return { reference, contentId, digests: typeof digest === 'string' ? [digest] : digest };
  }
  if (transform?.algorithm !== EXCLUSIVE_C14N || others.length > 0)
    throw policy(
      `An element is signed through transforms that are not allowed (${named(reference)}); only exclusive canonicalisation is.`,
    );
  const element = reference.uri.startsWith('#') ? byId.get(reference.uri.slice(1)) : undefined;
  if (element === undefined) throw failed('The signature covers an element that is not in the message.');
  return { reference, element };
}

/**
 * What is covered is what must be, and at most further parts of the security header beside the signature (a token, a
 * timestamp): nothing within the signature, whose form is taken apart first, and nothing that encloses what is read.
 */
function checkCoverage(
  referred: readonly Referred[],
  must: MustBeCovered,
  security: XmlElement,
  signature: XmlElement,
): void {
  for (const one of referred) {
    if (!('element' in one) || must.elements.some((element) => element.isSameNode(one.element))) continue;
    const isBeside = one.element.parent?.isSameNode(security) === true && !one.element.isSameNode(signature);
    if (!isBeside)
      throw policy(
        'The signature covers something else than the Messaging header, the Body, payloads and parts of the security header.',
      );
  }
  for (const element of must.elements)
    if (!referred.some((one) => 'element' in one && one.element.isSameNode(element)))
      throw policy(`The signature does not cover the ${element.name} of the message.`);
  for (const contentId of must.attachmentDigests.keys())
    if (!referred.some((one) => 'contentId' in one && one.contentId === contentId))
      throw policy(`The signature does not cover the payload ${contentId.slice(0, 100)}.`);
}

function checkDigests(referred: readonly Referred[], must: MustBeCovered): void {
  const isRead = (one: Referred): boolean =>
    'element' in one && must.elements.some((element) => element.isSameNode(one.element));
  // What is read lies side by side in the envelope, so each can be taken out; anything else comes first, in its place.
  const taken = referred.filter(isRead);
  for (const one of [...referred.filter((each) => !taken.includes(each)), ...taken]) {
    const digests =
      'element' in one
        ? [digestOf(canonical(one.element, one.reference.transforms[0]?.inclusivePrefixes ?? [], taken.includes(one)))]
        : one.digests;
    if (!digests.includes(one.reference.digest))
      throw failed(`What ${one.reference.uri.slice(0, 100)} refers to was altered: its digest is another.`);
  }
}

/**
 * Verifies the one signature of a security header: allowed algorithms only, the value over SignedInfo, every reference,
 * and that it covers exactly the elements that are read afterwards and every payload (ebMS3 Core §7, AS4 Profile
 * §5.1.4 to §5.1.6; threats S1 to S5). Whether the signer is to be trusted is not judged here.
 * What it reads it takes out of the document: read the header before.
 * @throws EbmsFailure EBMS:0101 where the signature does not establish it, EBMS:0103 where it is made in a way that is
 *   not allowed
 */
export function verifySignature(document: XmlDocument, security: XmlElement, must: MustBeCovered): VerifiedSignature {
  const signatures = children(security, NS.ds, 'Signature');
  const [signature] = signatures;
  if (signature === undefined) throw policy('The message is not signed.');
  if (signatures.length > 1) throw policy('The message has more than one signature.');
  const signedInfo = onlyChild(signature, NS.ds, 'SignedInfo');
  if (signedInfo === undefined) throw failed('The signature has not exactly one SignedInfo.');
  const byId = elementsById(document);
  const signerCertificate = signerOf(signature, security, byId, must.signers ?? []);
  const elements = children(signedInfo, NS.ds, 'Reference');
  if (elements.length > MOST_REFERENCES) throw policy(`The signature has more than ${MOST_REFERENCES} references.`);
  const references = elements.map(readReference);
  if (new Set(references.map((reference) => reference.uri)).size !== references.length)
    throw policy('The signature refers twice to the same.');
  const referred = references.map((reference) => resolve(reference, byId, must.attachmentDigests));
  checkCoverage(referred, must, security, signature);
  const signatureAlgorithm = checkValue(signature, signedInfo, signerCertificate);
  checkDigests(referred, must);
  return { signerCertificate, signatureAlgorithm, references };
}
