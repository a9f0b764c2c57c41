import type pg from 'pg';
import { asStoreError, type Pool, type Reader, runStatement, type Statement } from './pool.ts';
import { BEGIN, COMMIT, isBeginFailure, runBatch } from './statement-batch.ts';

/** An open transaction: what runs in it is stored together or not at all. */
export interface Transaction extends Reader {
  /**
   * Runs a statement whose answer nobody waits for: it travels with the next statement, or with the commit, and costs no
   * round trip of its own. If it fails, that next statement or the commit fails with its error.
   */
  later(statement: Statement): void;
  /**
   * Runs part of the work so that its failure undoes only that part; the error is passed on. Unless it is the first of
   * the transaction, the savepoint travels with the first statement of the part, and its release with the next one.
   */
  savepoint<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Runs after the commit, never after a rollback: for waking workers. It must not throw. */
  afterCommit(work: () => void): void;
}

/**
 * Runs `work` in one transaction of isolation READ COMMITTED: commits when it resolves, rolls back when it throws, and
 * passes the error on. The connection goes back to the pool either way; a broken one is thrown away. `begin` travels with
 * the first statement, so that work without any costs nothing; the statement that `last` makes of the result travels with
 * the commit.
 * @throws the refusal `STORE-UNAVAILABLE` when the database is away; then nothing was stored, except where the
 * connection broke during the commit itself, which is why every request can be repeated with its idempotency key.
 */
export async function inTransaction<Result>(
  pool: Pool,
  work: (transaction: Transaction) => Promise<Result>,
  last?: (result: Result) => Statement | Promise<Statement>,
): Promise<Result> {
  let client: pg.PoolClient;
  try {
    client = await pool.driver.connect();
  } catch (error) {
    throw asStoreError(error);
  }
  let broken: Error | undefined;
  const onBreak = (error: Error): void => {
    broken = error;
  };
  client.on('error', onBreak);
  const open = openTransaction(client);
  try {
    const result = await work(open.transaction);
    await open.commit(last === undefined ? undefined : await last(result));
    for (const task of open.afterwards) task();
    return result;
  } catch (error) {
    if (isBeginFailure(error)) broken = error instanceof Error ? error : undefined;
    else
      try {
        if (open.hasBegun()) await client.query('rollback');
      } catch (failure) {
        broken = failure instanceof Error ? failure : new Error(String(failure));
      }
    throw asStoreError(error);
  } finally {
    client.off('error', onBreak);
    client.release(broken);
  }
}

interface OpenTransaction {
  readonly transaction: Transaction;
  readonly afterwards: readonly (() => void)[];
  hasBegun(): boolean;
  commit(last: Statement | undefined): Promise<void>;
}

function openTransaction(client: pg.PoolClient): OpenTransaction {
  const afterwards: (() => void)[] = [];
  let savepoints = 0;
  let waiting: Statement[] = [];
  /** The first statements with the begin; the others wait for it, or they could run outside of the transaction. */
  let begun: Promise<unknown> | undefined;
  /** A connection runs one statement at a time; what is asked side by side takes its turn. */
  let running: Promise<unknown> | undefined;
  async function query<Row extends pg.QueryResultRow>(
    statement: Statement,
  ): Promise<{ rows: Row[]; rowCount: number }> {
    while (running !== undefined) await running.catch(() => undefined);
    const mine = send<Row>(statement);
    running = mine;
    try {
      return await mine;
    } finally {
      running = undefined;
    }
  }
  async function send<Row extends pg.QueryResultRow>(statement: Statement): Promise<{ rows: Row[]; rowCount: number }> {
    if (begun !== undefined) await begun;
    const before = waiting;
    waiting = [];
    if (begun !== undefined && before.length === 0) return runStatement<Row>(client, statement);
    const batch = runBatch<Row>(client, [...(begun === undefined ? [BEGIN] : []), ...before, statement]);
    begun ??= batch;
    try {
      const result = (await batch).at(-1);
      if (result === undefined) throw new Error('a batch without an answer');
      return result;
    } catch (error) {
      throw asStoreError(error);
    }
  }
  const transaction: Transaction = {
    query,
    later: (statement) => {
      waiting.push(statement);
    },
    async savepoint(part) {
      savepoints += 1;
      const name = `part_${savepoints}`;
      const mark: Statement = { text: `savepoint ${name}` };
      // A failure within the first batch would take the begin with it: the savepoint must stand before the part begins.
      if (begun === undefined) await query(mark);
      else waiting.push(mark);
      try {
        const result = await part();
        if (waiting.at(-1) === mark) waiting.pop();
        // What the part left to travel later must fail within the part, or not at all.
        else if (waiting.length > 0) await query({ text: `release savepoint ${name}` });
        else waiting.push({ text: `release savepoint ${name}` });
        return result;
      } catch (error) {
        // What the part left to travel later is undone with it.
        const unsent = waiting.indexOf(mark);
        waiting = waiting.slice(0, Math.max(unsent, 0));
        if (unsent < 0) await query({ text: `rollback to savepoint ${name}` });
        throw error;
      }
    },
    afterCommit: (task) => {
      afterwards.push(task);
    },
  };
  return {
    transaction,
    afterwards,
    hasBegun: () => begun !== undefined,
    async commit(last) {
      if (begun !== undefined) await begun;
      const statements = [...waiting, ...(last === undefined ? [] : [last])];
      waiting = [];
      if (begun === undefined && statements.length === 0) return;
      const batch = runBatch(client, [...(begun === undefined ? [BEGIN] : []), ...statements, COMMIT]);
      begun ??= batch;
      refuseRollback((await batch).at(-1)?.command);
    },
  };
}

/** Postgres commits nothing, and calls that no error, when a statement had failed and the failure was not passed on. */
function refuseRollback(done: string | undefined): void {
  if (done !== 'COMMIT')
    throw new Error('the transaction was rolled back: a statement in it had failed and the failure was not passed on');
}
