import { Refusal } from '../../documents/refusal.ts';
import { changedMeanwhile } from '../../store/pool.ts';
import type { Asked } from '../asked.ts';
import { changeDeclaration } from '../change-declaration.ts';
import { type DeclarationRow, findDeclaration } from '../declaration-row.ts';
import { changeByOfficer, declarationToActOn, givenText, OPEN_STATES } from './act.ts';
import { refuseUnknownItems } from './items.ts';
import type { OfficerParts } from './parts.ts';
import {
  changeQuery,
  insertQuery,
  insertTurn,
  nextQueryNumber,
  type QueryRow,
  type QueryTurn,
  selectQuery,
} from './query-queries.ts';
import { settleCase } from './settle-case.ts';

/** Most queries of one declaration that are open at once. */
export const MOST_OPEN_QUERIES = 50;

/** What an officer asks. */
export interface Question {
  readonly text: string;
  /** Documents or data asked for, as sentences. */
  readonly askedFor: readonly string[];
  readonly itemSequences: readonly number[];
  /** JSON Pointers into the declaration. */
  readonly pointers: readonly string[];
  readonly answerBy: Date;
}

/** A query that does not exist or belongs to a declaration that the actor does not see. */
export function queryNotFound(): Refusal {
  return new Refusal('not-found', 'QUERY-NOT-FOUND', 'There is no such query that you can see.');
}

/**
 * Asks the declarant (M6a). The goods wait for the answer, and the declarant is told (response 06).
 * @throws the refusals of an act, `ANSWER-BY-PAST`, `ITEM-UNKNOWN`, `QUERIES-TOO-MANY`
 */
export async function raiseQuery(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  question: Question & { readonly subject: string },
): Promise<{ readonly row: DeclarationRow; readonly number: number }> {
  const subject = givenText(question.subject, 'what the query is about');
  const turn = questionTurn(asked, question, 1);
  const row = await declarationToActOn(asked, mrn, version);
  refuseUnknownItems(row, question.itemSequences);
  if (row.open_queries >= MOST_OPEN_QUERIES)
    throw new Refusal('conflict', 'QUERIES-TOO-MANY', `At most ${MOST_OPEN_QUERIES} queries are open at once.`);
  const number = await nextQueryNumber(asked.transaction, row.id);
  const id = parts.newId();
  const changed = await changeByOfficer(parts, asked, row, {
    columns: { open_queries: row.open_queries + 1 },
    event: {
      kind: 'declaration.query-raised',
      data: { query: number, subject, answerBy: turn.answerBy.toISOString() },
    },
    milestones: [{ milestone: 'M6a', role: 'customs', pair: pairOf(id, 1) }],
    notice: {
      step: 'documents-requested',
      statements: questionStatements(number, subject, turn),
      answerBy: turn.answerBy.toISOString(),
    },
  });
  insertQuery(asked.transaction, { id, declarationId: row.id, number, subject }, turn);
  return { row: changed, number };
}

/**
 * The declarant's answer (M6b): an officer has to look at it now.
 * @throws the refusals `DECLARATION-NOT-FOUND`, `QUERY-NOT-FOUND`, `QUERY-NOT-OPEN`, `CHANGED-MEANWHILE`
 */
export async function answerQuery(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  number: number,
  text: string,
): Promise<DeclarationRow> {
  const answer = givenText(text, 'the answer');
  const row = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  if (row.version !== version) throw changedMeanwhile();
  if (!OPEN_STATES.includes(row.state))
    throw new Refusal(
      'conflict',
      'STATE-DOES-NOT-ALLOW',
      `The declaration is ${row.state}; nothing is asked any more.`,
    );
  const query = await queryIn(asked, row, number, ['open']);
  const changed = await changeDeclaration(parts, asked, row, version, {
    columns: { answered_queries: row.answered_queries + 1 },
    event: { kind: 'declaration.query-answered', data: { query: number } },
    milestones: [{ milestone: 'M6b', role: 'trader', pair: pairOf(query.id, query.turn) }],
    notice: {
      step: 'request-answered',
      statements: [{ code: 'ANSWER-RECEIVED', text: `The answer to query ${number} was received.` }],
    },
  });
  const turn = query.turn + 1;
  insertTurn(asked.transaction, query.id, { ...said(asked, answer), number: turn, kind: 'answer' });
  changeQuery(asked.transaction, query, { state: 'answered', turn, at: asked.now });
  return changed;
}

/**
 * Asks again in the same query (M6a): the answer does not suffice, or the question changes before it is answered.
 * @throws as {@link raiseQuery}, and `QUERY-NOT-FOUND`, `QUERY-NOT-OPEN`
 */
export async function askAgain(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  number: number,
  question: Question,
): Promise<DeclarationRow> {
  const row = await declarationToActOn(asked, mrn, version);
  refuseUnknownItems(row, question.itemSequences);
  const query = await queryIn(asked, row, number, ['answered']);
  const turn = questionTurn(asked, question, query.turn + 1);
  const changed = await changeByOfficer(parts, asked, row, {
    columns: { answered_queries: row.answered_queries - 1 },
    event: { kind: 'declaration.query-asked-again', data: { query: number, answerBy: turn.answerBy.toISOString() } },
    milestones: [{ milestone: 'M6a', role: 'customs', pair: pairOf(query.id, turn.number) }],
    notice: {
      step: 'documents-requested',
      statements: questionStatements(number, query.subject, turn),
      answerBy: turn.answerBy.toISOString(),
    },
  });
  insertTurn(asked.transaction, query.id, turn);
  changeQuery(asked.transaction, query, {
    state: 'open',
    turn: turn.number,
    answerBy: turn.answerBy,
    at: asked.now,
  });
  return changed;
}

/**
 * Closes a query: its answer suffices, or it is asked no more (then the declarant's wait ends here, M6b by customs).
 * What it was the last open thing of is released if the channel is green.
 * @throws the refusals of an act, `QUERY-NOT-FOUND`, `QUERY-NOT-OPEN`, `REASON-REQUIRED`
 */
export async function closeQuery(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  number: number,
  remark: string,
): Promise<DeclarationRow> {
  const text = givenText(remark, 'why the query is closed');
  const row = await declarationToActOn(asked, mrn, version);
  const query = await queryIn(asked, row, number, ['open', 'answered']);
  const answered = query.state === 'answered';
  const changed = await changeByOfficer(parts, asked, row, {
    columns: {
      open_queries: row.open_queries - 1,
      answered_queries: row.answered_queries - (answered ? 1 : 0),
    },
    event: { kind: 'declaration.query-closed', reason: text, data: { query: number, answered } },
    milestones: answered
      ? []
      : [
          {
            milestone: 'M6b',
            role: 'customs',
            pair: pairOf(query.id, query.turn),
            reason: 'Closed by customs without an answer.',
          },
        ],
    notice: {
      step: 'request-answered',
      statements: [{ code: 'QUERY-CLOSED', text: `Query ${number} is closed: ${text}` }],
    },
  });
  const turn = query.turn + 1;
  insertTurn(asked.transaction, query.id, { ...said(asked, text), number: turn, kind: 'closing' });
  changeQuery(asked.transaction, query, { state: 'closed', turn, at: asked.now });
  return settleCase(parts, asked, changed);
}

/** What a question and its answer have in common. */
function pairOf(queryId: string, turn: number): string {
  return `${queryId}/${turn}`;
}

async function queryIn(
  asked: Asked,
  row: DeclarationRow,
  number: number,
  states: readonly QueryRow['state'][],
): Promise<QueryRow> {
  const query = await selectQuery(asked.transaction, row.id, number);
  if (query === undefined) throw queryNotFound();
  if (!states.includes(query.state))
    throw new Refusal(
      'conflict',
      'QUERY-NOT-OPEN',
      `The query is ${query.state}; this can be done while it is ${states.join(' or ')}.`,
    );
  return query;
}

function questionTurn(asked: Asked, question: Question, number: number): QueryTurn & { readonly answerBy: Date } {
  if (question.answerBy.getTime() <= asked.now.getTime())
    throw new Refusal('invalid', 'ANSWER-BY-PAST', 'The time to answer by has to be in the future.');
  return {
    ...said(asked, givenText(question.text, 'what you ask')),
    number,
    kind: 'question',
    askedFor: question.askedFor.map((one) => givenText(one, 'what is asked for')),
    itemSequences: question.itemSequences,
    pointers: question.pointers,
    answerBy: question.answerBy,
  };
}

function said({ actor, now }: Asked, text: string): Omit<QueryTurn, 'number' | 'kind'> {
  return {
    text,
    askedFor: [],
    itemSequences: [],
    pointers: [],
    answerBy: null,
    saidBy: actor.personId,
    saidByName: actor.name,
    saidAt: now,
  };
}

function questionStatements(
  number: number,
  subject: string,
  question: QueryTurn,
): readonly { readonly code: string; readonly text: string }[] {
  return [
    { code: 'QUERY', text: `Query ${number}, ${subject}: ${question.text}` },
    ...question.askedFor.map((text) => ({ code: 'ASKED-FOR', text })),
  ];
}
