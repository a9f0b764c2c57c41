import type { X509Certificate } from 'node:crypto';
import type { XmlDocument } from 'libxml2-wasm';
import { fromXml, type XmlKind } from '../documents/codec.ts';
import { isWcoKind } from '../documents/declaration/wco-kinds.ts';
import type { Fault } from '../documents/fault.ts';
import { isObject, type JsonObject } from '../documents/json.ts';
import { kindOfXml } from '../documents/kinds.ts';
import { readXml } from '../documents/read-xml.ts';
import { capped, validateDocument } from '../documents/validate.ts';
import type { SealFindings } from '../seal/judge-seal.ts';
import { verifySeal } from '../seal/verify-seal.ts';
import { judgeAddressee, judgeAgreement, judgeLedger, type KnownHere } from './document-rules.ts';
import { failed, notChecked, passed, type Verification, type VerificationStep } from './steps.ts';

/** Who the signer is found to be. */
export interface SignerFinding {
  readonly step: VerificationStep;
  /** The country for which the signer speaks, where it is established. */
  readonly country?: string;
}

/** How the signer is judged: by the directory, by one authority, or not at all. */
export interface SignerJudge {
  certificate(certificate: X509Certificate, signingTime: Date): SignerFinding;
  authority(question: { country: string; kind: XmlKind; scheme: string; at: Date }): VerificationStep;
}

export interface Circumstances {
  /** The moment of the verification. */
  readonly at: Date;
  /** The country that verifies, where it matters to whom the document is addressed. */
  readonly receivingCountry?: string;
  /** The issuing country allotted a part of the certificate to the receiving country, by a grant that was verified. */
  readonly isGranted?: boolean;
  /** What this node knows of the document besides; absent where nothing can be known. */
  readonly known?: KnownHere;
}

/** A document that was opened: its kind and content, and what is wrong with it. */
interface Content {
  readonly kind: XmlKind | null;
  readonly json?: JsonObject;
  readonly schema: VerificationStep;
  readonly faults: readonly Fault[];
}

/** Clocks of two nodes may differ by this much (threat A6). */
const CLOCK_TOLERANCE_IN_MILLISECONDS = 5 * 60 * 1000;

/**
 * Takes all steps of a verification in their order (documents.md, “Verification”). What is read after the seal is the
 * very document that the seal was found to cover, and no other parse of the bytes.
 */
export function examine(
  bytes: Uint8Array,
  judge: SignerJudge,
  circumstances: Circumstances,
): Omit<Verification, 'outcome'> {
  const reading = readXml(bytes);
  if (!reading.ok) return unreadable(reading.faults);
  const { document } = reading;
  try {
    const seal = verifySeal(document);
    const content = readContent(document);
    return take(seal, content, judge, circumstances);
  } finally {
    document.dispose();
  }
}

function unreadable(faults: readonly Fault[]): Omit<Verification, 'outcome'> {
  const reason = 'Not checked, because the document cannot be read.';
  const first = faults[0];
  return {
    kind: null,
    steps: [
      notChecked('unaltered', reason),
      failed('seal', first?.code ?? 'XML-MALFORMED', `The document cannot be read. ${first?.message ?? ''}`.trim()),
      ...afterSeal(reason),
    ],
    faults,
  };
}

function afterSeal(reason: string): VerificationStep[] {
  return [
    notChecked('signer-certificate', reason),
    notChecked('signer-authority', reason),
    notChecked('schema', reason),
    notChecked('agreement-and-validity', reason),
    notChecked('not-cancelled-and-quantity', reason),
    notChecked('addressed-to-us', reason),
  ];
}

function readContent(document: XmlDocument): Content {
  const kind = kindOfXml(document)?.kind;
  if (kind === undefined || kind === 'certificate-application' || isWcoKind(kind)) {
    const reason = 'This is no document of a kind that the node knows.';
    return {
      kind: null,
      schema: failed('schema', 'KIND-UNKNOWN', reason),
      faults: [{ code: 'KIND-UNKNOWN', pointer: '', message: reason }],
    };
  }
  const content = fromXml(kind, document);
  const judged = validateDocument(kind, content.json).map((fault) => ({ ...fault, ...content.locate(fault.pointer) }));
  const faults = capped([...content.faults, ...judged]);
  const first = faults[0];
  const others = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return {
    kind,
    json: content.json,
    schema:
      first === undefined
        ? passed('schema', 'The document is complete and follows the schema, the code lists and their rules.')
        : failed('schema', first.code, `${first.message}${others}`),
    faults,
  };
}

function take(
  seal: SealFindings,
  content: Content,
  judge: SignerJudge,
  circumstances: Circumstances,
): Omit<Verification, 'outcome'> {
  const { kind, json, faults } = content;
  const about = { kind, ...(json === undefined ? {} : { json }) };
  const { signerCertificate, signingTime } = seal;
  if (!seal.ok || signerCertificate === undefined || signingTime === undefined) {
    const reason = 'Not checked, because nothing in a document without a sound seal can be relied on.';
    return { ...about, steps: [...seal.steps, ...afterSeal(reason)], faults: [...seal.faults, ...faults] };
  }
  const signer = judgeSigner(judge, signerCertificate, signingTime, circumstances.at);
  const steps = [
    ...seal.steps,
    signer.step,
    judgeEntitlement(judge, signer, content, signingTime),
    content.schema,
    ...judgeContent(content, circumstances),
  ];
  return {
    ...about,
    steps,
    faults,
    signingTime,
    ...(signer.country === undefined ? {} : { signerCountry: signer.country }),
  };
}

function judgeSigner(judge: SignerJudge, certificate: X509Certificate, signingTime: Date, at: Date): SignerFinding {
  if (signingTime.getTime() > at.getTime() + CLOCK_TOLERANCE_IN_MILLISECONDS) {
    const reason = `The document says that it was sealed ${signingTime.toISOString()}, which is still to come.`;
    return { step: failed('signer-certificate', 'SEAL-SIGNING-TIME-IN-FUTURE', reason) };
  }
  return judge.certificate(certificate, signingTime);
}

function judgeEntitlement(
  judge: SignerJudge,
  signer: SignerFinding,
  content: Content,
  signingTime: Date,
): VerificationStep {
  const step = 'signer-authority';
  if (signer.country === undefined)
    return notChecked(step, 'Not checked, because it is not established who sealed it.');
  const { kind, json } = content;
  if (kind === null || json === undefined)
    return notChecked(step, 'Not checked, because the kind of document is unknown.');
  const claimed = countryOf(kind, json);
  if (claimed !== signer.country) {
    const reason = `The document speaks for ${shown(claimed)}, but was sealed by ${signer.country}.`;
    return failed(step, 'SIGNER-COUNTRY-DIFFERS', reason);
  }
  if (kind === 'application-response') return passed(step, `${signer.country} answers for itself.`);
  const scheme = json['scheme'];
  if (typeof scheme !== 'string') return notChecked(step, 'Not checked, because the agreement cannot be read.');
  return judge.authority({ country: signer.country, kind, scheme, at: signingTime });
}

/** The country in whose name a document speaks: the issuer of a certificate, the sender of an answer. */
function countryOf(kind: XmlKind, json: JsonObject): string | undefined {
  const side = json[kind === 'application-response' ? 'sender' : 'issuer'];
  const country = isObject(side) ? side['country'] : undefined;
  return typeof country === 'string' ? country : undefined;
}

function shown(country: string | undefined): string {
  return country === undefined ? 'no country' : country.slice(0, 20);
}

function judgeContent(content: Content, circumstances: Circumstances): VerificationStep[] {
  const { kind, json } = content;
  if (kind === null || json === undefined || content.schema.verdict !== 'passed') {
    const reason = 'Not checked, because the document does not follow the schema.';
    return [
      notChecked('agreement-and-validity', reason),
      notChecked('not-cancelled-and-quantity', reason),
      notChecked('addressed-to-us', reason),
    ];
  }
  return [
    judgeAgreement(kind, json, circumstances.at),
    judgeLedger(kind, circumstances.known),
    judgeAddressee(kind, json, circumstances.receivingCountry, circumstances.isGranted === true),
  ];
}

/** Whether one of the steps failed. */
export function hasFailed(steps: readonly VerificationStep[]): boolean {
  return steps.some((one) => one.verdict === 'failed');
}

/**
 * Whether everything passed that must have passed before a document counts as verified: all steps up to the schema, and
 * for a certificate the agreement. The other steps may lack what they need, and say so.
 */
export function isEstablished(found: Omit<Verification, 'outcome'>): boolean {
  const needed = found.steps.slice(0, found.kind === 'application-response' ? 5 : 6);
  return !hasFailed(found.steps) && needed.every((one) => one.verdict === 'passed');
}
