import type { Actor } from '../access/actor.ts';
import type { Reader } from '../store/pool.ts';
import { CERTIFICATE_LINE_COLUMNS, type CertificateLineRow } from './certificate-queries.ts';
import type { Cursor } from './cursor.ts';
import { visibleCertificates } from './visibility.ts';

/** Filters of a list of certificates; what is not given does not filter. */
export interface CertificateFilter {
  readonly state?: string;
  readonly scheme?: string;
  readonly side?: string;
  readonly exportingCountry?: string;
  readonly importingCountry?: string;
  readonly consignmentReference?: string;
  readonly text?: string;
  /** Days in UTC on which this node issued or received it, both inclusive, `YYYY-MM-DD`. */
  readonly recordedFrom?: string;
  readonly recordedTo?: string;
}

function certificateConditions(
  actor: Actor,
  now: Date,
  filter: CertificateFilter,
): { values: unknown[]; conditions: string[] } {
  const visible = visibleCertificates(actor, now, 1);
  const values: unknown[] = [...visible.values];
  const conditions = [visible.sql];
  const add = (condition: (parameter: string) => string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  add((p) => `c.state = ${p}`, filter.state);
  add((p) => `c.scheme = ${p}`, filter.scheme);
  add((p) => `c.side = ${p}`, filter.side);
  add((p) => `c.exporting_country = ${p}`, filter.exportingCountry);
  add((p) => `c.importing_country = ${p}`, filter.importingCountry);
  add((p) => `c.consignment_reference = ${p}`, filter.consignmentReference);
  add((p) => `strpos(c.search_text, ${p}) > 0`, filter.text?.toLowerCase());
  add((p) => `c.recorded_at >= ${p}::date::timestamp at time zone 'UTC'`, filter.recordedFrom);
  add((p) => `c.recorded_at < (${p}::date + 1)::timestamp at time zone 'UTC'`, filter.recordedTo);
  return { values, conditions };
}

/** One page of the certificates an actor sees, newest first; one line more than `limit` when there is a next page. */
export async function selectCertificates(
  reader: Reader,
  actor: Actor,
  now: Date,
  filter: CertificateFilter,
  page: { readonly limit: number; readonly after: Cursor | null },
): Promise<CertificateLineRow[]> {
  const { values, conditions } = certificateConditions(actor, now, filter);
  if (page.after !== null) {
    values.push(page.after.at, page.after.id);
    conditions.push(`(c.recorded_at, c.id) < ($${values.length - 1}::timestamptz, $${values.length}::uuid)`);
  }
  values.push(page.limit + 1);
  const { rows } = await reader.query<CertificateLineRow>({
    text: `select ${CERTIFICATE_LINE_COLUMNS} from certificates c where ${conditions.join(' and ')}
      order by c.recorded_at desc, c.id desc limit $${values.length}`,
    values,
  });
  return rows;
}

/** How many there are on all pages together, counted up to `most` and no further. */
export async function countCertificates(
  reader: Reader,
  actor: Actor,
  now: Date,
  filter: CertificateFilter,
  most: number,
): Promise<number> {
  const { values, conditions } = certificateConditions(actor, now, filter);
  values.push(most);
  const { rows } = await reader.query<{ n: number }>({
    text: `select count(*)::int as n from (select from certificates c where ${conditions.join(' and ')}
      limit $${values.length}) counted`,
    values,
  });
  return rows[0]?.n ?? 0;
}
