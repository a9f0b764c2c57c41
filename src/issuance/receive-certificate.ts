import type { JsonObject } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { storeDocument } from '../store/documents.ts';
import { appendEvent, type EventActor } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import { type Verification, verifyDocument } from '../verification/verify-document.ts';
import { answerDelivery } from './answer.ts';
import {
  type CertificateRow,
  findReceived,
  insertCertificate,
  keepAnswerMessage,
  keepNewVerdict,
} from './certificate-queries.ts';
import { nodeActor, partnerActor } from './node-actors.ts';
import type { DeliveredMessage, IssuanceParts, Reception } from './ports.ts';
import { judgeTransition, type Transition } from './states.ts';
import { member, summarise } from './summary.ts';
import type { VerificationStepView } from './views.ts';

/** A delivered document after verification, with what it says of itself as far as it could be read. */
interface ReadCertificate {
  readonly digest: string;
  readonly number: string;
  readonly content: JsonObject;
  readonly steps: readonly VerificationStepView[];
  /** Every step that must have passed did: what was not checked is never taken for good. */
  readonly established: boolean;
}

/**
 * Takes a delivered certificate of origin in the transaction that keeps its message: keeps the bytes as they came,
 * verifies them, notes verdict and state, and answers with a sealed ApplicationResponse.
 * The same bytes once more get the same answer; other bytes under a number that is in force here are refused. A
 * document that cannot be read is answered too and left to the quarantine.
 */
export async function receiveCertificate(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
  payload: Uint8Array,
): Promise<Reception> {
  const arrival = await takeDelivered(parts, transaction, message, payload, 'addressed');
  if (arrival.number !== undefined)
    await parts.ledger.certificateSettled(transaction, arrival.number, message.receivedAt);
  return arrival.reception;
}

/**
 * Takes a certificate that came with a grant of the issuing country, which the ledger verified: it may be addressed to
 * another country. It is kept and verified as any other; the answer to it is the ledger's own report, and what follows for
 * declarations is the ledger's part.
 */
export async function receiveGranted(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
  payload: Uint8Array,
): Promise<Reception> {
  return (await takeDelivered(parts, transaction, message, payload, 'granted')).reception;
}

/** What became of a delivery, with the number of a certificate that came for the first time. */
interface Arrival {
  readonly reception: Reception;
  readonly number?: string;
}

async function takeDelivered(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
  payload: Uint8Array,
  how: 'addressed' | 'granted',
): Promise<Arrival> {
  const directory = parts.directory();
  if (directory === null) {
    throw new Refusal('unavailable', 'DIRECTORY-MISSING', 'This node has no directory to judge the document by.');
  }
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const verification = verifyDocument(bytes, {
    directory,
    at: message.receivedAt,
    receivingCountry: parts.country,
    isGranted: how === 'granted',
    // It comes for the first time, so the ledger opens with all of its quantity.
    known: { cancelled: false, quantityLeft: true },
  });
  const content = verification.json;
  const number = member(content, 'number');
  const readable = verification.kind === 'certificate-of-origin' && content !== undefined && isNumber(number);
  const digest = await storeDocument(transaction, {
    kind: readable ? 'certificate-of-origin' : 'unknown',
    contentType: 'application/xml',
    bytes,
  });
  if (!readable) return { reception: await answerUnreadable(parts, transaction, message, digest, verification.steps) };
  const read: ReadCertificate = { digest, number, content, ...judged(verification) };
  const known = await findReceived(transaction, digest, number);
  const same = known.find((one) => one.document_digest === digest);
  if (same !== undefined && how === 'granted')
    return { reception: await assessAgain(parts, transaction, message, same, { read, known }) };
  if (same !== undefined) return { reception: await answerAgain(parts, transaction, message, same) };
  await takeNew(parts, transaction, message, read, { numberTaken: known.length > 0, isAnswered: how === 'addressed' });
  return { reception: { taken: true }, number };
}

/** A refusal always has a step that failed: where none did, what could not be checked is the reason. */
function judged(verification: Verification): Pick<ReadCertificate, 'steps' | 'established'> {
  const established = verification.outcome === 'verified';
  const { steps } = verification;
  if (established || steps.some((one) => one.verdict === 'failed')) return { steps, established };
  const reason = 'A step that is needed could not be checked, so the document is not established as genuine.';
  return {
    steps: [...steps, { step: 'established', verdict: 'failed', reason, code: 'NOT-ESTABLISHED' }],
    established,
  };
}

function isNumber(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,70}$/.test(value);
}

async function takeNew(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
  read: ReadCertificate,
  how: { readonly numberTaken: boolean; readonly isAnswered: boolean },
): Promise<void> {
  const steps = [...read.steps, ...deliverySteps(message, read.content, how.numberTaken)];
  const reasons = reasonsOf(steps);
  const outcome = reasons.length === 0 && read.established ? 'verified' : 'refused';
  const transition = transitionTo(outcome, reasons.join('\n'));
  const about = { number: read.number, documentDigest: read.digest, content: read.content, outcome, steps } as const;
  const answerMessageId = how.isAnswered ? await answerDelivery(parts, transaction, message, about) : null;
  await insertCertificate(transaction, {
    id: parts.newId(),
    side: 'importing',
    number: read.number,
    state: transition.to,
    summary: summarise(read.content),
    content: read.content,
    documentDigest: read.digest,
    recordedAt: message.receivedAt,
    issuedAt: issuedAt(read.content),
    own: { outcome, steps },
    importing: { from: message.fromCountry, messageId: message.messageId, answerMessageId },
  });
  const received = { kind: 'certificate.received', actor: partnerActor(parts, message.fromCountry) };
  await noteEvent(transaction, message, read, { ...received, data: { messageId: message.messageId } });
  const judged = { kind: transition.event, actor: nodeActor(parts), reasons };
  await noteEvent(transaction, message, read, { ...judged, data: { answerMessageId } });
}

function transitionTo(outcome: 'verified' | 'refused', reason: string): Transition {
  const judged = judgeTransition('importing', 'received', outcome === 'verified' ? 'verify' : 'refuse', 'node', reason);
  if (!judged.ok) throw new Error(judged.message);
  return judged.transition;
}

function reasonsOf(steps: readonly VerificationStepView[]): string[] {
  return steps.filter((one) => one.verdict === 'failed').map((one) => one.reason);
}

/** What only the delivery shows: who brought the document, and whether its number is in force with other bytes. */
function deliverySteps(message: DeliveredMessage, content: JsonObject, numberTaken: boolean): VerificationStepView[] {
  const issuer = member(member(content, 'issuer'), 'country');
  const byIssuer: VerificationStepView =
    issuer === message.fromCountry
      ? { step: 'delivered-by-issuer', verdict: 'passed', reason: 'The issuing country itself delivered it.' }
      : {
          step: 'delivered-by-issuer',
          verdict: 'failed',
          reason: `It was delivered by ${message.fromCountry}, which did not issue it.`,
          code: 'DELIVERED-BY-OTHER-COUNTRY',
        };
  const unique: VerificationStepView = numberTaken
    ? {
        step: 'number-unique',
        verdict: 'failed',
        reason: 'Another document with this number was received and verified before; a number is given once.',
        code: 'NUMBER-HAS-OTHER-DOCUMENT',
      }
    : { step: 'number-unique', verdict: 'passed', reason: 'No other document with this number is in force here.' };
  return [byIssuer, unique];
}

/** The same bytes came before: they may have been refused as long as nothing was granted. */
async function assessAgain(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
  same: CertificateRow,
  now: { readonly read: ReadCertificate; readonly known: readonly CertificateRow[] },
): Promise<Reception> {
  if (same.state !== 'refused') return { taken: true };
  const { read, known } = now;
  const numberTaken = known.some(({ id, state }) => id !== same.id && state !== 'refused');
  const steps = [...read.steps, ...deliverySteps(message, read.content, numberTaken)];
  const reasons = reasonsOf(steps);
  if (reasons.length > 0 || !read.established)
    return { taken: false, code: 'CERTIFICATE-STILL-REFUSED', reason: reasons.join(' ').slice(0, 1000) };
  const judged = judgeTransition('importing', same.state, 'assess-again', 'node');
  if (!judged.ok) throw new Error(judged.message);
  await keepNewVerdict(transaction, same.id, {
    state: judged.transition.to,
    steps,
    at: message.receivedAt,
    from: message.fromCountry,
    messageId: message.messageId,
  });
  const actor = nodeActor(parts);
  await noteEvent(transaction, message, read, { kind: judged.transition.event, actor, data: {} });
  return { taken: true };
}

async function answerAgain(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
  known: CertificateRow,
): Promise<Reception> {
  const answerMessageId = await answerDelivery(parts, transaction, message, {
    number: known.number,
    documentDigest: known.document_digest,
    content: known.content,
    outcome: known.own_outcome,
    steps: known.own_steps,
  });
  if (answerMessageId !== null && message.fromCountry === known.received_from) {
    await keepAnswerMessage(transaction, known.id, answerMessageId);
  }
  const read = { number: known.number, digest: known.document_digest, content: known.content };
  await noteEvent(transaction, message, read, {
    kind: 'certificate.received-again',
    actor: partnerActor(parts, message.fromCountry),
    data: { messageId: message.messageId, answerMessageId },
  });
  return { taken: true };
}

async function answerUnreadable(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
  digest: string,
  steps: readonly VerificationStepView[],
): Promise<Reception> {
  const failed = steps.filter((one) => one.verdict === 'failed');
  const told: readonly VerificationStepView[] =
    failed.length > 0
      ? steps
      : [{ step: 'schema', verdict: 'failed', reason: 'This is no certificate of origin.', code: 'KIND-UNEXPECTED' }];
  const about = { number: null, documentDigest: digest, content: null, outcome: 'refused', steps: told } as const;
  const answerMessageId = await answerDelivery(parts, transaction, message, about);
  const reasons = reasonsOf(told);
  await noteEvent(
    transaction,
    message,
    { number: `document ${digest}`, digest, content: null },
    { kind: 'certificate.refused', actor: nodeActor(parts), reasons, data: { answerMessageId } },
  );
  return { taken: false, code: 'CERTIFICATE-UNREADABLE', reason: reasons.join(' ').slice(0, 1000) };
}

/** The event stands under the consignment that the document names, and under that of the message where it names none. */
async function noteEvent(
  transaction: Transaction,
  message: DeliveredMessage,
  read: { readonly number: string; readonly digest: string; readonly content: JsonObject | null },
  event: {
    readonly kind: string;
    readonly actor: EventActor;
    readonly reasons?: readonly string[];
    readonly data: JsonObject;
  },
): Promise<void> {
  const { consignmentReference } = summarise(read.content ?? {});
  await appendEvent(transaction, {
    kind: event.kind,
    subject: read.number,
    conversation: consignmentReference === '' ? message.conversationId : consignmentReference,
    actor: event.actor,
    occurredAt: message.receivedAt,
    reason: event.reasons === undefined || event.reasons.length === 0 ? undefined : event.reasons.join('\n'),
    data: { documentDigest: read.digest, ...event.data },
  });
}

function issuedAt(content: JsonObject): Date | null {
  const at = new Date(`${String(content['issueDate'])}T${String(content['issueTime'])}`);
  return Number.isNaN(at.getTime()) ? null : at;
}
