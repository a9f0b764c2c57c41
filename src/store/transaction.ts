import type pg from 'pg';
import { asStoreError, type Pool, type Reader, runStatement } from './pool.ts';

/** An open transaction: what runs in it is stored together or not at all. */
export interface Transaction extends Reader {
  /** Runs part of the work so that its failure undoes only that part; the error is passed on. */
  savepoint<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Runs after the commit, never after a rollback: for waking workers. It must not throw. */
  afterCommit(work: () => void): void;
}

/**
 * Runs `work` in one transaction of isolation READ COMMITTED: commits when it resolves, rolls back when it throws, and
 * passes the error on. The connection goes back to the pool either way; a broken one is thrown away.
 * @throws the refusal `STORE-UNAVAILABLE` when the database is away; then nothing was stored, except where the
 * connection broke during the commit itself, which is why every request can be repeated with its idempotency key.
 */
export async function inTransaction<Result>(
  pool: Pool,
  work: (transaction: Transaction) => Promise<Result>,
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
  const afterwards: (() => void)[] = [];
  let savepoints = 0;
  const transaction: Transaction = {
    query: (statement) => runStatement(client, statement),
    async savepoint(part) {
      savepoints += 1;
      const name = `part_${savepoints}`;
      await runStatement(client, { text: `savepoint ${name}` });
      try {
        const result = await part();
        await runStatement(client, { text: `release savepoint ${name}` });
        return result;
      } catch (error) {
        await runStatement(client, { text: `rollback to savepoint ${name}` });
        throw error;
      }
    },
    afterCommit: (task) => {
      afterwards.push(task);
    },
  };
  try {
    await runStatement(client, { text: 'begin' });
    const result = await work(transaction);
    await runStatement(client, { text: 'commit' });
    for (const task of afterwards) task();
    return result;
  } catch (error) {
    try {
      await client.query('rollback');
    } catch (failure) {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    }
    throw asStoreError(error);
  } finally {
    client.off('error', onBreak);
    client.release(broken);
  }
}
