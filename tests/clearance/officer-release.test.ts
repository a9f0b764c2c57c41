import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/documents/json.ts';
import {
  type Case,
  CERTIFICATE,
  type Hand,
  OFFICE,
  type OfficerNode,
  OTHER_OFFICE,
  startOfficerNode,
} from './officer-support.ts';

let node: OfficerNode;
let officer: Hand;
let colleague: Hand;
let stranger: Hand;
let supervisor: Hand;
let trader: Hand;
let firmId: string;

before(async () => {
  node = await startOfficerNode();
  firmId = await node.web.firm();
  officer = await node.as(await node.web.enter('clearance-officer', { office: OFFICE }));
  colleague = await node.as(await node.web.enter('clearance-officer', { office: OFFICE }));
  stranger = await node.as(await node.web.enter('clearance-officer', { office: OTHER_OFFICE }));
  supervisor = await node.as(await node.web.enter('supervisor', { office: OFFICE }));
  trader = await node.as(await node.web.enter('trader', { firmId }));
});
after(() => node.web.stop());

const BECAUSE = { reasons: [{ reason: 'All found in order.' }] };
let receipts = 0;
const money = (kind: string, amount: string, more: JsonObject = {}): JsonObject => {
  receipts += 1;
  return { kind, amount, currency: 'VND', reference: `R-${receipts}`, source: 'Treasury advice', ...more };
};
const lodge = (one: Case = {}): Promise<string> => node.lodge({ firmId, ...one });

describe('a release (B3)', () => {
  const hindered: readonly [string, Case, (mrn: string) => Promise<unknown>, string][] = [
    [
      'a query is open',
      {},
      (mrn) => officer.act(mrn, 'queries', { subject: 'Q', text: 'Q?', answerBy: '2036-01-01T00:00:00Z' }),
      'QUERY-OPEN',
    ],
    ['an inspection is open', { channel: 'red' }, async () => undefined, 'INSPECTION-OPEN'],
    ['a permit is awaited', {}, (mrn) => officer.act(mrn, 'permits', { agency: 'A', subject: 'S' }), 'PERMIT-AWAITED'],
    ['the assessment is open', {}, async () => undefined, 'ASSESSMENT-OPEN'],
    [
      'a certificate is awaited',
      { certificate: 'awaited' },
      (mrn) => officer.act(mrn, 'assessment', {}),
      'CERTIFICATE-AWAITED',
    ],
    ['duty is due', {}, (mrn) => officer.act(mrn, 'assessment', {}), 'PAYMENT-DUE'],
    ['the duty is not known', { commodityCode: '99999999' }, async () => undefined, 'DUTY-UNKNOWN'],
  ];
  for (const [name, one, prepare, code] of hindered)
    test(`is refused while ${name}, with every hindrance named`, async () => {
      const mrn = await lodge(one);
      await prepare(mrn);
      const reply = await officer.act(mrn, 'release', {});
      assert.deepEqual([reply.status, reply.body.code], [409, 'RELEASE-HINDERED'], JSON.stringify(reply.body));
      assert.ok(reply.body.faults.some((fault: { code: string }) => fault.code === code));
      assert.equal((await node.standing(mrn))['state'], 'in-clearance');
      assert.ok(!(await node.milestones(mrn)).includes('M10'));
    });

  test('for good waits for the issuing country that was asked about the certificate; against security the goods go', async () => {
    const mrn = await lodge({ certificate: 'reserved' });
    node.originQueries.set(await node.idOf(mrn), [
      {
        ...{ id: 'q', certificateNumber: CERTIFICATE, state: 'asked', askedAt: '2026-01-01T00:00:00Z' },
        ...{ answerBy: '2026-02-01T00:00:00Z', confirmed: null, words: 'No answer yet.' },
      },
    ]);
    await officer.act(mrn, 'assessment', {});
    assert.equal((await officer.act(mrn, 'release', {})).body.faults[0].code, 'ORIGIN-QUERY-OPEN');
    assert.equal((await officer.act(mrn, 'conditional-release', BECAUSE)).body.faults[0].code, 'SECURITY-TOO-LOW');
    await officer.act(mrn, 'payments', money('security', '50'));
    assert.equal((await officer.act(mrn, 'conditional-release', BECAUSE)).body.state, 'conditionally-released');
  });

  test('is made once, by one of eight at once; the quantity is written off and M10 recorded once', async () => {
    const mrn = await lodge({ certificate: 'reserved' });
    await officer.act(mrn, 'assessment', {});
    const version = await node.versionOf(mrn);
    const replies = await Promise.all(Array.from({ length: 8 }, () => officer.act(mrn, 'release', BECAUSE, version)));
    assert.equal(replies.filter((reply) => reply.status === 200).length, 1);
    const milestones = await node.milestones(mrn);
    assert.equal(milestones.filter((one) => one === 'M10').length, 1);
    const twice = await officer.act(mrn, 'release', BECAUSE);
    assert.deepEqual([twice.status, twice.body.code], [409, 'STATE-DOES-NOT-ALLOW']);
    const { rows } = await node.web.pool.query<{ n: number }>({
      text: `select count(*)::int as n from clearance_decisions c join declarations d on d.id = c.declaration_id
        where d.mrn = $1 and c.kind = 'release'`,
      values: [mrn],
    });
    assert.equal(rows[0]?.n, 1);
  });

  test('loses against a query that is raised at the same moment, or the query loses against it: never both', async () => {
    for (let round = 0; round < 5; round += 1) {
      const mrn = await lodge({ certificate: 'reserved' });
      await officer.act(mrn, 'assessment', {});
      const version = await node.versionOf(mrn);
      const replies = await Promise.all([
        officer.act(mrn, 'release', {}, version),
        officer.act(mrn, 'queries', { subject: 'Q', text: 'Q?', answerBy: '2036-01-01T00:00:00Z' }, version),
      ]);
      assert.equal(replies.filter((reply) => reply.status < 300).length, 1);
      const { state, open_queries: open } = await node.standing(mrn);
      assert.ok((state === 'released' && open === 0) || (state === 'in-clearance' && open === 1));
    }
  });

  test('is refused to the wrong role, to another office, and while somebody else has claimed it', async () => {
    const mrn = await lodge({ certificate: 'reserved' });
    await officer.act(mrn, 'assessment', {});
    assert.equal((await trader.act(mrn, 'release', {})).status, 403);
    assert.equal((await supervisor.act(mrn, 'release', {})).status, 403);
    assert.equal((await stranger.act(mrn, 'release', {})).status, 404);
    assert.equal((await colleague.act(mrn, 'release', {})).body.code, 'CLAIMED-BY-ANOTHER');
    assert.equal((await node.standing(mrn))['state'], 'in-clearance');
  });
});

describe('a conditional release', () => {
  test('lets the goods go against a security that covers the rate without preference; the final one follows', async () => {
    const mrn = await lodge({ certificate: 'awaited' });
    const reasons = { reasons: [{ reason: 'The certificate has not arrived yet.' }] };
    assert.equal((await officer.act(mrn, 'conditional-release', reasons)).body.faults[0].code, 'SECURITY-TOO-LOW');
    await officer.act(mrn, 'payments', money('security', '49.99'));
    assert.equal((await officer.act(mrn, 'conditional-release', reasons)).body.code, 'RELEASE-HINDERED');
    await officer.act(mrn, 'payments', money('security', '0.01'));
    const released = await officer.act(mrn, 'conditional-release', reasons);
    assert.equal(released.body.state, 'conditionally-released', JSON.stringify(released.body));
    assert.equal((await officer.act(mrn, 'release', {})).body.code, 'RELEASE-HINDERED');
    await officer.act(mrn, 'preference/withhold', { items: [1], reasons: [{ reason: 'It never came.' }] });
    const final = await officer.act(mrn, 'assessment', {});
    assert.equal(final.body.declaration.payment, 'secured');
    assert.equal((await officer.act(mrn, 'release', {})).body.state, 'released');
    assert.equal((await node.milestones(mrn)).filter((one) => one === 'M10').length, 1);
    assert.deepEqual(
      node.steps(mrn).filter((step) => step === 'released' || step === 'cleared'),
      ['released', 'cleared'],
    );
  });

  test('is refused while the goods have to be inspected, whatever was secured', async () => {
    const mrn = await lodge({ channel: 'red' });
    await officer.act(mrn, 'payments', money('security', '1000'));
    const reply = await officer.act(mrn, 'conditional-release', BECAUSE);
    assert.ok(reply.body.faults.some((fault: { code: string }) => fault.code === 'INSPECTION-OPEN'));
  });
});

describe('a seizure', () => {
  test('ends the declaration with its reason (MX), gives quantities back, and leaves nothing to be done', async () => {
    const mrn = await lodge({ certificate: 'reserved' });
    node.ledgerActs.length = 0;
    const reply = await officer.act(mrn, 'seizure', { reasons: [{ reason: 'Counterfeit goods.' }] });
    assert.deepEqual([reply.status, reply.body.state, reply.body.waitingFor], [200, 'seized', 'nobody']);
    assert.deepEqual(node.ledgerActs, ['give-back all']);
    assert.deepEqual((await node.milestones(mrn)).slice(-1), ['MX']);
    for (const [path, body] of [
      ['release', {}],
      ['assessment', {}],
      ['payments', money('payment', '5')],
      ['claim', undefined],
    ] as const)
      assert.equal((await officer.act(mrn, path, body)).body.code, 'STATE-DOES-NOT-ALLOW', path);
    const { body } = await officer.get(`/api/declarations/${mrn}/verdict`);
    assert.equal(body.sentence, 'Seized.');
    assert.ok(body.acts.every((act: { possible: boolean }) => !act.possible));
  });

  test('needs a reason', async () => {
    assert.equal((await officer.act(await lodge(), 'seizure', { reasons: [] })).body.code, 'BODY-INVALID');
  });
});

describe('every act on a declaration', () => {
  const acts: readonly [string, JsonObject | undefined][] = [
    ['claim', undefined],
    ['queries', { subject: 'Q', text: 'Q?', answerBy: '2036-01-01T00:00:00Z' }],
    ['assessment', {}],
    ['inspections', { what: 'All.' }],
    ['preference/withhold', { items: [1], reasons: [{ reason: 'r' }] }],
    ['permits', { agency: 'A', subject: 'S' }],
    ['conditional-release', BECAUSE],
    ['release', {}],
    ['seizure', BECAUSE],
  ];
  for (const [path, body] of acts) {
    test(`${path}: is refused to an officer of another office as not found, and to a trader (P1)`, async () => {
      const mrn = await lodge({ certificate: 'reserved' });
      assert.equal((await stranger.act(mrn, path, body)).body.code, 'DECLARATION-NOT-FOUND');
      assert.equal((await trader.act(mrn, path, body)).body.code, 'RIGHT-MISSING');
      assert.equal(await node.versionOf(mrn), 1);
    });

    test(`${path}: is refused on another version than the one that was seen, and needs one`, async () => {
      const mrn = await lodge({ certificate: 'reserved' });
      assert.equal((await officer.act(mrn, path, body, 7)).body.code, 'CHANGED-MEANWHILE');
      assert.deepEqual(await node.eventsOf(mrn), []);
    });
  }

  test('leaves decisions that nobody can change', async () => {
    const mrn = await lodge({ certificate: 'reserved' });
    await officer.act(mrn, 'assessment', {});
    for (const table of ['clearance_decisions', 'clearance_payments', 'clearance_query_turns'])
      await assert.rejects(node.web.pool.query({ text: `delete from ${table}` }), /append-only/);
  });
});
