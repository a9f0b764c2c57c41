import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyAmendment } from '../../src/clearance/apply-amendment.ts';
import { outstanding } from '../../src/clearance/outstanding.ts';
import { requiredPapers } from '../../src/clearance/required-papers.ts';
import { DECLARATION_STATES, judgeStep, STEPS, stepsFrom } from '../../src/clearance/states.ts';
import { waitsOf } from '../../src/clearance/waits.ts';
import { profileOf } from '../../src/documents/declaration/national-profile.ts';
import { readFacts } from '../../src/documents/declaration/read-facts.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { amendmentRequest, importDeclaration } from '../documents/declaration-examples.ts';
import { anAssessment } from '../selectivity/cases.ts';

const VN = profileOf('VN');
const examined = anAssessment();
const assessment = { ...examined, items: examined.items.map((item) => ({ ...item, agreement: null })) };
const green = { channel: 'green', assessment, uses: [], papers: [] } as const;

describe('a request to amend', () => {
  const change = (content: JsonObject): JsonObject =>
    applyAmendment(importDeclaration({ items: [{}, {}] }), amendmentRequest('26VN00000000000018', content));

  test('replaces only what it says, item by item', () => {
    const amended = readFacts(
      change({
        goodsShipment: {
          governmentAgencyGoodsItem: [{ sequenceNumeric: '2', commodity: { description: 'Brush holders' } }],
        },
      }),
    );
    const before = readFacts(importDeclaration({ items: [{}, {}] }));
    assert.deepEqual(
      amended.items.map(({ description }) => description),
      [before.items[0]?.description, 'Brush holders'],
    );
    assert.equal(amended.items[1]?.commodityCode, before.items[1]?.commodityCode);
    assert.equal(amended.localReference, before.localReference);
    assert.equal(amended.message, 'declaration');
  });

  test('adds an item that was not there', () => {
    const amended = readFacts(
      change({ goodsShipment: { governmentAgencyGoodsItem: [{ sequenceNumeric: '3', commodity: {} }] } }),
    );
    assert.deepEqual(
      amended.items.map(({ sequence }) => sequence),
      [1, 2, 3],
    );
  });

  test('leaves nothing of the request itself in the declaration', () => {
    const { declaration } = change({});
    assert.equal(JSON.stringify(declaration).includes('AES'), false);
    assert.deepEqual(Object.keys(declaration ?? {}).includes('amendment'), false);
  });

  test('cannot reach the prototype of anything', () => {
    const hostile: JsonObject = JSON.parse('{"goodsShipment":{"__proto__":{"polluted":true}}}');
    change(hostile);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });
});

describe('what is outstanding', () => {
  test('is nothing for green goods without claims', () => {
    assert.deepEqual(outstanding(green), {
      openCertificates: 0,
      assessmentOpen: false,
      inspection: false,
      permits: [],
      payment: outstanding(green).payment,
      reasons: [],
    });
  });

  test('is an assessment for yellow, and an inspection besides for red', () => {
    const yellow = outstanding({ ...green, channel: 'yellow' });
    const red = outstanding({ ...green, channel: 'red' });
    assert.deepEqual([yellow.assessmentOpen, yellow.inspection], [true, false]);
    assert.deepEqual([red.assessmentOpen, red.inspection], [true, true]);
  });

  test('is an assessment also for green when a certificate cannot be used or none is named', () => {
    const [item] = assessment.items;
    assert.ok(item !== undefined);
    const claimed = { ...assessment, items: [{ ...item, agreement: 'ATIGA-FORM-D' }] };
    const use = {
      id: '1',
      itemSequence: item.sequence,
      certificateNumber: 'ATIGA-TH-2026-0000001-J',
      certificateItem: 1,
      quantity: null,
      code: null,
      reason: 'Words.',
    };
    assert.equal(outstanding({ ...green, assessment: claimed }).assessmentOpen, true);
    assert.equal(
      outstanding({ ...green, assessment: claimed, uses: [{ ...use, state: 'refused' }] }).assessmentOpen,
      true,
    );
    assert.equal(
      outstanding({ ...green, assessment: claimed, uses: [{ ...use, state: 'reserved' }] }).assessmentOpen,
      false,
    );
    const awaited = outstanding({ ...green, assessment: claimed, uses: [{ ...use, state: 'awaited' }] });
    assert.deepEqual([awaited.assessmentOpen, awaited.openCertificates], [false, 1]);
  });

  test('is an officer’s look where the duty is not known', () => {
    const unknown = outstanding({ ...green, assessment: { ...assessment, claimedTotal: null } });
    assert.deepEqual([unknown.payment, unknown.assessmentOpen], ['unknown', true]);
  });
});

describe('required papers', () => {
  test('a preference needs a certificate of origin: given, to follow, or missing', () => {
    const standing = (certificate: { id: string; exemption?: string } | null): string[] =>
      requiredPapers(readFacts(importDeclaration({ items: [{ preferenceCode: '301', certificate }] })), VN)
        .filter(({ kind }) => kind === 'certificate-of-origin')
        .map((paper) => paper.standing);
    assert.deepEqual(standing({ id: 'ATIGA-TH-2026-0000001-J' }), ['given']);
    assert.deepEqual(standing({ id: 'ATIGA-TH-2026-0000001-J', exemption: VN.awaitedDocument }), ['awaited']);
    assert.deepEqual(standing(null), ['missing']);
  });

  test('goods that need a permit say so by agency, items together', () => {
    const [permit] = VN.permits;
    assert.ok(permit !== undefined);
    const commodityCode = (permit.commodityPrefixes[0] ?? '').padEnd(8, '0');
    const papers = requiredPapers(readFacts(importDeclaration({ items: [{ commodityCode }, { commodityCode }] })), VN);
    const own = papers.find(({ title }) => title === permit.title);
    assert.deepEqual(own, {
      kind: 'permit',
      title: permit.title,
      agency: permit.agency,
      itemSequences: [1, 2],
      standing: 'missing',
    });
  });
});

describe('the states of a declaration', () => {
  test('what is closed stays closed but for supplementary data', () => {
    for (const state of ['released', 'withdrawn', 'seized'] as const)
      assert.deepEqual(
        STEPS.filter(({ from }) => from === state).map(({ step }) => step),
        state === 'released' ? ['supplement'] : [],
      );
  });

  test('every step leads to a state that there is, and has its event', () => {
    for (const { to, event } of STEPS) {
      assert.ok(DECLARATION_STATES.includes(to));
      assert.match(event, /^declaration\.[a-z-]+$/);
    }
  });

  test('a wrong step is told with what is possible', () => {
    const judged = judgeStep('released', 'withdraw');
    assert.deepEqual(judged.ok, false);
    assert.match(judged.ok ? '' : judged.message, /released.*possible now: supplement/);
  });

  test('a declarant never releases', () => {
    for (const state of DECLARATION_STATES)
      assert.equal(
        stepsFrom(state, 'declarant').some((step) => step.includes('release') || step === 'seize'),
        false,
      );
  });
});

describe('waits', () => {
  const now = new Date('2026-03-01T10:00:00.000Z');
  const at = (hour: number): string => `2026-03-01T0${hour}:00:00.000Z`;

  test('begin where the one before ended, and those for one party are one', () => {
    const waits = waitsOf(
      [
        { at: at(1), waitingFor: 'officer' },
        { at: at(2), waitingFor: 'declarant' },
        { at: at(3), waitingFor: 'payment' },
        { at: at(4), waitingFor: 'certificate' },
        { at: at(5), waitingFor: 'agency' },
        { at: at(6), waitingFor: 'nobody' },
      ],
      now,
    );
    assert.deepEqual(
      waits.map(({ for: party, from, until }) => [party, from, until]),
      [
        ['customs', at(1), at(2)],
        ['trader', at(2), at(4)],
        ['exchange', at(4), at(5)],
        ['other-agency', at(5), at(6)],
      ],
    );
  });

  test('add up to the whole time from the first to now', () => {
    const waits = waitsOf(
      [
        { at: at(1), waitingFor: 'arrival' },
        { at: at(4), waitingFor: 'officer' },
      ],
      now,
    );
    assert.equal(
      waits.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
      9 * 3_600_000,
    );
    assert.equal(waits.at(-1)?.until, undefined);
  });
});
