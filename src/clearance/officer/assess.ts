import { Decimal } from 'decimal.js';
import type { JsonObject } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import type { Money } from '../../tariff/assessment.ts';
import type { Asked } from '../asked.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import { changeByOfficer, declarationToActOn, givenText } from './act.ts';
import { insertDecision } from './decisions.ts';
import type { DutyStanding } from './duty-standing.ts';
import { refuseUnknownItems } from './items.ts';
import { type ItemFinding, officerFacts } from './officer-facts.ts';
import type { OfficerParts } from './parts.ts';
import { settleCase } from './settle-case.ts';
import type { DecisionReason, DecisionRecord, EstablishedDuty, OfficerAssessment } from './standing.ts';
import { dutyConsequence, dutyNotice } from './told-duty.ts';
import { assessmentIn, dutyAfter, readWorkingCase, type WorkingCase } from './working.ts';

/**
 * Share of the duty by which an officer's findings may lower it without a second pair of eyes (product.md, promise 6). A
 * rule of this node, not of an agreement.
 */
export const LOWERED_ALONE = '0.10';

/** States in which it can be done: before the goods are there the duty of the day is not known. */
const ASSESSABLE = ['in-clearance', 'conditionally-released'];

/** What an officer's assessment comes to. */
export interface AssessmentOutcome {
  readonly row: DeclarationRow;
  readonly duty: DutyStanding;
  /** Not in force yet: it lowers the duty so far that another officer has to confirm it. */
  readonly proposed: boolean;
}

/**
 * Ends the assessment (M5b): each item's value, classification and origin are accepted or corrected with reasons, and the
 * duty is computed again with the officer's values; what was declared and computed before stays beside it. Findings that
 * lower the duty by more than {@link LOWERED_ALONE} are a proposal until another officer confirms them.
 * @throws the refusals of an act, `ITEM-UNKNOWN`, `ITEM-TWICE`, `REASON-REQUIRED`
 */
export async function assess(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  given: { readonly findings: readonly ItemFinding[]; readonly remark: string | null },
): Promise<AssessmentOutcome> {
  const row = await declarationToActOn(asked, mrn, version, { states: ASSESSABLE });
  const findings = checkedFindings(row, given.findings);
  const working = await readWorkingCase(parts, asked.transaction, row, asked.now);
  const officer = await officerAssessmentOf(parts, asked, working, findings);
  const duty = dutyAfter(working, { officer });
  const before = dutyAfter({ ...working, officer: null }, {});
  const pointers = new Map(working.document.facts.items.map((item) => [item.sequence, item.pointer]));
  const reasons: DecisionReason[] = [
    ...findings.flatMap((one) => reasonsOf(one, pointers.get(one.sequence))),
    ...(given.remark === null ? [] : [{ reason: givenText(given.remark, 'the remark') }]),
  ];
  const detail: JsonObject = {
    findings: findings.map((one) => ({ ...one })),
    assessment: officer.assessment,
    established: officer.established.map((one) => ({ ...one })),
    declaredDue: before.due,
    officerDue: duty.due,
  };
  const terms = { findings, reasons, detail };
  if (lowersTooFar(before.due, duty.due)) return propose(parts, asked, row, duty, terms);
  return putInForce(parts, asked, row, working, officer, duty, terms);
}

/**
 * Confirms an assessment that lowers the duty: it is in force then.
 * @throws the refusals of an act, `NOTHING-PROPOSED`, `FOUR-EYES` (the one who proposed it)
 */
export async function confirmAssessment(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  remark: string,
): Promise<AssessmentOutcome> {
  const reason = givenText(remark, 'why it is right');
  const row = await declarationToActOn(asked, mrn, version, { states: ASSESSABLE, claim: 'anybody' });
  const working = await readWorkingCase(parts, asked.transaction, row, asked.now);
  const proposal = standingProposal(working.file.decisions, row.document_version);
  const officer = proposal === null ? null : assessmentIn(proposal.detail);
  if (proposal === null || officer === null)
    throw new Refusal('conflict', 'NOTHING-PROPOSED', 'No assessment waits for a second officer.');
  if (proposal.decidedById === asked.actor.personId)
    throw new Refusal(
      'not-allowed',
      'FOUR-EYES',
      'You proposed this assessment. It lowers the duty, so somebody else at your office has to confirm it.',
    );
  return putInForce(parts, asked, row, working, officer, dutyAfter(working, { officer }), {
    reasons: [...proposal.reasons, { reason }],
    detail: { ...proposal.detail, proposedBy: proposal.decidedBy, proposal: proposal.number },
    findings: [],
    claims: false,
  });
}

/** The proposal that waits for a second officer: the newest, unless an assessment of the document came after it. */
export function standingProposal(decisions: readonly DecisionRecord[], documentVersion: number): DecisionRecord | null {
  const latest = decisions
    .filter(
      (one) =>
        one.documentVersion === documentVersion && (one.kind === 'assessment-proposed' || one.kind === 'assessment'),
    )
    .at(-1);
  return latest?.kind === 'assessment-proposed' ? latest : null;
}

interface AssessmentTerms {
  readonly findings: readonly ItemFinding[];
  readonly reasons: readonly DecisionReason[];
  readonly detail: JsonObject;
  /** Whether whoever does it takes the declaration up; not a second officer. */
  readonly claims?: false;
}

async function propose(
  parts: OfficerParts,
  asked: Asked,
  row: DeclarationRow,
  duty: DutyStanding,
  terms: AssessmentTerms,
): Promise<AssessmentOutcome> {
  const changed = await changeByOfficer(parts, asked, row, {
    columns: { assessment_open: true },
    event: { kind: 'declaration.assessment-proposed', data: { due: duty.due } },
  });
  keep(parts, asked, row, 'assessment-proposed', terms);
  return { row: changed, duty, proposed: true };
}

async function putInForce(
  parts: OfficerParts,
  asked: Asked,
  row: DeclarationRow,
  working: WorkingCase,
  officer: OfficerAssessment,
  duty: DutyStanding,
  terms: AssessmentTerms,
): Promise<AssessmentOutcome> {
  const consequence = dutyConsequence(asked, row, duty);
  const changed = await changeByOfficer(
    parts,
    asked,
    row,
    {
      // Opened again, it starts again: each M5a has its M5b.
      columns: { assessment_open: false, assessment_started_at: null, ...consequence.columns },
      event: {
        kind: 'declaration.assessed',
        data: { due: duty.due, corrected: terms.reasons.length > 0, payment: duty.payment },
      },
      milestones: [
        ...(row.assessment_open ? [{ milestone: 'M5b' as const, role: 'customs' as const }] : []),
        ...consequence.milestones,
      ],
      notice: dutyNotice(
        { ...working, officer },
        duty,
        terms.reasons.length === 0
          ? ['The declaration was accepted as declared.']
          : terms.reasons.map((one) => one.reason),
      ),
    },
    terms.claims,
  );
  keep(parts, asked, row, 'assessment', terms);
  return { row: await settleCase(parts, asked, changed), duty, proposed: false };
}

function keep(
  parts: OfficerParts,
  asked: Asked,
  row: DeclarationRow,
  kind: 'assessment' | 'assessment-proposed',
  { findings, reasons, detail }: AssessmentTerms,
): void {
  insertDecision(asked.transaction, {
    id: parts.newId(),
    declarationId: row.id,
    kind,
    documentVersion: row.document_version,
    itemSequences: findings.map((one) => one.sequence),
    reasons,
    detail,
    decidedBy: asked.actor.personId,
    decidedByName: asked.actor.name,
    decidedAt: asked.now,
  });
}

function checkedFindings(row: DeclarationRow, findings: readonly ItemFinding[]): readonly ItemFinding[] {
  const sequences = findings.map((one) => one.sequence);
  refuseUnknownItems(row, sequences);
  if (new Set(sequences).size !== sequences.length)
    throw new Refusal('invalid', 'ITEM-TWICE', 'Each item has one finding.');
  return findings;
}

async function officerAssessmentOf(
  parts: OfficerParts,
  asked: Asked,
  working: WorkingCase,
  findings: readonly ItemFinding[],
): Promise<OfficerAssessment> {
  const { document, withheld } = working;
  const corrects = findings.some(
    (one) => one.value !== undefined || one.classification !== undefined || one.origin !== undefined,
  );
  const assessment = corrects
    ? await parts.duty.assess(asked.transaction, officerFacts(document.facts, findings), document.assessment.date)
    : document.assessment;
  const established = findings.flatMap((one): EstablishedDuty[] =>
    one.duty === undefined
      ? []
      : [
          {
            sequence: one.sequence,
            duty: { amount: new Decimal(one.duty.amount).toFixed(), currency: assessment.currency },
            reason: givenText(one.duty.reason, 'how the duty was established'),
            withheld: withheld.has(one.sequence),
          },
        ],
  );
  return { assessment, established };
}

function reasonsOf(finding: ItemFinding, pointer: string | undefined): DecisionReason[] {
  const place = pointer === undefined ? {} : { pointer };
  const { sequence, value, classification, origin, duty } = finding;
  const because = (text: string): string => givenText(text, `why item ${sequence} is corrected`);
  return [
    ...(value === undefined
      ? []
      : [`Item ${sequence}: customs value ${value.amount} ${value.currency}. ${because(value.reason)}`]),
    ...(classification === undefined
      ? []
      : [`Item ${sequence}: commodity code ${classification.commodityCode}. ${because(classification.reason)}`]),
    ...(origin === undefined ? [] : [`Item ${sequence}: origin ${origin.country}. ${because(origin.reason)}`]),
    ...(duty === undefined ? [] : [`Item ${sequence}: duty ${duty.amount}. ${because(duty.reason)}`]),
  ].map((reason) => ({ reason, ...place }));
}

/** Whether duty goes down by more than an officer may decide alone. */
export function lowersTooFar(before: Money | null, after: Money | null): boolean {
  if (before === null || after === null) return false;
  const least = new Decimal(before.amount).times(new Decimal(1).minus(LOWERED_ALONE));
  return new Decimal(after.amount).lessThan(least);
}
