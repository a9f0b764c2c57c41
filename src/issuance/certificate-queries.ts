import type { Actor } from '../access/actor.ts';
import type { JsonObject } from '../documents/json.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { UNREADABLE_NUMBER } from './ports.ts';
import type { CertificateState } from './states.ts';
import type { Summary } from './summary.ts';
import type { VerificationStepView } from './views.ts';
import { visibleApplications, visibleCertificates } from './visibility.ts';

/** A certificate as the table holds it; digests in hexadecimal. */
export interface CertificateRow {
  readonly id: string;
  readonly side: 'issuing' | 'importing';
  readonly number: string;
  readonly state: CertificateState;
  readonly scheme: string;
  readonly exporting_country: string;
  readonly importing_country: string;
  readonly consignment_reference: string;
  readonly document_digest: string;
  readonly content: JsonObject | null;
  readonly recorded_at: Date;
  readonly issued_at: Date | null;
  readonly own_outcome: 'verified' | 'refused';
  readonly own_steps: readonly VerificationStepView[];
  readonly own_checked_at: Date;
  readonly application_id: string | null;
  readonly office: string | null;
  readonly message_id: string | null;
  readonly receipted_at: Date | null;
  readonly receipt_id: string | null;
  readonly partner_outcome: 'verified' | 'refused' | null;
  readonly partner_steps: readonly VerificationStepView[] | null;
  readonly partner_answered_at: Date | null;
  readonly response_digest: string | null;
  readonly received_from: string | null;
  readonly received_message_id: string | null;
  readonly answer_message_id: string | null;
  readonly answer_receipted_at: Date | null;
}

/** A certificate that an actor sees, and whether they also see the application it came of. */
export interface SeenCertificateRow extends CertificateRow {
  readonly application_visible: boolean;
}

/** A row of a list. */
export type CertificateLineRow = Omit<CertificateRow, 'content' | 'own_steps' | 'partner_steps'>;

/** The columns of a row of a list, of the table as `c`. */
export const CERTIFICATE_LINE_COLUMNS = `c.id, c.side, c.number, c.state, c.scheme, c.exporting_country, c.importing_country,
  c.consignment_reference, encode(c.document_digest, 'hex') as document_digest, c.recorded_at, c.issued_at,
  c.own_outcome, c.own_checked_at, c.application_id, c.office, c.message_id, c.receipted_at, c.receipt_id, c.partner_outcome,
  c.partner_answered_at, encode(c.response_digest, 'hex') as response_digest, c.received_from, c.received_message_id,
  c.answer_message_id, c.answer_receipted_at`;
const columns = `${CERTIFICATE_LINE_COLUMNS}, c.content, c.own_steps, c.partner_steps`;

/** What is known of a certificate when it is issued or received. */
export interface NewCertificate {
  readonly id: string;
  readonly side: 'issuing' | 'importing';
  readonly number: string;
  readonly state: CertificateState;
  readonly summary: Summary;
  readonly content: JsonObject | null;
  readonly documentDigest: string;
  readonly recordedAt: Date;
  readonly issuedAt: Date | null;
  readonly own: { readonly outcome: 'verified' | 'refused'; readonly steps: readonly VerificationStepView[] };
  readonly issuing?: {
    readonly applicationId: string;
    readonly firmId: string;
    readonly office: string;
    readonly messageId: string | null;
  };
  readonly importing?: {
    readonly from: string;
    readonly messageId: string;
    readonly answerMessageId: string | null;
  };
}

/** Adds a certificate, in the transaction that keeps its sealed bytes. */
export async function insertCertificate(transaction: Transaction, certificate: NewCertificate): Promise<void> {
  const { summary, issuing, importing } = certificate;
  await transaction.query({
    name: 'insert-certificate',
    text: `insert into certificates (id, side, number, state, scheme, exporting_country, importing_country,
        consignment_reference, search_text, exporter_scheme, exporter_identifier, consignee_scheme,
        consignee_identifier, content, document_digest, recorded_at, issued_at, own_outcome, own_steps, own_checked_at,
        application_id, firm_id, office, message_id, received_from, received_message_id, answer_message_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, decode($15, 'hex'), $16, $17, $18, $19, $16,
        $20, $21, $22, $23, $24, $25, $26)`,
    values: [
      certificate.id,
      certificate.side,
      certificate.number,
      certificate.state,
      summary.scheme,
      summary.exportingCountry,
      summary.importingCountry,
      summary.consignmentReference,
      summary.searchText,
      summary.exporter.identifier?.scheme ?? null,
      summary.exporter.identifier?.value ?? null,
      summary.consignee.identifier?.scheme ?? null,
      summary.consignee.identifier?.value ?? null,
      certificate.content === null ? null : JSON.stringify(certificate.content),
      certificate.documentDigest,
      certificate.recordedAt,
      certificate.issuedAt,
      certificate.own.outcome,
      JSON.stringify(certificate.own.steps),
      issuing?.applicationId ?? null,
      issuing?.firmId ?? null,
      issuing?.office ?? null,
      issuing?.messageId ?? null,
      importing?.from ?? null,
      importing?.messageId ?? null,
      importing?.answerMessageId ?? null,
    ],
  });
}

/**
 * The certificate with this number if the actor sees it: the one in force before any that was refused, then the newest.
 */
export async function findCertificate(
  reader: Reader,
  actor: Actor,
  now: Date,
  number: string,
): Promise<SeenCertificateRow | undefined> {
  const visible = visibleCertificates(actor, now, 2);
  const application = visibleApplications(actor, now, 2 + visible.values.length);
  const { rows } = await reader.query<SeenCertificateRow>({
    name: `find-certificate-${visible.name}-${application.name}`,
    text: `select ${columns},
        exists (select 1 from applications a where a.id = c.application_id and ${application.sql}) as application_visible
      from certificates c where c.number = $1 and ${visible.sql}
      order by (c.state = 'refused'), c.recorded_at desc limit 1`,
    values: [number, ...visible.values, ...application.values],
  });
  return rows[0];
}

/**
 * The received certificates that a new delivery must be compared with: the same bytes, or the same number in force.
 * Deliveries of one number wait for each other until their transactions end.
 */
export async function findReceived(
  transaction: Transaction,
  documentDigest: string,
  number: string,
): Promise<CertificateRow[]> {
  await transaction.query({
    name: 'lock-certificate-number',
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 7352021))',
    values: [number],
  });
  const { rows } = await transaction.query<CertificateRow>({
    name: 'find-received-certificate',
    text: `select ${columns} from certificates c where c.side = 'importing'
      and (c.document_digest = decode($1, 'hex') or (c.number = $2 and c.state <> 'refused'))`,
    values: [documentDigest, number],
  });
  return rows;
}

/**
 * The certificate that this node issued with these sealed bytes, locked until the transaction ends. An answer to bytes
 * that could not be read has no number of ours; the digest alone says which document it is about.
 */
export async function findIssuedForAnswer(
  transaction: Transaction,
  number: string,
  documentDigest: string,
): Promise<CertificateRow | undefined> {
  const { rows } = await transaction.query<CertificateRow>({
    name: 'find-issued-certificate',
    text: `select ${columns} from certificates c where c.side = 'issuing' and c.document_digest = decode($1, 'hex')
      and $2 in (c.number, '${UNREADABLE_NUMBER}') for update`,
    values: [documentDigest, number],
  });
  return rows[0];
}

/** Keeps the partner's answer with the certificate it is about. */
export async function keepAnswer(
  transaction: Transaction,
  answer: {
    readonly certificateId: string;
    readonly outcome: 'verified' | 'refused';
    readonly steps: readonly VerificationStepView[];
    readonly at: Date;
    readonly responseDigest: string;
  },
): Promise<void> {
  await transaction.query({
    name: 'keep-partner-answer',
    text: `update certificates set partner_outcome = $2, partner_steps = $3, partner_answered_at = $4,
      response_digest = decode($5, 'hex') where id = $1`,
    values: [answer.certificateId, answer.outcome, JSON.stringify(answer.steps), answer.at, answer.responseDigest],
  });
}

/** Names the message with which an answer to a received certificate was sent (again). */
export async function keepAnswerMessage(
  transaction: Transaction,
  certificateId: string,
  messageId: string,
): Promise<void> {
  await transaction.query({
    name: 'keep-answer-message',
    text: 'update certificates set answer_message_id = $2, answer_receipted_at = null where id = $1',
    values: [certificateId, messageId],
  });
}

/** Keeps the verdict on a received certificate that was assessed again; the earlier one stands in the log. */
export async function keepNewVerdict(
  transaction: Transaction,
  certificateId: string,
  verdict: {
    readonly state: CertificateState;
    readonly steps: readonly VerificationStepView[];
    readonly at: Date;
    readonly from: string;
    readonly messageId: string;
  },
): Promise<void> {
  await transaction.query({
    name: 'keep-new-verdict',
    text: `update certificates set state = $2, own_outcome = 'verified', own_steps = $3, own_checked_at = $4,
      received_from = $5, received_message_id = $6 where id = $1`,
    values: [certificateId, verdict.state, JSON.stringify(verdict.steps), verdict.at, verdict.from, verdict.messageId],
  });
}

/** Notes the receipt of a certificate's message: issued becomes delivered. Undefined when it was noted before. */
export async function noteDelivery(
  transaction: Transaction,
  messageId: string,
  at: Date,
  receiptId: string | null,
): Promise<{ number: string; consignment_reference: string; importing_country: string } | undefined> {
  const { rows } = await transaction.query<{
    number: string;
    consignment_reference: string;
    importing_country: string;
  }>({
    name: 'note-certificate-delivery',
    text: `update certificates set receipted_at = $2, receipt_id = $3, state = case when state = 'issued' then 'delivered' else state end
      where message_id = $1 and receipted_at is null returning number, consignment_reference, importing_country`,
    values: [messageId, at, receiptId],
  });
  return rows[0];
}

/** Notes the receipt of our answer's message. Undefined when it was noted before or is none of ours. */
export async function noteAnswerDelivery(
  transaction: Transaction,
  messageId: string,
  at: Date,
): Promise<
  { number: string; consignment_reference: string; received_from: string; document_digest: string } | undefined
> {
  const { rows } = await transaction.query<{
    number: string;
    consignment_reference: string;
    received_from: string;
    document_digest: string;
  }>({
    name: 'note-answer-delivery',
    text: `update certificates set answer_receipted_at = $2 where answer_message_id = $1 and answer_receipted_at is null
      returning number, consignment_reference, received_from, encode(document_digest, 'hex') as document_digest`,
    values: [messageId, at],
  });
  return rows[0];
}
