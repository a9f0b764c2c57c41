import type { Actor } from '../access/actor.ts';
import type { PaperContent, PaperKind } from '../documents/paper-types.ts';
import type { SchemeId } from '../documents/types.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

/** A declaration that an officer asks about. */
export interface QueriedCase {
  readonly declarationId: string;
  readonly movementReference: string;
  /** Numbers of the certificates of origin that it refers to. */
  readonly certificateNumbers: readonly string[];
}

/** A certificate of origin that this node holds. */
export interface QueriedCertificate {
  readonly number: string;
  readonly scheme: SchemeId;
  /** SHA-256, hexadecimal, of the sealed bytes. */
  readonly documentDigest: string;
  readonly issuingCountry: string;
  readonly importingCountry: string;
  readonly consignmentReference: string;
  /** Code of the office that issued it; null on the importing side. */
  readonly office: string | null;
  readonly itemNumbers: readonly number[];
}

/** All that origin queries need from outside. */
export interface OriginQueryParts {
  /** ISO 3166-1 alpha-2 of this node's country. */
  readonly country: string;
  readonly correspondence: {
    send<K extends PaperKind>(
      transaction: Transaction,
      kind: K,
      content: PaperContent<K>,
      post: { readonly to: string; readonly inOrder?: boolean },
      now: Date,
    ): Promise<{ readonly paperId: string; readonly messageId: string | null }>;
  };
  /** The declaration if the actor sees it; throws a refusal `not-found` otherwise. */
  findCase(reader: Reader, actor: Actor, now: Date, movementReference: string): Promise<QueriedCase>;
  /** The certificate that this node issued, or received and verified, with this number. */
  findCertificate(
    reader: Reader,
    side: 'issuing' | 'importing',
    number: string,
  ): Promise<QueriedCertificate | undefined>;
  /** Tells clearance that a query was put, in the transaction that keeps it. */
  asked(
    transaction: Transaction,
    question: { readonly declarationId: string; readonly queryId: string; readonly certificateNumber: string },
    now: Date,
  ): Promise<void>;
  /** Tells clearance that an answer came, in the transaction that keeps it. */
  answered(
    transaction: Transaction,
    answer: {
      readonly declarationId: string;
      readonly queryId: string;
      readonly certificateNumber: string;
      /** Whether all of it was confirmed. */
      readonly confirmed: boolean;
      readonly words: string;
    },
    now: Date,
  ): Promise<void>;
  /** A new UUID. */
  readonly newId: () => string;
}
