import type { OriginDoubt, OriginFinding } from '../documents/paper-types.ts';

/** An answer to a query. */
export type OriginAnswerView = {
  readonly number: number;
  readonly authentic: boolean;
  readonly items: readonly OriginFinding[];
  readonly statement?: string;
  readonly answeredAt: string;
  /** On the answering side: who answered. */
  readonly answeredBy?: string;
};

/** A query about a certificate of origin, as officials of either side see it. */
export type OriginQueryView = {
  readonly id: string;
  readonly version: number;
  readonly side: 'asking' | 'answering';
  readonly state: 'asked' | 'answered' | 'determined' | 'withdrawn';
  /** The other country. */
  readonly partner: string;
  readonly certificateNumber: string;
  readonly scheme: string;
  readonly consignmentReference: string;
  /** Asking side: the declaration it is about. */
  readonly movementReference?: string;
  readonly basis: 'random' | 'doubt';
  readonly doubts: readonly OriginDoubt[];
  readonly askedAt: string;
  readonly askedBy?: string;
  /** How the query travels, on the asking side. */
  readonly delivery?: 'no-node' | 'on-its-way' | 'delivered';
  readonly receivedAt?: string;
  /** When the answer is due: counted from receipt, so unknown before it. */
  readonly answerBy?: string;
  /** Whole days until the answer is due; negative when it is overdue. Only while it is awaited. */
  readonly daysLeft?: number;
  /** Last day of the whole process. */
  readonly procedureEnds: string;
  readonly outcome?: 'originating' | 'not-originating' | 'withdrawn';
  readonly outcomeReason?: string;
  readonly closedAt?: string;
};

/** A query with its answers. */
export type OriginQueryDetail = OriginQueryView & { readonly answers: readonly OriginAnswerView[] };

/** One page of a list; `next` is absent on the last. */
export type OriginQueryPage = { readonly items: readonly OriginQueryView[]; readonly next?: string };

/** How a query stands for a declaration. */
export type OriginQueryStanding = {
  readonly id: string;
  readonly certificateNumber: string;
  readonly state: 'asked' | 'answered' | 'expired';
  readonly askedAt: string;
  readonly answerBy: string;
  /** Of an answer: whether the issuing country confirms the certificate. */
  readonly confirmed: boolean | null;
  readonly words: string;
};
