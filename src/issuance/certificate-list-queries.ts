import type { Actor } from '../access/actor.ts';
import type { Cursor } from '../store/cursor.ts';
import { ListConditions, type ListedTable } from '../store/list-query.ts';
import type { Reader } from '../store/pool.ts';
import { CERTIFICATE_LINE_COLUMNS, type CertificateLineRow } from './certificate-queries.ts';
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

const CERTIFICATES: ListedTable = {
  name: 'certificates',
  alias: 'c',
  columns: CERTIFICATE_LINE_COLUMNS,
  time: 'recorded_at',
};

function conditions(actor: Actor, now: Date, filter: CertificateFilter): ListConditions {
  return new ListConditions(CERTIFICATES, visibleCertificates(actor, now, 1))
    .equals('state', filter.state)
    .equals('scheme', filter.scheme)
    .equals('side', filter.side)
    .equals('exporting_country', filter.exportingCountry)
    .equals('importing_country', filter.importingCountry)
    .equals('consignment_reference', filter.consignmentReference)
    .contains('search_text', filter.text)
    .between(filter.recordedFrom, filter.recordedTo);
}

/** One page of the certificates an actor sees, newest first; one line more than `limit` when there is a next page. */
export function selectCertificates(
  reader: Reader,
  actor: Actor,
  now: Date,
  filter: CertificateFilter,
  page: { readonly limit: number; readonly after: Cursor | null },
): Promise<CertificateLineRow[]> {
  return conditions(actor, now, filter).page(reader, page);
}

/** How many there are on all pages together, counted up to `most` and no further. */
export function countCertificates(
  reader: Reader,
  actor: Actor,
  now: Date,
  filter: CertificateFilter,
  most: number,
): Promise<number> {
  return conditions(actor, now, filter).count(reader, most);
}
