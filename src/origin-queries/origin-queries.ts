import { Refusal } from '../documents/refusal.ts';
import { readCursor, readLimit, writeCursor } from '../store/cursor.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { answerOrigin, type OriginAnswer, takeDetermination, takeQuery } from './answering.ts';
import type { AskedOrigin } from './asked.ts';
import { askOrigin, endQuery, type Question, type Received, takeAnswer } from './asking.ts';
import { answerDue, daysUntil, isScheme } from './clock.ts';
import type { OriginQueryParts } from './ports.ts';
import {
  type AnswerRow,
  answersOf,
  findQuery,
  noteQueryReceived,
  type QueryRow,
  queriesOfDeclaration,
  selectQueries,
  setAnswerBy,
} from './queries.ts';
import type {
  OriginAnswerView,
  OriginQueryDetail,
  OriginQueryPage,
  OriginQueryStanding,
  OriginQueryView,
} from './views.ts';

/** "Is this certificate true?": queries to issuing countries and from importing ones (journey J5). */
export interface OriginQueries {
  /** Asks the issuing country about a certificate of a declaration. */
  ask(asked: AskedOrigin, question: Question): Promise<OriginQueryDetail>;
  /** Ends a query: determined after the answer, or withdrawn. */
  end(
    asked: AskedOrigin,
    id: string,
    version: number,
    outcome: 'originating' | 'not-originating' | 'withdrawn',
    reason: string,
  ): Promise<OriginQueryDetail>;
  /** Answers a query of another country, for the office that issued the certificate. */
  answer(asked: AskedOrigin, id: string, version: number, answer: OriginAnswer): Promise<OriginQueryDetail>;
  list(asked: AskedOrigin, query: Readonly<Record<string, string>>): Promise<OriginQueryPage>;
  read(asked: AskedOrigin, id: string): Promise<OriginQueryDetail>;
  /** How the queries about a declaration stand, for the officer's verdict. */
  standingOf(reader: Reader, declarationId: string, now: Date): Promise<readonly OriginQueryStanding[]>;
  takeQuery(transaction: Transaction, received: Received<'origin-query'>): Promise<{ readonly taken: true }>;
  takeAnswer(transaction: Transaction, received: Received<'origin-answer'>): Promise<{ readonly taken: true }>;
  takeDetermination(
    transaction: Transaction,
    received: Received<'origin-determination'>,
  ): Promise<{ readonly taken: true }>;
  /** Notes the receipt of a message: from then on the time to answer a query runs. Others change nothing. */
  receipted(transaction: Transaction, receipt: { readonly messageId: string; readonly at: Date }): Promise<void>;
}

/** Puts the origin queries of one node together. */
export function createOriginQueries(parts: OriginQueryParts): OriginQueries {
  return {
    async ask(asked, question) {
      return read(asked, await askOrigin(parts, asked, question));
    },
    async end(asked, id, version, outcome, reason) {
      await endQuery(parts, asked, id, version, outcome, reason);
      return read(asked, id);
    },
    async answer(asked, id, version, answer) {
      await answerOrigin(parts, asked, id, version, answer);
      return read(asked, id);
    },
    list,
    read,
    standingOf,
    takeQuery: (transaction, received) => takeQuery(parts, transaction, received),
    takeAnswer: (transaction, received) => takeAnswer(parts, transaction, received),
    takeDetermination,
    async receipted(transaction, { messageId, at }) {
      const query = await noteQueryReceived(transaction, messageId, at);
      if (query !== undefined && isScheme(query.scheme))
        setAnswerBy(transaction, query.side, query.id, answerDue(query.scheme, at));
    },
  };
}

async function list(asked: AskedOrigin, query: Readonly<Record<string, string>>): Promise<OriginQueryPage> {
  const limit = readLimit(query['limit']);
  const rows = await selectQueries(asked.transaction, asked.actor, {
    state: query['state'] ?? null,
    certificateNumber: query['certificateNumber'] ?? null,
    movementReference: query['movementReference'] ?? null,
    overdueAt: query['overdue'] === 'true' ? asked.now : null,
    after: readCursor(query['after']),
    limit: limit + 1,
  });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map((row) => viewOf(row, asked.now)),
    ...(last === undefined ? {} : { next: writeCursor({ at: last.asked_at, id: last.id }) }),
  };
}

async function read(asked: AskedOrigin, id: string): Promise<OriginQueryDetail> {
  const row = await findQuery(asked.transaction, asked.actor, id);
  if (row === undefined)
    throw new Refusal('not-found', 'ORIGIN-QUERY-NOT-FOUND', 'There is no such origin query that you can see.');
  const answers = await answersOf(asked.transaction, row.side, id);
  return { ...viewOf(row, asked.now), answers: answers.map(answerOf) };
}

async function standingOf(reader: Reader, declarationId: string, now: Date): Promise<readonly OriginQueryStanding[]> {
  const rows = await queriesOfDeclaration(reader, declarationId);
  return rows
    .filter(({ state }) => state !== 'withdrawn')
    .map((row) => {
      const due = row.answer_by ?? new Date(`${row.procedure_ends}T23:59:59Z`);
      const isLate = row.state === 'asked' && due < now;
      return {
        id: row.id,
        certificateNumber: row.certificate_number,
        state: row.state === 'asked' ? (isLate ? 'expired' : 'asked') : 'answered',
        askedAt: row.asked_at.toISOString(),
        answerBy: due.toISOString(),
        confirmed: row.confirmed,
        words: standingWords(row, due, isLate),
      } as const;
    });
}

function standingWords(
  row: QueryRow & { readonly confirmed: boolean | null; readonly statement: string | null },
  due: Date,
  isLate: boolean,
): string {
  const day = due.toISOString().slice(0, 10);
  if (row.state === 'asked' && isLate) return `${row.partner} should have answered by ${day} and has not.`;
  if (row.state === 'asked') return `${row.partner} was asked and has until ${day} to answer.`;
  const found = row.confirmed === true ? 'confirms it in all items' : 'does not confirm it in all items';
  const determined = row.state === 'determined' ? ` Determined: ${row.outcome ?? ''}. ${row.outcome_reason ?? ''}` : '';
  return `${row.partner} ${found}.${row.statement === null ? '' : ` ${row.statement}`}${determined}`.trim();
}

function viewOf(row: QueryRow, now: Date): OriginQueryView {
  const delivery = row.message_id === null ? 'no-node' : row.received_at === null ? 'on-its-way' : 'delivered';
  return {
    id: row.id,
    version: row.version,
    side: row.side,
    state: row.state,
    partner: row.partner,
    certificateNumber: row.certificate_number,
    scheme: row.scheme,
    consignmentReference: row.consignment_reference,
    ...(row.mrn === null ? {} : { movementReference: row.mrn }),
    basis: row.basis,
    doubts: row.doubts,
    askedAt: row.asked_at.toISOString(),
    ...(row.asked_by_name === null ? {} : { askedBy: row.asked_by_name }),
    ...(row.side === 'answering' ? {} : { delivery }),
    ...(row.received_at === null ? {} : { receivedAt: row.received_at.toISOString() }),
    ...(row.answer_by === null ? {} : { answerBy: row.answer_by.toISOString() }),
    ...(row.state === 'asked' && row.answer_by !== null ? { daysLeft: daysUntil(row.answer_by, now) } : {}),
    procedureEnds: row.procedure_ends,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.outcome_reason === null ? {} : { outcomeReason: row.outcome_reason }),
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at.toISOString() }),
  };
}

function answerOf(row: AnswerRow): OriginAnswerView {
  return {
    number: row.number,
    authentic: row.authentic,
    items: row.findings,
    ...(row.statement === null ? {} : { statement: row.statement }),
    answeredAt: row.answered_at.toISOString(),
    ...(row.answered_by_name === null ? {} : { answeredBy: row.answered_by_name }),
  };
}
