import type { JsonObject } from '../../documents/json.ts';
import type { Assessment, Money } from '../../tariff/assessment.ts';

/** Who has to move first before a declaration can go on. */
export const WAITING_FOR = ['arrival', 'declarant', 'agency', 'officer', 'payment', 'certificate', 'nobody'] as const;
export type WaitingFor = (typeof WAITING_FOR)[number];

/** A query to the declarant as it stands. Moments are ISO texts. */
export type QueryStanding = {
  readonly id: string;
  readonly number: number;
  readonly state: 'open' | 'answered' | 'closed';
  readonly subject: string;
  readonly askedAt: string;
  readonly answerBy: string;
  readonly answeredAt: string | null;
};

/** What an inspection found at one item. */
export type ItemInspection = {
  readonly sequence: number;
  readonly conforming: boolean;
  /** Of a discrepancy. */
  readonly description?: string;
  readonly quantityFound?: { readonly value: string; readonly unit: string };
};

export type InspectionStanding = {
  readonly id: string;
  readonly number: number;
  readonly state: 'ordered' | 'started' | 'done' | 'called-off';
  readonly what: string;
  readonly place: string | null;
  readonly itemSequences: readonly number[];
  readonly orderedBy: string;
  readonly orderedAt: string;
  readonly startedAt: string | null;
  readonly doneAt: string | null;
};

export type PermitStanding = {
  readonly id: string;
  readonly number: number;
  readonly state: 'awaited' | 'granted' | 'refused' | 'not-required';
  readonly agency: string;
  readonly subject: string;
  readonly itemSequences: readonly number[];
  readonly openedBy: string;
  readonly openedAt: string;
  readonly reference: string | null;
  readonly source: string | null;
  readonly decidedAt: string | null;
};

export type PaymentRecord = {
  readonly id: string;
  readonly kind: 'payment' | 'security';
  readonly amount: string;
  readonly currency: string;
  readonly reference: string;
  readonly source: string;
  readonly occurredAt: string;
  readonly recordedBy: string;
};

export type DecisionKind =
  | 'assessment-proposed'
  | 'assessment'
  | 'preference-withheld'
  | 'preference-restored'
  | 'inspection-result'
  | 'permit-answered'
  | 'conditional-release'
  | 'release'
  | 'seizure';

/** A reason of a decision, with the place of the declaration it is about where it is about one. */
export type DecisionReason = { readonly reason: string; readonly pointer?: string };

/** A decision as it was kept; never changed. */
export type DecisionRecord = {
  readonly id: string;
  readonly number: number;
  readonly kind: DecisionKind;
  readonly documentVersion: number;
  readonly itemSequences: readonly number[];
  readonly reasons: readonly DecisionReason[];
  readonly detail: JsonObject;
  readonly decidedById: string;
  readonly decidedBy: string;
  readonly decidedAt: string;
};

/** A duty that an officer established by hand because it could not be computed. */
export type EstablishedDuty = {
  readonly sequence: number;
  readonly duty: Money;
  readonly reason: string;
  /** Whether the preference of the item was withheld when it was established; it counts only as long as that stands. */
  readonly withheld: boolean;
};

/** What an officer's assessment came to: the duty with the officer's values beside the declared one. */
export type OfficerAssessment = {
  readonly assessment: Assessment;
  readonly established: readonly EstablishedDuty[];
};
