import type { KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateOfOrigin } from '../documents/types.ts';
import type { Content } from '../exchange/message/content.ts';
import type { Directory } from '../federation/directory.ts';
import type { Pool } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

/** What the issuing authority of this country says of itself on a certificate (Form D, box 12). */
export interface IssuingAuthority {
  /** As printed, such as `Department of Foreign Trade`. */
  readonly name: string;
  /** IANA zone in which the authority dates its certificates, such as `Asia/Bangkok`. */
  readonly timeZone: string;
  /** Offices that issue, at least one; the first is asked when an applicant names none. */
  readonly offices: readonly IssuingOffice[];
}

/** One office that issues certificates. */
export interface IssuingOffice {
  readonly code: string;
  readonly name: string;
  /** Town that stands on the endorsement. */
  readonly place: string;
}

/** The key with which this node seals its documents; asked anew each time, so that a rotation needs no restart. */
export interface SealingKey {
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate;
}

/** A sealed document on its way to another country's node. */
export interface OutgoingDocument {
  readonly toCountry: string;
  /** UCR: the conversation to which the message belongs. */
  readonly conversationId: string;
  readonly service: string;
  readonly action: string;
  readonly payloads: readonly { readonly contentType: 'application/xml'; readonly content: Content }[];
}

/** What the exchange does for issuance: queue a document in the transaction that makes it. */
export interface DocumentExchange {
  /** Composes the message and queues it in the given transaction; answers its AS4 message id. */
  send(transaction: Transaction, document: OutgoingDocument, now: Date): Promise<{ readonly messageId: string }>;
}

/** A document that another node delivered, in the transaction that keeps its message. */
export interface DeliveredMessage {
  readonly messageId: string;
  readonly fromCountry: string;
  readonly conversationId: string;
  readonly service: string;
  readonly action: string;
  readonly payloads: readonly { readonly contentType: string; readonly content: Content }[];
  readonly receivedAt: Date;
}

/** Whether a delivery was taken; what could not be read is answered where possible and left to the quarantine. */
export type Reception =
  | { readonly taken: true }
  | { readonly taken: false; readonly code: string; readonly reason: string };

/** What the ledger of certificates does for issuance (room ledger). */
export interface LedgerOfCertificates {
  /**
   * A certificate is being issued, in the transaction that keeps it: its quantity is allotted to the importing country, and
   * one issued back to back draws on the first.
   * @throws the refusal `BACK-TO-BACK-REFUSED`
   */
  certificateIssued(
    transaction: Transaction,
    issued: { readonly certificate: CertificateOfOrigin; readonly at: Date },
  ): Promise<void>;
  /** A delivered certificate was verified or refused, in the transaction that keeps it. */
  certificateSettled(transaction: Transaction, number: string, now: Date): Promise<void>;
}

/** All that issuance needs from outside. */
export interface IssuanceParts {
  /** ISO 3166-1 alpha-2 of this node's country. */
  readonly country: string;
  readonly authority: IssuingAuthority;
  /** The node's database, for what must not wait for the caller's transaction: series of numbers, attachments. */
  readonly pool: Pool;
  readonly sealingKey: () => SealingKey;
  /** The directory this node holds now; null while it has none. */
  readonly directory: () => Directory | null;
  readonly exchange: DocumentExchange;
  readonly ledger: LedgerOfCertificates;
  /** A new UUID. */
  readonly newId: () => string;
}

/** AS4 service of everything about certificates of origin. */
export const CERTIFICATE_SERVICE = 'urn:selat:service:certificate-of-origin';
/** AS4 action that carries a sealed CertificateOfOrigin. */
export const CERTIFICATE_ACTION = 'SendCertificate';
/** AS4 action that carries the sealed ApplicationResponse to one. */
export const RESPONSE_ACTION = 'SendApplicationResponse';

/** Stands where the number should, in the answer to a document whose number cannot be read. */
export const UNREADABLE_NUMBER = 'unreadable';
