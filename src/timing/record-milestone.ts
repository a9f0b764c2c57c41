import type { Statement } from '../store/pool.ts';
import { refuseImpossibleMoment } from './judge-milestone.ts';
import {
  type CaseDescription,
  COUNTED_MILESTONES,
  isCounted,
  type MilestoneId,
  type MilestoneRecorder,
  type MilestoneReport,
} from './milestone.ts';
import { BACKDATED_AFTER_SECONDS, ORDER_RULES, SPAN_SECONDS } from './order-rules.ts';

const column = (milestone: string): string => milestone.toLowerCase();

/** Seconds of the span that a moment of the reported precision names. */
const SPAN = `case $5 when 'minute' then ${SPAN_SECONDS.minute} when 'day' then ${SPAN_SECONDS.day} else 0 end`;

/** The marks that the order of milestones gives to one of them. */
function orderMarks(milestone: MilestoneId): string[] {
  return ORDER_RULES.filter(({ milestones }) => milestones.includes(milestone)).map(({ order, against, mark }) => {
    const moment = `k.${column(against)}_at`;
    const wrong =
      order === 'before'
        ? `$3::timestamptz + make_interval(secs => ${SPAN}) < ${moment}`
        : `$3::timestamptz > ${moment}`;
    return `case when ${wrong} then '${mark}' end`;
  });
}

/**
 * The case is read under its lock, the milestone is marked by what stands, and what stands follows, in one statement. A
 * milestone of a case that was never opened has no reference number and fails. A repeated record is kept, and what
 * stands stays; a correction counts when what it corrects did. Each milestone has a statement of its own that holds what
 * concerns it and nothing else: the server prepares every expression anew for each execution.
 */
function recordText(milestone: MilestoneId, isCorrection: boolean): string {
  const standsAlready = isCounted(milestone) ? `k.${column(milestone)}_at is not null` : 'false';
  const counts = isCorrection
    ? 'coalesce((select s.counts from clearance_milestones s where s.id = $12::bigint), false)'
    : `not ${standsAlready}`;
  const marks = [
    `case when $6::timestamptz - $3::timestamptz > make_interval(secs => ${BACKDATED_AFTER_SECONDS} + ${SPAN})
          then 'backdated' end`,
    ...(isCorrection ? [`'corrected'`] : [`case when ${standsAlready} then 'repeated' end`]),
    ...orderMarks(milestone),
  ];
  const name = column(milestone);
  const standing = isCounted(milestone)
    ? `${name}_at = case when a.counts then a.occurred_at else c.${name}_at end,
    ${name}_quality = case when a.counts
      then case a.precision when 'day' then 2 when 'minute' then 1 else 0 end + case when a.marks = '{}' then 0 else 4 end
      else c.${name}_quality end,`
    : '';
  return `
  with known as (select * from clearance_cases where declaration_id = $1::uuid for update),
  added as (
    insert into clearance_milestones (declaration_id, mrn, ucr, milestone, occurred_at, zone, precision, recorded_at, role,
      node, source_kind, source_id, source_name, pair, supersedes, reason, counts, marks)
    select $1, k.mrn, k.ucr, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $14, $12::bigint, $13, ${counts},
      array(select distinct mark from unnest(array[
        ${marks.join(',\n        ')}]) as found (mark) where mark is not null order by mark)
    from (select 1) as always left join known k on true
    returning id, occurred_at, precision, recorded_at, counts, marks)
  update clearance_cases c set ${standing} changed_at = greatest(c.changed_at, a.recorded_at)
  from added a where c.declaration_id = $1
  returning a.id`;
}

const texts = new Map<string, string>();

/** The statement that records a milestone; its answer is one row with the `id`. */
export function recordStatement(report: MilestoneReport, node: string, recordedAt: Date): Statement {
  refuseImpossibleMoment(report, recordedAt);
  const { source, milestone, supersedes } = report;
  const isCorrection = supersedes !== undefined;
  const name = `${isCorrection ? 'correct' : 'record'}-milestone-${milestone}`;
  const text = texts.get(name) ?? recordText(milestone, isCorrection);
  texts.set(name, text);
  return {
    name,
    text,
    values: [
      report.declarationId,
      report.milestone,
      report.occurredAt,
      report.zone,
      report.precision,
      recordedAt,
      report.role,
      node,
      source.kind,
      source.kind === 'person' ? source.id : source.kind === 'document' ? source.digest : null,
      source.kind === 'person' ? source.name : null,
      report.supersedes ?? null,
      report.reason ?? null,
      report.pair ?? null,
    ],
  };
}

/** Whether a report tells of this very moment, seen by the node itself: then nothing about it can be out of order. */
function isOfNow({ occurredAt, precision, source, supersedes }: MilestoneReport, now: Date): boolean {
  return (
    occurredAt.getTime() === now.getTime() &&
    precision === 'second' &&
    source.kind === 'node' &&
    supersedes === undefined
  );
}

/** Whether a case that is opened now can begin with these at once: all of this moment, none of them twice. */
function areOfNow(reports: readonly MilestoneReport[], now: Date): boolean {
  const counted = reports.map(({ milestone }) => milestone).filter(isCounted);
  return reports.every((report) => isOfNow(report, now)) && new Set(counted).size === counted.length;
}

const OPEN = `
  with opened as (
    insert into clearance_cases (declaration_id, mrn, ucr, procedure, office, declarant_firm_id, border_transport_mode,
      chapter, agreement, authorised_trader, changed_at, ${COUNTED_MILESTONES.map((name) => `${column(name)}_at`).join(', ')})
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::timestamptz, ${COUNTED_MILESTONES.map(
      (name) => `case when '${name}' = any($12::text[]) then $11::timestamptz end`,
    ).join(', ')})
    returning declaration_id, mrn, ucr)
  insert into clearance_milestones (declaration_id, mrn, ucr, milestone, occurred_at, zone, precision, recorded_at, role,
    node, source_kind, pair, reason, counts, marks)
  select o.declaration_id, o.mrn, o.ucr, m.milestone, $11::timestamptz, m.zone, 'second', $11::timestamptz, m.role, $13,
    'node', m.pair, m.reason, true, '{}'
  from opened o cross join unnest($12::text[], $14::text[], $15::text[], $16::text[], $17::text[]) with ordinality
    as m (milestone, zone, role, pair, reason, place) order by m.place`;

/** Opens a case with milestones of this moment: each is the first of its kind and has no mark. */
function openCaseStatement(
  description: CaseDescription,
  node: string,
  now: Date,
  first: readonly MilestoneReport[],
): Statement {
  for (const report of first) refuseImpossibleMoment(report, now);
  return {
    name: 'open-clearance-case',
    text: OPEN,
    values: [
      description.declarationId,
      description.movementReference,
      description.consignmentReference,
      description.procedure,
      description.office,
      description.declarantFirmId,
      description.borderTransportMode,
      description.chapter,
      description.agreement,
      description.authorisedTrader,
      now,
      first.map(({ milestone }) => milestone),
      node,
      first.map(({ zone }) => zone),
      first.map(({ role }) => role),
      first.map(({ pair }) => pair ?? null),
      first.map(({ reason }) => reason ?? null),
    ],
  };
}

/** Records for one node, whose country stands with every milestone. */
export function createMilestoneRecorder(country: string): MilestoneRecorder {
  return {
    openCase(transaction, description, now, first = []) {
      const together = areOfNow(first, now);
      transaction.later(openCaseStatement(description, country, now, together ? first : []));
      if (!together) for (const report of first) transaction.later(recordStatement(report, country, now));
    },
    describeCase(transaction, description, now) {
      transaction.later({
        name: 'describe-clearance-case',
        text: `update clearance_cases set border_transport_mode = $2, chapter = $3, agreement = $4, authorised_trader = $5,
            changed_at = greatest(changed_at, $6) where declaration_id = $1`,
        values: [
          description.declarationId,
          description.borderTransportMode,
          description.chapter,
          description.agreement,
          description.authorisedTrader,
          now,
        ],
      });
    },
    noteChannel(transaction, declarationId, channel, now) {
      transaction.later({
        name: 'note-case-channel',
        text: `with noted as (
            insert into clearance_case_channels (declaration_id, channel, noted_at) values ($1, $2, $3))
          update clearance_cases set channel = $2, changed_at = greatest(changed_at, $3) where declaration_id = $1`,
        values: [declarationId, channel, now],
      });
    },
    record: (transaction, report, recordedAt) => transaction.later(recordStatement(report, country, recordedAt)),
  };
}
