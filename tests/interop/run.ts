import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { asx } from './asx/suite.ts';
import { type Cell, type Suite, table } from './cells.ts';
import { phase4 } from './phase4/suite.ts';

// Tries Selat's AS4 against other implementations, each where it is on this machine. README.md says what is tried.
// Arguments: names of suites (all when none), and words that cells must have in their labels ("label=words").
const SUITES: readonly Suite[] = [phase4, asx];

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const named = process.argv.slice(2).filter((argument) => !argument.includes('='));
const wanted = process.argv
  .slice(2)
  .filter((argument) => argument.includes('='))
  .map((argument) => argument.split('=', 2));
const chosen = (labels: Cell['labels']): boolean =>
  wanted.every(([label, words]) => labels[label ?? '']?.includes(words ?? '') === true);

const present = SUITES.filter((suite) => {
  if (named.length > 0 && !named.includes(suite.name)) return false;
  const missing = suite.missing();
  if (missing !== undefined) console.log(`${suite.name} is not tried: ${missing}`);
  return missing === undefined;
});

const cells: Cell[] = [];
let isBroken = false;
if (present.length > 0) {
  const folder = mkdtempSync(join(tmpdir(), 'selat-interop-'));
  const postgres = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    port: await freePort(),
    settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
  });
  process.env['SELAT_TEST_POSTGRES'] = postgres.url('postgres');
  for (const suite of present) {
    const own: Cell[] = [];
    const start = performance.now();
    try {
      await suite.run((cell) => own.push(cell), chosen);
    } catch (error) {
      isBroken = true;
      console.error(`${suite.name} could not be tried to the end:`, error);
    }
    console.log(`\n${suite.name} (${Math.round((performance.now() - start) / 1_000)} s)\n${table(own)}\n`);
    cells.push(...own);
  }
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
  if (postgres.dataFolder.startsWith('/var/lib/selat/'))
    rmSync(join(postgres.dataFolder, '..'), { recursive: true, force: true });
}
const count = (outcome: Cell['outcome']): number => cells.filter((cell) => cell.outcome === outcome).length;
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('not supported')} not supported`);
process.exit(isBroken || count('failed') > 0 ? 1 : 0);
