import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Pool } from './pool.ts';
import { inTransaction } from './transaction.ts';

const folder = new URL('migrations/', import.meta.url);
/** Any number does, as long as every process that migrates a Selat database takes the same: one at a time. */
const migrationLock = 7_352_801;

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly digest: string;
}

function migrations(): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const match = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file);
      if (match?.[1] === undefined || match[2] === undefined) throw new Error(`${file} is not named NNNN_name.sql`);
      const sql = readFileSync(new URL(file, folder), 'utf8');
      return {
        number: Number(match[1]),
        name: match[2],
        sql,
        digest: createHash('sha256').update(sql).digest('hex'),
      };
    });
}

/**
 * Brings the database to the newest form: runs the migrations that it has not seen, in order, each in its own
 * transaction and one process at a time. Migrations only go forward; one that was run and has changed since is an error.
 * @returns the names of the migrations that were run now.
 */
export async function migrate(pool: Pool): Promise<string[]> {
  const wanted = migrations();
  await pool.query({
    text: `do $$ begin
      perform pg_advisory_xact_lock(${migrationLock});
      create table if not exists migrations (
        number integer primary key, name text not null, digest text not null, run_at timestamptz not null default now());
    end $$`,
  });
  const done: string[] = [];
  for (const migration of wanted) {
    const ran = await inTransaction(pool, async (transaction) => {
      await transaction.query({ text: 'select pg_advisory_xact_lock($1)', values: [migrationLock] });
      const { rows } = await transaction.query<{ digest: string }>({
        text: 'select digest from migrations where number = $1',
        values: [migration.number],
      });
      const before = rows[0];
      if (before !== undefined) {
        if (before.digest !== migration.digest)
          throw new Error(
            `Migration ${migration.number} (${migration.name}) was run in another form before. This database was made by another version of Selat: go back to that version, or restore a backup.`,
          );
        return false;
      }
      await transaction.query({ text: migration.sql });
      await transaction.query({
        text: 'insert into migrations (number, name, digest) values ($1, $2, $3)',
        values: [migration.number, migration.name, migration.digest],
      });
      return true;
    });
    if (ran) done.push(migration.name);
  }
  return done;
}
