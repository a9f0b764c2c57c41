import { readDocument } from '../store/documents.ts';
import { eventsOf, type StoredEvent } from '../store/log.ts';
import { notFound, seenApplication } from './applications.ts';
import type { Asked } from './asked.ts';
import { type CertificateLineRow, findCertificate, type SeenCertificateRow } from './certificate-queries.ts';
import { member } from './summary.ts';
import type { CertificateLine, CertificateView, HistoryEntry, HistoryView, VerificationView } from './views.ts';
import { waitsOf } from './waits.ts';

const numberForm = /^[!-~]{1,70}$/;

/** The certificate with this number as the actor sees it, in JSON form. */
export async function readCertificate(asked: Asked, number: string): Promise<CertificateView> {
  const row = await seenCertificate(asked, number);
  return { ...certificateLine(row), content: row.content };
}

/** The sealed bytes, exactly as they were made or received. */
export async function readSealedBytes(asked: Asked, number: string): Promise<Buffer> {
  const row = await seenCertificate(asked, number);
  const document = await readDocument(asked.transaction, row.document_digest);
  if (document === undefined) throw new Error(`the document ${row.document_digest} is not in the store`);
  return document.bytes;
}

/** This node's verdict step by step and, on the issuing side, the partner's answer once it came. */
export async function readVerification(asked: Asked, number: string): Promise<VerificationView> {
  const row = await seenCertificate(asked, number);
  return {
    number: row.number,
    documentDigest: row.document_digest,
    own: { outcome: row.own_outcome, at: row.own_checked_at.toISOString(), steps: row.own_steps },
    ...partnersVerdict(row),
  };
}

/**
 * What happened to a certificate and who waited for whom. The steps of the application before it are shown to those
 * who see the application; on the importing side the issue is told as the document itself states it.
 */
export async function certificateHistory(asked: Asked, number: string): Promise<HistoryView> {
  const row = await seenCertificate(asked, number);
  const subjects = row.application_visible && row.application_id !== null ? [row.application_id, number] : [number];
  const events = (await eventsOf(asked.transaction, subjects)).filter((event) => isAbout(event, row));
  const entries = row.side === 'importing' ? [...issueAsStated(row), ...events.map(entry)] : events.map(entry);
  return { entries, waits: waitsOf(entries, asked.now, row.side === 'issuing' && row.message_id === null) };
}

/** What happened to an application, and to the certificate that came of it. */
export async function applicationHistory(asked: Asked, id: string): Promise<HistoryView> {
  const row = await seenApplication(asked, id);
  const subjects = row.certificate_number === null ? [id] : [id, row.certificate_number];
  const events = await eventsOf(asked.transaction, subjects);
  const issued = events.find((event) => event.kind === 'certificate.issued');
  const nowhere = issued !== undefined && member(issued.data, 'messageId') === null;
  const entries = events.map(entry);
  return { entries, waits: waitsOf(entries, asked.now, nowhere) };
}

/** The certificate as one line of a list. */
export function certificateLine(row: CertificateLineRow): CertificateLine {
  return {
    number: row.number,
    side: row.side,
    state: row.state,
    scheme: row.scheme,
    exportingCountry: row.exporting_country,
    importingCountry: row.importing_country,
    consignmentReference: row.consignment_reference,
    documentDigest: row.document_digest,
    ...(row.issued_at === null ? {} : { issuedAt: row.issued_at.toISOString() }),
    ...(row.side === 'importing' ? { receivedAt: row.recorded_at.toISOString() } : {}),
    ...(row.application_id === null ? {} : { applicationId: row.application_id }),
    ...(row.side === 'issuing' ? { delivery: deliveryOf(row) } : {}),
  };
}

function deliveryOf(row: CertificateLineRow): NonNullable<CertificateLine['delivery']> {
  if (row.message_id === null) return { status: 'no-node' };
  return {
    status: row.receipted_at === null ? 'queued' : 'receipted',
    messageId: row.message_id,
    ...(row.receipt_id === null ? {} : { receiptId: row.receipt_id }),
  };
}

async function seenCertificate(asked: Asked, number: string): Promise<SeenCertificateRow> {
  const row = numberForm.test(number)
    ? await findCertificate(asked.transaction, asked.actor, asked.now, number)
    : undefined;
  if (row === undefined) throw notFound('certificate');
  return row;
}

function partnersVerdict(row: SeenCertificateRow): Pick<VerificationView, 'partner'> {
  const { partner_outcome: outcome, partner_steps: steps, partner_answered_at: at, response_digest: digest } = row;
  if (outcome === null || steps === null || at === null || digest === null) return {};
  const country = row.importing_country;
  return { partner: { outcome, at: at.toISOString(), steps, country, responseDigest: digest } };
}

/** Events of another document that came under the same number are not this one's history. */
function isAbout(event: StoredEvent, row: SeenCertificateRow): boolean {
  const digest = member(event.data, 'documentDigest');
  return row.side === 'issuing' || digest === row.document_digest;
}

function entry(event: StoredEvent): HistoryEntry {
  return {
    at: event.occurredAt.toISOString(),
    kind: event.kind,
    by: { name: event.actor.name, role: event.actor.role },
    ...(event.reason === undefined ? {} : { reason: event.reason }),
  };
}

function issueAsStated(row: SeenCertificateRow): HistoryEntry[] {
  const authority = member(member(row.content ?? undefined, 'issuer'), 'authority');
  if (row.issued_at === null || typeof authority !== 'string') return [];
  return [{ at: row.issued_at.toISOString(), kind: 'certificate.issued', by: { name: authority, role: 'node' } }];
}
