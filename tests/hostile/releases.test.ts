import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createPerson } from '../../src/access/people.ts';
import type { Role } from '../../src/access/rights.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { act, bodyOf, currentVersion, declarationOf, done, lodge } from './clearing.ts';
import { nodeOf } from './support.ts';
import { ask, signIn, type WebAnswer } from './web.ts';

const OFFICE = 'VNHPHC';
const DAY = 86_400_000;

describe('releases and moments at a running node', () => {
  let region: TestRegion;
  let importer: string;
  let officer: string;
  let supervisor: string;
  before(async () => {
    region = await startTestRegion(['VN']);
    importer = await signIn(region, 'VN', 'importer');
    officer = await signIn(region, 'VN', 'clearance');
    supervisor = await signIn(region, 'VN', 'supervisor');
  });
  after(() => region.end());

  let entered = 0;
  const employ = async (role: Role, office: string): Promise<string> => {
    entered += 1;
    const person = { username: `person-${entered}`, name: `Person ${entered}`, role, firmId: null, office };
    const password = 'a-long-password-of-tests';
    await inTransaction(nodeOf(region, 'VN').pool, (transaction) =>
      createPerson(
        transaction,
        { ...person, password },
        { actor: { id: 'tests', name: 'Tests', role: 'node' }, now: new Date() },
      ),
    );
    const answer = await ask(region, 'VN', null, 'POST', '/api/sign-in', { username: person.username, password });
    return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  };
  /** Arms are inspected always: red, with an assessment, an inspection, a permit, and duty to be paid. */
  const red = async (): Promise<string> => {
    const items = [{ commodityCode: '93070000', description: 'Swords for a museum' }];
    const { mrn, body } = await lodge(region, 'VN', importer, declarationOf({ items }));
    assert.equal(body['channel'], 'red');
    return mrn;
  };
  const at = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString();
  const conclude = (mrn: string, path: string, body?: object) => done(region, 'VN', officer, mrn, path, body);
  const release = (cookie: string, mrn: string, path = 'release', body: object = {}): Promise<WebAnswer> =>
    act(region, 'VN', cookie, mrn, path, body);

  /** Everything that has to be done is done but the release. */
  const ready = async (): Promise<string> => {
    const mrn = await red();
    await conclude(mrn, 'claim');
    await conclude(mrn, 'inspections/1/start');
    await conclude(mrn, 'inspections/1/result', { findings: [], othersConform: true });
    await conclude(mrn, 'permits/1/answer', { outcome: 'granted', reference: 'P-1', source: 'Letter' });
    await conclude(mrn, 'assessment', {});
    await pay(mrn);
    return mrn;
  };
  const pay = (mrn: string) =>
    conclude(mrn, 'payments', {
      kind: 'payment',
      amount: '999999999',
      currency: 'VND',
      reference: `PAY-${mrn}`,
      source: 'Bank',
    });

  test('B3: is refused while anything is open, and each answer names what', async () => {
    const mrn = await red();
    const open = async (...codes: string[]): Promise<void> => {
      const answer = await release(officer, mrn);
      assert.deepEqual([answer.status, answer.code], [409, 'RELEASE-HINDERED'], answer.text);
      for (const code of codes) assert.match(answer.text, new RegExp(`"${code}"`));
    };
    await conclude(mrn, 'claim');
    await open('INSPECTION-OPEN', 'ASSESSMENT-OPEN');
    const reasons = { reasons: [{ reason: 'Against security.' }] };
    assert.equal((await release(officer, mrn, 'conditional-release', reasons)).code, 'RELEASE-HINDERED');
    await conclude(mrn, 'queries', { subject: 'Invoice', text: 'Which?', answerBy: at(DAY) });
    await open('QUERY-OPEN', 'PERMIT-AWAITED', 'INSPECTION-OPEN');
    await conclude(mrn, 'inspections/1/start');
    await open('INSPECTION-OPEN');
    await conclude(mrn, 'inspections/1/result', { findings: [], othersConform: true });
    assert.ok((await act(region, 'VN', importer, mrn, 'queries/1/answer', { text: 'This one.' })).status < 300);
    await open('ANSWER-UNREAD', 'PERMIT-AWAITED');
    await conclude(mrn, 'queries/1/close', { remark: 'Good.' });
    await conclude(mrn, 'permits/1/answer', { outcome: 'refused', source: 'Letter', reason: 'No.' });
    await open('PERMIT-REFUSED');
  });

  test('B3: is refused to every role but officers of the office, and to whoever has not claimed it', async () => {
    const mrn = await ready();
    const wrong: readonly (readonly [string, string, number, string])[] = [
      ['its declarant', importer, 403, 'RIGHT-MISSING'],
      ['a broker', await signIn(region, 'VN', 'broker'), 403, 'RIGHT-MISSING'],
      ['an issuing officer', await signIn(region, 'VN', 'issuing'), 403, 'RIGHT-MISSING'],
      ['a supervisor', supervisor, 403, 'RIGHT-MISSING'],
      ['an analyst', await signIn(region, 'VN', 'analyst'), 403, 'RIGHT-MISSING'],
      ['an officer of another office', await employ('clearance-officer', 'VNSGNC'), 404, 'DECLARATION-NOT-FOUND'],
    ];
    for (const [who, cookie, status, code] of wrong)
      for (const path of ['release', 'conditional-release', 'seizure']) {
        const answer = await release(cookie, mrn, path, { reasons: [{ reason: 'Because.' }] });
        assert.deepEqual([answer.status, answer.code], [status, code], `${who}: ${answer.text}`);
      }
    const colleague = await release(await employ('clearance-officer', OFFICE), mrn);
    assert.equal(colleague.status, 409, colleague.text);
    const released = await release(officer, mrn);
    assert.equal(released.status, 200, released.text);
  });

  test('B3: of eight officers at once one releases; afterwards nothing more can be done to it', async () => {
    const mrn = await ready();
    const officers = await Promise.all(Array.from({ length: 8 }, () => employ('clearance-officer', OFFICE)));
    await conclude(mrn, 'hand-over', { to: null, reason: 'To the pool.' });
    const version = await currentVersion(region, 'VN', mrn);
    const claimed = await Promise.all(officers.map((one) => act(region, 'VN', one, mrn, 'claim', undefined, version)));
    assert.equal(claimed.filter(({ status }) => status === 200).length, 1);
    const now = await currentVersion(region, 'VN', mrn);
    const both = officers.flatMap((one) => [one, one]);
    const answers = await Promise.all(both.map((one) => act(region, 'VN', one, mrn, 'release', {}, now)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    for (const { status, code, text } of answers.filter((one) => one.status !== 200))
      assert.ok([409, 412].includes(status) && code !== '', text);
    const { rows } = await nodeOf(region, 'VN').pool.query<{ count: number }>({
      text: `select count(*)::int as count from clearance_milestones where mrn = $1 and milestone = 'M10'`,
      values: [mrn],
    });
    assert.equal(rows[0]?.count, 1);
    const holder = officers[claimed.findIndex(({ status }) => status === 200)] ?? '';
    const reasons = { reasons: [{ reason: 'Because.' }] };
    const late: readonly (readonly [string, string, object])[] = [
      [holder, 'release', {}],
      [holder, 'conditional-release', reasons],
      [holder, 'seizure', reasons],
      [holder, 'inspections', { what: 'Swords' }],
      [holder, 'queries', { subject: 'Invoice', text: 'Which?', answerBy: at(DAY) }],
      [holder, 'permits', { agency: 'Police', subject: 'Swords' }],
      [holder, 'assessment', { findings: [] }],
      [holder, 'preference/withhold', { items: [1], ...reasons }],
      [importer, 'withdraw', { reason: 'Too late.' }],
      [importer, 'amendments?reason=Late', declarationOf()],
      [importer, 'arrival', { at: at(-1_000), precision: 'second' }],
    ];
    for (const [who, path, body] of late) {
      const answer = await act(region, 'VN', who, mrn, path, body);
      assert.ok(answer.status >= 400 && answer.status < 500 && answer.status !== 404, `${path} ${answer.text}`);
      assert.equal(bodyOf(await ask(region, 'VN', officer, 'GET', `/api/declarations/${mrn}`))['state'], 'released');
    }
  });

  test('B3: what was withdrawn is not released, paid for or changed', async () => {
    const items = [{ preferenceCode: '100' }];
    const { mrn } = await lodge(region, 'VN', importer, declarationOf({ items, typeCode: 'IMD' }));
    await done(region, 'VN', importer, mrn, 'withdraw', { reason: 'Not needed.' });
    for (const [path, body] of [
      ['release', {}],
      ['conditional-release', { reasons: [{ reason: 'Because.' }] }],
      ['seizure', { reasons: [{ reason: 'Because.' }] }],
      ['claim', undefined],
      ['inspections', { what: 'Motors' }],
      ['arrival', { at: at(-1_000), precision: 'second' }],
    ] as const) {
      const answer = await act(region, 'VN', officer, mrn, path, body);
      assert.equal(answer.status, 409, `${path} ${answer.text}`);
    }
    assert.equal((await act(region, 'VN', importer, mrn, 'withdraw', { reason: 'Again.' })).status, 409);
  });

  const marksOf = async (mrn: string): Promise<Readonly<Record<string, string>>> => {
    const answer = await ask(region, 'VN', officer, 'GET', `/api/declarations/${mrn}/milestones`);
    const { items }: { items: { milestone: string; marks: string[]; counts: boolean }[] } = JSON.parse(answer.text);
    return Object.fromEntries(items.map(({ milestone, marks }) => [milestone, marks.join(' ')]));
  };

  test('B4: a backdated arrival is kept with its mark, and the figures show it', async () => {
    const { mrn } = await lodge(region, 'VN', importer, declarationOf());
    const arrival = { at: at(-9 * DAY), precision: 'minute', source: 'Notice of the port' };
    assert.ok((await act(region, 'VN', officer, mrn, 'arrival', arrival)).status < 300);
    assert.match((await marksOf(mrn))['M1'] ?? '', /backdated/);
    const period = `from=${at(-20 * DAY).slice(0, 10)}&until=${at(2 * DAY).slice(0, 10)}`;
    const analyst = await signIn(region, 'VN', 'analyst');
    const compared = await ask(region, 'VN', analyst, 'GET', `/api/timing/comparison?${period}`);
    const { rows }: { rows: { figures: { cases: number; marked: number } | null }[] } = JSON.parse(compared.text);
    assert.ok((rows[0]?.figures?.marked ?? 0) >= 1, compared.text.slice(0, 600));
  });

  test('B4: moments that cannot be are refused, and a second arrival does not take the place of the first', async () => {
    const { mrn } = await lodge(region, 'VN', importer, declarationOf());
    const arrival = (body: object) => act(region, 'VN', importer, mrn, 'arrival', body);
    for (const [body, code] of [
      [{ at: at(10 * 60_000), precision: 'second' }, 'MILESTONE-IN-FUTURE'],
      [{ at: at(-60_000), precision: 'second', zone: 'Mars/Base' }, 'ZONE-UNKNOWN'],
      [{ at: at(-60_000), precision: 'century' }, 'BODY-INVALID'],
      [{ at: at(-60_000), precision: 'second', milestone: 'M10' }, 'BODY-INVALID'],
      [{ at: at(-60_000), precision: 'second', recordedAt: at(-DAY) }, 'BODY-INVALID'],
    ] as const) {
      const answer = await arrival(body);
      assert.deepEqual([answer.status, answer.code], [422, code], answer.text);
    }
    assert.equal((await marksOf(mrn))['M1'], undefined);
    const first = at(-3_600_000);
    assert.ok((await arrival({ at: first, precision: 'second' })).status < 300);
    assert.ok((await arrival({ at: at(-20 * DAY), precision: 'second' })).status < 300);
    const answer = await ask(region, 'VN', officer, 'GET', `/api/declarations/${mrn}/milestones`);
    const { items }: { items: { milestone: string; counts: boolean; marks: string[]; occurredAt: string }[] } =
      JSON.parse(answer.text);
    const arrivals = items.filter(({ milestone }) => milestone === 'M1');
    assert.deepEqual(
      arrivals.map(({ counts, marks }) => [counts, marks.includes('repeated')]),
      [
        [true, false],
        [false, true],
      ],
    );
    assert.equal(bodyOf(await ask(region, 'VN', officer, 'GET', `/api/declarations/${mrn}`))['arrivedAt'], first);
  });

  test('B4: what others report is kept with the mark of its order; nobody reports what only the node knows, nor as another', async () => {
    const mrn = await ready();
    const path = `/api/declarations/${mrn}/milestones`;
    const report = (cookie: string, body: object) =>
      ask(region, 'VN', cookie, 'POST', path, {
        ...{ occurredAt: at(-1_000), zone: 'Asia/Ho_Chi_Minh', precision: 'second', role: 'port' },
        ...body,
      });
    assert.equal((await report(officer, { milestone: 'M11' })).status, 201);
    // Whichever of the two is recorded later carries the mark.
    assert.equal((await release(officer, mrn)).status, 200);
    assert.match((await marksOf(mrn))['M10'] ?? '', /after-gate-out/);
    const permit = { milestone: 'M7a', role: 'other-agency', pair: 'late', occurredAt: at(0) };
    assert.equal((await report(officer, permit)).status, 201);
    assert.match((await marksOf(mrn))['M7a'] ?? '', /after-release/);
    for (const [body, status] of [
      [{ milestone: 'M10' }, 422],
      [{ milestone: 'M0' }, 422],
      [{ milestone: 'M2', source: { kind: 'node', name: 'The node' } }, 422],
      [{ milestone: 'M2', node: 'TH' }, 422],
      [{ milestone: 'M2', recordedAt: at(-DAY) }, 422],
      [{ milestone: 'M2', occurredAt: at(DAY) }, 422],
      [{ milestone: 'M2', role: 'analyst' }, 422],
    ] as const)
      assert.equal((await report(officer, body)).status, status, JSON.stringify(body));
    assert.equal((await report(importer, { milestone: 'M2' })).status, 403);
    const listed = await ask(region, 'VN', supervisor, 'GET', path);
    const { items }: { items: { id: string; milestone: string }[] } = JSON.parse(listed.text);
    const released = items.find(({ milestone }) => milestone === 'M10');
    const correction = {
      ...{ occurredAt: at(-DAY), zone: 'Asia/Ho_Chi_Minh', precision: 'second', reason: 'A quicker figure.' },
    };
    const corrected = await ask(region, 'VN', supervisor, 'POST', `${path}/${released?.id}/corrections`, correction);
    assert.deepEqual([corrected.status, corrected.code], [422, 'MILESTONE-OUT-OF-ORDER'], corrected.text);
    const byOfficer = await ask(region, 'VN', officer, 'POST', `${path}/${released?.id}/corrections`, correction);
    assert.equal(byOfficer.status, 403);
  });
});
