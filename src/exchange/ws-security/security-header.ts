import { hash } from 'node:crypto';
import { NS, WSS } from '../envelope/namespaces.ts';
import { escapeAttribute } from '../envelope/xml-text.ts';
import type { MessageKey, SignedReference } from '../message/message.ts';
import { algorithmFor, EXCLUSIVE_C14N, SHA256 } from './algorithms.ts';

/** The digest of content as a reference has it: SHA-256 in base64. */
export function digestOf(content: string | Uint8Array): string {
  return hash('sha256', content, 'base64');
}

/** A reference to an element that was written in canonical form, by its wsu:Id. */
export function elementReference(id: string, canonical: string): SignedReference {
  return {
    uri: `#${id}`,
    transforms: [{ algorithm: EXCLUSIVE_C14N, inclusivePrefixes: [] }],
    digestMethod: SHA256,
    digest: digestOf(canonical),
  };
}

/**
 * A reference to a payload as it is before encryption (SwA Profile 1.1 §5.4.2).
 * @param digest SHA-256 of its bytes in base64
 */
export function attachmentReference(contentId: string, digest: string): SignedReference {
  return {
    uri: `cid:${contentId}`,
    transforms: [{ algorithm: WSS.attachmentContentSignature, inclusivePrefixes: [] }],
    digestMethod: SHA256,
    digest,
  };
}

/** A `ds:Reference` in canonical form within an element that declares ds. */
export function writeReference(reference: SignedReference): string {
  const transforms = reference.transforms.map(({ algorithm, inclusivePrefixes }) => {
    const prefixes =
      inclusivePrefixes.length === 0
        ? ''
        : `<ec:InclusiveNamespaces xmlns:ec="${NS.ec}" PrefixList="${escapeAttribute(inclusivePrefixes.join(' '))}"></ec:InclusiveNamespaces>`;
    return `<ds:Transform Algorithm="${escapeAttribute(algorithm)}">${prefixes}</ds:Transform>`;
  });
  return `<ds:Reference URI="${escapeAttribute(reference.uri)}"><ds:Transforms>${transforms.join('')}</ds:Transforms><ds:DigestMethod Algorithm="${escapeAttribute(reference.digestMethod)}"></ds:DigestMethod><ds:DigestValue>${reference.digest}</ds:DigestValue></ds:Reference>`;
}

/**
 * A certificate as token that other elements of the header refer to (X.509 Token Profile 1.1 §3.3.1).
 * @param der in base64
 */
export function writeToken(id: string, der: string): string {
  return `<wsse:BinarySecurityToken EncodingType="${WSS.base64Binary}" ValueType="${WSS.x509v3}" wsu:Id="${id}">${der}</wsse:BinarySecurityToken>`;
}

/** A reference from a KeyInfo to such a token. */
export function writeTokenReference(id: string): string {
  return `<wsse:SecurityTokenReference><wsse:Reference URI="#${id}" ValueType="${WSS.x509v3}"></wsse:Reference></wsse:SecurityTokenReference>`;
}

/** `ds:SignedInfo` in canonical form (XML Signature 1.1 §4.4). */
export function writeSignedInfo(algorithm: string, references: readonly SignedReference[]): string {
  return `<ds:SignedInfo xmlns:ds="${NS.ds}"><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_C14N}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="${algorithm}"></ds:SignatureMethod>${references.map(writeReference).join('')}</ds:SignedInfo>`;
}

/** A signature as it stands in the header: certificate and value in base64. */
export interface WrittenSignature {
  readonly certificate: string;
  readonly signedInfo: string;
  readonly value: string;
}

/** The signer's token and the signature that refers to it. */
export function writeSignatureElement(id: string, { certificate, signedInfo, value }: WrittenSignature): string {
  return `${writeToken(`${id}-token`, certificate)}<ds:Signature xmlns:ds="${NS.ds}" Id="${id}">${signedInfo}<ds:SignatureValue>${value}</ds:SignatureValue><ds:KeyInfo>${writeTokenReference(`${id}-token`)}</ds:KeyInfo></ds:Signature>`;
}

/** Signs references: the signer's token and the signature over them (the key decides the algorithm). */
export function writeSignature(id: string, references: readonly SignedReference[], key: MessageKey): string {
  const algorithm = algorithmFor(key.certificate.publicKey);
  const signedInfo = writeSignedInfo(algorithm.uri, references);
  const value = algorithm.sign(signedInfo, key.privateKey).toString('base64');
  return writeSignatureElement(id, { certificate: key.certificate.raw.toString('base64'), signedInfo, value });
}

/** The `wsse:Security` header around its content. */
export function writeSecurity(content: string): string {
  return `<wsse:Security xmlns:wsse="${NS.wsse}" xmlns:wsu="${NS.wsu}" S12:mustUnderstand="true">${content}</wsse:Security>`;
}
