import type { JsonValue } from '../../documents/json.ts';
import type { Condition } from '../../store/list-query.ts';
import type { Reader } from '../../store/pool.ts';
import type { Transaction } from '../../store/transaction.ts';

/** One side's say in a query. */
export interface QueryTurn {
  readonly number: number;
  readonly kind: 'question' | 'answer' | 'closing';
  readonly text: string;
  /** Documents or data asked for, as sentences; empty in an answer. */
  readonly askedFor: readonly string[];
  readonly itemSequences: readonly number[];
  readonly pointers: readonly string[];
  readonly answerBy: Date | null;
  readonly saidBy: string;
  readonly saidByName: string;
  readonly saidAt: Date;
}

/** A query as it is locked for a change. */
export interface QueryRow {
  readonly id: string;
  readonly declaration_id: string;
  readonly number: number;
  readonly state: 'open' | 'answered' | 'closed';
  readonly subject: string;
  readonly answer_by: Date;
  readonly turn: number;
}

/** Opens a query under a number, with its first question. */
export function insertQuery(
  transaction: Transaction,
  query: { readonly id: string; readonly declarationId: string; readonly number: number; readonly subject: string },
  question: QueryTurn & { readonly answerBy: Date },
): void {
  transaction.later({
    name: 'open-query',
    text: `insert into clearance_queries (id, declaration_id, number, state, subject, answer_by, asked_at)
      values ($1, $2, $3, 'open', $4, $5, $6)`,
    values: [query.id, query.declarationId, query.number, query.subject, question.answerBy, question.saidAt],
  });
  insertTurn(transaction, query.id, question);
}

/** Keeps one turn of a query for ever. */
export function insertTurn(transaction: Transaction, queryId: string, turn: QueryTurn): void {
  transaction.later({
    name: 'keep-query-turn',
    text: `insert into clearance_query_turns (query_id, number, kind, text, asked_for, item_sequences, pointers, answer_by,
        said_by, said_by_name, said_at)
      values ($1, $2, $3, $4, $5::jsonb, $6, $7::jsonb, $8, $9, $10, $11)`,
    values: [
      queryId,
      turn.number,
      turn.kind,
      turn.text,
      JSON.stringify(turn.askedFor),
      turn.itemSequences,
      JSON.stringify(turn.pointers),
      turn.answerBy,
      turn.saidBy,
      turn.saidByName,
      turn.saidAt,
    ],
  });
}

/** The next number for a query of a declaration, whose row the transaction holds or will win by its version. */
export async function nextQueryNumber(reader: Reader, declarationId: string): Promise<number> {
  const { rows } = await reader.query<{ next: number }>({
    name: 'next-query-number',
    text: 'select coalesce(max(number), 0) + 1 as next from clearance_queries where declaration_id = $1',
    values: [declarationId],
  });
  return rows[0]?.next ?? 1;
}

/** A query of a declaration by its number. */
export async function selectQuery(
  reader: Reader,
  declarationId: string,
  number: number,
): Promise<QueryRow | undefined> {
  const { rows } = await reader.query<QueryRow>({
    name: 'query-of-declaration',
    text: `select id, declaration_id, number, state, subject, answer_by, turn from clearance_queries
      where declaration_id = $1 and number = $2`,
    values: [declarationId, number],
  });
  return rows[0];
}

/** How a query stands after a turn; the change fails when somebody else took a turn meanwhile. */
export function changeQuery(
  transaction: Transaction,
  seen: QueryRow,
  to: { readonly state: QueryRow['state']; readonly turn: number; readonly answerBy?: Date; readonly at: Date },
): void {
  transaction.later({
    name: 'change-query',
    text: `with changed as (update clearance_queries set state = $3, turn = $4, answer_by = coalesce($5, answer_by),
        answered_at = case when $3 = 'answered' then $6::timestamptz when $3 = 'open' then null else answered_at end,
        closed_at = case when $3 = 'closed' then $6::timestamptz end
      where id = $1 and turn = $2 and state <> 'closed' returning 1)
      select must_change((select count(*) from changed))`,
    values: [seen.id, seen.turn, to.state, to.turn, to.answerBy ?? null, to.at],
  });
}

/** The turns of some queries in order. */
export async function selectTurns(
  reader: Reader,
  queryIds: readonly string[],
): Promise<readonly (QueryTurn & { readonly queryId: string })[]> {
  const { rows } = await reader.query<{
    query_id: string;
    number: number;
    kind: QueryTurn['kind'];
    text: string;
    asked_for: JsonValue;
    item_sequences: number[];
    pointers: JsonValue;
    answer_by: Date | null;
    said_by: string;
    said_by_name: string;
    said_at: Date;
  }>({
    name: 'turns-of-queries',
    text: `select query_id, number, kind, text, asked_for, item_sequences, pointers, answer_by, said_by, said_by_name, said_at
      from clearance_query_turns where query_id = any($1::uuid[]) order by query_id, number`,
    values: [queryIds],
  });
  return rows.map((row) => ({
    queryId: row.query_id,
    number: row.number,
    kind: row.kind,
    text: row.text,
    askedFor: textsIn(row.asked_for),
    itemSequences: row.item_sequences,
    pointers: textsIn(row.pointers),
    answerBy: row.answer_by,
    saidBy: row.said_by,
    saidByName: row.said_by_name,
    saidAt: row.said_at,
  }));
}

function textsIn(value: JsonValue): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** A query that waits for the declarant, as a line of the declarant's list. */
export interface OpenQueryRow {
  readonly mrn: string;
  readonly lrn: string;
  readonly ucr: string;
  readonly version: number;
  readonly number: number;
  readonly subject: string;
  readonly asked_at: Date;
  readonly answer_by: Date;
}

/** The open queries of the declarations that a condition (alias `d`) lets somebody see, the most urgent first; at most `most`. */
export async function selectOpenQueries(reader: Reader, visible: Condition, most: number): Promise<OpenQueryRow[]> {
  const { rows } = await reader.query<OpenQueryRow>({
    name: `open-queries-${visible.name}`,
    text: `select d.mrn, d.lrn, d.ucr, d.version, q.number, q.subject, q.asked_at, q.answer_by
      from declarations d join clearance_queries q on q.declaration_id = d.id and q.state = 'open'
      where d.open_queries > d.answered_queries and d.state in ('registered', 'in-clearance', 'conditionally-released')
        and ${visible.sql}
      order by q.answer_by, d.mrn, q.number limit $${visible.values.length + 1}`,
    values: [...visible.values, most],
  });
  return rows;
}
