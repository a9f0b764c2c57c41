import type { Actor } from '../access/actor.ts';
import type { Cursor } from '../store/cursor.ts';
import { ListConditions, type ListedTable } from '../store/list-query.ts';
import type { Reader } from '../store/pool.ts';
import { APPLICATION_LINE_COLUMNS, type ApplicationLineRow } from './application-queries.ts';
import { visibleApplications } from './visibility.ts';

/** Filters of a list of applications; what is not given does not filter. */
export interface ApplicationFilter {
  readonly state?: string;
  readonly scheme?: string;
  readonly importingCountry?: string;
  readonly consignmentReference?: string;
  /** Part of a party's name, a number, a description of goods; upper or lower case. */
  readonly text?: string;
  /** Days in UTC, both inclusive, `YYYY-MM-DD`. */
  readonly createdFrom?: string;
  readonly createdTo?: string;
}

const APPLICATIONS: ListedTable = {
  name: 'applications',
  alias: 'a',
  columns: APPLICATION_LINE_COLUMNS,
  time: 'created_at',
};

function conditions(actor: Actor, now: Date, filter: ApplicationFilter): ListConditions {
  return new ListConditions(APPLICATIONS, visibleApplications(actor, now, 1))
    .equals('state', filter.state)
    .equals('scheme', filter.scheme)
    .equals('importing_country', filter.importingCountry)
    .equals('consignment_reference', filter.consignmentReference)
    .contains('search_text', filter.text)
    .between(filter.createdFrom, filter.createdTo);
}

/** One page of the applications an actor sees, newest first; one line more than `limit` when there is a next page. */
export function selectApplications(
  reader: Reader,
  actor: Actor,
  now: Date,
  filter: ApplicationFilter,
  page: { readonly limit: number; readonly after: Cursor | null },
): Promise<ApplicationLineRow[]> {
  return conditions(actor, now, filter).page(reader, page);
}

/** How many there are on all pages together, counted up to `most` and no further. */
export function countApplications(
  reader: Reader,
  actor: Actor,
  now: Date,
  filter: ApplicationFilter,
  most: number,
): Promise<number> {
  return conditions(actor, now, filter).count(reader, most);
}
