import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Actor } from '../../src/access/actor.ts';
import { schemaFile } from '../../src/documents/schema-set.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import type { Comparison, ComparisonQuestion } from '../../src/timing/comparison.ts';
import { compare } from '../../src/timing/comparison.ts';
import type { Figures } from '../../src/timing/figures.ts';
import { intervals, nameOf } from '../../src/timing/intervals.ts';
import type { MilestoneReport } from '../../src/timing/milestone.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { describedCase, openCase, recorder, reportOf } from './support.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

const hour = 3_600_000;
const parts = {
  country: 'VN',
  timeZone: 'Asia/Ho_Chi_Minh',
  findCase: () => Promise.reject(new Error('not asked here')),
};
const analyst: Actor = {
  personId: randomUUID(),
  name: 'An analyst',
  role: 'analyst',
  firmId: null,
  firmIdentifier: null,
  office: null,
  country: 'VN',
  via: 'session',
  onlyRights: null,
};

function ask(question: Partial<ComparisonQuestion>, now = new Date('2026-12-01T00:00:00Z')): Promise<Comparison> {
  return inTransaction(database.pool, (transaction) =>
    compare(
      parts,
      { transaction, actor: analyst, now },
      {
        interval: 'arrival-release@1',
        procedure: 'import',
        from: '2026-01-01',
        until: '2026-02-01',
        byChannel: true,
        published: false,
        ...question,
      },
    ),
  );
}

async function figures(question: Partial<ComparisonQuestion>, channel = 'all', now?: Date): Promise<Figures> {
  const row = (await ask(question, now)).rows.find((one) => one.channel === channel);
  assert.ok(row?.figures);
  return row.figures;
}

async function record(report: MilestoneReport, recordedAt = report.occurredAt): Promise<void> {
  await inTransaction(database.pool, async (transaction) => recorder.record(transaction, report, recordedAt));
}

/** Each test has a year of its own. */
let year = 2000;
function nextYear(): { readonly period: { from: string; until: string }; at(hours: number): Date } {
  year += 1;
  const start = Date.UTC(year, 0, 10);
  return { period: { from: `${year}-01-01`, until: `${year}-02-01` }, at: (hours) => new Date(start + hours * hour) };
}

describe('the definitions of the intervals', () => {
  test('are as their schema says, each name once', () => {
    const validate = new Ajv2020({ strict: true }).compile(schemaFile('timing/intervals.schema.json'));
    assert.ok(validate(schemaFile('timing/intervals.json')), JSON.stringify(validate.errors));
    assert.deepEqual(intervals().map(nameOf), [
      'arrival-release@1',
      'lodgement-release@1',
      'acceptance-release@1',
      'arrival-lodgement@1',
      'release-gateout@1',
    ]);
  });
});

describe('a comparison', () => {
  test('gives the medians of 6-MP and placebo from cases in the database, open ones censored', async () => {
    const { period, at } = nextYear();
    const now = at(35);
    const remission: readonly [number, boolean][] = [
      ...[6, 6, 6, 7, 10, 13, 16, 22, 23].map((length): [number, boolean] => [length, true]),
      ...[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map((length): [number, boolean] => [length, false]),
    ];
    for (const [length, isOver] of remission) {
      const start = at(35 - length);
      const end = isOver ? { M10: now } : {};
      await openCase(database.pool, describedCase(), { M0: start, M1: start, M4: start, ...end }, 'yellow');
    }
    const placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23];
    for (const length of placebo)
      await openCase(database.pool, describedCase(), { M0: at(-2), M1: at(0), M10: at(length) }, 'green');
    const yellow = await figures(period, 'yellow', now);
    assert.deepEqual([yellow.cases, yellow.ended, yellow.open], [21, 9, 12]);
    assert.deepEqual(yellow.median, { seconds: 23 * 3_600, lower: 13 * 3_600, upper: null, method: 'log-log-band' });
    assert.equal(yellow.p90, 'n too small');
    const green = await figures(period, 'green', now);
    assert.deepEqual(green.median, {
      seconds: 8 * 3_600,
      lower: 4 * 3_600,
      upper: 12 * 3_600,
      method: 'binomial-ranks',
    });
    const all = await figures(period, 'all', now);
    assert.equal(all.cases, 42);
    assert.equal(typeof all.p90, 'object');
    assert.equal((await figures({ ...period, interval: 'lodgement-release' }, 'green', now)).cases, 21);
  });

  test('keeps negative durations: released before the goods arrived, lodged before arrival', async () => {
    const { period, at } = nextYear();
    await openCase(database.pool, describedCase(), { M0: at(0), M3: at(0), M10: at(1), M1: at(10) }, 'green');
    const release = await figures(period, 'green');
    assert.deepEqual([release.ended, release.marked], [1, 1]);
    assert.equal(typeof release.median === 'object' && release.median.seconds, -9 * 3_600);
    const lodgement = await figures({ ...period, interval: 'arrival-lodgement@1' }, 'green');
    assert.equal(typeof lodgement.median === 'object' && lodgement.median.seconds, -10 * 3_600);
  });

  test('treats withdrawal as a competing event, and says how many there are', async () => {
    const { period, at } = nextYear();
    await openCase(database.pool, describedCase(), { M0: at(0), M1: at(0), M10: at(4) }, 'red');
    await openCase(database.pool, describedCase(), { M0: at(0), M1: at(0), MX: at(2) }, 'red');
    // Released first, seized later: it was released.
    await openCase(database.pool, describedCase(), { M0: at(0), M1: at(0), M10: at(3), MX: at(9) }, 'red');
    const red = await figures(period, 'red');
    assert.deepEqual([red.cases, red.ended, red.open, red.competing], [3, 2, 0, 1]);
    assert.equal(red.endedWithin[0]?.share?.toFixed(6), (2 / 3).toFixed(6));
    // Two of the two at risk after two hours were released, by three and four.
    assert.equal(typeof red.median === 'object' && red.median.seconds, 3 * 3_600);
  });

  test('takes the cases whose interval starts in the period, by the days of the administration', async () => {
    const { period, at } = nextYear();
    // 1 January 00:00 in Ho Chi Minh City is 17:00 on the day before in UTC.
    const first = new Date(`${year - 1}-12-31T17:00:00Z`);
    const last = new Date(`${year}-01-31T17:00:00Z`);
    await openCase(database.pool, describedCase(), { M0: at(-300), M1: first }, 'green');
    await openCase(database.pool, describedCase(), { M0: at(-300), M1: new Date(first.getTime() - 1) }, 'green');
    await openCase(database.pool, describedCase(), { M0: at(0), M1: last }, 'green');
    await openCase(database.pool, describedCase(), { M0: at(0), M1: new Date(last.getTime() - 1) }, 'green');
    await openCase(database.pool, describedCase(), { M0: at(0) });
    assert.equal((await figures(period)).cases, 2);
  });

  test('keeps imports and exports apart, and shows cases without a channel', async () => {
    const { period, at } = nextYear();
    await openCase(database.pool, describedCase({ procedure: 'export' }), { M0: at(0), M1: at(0) }, 'green');
    await openCase(database.pool, describedCase(), { M0: at(0), M1: at(0) });
    assert.equal((await figures(period, 'none')).cases, 1);
    assert.equal((await figures({ ...period, procedure: 'export' }, 'green')).cases, 1);
    assert.equal((await figures(period)).cases, 1);
  });

  test('tells how exactly moments are known, and in how many cases one of the two carries a mark', async () => {
    const { period, at } = nextYear();
    const id = await openCase(database.pool, describedCase(), { M0: at(0), M10: at(50) }, 'red');
    // Backdated: entered two days after it happened.
    await record(reportOf(id, 'M1', at(1), { precision: 'day', role: 'port' }), at(51));
    await openCase(database.pool, describedCase(), { M0: at(0), M1: at(0), M10: at(1) }, 'red');
    const red = await figures(period, 'red');
    assert.deepEqual([red.marked, red.precision], [1, { second: 1, minute: 0, day: 1 }]);
    const lodgement = await figures({ ...period, interval: 'lodgement-release' }, 'red');
    assert.deepEqual([lodgement.marked, lodgement.precision.day], [0, 0]);
  });

  test('gives a figure as it was known then: later releases, corrections and channels do not change it', async () => {
    const { period, at } = nextYear();
    const description = describedCase();
    const id = await openCase(database.pool, description, { M0: at(0), M1: at(0) }, 'yellow');
    const before = await figures(period, 'yellow', at(10));
    assert.deepEqual([before.open, before.ended], [1, 0]);
    await inTransaction(database.pool, async (transaction) => recorder.noteChannel(transaction, id, 'red', at(11)));
    await record(reportOf(id, 'M10', at(12)));
    const { rows } = await database.pool.query<{ id: bigint }>({
      text: `select id from clearance_milestones where declaration_id = $1 and milestone = 'M1'`,
      values: [id],
    });
    // The correction moves the arrival out of the period altogether.
    await record(
      reportOf(id, 'M1', at(-400), { supersedes: rows[0]?.id ?? 0n, reason: 'the bill of lading says so' }),
      at(13),
    );
    assert.equal((await figures(period)).cases, 0);
    assert.deepEqual(await figures({ ...period, asOf: at(10) }, 'yellow'), before);
    const between = await figures({ ...period, asOf: at(12.5) }, 'red');
    assert.deepEqual([between.ended, between.open, between.marked], [1, 0, 0]);
    assert.equal((await figures({ ...period, asOf: new Date(at(0).getTime() - 1) })).cases, 0);
  });

  test('gives the same from rows and from events', async () => {
    const now = new Date('2026-12-01T00:00:00Z');
    const touch = `update clearance_cases set changed_at = changed_at + interval '100 years' * $1`;
    for (const interval of intervals())
      for (let one = 2001; one <= year; one += 1) {
        const question = { interval: nameOf(interval), from: `${one}-01-01`, until: `${one + 1}-01-01` };
        const here = await ask(question, now);
        assert.deepEqual(await ask({ ...question, asOf: now }, now), here);
        await database.pool.query({ text: touch, values: [1] });
        assert.deepEqual(await ask({ ...question, asOf: now }, now), here);
        await database.pool.query({ text: touch, values: [-1] });
      }
  });

  test('refuses what is no period, no interval and no moment', async () => {
    for (const [question, code] of [
      [{ interval: 'arrival-release@2' }, 'INTERVAL-UNKNOWN'],
      [{ from: '2026-02-30' }, 'PERIOD-INVALID'],
      [{ from: '2026-02-01' }, 'PERIOD-INVALID'],
      [{ asOf: new Date('2027-01-01T00:00:00Z') }, 'AS-OF-INVALID'],
    ] as const)
      await assert.rejects(ask(question), { code });
  });
});

describe('what is published', () => {
  test('is withheld for few declarations or traders, with what would reveal it', async () => {
    const { period, at } = nextYear();
    const firms = [randomUUID(), randomUUID(), randomUUID()];
    const lodge = async (channel: 'green' | 'yellow' | 'red', count: number, traders: number): Promise<void> => {
      for (let one = 0; one < count; one += 1)
        await openCase(
          database.pool,
          describedCase({ declarantFirmId: firms[one % traders] ?? '' }),
          { M0: at(0), M1: at(0), M10: at(one + 1) },
          channel,
        );
    };
    await lodge('green', 12, 3);
    await lodge('yellow', 11, 3);
    await lodge('red', 4, 3);
    const shown = async (question: Partial<ComparisonQuestion>): Promise<string[]> =>
      (await ask({ ...period, ...question })).rows.filter((row) => row.figures !== null).map((row) => row.channel);
    assert.deepEqual(await shown({}), ['all', 'green', 'yellow', 'red', 'none']);
    assert.deepEqual(await shown({ published: true }), ['all', 'green', 'none']);
    assert.deepEqual(await shown({ published: true, byChannel: false }), ['all']);
  });

  test('is one table for a month that never changes, so that no two can be subtracted (threats.md B5)', async () => {
    const { period, at } = nextYear();
    const id = await openCase(database.pool, describedCase(), { M0: at(0), M1: at(0) }, 'green');
    const published = await ask({ ...period, published: true });
    assert.equal(published.asOf, new Date(Date.UTC(year, 2, 1, -7)).toISOString());
    await record(reportOf(id, 'M10', at(3)), new Date(`${year}-04-01T00:00:00Z`));
    assert.deepEqual(await ask({ ...period, published: true }), published);
    for (const [question, code] of [
      [{ until: `${year}-01-31` }, 'PERIOD-NOT-PUBLISHED'],
      [{ from: `${year}-01-02` }, 'PERIOD-NOT-PUBLISHED'],
      [{ until: `${year}-03-01` }, 'PERIOD-NOT-PUBLISHED'],
      [{ asOf: at(5) }, 'AS-OF-INVALID'],
    ] as const)
      await assert.rejects(ask({ ...period, ...question, published: true }), { code });
    await assert.rejects(ask({ ...period, published: true }, new Date(`${year}-02-20T00:00:00Z`)), {
      code: 'PERIOD-NOT-PUBLISHED',
    });
  });
});
