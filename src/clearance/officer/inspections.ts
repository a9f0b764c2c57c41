import { Refusal } from '../../documents/refusal.ts';
import type { Asked } from '../asked.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import { changeByOfficer, declarationToActOn, givenText } from './act.ts';
import { selectInspections } from './case-file.ts';
import { insertDecision } from './decisions.ts';
import { refuseUnknownItems } from './items.ts';
import type { OfficerParts } from './parts.ts';
import { settleCase } from './settle-case.ts';
import type { InspectionStanding, ItemInspection } from './standing.ts';
import { insertInspection } from './system-steps.ts';

/** States in which goods can be inspected: they are there and not gone. */
const GOODS_THERE = ['in-clearance'];

/** What is to be inspected. */
export interface InspectionWish {
  readonly what: string;
  readonly place: string | null;
  /** Empty: the whole consignment. */
  readonly itemSequences: readonly number[];
}

/**
 * Orders an inspection: the goods wait for its result, and the declarant is told (response 05).
 * @throws the refusals of an act, `ITEM-UNKNOWN`
 */
export async function orderInspection(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  wish: InspectionWish,
): Promise<DeclarationRow> {
  const what = givenText(wish.what, 'what is to be inspected');
  const row = await declarationToActOn(asked, mrn, version, { states: GOODS_THERE });
  refuseUnknownItems(row, wish.itemSequences);
  const changed = await changeByOfficer(parts, asked, row, {
    columns: { open_inspections: row.open_inspections + 1 },
    event: { kind: 'declaration.inspection-ordered', data: { what, items: [...wish.itemSequences] } },
    notice: {
      step: 'control',
      statements: [{ code: 'INSPECTION-ORDERED', text: `The goods will be inspected: ${what}` }],
    },
  });
  insertInspection(asked.transaction, {
    id: parts.newId(),
    declarationId: row.id,
    what,
    place: wish.place,
    itemSequences: wish.itemSequences,
    orderedBy: asked.actor.personId,
    orderedByName: asked.actor.name,
    orderedAt: asked.now,
  });
  return changed;
}

/**
 * Notes that an inspection begins (M8a).
 * @throws the refusals of an act, `INSPECTION-NOT-FOUND`, `INSPECTION-NOT-OPEN`
 */
export async function startInspection(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  number: number,
): Promise<DeclarationRow> {
  const row = await declarationToActOn(asked, mrn, version, { states: GOODS_THERE });
  const inspection = await inspectionIn(asked, row, number, ['ordered']);
  const changed = await changeByOfficer(parts, asked, row, {
    columns: {},
    event: { kind: 'declaration.inspection-started', data: { inspection: number } },
    milestones: [{ milestone: 'M8a', role: 'customs', pair: inspection.id }],
  });
  moveInspection(asked, inspection, 'started');
  return changed;
}

/** What an inspection found. */
export interface InspectionReport {
  readonly findings: readonly ItemInspection[];
  /** Whether the items that are not among the findings were found as declared. */
  readonly othersConform: boolean;
  readonly remark: string | null;
}

/**
 * Records the result of an inspection that began, item by item (M8b). Where the goods are not as declared, an officer
 * has to assess anew whatever the channel was.
 * @throws the refusals of an act, `INSPECTION-NOT-FOUND`, `INSPECTION-NOT-OPEN`, `ITEM-UNKNOWN`, `ITEM-TWICE`,
 * `FINDINGS-INCOMPLETE`, `REASON-REQUIRED` (a discrepancy without a description)
 */
export async function recordInspection(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  number: number,
  report: InspectionReport,
): Promise<DeclarationRow> {
  const row = await declarationToActOn(asked, mrn, version, { states: GOODS_THERE });
  const inspection = await inspectionIn(asked, row, number, ['started']);
  const results = resultsOf(row, inspection, report);
  const discrepancies = results.filter((one) => !one.conforming);
  const changed = await changeByOfficer(parts, asked, row, {
    columns: {
      open_inspections: row.open_inspections - 1,
      ...(discrepancies.length === 0 ? {} : { assessment_open: true }),
    },
    event: {
      kind: 'declaration.inspection-recorded',
      data: { inspection: number, items: results.length, discrepancies: discrepancies.map((one) => one.sequence) },
    },
    milestones: [{ milestone: 'M8b', role: 'customs', pair: inspection.id }],
    notice: { step: 'result', statements: statementsOf(discrepancies) },
  });
  insertDecision(asked.transaction, {
    id: parts.newId(),
    declarationId: row.id,
    kind: 'inspection-result',
    documentVersion: row.document_version,
    itemSequences: discrepancies.map((one) => one.sequence),
    reasons: report.remark === null ? [] : [{ reason: givenText(report.remark, 'the remark') }],
    detail: { inspectionId: inspection.id, inspection: number, results },
    decidedBy: asked.actor.personId,
    decidedByName: asked.actor.name,
    decidedAt: asked.now,
  });
  moveInspection(asked, inspection, 'done');
  return settleCase(parts, asked, changed);
}

function resultsOf(row: DeclarationRow, inspection: InspectionStanding, report: InspectionReport): ItemInspection[] {
  const sequences = report.findings.map((one) => one.sequence);
  refuseUnknownItems(row, sequences);
  if (new Set(sequences).size !== sequences.length)
    throw new Refusal('invalid', 'ITEM-TWICE', 'Each item has one finding.');
  const wanted =
    inspection.itemSequences.length > 0
      ? inspection.itemSequences
      : Array.from({ length: row.goods_item_count }, (_, index) => index + 1);
  const told = new Set(sequences);
  const missing = wanted.filter((sequence) => !told.has(sequence));
  if (missing.length > 0 && !report.othersConform)
    throw new Refusal(
      'invalid',
      'FINDINGS-INCOMPLETE',
      `Say what was found at ${missing.length === 1 ? 'item' : 'items'} ${missing.slice(0, 10).join(', ')}, or that all others conform.`,
    );
  const found = report.findings.map((one) => {
    if (one.conforming) return { sequence: one.sequence, conforming: true };
    return { ...one, description: givenText(one.description ?? '', `what differs at item ${one.sequence}`) };
  });
  return [...found, ...missing.map((sequence) => ({ sequence, conforming: true }))].sort(
    (one, other) => one.sequence - other.sequence,
  );
}

function statementsOf(discrepancies: readonly ItemInspection[]): readonly { code: string; text: string }[] {
  if (discrepancies.length === 0) return [{ code: 'INSPECTION-CONFORMING', text: 'The goods were found as declared.' }];
  return discrepancies.map((one) => ({
    code: 'INSPECTION-DISCREPANCY',
    text: `Item ${one.sequence}: ${one.description ?? ''}`,
  }));
}

async function inspectionIn(
  asked: Asked,
  row: DeclarationRow,
  number: number,
  states: readonly InspectionStanding['state'][],
): Promise<InspectionStanding> {
  const inspection = (await selectInspections(asked.transaction, row.id)).find((one) => one.number === number);
  if (inspection === undefined)
    throw new Refusal('not-found', 'INSPECTION-NOT-FOUND', 'There is no such inspection that you can see.');
  if (!states.includes(inspection.state))
    throw new Refusal(
      'conflict',
      'INSPECTION-NOT-OPEN',
      `The inspection is ${inspection.state}; this can be done while it is ${states.join(' or ')}.`,
    );
  return inspection;
}

function moveInspection(asked: Asked, seen: InspectionStanding, to: 'started' | 'done'): void {
  asked.transaction.later({
    name: 'move-inspection',
    text: `with changed as (update clearance_inspections set state = $3,
        started_at = case when $3 = 'started' then $4::timestamptz else started_at end,
        started_by_name = case when $3 = 'started' then $5 else started_by_name end,
        done_at = case when $3 = 'done' then $4::timestamptz end
      where id = $1 and state = $2 returning 1)
      select must_change((select count(*) from changed))`,
    values: [seen.id, seen.state, to, asked.now, asked.actor.name],
  });
}
