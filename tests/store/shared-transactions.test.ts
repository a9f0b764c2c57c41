import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Refusal } from '../../src/documents/refusal.ts';
import { SharedTransactions } from '../../src/store/shared-transactions.ts';
import type { Transaction } from '../../src/store/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('works that share a transaction', () => {
  let database: TestDatabase;
  let shared: SharedTransactions;
  before(async () => {
    database = await createTestDatabase();
    await database.pool.query({ text: 'create table accounts (name text primary key, version integer not null)' });
    await database.pool.query({
      text: 'create table replies (key text primary key, by xid8 not null default pg_current_xact_id())',
    });
  });
  beforeEach(async () => {
    await database.pool.query({ text: 'truncate accounts, replies' });
    await database.pool.query({ text: "insert into accounts select 'a' || n, 1 from generate_series(1, 20) n" });
    shared = new SharedTransactions(database.pool, { groups: 1, mostTogether: 32 });
  });
  after(() => database.drop());

  const reply = (key: string) => ({ name: 'reply', text: 'insert into replies (key) values ($1)', values: [key] });
  /** Counts an account up, if it still is what was seen. */
  const countUp = async (transaction: Transaction, name: string): Promise<number> => {
    const { rows } = await transaction.query<{ version: number }>({
      name: 'see-account',
      text: 'select version from accounts where name = $1 for update',
      values: [name],
    });
    const version = rows[0]?.version;
    if (version === undefined) throw new Refusal('not-found', 'NO-ACCOUNT', `There is no ${name}.`);
    transaction.later({
      name: 'count-account-up',
      text: `with changed as (update accounts set version = version + 1 where name = $1 and version = $2 returning 1)
        select must_change(count(*)) from changed`,
      values: [name, version],
    });
    return version + 1;
  };
  const work = (name: string, key = name) => ({
    run: (transaction: Transaction) => countUp(transaction, name),
    last: () => reply(key),
  });
  const versions = async (): Promise<Map<string, number>> =>
    new Map(
      (
        await database.pool.query<{ name: string; version: number }>({ text: 'select name, version from accounts' })
      ).rows.map((row) => [row.name, row.version]),
    );
  const commits = async (): Promise<bigint> =>
    (await database.pool.query<{ n: bigint }>({ text: 'select count(distinct by) as n from replies' })).rows[0]?.n ??
    0n;

  test('are all done, with far fewer commits than works', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `a${n + 1}`);
    const results = await Promise.all(names.map((name) => shared.run(work(name))));
    assert.deepEqual(
      results,
      names.map(() => 2),
    );
    assert.ok([...(await versions()).values()].every((version) => version === 2));
    assert.ok((await commits()) <= 3n, String(await commits()));
  });

  test('are refused each for itself: the others are done', async () => {
    const outcomes = await Promise.allSettled(['a1', 'a2', 'nobody', 'a3', 'a4'].map((name) => shared.run(work(name))));
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    const found = await versions();
    assert.deepEqual(
      ['a1', 'a2', 'a3', 'a4'].map((name) => found.get(name)),
      [2, 2, 2, 2],
    );
  });

  test('on the same row are done one after the other, and none is lost', async () => {
    const results = await Promise.all(Array.from({ length: 12 }, (_, n) => shared.run(work('a1', `key ${n}`))));
    assert.equal((await versions()).get('a1'), 13);
    assert.deepEqual(
      results.toSorted((one, other) => one - other),
      Array.from({ length: 12 }, (_, n) => n + 2),
    );
  });

  test('with one key are done once, and the other is told of the key', async () => {
    const outcomes = await Promise.allSettled(['a1', 'a2', 'a3'].map((name) => shared.run(work(name, 'one key'))));
    assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.equal(outcome.reason.constraint, 'replies_pkey');
    assert.equal([...(await versions()).values()].filter((version) => version === 2).length, 1);
  });

  test('that change something and are refused then undo it, and only it', async () => {
    const refusedAfterWriting = {
      async run(transaction: Transaction) {
        await transaction.query({ text: "insert into accounts values ('stray', 1)" });
        throw new Refusal('conflict', 'NO', 'No.');
      },
      last: () => reply('stray'),
    };
    const outcomes = await Promise.allSettled([
      shared.run(work('a1')),
      shared.run(work('a2')),
      shared.run(refusedAfterWriting),
      shared.run(work('a3')),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((await versions()).has('stray'), false);
  });

  test('wake those who wait once, and only after the commit', async () => {
    const woken: string[] = [];
    await Promise.all(
      ['a1', 'a2', 'a1'].map((name, n) =>
        shared.run({
          run: (transaction: Transaction) => {
            transaction.afterCommit(() => woken.push(`${name} ${n}`));
            return countUp(transaction, name);
          },
          last: () => reply(`wake ${n}`),
        }),
      ),
    );
    assert.deepEqual(woken.toSorted(), ['a1 0', 'a1 2', 'a2 1']);
  });

  test('tell an outage to each', async () => {
    await database.pool.query({ text: 'alter table replies rename to gone' });
    const outcomes = await Promise.allSettled(['a1', 'a2', 'a3'].map((name) => shared.run(work(name))));
    await database.pool.query({ text: 'alter table gone rename to replies' });
    assert.ok(outcomes.every((outcome) => outcome.status === 'rejected'));
    assert.ok([...(await versions()).values()].every((version) => version === 1));
  });
});
