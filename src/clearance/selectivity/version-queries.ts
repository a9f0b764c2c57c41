import type { JsonObject, JsonValue } from '../../documents/json.ts';
import type { Reader, Statement } from '../../store/pool.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Changed, ChangedKind, Step } from './change.ts';

interface StepJson {
  readonly step: Step;
  readonly at: string;
  readonly byId: string;
  readonly byName: string;
  readonly reason: string | null;
  readonly inForceFrom: string | null;
  readonly dryRunId: string | null;
}

/** A version as the database has it; content only where it was asked for. */
export interface VersionRow {
  name: string;
  number: number;
  content: JsonValue;
  reason: string;
  drafted_at: Date;
  drafted_by: string;
  drafted_by_name: string;
  steps: readonly StepJson[];
  /** Number of the version that is in force now. */
  in_force: number | null;
}

const STEPS = `coalesce((select jsonb_agg(jsonb_build_object('step', s.step, 'at', s.at, 'byId', s.by_id,
    'byName', s.by_name, 'reason', s.reason, 'inForceFrom', s.in_force_from, 'dryRunId', s.dry_run_id) order by s.at, s.step)
  from selectivity_steps s where s.kind = v.kind and s.name = v.name and s.number = v.number), '[]') as steps`;

/** The newest approved version whose time has come is in force; one that is withdrawn before its time never is. */
const IN_FORCE = `(select max(a.number) from selectivity_steps a
  where a.kind = v.kind and a.name = v.name and a.step = 'approved' and a.in_force_from <= $NOW
    and not exists (select from selectivity_steps w where w.kind = a.kind and w.name = a.name and w.number = a.number
      and w.step = 'withdrawn')) as in_force`;

const LINE = 'v.name, v.number, v.reason, v.drafted_at, v.drafted_by, v.drafted_by_name';

function inForceAt(parameter: string): string {
  return IN_FORCE.replace('$NOW', parameter);
}

/** Lets one change of this thing through at a time, until the transaction ends. */
export async function lockChanged(transaction: Transaction, { kind, name }: Changed): Promise<void> {
  await transaction.query({
    name: 'selectivity-lock',
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 53))',
    values: [`${kind} ${name}`],
  });
}

export async function findVersion(
  reader: Reader,
  { kind, name }: Changed,
  number: number,
  now: Date,
): Promise<VersionRow | undefined> {
  const { rows } = await reader.query<VersionRow>({
    name: 'selectivity-version',
    text: `select ${LINE}, v.content, ${STEPS}, ${inForceAt('$4')}
      from selectivity_versions v where v.kind = $1 and v.name = $2 and v.number = $3`,
    values: [kind, name, number, now],
  });
  return rows[0];
}

/** Versions of one thing, the newest first, at most 200 below `before`, without their content. */
export async function selectVersions(
  reader: Reader,
  { kind, name }: Changed,
  now: Date,
  before: number | null,
): Promise<VersionRow[]> {
  const { rows } = await reader.query<VersionRow>({
    name: 'selectivity-versions',
    text: `select ${LINE}, null::jsonb as content, ${STEPS}, ${inForceAt('$3')}
      from selectivity_versions v where v.kind = $1 and v.name = $2 and ($4::integer is null or v.number < $4)
      order by v.number desc limit 200`,
    values: [kind, name, now, before],
  });
  return rows;
}

/** Of every thing of a kind the newest version, by name, at most 200 from `after` on. */
export async function selectNewest(reader: Reader, kind: ChangedKind, now: Date, after: string): Promise<VersionRow[]> {
  const { rows } = await reader.query<VersionRow>({
    name: 'selectivity-newest',
    text: `select distinct on (v.name) ${LINE},
        case when v.kind = 'list' then v.content - 'entries' else v.content end as content, ${STEPS}, ${inForceAt('$2')}
      from selectivity_versions v where v.kind = $1 and v.name > $3 order by v.name, v.number desc limit 200`,
    values: [kind, now, after],
  });
  return rows;
}

/** The highest number that was ever approved, 0 without one. */
export async function highestApproved(reader: Reader, { kind, name }: Changed): Promise<number> {
  const { rows } = await reader.query<{ number: number }>({
    name: 'selectivity-highest-approved',
    text: `select coalesce(max(a.number), 0) as number from selectivity_steps a
      where a.kind = $1 and a.name = $2 and a.step = 'approved' and not exists (select from selectivity_steps w
        where w.kind = a.kind and w.name = a.name and w.number = a.number and w.step = 'withdrawn')`,
    values: [kind, name],
  });
  return rows[0]?.number ?? 0;
}

/** The next number of a thing; only behind {@link lockChanged}. */
export async function nextNumber(transaction: Transaction, { kind, name }: Changed): Promise<number> {
  const { rows } = await transaction.query<{ number: number }>({
    name: 'selectivity-next-number',
    text: 'select coalesce(max(number), 0) + 1 as number from selectivity_versions where kind = $1 and name = $2',
    values: [kind, name],
  });
  return rows[0]?.number ?? 1;
}

export function insertVersion(
  { kind, name }: Changed,
  version: {
    readonly number: number;
    readonly content: JsonValue;
    readonly seeds: JsonObject;
    readonly reason: string;
    readonly at: Date;
    readonly byId: string;
    readonly byName: string;
  },
): Statement {
  return {
    name: 'selectivity-insert-version',
    text: `insert into selectivity_versions (kind, name, number, content, seeds, reason, drafted_at, drafted_by, drafted_by_name)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      kind,
      name,
      version.number,
      JSON.stringify(version.content),
      JSON.stringify(version.seeds),
      version.reason,
      version.at,
      version.byId,
      version.byName,
    ],
  };
}

export function insertStep(
  { kind, name }: Changed,
  number: number,
  step: {
    readonly step: Step;
    readonly at: Date;
    readonly byId: string;
    readonly byName: string;
    readonly reason: string | null;
    readonly inForceFrom: Date | null;
    readonly dryRunId: string | null;
  },
): Statement {
  return {
    name: 'selectivity-insert-step',
    text: `insert into selectivity_steps (kind, name, number, step, at, by_id, by_name, reason, in_force_from, dry_run_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    values: [
      kind,
      name,
      number,
      step.step,
      step.at,
      step.byId,
      step.byName,
      step.reason,
      step.inForceFrom,
      step.dryRunId,
    ],
  };
}
