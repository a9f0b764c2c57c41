import type { XmlDocument, XmlElement } from 'libxml2-wasm';
import { readXml } from '../../documents/read-xml.ts';
import { visibleSecurityProblems } from '../envelope/header-security.ts';
import { readNode } from '../envelope/header-tree.ts';
import { NS } from '../envelope/namespaces.ts';
import { messagingProblems, readEnvelope, readUserMessage, unitsOf } from '../envelope/read-envelope.ts';
import { readFault } from '../envelope/soap-fault.ts';
import { securityForUs } from '../envelope/soap-headers.ts';
import { headerContent } from '../envelope/user-message-header.ts';
import { children, isElement } from '../envelope/xml-tree.ts';
import type { MessageKey } from '../message/message.ts';
import { profileSpoken, type SecurityProfileName } from '../security-profile.ts';
import { EbmsFailure, type EbmsProblem } from '../signals/ebms-errors.ts';
import { keyEstablishmentOf } from '../ws-security/content-keys.ts';
import { type Capture, takeCaptureApart } from './capture.ts';
import { encryptionProblems, type InspectedEncryption, inspectEncryption } from './inspect-encryption.ts';
import { type InspectedPayload, inspectPayloads, openPayloads } from './inspect-payloads.ts';
import { type Check, type InspectedSignature, inspectSignature } from './inspect-signature.ts';
import { type InspectedUnit, inspectUnit } from './inspect-unit.ts';

/** Everything that can be told of a captured message. */
export interface Inspection {
  readonly form: Capture['form'];
  readonly startLine: string | null;
  readonly contentType: string | null;
  readonly bytes: number;
  readonly soap: '1.1' | '1.2' | null;
  /** In one word or two what it is; `bundle` for several units, `unreadable` for what is no SOAP envelope. */
  readonly kind: InspectedUnit['kind'] | 'bundle' | 'SOAP fault' | 'no message' | 'unreadable';
  readonly units: readonly InspectedUnit[];
  readonly fault: { readonly code: string; readonly reason: string } | null;
  readonly payloads: readonly InspectedPayload[];
  /** The security profile that its algorithms make; null where they make none. */
  readonly profile: SecurityProfileName | null;
  readonly signature: InspectedSignature | null;
  readonly encryption: InspectedEncryption | null;
  readonly checks: readonly Check[];
  /** What is wrong with it, with the error that a node answers. */
  readonly problems: readonly EbmsProblem[];
  /** Whether everything holds that can be checked without further keys. */
  readonly holds: boolean;
}

/** The elements of an envelope of either SOAP, as far as they are there. */
interface Found {
  readonly soap: '1.1' | '1.2' | null;
  readonly messaging: XmlElement | undefined;
  readonly security: XmlElement | undefined;
  readonly body: XmlElement | undefined;
}

function find(root: XmlElement): Found {
  const soap = isElement(root, NS.soap12, 'Envelope') ? '1.2' : isElement(root, NS.soap11, 'Envelope') ? '1.1' : null;
  if (soap === null) return { soap, messaging: undefined, security: undefined, body: undefined };
  const namespace = soap === '1.2' ? NS.soap12 : NS.soap11;
  const header = children(root, namespace, 'Header')[0];
  return {
    soap,
    messaging: header === undefined ? undefined : children(header, NS.eb, 'Messaging')[0],
    security: header === undefined ? undefined : securityForUs(header)[0],
    body: children(root, namespace, 'Body')[0],
  };
}

/** What a node finds wrong with envelope and header. */
function headerProblems(document: XmlDocument, found: Found): readonly EbmsProblem[] {
  const problemsOf = (run: () => void): readonly EbmsProblem[] => {
    try {
      run();
      return [];
    } catch (error) {
      if (error instanceof EbmsFailure) return error.problems;
      throw error;
    }
  };
  return problemsOf(() => {
    const envelope = readEnvelope(document);
    const [unit, ...others] = found.messaging === undefined ? [] : unitsOf(found.messaging);
    if (unit?.name === 'UserMessage' && others.length === 0) readUserMessage(unit, envelope);
    const [first, ...further] = messagingProblems(found.messaging);
    if (first !== undefined) throw new EbmsFailure(first.code, first.description, undefined, { further });
  });
}

/** The profile of the algorithms, and why they make none. */
function profileOf(
  signature: InspectedSignature | undefined,
  security: XmlElement | undefined,
  encryption: InspectedEncryption | undefined,
  problems: EbmsProblem[],
): SecurityProfileName | null {
  if (signature === undefined || security === undefined) return null;
  const establishment = keyEstablishmentOf(security);
  problems.push(...(encryption === undefined ? [] : encryptionProblems(encryption)));
  if (encryption !== undefined && establishment === undefined) {
    problems.push({
      code: 'EBMS:0103',
      description: 'The key of the payloads is established in a way that no profile has.',
    });
    return null;
  }
  try {
    return profileSpoken(signature.algorithm, establishment);
  } catch (error) {
    if (!(error instanceof EbmsFailure)) throw error;
    problems.push(error.problems[0] ?? { code: 'EBMS:0103', description: error.message });
    return null;
  }
}

/** A certificate must be valid when the message says that it was made; what is older or newer is not its business. */
function validityCheck(signature: InspectedSignature | undefined, units: readonly InspectedUnit[]): Check[] {
  const certificate = signature?.certificate;
  const at = units[0]?.instant;
  if (certificate === undefined || certificate === null || at === undefined || at === null) return [];
  const isValid = certificate.validFrom <= at && at <= certificate.validTo;
  return [
    {
      what: 'validity of the signer’s certificate',
      verdict: isValid ? 'holds' : 'fails',
      reason: `it is valid from ${certificate.validFrom} to ${certificate.validTo}; the message is of ${at}`,
    },
  ];
}

function missingSecurity(
  security: XmlElement | undefined,
  units: readonly InspectedUnit[],
  payloads: readonly InspectedPayload[],
  signature: InspectedSignature | undefined,
): EbmsProblem[] {
  const isUser = units.some(({ kind }) => kind === 'user message');
  const isReceipt = units.some(({ kind }) => kind === 'receipt');
  const isPlain = payloads.some(({ place, isEncrypted }) => place === 'attachment' && !isEncrypted);
  return [
    ...(isUser && signature === undefined ? visibleSecurityProblems(security) : []),
    ...(isUser && isPlain ? [{ code: 'EBMS:0103', description: 'The payloads are not encrypted.' } as const] : []),
    ...(isReceipt && signature === undefined
      ? [{ code: 'EBMS:0302', description: 'The receipt is not signed.' } as const]
      : []),
  ];
}

function kindOf(units: readonly InspectedUnit[], fault: Inspection['fault']): Inspection['kind'] {
  const [unit, ...others] = units;
  if (fault !== null) return 'SOAP fault';
  if (unit === undefined) return 'no message';
  return others.length > 0 ? 'bundle' : unit.kind;
}

function unreadable(capture: Capture, bytes: number, why: string): Inspection {
  return {
    ...ofCapture(capture, bytes),
    soap: null,
    kind: 'unreadable',
    units: [],
    fault: null,
    payloads: [],
    profile: null,
    signature: null,
    encryption: null,
    checks: [],
    problems: [...capture.problems, { code: 'EBMS:0009', description: `The SOAP envelope cannot be read: ${why}` }],
    holds: false,
  };
}

const ofCapture = (
  { form, startLine, contentType }: Capture,
  bytes: number,
): Pick<Inspection, 'form' | 'startLine' | 'contentType' | 'bytes'> => ({
  form,
  startLine: startLine ?? null,
  contentType: contentType ?? null,
  bytes,
});

/**
 * Explains a captured message of any kind and checks what can be checked without keys: structure, signature, digests of
 * what is not encrypted. Trust is not judged: no directory is asked. Nothing is thrown for whatever bytes.
 * @param keys private keys with their certificates, to open the payloads too
 */
export function inspectMessage(bytes: Buffer, keys: readonly MessageKey[] = []): Inspection {
  const capture = takeCaptureApart(bytes);
  const reading = readXml(capture.envelope);
  if (!reading.ok) {
    const [fault] = reading.faults;
    const line = fault?.line === undefined ? '' : ` (line ${fault.line})`;
    return unreadable(capture, bytes.length, `${fault?.message ?? 'it is not XML.'}${line}`);
  }
  using document = reading.document;
  const found = find(document.root);
  const problems: EbmsProblem[] = [...capture.problems];
  const checks: Check[] = [];
  if (capture.envelopeType === 'text/xml' && found.soap === '1.2')
    problems.push({ code: 'EBMS:0007', description: 'SOAP 1.2 is sent as application/soap+xml, not as text/xml.' });
  problems.push(...headerProblems(document, found));
  const elements = found.messaging === undefined ? [] : unitsOf(found.messaging).slice(0, 100);
  const units = elements.map(inspectUnit);
  const [user] = elements.filter(({ name }) => name === 'UserMessage');
  const encryption = found.security === undefined ? undefined : inspectEncryption(found.security);
  const open = openPayloads(capture, found.security, encryption, keys, problems);
  const findings =
    found.security === undefined
      ? undefined
      : inspectSignature(document, found.security, {
          elements: [
            ...(found.messaging === undefined ? [] : [{ name: 'Messaging header', element: found.messaging }]),
            ...(found.body === undefined ? [] : [{ name: 'Body', element: found.body }]),
          ],
          attachments: open,
        });
  checks.push(...(findings?.checks ?? []));
  problems.push(...(findings?.problems ?? []));
  const declared = user === undefined ? [] : headerContent(readNode(user)).parts;
  const payloads = inspectPayloads(declared, capture, encryption, open, checks, problems);
  checks.push(...validityCheck(findings?.signature, units));
  problems.push(...missingSecurity(found.security, units, payloads, findings?.signature));
  const profile = profileOf(findings?.signature, found.security, encryption, problems);
  const fault = found.body === undefined ? null : (readFault(found.body) ?? null);
  const told = problems.filter(
    ({ code, description }, index) =>
      problems.findIndex((other) => other.code === code && other.description === description) === index,
  );
  return {
    ...ofCapture(capture, bytes.length),
    soap: found.soap,
    kind: kindOf(units, fault),
    units,
    fault,
    payloads,
    profile,
    signature: findings?.signature ?? null,
    encryption: encryption ?? null,
    checks,
    problems: told,
    holds: told.length === 0 && checks.every(({ verdict }) => verdict !== 'fails'),
  };
}
