import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inTransaction } from '../../src/store/transaction.ts';
import { createMilestoneRecorder } from '../../src/timing/record-milestone.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { describedCase, reportOf } from '../timing/support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let region: TestRegion;

before(async () => {
  region = await startTestRegion(['TH', 'VN']);
  const start = Date.now() - 12 * 3_600_000;
  const node = region.region.nodes.find((one) => one.configuration.country === 'VN');
  assert.ok(node);
  const recorder = createMilestoneRecorder('VN');
  // Released after 1, 2, 3 and 4 hours; a fifth waits.
  for (const hours of [1, 2, 3, 4, null])
    await inTransaction(node.pool, async (transaction) => {
      const description = describedCase();
      const { declarationId: id } = description;
      recorder.openCase(transaction, description, new Date(start));
      recorder.noteChannel(transaction, id, 'green', new Date(start));
      for (const milestone of ['M0', 'M1'] as const)
        recorder.record(transaction, reportOf(id, milestone, new Date(start)), new Date(start));
      const end = new Date(start + (hours ?? 0) * 3_600_000);
      if (hours !== null) recorder.record(transaction, reportOf(id, 'M10', end), end);
    });
});
after(() => region.end());

interface Run {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

function selat(...options: readonly string[]): Promise<Run> {
  const child = spawn(
    process.execPath,
    [join(root, 'src/cli.ts'), 'timing', 'show', ...options, '--data', region.folder.path],
    { env: { PATH: process.env['PATH'] ?? '' } },
  );
  let output = '';
  let errors = '';
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    errors += piece.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status: status ?? -1, output, errors }));
  });
}

describe('selat timing show', () => {
  test('prints the figures of every node side by side, with interval, clock, as-of, n and how many are open', async () => {
    const { status, output, errors } = await selat();
    assert.equal(status, 0, errors);
    assert.match(output, /^arrival-release@1 \(calendar clock\): From the arrival of the goods to their release/);
    assert.match(output, /country +channel +n +open +MX +median +95% +p90 +95%/);
    assert.match(output, /\nTH +all +0 +0 +0 +n too small/);
    assert.match(output, /\nVN +green +5 +1 +0 +3\.0 h +60\.0 min to – +n too small.*\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/);
    assert.match(output, /Kaplan–Meier; open cases are censored/);
  });

  test('prints one node alone, another interval, and JSON', async () => {
    const { status, output, errors } = await selat('--node', 'vn', '--interval', 'lodgement-release', '--json');
    assert.equal(status, 0, errors);
    const { comparisons, failures } = JSON.parse(output);
    assert.deepEqual([comparisons.length, failures], [1, []]);
    assert.equal(comparisons[0].interval, 'lodgement-release@1');
    assert.deepEqual(
      comparisons[0].rows.map(({ channel, figures }: { channel: string; figures: { cases: number } }) => [
        channel,
        figures.cases,
      ]),
      [
        ['all', 5],
        ['green', 5],
        ['yellow', 0],
        ['red', 0],
        ['none', 0],
      ],
    );
  });

  test('shows what is withheld when the figures are to leave the administration', async () => {
    const month = await selat('--published', '--from', '2026-01-01', '--until', '2026-02-01');
    assert.equal(month.status, 0, month.errors);
    assert.match(month.output, /as published/);
  });

  test('says what is wrong with a period or an interval', async () => {
    const interval = await selat('--interval', 'dwell-time', '--node', 'TH');
    const day = await selat('--from', '2026-02-30');
    const part = await selat('--published', '--node', 'TH');
    assert.equal(interval.status, 1);
    assert.match(interval.errors, /There are arrival-release@1/);
    assert.equal(day.status, 2);
    assert.match(part.errors, /one month of the calendar/);
  });
});
