import { createHash, type X509Certificate } from 'node:crypto';
import { XmlAttribute, type XmlDocument, type XmlElement, XmlXPath } from 'libxml2-wasm';
import { elementsOf } from '../../documents/xml-children.ts';
import { canonicalBytes } from '../../seal/canonical-xml.ts';
import { NS, WSS } from '../envelope/namespaces.ts';
import { attribute, base64Of, children, onlyChild } from '../envelope/xml-tree.ts';
import type { EbmsProblem } from '../signals/ebms-errors.ts';
import { EXCLUSIVE_C14N, SHA256, SIGNATURE_ALGORITHMS } from '../ws-security/algorithms.ts';
import {
  certificateOf,
  describeReference,
  isCertificateToken,
  readKeyReference,
} from '../ws-security/key-reference.ts';
import { digestOfForm, type SignedForm } from '../ws-security/signed-form.ts';
import { type InspectedCertificate, inspectCertificate } from './inspected-certificate.ts';

/** Whether something holds, as far as it can be checked. */
export interface Check {
  readonly what: string;
  readonly verdict: 'holds' | 'fails' | 'not-checked';
  readonly reason: string;
}

/** What a signature covers with one reference. */
export interface InspectedReference {
  readonly uri: string;
  /** What it refers to, in words; null where that is not in the message. */
  readonly target: string | null;
  readonly transforms: readonly string[];
  readonly digestMethod: string;
  /** In base64. */
  readonly digest: string;
}

/** A signature over a message. */
export interface InspectedSignature {
  readonly algorithm: string;
  readonly canonicalisation: string;
  /** How the signer is named. */
  readonly keyReference: string;
  readonly certificate: InspectedCertificate | null;
  readonly references: readonly InspectedReference[];
  readonly covered: readonly string[];
  readonly notCovered: readonly string[];
}

/** What the inspection of a signature found. */
export interface SignatureFindings {
  readonly signature: InspectedSignature;
  readonly signer: X509Certificate | undefined;
  readonly checks: readonly Check[];
  readonly problems: readonly EbmsProblem[];
}

/** What is signed, and must be. */
export interface SignedParts {
  /** Messaging header and Body, with their names. */
  readonly elements: readonly { readonly name: string; readonly element: XmlElement }[];
  /** By Content-ID: the bytes that were signed, or undefined where they are encrypted. */
  readonly attachments: ReadonlyMap<string, Buffer | undefined>;
}

const DIGESTS: Readonly<Record<string, string>> = {
  'http://www.w3.org/2000/09/xmldsig#sha1': 'sha1',
  [SHA256]: 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384': 'sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
};
const FORMS: readonly SignedForm[] = ['text', 'xml'];
const MOST_REFERENCES = 80;
const policy = (description: string): EbmsProblem => ({ code: 'EBMS:0103', description });
const failed = (description: string): EbmsProblem => ({ code: 'EBMS:0101', description });
const algorithmOf = (element: XmlElement | undefined): string =>
  element === undefined ? '' : (attribute(element, 'Algorithm') ?? '').slice(0, 300);

const anyId = XmlXPath.compile('//@wsu:Id | //@Id | //@ID | //@id | //@xml:id', { wsu: NS.wsu });

function elementsById(document: XmlDocument): ById {
  const found = new Map<string, XmlElement[]>();
  for (const node of document.find(anyId)) {
    const element = node.parent;
    if (!(node instanceof XmlAttribute) || element === null) continue;
    const known = found.get(node.value) ?? [];
    if (!known.some((other) => other.isSameNode(element))) found.set(node.value, [...known, element]);
  }
  return found;
}

/** The prefixes of an InclusiveNamespaces within a method or transform. */
function prefixesOf(element: XmlElement | undefined): string[] {
  const inclusive = element === undefined ? undefined : children(element, NS.ec, 'InclusiveNamespaces')[0];
  const list = inclusive === undefined ? '' : (attribute(inclusive, 'PrefixList') ?? '');
  return list.split(/[\t\n\r ]+/).filter((prefix) => prefix !== '');
}

type ById = ReadonlyMap<string, readonly XmlElement[]>;

/** What a reference is about. */
type Target = { readonly name: string } & ({ readonly element: XmlElement } | { readonly contentId: string });

function targetOf(uri: string, parts: SignedParts, byId: ById): Target | undefined {
  if (uri.startsWith('cid:')) {
    const contentId = uri.slice(4);
    return parts.attachments.has(contentId) ? { name: `payload ${contentId}`, contentId } : undefined;
  }
  const [element, other] = uri.startsWith('#') ? (byId.get(uri.slice(1)) ?? []) : [];
  if (element === undefined || other !== undefined) return undefined;
  const known = parts.elements.find((each) => each.element.isSameNode(element));
  return { name: known?.name ?? `the element ${element.name.slice(0, 100)}`, element };
}

/** A verdict with its reason, and what it means for a node that receives the message. */
interface Verdict {
  readonly verdict: Check['verdict'];
  readonly reason: string;
  readonly problem?: EbmsProblem;
}

function digestVerdict(
  { uri, transforms, digestMethod, digest }: InspectedReference,
  target: Target | undefined,
  prefixes: readonly string[],
  parts: SignedParts,
  byId: ById,
): Verdict {
  const called = uri === '' ? 'the whole document' : uri;
  if (target === undefined) {
    const isTwice = (byId.get(uri.slice(1))?.length ?? 0) > 1;
    const reason = isTwice ? 'this id stands twice in the message' : 'there is no such thing in the message';
    return { verdict: 'fails', reason, problem: failed(`The signature refers to ${called}: ${reason}.`) };
  }
  const hash = DIGESTS[digestMethod];
  const expected = 'element' in target ? EXCLUSIVE_C14N : WSS.attachmentContentSignature;
  if (transforms[0] !== expected || transforms.length > 1)
    return {
      verdict: 'not-checked',
      reason: 'it is signed through transforms that are not computed here',
      problem: policy(`${called} is signed through transforms that are not allowed.`),
    };
  if (hash === undefined) return { verdict: 'not-checked', reason: 'its digest method is not known here' };
  const bytes =
    'element' in target ? canonicalBytes(target.element, prefixes) : parts.attachments.get(target.contentId);
  if (bytes === undefined) return { verdict: 'not-checked', reason: 'it is encrypted to a key that is not here' };
  if (createHash(hash).update(bytes).digest('base64') === digest)
    return { verdict: 'holds', reason: 'it is as it was signed' };
  // A payload may be signed in a canonical form (SwA Profile 1.1 §5.4.2).
  if ('contentId' in target && hash === 'sha256' && FORMS.some((form) => digestOfForm(form, bytes) === digest))
    return { verdict: 'holds', reason: 'its canonical form is as it was signed' };
  return {
    verdict: 'fails',
    reason: 'it is not as it was signed',
    problem: failed(`What ${called} refers to was altered: its digest is another.`),
  };
}

function inspectReference(
  element: XmlElement,
  parts: SignedParts,
  byId: ById,
): { readonly reference: InspectedReference; readonly check: Check; readonly problems: readonly EbmsProblem[] } {
  const uri = (attribute(element, 'URI') ?? '').slice(0, 300);
  const holder = onlyChild(element, NS.ds, 'Transforms');
  const transforms = holder === undefined ? [] : children(holder, NS.ds, 'Transform');
  const value = onlyChild(element, NS.ds, 'DigestValue');
  const target = targetOf(uri, parts, byId);
  const reference = {
    uri,
    target: target?.name ?? null,
    transforms: transforms.map(algorithmOf),
    digestMethod: algorithmOf(onlyChild(element, NS.ds, 'DigestMethod')),
    digest: (value === undefined ? undefined : base64Of(value))?.toString('base64') ?? '',
  };
  const { verdict, reason, problem } = digestVerdict(reference, target, prefixesOf(transforms[0]), parts, byId);
  const method = reference.digestMethod || 'that is missing';
  return {
    reference,
    check: { what: `digest of ${target?.name ?? (uri === '' ? 'the whole document' : uri)}`, verdict, reason },
    problems: [
      ...(reference.digestMethod === SHA256
        ? []
        : [policy(`The digest method ${method} is not allowed; use SHA-256.`)]),
      ...(problem === undefined ? [] : [problem]),
    ],
  };
}

/** The signer's certificate where the message carries it, and how the message names it. */
function signerOf(
  signature: XmlElement,
  security: XmlElement,
  byId: ById,
): { readonly named: string; readonly certificate: X509Certificate | undefined } {
  const keyInfo = onlyChild(signature, NS.ds, 'KeyInfo');
  const [holder] = keyInfo === undefined ? [] : elementsOf(keyInfo);
  const reference = holder === undefined ? undefined : readKeyReference(holder);
  if (reference === undefined) return { named: 'in a way that is not allowed', certificate: undefined };
  if (reference.by !== 'token') return { named: describeReference(reference), certificate: undefined };
  const token = (byId.get(reference.id) ?? []).find((element) => isCertificateToken(element, security));
  const der = token === undefined ? undefined : base64Of(token);
  return { named: describeReference(reference), certificate: der === undefined ? undefined : certificateOf(der) };
}

/** The check of the value over SignedInfo, and what of the way it is made is not allowed. */
function checkValue(
  signature: XmlElement,
  signedInfo: XmlElement,
  certificate: X509Certificate | undefined,
): { readonly check: Check; readonly problems: readonly EbmsProblem[] } {
  const method = algorithmOf(onlyChild(signedInfo, NS.ds, 'SignatureMethod'));
  const canonicalisation = onlyChild(signedInfo, NS.ds, 'CanonicalizationMethod');
  const value = onlyChild(signature, NS.ds, 'SignatureValue');
  const bytes = value === undefined ? undefined : base64Of(value);
  const algorithm = SIGNATURE_ALGORITHMS.find(({ uri }) => uri === method);
  const isExclusive = algorithmOf(canonicalisation) === EXCLUSIVE_C14N;
  const problems = [
    ...(algorithm === undefined
      ? [policy(`The signature algorithm ${method || 'that is missing'} is not allowed.`)]
      : []),
    ...(isExclusive ? [] : [policy('The signature is not in exclusive canonicalisation.')]),
  ];
  const what = 'signature';
  const notChecked = (reason: string): { check: Check; problems: readonly EbmsProblem[] } => ({
    check: { what, verdict: 'not-checked', reason },
    problems,
  });
  if (algorithm === undefined || !isExclusive) return notChecked('it is made in a way that is not computed here');
  if (certificate === undefined) return notChecked('the certificate of its signer is not in the message');
  const unfit = ((): string | undefined => {
    try {
      return algorithm.refuses(certificate.publicKey);
    } catch {
      return 'the key in the certificate cannot be read';
    }
  })();
  if (unfit !== undefined)
    return {
      check: { what, verdict: 'fails', reason: unfit },
      problems: [...problems, policy(`The signature cannot be accepted: ${unfit}.`)],
    };
  const holds =
    bytes !== undefined &&
    algorithm.verify(canonicalBytes(signedInfo, prefixesOf(canonicalisation)), certificate.publicKey, bytes);
  return holds
    ? { check: { what, verdict: 'holds', reason: 'it was made with the key of the certificate' }, problems }
    : {
        check: { what, verdict: 'fails', reason: 'it was not made with the key of the certificate over this content' },
        problems: [
          ...problems,
          failed('The signature does not hold: the message was altered, or signed with another key.'),
        ],
      };
}

/**
 * Inspects the signature of a security header: everything about it, and each thing that can be checked without any key
 * of ours. Undefined when there is none, or not exactly one.
 */
export function inspectSignature(
  document: XmlDocument,
  security: XmlElement,
  parts: SignedParts,
): SignatureFindings | undefined {
  const signature = onlyChild(security, NS.ds, 'Signature');
  const signedInfo = signature === undefined ? undefined : onlyChild(signature, NS.ds, 'SignedInfo');
  if (signature === undefined || signedInfo === undefined) return undefined;
  const byId = elementsById(document);
  const { named, certificate } = signerOf(signature, security, byId);
  const value = checkValue(signature, signedInfo, certificate);
  const elements = children(signedInfo, NS.ds, 'Reference');
  const uris = elements.map((element) => attribute(element, 'URI') ?? '');
  const once = elements.filter((_, index) => uris.indexOf(uris[index] ?? '') === index);
  const references = once.slice(0, MOST_REFERENCES).map((element) => inspectReference(element, parts, byId));
  const covered = references.flatMap(({ reference }) => reference.target ?? []);
  const must = [
    ...parts.elements.map(({ name }) => name),
    ...[...parts.attachments.keys()].map((id) => `payload ${id}`),
  ];
  const notCovered = must.filter((name) => !covered.includes(name));
  return {
    signature: {
      algorithm: algorithmOf(onlyChild(signedInfo, NS.ds, 'SignatureMethod')),
      canonicalisation: algorithmOf(onlyChild(signedInfo, NS.ds, 'CanonicalizationMethod')),
      keyReference: named,
      certificate: certificate === undefined ? null : inspectCertificate(certificate),
      references: references.map(({ reference }) => reference),
      covered,
      notCovered,
    },
    signer: certificate,
    checks: [value.check, ...references.map(({ check }) => check)],
    problems: [
      ...value.problems,
      ...references.flatMap(({ problems }) => problems),
      ...(once.length < elements.length ? [policy('The signature refers twice to the same.')] : []),
      ...(once.length > MOST_REFERENCES ? [policy(`The signature has ${elements.length} references.`)] : []),
      ...notCovered.map((name) => policy(`The signature does not cover the ${name} of the message.`)),
    ],
  };
}
