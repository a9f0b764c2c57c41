import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/store/migrate.ts';
import { openPool, type Pool } from '../../src/store/pool.ts';

/** A database of its own for one test file: migrated, empty, dropped at the end. */
export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
  drop(): Promise<void>;
}

/** Makes an empty database on the server that `npm test` started (its address is in SELAT_TEST_POSTGRES). */
export async function createEmptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env['SELAT_TEST_POSTGRES'];
  if (server === undefined) throw new Error('SELAT_TEST_POSTGRES is not set: run the tests with "npm test -- tests/…"');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const administer = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await administer(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database ${name} with (force)`) };
}

/** Makes a migrated database with an open pool. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { url, drop } = await createEmptyDatabase();
  const pool = openPool(url);
  await migrate(pool);
  return {
    url,
    pool,
    async drop() {
      await pool.close();
      await drop();
    },
  };
}
