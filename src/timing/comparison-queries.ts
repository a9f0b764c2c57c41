import type { Reader } from '../store/pool.ts';
import type { Interval } from './intervals.ts';
import type { Channel, Precision } from './milestone.ts';

/** Which cases a comparison is about. */
export interface Population {
  readonly interval: Interval;
  readonly procedure: 'import' | 'export';
  /** Moments between which the interval starts, the last not included. */
  readonly from: Date;
  readonly until: Date;
  /** Open cases have waited until then. */
  readonly asOf: Date;
  /** Only what had been recorded by `asOf`; otherwise all that is recorded now. */
  readonly asThenKnown: boolean;
}

/** Cases that have the same channel, outcome, precision and standing as to marks. */
export interface CaseGroup {
  readonly channel: Channel | null;
  readonly outcome: 'ended' | 'open' | 'competing';
  readonly precision: Precision;
  readonly marked: boolean;
  /** Whole seconds, rounded down. */
  readonly durations: readonly number[];
}

/** Cases by what stands in their rows. Qualities: see migration 0055. */
function standing({ start, end, competing }: Interval, condition: string): string {
  const [s, e, x] = [start, end, competing].map((milestone) => `c.${milestone.toLowerCase()}`);
  return `select c.channel, c.declarant_firm_id, ${s}_at as started, ${e}_at as ended, ${x}_at as gone,
      ${s}_quality as s_quality, ${e}_quality as e_quality, ${x}_quality as x_quality
    from clearance_cases c where ${s}_at >= $1 and ${s}_at < $2 and c.procedure = $4 ${condition}`;
}

/** The newest counted moment of a case among what was recorded by then. */
function newestOf(milestone: string): string {
  return `select occurred_at, case precision when 'day' then 2 when 'minute' then 1 else 0 end
        + case when marks = '{}' then 0 else 4 end as quality
      from clearance_milestones m where m.declaration_id = c.declaration_id and m.milestone = '${milestone}' and m.counts
        and m.recorded_at <= $3 order by m.id desc limit 1`;
}

/**
 * Cases as they were known at an earlier moment: rows that have not changed since serve as they are; for the others
 * everything is taken from the events that had been recorded by then.
 */
function asThenKnown(interval: Interval): string {
  const { start, end, competing } = interval;
  return `${standing(interval, 'and c.changed_at <= $3')}
    union all
    select (select h.channel from clearance_case_channels h where h.declaration_id = c.declaration_id and h.noted_at <= $3
        order by h.id desc limit 1), c.declarant_firm_id, s.occurred_at, e.occurred_at, x.occurred_at,
      s.quality, coalesce(e.quality, 0), coalesce(x.quality, 0)
    from (select distinct m.declaration_id from clearance_milestones m where m.milestone = '${start}' and m.counts
        and m.recorded_at <= $3 and m.occurred_at >= $1 and m.occurred_at < $2) as candidates
      join clearance_cases c on c.declaration_id = candidates.declaration_id and c.changed_at > $3 and c.procedure = $4
      cross join lateral (${newestOf(start)}) s
      left join lateral (${newestOf(end)}) e on true
      left join lateral (${newestOf(competing)}) x on true
    where s.occurred_at >= $1 and s.occurred_at < $2`;
}

function casesOf({ interval, asThenKnown: then }: Population): string {
  return then ? asThenKnown(interval) : standing(interval, '');
}

function valuesOf({ from, until, asOf, procedure }: Population): unknown[] {
  return [from, until, asOf, procedure];
}

const OUTCOMES = ['ended', 'competing', 'open'] as const;
const PRECISIONS = ['second', 'minute', 'day'] as const;
const CHANNELS = [null, 'green', 'yellow', 'red'] as const;

/**
 * The durations of every case of a population, in one pass over the period's cases. What they are grouped by is one small
 * number, 32 × channel + 8 × outcome + quality, behind `offset 0`: otherwise the planner takes the groups for as many as
 * the moments they are computed from, and sorts all cases on disk.
 */
export async function selectDurations(reader: Reader, population: Population): Promise<CaseGroup[]> {
  const { interval, asThenKnown: then } = population;
  const { rows } = await reader.query<{ kind: number; durations: string }>({
    name: `durations-${interval.id}-${interval.version}${then ? '-then' : ''}`,
    text: `with cases as (${casesOf(population)}),
      outcomes as (
        select *, case when ended is not null and (gone is null or ended <= gone) then 0
          when gone is not null then 1 else 2 end as outcome
        from cases),
      finished as (
        select channel, outcome, started, s_quality,
          case outcome when 0 then ended when 1 then gone else $3::timestamptz end as finished,
          case outcome when 0 then e_quality when 1 then x_quality else 0::smallint end as f_quality
        from outcomes),
      measured as (
        select floor(date_part('epoch', finished - started))::bigint as seconds,
          case channel when 'green' then 32 when 'yellow' then 64 when 'red' then 96 else 0 end + 8 * outcome
            + ((s_quality | f_quality) & 4) + greatest(s_quality & 3, f_quality & 3) as kind
        from finished offset 0)
      select kind, array_to_string(array_agg(seconds), ',') as durations from measured group by kind`,
    values: valuesOf(population),
  });
  return rows.map(({ kind, durations }) => ({
    channel: CHANNELS[kind >> 5] ?? null,
    outcome: OUTCOMES[(kind >> 3) & 3] ?? 'open',
    precision: PRECISIONS[kind & 3] ?? 'day',
    marked: (kind & 4) !== 0,
    durations: durations.split(',').map(Number),
  }));
}

/** How many different declarants a population has, by channel and altogether (`all`). */
export async function countTraders(
  reader: Reader,
  population: Population,
): Promise<{ readonly all: number; readonly byChannel: ReadonlyMap<Channel | null, number> }> {
  const { interval, asThenKnown: then } = population;
  const { rows } = await reader.query<{ channel: Channel | null; is_all: boolean; traders: number }>({
    name: `traders-${interval.id}-${interval.version}${then ? '-then' : ''}`,
    text: `with cases as (${casesOf(population)})
      select channel, grouping(channel) = 1 as is_all, count(distinct declarant_firm_id)::integer as traders
      from cases where $3::timestamptz is not null group by grouping sets ((channel), ())`,
    values: valuesOf(population),
  });
  return {
    all: rows.find((row) => row.is_all)?.traders ?? 0,
    byChannel: new Map(rows.filter((row) => !row.is_all).map((row) => [row.channel, row.traders])),
  };
}

/** The moments at which days begin in a zone, and a month after the second of them. */
export async function selectPeriod(
  reader: Reader,
  days: { readonly from: string; readonly until: string },
  zone: string,
): Promise<{ readonly from: Date; readonly until: Date; readonly monthAfter: Date }> {
  const { rows } = await reader.query<{ from: Date; until: Date; month_after: Date }>({
    name: 'timing-period',
    text: `select ($1::date)::timestamp at time zone $3 as from, ($2::date)::timestamp at time zone $3 as until,
      ($2::date + interval '1 month') at time zone $3 as month_after`,
    values: [days.from, days.until, zone],
  });
  const row = rows[0];
  if (row === undefined) throw new Error('a period without an answer');
  return { from: row.from, until: row.until, monthAfter: row.month_after };
}
