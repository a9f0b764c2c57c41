import { actorOfEvent } from '../access/actor.ts';
import type { Fault } from '../documents/fault.ts';
import type { JsonObject } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import type { CertificateApplication, CertificateOfOrigin } from '../documents/types.ts';
import { validateDocument } from '../documents/validate.ts';
import { appendEvent } from '../store/log.ts';
import { type ApplicationRow, type SeenApplicationRow, stoodWithApplicant } from './application-queries.ts';
import { admitTransition, applicationView, makeTransition, seenApplication } from './applications.ts';
import { firmOf, refuseLongReason } from './apply.ts';
import type { Asked } from './asked.ts';
import { insertCertificate } from './certificate-queries.ts';
import { applicationFaults, faultyApplication, refuseFaults } from './draft-faults.ts';
import { issueTime, makeCertificate } from './make-certificate.ts';
import { nextSerial } from './number-series.ts';
import { CERTIFICATE_ACTION, type IssuanceParts, type IssuingOffice } from './ports.ts';
import { type SealedDocument, sealCertificate } from './sealed-document.ts';
import { sendDocument } from './send-document.ts';
import { summarise } from './summary.ts';
import type { ApplicationView, DecisionReason } from './views.ts';

/** Most reasons of one decision. */
const MOST_REASONS = 50;

/** Sends an application back to the applicant, who mends what the reasons say and submits it again. */
export async function returnForCorrection(
  asked: Asked,
  id: string,
  version: number,
  reasons: readonly DecisionReason[],
): Promise<ApplicationView> {
  return decideAgainst(asked, id, version, 'return', reasons);
}

/** Rejects an application for good. */
export async function rejectApplication(
  asked: Asked,
  id: string,
  version: number,
  reasons: readonly DecisionReason[],
): Promise<ApplicationView> {
  return decideAgainst(asked, id, version, 'reject', reasons);
}

/**
 * Approves an application and issues its certificate, all or nothing: checks again on the day of issue, gives a number,
 * makes the document, seals it, checks the seal, and keeps document, state, event and outgoing message together. The
 * computing is done before the application's row is touched; of two officers at once, one is told `CHANGED-MEANWHILE`.
 * @throws the refusals `FOUR-EYES`, `APPLICATION-FAULTY`, those of the table of transitions, `SEAL-NOT-GOOD`.
 */
export async function approveApplication(
  parts: IssuanceParts,
  asked: Asked,
  id: string,
  version: number,
  remarks?: string,
): Promise<ApplicationView> {
  const seen = await seenApplication(asked, id);
  const transition = admitTransition(seen, version, 'approve', 'issuing-office');
  await refuseOwnCase(asked, seen);
  const content = checkedAgain(parts, seen);
  const certificate = await certificateOnDayOfIssue(parts, asked, seen, content, remarks);
  const sealed = sealCertificate(parts, certificate, asked.now);
  const decision = { by: asked.actor.name, reasons: [], certificateNumber: certificate.number };
  const issued = await makeTransition(asked, seen, { ...transition, event: 'application.approved' }, { decision });
  await keepAndSend(parts, asked, issued, certificate, sealed);
  return applicationView(issued, asked.actor);
}

async function decideAgainst(
  asked: Asked,
  id: string,
  version: number,
  action: 'return' | 'reject',
  reasons: readonly DecisionReason[],
): Promise<ApplicationView> {
  const seen = await seenApplication(asked, id);
  const given = reasons.map((one) => ({ ...one, reason: one.reason.trim() })).filter((one) => one.reason !== '');
  const words = given.map((one) => (one.pointer ? `${one.pointer}: ${one.reason}` : one.reason)).join('\n');
  const transition = admitTransition(seen, version, action, 'issuing-office', words);
  await refuseOwnCase(asked, seen);
  if (given.length > MOST_REASONS) {
    throw new Refusal('invalid', 'TOO-MANY-REASONS', `A decision has at most ${MOST_REASONS} reasons.`);
  }
  for (const one of given) refuseLongReason(one.reason);
  const decision = { by: asked.actor.name, reasons: given };
  const decided = await makeTransition(asked, seen, transition, { decision }, { reason: words });
  return applicationView(decided, asked.actor);
}

/** Four eyes: whoever made or handed in an application, or belongs or once belonged to its firms, never decides on it (threats P2). */
async function refuseOwnCase(asked: Asked, row: SeenApplicationRow): Promise<void> {
  const { actor } = asked;
  const sameFirm = actor.firmId !== null && (actor.firmId === row.firm_id || actor.firmId === row.applicant_firm_id);
  const identifier = actor.firmIdentifier;
  const sameIdentifier =
    identifier !== null &&
    identifier.scheme === row.firm_identifier_scheme &&
    identifier.value === row.firm_identifier_value;
  const samePerson =
    actor.personId === row.created_by ||
    actor.personId === row.submitted_by ||
    (await stoodWithApplicant(asked.transaction, row, actor.personId));
  if (samePerson || sameFirm || sameIdentifier) {
    throw new Refusal(
      'not-allowed',
      'FOUR-EYES',
      'You are connected with the applicant. Somebody else at your office has to decide on this application.',
    );
  }
}

/** The application once more as it stands: code lists and the register of firms may have changed since it came in. */
function checkedAgain(parts: IssuanceParts, row: SeenApplicationRow): CertificateApplication {
  const faults = applicationFaults(parts.country, row.content, firmOf(row));
  const { content } = row;
  if (isFaultless(content, faults)) return content;
  throw faultyApplication(faults);
}

function isFaultless(content: JsonObject, faults: readonly Fault[]): content is CertificateApplication {
  return content !== null && faults.length === 0;
}

/** The certificate as it would be issued now, judged with the rules of the day of issue (retroactive, too late). */
async function certificateOnDayOfIssue(
  parts: IssuanceParts,
  asked: Asked,
  row: SeenApplicationRow,
  content: CertificateApplication,
  remarks: string | undefined,
): Promise<CertificateOfOrigin> {
  const { year } = issueTime(parts.authority, asked.now);
  const certificate = makeCertificate(content, {
    country: parts.country,
    authority: parts.authority,
    office: officeOf(parts, row.office),
    officer: asked.actor.name,
    ...(remarks === undefined ? {} : { remarks: remarks.normalize('NFC').trim() }),
    at: asked.now,
    serial: await nextSerial(asked.transaction, parts.pool, content.scheme, year),
  });
  refuseFaults(validateDocument('certificate-of-origin', certificate));
  return certificate;
}

function officeOf(parts: IssuanceParts, code: string): IssuingOffice {
  const office = parts.authority.offices.find((one) => one.code === code);
  if (office !== undefined) return office;
  throw new Refusal('conflict', 'OFFICE-UNKNOWN', `The office ${code} issues no certificates any more.`);
}

/** One transaction: the sealed bytes, the certificate, its event, and the message to the importing country. */
async function keepAndSend(
  parts: IssuanceParts,
  asked: Asked,
  row: ApplicationRow,
  certificate: CertificateOfOrigin,
  sealed: SealedDocument,
): Promise<void> {
  const sent = await sendDocument(parts, asked.transaction, asked.now, {
    toCountry: certificate.importingCountry,
    conversationId: certificate.consignmentReference,
    action: CERTIFICATE_ACTION,
    kind: 'certificate-of-origin',
    bytes: sealed.bytes,
  });
  await insertCertificate(asked.transaction, {
    id: parts.newId(),
    side: 'issuing',
    number: certificate.number,
    state: 'issued',
    summary: summarise(certificate),
    content: certificate,
    documentDigest: sent.digest,
    recordedAt: asked.now,
    issuedAt: asked.now,
    own: { outcome: 'verified', steps: sealed.steps },
    issuing: { applicationId: row.id, firmId: row.firm_id, office: row.office, messageId: sent.messageId },
  });
  await parts.ledger.certificateIssued(asked.transaction, { certificate, at: asked.now });
  await appendEvent(asked.transaction, {
    kind: 'certificate.issued',
    subject: certificate.number,
    conversation: certificate.consignmentReference,
    actor: actorOfEvent(asked.actor),
    occurredAt: asked.now,
    data: {
      applicationId: row.id,
      documentDigest: sent.digest,
      to: certificate.importingCountry,
      messageId: sent.messageId,
    },
  });
}
