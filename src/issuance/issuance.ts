import type { Readable } from 'node:stream';
import type { Fault } from '../documents/fault.ts';
import type { JsonValue } from '../documents/json.ts';
import { sweepPieces } from '../store/file-pieces.ts';
import type { Transaction } from '../store/transaction.ts';
import {
  amendApplication,
  checkApplication,
  createApplication,
  readApplication,
  submitApplication,
  withdrawApplication,
} from './apply.ts';
import type { Asked } from './asked.ts';
import { ATTACHMENT_PIECES } from './attachment-queries.ts';
import { addAttachment, listAttachments, openAttachment } from './attachments.ts';
import {
  applicationHistory,
  certificateHistory,
  readCertificate,
  readSealedBytes,
  readVerification,
} from './certificates.ts';
import { approveApplication, rejectApplication, returnForCorrection } from './decide.ts';
import { listApplications, listCertificates } from './lists.ts';
import { issueTime } from './make-certificate.ts';
import { type NotedUse, noteUse } from './note-use.ts';
import { prepareSeries } from './number-series.ts';
import type { DeliveredMessage, IssuanceParts, Reception } from './ports.ts';
import { type NotedReceipt, noteReceipt, receiveMessage } from './receive.ts';
import { receiveGranted } from './receive-certificate.ts';
import type {
  ApplicationLine,
  ApplicationView,
  AttachmentView,
  CertificateLine,
  CertificateView,
  DecisionReason,
  HistoryView,
  Page,
  VerificationView,
} from './views.ts';

/**
 * Certificates of origin, both sides. Every operation throws a `Refusal` when it does not do what was asked; what the
 * actor may not see does not exist for them (`not-found`). `version` is the one the actor saw (If-Match); another one
 * in the database is refused as `changed-meanwhile`.
 */
export interface Issuance {
  /** Every fault an application would be refused for; stores nothing. */
  check(asked: Asked, content: JsonValue, principalFirmId?: string): Promise<readonly Fault[]>;
  create(
    asked: Asked,
    request: { readonly content: JsonValue; readonly principalFirmId?: string; readonly office?: string },
  ): Promise<ApplicationView>;
  amend(asked: Asked, id: string, version: number, content: JsonValue): Promise<ApplicationView>;
  submit(asked: Asked, id: string, version: number): Promise<ApplicationView>;
  withdraw(asked: Asked, id: string, version: number, reason: string): Promise<ApplicationView>;
  returnForCorrection(
    asked: Asked,
    id: string,
    version: number,
    reasons: readonly DecisionReason[],
  ): Promise<ApplicationView>;
  reject(asked: Asked, id: string, version: number, reasons: readonly DecisionReason[]): Promise<ApplicationView>;
  approve(asked: Asked, id: string, version: number, remarks?: string): Promise<ApplicationView>;
  readApplication(asked: Asked, id: string): Promise<ApplicationView>;
  listApplications(asked: Asked, query: Readonly<Record<string, string>>): Promise<Page<ApplicationLine>>;
  applicationHistory(asked: Asked, id: string): Promise<HistoryView>;

  addAttachment(
    asked: Asked,
    id: string,
    attachment: { readonly name: string; readonly contentType: string; readonly bytes: Readable },
  ): Promise<AttachmentView>;
  listAttachments(asked: Asked, id: string): Promise<readonly AttachmentView[]>;
  openAttachment(
    asked: Asked,
    id: string,
    attachmentId: string,
  ): Promise<{ readonly attachment: AttachmentView; readonly bytes: Readable }>;

  listCertificates(asked: Asked, query: Readonly<Record<string, string>>): Promise<Page<CertificateLine>>;
  readCertificate(asked: Asked, number: string): Promise<CertificateView>;
  readDocument(asked: Asked, number: string): Promise<Buffer>;
  readVerification(asked: Asked, number: string): Promise<VerificationView>;
  certificateHistory(asked: Asked, number: string): Promise<HistoryView>;

  /** Takes what a partner delivered, in the transaction that keeps the message; given to the exchange as `deliver`. */
  receive(transaction: Transaction, message: DeliveredMessage): Promise<Reception>;
  /** Takes a certificate that came with a grant of the issuing country, after the ledger verified the grant. */
  receiveGranted(transaction: Transaction, message: DeliveredMessage, bytes: Uint8Array): Promise<Reception>;
  /** Notes how much of a certificate is used, as the ledger found: in its state and its history. */
  noteUse(transaction: Transaction, use: NotedUse): Promise<void>;
  /** Notes that the partner's node receipted a message; given to the exchange. */
  receipted(transaction: Transaction, receipt: NotedReceipt): Promise<void>;

  /** Makes the series of numbers of this year and the next, and sweeps uploads that broke off; at start and daily. */
  keepHouse(now: Date): Promise<void>;
}

/** Puts the certificates of one node together. */
export function createIssuance(parts: IssuanceParts): Issuance {
  return {
    check: (asked, content, firm) => checkApplication(parts, asked, content, firm),
    create: (asked, request) => createApplication(parts, asked, request),
    amend: (asked, id, version, content) => amendApplication(parts, asked, id, version, content),
    submit: (asked, id, version) => submitApplication(parts, asked, id, version),
    withdraw: withdrawApplication,
    returnForCorrection,
    reject: rejectApplication,
    approve: (asked, id, version, remarks) => approveApplication(parts, asked, id, version, remarks),
    readApplication: (asked, id) => readApplication(parts, asked, id),
    listApplications,
    applicationHistory,
    addAttachment: (asked, id, upload) => addAttachment(parts, asked, id, upload),
    listAttachments,
    openAttachment: (asked, id, attachmentId) => openAttachment(parts, asked, id, attachmentId),
    listCertificates,
    readCertificate,
    readDocument: readSealedBytes,
    readVerification,
    certificateHistory,
    receive: (transaction, message) => receiveMessage(parts, transaction, message),
    receiveGranted: (transaction, message, bytes) => receiveGranted(parts, transaction, message, bytes),
    noteUse: (transaction, use) => noteUse(parts, transaction, use),
    receipted: (transaction, receipt) => noteReceipt(parts, transaction, receipt),
    async keepHouse(now) {
      const { year } = issueTime(parts.authority, now);
      await prepareSeries(parts.pool, year);
      await prepareSeries(parts.pool, year + 1);
      await sweepPieces(parts.pool, ATTACHMENT_PIECES);
    },
  };
}
