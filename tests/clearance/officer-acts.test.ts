import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/documents/json.ts';
import { type Case, type Hand, OFFICE, type OfficerNode, startOfficerNode } from './officer-support.ts';

let node: OfficerNode;
let officer: Hand;
let colleague: Hand;
let firmId: string;

before(async () => {
  node = await startOfficerNode();
  firmId = await node.web.firm();
  officer = await node.as(await node.web.enter('clearance-officer', { office: OFFICE }));
  colleague = await node.as(await node.web.enter('clearance-officer', { office: OFFICE }));
});
after(() => node.web.stop());

let receipts = 0;
const money = (kind: string, amount: string, more: JsonObject = {}): JsonObject => {
  receipts += 1;
  return { kind, amount, currency: 'VND', reference: `R-${receipts}`, source: 'Treasury advice', ...more };
};
const lodge = (one: Case = {}): Promise<string> => node.lodge({ firmId, ...one });

describe('an assessment', () => {
  test('accepts what was declared: M5a when taken up, M5b when it ends, the declarant is told the duty', async () => {
    const mrn = await lodge({ certificate: 'reserved' });
    const { status, body } = await officer.act(mrn, 'assessment', {});
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.proposed, body.declaration.assessmentOpen, body.duty.payment], [false, false, 'none']);
    assert.deepEqual(await node.milestones(mrn), ['M5a', 'M5b']);
    assert.deepEqual(node.steps(mrn), ['duty']);
  });

  test("computes the duty again with the officer's value, and keeps the declared one beside it", async () => {
    const mrn = await lodge({ value: '1000' });
    const findings = [{ sequence: 1, value: { amount: '1200', currency: 'VND', reason: 'Invoice 17 says 1200.' } }];
    const { body } = await officer.act(mrn, 'assessment', { findings });
    assert.equal(body.duty.due.amount, '60');
    const verdict = await officer.get(`/api/declarations/${mrn}/verdict`);
    assert.equal(verdict.body.declaredDuty.items[0].claimed.duty.amount, '50');
    assert.equal(verdict.body.officerAssessment.assessment.items[0].claimed.duty.amount, '60');
    assert.match(verdict.body.decisions[0].reasons[0].reason, /1200 VND\. Invoice 17/);
  });

  test('that lowers the duty by more than a tenth waits for a second officer, who is not the first', async () => {
    const mrn = await lodge({ value: '1000' });
    const findings = [{ sequence: 1, value: { amount: '899', currency: 'VND', reason: 'Discount was overlooked.' } }];
    const { body } = await officer.act(mrn, 'assessment', { findings });
    assert.deepEqual([body.proposed, body.declaration.assessmentOpen], [true, true]);
    assert.equal((await officer.act(mrn, 'assessment/confirm', { remark: 'Sure.' })).body.code, 'FOUR-EYES');
    assert.equal((await officer.act(mrn, 'release', {})).body.code, 'RELEASE-HINDERED');
    const confirmed = await colleague.act(mrn, 'assessment/confirm', { remark: 'The discount is on the invoice.' });
    assert.deepEqual([confirmed.status, confirmed.body.duty.due.amount], [200, '44.95']);
    assert.equal(confirmed.body.declaration.claimedBy.self, false, 'it stays with the first');
    assert.equal((await colleague.act(mrn, 'assessment/confirm', { remark: 'Again.' })).body.code, 'NOTHING-PROPOSED');
  });

  test('that lowers the duty by exactly a tenth does not', async () => {
    const mrn = await lodge({ value: '1000' });
    const findings = [{ sequence: 1, value: { amount: '900', currency: 'VND', reason: 'Discount was overlooked.' } }];
    assert.equal((await officer.act(mrn, 'assessment', { findings })).body.proposed, false);
  });

  test('that was opened again starts again: each M5a has its M5b', async () => {
    const mrn = await lodge({ certificate: 'reserved' });
    await officer.act(mrn, 'assessment', {});
    await node.web.pool.query({ text: 'update declarations set assessment_open = true where mrn = $1', values: [mrn] });
    await officer.act(mrn, 'assessment', {});
    assert.deepEqual(await node.milestones(mrn), ['M5a', 'M5b', 'M5a', 'M5b']);
  });

  test('of a green declaration whose certificate cannot be used does not let the node release it', async () => {
    const mrn = await lodge({ channel: 'green', certificate: 'refused' });
    const { body } = await officer.act(mrn, 'assessment', {});
    assert.deepEqual([body.declaration.state, body.declaration.waitingFor], ['in-clearance', 'officer']);
    await officer.act(mrn, 'preference/withhold', { items: [1], reasons: [{ reason: 'Not enough quantity.' }] });
    const paid = await officer.act(mrn, 'payments', money('payment', '50'));
    assert.equal(paid.body.declaration.state, 'released');
  });

  test('establishes a duty that could not be computed', async () => {
    const mrn = await lodge({ commodityCode: '99999999' });
    assert.equal((await node.standing(mrn))['payment'], 'unknown');
    const findings = [{ sequence: 1, duty: { amount: '170', reason: 'Seventeen per cent by the footnote.' } }];
    const { body } = await officer.act(mrn, 'assessment', { findings });
    assert.deepEqual([body.duty.due.amount, body.duty.payment], ['170', 'due']);
  });

  const wrong: readonly [string, JsonObject, string][] = [
    ['an item that is not there', { findings: [{ sequence: 2 }] }, 'ITEM-UNKNOWN'],
    ['an item twice', { findings: [{ sequence: 1 }, { sequence: 1 }] }, 'ITEM-TWICE'],
    [
      'an amount that is no decimal',
      { findings: [{ sequence: 1, value: { amount: '1e9', currency: 'VND', reason: 'x' } }] },
      'BODY-INVALID',
    ],
    ['a correction without a reason', { findings: [{ sequence: 1, origin: { country: 'CN' } }] }, 'BODY-INVALID'],
  ];
  for (const [name, body, code] of wrong)
    test(`is refused with ${name}`, async () => {
      assert.equal((await officer.act(await lodge(), 'assessment', body)).body.code, code);
    });
});

describe('an inspection', () => {
  test('of the red channel begins and ends: M8a and M8b; the goods wait for its result', async () => {
    const mrn = await lodge({ channel: 'red', certificate: 'reserved' });
    assert.equal(
      (await officer.act(mrn, 'inspections/1/result', { othersConform: true })).body.code,
      'INSPECTION-NOT-OPEN',
    );
    assert.equal((await officer.act(mrn, 'inspections/1/start')).status, 200);
    const { body } = await officer.act(mrn, 'inspections/1/result', { othersConform: true });
    assert.equal(body.openInspections, 0);
    assert.deepEqual(await node.milestones(mrn), ['M5a', 'M8a', 'M8b']);
    const verdict = await officer.get(`/api/declarations/${mrn}/verdict`);
    const entry = verdict.body.entries.find((one: { question: string }) => one.question === 'inspection-conforming');
    assert.equal(entry.answer, 'yes');
  });

  test('that finds other goods opens the assessment, also of a green declaration, and shows what was found', async () => {
    const mrn = await lodge({ channel: 'green', certificate: 'reserved', items: 3 });
    await officer.act(mrn, 'inspections', { what: 'Count the crates.', items: [2, 3] });
    await officer.act(mrn, 'inspections/1/start');
    const missing = await officer.act(mrn, 'inspections/1/result', { findings: [{ sequence: 2, conforming: true }] });
    assert.equal(missing.body.code, 'FINDINGS-INCOMPLETE');
    const unsaid = await officer.act(mrn, 'inspections/1/result', {
      findings: [{ sequence: 2, conforming: false }],
      othersConform: true,
    });
    assert.equal(unsaid.body.code, 'REASON-REQUIRED');
    const found = await officer.act(mrn, 'inspections/1/result', {
      findings: [
        {
          ...{ sequence: 2, conforming: false, description: 'Two crates more.' },
          quantityFound: { value: '120.5', unit: 'KGM' },
        },
      ],
      othersConform: true,
    });
    assert.deepEqual([found.body.state, found.body.assessmentOpen], ['in-clearance', true]);
    const { body } = await officer.get(`/api/declarations/${mrn}/verdict`);
    const entry = body.entries.find((one: { question: string }) => one.question === 'inspection-conforming');
    assert.deepEqual([entry.answer, entry.code], ['no', 'INSPECTION-DISCREPANCY']);
    assert.match(entry.reason, /Two crates more\. \(found 120\.5 KGM\)|Two crates more.*120\.5 KGM/);
  });

  test('has one result: of two at once the second is refused', async () => {
    const mrn = await lodge({ channel: 'red', certificate: 'reserved' });
    await officer.act(mrn, 'inspections/1/start');
    const version = await node.versionOf(mrn);
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => officer.act(mrn, 'inspections/1/result', { othersConform: true }, version)),
    );
    assert.equal(replies.filter((reply) => reply.status === 200).length, 1);
    assert.equal((await node.standing(mrn))['open_inspections'], 0);
  });
});

describe('a preference', () => {
  const withhold = { items: [2], reasons: [{ reason: 'The stamp is not the one on file.', pointer: '/x' }] };

  test('that is withheld makes the rate without it due and gives the quantity back; restored, both stay on record', async () => {
    const mrn = await lodge({ certificate: 'reserved', items: 2 });
    node.ledgerActs.length = 0;
    const one = await officer.act(mrn, 'preference/withhold', withhold);
    assert.deepEqual([one.body.duty.due.amount, one.body.declaration.payment], ['50', 'due']);
    assert.deepEqual(node.ledgerActs, ['give-back 2']);
    assert.equal((await officer.act(mrn, 'preference/withhold', withhold)).body.code, 'PREFERENCE-WITHHELD-ALREADY');
    const two = await officer.act(mrn, 'preference/restore', {
      items: [2],
      reasons: [{ reason: 'The issuing country confirms it.' }],
    });
    assert.deepEqual([two.body.duty.due.amount, two.body.declaration.payment], ['0', 'none']);
    assert.deepEqual(node.ledgerActs, ['give-back 2', 'reserve 2']);
    assert.deepEqual(await node.milestones(mrn), ['M5a', 'M9a', 'M9b']);
    const { body } = await officer.get(`/api/declarations/${mrn}/verdict`);
    assert.deepEqual(
      body.decisions.map((decision: { kind: string }) => decision.kind),
      ['preference-withheld', 'preference-restored'],
    );
    assert.deepEqual(body.withheldItems, []);
  });

  test('cannot be withheld where none is claimed, nor without a reason', async () => {
    const plain = await lodge();
    assert.equal(
      (await officer.act(plain, 'preference/withhold', { ...withhold, items: [1] })).body.code,
      'PREFERENCE-NOT-CLAIMED',
    );
    const mrn = await lodge({ certificate: 'reserved', items: 2 });
    assert.equal(
      (await officer.act(mrn, 'preference/withhold', { items: [1], reasons: [] })).body.code,
      'BODY-INVALID',
    );
    assert.equal((await officer.act(mrn, 'preference/restore', withhold)).body.code, 'PREFERENCE-NOT-WITHHELD');
  });

  test('whose certificate cannot be used hinders the release until it is withheld', async () => {
    const mrn = await lodge({ certificate: 'refused' });
    await officer.act(mrn, 'assessment', {});
    const refused = await officer.act(mrn, 'release', {});
    assert.deepEqual(
      refused.body.faults.map((fault: { code: string }) => fault.code),
      ['PREFERENCE-UNSUPPORTED'],
    );
    await officer.act(mrn, 'preference/withhold', { items: [1], reasons: [{ reason: 'Not enough quantity.' }] });
    await officer.act(mrn, 'payments', money('payment', '50'));
    assert.equal((await officer.act(mrn, 'release', {})).body.state, 'released');
  });

  test('cannot be decided twice from what was seen once', async () => {
    const mrn = await lodge({ certificate: 'reserved', items: 2 });
    const version = await node.versionOf(mrn);
    const replies = await Promise.all([
      officer.act(mrn, 'preference/withhold', withhold, version),
      officer.act(mrn, 'preference/withhold', { ...withhold, items: [1] }, version),
    ]);
    assert.deepEqual(replies.map((reply) => reply.status).toSorted(), [200, 412]);
  });
});

describe('a permit of another agency', () => {
  test('has a clock of its own (M7a, M7b), hinders while it is awaited or refused, and says where its answer is known from', async () => {
    const mrn = await lodge({ certificate: 'reserved' });
    const wish = { agency: 'Plant Quarantine', subject: 'Fumigation of the crates' };
    const opened = await officer.act(mrn, 'permits', wish);
    assert.deepEqual([opened.body.openPermits, opened.body.waitingFor], [1, 'agency']);
    const moment = new Date(node.web.now.getTime() - 60_000).toISOString();
    const refused = await officer.act(mrn, 'permits/1/answer', {
      ...{ outcome: 'refused', source: 'Letter of the agency', reason: 'No stamp on the wood.', decidedAt: moment },
    });
    assert.deepEqual(
      [refused.body.openPermits, refused.body.refusedPermits, refused.body.waitingFor],
      [1, 1, 'officer'],
    );
    assert.equal((await officer.act(mrn, 'release', {})).body.faults[0].code, 'PERMIT-REFUSED');
    const granted = await officer.act(mrn, 'permits/1/answer', {
      ...{ outcome: 'granted', source: "The agency's system", reference: 'PQ-77' },
    });
    assert.deepEqual([granted.body.openPermits, granted.body.refusedPermits], [0, 0]);
    assert.deepEqual(await node.milestones(mrn), ['M5a', 'M7a', 'M7b']);
  });

  test('is not granted without a reference, nor in the future, nor twice', async () => {
    const mrn = await lodge();
    await officer.act(mrn, 'permits', { agency: 'Health', subject: 'Import licence' });
    const answer = (more: JsonObject) =>
      officer.act(mrn, 'permits/1/answer', { outcome: 'granted', source: 'Letter', ...more });
    assert.equal((await answer({})).body.code, 'REFERENCE-MISSING');
    assert.equal((await answer({ reference: 'H', decidedAt: '2099-01-01T00:00:00Z' })).body.code, 'MOMENT-AHEAD');
    assert.equal((await answer({ reference: 'H' })).status, 200);
    assert.equal((await answer({ reference: 'H' })).body.code, 'PERMIT-NOT-OPEN');
  });
});

describe('a payment', () => {
  test('is compared exactly: too little stays due, the rest covers it (M9b), and a green declaration goes', async () => {
    const mrn = await lodge({ channel: 'green', value: '666.60' });
    const one = await officer.act(mrn, 'payments', money('payment', '33.32'));
    assert.deepEqual([one.body.duty.payment, one.body.duty.missing.amount], ['due', '0.01']);
    const two = await officer.act(mrn, 'payments', money('payment', '0.02'));
    assert.deepEqual([two.body.duty.payment, two.body.duty.overpaid.amount], ['paid', '0.01']);
    assert.equal(two.body.declaration.state, 'released');
    assert.deepEqual(await node.milestones(mrn), ['M9b', 'M10']);
    assert.match(
      node.notices.findLast((one) => one.movementReference === mrn && one.content.step === 'result')?.content
        .statements?.[0]?.text ?? '',
      /beyond what is due: 0\.01/,
    );
  });

  test('is counted once by its reference, also on another declaration and at once', async () => {
    const mrn = await lodge({ channel: 'green' });
    const other = await lodge({ channel: 'green' });
    const payment = money('payment', '10');
    await officer.act(mrn, 'payments', payment);
    assert.equal((await officer.act(mrn, 'payments', payment)).body.code, 'PAYMENT-RECORDED-ALREADY');
    assert.equal((await officer.act(other, 'payments', payment)).body.code, 'PAYMENT-RECORDED-ALREADY');
    const again = money('payment', '10');
    const replies = await Promise.all([mrn, other].map((one) => officer.act(one, 'payments', again)));
    assert.equal(replies.filter((reply) => reply.status === 200).length, 1);
    for (const reply of replies) assert.ok([200, 409, 412].includes(reply.status), JSON.stringify(reply.body));
  });

  test('can be recorded while somebody else has claimed the declaration', async () => {
    const mrn = await lodge();
    await colleague.act(mrn, 'claim');
    assert.equal((await officer.act(mrn, 'payments', money('payment', '50'))).status, 200);
  });

  const wrong: readonly [string, JsonObject, string][] = [
    ['zero', money('payment', '0'), 'AMOUNT-NOT-ABOVE-ZERO'],
    ['another currency', money('payment', '5', { currency: 'USD' }), 'PAYMENT-CURRENCY'],
    ['a moment to come', money('payment', '5', { occurredAt: '2099-01-01T00:00:00Z' }), 'MOMENT-AHEAD'],
    ['less than nothing', money('payment', '-5'), 'BODY-INVALID'],
    ['a kind that is none', money('gift', '5'), 'BODY-INVALID'],
  ];
  for (const [name, body, code] of wrong)
    test(`is refused with ${name}`, async () => {
      assert.equal((await officer.act(await lodge(), 'payments', body)).body.code, code);
    });
});
