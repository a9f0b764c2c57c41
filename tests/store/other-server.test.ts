import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../src/store/embedded.ts';
import { appendEvent } from '../../src/store/log.ts';
import { extendLogChain, verifyLog } from '../../src/store/log-chain.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openPool } from '../../src/store/pool.ts';
import { inTransaction } from '../../src/store/transaction.ts';

/** A PostgreSQL that the system's packages brought, of whatever version, newest first. */
const programs = globSync('/usr/lib/postgresql/*/bin').sort((one, other) =>
  other.localeCompare(one, 'en', { numeric: true }),
)[0];
const account =
  process.getuid?.() === 0
    ? readFileSync('/etc/passwd', 'utf8')
        .split('\n')
        .map((line) => line.split(':'))
        .find(([name]) => name === 'postgres')
    : undefined;
const skip =
  programs === undefined
    ? 'no PostgreSQL of the system is here'
    : process.getuid?.() === 0 && account === undefined
      ? 'there is no account postgres'
      : false;

test('a server of one’s own, named by its address, serves as well as the embedded one', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'selat-other-'));
  const identity = account === undefined ? {} : { uid: Number(account[2]), gid: Number(account[3]) };
  if (account !== undefined) chownSync(folder, Number(account[2]), Number(account[3]));
  const data = join(folder, 'data');
  const made = spawnSync(join(programs ?? '', 'initdb'), ['-D', data, '-U', 'selat', '-A', 'trust', '-E', 'UTF8'], {
    cwd: '/',
    ...identity,
  });
  assert.equal(made.status, 0, String(made.stderr));
  const port = await freePort();
  const server = spawn(
    join(programs ?? '', 'postgres'),
    ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    { cwd: '/', stdio: 'ignore', ...identity },
  );
  const pool = openPool(`postgres://selat@127.0.0.1:${port}/postgres`);
  try {
    for (let tries = 0; tries < 100; tries += 1) {
      const isUp = await pool.query({ text: 'select 1' }).then(
        () => true,
        () => false,
      );
      if (isUp) break;
      await pause(100);
    }
    assert.ok((await migrate(pool)).length > 0);
    assert.deepEqual(await migrate(pool), []);
    await inTransaction(pool, (transaction) =>
      appendEvent(transaction, {
        kind: 'application.created',
        subject: 'application-1',
        actor: { id: '1', name: 'Somchai', role: 'trader' },
        occurredAt: new Date(),
      }),
    );
    assert.equal(await extendLogChain(pool), 1);
    assert.deepEqual((await verifyLog(pool)).faults, []);
  } finally {
    await pool.close();
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
});
