import type { Fault } from '../documents/fault.ts';
import type { JsonObject } from '../documents/json.ts';
import type { CertificateState, TransitionAction } from './states.ts';

/** A fault as it stands in an answer. */
export type FaultView = Pick<Fault, keyof Fault>;

/** Something an officer asks to be changed, on one place of the application or on the whole. */
export type DecisionReason = {
  /** JSON Pointer into the content; absent when the reason is about the whole. */
  readonly pointer?: string;
  readonly reason: string;
};

/** An application as its readers see it. */
export type ApplicationView = {
  readonly id: string;
  readonly version: number;
  readonly state: CertificateState;
  readonly scheme: string;
  readonly office: string;
  readonly exportingCountry: string;
  readonly importingCountry: string;
  readonly consignmentReference: string;
  /** The firm whose goods these are. */
  readonly firmId: string;
  /** The firm that made the application: the same, or its broker. */
  readonly applicantFirmId: string;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly submittedAt?: string;
  readonly decidedAt?: string;
  readonly decidedBy?: string;
  readonly decisionReasons?: readonly DecisionReason[];
  readonly certificateNumber?: string;
  readonly content: JsonObject;
  /** What would still be refused at submission; only while the applicant can change it. */
  readonly faults?: readonly FaultView[];
  /** What the reader can do with it next. */
  readonly actions: readonly TransitionAction[];
};

/** One line of a list of applications. */
export type ApplicationLine = Omit<ApplicationView, 'content' | 'faults' | 'actions' | 'decisionReasons'>;

/** One page of a list: `next` is given to `after` for the following page and is absent on the last. */
export type Page<Line> = {
  readonly items: readonly Line[];
  readonly next?: string;
  /** On the first page: how many lines all pages have together, counted up to 1,000. */
  readonly total?: number;
  /** There are more than `total`. */
  readonly totalIsMore?: true;
};

/** A certificate as its readers see it, on the node that issued it or on the one that received it. */
export type CertificateView = {
  readonly number: string;
  readonly side: 'issuing' | 'importing';
  readonly state: CertificateState;
  readonly scheme: string;
  readonly exportingCountry: string;
  readonly importingCountry: string;
  readonly consignmentReference: string;
  /** SHA-256, hexadecimal, of the sealed bytes. */
  readonly documentDigest: string;
  readonly issuedAt?: string;
  readonly receivedAt?: string;
  readonly applicationId?: string;
  /** How the document travels: to a node that is a member, or nowhere because the country has no node yet. */
  readonly delivery?: {
    readonly status: 'no-node' | 'queued' | 'receipted';
    readonly messageId?: string;
    readonly receiptId?: string;
  };
  /** The document in its JSON form; null where it could not be read. */
  readonly content: JsonObject | null;
};

/** One line of a list of certificates. */
export type CertificateLine = Omit<CertificateView, 'content'>;

/** One step of a verification. */
export type VerificationStepView = {
  readonly step: string;
  readonly verdict: 'passed' | 'failed' | 'not-checked';
  readonly reason: string;
  readonly code?: string;
};

/** A verdict with its steps. */
export type VerdictView = {
  readonly outcome: 'verified' | 'refused';
  readonly at: string;
  readonly steps: readonly VerificationStepView[];
};

/** What this node found, and what the partner answered (issuing side, once it did). */
export type VerificationView = {
  readonly number: string;
  readonly documentDigest: string;
  readonly own: VerdictView;
  readonly partner?: VerdictView & { readonly country: string; readonly responseDigest: string };
};

/** Who is waited for. */
export type WaitedFor = 'trader' | 'issuing-office' | 'exchange' | 'importing-customs';

/** What happened, and who waited for whom. */
export type HistoryView = {
  readonly entries: readonly HistoryEntry[];
  readonly waits: readonly Wait[];
};

/** One thing that happened. */
export type HistoryEntry = {
  readonly at: string;
  /** Kind of event, such as `certificate.issued`. */
  readonly kind: string;
  readonly by: { readonly name: string; readonly role: string };
  readonly reason?: string;
};

/** A stretch of time in which everybody waited for one party; `until` is absent while it lasts. */
export type Wait = {
  readonly for: WaitedFor;
  readonly from: string;
  readonly until?: string;
  /** Whole milliseconds, to `until` or to the moment of asking. */
  readonly milliseconds: number;
};

/** An attachment of an application, without its bytes. */
export type AttachmentView = {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  /** SHA-256 of the bytes, hexadecimal. */
  readonly digest: string;
  readonly addedAt: string;
  readonly addedBy: string;
};
