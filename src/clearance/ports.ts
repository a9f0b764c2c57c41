import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import type { ResponseContent } from '../documents/declaration/response-content.ts';
import type { Selection } from '../selectivity/selection.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { Assessment } from '../tariff/assessment.ts';
import type { MilestoneRecorder } from '../timing/milestone.ts';

/** The customs administration of this country as an operator configures it. */
export interface CustomsAdministration {
  readonly name: string;
  /** IANA zone of its offices, in which days are counted. */
  readonly timeZone: string;
  /** ISO 4217: duty is computed in it. */
  readonly currency: string;
  readonly offices: readonly CustomsOffice[];
}

export interface CustomsOffice {
  readonly code: string;
  readonly name: string;
  readonly place: string;
}

/** How a reference to a certificate of origin stands for a declaration. */
export type CertificateUseState =
  /** Not here yet, or not answered yet by whoever holds the quantity. */
  | 'awaited'
  /** Its quantity is set aside for this declaration. */
  | 'reserved'
  | 'written-off'
  | 'given-back'
  /** Cannot be used: the reason says why (unknown, cancelled, other consignee, not enough left). */
  | 'refused';

/** One reference of a goods item to a certificate, as the ledger judged it. */
export interface CertificateUse {
  readonly id: string;
  readonly itemSequence: number;
  readonly certificateNumber: string;
  readonly certificateItem: number | null;
  readonly quantity: { readonly value: string; readonly unit: string } | null;
  readonly state: CertificateUseState;
  readonly code: string | null;
  readonly reason: string;
}

/** What the ledger needs of a declaration. */
export interface CertificateClaim {
  readonly declarationId: string;
  readonly movementReference: string;
  readonly facts: DeclarationFacts;
  readonly importerIdentifier: string | null;
  /** It is being lodged: nothing can have been set aside for it before. */
  readonly isNew?: true;
}

/** The ledger of certificates: what of each is set aside, written off and left. */
export interface CertificateLedger {
  /** What reserving would give, with nothing stored. */
  preview(
    reader: Reader,
    claim: Omit<CertificateClaim, 'declarationId' | 'movementReference'>,
    now: Date,
  ): Promise<readonly CertificateUse[]>;
  /** Sets quantities aside for a declaration; what another version of it had set aside is given back first. */
  reserve(transaction: Transaction, claim: CertificateClaim, now: Date): Promise<readonly CertificateUse[]>;
  /** At release: what was set aside is used for good, and the issuing node is told. */
  writeOff(transaction: Transaction, declarationId: string, now: Date): Promise<void>;
  /** At withdrawal, seizure or when a preference is withheld (then only these items). */
  giveBack(
    transaction: Transaction,
    declarationId: string,
    now: Date,
    itemSequences?: readonly number[],
  ): Promise<void>;
  usesOf(reader: Reader, declarationId: string): Promise<readonly CertificateUse[]>;
}

/** Assigns channels. */
export interface Selectivity {
  /** Evaluates the rules in force; records the draw of random rules in the selection that it answers. */
  select(
    reader: Reader,
    declaration: {
      readonly movementReference: string;
      readonly facts: DeclarationFacts;
      readonly assessment: Assessment;
      readonly office: string;
      readonly declarantFirmId: string;
      readonly authorisedTrader: boolean;
      readonly certificateUses: readonly CertificateUse[];
    },
    now: Date,
  ): Promise<Selection>;
  /** Whether the firm is an authorised trader of this administration on that day. */
  isAuthorised(reader: Reader, firmId: string, now: Date): Promise<boolean>;
}

/** Computes duty from tariff data and the administration's exchange rates. */
export interface DutyAssessor {
  assess(reader: Reader, facts: DeclarationFacts, date: string): Promise<Assessment>;
}

/** Tells the declarant of a step as a WCO response; kept for ever, polled or pushed. */
export interface ResponseOutbox {
  notify(transaction: Transaction, notice: StepNotice, now: Date): void;
}

export interface StepNotice {
  readonly declarationId: string;
  readonly movementReference: string;
  readonly localReference: string;
  readonly consignmentReference: string;
  /** Firms whose people and programs see it: declarant and whoever lodged it. */
  readonly firmIds: readonly string[];
  readonly content: ResponseContent;
}

/** Sends an accepted export declaration to the country of destination. */
export interface DeclarationForwarder {
  accepted(
    transaction: Transaction,
    declaration: {
      readonly movementReference: string;
      readonly consignmentReference: string;
      readonly destinationCountry: string | null;
      readonly documentDigest: string;
      readonly documentVersion: number;
      readonly withdrawn: boolean;
    },
    now: Date,
  ): Promise<void>;
}

/** All that clearance needs from outside. */
export interface ClearanceParts {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly customs: CustomsAdministration;
  readonly ledger: CertificateLedger;
  readonly selectivity: Selectivity;
  readonly duty: DutyAssessor;
  readonly responses: ResponseOutbox;
  readonly milestones: MilestoneRecorder;
  readonly forwarder: DeclarationForwarder;
  /** A new UUID. */
  readonly newId: () => string;
}
