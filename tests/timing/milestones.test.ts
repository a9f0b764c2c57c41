import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { inTransaction } from '../../src/store/transaction.ts';
import type { MilestoneReport } from '../../src/timing/milestone.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { describedCase, openCase, recorder, reportOf } from './support.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

const at = (text: string): Date => new Date(`2026-03-${text}:00Z`);

async function record(report: MilestoneReport, recordedAt = report.occurredAt): Promise<void> {
  await inTransaction(database.pool, async (transaction) => recorder.record(transaction, report, recordedAt));
}

interface Recorded {
  id: bigint;
  milestone: string;
  occurred_at: Date;
  marks: string[];
  counts: boolean;
  mrn: string;
  node: string;
}

async function recorded(id: string): Promise<Recorded[]> {
  const { rows } = await database.pool.query<Recorded>({
    text: 'select * from clearance_milestones where declaration_id = $1 order by id',
    values: [id],
  });
  return rows;
}

async function standing(id: string): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query({
    text: 'select * from clearance_cases where declaration_id = $1',
    values: [id],
  });
  return rows[0] ?? {};
}

describe('recording a milestone', () => {
  const beginnings: readonly [string, readonly MilestoneReport['milestone'][], Partial<MilestoneReport>[]][] = [
    ['milestones of this moment', ['M0', 'M3', 'M4', 'M7a', 'M7a', 'M9a'], []],
    ['nothing', [], []],
    ['the same milestone twice', ['M0', 'M0'], []],
    [
      'an arrival that was reported',
      ['M0', 'M1', 'M3', 'M8a'],
      [{}, { occurredAt: at('01T02:00'), precision: 'minute' }],
    ],
    [
      'an arrival of another day by a person',
      ['M0', 'M1'],
      [
        {},
        { occurredAt: at('01T00:00'), precision: 'day', source: { kind: 'person', id: randomUUID(), name: 'Trader' } },
      ],
    ],
  ];
  for (const [name, milestones, differences] of beginnings)
    test(`a case that begins with ${name} is as if each had been recorded after the other`, async () => {
      const now = at('02T08:00');
      const both = await Promise.all(
        [true, false].map(async (together) => {
          const description = describedCase();
          const { declarationId: id } = description;
          const reports = milestones.map((milestone, index) => {
            const pair = milestone === 'M7a' ? { pair: `permit-${index}` } : {};
            return reportOf(id, milestone, now, { ...pair, ...differences[index] });
          });
          await inTransaction(database.pool, async (transaction) => {
            recorder.openCase(transaction, description, now, together ? reports : []);
            if (!together) for (const report of reports) recorder.record(transaction, report, now);
          });
          const own = ['id', 'declaration_id', 'mrn', 'ucr', 'declarant_firm_id'];
          const rows = [await standing(id), ...(await recorded(id))];
          return rows.map((row) => Object.entries(row).filter(([column]) => !own.includes(column)));
        }),
      );
      assert.equal(both[0]?.length, milestones.length + 1);
      assert.deepEqual(both[0], both[1]);
    });

  test('keeps the event with its case, and the moment that stands, in one transaction', async () => {
    const description = describedCase();
    const id = await openCase(database.pool, description, { M0: at('02T08:00'), M3: at('02T08:00') }, 'green');
    const rows = await recorded(id);
    assert.deepEqual(
      rows.map(({ milestone, marks, counts, mrn, node }) => ({ milestone, marks, counts, mrn, node })),
      ['M0', 'M3'].map((milestone) => ({
        milestone,
        marks: [],
        counts: true,
        mrn: description.movementReference,
        node: 'VN',
      })),
    );
    const row = await standing(id);
    assert.deepEqual(
      [row['m0_at'], row['m3_at'], row['m10_at'], row['channel']],
      [at('02T08:00'), at('02T08:00'), null, 'green'],
    );
  });

  test('keeps what is recorded again and lets the first stand', async () => {
    const id = await openCase(database.pool, describedCase(), { M0: at('02T08:00'), M10: at('02T09:00') });
    await record(reportOf(id, 'M10', at('03T09:00')));
    assert.deepEqual(
      (await recorded(id)).map(({ marks, counts }) => [marks, counts]),
      [
        [[], true],
        [[], true],
        [['repeated'], false],
      ],
    );
    assert.deepEqual((await standing(id))['m10_at'], at('02T09:00'));
  });

  test('lets a correction take the place of what it supersedes, and counts it as marked', async () => {
    const id = await openCase(database.pool, describedCase(), { M0: at('02T08:00'), M1: at('02T12:00') });
    const [, arrival] = await recorded(id);
    await record(
      reportOf(id, 'M1', at('02T11:00'), { supersedes: arrival?.id ?? 0n, reason: 'the port says so' }),
      at('02T13:00'),
    );
    const row = await standing(id);
    assert.deepEqual([row['m1_at'], row['m1_quality']], [at('02T11:00'), 4]);
    assert.deepEqual((await recorded(id)).at(-1)?.marks, ['corrected']);
  });

  test('does not let a correction of a repeated record change what stands', async () => {
    const id = await openCase(database.pool, describedCase(), { M0: at('02T08:00'), M10: at('02T09:00') });
    await record(reportOf(id, 'M10', at('02T10:00')));
    const again = (await recorded(id)).at(-1);
    await record(reportOf(id, 'M10', at('02T11:00'), { supersedes: again?.id ?? 0n, reason: 'a slip' }));
    assert.deepEqual((await standing(id))['m10_at'], at('02T09:00'));
  });

  test('is refused when the same event was corrected already, or belongs to another case or milestone', async () => {
    const id = await openCase(database.pool, describedCase(), { M0: at('02T08:00'), M1: at('02T12:00') });
    const other = await openCase(database.pool, describedCase(), { M0: at('02T08:00') });
    const [lodged, arrival] = await recorded(id);
    const correct = (declaration: string, supersedes: bigint | undefined): Promise<void> =>
      record(reportOf(declaration, 'M1', at('02T11:00'), { supersedes: supersedes ?? 0n, reason: 'again' }));
    await correct(id, arrival?.id);
    await assert.rejects(correct(id, arrival?.id));
    await assert.rejects(correct(id, lodged?.id));
    await assert.rejects(correct(other, (await recorded(id)).at(-1)?.id));
    assert.equal((await recorded(id)).length, 3);
  });

  test('fails for a case that was never opened, with everything else of the transaction', async () => {
    await assert.rejects(record(reportOf(randomUUID(), 'M0', at('02T08:00'))));
  });

  test('of an amended declaration is counted by what the declaration says now', async () => {
    const id = await openCase(database.pool, describedCase(), { M0: at('02T08:00') });
    await inTransaction(database.pool, async (transaction) =>
      recorder.describeCase(
        transaction,
        { declarationId: id, borderTransportMode: '4', chapter: '99', agreement: 'RCEP', authorisedTrader: true },
        at('02T09:00'),
      ),
    );
    const found = await standing(id);
    assert.deepEqual(
      [found['border_transport_mode'], found['chapter'], found['agreement'], found['authorised_trader']],
      ['4', '99', 'RCEP', true],
    );
  });

  test('is never changed or deleted', async () => {
    const id = await openCase(database.pool, describedCase(), { M0: at('02T08:00') }, 'red');
    for (const text of [
      'update clearance_milestones set occurred_at = now() where declaration_id = $1',
      'delete from clearance_milestones where declaration_id = $1',
      'delete from clearance_case_channels where declaration_id = $1',
    ])
      await assert.rejects(database.pool.query({ text, values: [id] }));
  });

  test('gives every case its own moments when twenty are recorded at once', async () => {
    const id = await openCase(database.pool, describedCase(), { M0: at('02T08:00') });
    await Promise.all(
      Array.from({ length: 20 }, (_, minute) => record(reportOf(id, 'M10', at(`03T10:${minute + 10}`)))),
    );
    const rows = (await recorded(id)).filter(({ milestone }) => milestone === 'M10');
    assert.equal(rows.length, 20);
    assert.deepEqual(
      rows.filter(({ counts }) => counts).map(({ occurred_at }) => occurred_at),
      [(await standing(id))['m10_at']],
    );
  });
});

describe('the order and the age of a milestone', () => {
  const cases: readonly {
    readonly name: string;
    readonly before: Parameters<typeof openCase>[2];
    readonly report: [MilestoneReport['milestone'], Date, Partial<MilestoneReport>?];
    readonly recordedAt?: Date;
    readonly marks: readonly string[];
  }[] = [
    { name: 'arrival after lodgement', before: { M0: at('02T08:00') }, report: ['M1', at('03T08:00')], marks: [] },
    {
      name: 'arrival before lodgement',
      before: { M0: at('02T08:00') },
      report: ['M1', at('01T20:00')],
      recordedAt: at('02T08:00'),
      marks: [],
    },
    {
      name: 'a day later',
      before: { M0: at('02T08:00') },
      report: ['M1', at('02T07:59')],
      recordedAt: at('03T08:00'),
      marks: ['backdated'],
    },
    {
      name: 'a day later, of a moment known to the day',
      before: { M0: at('02T08:00') },
      report: ['M1', at('02T00:00'), { precision: 'day' }],
      recordedAt: at('03T08:00'),
      marks: [],
    },
    {
      name: 'release before arrival',
      before: { M0: at('02T08:00'), M1: at('02T09:00') },
      report: ['M10', at('02T08:30')],
      marks: ['before-arrival'],
    },
    {
      name: 'arrival after release',
      before: { M0: at('02T08:00'), M10: at('02T09:00') },
      report: ['M1', at('02T09:30')],
      marks: ['after-release'],
    },
    {
      name: 'a query after release',
      before: { M0: at('02T08:00'), M10: at('02T09:00') },
      report: ['M6a', at('02T09:30'), { pair: 'one' }],
      marks: ['after-release'],
    },
    {
      name: 'gate-out before release',
      before: { M0: at('02T08:00'), M10: at('02T09:00') },
      report: ['M11', at('02T08:30')],
      recordedAt: at('02T09:00'),
      marks: ['before-release'],
    },
    {
      name: 'acceptance before lodgement',
      before: { M0: at('02T08:00') },
      report: ['M3', at('02T07:59')],
      marks: ['before-lodgement'],
    },
    {
      name: 'the minute of lodgement is not before it',
      before: { M0: new Date('2026-03-02T08:00:30Z') },
      report: ['M3', at('02T08:00'), { precision: 'minute' }],
      marks: [],
    },
  ];
  for (const { name, before, report, recordedAt, marks } of cases)
    test(`marks: ${name}`, async () => {
      const id = await openCase(database.pool, describedCase(), before);
      await record(reportOf(id, ...report), recordedAt);
      assert.deepEqual((await recorded(id)).at(-1)?.marks, marks);
    });

  test('is tolerated five minutes ahead of the clock, and refused beyond', async () => {
    const id = await openCase(database.pool, describedCase(), { M0: at('02T08:00') });
    await record(reportOf(id, 'M1', at('02T08:05')), at('02T08:00'));
    await assert.rejects(record(reportOf(id, 'M2', new Date('2026-03-02T08:05:01Z')), at('02T08:00')), {
      code: 'MILESTONE-IN-FUTURE',
    });
  });

  for (const zone of ['', '+07:00', 'asia/bangkok', 'Asia/Atlantis', 'Asia/Bangkok\0', '../../etc/localtime', 'GMT+7 '])
    test(`is refused with the zone ${JSON.stringify(zone)}`, async () => {
      const id = await openCase(database.pool, describedCase(), { M0: at('02T08:00') });
      await assert.rejects(record(reportOf(id, 'M1', at('02T08:00'), { zone })), { code: 'ZONE-UNKNOWN' });
    });
});
