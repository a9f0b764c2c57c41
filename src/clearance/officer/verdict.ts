import type { DeclarationFacts } from '../../documents/declaration/facts.ts';
import type { Selection } from '../../selectivity/selection.ts';
import type { Assessment } from '../../tariff/assessment.ts';
import type { CertificateUse } from '../ports.ts';
import type { DutyStanding } from './duty-standing.ts';
import { conditionalReleaseHindrances, type Hindrance, type ReleaseStanding, releaseHindrances } from './hindrances.ts';
import type { CertificateEvidence, DirectoryStanding, ExportComparison, OriginQueryStanding } from './parts.ts';
import type { InspectionStanding, ItemInspection, PaymentRecord, PermitStanding, QueryStanding } from './standing.ts';
import { type Act, possibleActs } from './verdict-acts.ts';
import {
  directoryEntry,
  dutyEntry,
  exportEntry,
  inspectionEntry,
  paymentEntry,
  permitEntry,
  queryEntry,
  riskEntry,
} from './verdict-case.ts';
import { certificateEntries, claimsPreference } from './verdict-certificates.ts';
import { entry, type VerdictEntry, type VerdictQuestion } from './verdict-entry.ts';

/** All that a verdict is made from. */
export interface VerdictFindings {
  readonly now: Date;
  readonly standing: ReleaseStanding;
  /** Whether the reader may act at all, and who has claimed the declaration. */
  readonly reader: { readonly mayControl: boolean; readonly mayDecide: boolean; readonly mayRecordPayment: boolean };
  readonly claimedBy: { readonly name: string; readonly self: boolean } | null;
  readonly document: {
    readonly version: number;
    readonly kind: string;
    readonly link: string;
    readonly facts: DeclarationFacts;
  };
  readonly proposal: { readonly own: boolean } | null;
  /** The duty as computed from the declaration. */
  readonly declared: Assessment;
  /** What is due with the officer's findings. */
  readonly duty: DutyStanding;
  readonly withheld: ReadonlySet<number>;
  readonly selection: Selection | null;
  readonly uses: readonly CertificateUse[];
  readonly certificates: readonly CertificateEvidence[];
  readonly originQueries: readonly OriginQueryStanding[];
  readonly exportComparison: ExportComparison;
  readonly queries: readonly QueryStanding[];
  readonly inspections: readonly InspectionStanding[];
  readonly inspectionResults: ReadonlyMap<string, readonly ItemInspection[]>;
  readonly permits: readonly PermitStanding[];
  readonly payments: readonly PaymentRecord[];
  readonly directory: DirectoryStanding;
}

/** The one verdict on a consignment: an answer to each question, what hinders its release, and what can be done now. */
export type Verdict = {
  /** The verdict in one sentence. */
  readonly sentence: string;
  readonly releasable: boolean;
  readonly entries: readonly VerdictEntry[];
  /** Questions that nobody has checked: never to be shown as good. */
  readonly notChecked: readonly VerdictQuestion[];
  /** Questions whose answer is no. */
  readonly failed: readonly VerdictQuestion[];
  readonly hindrances: readonly Hindrance[];
  readonly conditionalHindrances: readonly Hindrance[];
  readonly acts: readonly Act[];
};

/**
 * Composes the verdict. An answer is `yes` only where something was checked and found good; what was not checked says
 * so and why. What hinders the release are the open steps of the declaration, not the answers: whether a difference or
 * a rule weighs is for the officer to decide.
 */
export function composeVerdict(findings: VerdictFindings): Verdict {
  const items = findings.declared.items.map(({ sequence, agreement }) => ({ sequence, agreement }));
  const entries = [
    documentEntry(findings.document),
    ...certificateEntries({
      preferenceClaimed: claimsPreference(items, findings.withheld),
      uses: findings.uses,
      certificates: findings.certificates,
      originQueries: findings.originQueries,
    }),
    permitEntry(findings.permits),
    dutyEntry(findings.declared, findings.duty),
    exportEntry(findings.exportComparison),
    riskEntry(findings.selection),
    queryEntry(findings.queries, findings.now),
    inspectionEntry(findings.inspections, findings.inspectionResults),
    paymentEntry(findings.duty, findings.payments),
    directoryEntry(findings.directory),
  ];
  const hindrances = releaseHindrances(findings.standing, findings.uses, findings.withheld, findings.originQueries);
  const conditionalHindrances = conditionalReleaseHindrances(findings.standing, findings.duty);
  const named = (answer: VerdictEntry['answer']): VerdictQuestion[] =>
    entries.filter((one) => one.answer === answer).map((one) => one.question);
  return {
    sentence: sentenceOf(findings.standing.state, hindrances, named('not-checked').length, named('no').length),
    releasable: hindrances.length === 0,
    entries,
    notChecked: named('not-checked'),
    failed: named('no'),
    hindrances,
    conditionalHindrances,
    acts: possibleActs({
      standing: findings.standing,
      reader: findings.reader,
      claimedBy: findings.claimedBy,
      inspections: findings.inspections,
      hindrances,
      conditionalHindrances,
      withheld: findings.withheld,
      proposal: findings.proposal,
      preferenceItems: items.filter((item) => item.agreement !== null).map((item) => item.sequence),
    }),
  };
}

function documentEntry(document: VerdictFindings['document']): VerdictEntry {
  return entry(
    'document-valid',
    'yes',
    'DECLARATION-VALID',
    `Version ${document.version} (${document.kind}) passed schema, code lists, cross-field rules and the national profile when it was taken.`,
    [
      {
        kind: 'declaration',
        answer: 'yes',
        words: `${document.facts.items.length} items, as lodged; the original bytes are kept.`,
        link: document.link,
      },
    ],
  );
}

const ENDED: Readonly<Record<string, string>> = {
  released: 'Released.',
  withdrawn: 'Withdrawn by the declarant.',
  seized: 'Seized.',
};

function sentenceOf(state: string, hindrances: readonly Hindrance[], notChecked: number, failed: number): string {
  const ended = ENDED[state];
  if (ended !== undefined) return ended;
  const [first] = hindrances;
  const open = notChecked + failed === 0 ? '' : ` ${failed} answered no, ${notChecked} not checked.`;
  if (first === undefined) return `Nothing hinders the release.${open}`;
  const more = hindrances.length === 1 ? '' : ` ${hindrances.length - 1} more.`;
  const goods =
    state === 'conditionally-released' ? 'Released conditionally; not for good: ' : 'Not to be released yet: ';
  return `${goods}${first.reason}${more}${open}`;
}
