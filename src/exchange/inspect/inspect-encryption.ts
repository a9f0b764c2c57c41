import type { X509Certificate } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { elementsOf } from '../../documents/xml-children.ts';
import { NS } from '../envelope/namespaces.ts';
import { attribute, attributeOf, base64Of, children, onlyChild, onlyDescendant } from '../envelope/xml-tree.ts';
import type { EbmsProblem } from '../signals/ebms-errors.ts';
import { SHA256 } from '../ws-security/algorithms.ts';
import { AES128_GCM } from '../ws-security/encrypt.ts';
import {
  certificateOf,
  describeReference,
  isCertificateToken,
  readKeyReference,
} from '../ws-security/key-reference.ts';
import { RSA_OAEP } from '../ws-security/key-transport.ts';
import { type InspectedCertificate, inspectCertificate } from './inspected-certificate.ts';

/** How the key of the content comes to the recipient. */
export interface InspectedKey {
  /** Key transport, or the wrap of an agreed key. */
  readonly method: string;
  /** Every further algorithm by what it is for: `agreement`, `derivation`, `PRF`, `digest`, `MGF`. */
  readonly algorithms: Readonly<Record<string, string>>;
  /** How the recipient is named. */
  readonly keyReference: string | null;
  readonly certificate: InspectedCertificate | null;
}

/** What is encrypted. */
export interface InspectedContent {
  readonly contentId: string | null;
  readonly algorithm: string;
  readonly mimeType: string | null;
}

/** The encryption of a message. */
export interface InspectedEncryption {
  readonly keys: readonly InspectedKey[];
  readonly contents: readonly InspectedContent[];
}

const MGF1_SHA256 = `${NS.xenc11}mgf1sha256`;
const algorithmOf = (element: XmlElement | undefined): string | undefined =>
  element === undefined ? undefined : attribute(element, 'Algorithm')?.slice(0, 300);

function certificateFor(security: XmlElement, id: string): X509Certificate | undefined {
  const token = children(security, NS.wsse, 'BinarySecurityToken').find(
    (each) => attributeOf(each, NS.wsu, 'Id') === id && isCertificateToken(each, security),
  );
  const der = token === undefined ? undefined : base64Of(token);
  return der === undefined ? undefined : certificateOf(der);
}

function inspectKey(security: XmlElement, key: XmlElement): InspectedKey {
  const method = onlyChild(key, NS.xenc, 'EncryptionMethod');
  const keyInfo = onlyChild(key, NS.ds, 'KeyInfo');
  const agreement = keyInfo === undefined ? undefined : onlyChild(keyInfo, NS.xenc, 'AgreementMethod');
  const derivation = agreement === undefined ? undefined : onlyChild(agreement, NS.xenc11, 'KeyDerivationMethod');
  const parameters = derivation === undefined ? undefined : onlyChild(derivation, NS.dsigMore, 'HKDFParams');
  const of = (parent: XmlElement | undefined, namespace: string, name: string): string | undefined =>
    parent === undefined ? undefined : algorithmOf(onlyChild(parent, namespace, name));
  const algorithms = {
    digest: of(method, NS.ds, 'DigestMethod'),
    MGF: of(method, NS.xenc11, 'MGF'),
    agreement: algorithmOf(agreement),
    derivation: algorithmOf(derivation),
    PRF: of(parameters, NS.dsigMore, 'PRF'),
  };
  const recipient = agreement === undefined ? keyInfo : onlyChild(agreement, NS.xenc, 'RecipientKeyInfo');
  const [holder] = recipient === undefined ? [] : elementsOf(recipient);
  const reference = holder === undefined ? undefined : readKeyReference(holder);
  const certificate = reference?.by === 'token' ? certificateFor(security, reference.id) : undefined;
  return {
    method: algorithmOf(method) ?? '',
    algorithms: Object.fromEntries(
      Object.entries(algorithms).flatMap(([name, uri]) => (uri === undefined ? [] : [[name, uri]])),
    ),
    keyReference: reference === undefined ? null : describeReference(reference),
    certificate: certificate === undefined ? null : inspectCertificate(certificate),
  };
}

/** Inspects the encryption of a security header; undefined when there is none. */
export function inspectEncryption(security: XmlElement): InspectedEncryption | undefined {
  const keys = children(security, NS.xenc, 'EncryptedKey').slice(0, 100);
  const data = children(security, NS.xenc, 'EncryptedData').slice(0, 1_000);
  if (keys.length === 0 && data.length === 0) return undefined;
  return {
    keys: keys.map((key) => inspectKey(security, key)),
    contents: data.map((each) => {
      const reference = onlyDescendant(each, NS.xenc, 'CipherData', 'CipherReference');
      const uri = reference === undefined ? undefined : attribute(reference, 'URI');
      return {
        contentId: uri?.startsWith('cid:') === true ? uri.slice(4) : null,
        algorithm: algorithmOf(onlyChild(each, NS.xenc, 'EncryptionMethod')) ?? '',
        mimeType: attribute(each, 'MimeType') ?? null,
      };
    }),
  };
}

/** Algorithms of the encryption that no profile allows (eDelivery AS4 2.0 and 1.15 §3.2.6.2.3). */
export function encryptionProblems({ keys, contents }: InspectedEncryption): EbmsProblem[] {
  const wrong = [
    ...contents.flatMap(({ algorithm }) => (algorithm === AES128_GCM ? [] : [algorithm])),
    ...keys.flatMap(({ method, algorithms }) =>
      method === RSA_OAEP
        ? [
            ...(algorithms['digest'] === SHA256 ? [] : [algorithms['digest'] ?? 'a digest that is not named']),
            ...(algorithms['MGF'] === MGF1_SHA256 ? [] : [algorithms['MGF'] ?? 'MGF1 with SHA-1']),
          ]
        : [],
    ),
  ];
  return [...new Set(wrong)].map((algorithm) => ({
    code: 'EBMS:0103',
    description: `The payloads are encrypted with ${algorithm || 'no algorithm'}, which no profile allows.`,
  }));
}
