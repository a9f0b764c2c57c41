import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Refusal } from '../../src/documents/refusal.ts';
import { openPool } from '../../src/store/pool.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('a transaction', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
    await database.pool.query({ text: 'create table things (name text primary key)' });
  });
  after(() => database.drop());
  const names = async (): Promise<string[]> =>
    (await database.pool.query<{ name: string }>({ text: 'select name from things order by name' })).rows.map(
      (row) => row.name,
    );

  test('stores all of its work when it ends well, and only then wakes those who wait', async () => {
    const woken: string[] = [];
    await inTransaction(database.pool, async (transaction) => {
      transaction.afterCommit(() => woken.push('worker'));
      await transaction.query({ text: "insert into things values ('kept')" });
      assert.deepEqual(woken, []);
    });
    assert.deepEqual(await names(), ['kept']);
    assert.deepEqual(woken, ['worker']);
  });

  test('stores nothing of its work when it fails, wakes nobody, and passes the failure on', async () => {
    const woken: string[] = [];
    await assert.rejects(
      inTransaction(database.pool, async (transaction) => {
        transaction.afterCommit(() => woken.push('worker'));
        await transaction.query({ text: "insert into things values ('lost')" });
        throw new Error('no');
      }),
      /^Error: no$/,
    );
    assert.deepEqual(await names(), ['kept']);
    assert.deepEqual(woken, []);
  });

  test('answers statements that are asked side by side in turn, and warns of nothing', async () => {
    const warned: Error[] = [];
    const warn = (warning: Error): void => void warned.push(warning);
    process.on('warning', warn);
    const answers = await inTransaction(database.pool, (transaction) =>
      Promise.all(
        ['1', '2', '3'].map(async (value) => {
          const { rows } = await transaction.query<{ value: string }>({ text: 'select $1 as value', values: [value] });
          return rows[0]?.value;
        }),
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warn);
    assert.deepEqual(answers, ['1', '2', '3']);
    assert.deepEqual(warned, []);
  });

  test('undoes only the part within a savepoint when that part fails', async () => {
    await inTransaction(database.pool, async (transaction) => {
      await transaction.query({ text: "insert into things values ('outer')" });
      await assert.rejects(
        transaction.savepoint(async () => {
          await transaction.query({ text: "insert into things values ('inner')" });
          throw new Error('inner failure');
        }),
      );
    });
    assert.deepEqual(await names(), ['kept', 'outer']);
  });

  test('lets what a savepoint left for later fail within it, not at the commit', async () => {
    await inTransaction(database.pool, async (transaction) => {
      await assert.rejects(
        transaction.savepoint(async () => {
          transaction.later({ text: 'insert into nowhere values (1)' });
        }),
        /nowhere/,
      );
      transaction.later({ text: "insert into things values ('after')" });
    });
    assert.deepEqual(await names(), ['after', 'kept', 'outer']);
    await database.pool.query({ text: "delete from things where name = 'after'" });
  });

  test('drops only what the part left for later when a savepoint fails before it said anything', async () => {
    await inTransaction(database.pool, async (transaction) => {
      transaction.later({ text: "insert into things values ('before')" });
      await assert.rejects(
        transaction.savepoint(async () => {
          transaction.later({ text: "insert into things values ('inner')" });
          throw new Error('inner failure');
        }),
        /inner failure/,
      );
    });
    assert.deepEqual(await names(), ['before', 'kept', 'outer']);
    await database.pool.query({ text: "delete from things where name = 'before'" });
  });

  test('says that the store is unavailable when the server cannot be reached', async () => {
    const away = openPool('postgres://nobody:nothing@127.0.0.1:9/away');
    await assert.rejects(
      inTransaction(away, async () => 1),
      (error) => error instanceof Refusal && error.code === 'STORE-UNAVAILABLE' && error.retryAfterSeconds === 5,
    );
    await away.close();
  });

  test('says that the store is unavailable when the connection is cut in the middle, and recovers by itself', async () => {
    await assert.rejects(
      inTransaction(database.pool, async (transaction) => {
        await transaction.query({ text: 'select pg_terminate_backend(pg_backend_pid())' });
      }),
      (error) => error instanceof Refusal && error.code === 'STORE-UNAVAILABLE',
    );
    assert.deepEqual(await names(), ['kept', 'outer']);
  });
});
