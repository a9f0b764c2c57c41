import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Refusal } from '../../src/documents/refusal.ts';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { FaultProxy } from '../faults/fault-proxy.ts';
import { createEmptyDatabase } from '../support/database.ts';

describe('a database that the network swallowed', () => {
  let database: { url: string; drop(): Promise<void> };
  let proxy: FaultProxy;
  let pool: Pool;
  before(async () => {
    database = await createEmptyDatabase();
    const url = new URL(database.url);
    proxy = new FaultProxy([Number(url.port)]);
    await proxy.listen();
    url.port = String(proxy.port);
    pool = openPool(url.href, { silenceMilliseconds: 400, connectionTimeoutMilliseconds: 1_000 });
  });
  after(async () => {
    await pool.close();
    await proxy.close();
    await database.drop();
  });

  const isAway = (error: unknown): boolean => error instanceof Refusal && error.code === 'STORE-UNAVAILABLE';

  test('is an outage after a while, in a statement and in a transaction, and is used again when it is back', async () => {
    await pool.query({ text: 'select 1' });
    proxy.fault = { kind: 'hang' };
    await assert.rejects(pool.query({ text: 'select 1' }), isAway);
    proxy.fault = { kind: 'none' };
    await inTransaction(pool, async (transaction) => {
      await transaction.query({ text: 'select 1' });
      proxy.fault = { kind: 'hang' };
      await assert.rejects(transaction.query({ text: 'select 2' }), isAway);
    }).catch((error: unknown) => assert.ok(error instanceof Error));
    proxy.fault = { kind: 'none' };
    const { rows } = await pool.query<{ n: number }>({ text: 'select 3 as n' });
    assert.equal(rows[0]?.n, 3);
  });

  test('does not end the process when it ends a connection that was just handed out', async () => {
    const client = await pool.driver.connect();
    client.emit('error', new Error('terminating connection due to unexpected postmaster exit'));
    client.release(true);
  });

  test('does not lose connections that are merely idle', async () => {
    const before = proxy.connections;
    await pool.query({ text: 'select 1' });
    const used = proxy.connections;
    await pause(900);
    await pool.query({ text: 'select 1' });
    assert.equal(proxy.connections, used);
    assert.ok(used - before <= 1);
  });
});
