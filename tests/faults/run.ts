import { parseArgs } from 'node:util';
import { SeededRandom } from './random.ts';
import { SCENARIOS, type ScenarioReport } from './scenarios.ts';

// "npm run test:faults -- --kills 300 --seed 7 --only disk": the long form of the fault tests. Exit status 1 when anything
// was lost, doubled, stuck or otherwise not as it must be.
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run test:faults -- [--kills N] [--seed N] [--only WORDS]

Real gateways on real databases, and faults at every step; then both databases are checked.
  --kills N     kills in the scenario that kills most (300)
  --seed N      what happens when, as in the run that printed this seed; processes have their own time all the same
  --only WORDS  the scenarios whose name contains these words

Scenarios:
${SCENARIOS.map(({ name }) => `  ${name}`).join('\n')}`);
  process.exit(0);
}
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const kills = Number(values.kills);
const chosen = SCENARIOS.filter(({ name }) => name.includes(values.only));
if (!Number.isInteger(seed) || !Number.isInteger(kills) || kills < 1 || chosen.length === 0) {
  console.error('--seed and --kills are whole numbers, and --only is in the name of a scenario; see --help.');
  process.exit(2);
}
console.log(`seed ${seed}, ${kills} kills\n`);

const began = performance.now();
const seconds = (from: number): string => ((performance.now() - from) / 1_000).toFixed(0);
const NUMBERS = ['sent', 'delivered', 'quarantined', 'failed', 'duplicatesSuppressed', 'lost', 'doubled'] as const;
const total = { kills: 0, violations: 0, ...Object.fromEntries(NUMBERS.map((name) => [name, 0])) };

function add(report: ScenarioReport): string {
  const sums = NUMBERS.map((name) => {
    const sum = report.directions.reduce((all, direction) => all + direction[name], 0);
    Reflect.set(total, name, Number(Reflect.get(total, name)) + sum);
    return `${name === 'duplicatesSuppressed' ? 'duplicates suppressed' : name} ${sum}`;
  });
  total.kills += report.kills;
  total.violations += report.violations.length;
  return `${sums.join(', ')}, kills ${report.kills}`;
}

for (const { name, run } of chosen) {
  const from = performance.now();
  console.log(`${name} …`);
  const progress = (words: string): void => console.log(`  ${seconds(from)} s: ${words}`);
  const report = await run({ random: new SeededRandom(seed), kills, progress });
  if ('skipped' in report) {
    console.log(`  SKIPPED: ${report.skipped}\n`);
    continue;
  }
  console.log(`  ${add(report)}; ${seconds(from)} s`);
  for (const note of report.notes) console.log(`  ${note}`);
  for (const violation of report.violations.slice(0, 50)) console.log(`  VIOLATION: ${violation}`);
  console.log('');
}

const sums = NUMBERS.map(
  (name) => `${name === 'duplicatesSuppressed' ? 'duplicates suppressed' : name} ${Reflect.get(total, name)}`,
);
console.log(`all: ${sums.join(', ')}, kills ${total.kills}, violations ${total.violations}; ${seconds(began)} s`);
process.exit(total.violations === 0 ? 0 : 1);
