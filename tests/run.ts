import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startEmbeddedPostgres } from '../src/store/embedded.ts';

// Runs the tests, all or those in the folders and files named, with one embedded Postgres for all of them.
const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const named = process.argv.slice(2);
const files = (named.length === 0 ? ['tests'] : named).flatMap((path) =>
  statSync(path).isDirectory() ? globSync(`${path}/**/*.test.ts`) : [path],
);
const folder = mkdtempSync(join(tmpdir(), 'selat-tests-'));
const postgres = await startEmbeddedPostgres({
  folder: join(folder, 'postgres'),
  port: await freePort(),
  settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
});
const child = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-reporter=spec',
    // One more than there are processors: most tests wait for a database or a process half of their time.
    `--test-concurrency=${availableParallelism() + 1}`,
    ...files.sort(),
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      SELAT_TEST_POSTGRES: postgres.url('postgres'),
      // Every file is a process that loads most of the product: it is compiled once.
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    },
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));
await postgres.stop();
rmSync(folder, { recursive: true, force: true });
if (postgres.dataFolder.startsWith('/var/lib/selat/'))
  rmSync(join(postgres.dataFolder, '..'), { recursive: true, force: true });
process.exit(code);
