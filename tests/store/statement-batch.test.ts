import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inTransaction } from '../../src/store/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('a transaction whose begin and commit travel with its statements', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
    await database.pool.query({ text: 'create table notes (name text primary key)' });
  });
  after(() => database.drop());

  const insert = (name: string) => ({ name: 'insert-note', text: 'insert into notes values ($1)', values: [name] });
  const kept = async (name: string): Promise<boolean> =>
    (await database.pool.query({ text: 'select 1 from notes where name = $1', values: [name] })).rowCount === 1;

  test('stores the last statement together with the rest', async () => {
    const result = await inTransaction(
      database.pool,
      async (transaction) => (await transaction.query(insert('first'))).rowCount,
      (count) => insert(`last of ${count}`),
    );
    assert.equal(result, 1);
    assert.ok((await kept('first')) && (await kept('last of 1')));
  });

  test('stores the last statement also when there was no other', async () => {
    await inTransaction(
      database.pool,
      async () => undefined,
      () => insert('alone'),
    );
    assert.ok(await kept('alone'));
  });

  test('stores nothing when the last statement fails, and the connection goes on to be used', async () => {
    for (let round = 0; round < 20; round += 1)
      await assert.rejects(
        inTransaction(
          database.pool,
          (transaction) => transaction.query(insert(`undone ${round}`)),
          () => insert('alone'),
        ),
        { code: '23505' },
      );
    assert.equal(await kept('undone 0'), false);
    assert.ok(await kept('alone'));
  });

  test('stores nothing when the first statement fails, whatever comes at the same time', async () => {
    await assert.rejects(
      inTransaction(database.pool, (transaction) =>
        Promise.all([transaction.query(insert('alone')), transaction.query(insert('beside'))]),
      ),
      { code: '23505' },
    );
    assert.equal(await kept('beside'), false);
  });

  test('is not called done when a failure in it was hidden', async () => {
    await assert.rejects(
      inTransaction(database.pool, async (transaction) => {
        await transaction.query(insert('hidden'));
        await transaction.query(insert('alone')).catch(() => {});
      }),
      /was rolled back/,
    );
    assert.equal(await kept('hidden'), false);
  });

  test('sends what travels later with the next statement, in order', async () => {
    const seen = await inTransaction(database.pool, async (transaction) => {
      transaction.later(insert('later 1'));
      transaction.later(insert('later 2'));
      const { rowCount } = await transaction.query({ text: "select 1 from notes where name like 'later %'" });
      transaction.later(insert('later 3'));
      return rowCount;
    });
    assert.equal(seen, 2);
    assert.ok(await kept('later 3'));
  });

  test('commits what travels later also when nothing was asked', async () => {
    await inTransaction(database.pool, async (transaction) => transaction.later(insert('only later')));
    assert.ok(await kept('only later'));
  });

  test('stores nothing when what travels later fails, and can prepare its statements again', async () => {
    for (let round = 0; round < 20; round += 1)
      await assert.rejects(
        inTransaction(database.pool, async (transaction) => {
          transaction.later(insert('only later'));
          transaction.later({ name: 'update-note', text: 'update notes set name = $1 where name = $1', values: ['x'] });
        }),
        { code: '23505' },
      );
    await inTransaction(database.pool, async (transaction) => {
      transaction.later({ name: 'update-note', text: 'update notes set name = $1 where name = $1', values: ['x'] });
    });
  });

  test('undoes with a part what it left to travel later', async () => {
    await inTransaction(database.pool, async (transaction) => {
      transaction.later(insert('before the part'));
      await assert.rejects(
        transaction.savepoint(async () => {
          transaction.later(insert('of the part'));
          throw new Error('the part fails');
        }),
        /the part fails/,
      );
    });
    assert.deepEqual([await kept('before the part'), await kept('of the part')], [true, false]);
  });

  test('may begin with a savepoint, and with statements at the same time', async () => {
    await inTransaction(database.pool, async (transaction) => {
      await transaction.savepoint(() => transaction.query(insert('inner')));
      await Promise.all([transaction.query(insert('one')), transaction.query(insert('two'))]);
    });
    for (const name of ['inner', 'one', 'two']) assert.ok(await kept(name));
  });

  test('refuses a statement name that stands for another statement, and recovers', async () => {
    for (let round = 0; round < 5; round += 1) {
      await inTransaction(database.pool, (transaction) => transaction.query(insert(`named ${round}`)));
      await assert.rejects(
        inTransaction(database.pool, (transaction) =>
          transaction.query({ name: 'insert-note', text: 'select $1::text', values: ['x'] }),
        ),
        /used for two statements/,
      );
    }
    assert.ok(await kept('named 4'));
  });

  test('keeps its promise over many at once', async () => {
    await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        inTransaction(
          database.pool,
          (transaction) => transaction.query(insert(`many ${n}`)),
          () => insert(`reply ${n % 100}`),
        ).catch(() => {}),
      ),
    );
    const { rows } = await database.pool.query<{ name: string }>({
      text: `select name from notes where name like 'many %' or name like 'reply %'`,
    });
    assert.equal(rows.length, 200);
    for (let n = 0; n < 100; n += 1)
      assert.ok((await kept(`many ${n}`)) !== (await kept(`many ${n + 100}`)), `exactly one of ${n} and ${n + 100}`);
  });
});
