import type { DeclarationFacts } from '../../documents/declaration/facts.ts';
import type { JsonValue } from '../../documents/json.ts';
import type { Selection } from '../../selectivity/selection.ts';
import type { Reader, Statement } from '../../store/pool.ts';
import type { Assessment } from '../../tariff/assessment.ts';

export type DryRunState = 'waiting' | 'running' | 'done' | 'aborted' | 'failed';

export interface DryRunRow {
  id: string;
  rule_set: number;
  lodged_from: Date;
  lodged_until: Date;
  most: number;
  as_of: Date;
  state: DryRunState;
  total: number | null;
  examined: number;
  result: JsonValue;
  failure: string | null;
  requested_at: Date;
  requested_by: string;
  requested_by_name: string;
  ended_at: Date | null;
}

const COLUMNS = `id, rule_set, lodged_from, lodged_until, most, as_of, state, total, examined, result, failure, requested_at,
  requested_by, requested_by_name, ended_at`;

export function insertDryRun(run: {
  readonly id: string;
  readonly ruleSet: number;
  readonly lodgedFrom: Date;
  readonly lodgedUntil: Date;
  readonly most: number;
  readonly asOf: Date;
  readonly at: Date;
  readonly byId: string;
  readonly byName: string;
}): Statement {
  return {
    name: 'dry-run-insert',
    text: `insert into selectivity_dry_runs (id, rule_set, lodged_from, lodged_until, most, as_of, state, requested_at,
        requested_by, requested_by_name)
      values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9)`,
    values: [run.id, run.ruleSet, run.lodgedFrom, run.lodgedUntil, run.most, run.asOf, run.at, run.byId, run.byName],
  };
}

export async function findDryRun(reader: Reader, id: string): Promise<DryRunRow | undefined> {
  const { rows } = await reader.query<DryRunRow>({
    name: 'dry-run-find',
    text: `select ${COLUMNS} from selectivity_dry_runs where id = $1`,
    values: [id],
  });
  return rows[0];
}

/** Runs of a rule set, the newest first, at most 100. */
export async function selectDryRuns(reader: Reader, ruleSet: number): Promise<DryRunRow[]> {
  const { rows } = await reader.query<DryRunRow>({
    name: 'dry-runs-of-rule-set',
    text: `select ${COLUMNS} from selectivity_dry_runs where rule_set = $1 order by requested_at desc, id limit 100`,
    values: [ruleSet],
  });
  return rows;
}

export async function countOpenDryRuns(reader: Reader): Promise<number> {
  const { rows } = await reader.query<{ n: number }>({
    name: 'dry-runs-open',
    text: `select count(*)::integer as n from selectivity_dry_runs where state in ('waiting', 'running')`,
  });
  return rows[0]?.n ?? 0;
}

/** The newest run of exactly this version that ended and looked at one declaration at least. */
export async function latestDoneDryRun(reader: Reader, ruleSet: number): Promise<string | undefined> {
  const { rows } = await reader.query<{ id: string }>({
    name: 'dry-run-latest-done',
    text: `select id from selectivity_dry_runs where rule_set = $1 and state = 'done' and examined > 0
      order by ended_at desc limit 1`,
    values: [ruleSet],
  });
  return rows[0]?.id;
}

/** Whether any declaration was ever given a channel. */
export async function hasPastDeclarations(reader: Reader): Promise<boolean> {
  const { rows } = await reader.query<{ found: boolean }>({
    name: 'dry-run-has-past',
    text: 'select exists (select from declarations where channel is not null) as found',
  });
  return rows[0]?.found ?? false;
}

/** A run is taken over when whoever worked on it has not said so for so long, in seconds. */
const SILENT_AFTER = 30;

/** Takes the oldest run that nobody works on. */
export async function claimDryRun(reader: Reader, claim: string): Promise<DryRunRow | undefined> {
  const { rows } = await reader.query<DryRunRow>({
    name: 'dry-run-claim',
    text: `update selectivity_dry_runs set state = 'running', claim = $1, claimed_at = clock_timestamp(), examined = 0
      where id = (select id from selectivity_dry_runs
        where state = 'waiting' or (state = 'running' and claimed_at < clock_timestamp() - make_interval(secs => ${SILENT_AFTER}))
        order by requested_at limit 1 for update skip locked)
      returning ${COLUMNS}`,
    values: [claim],
  });
  return rows[0];
}

/** Says how far a run is; false when it was aborted or taken over, so that its work must end. */
export async function noteProgress(
  reader: Reader,
  run: { readonly id: string; readonly claim: string; readonly total: number; readonly examined: number },
): Promise<boolean> {
  const { rowCount } = await reader.query({
    name: 'dry-run-progress',
    text: `update selectivity_dry_runs set total = $3, examined = $4, claimed_at = clock_timestamp()
      where id = $1 and claim = $2 and state = 'running'`,
    values: [run.id, run.claim, run.total, run.examined],
  });
  return rowCount === 1;
}

/** Puts a run back for another gateway, when this one stops. */
export async function putBack(reader: Reader, id: string, claim: string): Promise<void> {
  await reader.query({
    name: 'dry-run-put-back',
    text: `update selectivity_dry_runs set state = 'waiting', claim = null where id = $1 and claim = $2 and state = 'running'`,
    values: [id, claim],
  });
}

/** Ends a run for good; 0 rows when it was ended before or taken over (`claim` null: whoever holds it). */
export async function endDryRun(
  reader: Reader,
  id: string,
  claim: string | null,
  end: {
    readonly state: 'done' | 'aborted' | 'failed';
    readonly examined: number | null;
    readonly result: JsonValue;
    readonly failure: string | null;
    readonly at: Date;
  },
): Promise<number> {
  const { rowCount } = await reader.query({
    name: 'dry-run-end',
    text: `update selectivity_dry_runs set state = $3, examined = coalesce($4, examined), result = $5, failure = $6,
        ended_at = $7
      where id = $1 and state in ('waiting', 'running') and ($2::uuid is null or claim = $2::uuid)`,
    values: [
      id,
      claim,
      end.state,
      end.examined,
      end.result === null ? null : JSON.stringify(end.result),
      end.failure,
      end.at,
    ],
  });
  return rowCount;
}

/** A past declaration as a dry run judges it. */
export interface PastDeclaration {
  id: string;
  mrn: string;
  office: string;
  declarant_firm_id: string;
  authorised_trader: boolean;
  lodged_at: Date;
  facts: DeclarationFacts;
  assessment: Assessment;
  selection: Selection;
}

const PAST = `declarations d join lateral (select v.facts, v.assessment, v.selection from declaration_versions v
    where v.declaration_id = d.id and v.selection is not null order by v.number desc limit 1) v on true
  where d.lodged_at >= $1 and d.lodged_at < $2`;

export async function countPast(reader: Reader, from: Date, until: Date, most: number): Promise<number> {
  const { rows } = await reader.query<{ n: number }>({
    name: 'dry-run-count-past',
    text: `select count(*)::integer as n from (select from ${PAST} limit $3) counted`,
    values: [from, until, most],
  });
  return rows[0]?.n ?? 0;
}

/** The next few, the newest first: few, because one can have 9,999 goods items. */
export async function selectPast(
  reader: Reader,
  from: Date,
  until: Date,
  after: { readonly lodgedAt: Date; readonly id: string } | null,
  limit: number,
): Promise<PastDeclaration[]> {
  const { rows } = await reader.query<PastDeclaration>({
    name: 'dry-run-select-past',
    text: `select d.id, d.mrn, d.office, d.declarant_firm_id, d.authorised_trader, d.lodged_at, v.facts, v.assessment,
        v.selection
      from ${PAST} and ($3::timestamptz is null or (d.lodged_at, d.id) < ($3::timestamptz, $4::uuid))
      order by d.lodged_at desc, d.id desc limit $5`,
    values: [from, until, after?.lodgedAt ?? null, after?.id ?? null, limit],
  });
  return rows;
}
