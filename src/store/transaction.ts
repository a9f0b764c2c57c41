import type pg from 'pg';
import { isBeginFailure, runJoined } from './joined-statement.ts';
import { asStoreError, type Pool, type Reader, runStatement, type Statement } from './pool.ts';

/** An open transaction: what runs in it is stored together or not at all. */
export interface Transaction extends Reader {
  /** Runs part of the work so that its failure undoes only that part; the error is passed on. */
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
  /** The first statement with the begin; the others wait for it, or they could run outside of the transaction. */
  let begun: Promise<unknown> | undefined;
  async function query<Row extends pg.QueryResultRow>(
    statement: Statement,
  ): Promise<{ rows: Row[]; rowCount: number }> {
    if (begun !== undefined) {
      await begun;
      return runStatement<Row>(client, statement);
    }
    const first = runJoined<Row>(client, statement, 'begin');
    begun = first;
    try {
      return await first;
    } catch (error) {
      throw asStoreError(error);
    }
  }
  const transaction: Transaction = {
    query,
    async savepoint(part) {
      savepoints += 1;
      const name = `part_${savepoints}`;
      await query({ text: `savepoint ${name}` });
      try {
        const result = await part();
        await query({ text: `release savepoint ${name}` });
        return result;
      } catch (error) {
        await query({ text: `rollback to savepoint ${name}` });
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
      if (last !== undefined && begun === undefined) await query(last);
      else if (last !== undefined) {
        refuseRollback((await runJoined(client, last, 'commit')).other);
        return;
      }
      if (begun !== undefined) refuseRollback((await client.query('commit')).command);
    },
  };
}

/** Postgres commits nothing, and calls that no error, when a statement had failed and the failure was not passed on. */
function refuseRollback(done: string | undefined): void {
  if (done !== 'COMMIT')
    throw new Error('the transaction was rolled back: a statement in it had failed and the failure was not passed on');
}
