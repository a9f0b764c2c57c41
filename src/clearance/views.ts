import type { DeclarationMessage } from '../documents/declaration/facts.ts';
import type { Fault } from '../documents/fault.ts';
import type { Channel, Selection } from '../selectivity/selection.ts';
import type { Assessment, Money } from '../tariff/assessment.ts';
import type { WaitingFor } from './officer/standing.ts';
import type { CertificateUse } from './ports.ts';
import type { ReferencedDeclaration } from './references.ts';
import type { RequiredPaper } from './required-papers.ts';
import type { DeclarationState } from './states.ts';
import type { VersionKind } from './versions.ts';

/** One declaration as a line of a list. Moments are ISO texts; what is not there is left out. */
export type DeclarationLine = {
  readonly mrn: string;
  /** Also the ETag. */
  readonly version: number;
  readonly state: DeclarationState;
  readonly channel?: Channel;
  readonly procedure: 'import' | 'export';
  readonly typeCode: string;
  readonly localReference: string;
  readonly consignmentReference: string;
  readonly office: string;
  readonly declarantFirmId: string;
  readonly lodgedByFirmId: string;
  readonly importer?: string;
  readonly exporter?: string;
  readonly exportCountry?: string;
  readonly destinationCountry?: string;
  readonly agreement?: string;
  readonly goodsItemCount: number;
  readonly goodsDescription: string;
  readonly documentVersion: number;
  readonly payment: 'none' | 'unknown' | 'due' | 'paid' | 'secured';
  readonly waitingFor: WaitingFor;
  readonly lodgedAt: string;
  readonly updatedAt: string;
  readonly acceptedAt?: string;
  readonly arrivedAt?: string;
  readonly targetAt?: string;
  readonly releasedAt?: string;
  readonly closedAt?: string;
};

/** A document of a declaration, without its bytes. */
export type VersionView = {
  readonly number: number;
  readonly kind: VersionKind;
  readonly form: 'xml' | 'json';
  readonly digest: string;
  readonly lodgedAt: string;
  readonly lodgedBy: string;
  readonly reason?: string;
};

/** Something that keeps the goods from being released, and who has to move. */
export type OpenMatter = { readonly code: string; readonly reason: string; readonly waitsFor: WaitingFor };

/** A declaration with all that its reader may know of it. */
export type DeclarationView = DeclarationLine & {
  readonly declarant: { readonly name: string; readonly identifier: string };
  readonly versions: readonly VersionView[];
  readonly certificates: readonly CertificateUseView[];
  /** As computed from what was declared, with the working. */
  readonly duty: Assessment;
  readonly charges: ChargesView;
  readonly open: readonly OpenMatter[];
  /** What the reader can do next, by the names of the routes. */
  readonly actions: readonly string[];
  /** Why it has its channel: for officials only. */
  readonly selection?: Selection | null;
};

/** What a message that was taken did. */
export type MessageView = DeclarationLine & {
  readonly done: 'lodged' | 'amended' | 'supplemented' | 'withdrawn' | 'arrived';
};

/** A reference to a certificate, as the ledger judged it. */
export type CertificateUseView = { readonly [Name in keyof CertificateUse]: CertificateUse[Name] };

/** What is due as things stand, and what of it is covered. */
export type ChargesView = {
  readonly currency: string;
  /** Null: not known yet. */
  readonly due: Money | null;
  readonly paid: Money;
  readonly secured: Money;
  readonly missing: Money | null;
};

/** A certificate or permit that the goods need. */
export type RequiredPaperView = { readonly [Name in keyof RequiredPaper]: RequiredPaper[Name] };

/** Every fault of a message, and what would follow if it were lodged now; nothing is stored. */
export type CheckView = {
  readonly valid: boolean;
  readonly message: DeclarationMessage | null;
  readonly faults: readonly FaultView[];
  /** Absent where the faults leave nothing to be said about it. */
  readonly preview?: {
    readonly localReferenceFree: boolean | null;
    readonly duty: Assessment;
    readonly certificates: readonly CertificateUseView[];
    readonly papers: readonly RequiredPaperView[];
    readonly references: readonly ReferenceView[];
    /** What could not be checked, in words; never to be taken for good. */
    readonly notChecked: readonly string[];
  };
};
export type FaultView = { readonly [Name in keyof Fault]: Fault[Name] };
export type ReferenceView = { readonly [Name in keyof ReferencedDeclaration]: ReferencedDeclaration[Name] };

/** Whom everybody waits for. */
export type WaitedFor = 'trader' | 'customs' | 'other-agency' | 'exchange';

export type HistoryEntry = {
  readonly at: string;
  readonly kind: string;
  readonly by: { readonly name: string; readonly role: string };
  readonly reason?: string;
};

export type Wait = {
  readonly for: WaitedFor;
  readonly from: string;
  readonly until?: string;
  readonly milliseconds: number;
};

export type HistoryView = { readonly entries: readonly HistoryEntry[]; readonly waits: readonly Wait[] };

export type DeclarationPage = {
  readonly items: readonly DeclarationLine[];
  readonly next?: string;
  readonly total?: number;
  readonly totalIsMore?: true;
};
