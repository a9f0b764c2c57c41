import { Refusal } from '../../documents/refusal.ts';
import type { Asked } from '../asked.ts';
import type { WaitingFor } from './standing.ts';
import { readWorklistCursor, writeWorklistCursor } from './worklist-cursor.ts';
import { countWaiting, selectWorklist, type WorklistFilter, type WorklistRow } from './worklist-queries.ts';

/** Lines on a page when the caller does not say, and at most. */
const PAGE_LINES = 50;
const MOST_PAGE_LINES = 200;
/** Longest text that the worklist can be searched for. */
const LONGEST_SEARCH = 100;
/** Declarations that wait are counted so far and no further. */
const MOST_COUNTED = 1000;

/** One line of the worklist. Moments are ISO texts. */
export type WorklistLine = {
  readonly mrn: string;
  readonly version: number;
  readonly state: string;
  readonly channel: string | null;
  readonly procedure: string;
  readonly localReference: string;
  readonly consignmentReference: string;
  readonly waitingFor: WaitingFor;
  readonly declarant: string | null;
  readonly importer: string | null;
  readonly exporter: string | null;
  readonly exportCountry: string | null;
  readonly chapter: string | null;
  readonly goods: string;
  readonly itemCount: number;
  readonly openQueries: number;
  readonly answeredQueries: number;
  readonly openInspections: number;
  readonly openPermits: number;
  readonly openCertificates: number;
  readonly assessmentOpen: boolean;
  readonly payment: string;
  readonly claimedBy: { readonly name: string; readonly self: boolean; readonly since: string } | null;
  readonly certificateArrivedAt: string | null;
  readonly lodgedAt: string;
  readonly arrivedAt: string | null;
  readonly targetAt: string | null;
  readonly overdue: boolean;
};

/** A page of the worklist; `waiting` stands on the first page only. */
export type Worklist = {
  readonly office: string;
  readonly items: readonly WorklistLine[];
  readonly next?: string;
  /** Over the whole office, whatever the filter; counted up to 1,000, then `countIsMore`. */
  readonly waiting?: readonly { readonly for: WaitingFor; readonly count: number; readonly countIsMore: boolean }[];
};

/**
 * One page of the open declarations of the actor's office, by target time and then age. Query: `channel`, `waitingFor`,
 * `claimed` (`me`, `somebody`, `nobody`), `answered`, `certificateArrived`, `overdue` (`true`), `text`, `limit`, `after`;
 * for a supervisor `office`.
 * @throws the refusals `CURSOR-UNREADABLE`, `LIMIT-UNREADABLE`, `TEXT-UNREADABLE`, `OFFICE-MISSING`
 */
export async function readWorklist(asked: Asked, query: Readonly<Record<string, string>>): Promise<Worklist> {
  const office = officeOf(asked, query['office']);
  const limit = limitOf(query['limit']);
  const after = readWorklistCursor(query['after']);
  const filter: WorklistFilter = {
    office,
    personId: asked.actor.personId,
    ...texts(query),
    ...(query['answered'] === 'true' ? { answered: true } : {}),
    ...(query['certificateArrived'] === 'true' ? { certificateArrived: true } : {}),
    ...(query['overdue'] === 'true' ? { overdueAt: asked.now } : {}),
  };
  const [rows, waiting] = await Promise.all([
    selectWorklist(asked.transaction, filter, { limit, after }),
    after === null ? countWaiting(asked.transaction, office, MOST_COUNTED + 1) : undefined,
  ]);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    office,
    items: rows.slice(0, limit).map((row) => lineOf(row, asked)),
    ...(last === undefined
      ? {}
      : { next: writeWorklistCursor({ target: last.target_micros, lodged: last.lodged_micros, id: last.id }) }),
    ...(waiting === undefined
      ? {}
      : {
          waiting: waiting.map((one) => ({
            for: one.waitingFor,
            count: Math.min(one.count, MOST_COUNTED),
            countIsMore: one.count > MOST_COUNTED,
          })),
        }),
  };
}

/** An officer sees their own office; a supervisor the one they name, else their own. */
function officeOf({ actor }: Asked, named: string | undefined): string {
  const office = actor.role === 'supervisor' ? (named ?? actor.office) : actor.office;
  if (office === null)
    throw new Refusal('invalid', 'OFFICE-MISSING', 'You belong to no office; a supervisor names one as `office`.');
  return office;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return PAGE_LINES;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MOST_PAGE_LINES)
    throw new Refusal('malformed', 'LIMIT-UNREADABLE', `\`limit\` is a whole number from 1 to ${MOST_PAGE_LINES}.`);
  return limit;
}

function texts(
  query: Readonly<Record<string, string>>,
): Pick<WorklistFilter, 'channel' | 'waitingFor' | 'claimed' | 'text'> {
  const { channel, waitingFor, claimed, text } = query;
  if (text !== undefined && text.length > LONGEST_SEARCH)
    throw new Refusal('malformed', 'TEXT-UNREADABLE', `\`text\` has at most ${LONGEST_SEARCH} characters.`);
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(claimed === 'me' || claimed === 'somebody' || claimed === 'nobody' ? { claimed } : {}),
    ...(text === undefined || text === '' ? {} : { text: text.normalize('NFC') }),
  };
}

function lineOf(row: WorklistRow, { actor, now }: Asked): WorklistLine {
  return {
    mrn: row.mrn,
    version: row.version,
    state: row.state,
    channel: row.channel,
    procedure: row.procedure,
    localReference: row.lrn,
    consignmentReference: row.ucr,
    waitingFor: row.waiting_for,
    declarant: row.declarant,
    importer: row.importer_name,
    exporter: row.exporter_name,
    exportCountry: row.export_country,
    chapter: row.chapter,
    goods: row.goods_description,
    itemCount: row.goods_item_count,
    openQueries: row.open_queries,
    answeredQueries: row.answered_queries,
    openInspections: row.open_inspections,
    openPermits: row.open_permits,
    openCertificates: row.open_certificates,
    assessmentOpen: row.assessment_open,
    payment: row.payment,
    claimedBy:
      row.claimed_by === null || row.claimed_at === null
        ? null
        : {
            name: row.claimed_by_name ?? '',
            self: row.claimed_by === actor.personId,
            since: row.claimed_at.toISOString(),
          },
    certificateArrivedAt: row.certificate_arrived_at?.toISOString() ?? null,
    lodgedAt: row.lodged_at.toISOString(),
    arrivedAt: row.arrived_at?.toISOString() ?? null,
    targetAt: row.target_at?.toISOString() ?? null,
    overdue: row.target_at !== null && row.target_at.getTime() < now.getTime(),
  };
}
