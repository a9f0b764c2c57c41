import { readCursor, readLimit, writeCursor } from '../store/cursor.ts';
import { countOf, days, type ListQuery, MOST_COUNTED, texts } from '../store/list-parameters.ts';
import { type ApplicationFilter, countApplications, selectApplications } from './application-list-queries.ts';
import { applicationLine } from './applications.ts';
import type { Asked } from './asked.ts';
import { type CertificateFilter, countCertificates, selectCertificates } from './certificate-list-queries.ts';
import { certificateLine } from './certificates.ts';
import type { ApplicationLine, CertificateLine, Page } from './views.ts';

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
