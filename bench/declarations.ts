import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureDraws } from './declarations-draws-load.ts';
import { measureLarge, measureLodging } from './declarations-lodging-load.ts';
import { startBenchNode } from './declarations-node-load.ts';
import { measureOfficer } from './declarations-officer-load.ts';

// Declarations: reading and validating against libxml2's parse and XSD validation, lodgements against bare commits, the
// officer's worklist and verdict with many declarations stored, and many who draw on one certificate at once.
const { values } = parseArgs({
  options: {
    /** Parts, separated by commas. */
    part: { type: 'string', default: 'taking,lodging,large,draws,officer' },
    /** Declarations stored when the officer asks; a million takes minutes and gigabytes. */
    declarations: { type: 'string', default: '100000' },
    lodgements: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
  },
});
const parts = values.part.split(',');

function machine(): string {
  return `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 16)}, load ${loadavg()
    .map((each) => each.toFixed(1))
    .join(' ')}`;
}

console.log(machine());
if (parts.includes('taking')) {
  const program = fileURLToPath(new URL('declarations-taking-load.ts', import.meta.url));
  const { status } = spawnSync(process.execPath, ['--expose-gc', '--disable-warning=ExperimentalWarning', program], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
if (parts.some((part) => part !== 'taking')) {
  const node = await startBenchNode();
  try {
    if (parts.includes('lodging')) await measureLodging(node, Number(values.lodgements), Number(values.rounds));
    if (parts.includes('large')) await measureLarge(node);
    if (parts.includes('draws')) await measureDraws(node);
    if (parts.includes('officer')) await measureOfficer(node, Number(values.declarations));
  } finally {
    await node.stop();
  }
}
console.log(`\n${machine()}`);
