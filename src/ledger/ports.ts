import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Actor } from '../access/actor.ts';
import type { DeclarationFacts, DocumentFacts, ItemFacts } from '../documents/declaration/facts.ts';
import type { CertificateOfOrigin } from '../documents/types.ts';
import type { Content } from '../exchange/message/content.ts';
import type { Directory } from '../federation/directory.ts';
import type { Pool } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

/** AS4 service of everything about the use of certificates of origin. */
export const CERTIFICATE_USE_SERVICE = 'urn:selat:service:certificate-use';
/** From the importing to the issuing country: how much was used (ATIGA OCP rule 30.2, Customs Response). */
export const REPORT_ACTION = 'ReportUse';
/** From the importing to the issuing country: how much was used, and that a part of the allotment is given back. */
export const RETURN_ACTION = 'ReturnAllotment';
/** From the issuing country: how much a country may use; the sealed certificate travels along. */
export const GRANT_ACTION = 'GrantAllotment';

/** How a reference to a certificate stands for a declaration. */
export type UseState = 'awaited' | 'reserved' | 'written-off' | 'given-back' | 'refused';

/** One reference of a goods item to a certificate, as the ledger judged it. */
export interface Use {
  readonly id: string;
  readonly itemSequence: number;
  readonly certificateNumber: string;
  readonly certificateItem: number | null;
  /** In the unit of the certificate's item once that is found, else as claimed. */
  readonly quantity: { readonly value: string; readonly unit: string } | null;
  readonly state: UseState;
  readonly code: string | null;
  readonly reason: string;
}

/** What of a declaration's facts the ledger reads. */
export interface ClaimFacts extends Pick<DeclarationFacts, 'importer' | 'exporter' | 'consignmentReference'> {
  readonly items: readonly ClaimItem[];
}

export type ClaimItem = Pick<
  ItemFacts,
  | 'sequence'
  | 'commodityCode'
  | 'originCountry'
  | 'preferentialOriginCountry'
  | 'netMass'
  | 'tariffQuantity'
  | 'documents'
>;

/** What the ledger needs of a declaration. */
export interface Claim {
  readonly declarationId: string;
  readonly movementReference: string;
  readonly facts: ClaimFacts;
  readonly importerIdentifier: string | null;
  /** It is being lodged: nothing can have been set aside for it before. */
  readonly isNew?: true;
}

/** A certificate as the journey of certificates shows it to an actor. */
export interface SeenCertificate {
  readonly number: string;
  readonly side: 'issuing' | 'importing';
  readonly state: string;
  readonly exportingCountry: string;
  readonly importingCountry: string;
}

/** Who asks, when, and in which transaction. */
export interface Asked {
  readonly transaction: Transaction;
  readonly actor: Actor;
  readonly now: Date;
}

/** A document of the service that a partner delivered. */
export interface Delivered {
  readonly messageId: string;
  readonly fromCountry: string;
  readonly conversationId: string;
  readonly service: string;
  readonly action: string;
  readonly payloads: readonly { readonly contentType: string; readonly content: Content }[];
  readonly receivedAt: Date;
}

export type Taken =
  | { readonly taken: true }
  | { readonly taken: false; readonly code: string; readonly reason: string };

/** What the journey of certificates does for the ledger. */
export interface Certificates {
  /**
   * The certificate if the actor sees it.
   * @throws the refusal `not-found`
   */
  see(asked: Asked, number: string): Promise<SeenCertificate>;
  /** Notes that a part, or all, of a certificate is used (or none any more), in its state and history. */
  used(
    transaction: Transaction,
    use: {
      readonly number: string;
      readonly side: 'issuing' | 'importing';
      readonly extent: 'none' | 'part' | 'all';
      readonly at: Date;
      /** A sentence for the history that names quantities and no declaration. */
      readonly says: string;
    },
  ): Promise<void>;
  /** Takes a certificate that came with a grant, as any delivered certificate, though it is addressed elsewhere. */
  takeGranted(transaction: Transaction, message: Delivered, bytes: Buffer): Promise<Taken>;
}

/** What clearance does for the ledger. */
export interface Clearance {
  /** Awaited uses of these declarations were decided: set aside or refused. */
  certificatesResolved(transaction: Transaction, declarationIds: readonly string[], now: Date): Promise<void>;
}

/** All that the ledger needs from outside. */
export interface LedgerParts {
  /** ISO 3166-1 alpha-2 of this node's country. */
  readonly country: string;
  /** What stands on its reports as the sender: the customs administration, the issuing authority. */
  readonly names: { readonly customs: string; readonly authority: string };
  /** IANA zone in which validity is counted and reports are dated. */
  readonly timeZone: string;
  /** Whether a document of a goods item is a certificate of origin, by the national profile. */
  readonly isCertificateOfOrigin: (document: DocumentFacts) => boolean;
  /** Whether the movement reference number may be told to the issuing country. */
  readonly sharesMovementReference: boolean;
  readonly pool: Pool;
  readonly sealingKey: () => { readonly privateKey: KeyObject; readonly certificate: X509Certificate };
  /** The directory this node holds now; null while it has none. */
  readonly directory: () => Directory | null;
  readonly exchange: {
    send(
      transaction: Transaction,
      document: {
        readonly toCountry: string;
        readonly conversationId: string;
        readonly service: string;
        readonly action: string;
        readonly payloads: readonly { readonly contentType: 'application/xml'; readonly content: Content }[];
      },
      now: Date,
    ): Promise<{ readonly messageId: string }>;
  };
  readonly certificates: Certificates;
  readonly clearance: Clearance;
  /** A new UUID. */
  readonly newId: () => string;
  readonly log: { warn(fields: object, message: string): void };
}

/** A certificate that this node has just issued. */
export interface IssuedCertificate {
  readonly certificate: CertificateOfOrigin;
  readonly at: Date;
}
