import type { Actor } from '../access/actor.ts';
import type { OriginDoubt, OriginFinding } from '../documents/paper-types.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

export type QuerySide = 'asking' | 'answering';

/** A query as the table holds it. */
export interface QueryRow {
  readonly id: string;
  readonly side: QuerySide;
  readonly version: number;
  readonly state: 'asked' | 'answered' | 'determined' | 'withdrawn';
  readonly partner: string;
  readonly certificate_number: string;
  readonly document_digest: string;
  readonly scheme: string;
  readonly consignment_reference: string;
  readonly basis: 'random' | 'doubt';
  readonly doubts: readonly OriginDoubt[];
  readonly asked_at: Date;
  readonly received_at: Date | null;
  readonly answer_by: Date | null;
  readonly procedure_ends: string;
  readonly message_id: string | null;
  readonly declaration_id: string | null;
  readonly mrn: string | null;
  readonly asked_by_name: string | null;
  readonly office: string | null;
  readonly outcome: 'originating' | 'not-originating' | 'withdrawn' | null;
  readonly outcome_reason: string | null;
  readonly closed_at: Date | null;
}

const columns = `q.id, q.side, q.version, q.state, q.partner, q.certificate_number,
  encode(q.document_digest, 'hex') as document_digest, q.scheme, q.consignment_reference, q.basis, q.doubts, q.asked_at,
  q.received_at, q.answer_by, q.procedure_ends, q.message_id, q.declaration_id, q.mrn, q.asked_by_name, q.office, q.outcome,
  q.outcome_reason, q.closed_at`;

export type NewQuery = Pick<
  QueryRow,
  'id' | 'side' | 'partner' | 'certificate_number' | 'document_digest' | 'scheme' | 'consignment_reference'
> &
  Pick<QueryRow, 'basis' | 'doubts' | 'asked_at' | 'received_at' | 'answer_by' | 'procedure_ends' | 'message_id'> &
  Pick<QueryRow, 'declaration_id' | 'mrn' | 'asked_by_name' | 'office'>;

/** Keeps a query; false when there is one with this id already. */
export async function insertQuery(transaction: Transaction, query: NewQuery): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: 'insert-origin-query',
    text: `insert into origin_queries (id, side, state, partner, certificate_number, document_digest, scheme,
        consignment_reference, basis, doubts, asked_at, received_at, answer_by, procedure_ends, message_id,
        declaration_id, mrn, asked_by_name, office)
      values ($1, $2, 'asked', $3, $4, decode($5, 'hex'), $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
      on conflict (side, id) do nothing`,
    values: [
      query.id,
      query.side,
      query.partner,
      query.certificate_number,
      query.document_digest,
      query.scheme,
      query.consignment_reference,
      query.basis,
      JSON.stringify(query.doubts),
      query.asked_at,
      query.received_at,
      query.answer_by,
      query.procedure_ends,
      query.message_id,
      query.declaration_id,
      query.mrn,
      query.asked_by_name,
      query.office,
    ],
  });
  return rowCount === 1;
}

/**
 * Which queries (alias `q`) an official sees: issuing officers those to their office; clearance officers those about
 * declarations of their office; supervisors all. Threats P1.
 */
function visible(actor: Actor, first: number): { name: string; sql: string; values: unknown[] } {
  switch (actor.role) {
    case 'supervisor':
      return { name: 'supervisor', sql: 'true', values: [] };
    case 'issuing-officer':
      return { name: 'issuing', sql: `(q.side = 'answering' and q.office = $${first})`, values: [actor.office] };
    case 'clearance-officer':
      return {
        name: 'clearance',
        sql: `(q.side = 'asking' and exists (select 1 from declarations d where d.id = q.declaration_id
          and d.office = $${first}))`,
        values: [actor.office],
      };
    default:
      return { name: 'nobody', sql: 'false', values: [] };
  }
}

/** The query with this id that the actor sees. */
export async function findQuery(reader: Reader, actor: Actor, id: string): Promise<QueryRow | undefined> {
  const seen = visible(actor, 2);
  const { rows } = await reader.query<QueryRow>({
    name: `find-origin-query-${seen.name}`,
    text: `select ${columns} from origin_queries q where q.id = $1 and ${seen.sql}`,
    values: [id, ...seen.values],
  });
  return rows[0];
}

/** One side's query, for a paper that names it; locked until the transaction ends. */
export async function lockQuery(transaction: Transaction, side: QuerySide, id: string): Promise<QueryRow | undefined> {
  const { rows } = await transaction.query<QueryRow>({
    name: 'lock-origin-query',
    text: `select ${columns} from origin_queries q where q.side = $1 and q.id = $2 for update`,
    values: [side, id],
  });
  return rows[0];
}

/** Queries that the actor sees, newest first, or with `overdue` those whose answer is late, the latest first. */
export async function selectQueries(
  reader: Reader,
  actor: Actor,
  wanted: {
    readonly state: string | null;
    readonly certificateNumber: string | null;
    readonly movementReference: string | null;
    readonly overdueAt: Date | null;
    readonly after: { readonly at: Date; readonly id: string } | null;
    readonly limit: number;
  },
): Promise<readonly QueryRow[]> {
  const seen = visible(actor, 8);
  const { rows } = await reader.query<QueryRow>({
    name: `list-origin-queries-${seen.name}`,
    text: `select ${columns} from origin_queries q where ${seen.sql}
        and ($1::text is null or q.state = $1) and ($2::text is null or q.certificate_number = $2)
        and ($3::text is null or q.mrn = $3)
        and ($4::timestamptz is null or (q.state = 'asked' and q.answer_by < $4))
        and ($5::timestamptz is null or (q.asked_at, q.id) < ($5, $6::uuid))
      order by q.asked_at desc, q.id desc limit $7`,
    values: [
      wanted.state,
      wanted.certificateNumber,
      wanted.movementReference,
      wanted.overdueAt,
      wanted.after?.at ?? null,
      wanted.after?.id ?? null,
      wanted.limit,
      ...seen.values,
    ],
  });
  return rows;
}

/** The queries about a declaration with whether their newest answer confirms all, oldest first. */
export async function queriesOfDeclaration(
  reader: Reader,
  declarationId: string,
): Promise<readonly (QueryRow & { readonly confirmed: boolean | null; readonly statement: string | null })[]> {
  const { rows } = await reader.query<QueryRow & { confirmed: boolean | null; statement: string | null }>({
    name: 'origin-queries-of-declaration',
    text: `select ${columns}, a.confirmed, a.statement from origin_queries q left join lateral (
        select n.authentic and not n.findings @? '$[*] ? (@.finding != "confirmed")' as confirmed, n.statement
        from origin_answers n where n.side = q.side and n.query_id = q.id order by n.number desc limit 1) a on true
      where q.declaration_id = $1 and q.side = 'asking' order by q.asked_at, q.id limit 200`,
    values: [declarationId],
  });
  return rows;
}

/** Whether a query about this certificate of this declaration still waits for its answer. */
export async function hasOpenQuery(
  transaction: Transaction,
  declarationId: string,
  certificateNumber: string,
): Promise<boolean> {
  const { rows } = await transaction.query<{ has: boolean }>({
    name: 'has-open-origin-query',
    text: `select exists (select 1 from origin_queries where declaration_id = $1 and certificate_number = $2
      and side = 'asking' and state = 'asked') as has`,
    values: [declarationId, certificateNumber],
  });
  return rows[0]?.has === true;
}

/** Moves a query on if it is at this version; false when somebody else was faster. */
export async function moveQuery(
  transaction: Transaction,
  query: Pick<QueryRow, 'side' | 'id' | 'version'>,
  change: {
    readonly state: QueryRow['state'];
    readonly outcome?: QueryRow['outcome'];
    readonly outcomeReason?: string;
    readonly closedAt?: Date;
  },
): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: 'move-origin-query',
    text: `update origin_queries set version = version + 1, state = $4, outcome = coalesce($5, outcome),
        outcome_reason = coalesce($6, outcome_reason), closed_at = coalesce($7, closed_at)
      where side = $1 and id = $2 and version = $3`,
    values: [
      query.side,
      query.id,
      query.version,
      change.state,
      change.outcome ?? null,
      change.outcomeReason ?? null,
      change.closedAt ?? null,
    ],
  });
  return rowCount === 1;
}

/** Notes that the issuing country's node has the query: from then on its time to answer runs. */
export async function noteQueryReceived(
  transaction: Transaction,
  messageId: string,
  at: Date,
): Promise<{ readonly side: QuerySide; readonly id: string; readonly scheme: string } | undefined> {
  const { rows } = await transaction.query<{ side: QuerySide; id: string; scheme: string }>({
    name: 'note-origin-query-received',
    text: `update origin_queries set received_at = $2, version = version + 1
      where message_id = $1 and received_at is null returning side, id, scheme`,
    values: [messageId, at],
  });
  return rows[0];
}

/** Sets by when the answer is due. */
export function setAnswerBy(transaction: Transaction, side: QuerySide, id: string, answerBy: Date): void {
  transaction.later({
    name: 'set-origin-answer-by',
    text: 'update origin_queries set answer_by = $3 where side = $1 and id = $2',
    values: [side, id, answerBy],
  });
}

/** An answer as the table holds it. */
export interface AnswerRow {
  readonly number: number;
  readonly authentic: boolean;
  readonly findings: readonly OriginFinding[];
  readonly statement: string | null;
  readonly answered_at: Date;
  readonly answered_by_name: string | null;
}

/** Keeps an answer behind those before it; the query's row is locked by the caller. */
export async function insertAnswer(
  transaction: Transaction,
  query: Pick<QueryRow, 'side' | 'id'>,
  answer: Omit<AnswerRow, 'number'> & { readonly paperId: string },
): Promise<void> {
  await transaction.query({
    name: 'insert-origin-answer',
    text: `insert into origin_answers (query_id, side, number, authentic, findings, statement, answered_at,
        answered_by_name, paper_id)
      select $2::uuid, $1::text, coalesce(max(number), 0) + 1, $3::boolean, $4::jsonb, $5::text, $6::timestamptz, $7::text,
        $8::uuid
      from origin_answers where side = $1 and query_id = $2`,
    values: [
      query.side,
      query.id,
      answer.authentic,
      JSON.stringify(answer.findings),
      answer.statement,
      answer.answered_at,
      answer.answered_by_name,
      answer.paperId,
    ],
  });
}

export async function answersOf(reader: Reader, side: QuerySide, id: string): Promise<readonly AnswerRow[]> {
  const { rows } = await reader.query<AnswerRow>({
    name: 'origin-answers-of-query',
    text: `select number, authentic, findings, statement, answered_at, answered_by_name from origin_answers
      where side = $1 and query_id = $2 order by number`,
    values: [side, id],
  });
  return rows;
}
