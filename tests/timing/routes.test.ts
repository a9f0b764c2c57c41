import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type supertest from 'supertest';
import type { Role } from '../../src/access/rights.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { timingRoutes } from '../../src/http/routes/timing.ts';
import { timingOfNode } from '../../src/node/timing-of-node.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createMilestoneRecorder } from '../../src/timing/record-milestone.ts';
import { startTestNode, type TestNode, type TestPerson } from '../http/test-node.ts';
import { describedCase, reportOf } from './support.ts';

const OFFICE = 'THLCH';
const recorder = createMilestoneRecorder('TH');
const customs = {
  name: 'Customs',
  timeZone: 'Asia/Bangkok',
  currency: 'THB',
  offices: [{ code: OFFICE, name: 'Laem Chabang', place: 'THLCH' }],
};

let node: TestNode;
const cookies = new Map<string, string>();
let trader: TestPerson;

before(async () => {
  node = await startTestNode({ journeys: timingRoutes(timingOfNode({ country: 'TH', customs })) });
  const enter = async (name: string, role: Role, more = {}): Promise<TestPerson> => {
    const person = await node.enter(role, more);
    cookies.set(name, await node.signIn(person));
    return person;
  };
  trader = await enter('trader', 'trader');
  await enter('stranger', 'trader');
  await enter('officer', 'clearance-officer', { office: OFFICE });
  await enter('elsewhere', 'clearance-officer', { office: 'THBKK' });
  await enter('supervisor', 'supervisor', { office: OFFICE });
  await enter('analyst', 'analyst', { office: OFFICE });
});
after(() => node.stop());

const lodged = new Date(Date.now() - 10 * 3_600_000);
const afterLodgement = (hours: number): Date => new Date(lodged.getTime() + hours * 3_600_000);

/** A declaration of the trader that was lodged, accepted and arrived when it was lodged; released when told. */
async function lodge(more: { readonly releasedAfterHours?: number } = {}): Promise<string> {
  const description = describedCase({ office: OFFICE, declarantFirmId: trader.firmId ?? '' });
  const { declarationId: id, movementReference: mrn } = description;
  await inTransaction(node.pool, async (transaction) => {
    await transaction.query({
      text: `insert into declarations (id, mrn, state, channel, procedure, type_code, lrn, ucr, declarant_firm_id,
          lodged_by_firm_id, lodged_by, office, goods_item_count, goods_description, search_text, lodged_at, updated_at)
        values ($1, $2, 'in-clearance', 'yellow', 'import', 'IM', $3, $4, $5, $5, $6, $7, 1, 'Gear boxes', 'gear boxes', $8, $8)`,
      values: [id, mrn, mrn, description.consignmentReference, trader.firmId, trader.id, OFFICE, lodged],
    });
    recorder.openCase(transaction, description, lodged);
    recorder.noteChannel(transaction, id, 'yellow', lodged);
    for (const milestone of ['M0', 'M1', 'M3', 'M4'] as const)
      recorder.record(transaction, reportOf(id, milestone, lodged), lodged);
    if (more.releasedAfterHours !== undefined) {
      const released = afterLodgement(more.releasedAfterHours);
      recorder.record(transaction, reportOf(id, 'M10', released), released);
    }
  });
  return mrn;
}

function post(who: string, path: string, body: JsonObject): supertest.Test {
  return node
    .agent()
    .post(path)
    .set('Cookie', cookies.get(who) ?? '')
    .set('Idempotency-Key', randomUUID())
    .send(body);
}

function get(who: string, path: string): supertest.Test {
  return node
    .agent()
    .get(path)
    .set('Cookie', cookies.get(who) ?? '');
}

const report = (milestone: string, hours: number, more: JsonObject = {}): JsonObject => ({
  milestone,
  occurredAt: afterLodgement(hours).toISOString(),
  zone: 'Asia/Bangkok',
  precision: 'minute',
  role: 'port',
  ...more,
});
const correction = (hours: number, more: JsonObject = {}): JsonObject => ({
  occurredAt: afterLodgement(hours).toISOString(),
  zone: 'Asia/Bangkok',
  precision: 'minute',
  reason: 'the gate’s register says so',
  ...more,
});

describe('the milestones of a declaration', () => {
  test('are seen by its declarant, its office and supervisors, and by nobody else', async () => {
    const mrn = await lodge();
    for (const who of ['trader', 'officer', 'supervisor']) {
      const { body } = await get(who, `/api/declarations/${mrn}/milestones`).expect(200);
      assert.deepEqual(
        body.items.map(({ milestone, source, node }: JsonObject) => [milestone, (source as JsonObject)['kind'], node]),
        ['M0', 'M1', 'M3', 'M4'].map((milestone) => [milestone, 'node', 'TH']),
      );
    }
    for (const who of ['stranger', 'elsewhere', 'analyst']) {
      const { body } = await get(who, `/api/declarations/${mrn}/milestones`).expect(404);
      assert.equal(body.type === undefined, false);
    }
  });

  test('are reported by an officer for the port, with an entry in the log, and once only', async () => {
    const mrn = await lodge({ releasedAfterHours: 2 });
    const { body } = await post('officer', `/api/declarations/${mrn}/milestones`, report('M11', 3)).expect(201);
    assert.deepEqual(
      [body.milestone, body.role, body.source.kind, body.precision, body.marks, body.counts],
      ['M11', 'port', 'person', 'minute', [], true],
    );
    const again = await post('officer', `/api/declarations/${mrn}/milestones`, report('M11', 4)).expect(409);
    assert.equal(again.body.code, 'MILESTONE-KNOWN');
    assert.equal((await node.events('milestone.reported')).filter(({ subject }) => subject === mrn).length, 1);
  });

  test('of an agency have a start and an end that belong together', async () => {
    const mrn = await lodge();
    const path = `/api/declarations/${mrn}/milestones`;
    const agency = { role: 'other-agency', pair: 'plant quarantine 1' };
    assert.equal((await post('officer', path, report('M7b', 2, agency)).expect(422)).body.code, 'PAIR-NOT-OPEN');
    assert.equal((await post('officer', path, report('M7a', 2)).expect(422)).body.code, 'PAIR-MISSING');
    await post('officer', path, report('M7a', 2, agency)).expect(201);
    assert.equal((await post('officer', path, report('M7b', 1, agency)).expect(422)).body.code, 'PAIR-NOT-OPEN');
    await post('officer', path, report('M7b', 3, agency)).expect(201);
    assert.equal((await post('officer', path, report('M7b', 4, agency)).expect(409)).body.code, 'MILESTONE-KNOWN');
    await post('officer', path, report('M7a', 2, { ...agency, pair: 'plant quarantine 2' })).expect(201);
  });

  test('are corrected by a supervisor with a reason; the figure follows and shows the mark', async () => {
    const mrn = await lodge({ releasedAfterHours: 2 });
    const path = `/api/declarations/${mrn}/milestones`;
    const { body } = await get('supervisor', path);
    const arrival = body.items.find(({ milestone }: JsonObject) => milestone === 'M1');
    await post('officer', `${path}/${arrival.id}/corrections`, correction(1)).expect(403);
    const { reason: _reason, ...silent } = correction(1);
    await post('supervisor', `${path}/${arrival.id}/corrections`, silent).expect(422);
    const corrected = await post('supervisor', `${path}/${arrival.id}/corrections`, correction(1)).expect(201);
    assert.deepEqual([corrected.body.supersedes, corrected.body.marks], [arrival.id, ['corrected']]);
    const again = await post('supervisor', `${path}/${arrival.id}/corrections`, correction(1)).expect(409);
    assert.equal(again.body.code, 'MILESTONE-CORRECTED-ALREADY');
    const listed = (await get('supervisor', path)).body.items.find(({ id }: JsonObject) => id === arrival.id);
    assert.deepEqual([listed.supersededBy, listed.counts], [corrected.body.id, false]);
    const other = await lodge();
    await post(
      'supervisor',
      `/api/declarations/${other}/milestones/${corrected.body.id}/corrections`,
      correction(1),
    ).expect(404);
  });

  // Threats B4.
  const hostile: readonly {
    readonly name: string;
    readonly body: JsonObject;
    readonly status: number;
    readonly code: string;
  }[] = [
    { name: 'in the future', body: report('M2', 11), status: 422, code: 'MILESTONE-IN-FUTURE' },
    {
      name: 'in an invented zone',
      body: report('M2', 1, { zone: 'Asia/Atlantis' }),
      status: 422,
      code: 'ZONE-UNKNOWN',
    },
    { name: 'with an offset for a zone', body: report('M2', 1, { zone: '+07:00' }), status: 422, code: 'ZONE-UNKNOWN' },
    { name: 'as a release', body: report('M10', 1), status: 422, code: 'BODY-INVALID' },
    { name: 'as a lodgement', body: report('M0', -1), status: 422, code: 'BODY-INVALID' },
    {
      name: 'with a source of its own',
      body: report('M2', 1, { source: { kind: 'node' } }),
      status: 422,
      code: 'BODY-INVALID',
    },
    { name: 'with marks of its own', body: report('M2', 1, { marks: [] }), status: 422, code: 'BODY-INVALID' },
    { name: 'without a precision', body: report('M2', 1, { precision: 'about' }), status: 422, code: 'BODY-INVALID' },
    {
      name: 'without an offset',
      body: report('M2', 1, { occurredAt: '2026-01-01T00:00:00' }),
      status: 422,
      code: 'BODY-INVALID',
    },
    {
      name: 'with a hidden character in the pair',
      body: report('M7a', 1, { pair: 'a\u202eb' }),
      status: 422,
      code: 'BODY-INVALID',
    },
  ];
  for (const { name, body, status, code } of hostile)
    test(`are refused ${name}, and nothing is stored`, async () => {
      const mrn = await lodge();
      const reply = await post('officer', `/api/declarations/${mrn}/milestones`, body);
      assert.deepEqual([reply.status, reply.body.code], [status, code]);
      const { body: listed } = await get('officer', `/api/declarations/${mrn}/milestones`);
      assert.equal(listed.items.length, 4);
    });

  test('are kept with a mark when they are backdated or before arrival', async () => {
    const mrn = await lodge();
    const { body } = await post('officer', `/api/declarations/${mrn}/milestones`, report('M2', -30)).expect(201);
    assert.deepEqual(body.marks, ['backdated', 'before-arrival']);
  });

  test('cannot be corrected into an order that is impossible', async () => {
    const mrn = await lodge({ releasedAfterHours: 2 });
    const path = `/api/declarations/${mrn}/milestones`;
    const { body } = await get('supervisor', path);
    const idOf = (wanted: string): string => body.items.find(({ milestone }: JsonObject) => milestone === wanted).id;
    for (const [milestone, hours] of [
      ['M10', -1],
      ['M3', -1],
      ['M0', 1],
      ['M3', 3],
    ] as const) {
      const reply = await post('supervisor', `${path}/${idOf(milestone)}/corrections`, correction(hours));
      assert.deepEqual([reply.status, reply.body.code], [422, 'MILESTONE-OUT-OF-ORDER'], milestone);
    }
  });

  test('are corrected once when twenty try at the same time', async () => {
    const mrn = await lodge();
    const path = `/api/declarations/${mrn}/milestones`;
    const [first] = (await get('supervisor', path)).body.items;
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => post('supervisor', `${path}/${first.id}/corrections`, correction(-1))),
    );
    assert.equal(replies.filter(({ status }) => status === 201).length, 1);
    assert.ok(replies.every(({ status }) => status === 201 || status === 409));
  });
});

describe('the comparison of clearance times', () => {
  const today = new Date();
  const day = (days: number): string => new Date(today.getTime() + days * 86_400_000).toISOString().slice(0, 10);
  const period = `from=${day(-3)}&until=${day(3)}`;

  test('says with every figure what it is', async () => {
    await lodge({ releasedAfterHours: 4 });
    const { body } = await get('analyst', `/api/timing/comparison?${period}`).expect(200);
    assert.equal(body.interval, 'arrival-release@1');
    assert.equal(body.clock, 'calendar');
    assert.equal(body.zone, 'Asia/Bangkok');
    assert.equal(body.published, false);
    assert.match(body.estimators.quantiles, /Kaplan–Meier.*censored.*MX/);
    assert.deepEqual(
      body.rows.map(({ country, channel }: JsonObject) => [country, channel]),
      ['all', 'green', 'yellow', 'red', 'none'].map((channel) => ['TH', channel]),
    );
    const [all, green, yellow] = body.rows;
    assert.equal(all.figures.cases, yellow.figures.cases);
    assert.equal(all.figures.cases, all.figures.ended + all.figures.open + all.figures.competing);
    assert.equal(green.figures.cases, 0);
    assert.equal(green.figures.median, 'n too small');
  });

  test('is one row by country, and follows the interval', async () => {
    const { body } = await get(
      'supervisor',
      `/api/timing/comparison?${period}&by=country&interval=lodgement-release`,
    ).expect(200);
    assert.deepEqual([body.rows.length, body.interval], [1, 'lodgement-release@1']);
  });

  for (const who of ['trader', 'officer'])
    test(`is not for a ${who}`, async () => {
      await get(who, `/api/timing/comparison?${period}`).expect(403);
    });

  for (const [query, code] of [
    ['', 'PERIOD-MISSING'],
    ['from=2026-01-01', 'PERIOD-MISSING'],
    ['from=2026-01-02&until=2026-01-01', 'PERIOD-INVALID'],
    ['from=2026-02-30&until=2026-03-01', 'QUERY-INVALID'],
    ['from=0000-01-01&until=9999-12-31', 'QUERY-INVALID'],
    ['from=1000-01-01&until=9999-12-31', 'PERIOD-INVALID'],
    ['from=1900-01-01&until=2999-12-31', null],
    [`${period}&interval=x@1`, 'INTERVAL-UNKNOWN'],
    [`${period}&interval=%27%3B%20drop%20table%20clearance_cases`, 'INTERVAL-UNKNOWN'],
    [`${period}&by=firm`, 'QUERY-INVALID'],
    [`${period}&asOf=2999-01-01T00:00:00Z`, 'AS-OF-INVALID'],
    [`${period}&published=true`, 'PERIOD-NOT-PUBLISHED'],
  ] as const)
    test(`answers ${query === '' ? 'no period' : query.slice(0, 60)} with ${code ?? 'figures'}`, async () => {
      const { status, body } = await get('analyst', `/api/timing/comparison?${query}`);
      assert.deepEqual([status, body.code], code === null ? [200, undefined] : [400, code]);
    });
});
