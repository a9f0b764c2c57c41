import type pg from 'pg';
import { Refusal } from '../documents/refusal.ts';
import { asStoreError, type Pool, type Statement } from './pool.ts';
import { BEGIN, COMMIT, isBeginFailure, runBatch, type StatementResult } from './statement-batch.ts';
import { inTransaction, type Transaction } from './transaction.ts';

/** Some work with its last statement, as {@link inTransaction} takes it. */
interface Work<Result> {
  run(transaction: Transaction): Promise<Result>;
  last(result: Result): Statement | Promise<Statement>;
}

/** How many works share a transaction, and how many such transactions there are at a time. */
export interface SharingTerms {
  readonly mostTogether: number;
  readonly groups: number;
}

export const SHARING_TERMS: SharingTerms = { mostTogether: 32, groups: 1 };

/** The group as a whole cannot go on; each of its works is done again in a transaction of its own. */
class GroupFailure extends Error {}

/** One work in a group: what it left to travel later, and how it ended. */
class Member<Result> {
  readonly work: Work<Result>;
  readonly settle: { resolve(result: Result): void; reject(error: unknown): void };
  readonly afterwards: (() => void)[] = [];
  waiting: Statement[] = [];
  /** Whether it changed something already, so that its refusal would have to undo that. */
  wrote = false;
  outcome: { readonly result: Result } | { readonly refusal: Refusal } | undefined;

  constructor(work: Work<Result>, settle: Member<Result>['settle']) {
    this.work = work;
    this.settle = settle;
  }
}

/**
 * Does small works that come at the same time in one transaction: their questions of one moment travel together, and one
 * commit serves all of them, so that under load the database is asked in batches. Alone, a work is done as by
 * {@link inTransaction}. What a work is told is the same as if it had been done alone: a refusal undoes nothing of the
 * others, and when anything else goes wrong (a statement fails, a row was changed by another work of the group) the whole
 * is rolled back and each work is done again in a transaction of its own. Nobody gets an answer before the commit.
 *
 * A work may be run twice, so it must do nothing but through its transaction; it must not use savepoints; and a statement
 * of it that has to find its row unchanged must fail when it does not.
 */
export class SharedTransactions {
  readonly #pool: Pool;
  readonly #terms: SharingTerms;
  #waiting: Member<never>[] = [];
  #underWay = 0;

  constructor(pool: Pool, terms: SharingTerms = SHARING_TERMS) {
    this.#pool = pool;
    this.#terms = terms;
  }

  /** Does a work; resolves after its commit. */
  run<Result>(work: Work<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#enter(new Member(work, { resolve, reject }));
    });
  }

  #enter<Result>(member: Member<Result>): void {
    // Members of one group have results of different types; each is given back only to the one who brought it.
    this.#waiting.push(member as Member<never>);
    this.#next();
  }

  #next(): void {
    while (this.#underWay < this.#terms.groups && this.#waiting.length > 0) {
      const members = this.#waiting.splice(0, this.#terms.mostTogether);
      this.#underWay += 1;
      void this.#do(members).finally(() => {
        this.#underWay -= 1;
        this.#next();
      });
    }
  }

  async #do(members: readonly Member<never>[]): Promise<void> {
    if (members.length > 1) {
      try {
        await doTogether(this.#pool, members);
        for (const member of members) tell(member);
        return;
      } catch {
        // Whatever it was: done alone, each work meets it again and is told so.
      }
    }
    await Promise.all(members.map((member) => this.#doAlone(member)));
  }

  async #doAlone(member: Member<never>): Promise<void> {
    try {
      const { work } = member;
      member.settle.resolve(await inTransaction(this.#pool, (transaction) => work.run(transaction), work.last));
    } catch (error) {
      member.settle.reject(error);
    }
  }
}

function tell(member: Member<never>): void {
  const { outcome } = member;
  if (outcome === undefined) member.settle.reject(new Error('a work of a group ended without an outcome'));
  else if ('refusal' in outcome) member.settle.reject(outcome.refusal);
  else {
    for (const task of member.afterwards) task();
    member.settle.resolve(outcome.result);
  }
}

async function doTogether(pool: Pool, members: readonly Member<never>[]): Promise<void> {
  const client = await pool.driver.connect();
  let broken: Error | undefined;
  const onBreak = (error: Error): void => {
    broken = error;
  };
  client.on('error', onBreak);
  const group = new Group(client);
  try {
    await Promise.all(members.map((member) => runMember(group, member)));
    await group.finish(members);
  } catch (error) {
    if (isBeginFailure(error)) broken = error instanceof Error ? error : undefined;
    else
      try {
        if (group.begun) await client.query('rollback');
      } catch (failure) {
        broken = failure instanceof Error ? failure : new Error(String(failure));
      }
    throw asStoreError(error);
  } finally {
    client.off('error', onBreak);
    client.release(broken);
  }
}

/** Lets a work run in the group; only a refusal of a work that has changed nothing is its own affair. */
async function runMember(group: Group, member: Member<never>): Promise<void> {
  try {
    member.outcome = { result: await member.work.run(group.transactionOf(member)) };
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind === 'unavailable' || member.wrote || group.failed) throw error;
    member.waiting = [];
    member.outcome = { refusal: error };
  }
}

/** Statements that are alike become one for many; the others stay as they are. */
function together(statements: readonly Statement[]): Statement[] {
  const kinds = new Map<string, Statement[]>();
  const single: Statement[] = [];
  for (const statement of statements) {
    if (statement.many === undefined) single.push(statement);
    else kinds.set(statement.many.name, [...(kinds.get(statement.many.name) ?? []), statement]);
  }
  const merged = [...kinds.values()].flatMap((alike) => {
    const [first] = alike;
    if (first?.many === undefined || alike.length === 1) return alike;
    const columns = (first.values ?? []).map((_, column) => alike.map((statement) => statement.values?.[column]));
    return [{ ...first.many, values: columns }];
  });
  return [...merged, ...single];
}

/** What a work asked, with the statements of it that were waiting. */
interface Question {
  readonly statements: readonly Statement[];
  answer(result: StatementResult<never>): void;
  fail(error: unknown): void;
}

interface AlikeQuestions {
  readonly merged: Statement;
  /** Column by which a row is given to the one whose first parameter it holds. */
  readonly owner: string;
  readonly questions: readonly Question[];
}

/** Questions that are alike and have nothing waiting before them become one; the others stay alone. */
function sortQuestions(asked: readonly Question[]): [Question[], AlikeQuestions[]] {
  const alone: Question[] = [];
  const kinds = new Map<string, Question[]>();
  for (const question of asked) {
    const many = question.statements.length === 1 ? question.statements[0]?.many : undefined;
    if (many?.owner === undefined) alone.push(question);
    else kinds.set(many.name, [...(kinds.get(many.name) ?? []), question]);
  }
  const alike: AlikeQuestions[] = [];
  for (const questions of kinds.values()) {
    const [merged] = together(questions.flatMap(({ statements }) => statements));
    const owner = questions[0]?.statements[0]?.many?.owner;
    if (questions.length === 1 || merged === undefined || owner === undefined) alone.push(...questions);
    else alike.push({ merged, owner, questions });
  }
  return [alone, alike];
}

function giveOut(result: StatementResult<never> | undefined, owner: string, questions: readonly Question[]): void {
  for (const { statements, answer, fail } of questions) {
    if (result === undefined) {
      fail(new Error('a batch without an answer'));
      continue;
    }
    const rows = result.rows.filter((row) => Reflect.get(row, owner) === statements[0]?.values?.[0]);
    answer({ rows, rowCount: rows.length, command: result.command });
  }
}

/** One transaction with several works in it. */
class Group {
  readonly #client: pg.PoolClient;
  #asked: Question[] = [];
  begun = false;
  failed = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  transactionOf(member: Member<never>): Transaction {
    return {
      query: (statement) => this.#ask(member, statement),
      later: (statement) => {
        member.waiting.push(statement);
      },
      savepoint: () => Promise.reject(new GroupFailure('a work of a group has no savepoints')),
      afterCommit: (task) => {
        member.afterwards.push(task);
      },
    };
  }

  #ask<Row extends pg.QueryResultRow>(member: Member<never>, statement: Statement): Promise<StatementResult<Row>> {
    if (this.failed) return Promise.reject(new GroupFailure('the group has failed'));
    const statements = [...member.waiting, statement];
    member.waiting = [];
    if (statements.length > 1 || !/^\s*select\b/i.test(statement.text)) member.wrote = true;
    return new Promise((resolve, reject) => {
      // All that is asked in this moment travels together.
      if (this.#asked.length === 0) setImmediate(() => void this.#send());
      this.#asked.push({ statements, answer: resolve as (result: StatementResult<never>) => void, fail: reject });
    });
  }

  async #send(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    const first = this.begun ? [] : [BEGIN];
    this.begun = true;
    const [alone, alike] = sortQuestions(asked);
    try {
      const results = await runBatch<never>(this.#client, [
        ...first,
        ...alone.flatMap(({ statements }) => statements),
        ...alike.map(({ merged }) => merged),
      ]);
      let at = first.length;
      for (const { statements, answer, fail } of alone) {
        at += statements.length;
        const result = results[at - 1];
        if (result === undefined) fail(new Error('a batch without an answer'));
        else answer(result);
      }
      for (const { owner, questions } of alike) {
        giveOut(results[at], owner, questions);
        at += 1;
      }
    } catch (error) {
      this.failed = true;
      for (const { fail } of asked) fail(error);
    }
  }

  /** Sends what is left of every work that was not refused, with the commit. */
  async finish(members: readonly Member<never>[]): Promise<void> {
    const statements: Statement[] = [];
    for (const { outcome, waiting, work } of members)
      if (outcome !== undefined && 'result' in outcome) statements.push(...waiting, await work.last(outcome.result));
    if (!this.begun && statements.length === 0) return;
    const first = this.begun ? [] : [BEGIN];
    this.begun = true;
    const done = (await runBatch(this.#client, [...first, ...together(statements), COMMIT])).at(-1)?.command;
    if (done !== 'COMMIT') throw new GroupFailure('the group was rolled back');
  }
}
