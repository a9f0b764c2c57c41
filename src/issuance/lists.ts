import { Refusal } from '../documents/refusal.ts';
import { type ApplicationFilter, countApplications, selectApplications } from './application-list-queries.ts';
import { applicationLine } from './applications.ts';
import type { Asked } from './asked.ts';
import { type CertificateFilter, countCertificates, selectCertificates } from './certificate-list-queries.ts';
import { certificateLine } from './certificates.ts';
import { type Cursor, readCursor, readLimit, writeCursor } from './cursor.ts';
import type { ApplicationLine, CertificateLine, Page } from './views.ts';

/** The parameters of a list as they stand in the address; the route has checked their form. */
export type ListQuery = Readonly<Record<string, string>>;

/** Longest text that a list can be searched for. */
const LONGEST_SEARCH = 100;
/** Lines are counted so far and no further. */
const MOST_COUNTED = 1000;

/**
 * One page of the actor's applications, newest first. Query: `state`, `scheme`, `importingCountry`,
 * `consignmentReference`, `text`, `createdFrom`, `createdTo` (days in UTC, inclusive), `limit`, `after`.
 * @throws the refusals `CURSOR-UNREADABLE`, `LIMIT-UNREADABLE`, `DAY-UNREADABLE`, `TEXT-UNREADABLE`.
 */
export async function listApplications(asked: Asked, query: ListQuery): Promise<Page<ApplicationLine>> {
  const limit = readLimit(query['limit']);
  const filter: ApplicationFilter = {
    ...texts(query, ['state', 'scheme', 'importingCountry', 'consignmentReference', 'text']),
    ...days(query, ['createdFrom', 'createdTo']),
  };
  const page = { limit, after: readCursor(query['after']) };
  const rows = await selectApplications(asked.transaction, asked.actor, asked.now, filter, page);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(applicationLine),
    ...(await countOf(page.after, limit, rows.length, () =>
      countApplications(asked.transaction, asked.actor, asked.now, filter, MOST_COUNTED + 1),
    )),
    ...(last === undefined ? {} : { next: writeCursor({ at: last.created_at, id: last.id }) }),
  };
}

/**
 * One page of the certificates that the actor sees, newest first. Query: `state`, `scheme`, `side`,
 * `exportingCountry`, `importingCountry`, `consignmentReference`, `text`, `recordedFrom`, `recordedTo`, `limit`,
 * `after`.
 * @throws as {@link listApplications}.
 */
export async function listCertificates(asked: Asked, query: ListQuery): Promise<Page<CertificateLine>> {
  const limit = readLimit(query['limit']);
  const filter: CertificateFilter = {
    ...texts(query, [
      'state',
      'scheme',
      'side',
      'exportingCountry',
      'importingCountry',
      'consignmentReference',
      'text',
    ]),
    ...days(query, ['recordedFrom', 'recordedTo']),
  };
  const page = { limit, after: readCursor(query['after']) };
  const rows = await selectCertificates(asked.transaction, asked.actor, asked.now, filter, page);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(certificateLine),
    ...(await countOf(page.after, limit, rows.length, () =>
      countCertificates(asked.transaction, asked.actor, asked.now, filter, MOST_COUNTED + 1),
    )),
    ...(last === undefined ? {} : { next: writeCursor({ at: last.recorded_at, id: last.id }) }),
  };
}

/** Only the first page is counted, only when it is not the whole, and only up to 1,000: a count must stay cheap. */
async function countOf(
  after: Cursor | null,
  limit: number,
  found: number,
  count: () => Promise<number>,
): Promise<Pick<Page<never>, 'total' | 'totalIsMore'>> {
  if (after !== null) return {};
  if (found <= limit) return { total: found };
  const total = await count();
  return total > MOST_COUNTED ? { total: MOST_COUNTED, totalIsMore: true } : { total };
}

function texts<Name extends string>(query: ListQuery, names: readonly Name[]): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  for (const name of names) {
    const value = query[name];
    if (value === undefined || value === '') continue;
    if (value.length > LONGEST_SEARCH || value.includes('\u0000') || !value.isWellFormed()) {
      throw new Refusal('malformed', 'TEXT-UNREADABLE', `\`${name}\` has at most ${LONGEST_SEARCH} characters.`);
    }
    found[name] = value.normalize('NFC');
  }
  return found;
}

function days<Name extends string>(query: ListQuery, names: readonly Name[]): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  for (const name of names) {
    const value = query[name];
    if (value === undefined || value === '') continue;
    if (!isDay(value)) {
      throw new Refusal('malformed', 'DAY-UNREADABLE', `\`${name}\` is a day of the calendar such as 2026-03-01.`);
    }
    found[name] = value;
  }
  return found;
}

function isDay(text: string): boolean {
  if (!/^(19|20)\d{2}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}
