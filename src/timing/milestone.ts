import type { Transaction } from '../store/transaction.ts';

/** Milestones of a clearance, with the ids under which they are published. */
export const MILESTONES = {
  M0: 'declaration lodged',
  M1: 'arrival at the place of clearance',
  M2: 'unloaded',
  M3: 'declaration accepted',
  M4: 'channel assigned',
  M5a: 'assessment starts',
  M5b: 'assessment ends',
  M6a: 'query raised',
  M6b: 'query answered',
  M7a: 'other agency starts',
  M7b: 'other agency ends',
  M8a: 'inspection starts',
  M8b: 'inspection ends',
  M9a: 'ready to pay',
  M9b: 'paid or secured',
  M10: 'release',
  M11: 'gate-out',
  MX: 'withdrawn, seized, abandoned or re-exported',
} as const;

export type MilestoneId = keyof typeof MILESTONES;

export function isMilestone(text: string): text is MilestoneId {
  return Object.hasOwn(MILESTONES, text);
}

/** Milestones that intervals start or end with; of each a case has one moment that stands. */
export const COUNTED_MILESTONES = ['M0', 'M1', 'M3', 'M4', 'M10', 'M11', 'MX'] as const;

export type CountedMilestone = (typeof COUNTED_MILESTONES)[number];

export function isCounted(milestone: string): milestone is CountedMilestone {
  return COUNTED_MILESTONES.some((counted) => counted === milestone);
}

export type Channel = 'green' | 'yellow' | 'red';

/** Who caused or reported a milestone. */
export type MilestoneRole = 'trader' | 'customs' | 'other-agency' | 'port' | 'carrier';

/** How exactly the moment is known. */
export type Precision = 'second' | 'minute' | 'day';

/** A milestone as it is recorded. */
export interface MilestoneReport {
  readonly declarationId: string;
  readonly milestone: MilestoneId;
  readonly occurredAt: Date;
  /** IANA zone of the place where it happened. */
  readonly zone: string;
  readonly precision: Precision;
  readonly role: MilestoneRole;
  /** Where it is known from: the node itself at the moment it happened, a person's report, or a document. */
  readonly source:
    | { readonly kind: 'node' }
    | { readonly kind: 'person'; readonly id: string; readonly name: string }
    | { readonly kind: 'document'; readonly digest: string };
  /** What a start and its end have in common, such as the id of a query. */
  readonly pair?: string;
  /** Id of the milestone that this one corrects; then a reason is given. */
  readonly supersedes?: bigint;
  readonly reason?: string;
}

/** What a case is counted by: written when the declaration is registered, and anew when an amendment changes it. */
export interface CaseDescription {
  readonly declarationId: string;
  readonly movementReference: string;
  readonly consignmentReference: string;
  readonly procedure: 'import' | 'export';
  readonly office: string;
  readonly declarantFirmId: string;
  readonly borderTransportMode: string | null;
  readonly chapter: string | null;
  readonly agreement: string | null;
  readonly authorisedTrader: boolean;
}

/** What the journeys tell of clearance times, in the transaction of what happened. */
export interface MilestoneRecorder {
  /** Opens a case, with the milestones it begins with in their order. @throws the refusals of `record` */
  openCase(transaction: Transaction, description: CaseDescription, now: Date, first?: readonly MilestoneReport[]): void;
  /** What an amended declaration is counted by from now on. */
  describeCase(
    transaction: Transaction,
    description: Pick<
      CaseDescription,
      'declarationId' | 'borderTransportMode' | 'chapter' | 'agreement' | 'authorisedTrader'
    >,
    now: Date,
  ): void;
  /** The channel of a case from now on. */
  noteChannel(transaction: Transaction, declarationId: string, channel: Channel, now: Date): void;
  /**
   * Travels with the next statement of the transaction or its commit. A moment that counts (M0, M1, M3, M4, M10, M11, MX)
   * is the first that is recorded, until a correction supersedes it; what is recorded of it again is kept and marked.
   * What comes out of order is marked too: whoever asks refuses what cannot be.
   * @throws the refusals `MILESTONE-IN-FUTURE` and `ZONE-UNKNOWN`
   */
  record(transaction: Transaction, report: MilestoneReport, recordedAt: Date): void;
}
