import { mayDo } from '../../access/rights.ts';
import { isArray } from '../../documents/json.ts';
import type { Assessment } from '../../tariff/assessment.ts';
import type { Asked } from '../asked.ts';
import { type DeclarationRow, findDeclaration } from '../declaration-row.ts';
import { releaseStanding } from '../release.ts';
import { standingProposal } from './assess.ts';
import type { DutyStanding } from './duty-standing.ts';
import type { OfficerParts } from './parts.ts';
import { itemsFrom, shownDecision } from './shown-items.ts';
import type {
  DecisionRecord,
  InspectionStanding,
  ItemInspection,
  OfficerAssessment,
  PaymentRecord,
  PermitStanding,
} from './standing.ts';
import { composeVerdict, type Verdict } from './verdict.ts';
import { certificateNumbers } from './verdict-certificates.ts';
import { readWorkingCase, type WorkingCase } from './working.ts';

/** The verdict of a declaration with what stands beside it on the officer's screen. */
export type VerdictView = Verdict & {
  readonly mrn: string;
  readonly version: number;
  readonly asOf: string;
  readonly state: string;
  readonly channel: string | null;
  readonly waitingFor: string;
  readonly claimedBy: { readonly name: string; readonly self: boolean; readonly since: string } | null;
  /** Goods items; of long declarations the lists of items below show some, from the one that was asked for on. */
  readonly itemCount: number;
  /** What is due and covered, with the officer's findings. */
  readonly duty: DutyStanding;
  /** The duty as computed from what was declared; it stays whatever officers find. */
  readonly declaredDuty: Assessment;
  readonly officerAssessment: OfficerAssessment | null;
  readonly withheldItems: readonly number[];
  readonly inspections: readonly InspectionStanding[];
  readonly permits: readonly PermitStanding[];
  readonly payments: readonly PaymentRecord[];
  /** In the order in which they were made; a later one about the same thing supersedes. */
  readonly decisions: readonly DecisionRecord[];
};

/**
 * The one verdict of a declaration, from a few indexed questions to the database side by side.
 * @param fromItem the goods item with which lists of items begin
 * @throws the refusal `DECLARATION-NOT-FOUND`
 */
export async function readVerdict(parts: OfficerParts, asked: Asked, mrn: string, fromItem = 1): Promise<VerdictView> {
  const { transaction: reader, actor, now } = asked;
  const row = await findDeclaration(reader, actor, now, mrn);
  const working = await readWorkingCase(parts, reader, row, now);
  const [certificates, exportComparison] = await Promise.all([
    parts.certificates.verificationsOf(reader, certificateNumbers(working.uses)),
    parts.exportDeclarations.compare(reader, working.document.facts),
  ]);
  const { document, file, uses, originQueries, withheld, duty } = working;
  const proposal = standingProposal(file.decisions, row.document_version);
  const claimedBy = claimOf(row, asked);
  const verdict = composeVerdict({
    now,
    standing: releaseStanding(row),
    reader: {
      mayControl: mayDo(actor, 'declaration.control'),
      mayDecide: mayDo(actor, 'declaration.decide'),
      mayRecordPayment: mayDo(actor, 'payment.record'),
    },
    claimedBy,
    document: {
      version: document.number,
      kind: document.kind,
      link: `/api/declarations/${encodeURIComponent(row.mrn)}`,
      facts: document.facts,
    },
    proposal: proposal === null ? null : { own: proposal.decidedById === actor.personId },
    declared: document.assessment,
    duty,
    withheld,
    selection: document.selection,
    uses,
    certificates,
    originQueries,
    exportComparison,
    queries: file.queries,
    inspections: file.inspections,
    inspectionResults: resultsOf(file.decisions),
    permits: file.permits,
    payments: file.payments,
    directory: parts.directory(now),
  });
  return { ...verdict, ...besides(row, working, claimedBy, now, fromItem) };
}

function besides(
  row: DeclarationRow,
  { document, file, withheld, officer, duty }: WorkingCase,
  claimedBy: VerdictView['claimedBy'],
  now: Date,
  from: number,
): Omit<VerdictView, keyof Verdict> {
  return {
    mrn: row.mrn,
    version: row.version,
    asOf: now.toISOString(),
    state: row.state,
    channel: row.channel,
    waitingFor: row.waiting_for,
    claimedBy,
    itemCount: row.goods_item_count,
    duty: { ...duty, items: itemsFrom(duty.items, from) },
    declaredDuty: { ...document.assessment, items: itemsFrom(document.assessment.items, from) },
    officerAssessment:
      officer === null
        ? null
        : {
            assessment: { ...officer.assessment, items: itemsFrom(officer.assessment.items, from) },
            established: itemsFrom(officer.established, from),
          },
    withheldItems: [...withheld].sort((one, other) => one - other),
    inspections: file.inspections,
    permits: file.permits,
    payments: file.payments,
    decisions: file.decisions.map(shownDecision),
  };
}

/** Who has claimed a declaration, as a reader sees it. */
export function claimOf(row: DeclarationRow, { actor }: Asked): VerdictView['claimedBy'] {
  if (row.claimed_by === null || row.claimed_at === null) return null;
  return {
    name: row.claimed_by_name ?? '',
    self: row.claimed_by === actor.personId,
    since: row.claimed_at.toISOString(),
  };
}

/** What each inspection found, by its id, from the decisions that recorded it. */
function resultsOf(decisions: readonly DecisionRecord[]): ReadonlyMap<string, readonly ItemInspection[]> {
  const results = new Map<string, readonly ItemInspection[]>();
  for (const { kind, detail } of decisions) {
    const { inspectionId, results: found } = detail;
    if (kind === 'inspection-result' && typeof inspectionId === 'string' && isArray(found))
      results.set(inspectionId, found.filter(isItemInspection));
  }
  return results;
}

function isItemInspection(value: unknown): value is ItemInspection {
  return isObjectLike(value) && typeof value['sequence'] === 'number' && typeof value['conforming'] === 'boolean';
}

function isObjectLike(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null;
}
