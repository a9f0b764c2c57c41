import type { KeyObject, X509Certificate } from 'node:crypto';
import type { PaperKind, PaperOfKind } from '../documents/paper-types.ts';
import type { DeliveryOutcome, OutgoingDocument } from '../exchange/ports.ts';
import type { Directory } from '../federation/directory.ts';
import type { Transaction } from '../store/transaction.ts';

/** AS4 service of everything that nodes tell each other by paper; the action is the kind of paper. */
export const CORRESPONDENCE_SERVICE = 'urn:selat:service:correspondence';

/** The kinds of paper, which are the actions of the service. */
export const PAPER_KINDS: readonly PaperKind[] = [
  'export-declaration-notice',
  'origin-query',
  'origin-answer',
  'origin-determination',
  'consignment-events',
  'paper-answer',
];

/** A file that goes with a paper, which binds it by its digest. */
export interface PaperAttachment {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** How a paper is to go. */
export interface PaperPost {
  /** ISO 3166-1 alpha-2. */
  readonly to: string;
  readonly attachments?: readonly PaperAttachment[];
  /** Whether it must arrive after the earlier papers of its consignment that say the same. */
  readonly inOrder?: boolean;
}

/** A paper that a partner sent and whose seal holds. */
export interface ReceivedPaper<K extends PaperKind> {
  /** Id of its row in `papers`. */
  readonly paperId: string;
  readonly paper: PaperOfKind[K];
  readonly fromCountry: string;
  readonly attachments: readonly PaperAttachment[];
  readonly messageId: string;
  readonly receivedAt: Date;
}

/**
 * Takes a paper into its journey, in the transaction that keeps its message. `taken: false` is answered to the partner
 * and leaves the message in the quarantine.
 */
export type PaperHandler<K extends PaperKind> = (
  transaction: Transaction,
  received: ReceivedPaper<K>,
) => Promise<DeliveryOutcome>;

/** Which journey takes which kind of paper; a kind without one is refused. */
export type PaperHandlers = { readonly [K in Exclude<PaperKind, 'paper-answer'>]?: PaperHandler<K> };

/** All that correspondence needs from outside. */
export interface CorrespondenceParts {
  /** ISO 3166-1 alpha-2 of this node's country. */
  readonly country: string;
  readonly sealingKey: () => { readonly privateKey: KeyObject; readonly certificate: X509Certificate };
  /** The directory this node holds now; null while it has none. */
  readonly directory: () => Directory | null;
  readonly exchange: {
    send(transaction: Transaction, document: OutgoingDocument, now: Date): Promise<{ readonly messageId: string }>;
  };
  /** Asked at each delivery, so that journeys may be put together after this one. */
  readonly handlers: () => PaperHandlers;
  /** A new UUID. */
  readonly newId: () => string;
}
