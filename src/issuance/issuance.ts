import type { Readable } from 'node:stream';
import type { Actor } from '../access/actor.ts';
import type { Fault } from '../documents/fault.ts';
import type { JsonValue } from '../documents/json.ts';
import type { Transaction } from '../store/transaction.ts';
import type { DeliveredMessage, IssuanceParts } from './ports.ts';
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

/** Who asks, when, and in which transaction (for reading: any connection of the same type). */
export interface Asked {
  readonly transaction: Transaction;
  readonly actor: Actor;
  readonly now: Date;
}

/**
 * Certificates of origin, both sides. Every operation throws a `Refusal` when it does not do what was asked; what the
 * actor may not see does not exist for them (`not-found`). `version` is the one the actor saw (If-Match); another one
 * in the database is refused as `changed-meanwhile`.
 */
export interface Issuance {
  /** Every fault an application would be refused for; stores nothing. */
  check(content: JsonValue): readonly Fault[];
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
  receive(transaction: Transaction, message: DeliveredMessage): Promise<void>;
  /** Notes that the partner's node receipted a message; given to the exchange. */
  receipted(transaction: Transaction, receipt: { readonly messageId: string; readonly at: Date }): Promise<void>;
}

export type { IssuanceParts };
