import type { Reader } from '../../store/pool.ts';
import { WAITING_FOR, type WaitingFor } from './standing.ts';
import type { WorklistCursor } from './worklist-cursor.ts';

/** What lines of the worklist must fulfil; what is not given does not filter. */
export interface WorklistFilter {
  readonly office: string;
  readonly channel?: string;
  readonly waitingFor?: string;
  /** `me` needs `personId`. */
  readonly claimed?: 'me' | 'somebody' | 'nobody';
  readonly personId: string;
  readonly answered?: true;
  readonly certificateArrived?: true;
  /** Beyond its target time at this moment. */
  readonly overdueAt?: Date;
  /** Part of a party's name, a number, a description of goods; upper or lower case. */
  readonly text?: string;
}

/** A line of the worklist as the database has it. */
export interface WorklistRow {
  readonly id: string;
  readonly mrn: string;
  readonly version: number;
  readonly state: string;
  readonly channel: string | null;
  readonly procedure: string;
  readonly lrn: string;
  readonly ucr: string;
  readonly waiting_for: WaitingFor;
  readonly declarant: string | null;
  readonly importer_name: string | null;
  readonly exporter_name: string | null;
  readonly export_country: string | null;
  readonly chapter: string | null;
  readonly goods_description: string;
  readonly goods_item_count: number;
  readonly open_queries: number;
  readonly answered_queries: number;
  readonly open_inspections: number;
  readonly open_permits: number;
  readonly open_certificates: number;
  readonly assessment_open: boolean;
  readonly payment: string;
  readonly claimed_by: string | null;
  readonly claimed_by_name: string | null;
  readonly claimed_at: Date | null;
  readonly certificate_arrived_at: Date | null;
  readonly lodged_at: Date;
  readonly arrived_at: Date | null;
  readonly target_at: Date | null;
  readonly target_micros: bigint | null;
  readonly lodged_micros: bigint;
}

/** The condition of the worklist's partial indexes, word for word. */
const OPEN = `d.state in ('registered', 'in-clearance', 'conditionally-released')`;
const ORDER = `coalesce(d.target_at, 'infinity'::timestamptz), d.lodged_at, d.id`;

const COLUMNS = `d.id, d.mrn, d.version, d.state, d.channel, d.procedure, d.lrn, d.ucr, d.waiting_for,
  (select f.name from firms f where f.id = d.declarant_firm_id) as declarant, d.importer_name, d.exporter_name,
  d.export_country, d.chapter, d.goods_description, d.goods_item_count, d.open_queries, d.answered_queries,
  d.open_inspections, d.open_permits, d.open_certificates, d.assessment_open, d.payment, d.claimed_by, d.claimed_by_name,
  d.claimed_at, d.certificate_arrived_at, d.lodged_at, d.arrived_at, d.target_at,
  (extract(epoch from d.target_at) * 1000000)::bigint as target_micros,
  (extract(epoch from d.lodged_at) * 1000000)::bigint as lodged_micros`;

/** One page of an office's worklist, by target time and age; one line more than `limit` when there is a next page. */
export async function selectWorklist(
  reader: Reader,
  filter: WorklistFilter,
  page: { readonly limit: number; readonly after: WorklistCursor | null },
): Promise<WorklistRow[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => {
    values.push(value);
    return `$${values.length}`;
  };
  const conditions = [OPEN, ...filterConditions(filter, parameter)];
  if (page.after !== null) {
    const { target, lodged, id } = page.after;
    const moment = (micros: bigint): string =>
      `'epoch'::timestamptz + ${parameter(micros)}::bigint * interval '1 microsecond'`;
    const targetAt = target === null ? `'infinity'::timestamptz` : moment(target);
    conditions.push(`(${ORDER}) > (${targetAt}, ${moment(lodged)}, ${parameter(id)}::uuid)`);
  }
  const { rows } = await reader.query<WorklistRow>({
    text: `select ${COLUMNS} from declarations d where ${conditions.join(' and ')}
      order by ${ORDER} limit ${parameter(page.limit + 1)}`,
    values,
  });
  return rows;
}

function filterConditions(filter: WorklistFilter, parameter: (value: unknown) => string): string[] {
  const conditions = [`d.office = ${parameter(filter.office)}`];
  if (filter.channel !== undefined) conditions.push(`d.channel = ${parameter(filter.channel)}`);
  if (filter.waitingFor !== undefined) conditions.push(`d.waiting_for = ${parameter(filter.waitingFor)}`);
  if (filter.claimed === 'me') conditions.push(`d.claimed_by = ${parameter(filter.personId)}`);
  if (filter.claimed === 'somebody') conditions.push('d.claimed_by is not null');
  if (filter.claimed === 'nobody') conditions.push('d.claimed_by is null');
  if (filter.answered === true) conditions.push('d.answered_queries > 0');
  if (filter.certificateArrived === true) conditions.push('d.certificate_arrived_at is not null');
  if (filter.overdueAt !== undefined)
    conditions.push(`coalesce(d.target_at, 'infinity'::timestamptz) < ${parameter(filter.overdueAt)}`);
  if (filter.text !== undefined) conditions.push(`strpos(d.search_text, ${parameter(filter.text.toLowerCase())}) > 0`);
  return conditions;
}

/** How many declarations of an office wait for whom, each counted up to `most` and no further. */
export async function countWaiting(
  reader: Reader,
  office: string,
  most: number,
): Promise<{ readonly waitingFor: WaitingFor; readonly count: number }[]> {
  const { rows } = await reader.query<{ waiting_for: WaitingFor; n: number }>({
    name: 'count-waiting',
    text: `select w.name as waiting_for, (select count(*)::int from (
        select from declarations d where d.office = $1 and d.waiting_for = w.name and ${OPEN} limit $3) counted) as n
      from unnest($2::text[]) with ordinality w (name, place) order by w.place`,
    values: [office, WAITING_FOR.filter((name) => name !== 'nobody'), most],
  });
  return rows.map((row) => ({ waitingFor: row.waiting_for, count: row.n }));
}
