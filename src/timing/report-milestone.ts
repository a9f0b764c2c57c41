import { actorOfEvent } from '../access/actor.ts';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent } from '../store/log.ts';
import { lockCase, type MilestoneRow, milestonesOf } from './case-queries.ts';
import { type KnownMoments, refuseImpossibleOrder } from './judge-milestone.ts';
import { isMilestone, type MilestoneReport, type MilestoneRole, type Precision } from './milestone.ts';
import type { Asked, CaseSeen, TimingParts } from './ports.ts';
import { recordStatement } from './record-milestone.ts';
import { type MilestoneView, milestoneViews } from './views.ts';

/**
 * Milestones that port, carrier and agencies report through an officer. Arrival has a route of its own, since clearance
 * goes on with it; everything else is recorded when it is done in this node.
 */
export const REPORTABLE = ['M2', 'M7a', 'M7b', 'M11'] as const;

export type Reportable = (typeof REPORTABLE)[number];

/** When something happened, and how exactly that is known. */
export interface ReportedMoment {
  readonly occurredAt: Date;
  readonly zone: string;
  readonly precision: Precision;
}

/** What a person reports. */
export interface ReportedMilestone extends ReportedMoment {
  readonly milestone: Reportable;
  /** Whose report it is. */
  readonly role: MilestoneRole;
  readonly pair?: string;
  readonly reason?: string;
}

/** What a person says in place of what was recorded. */
export interface CorrectedMilestone extends ReportedMoment {
  /** Whose report the corrected moment is; without it, that of the one before. */
  readonly role?: MilestoneRole;
  readonly reason: string;
}

interface OpenedCase {
  readonly seen: CaseSeen;
  readonly known: KnownMoments;
  readonly rows: readonly MilestoneRow[];
}

async function openedCase(parts: TimingParts, asked: Asked, movementReference: string): Promise<OpenedCase> {
  const seen = await parts.findCase(asked.transaction, asked.actor, asked.now, movementReference);
  const known = await lockCase(asked.transaction, seen.declarationId);
  if (known === undefined)
    throw new Refusal(
      'conflict',
      'DECLARATION-NOT-TIMED',
      'This declaration was lodged before times were recorded here; nothing can be added to it.',
    );
  return { seen, known, rows: await milestonesOf(asked.transaction, seen.declarationId) };
}

/** Stores the report with its entry in the log, and answers it as it is stored. */
async function record(
  parts: TimingParts,
  asked: Asked,
  seen: CaseSeen,
  report: MilestoneReport,
): Promise<MilestoneView> {
  const { transaction, actor, now } = asked;
  const { rows } = await transaction.query<{ id: bigint }>(recordStatement(report, parts.country, now));
  const id = String(rows[0]?.id);
  await appendEvent(transaction, {
    kind: report.supersedes === undefined ? 'milestone.reported' : 'milestone.corrected',
    subject: seen.movementReference,
    conversation: seen.consignmentReference,
    actor: actorOfEvent(actor),
    occurredAt: now,
    reason: report.reason,
    data: {
      id,
      milestone: report.milestone,
      occurredAt: report.occurredAt.toISOString(),
      zone: report.zone,
      precision: report.precision,
      role: report.role,
      supersedes: report.supersedes === undefined ? null : String(report.supersedes),
    },
  });
  const view = milestoneViews(await milestonesOf(transaction, seen.declarationId)).find((one) => one.id === id);
  if (view === undefined) throw new Error(`milestone ${id} was recorded and is not there`);
  return view;
}

const personOf = ({ actor }: Asked): MilestoneReport['source'] => ({
  kind: 'person',
  id: actor.personId,
  name: actor.name,
});

/**
 * Records what port, carrier or agency say, as the officer's own entry.
 * @throws the refusals of {@link TimingParts.findCase}, `MILESTONE-IN-FUTURE`, `ZONE-UNKNOWN`, `MILESTONE-OUT-OF-ORDER`,
 * `MILESTONE-KNOWN`, `PAIR-MISSING`, `PAIR-NOT-OPEN`, `DECLARATION-NOT-TIMED`
 */
export async function reportMilestone(
  parts: TimingParts,
  asked: Asked,
  movementReference: string,
  reported: ReportedMilestone,
): Promise<MilestoneView> {
  const { seen, known, rows } = await openedCase(parts, asked, movementReference);
  refuseImpossibleOrder(reported, known);
  refuseWithoutRoom(reported, rows);
  return record(parts, asked, seen, { ...reported, declarationId: seen.declarationId, source: personOf(asked) });
}

/** What happens once is reported once; an agency's end needs its start, and comes after it. */
function refuseWithoutRoom(reported: ReportedMilestone, rows: readonly MilestoneRow[]): void {
  const { milestone, pair } = reported;
  const isPaired = milestone === 'M7a' || milestone === 'M7b';
  if (isPaired && pair === undefined)
    throw new Refusal(
      'invalid',
      'PAIR-MISSING',
      'Say with `pair` which work of an agency this is: start and end have the same.',
    );
  const superseded = new Set(rows.map((row) => row.supersedes));
  const standing = rows.filter((row) => !superseded.has(row.id));
  const same = (wanted: string): MilestoneRow | undefined =>
    standing.find((row) => row.milestone === wanted && (!isPaired || row.pair === pair));
  const before = same(milestone);
  if (before !== undefined)
    throw new Refusal(
      'conflict',
      'MILESTONE-KNOWN',
      `This is recorded already, for ${before.occurred_at.toISOString()}. A supervisor can correct it.`,
    );
  if (milestone !== 'M7b') return;
  const start = same('M7a');
  if (start === undefined || start.occurred_at > reported.occurredAt)
    throw new Refusal(
      'invalid',
      'PAIR-NOT-OPEN',
      start === undefined
        ? 'No start of an agency’s work is recorded with this `pair`. Report the start first.'
        : `The agency’s work started at ${start.occurred_at.toISOString()}: its end cannot come before that.`,
    );
}

/**
 * Records another moment in place of one that was wrong; both stay.
 * @throws the refusals of {@link reportMilestone}, and `MILESTONE-NOT-FOUND`, `MILESTONE-CORRECTED-ALREADY`
 */
export async function correctMilestone(
  parts: TimingParts,
  asked: Asked,
  movementReference: string,
  id: string,
  corrected: CorrectedMilestone,
): Promise<MilestoneView> {
  const { seen, known, rows } = await openedCase(parts, asked, movementReference);
  const row = rows.find((one) => String(one.id) === id);
  if (row === undefined || !isMilestone(row.milestone))
    throw new Refusal('not-found', 'MILESTONE-NOT-FOUND', 'This declaration has no milestone with this id.');
  const { milestone } = row;
  const later = rows.find((one) => one.supersedes === row.id);
  if (later !== undefined)
    throw new Refusal(
      'conflict',
      'MILESTONE-CORRECTED-ALREADY',
      `It was corrected already; correct the correction, which has the id ${later.id}.`,
    );
  if (row.counts) refuseImpossibleOrder({ ...corrected, milestone }, known);
  return record(parts, asked, seen, {
    declarationId: seen.declarationId,
    milestone,
    occurredAt: corrected.occurredAt,
    zone: corrected.zone,
    precision: corrected.precision,
    role: corrected.role ?? row.role,
    source: personOf(asked),
    ...(row.pair === null ? {} : { pair: row.pair }),
    supersedes: row.id,
    reason: corrected.reason,
  });
}
