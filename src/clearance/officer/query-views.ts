import type { Reader } from '../../store/pool.ts';
import type { Asked } from '../asked.ts';
import { findDeclaration } from '../declaration-row.ts';
import { visibleDeclarations } from '../visibility.ts';
import { selectQueries } from './case-file.ts';
import { type QueryFile, selectQueryFiles } from './query-files.ts';
import { selectOpenQueries, selectTurns } from './query-queries.ts';
import type { QueryStanding } from './standing.ts';

/** One side's say in a query with its files. Moments are ISO texts. */
export type TurnView = {
  readonly number: number;
  readonly kind: 'question' | 'answer' | 'closing';
  readonly text: string;
  readonly askedFor: readonly string[];
  readonly items: readonly number[];
  readonly pointers: readonly string[];
  readonly answerBy: string | null;
  readonly by: string;
  readonly at: string;
  readonly files: readonly QueryFile[];
};

/** A query with everything that was said in it. */
export type QueryView = QueryStanding & {
  readonly overdue: boolean;
  readonly turns: readonly TurnView[];
  /** Files of an answer that was not given yet. */
  readonly waitingFiles: readonly QueryFile[];
};

/** The queries of a declaration, and the version to answer them with. */
export type QueriesView = { readonly mrn: string; readonly version: number; readonly items: readonly QueryView[] };

/** A query that waits for the declarant, as a line of a list. */
export type OpenQueryLine = {
  readonly mrn: string;
  readonly localReference: string;
  readonly consignmentReference: string;
  readonly version: number;
  readonly number: number;
  readonly subject: string;
  readonly askedAt: string;
  readonly answerBy: string;
  readonly overdue: boolean;
};

/** Most lines of the list of open queries. */
const MOST_OPEN_LINES = 500;

/**
 * The queries of a declaration with all turns and files, for both sides.
 * @throws the refusal `DECLARATION-NOT-FOUND`
 */
export async function readQueries(asked: Asked, mrn: string): Promise<QueriesView> {
  const row = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  const queries = await selectQueries(asked.transaction, row.id);
  return { mrn: row.mrn, version: row.version, items: await viewsOf(asked.transaction, queries, asked.now) };
}

/** What customs asks of the actor's firm, and of firms for which it acts, the most urgent first; at most 500. */
export async function listOpenQueries(asked: Asked): Promise<readonly OpenQueryLine[]> {
  const visible = visibleDeclarations(asked.actor, asked.now, 1);
  const rows = await selectOpenQueries(asked.transaction, visible, MOST_OPEN_LINES);
  return rows.map((row) => ({
    mrn: row.mrn,
    localReference: row.lrn,
    consignmentReference: row.ucr,
    version: row.version,
    number: row.number,
    subject: row.subject,
    askedAt: row.asked_at.toISOString(),
    answerBy: row.answer_by.toISOString(),
    overdue: row.answer_by.getTime() < asked.now.getTime(),
  }));
}

async function viewsOf(reader: Reader, queries: readonly QueryStanding[], now: Date): Promise<QueryView[]> {
  if (queries.length === 0) return [];
  const ids = queries.map((query) => query.id);
  const [turns, files] = await Promise.all([selectTurns(reader, ids), selectQueryFiles(reader, ids)]);
  return queries.map((query) => {
    const own = turns.filter((turn) => turn.queryId === query.id);
    const ownFiles = files.filter((file) => file.queryId === query.id).map(({ queryId: _, ...file }) => file);
    return {
      ...query,
      overdue: query.state === 'open' && Date.parse(query.answerBy) < now.getTime(),
      turns: own.map((turn) => ({
        number: turn.number,
        kind: turn.kind,
        text: turn.text,
        askedFor: turn.askedFor,
        items: turn.itemSequences,
        pointers: turn.pointers,
        answerBy: turn.answerBy?.toISOString() ?? null,
        by: turn.saidByName,
        at: turn.saidAt.toISOString(),
        files: ownFiles.filter((file) => file.turn === turn.number),
      })),
      waitingFiles: ownFiles.filter((file) => !own.some((turn) => turn.number === file.turn)),
    };
  });
}
