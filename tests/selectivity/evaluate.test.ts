import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type CaseParts, caseOf } from '../../src/selectivity/case.ts';
import { drawFor, isDrawn } from '../../src/selectivity/draw.ts';
import { prepareRuleSet } from '../../src/selectivity/evaluate.ts';
import type { Condition, Exemption, Rule, RuleSet } from '../../src/selectivity/rule-set.ts';
import { type Selection, stricter } from '../../src/selectivity/selection.ts';
import { caseParts, rulesOf } from './cases.ts';

const NOW = new Date('2026-03-01T00:00:00Z');
const SEED = '00'.repeat(32);
const ALWAYS: Condition = { field: 'office', is: 'given' };

function select(set: RuleSet, more: Partial<CaseParts> = {}, seeds: { [rule: string]: string } = {}): Selection {
  return prepareRuleSet(set, { version: 7, lists: new Map(), seeds }).select(caseOf(caseParts(more)), NOW);
}

function rule(id: string, channel: 'yellow' | 'red', more: Partial<Rule> = {}): Rule {
  return { id, title: id, reason: `Because of ${id}.`, channel, ...more };
}

function exemption(id: string, to: 'green' | 'yellow', more: Partial<Exemption> = {}): Exemption {
  return { id, title: id, reason: `Because of ${id}.`, when: ALWAYS, to, ...more };
}

const someCondition: fc.Arbitrary<Condition> = fc.constantFrom<Condition>(
  ALWAYS,
  { field: 'trader.authorised', is: 'yes' },
  { field: 'declaration.goodsLocation', is: 'equals', value: 'X' },
  { not: { field: 'declaration.goodsLocation', is: 'equals', value: 'X' } },
  { some: 'items', where: { field: 'this.originCountry', is: 'equals', value: 'TH' } },
  { every: 'items', where: { field: 'this.duty.difference', is: 'above', value: '50' } },
);
const someRule = fc.record({
  id: fc.stringMatching(/^r[a-z]{1,4}$/),
  title: fc.constant('T'),
  reason: fc.constant('R'),
  channel: fc.constantFrom<'yellow' | 'red'>('yellow', 'red'),
  when: someCondition,
  binding: fc.boolean(),
});
const someExemption = fc.record({
  id: fc.stringMatching(/^e[a-z]{1,4}$/),
  title: fc.constant('T'),
  reason: fc.constant('R'),
  when: someCondition,
  to: fc.constantFrom<'green' | 'yellow'>('green', 'yellow'),
});
const byId = { selector: ({ id }: { readonly id: string }) => id };
const someSet = fc.record({
  title: fc.constant('T'),
  rules: fc.uniqueArray(someRule, { maxLength: 8, ...byId }),
  exemptions: fc.uniqueArray(someExemption, { maxLength: 4, ...byId }),
});

describe('a rule set', () => {
  test('without a rule that fires gives green', () => {
    assert.deepEqual(select(rulesOf([])), {
      channel: 'green',
      ruleSetVersion: 7,
      fired: [],
      at: '2026-03-01T00:00:00.000Z',
    });
  });

  test('gives the strictest channel and names every rule that fired', () => {
    const selection = select(
      rulesOf([rule('b', 'red'), rule('a', 'yellow'), rule('c', 'red', { when: { not: ALWAYS } })]),
    );
    assert.equal(selection.channel, 'red');
    assert.deepEqual(
      selection.fired.map((fired) => [fired.rule, fired.channel, fired.version, fired.reason]),
      [
        ['a', 'yellow', 7, 'Because of a.'],
        ['b', 'red', 7, 'Because of b.'],
      ],
    );
  });

  test('lowers for an authorised trader what is not binding, and says so', () => {
    const authorised = exemption('authorised', 'green', { when: { field: 'trader.authorised', is: 'yes' } });
    const set = rulesOf([rule('documents', 'yellow')], [authorised]);
    assert.equal(select(set).channel, 'yellow');
    const lowered = select(set, { authorisedTrader: true });
    assert.equal(lowered.channel, 'green');
    assert.deepEqual(lowered.fired[0]?.lowered, { to: 'green', by: ['authorised'] });
    assert.deepEqual(lowered.exemptions, [{ exemption: 'authorised', to: 'green', reason: 'Because of authorised.' }]);
    const binding = rulesOf([rule('documents', 'yellow', { binding: true })], [authorised]);
    assert.equal(select(binding, { authorisedTrader: true }).channel, 'yellow');
  });

  test('lowers only the rules that an exemption names', () => {
    const set = rulesOf([rule('a', 'red'), rule('b', 'yellow')], [exemption('x', 'green', { rules: ['a'] })]);
    const selection = select(set);
    assert.equal(selection.channel, 'yellow');
    assert.equal(selection.fired[1]?.lowered, undefined);
  });

  const periods: readonly [string, Partial<Rule>, string][] = [
    ['begins now', { validFrom: '2026-03-01T07:00:00+07:00' }, 'red'],
    ['begins later', { validFrom: '2026-03-01T00:00:00.001Z' }, 'green'],
    ['ends now', { validUntil: '2026-03-01T00:00:00Z' }, 'green'],
    ['ends later', { validUntil: '2026-03-01T00:00:01Z' }, 'red'],
  ];
  for (const [name, period, channel] of periods)
    test(`with a rule that ${name} gives ${channel}`, () =>
      assert.equal(select(rulesOf([rule('a', 'red', period)])).channel, channel));

  test('gives the same in whatever order the rules stand', () => {
    fc.assert(
      fc.property(someSet, fc.boolean(), fc.nat(), (set, authorisedTrader, by) => {
        const turn = <Entry>(entries: readonly Entry[]): Entry[] => {
          const at = entries.length === 0 ? 0 : by % entries.length;
          return [...entries.slice(at), ...entries.slice(0, at)].toReversed();
        };
        const other = { ...set, rules: turn(set.rules), exemptions: turn(set.exemptions) };
        assert.deepEqual(select(other, { authorisedTrader }), select(set, { authorisedTrader }));
      }),
    );
  });

  test('never gives a milder channel with one rule more', () => {
    fc.assert(
      fc.property(someSet, someRule, fc.boolean(), (set, added, authorisedTrader) => {
        const before = select(set, { authorisedTrader }).channel;
        const more = { ...set, rules: [...set.rules, { ...added, id: 'added-rule' }] };
        const after = select(more, { authorisedTrader }).channel;
        assert.equal(stricter(before, after), after);
      }),
    );
  });

  test('never gives a stricter channel with one exemption more', () => {
    fc.assert(
      fc.property(someSet, someExemption, fc.boolean(), (set, added, authorisedTrader) => {
        const before = select(set, { authorisedTrader }).channel;
        const more = { ...set, exemptions: [...set.exemptions, { ...added, id: 'added-exemption' }] };
        assert.equal(stricter(before, select(more, { authorisedTrader }).channel), before);
      }),
    );
  });
});

describe('a random rule', () => {
  const set = rulesOf([rule('random', 'red', { share: '0.5' })]);

  test('records the draw, the share and the fingerprint of the seed, never the seed', () => {
    const drawn = Array.from({ length: 50 }, (_, index) =>
      select(set, { movementReference: `M${index}` }, { random: SEED }),
    );
    const fired = drawn.find(({ channel }) => channel === 'red')?.fired[0];
    assert.match(fired?.draw?.value ?? '', /^0\.[0-9]{18}$/);
    assert.equal(fired?.draw?.share, '0.5');
    assert.equal(fired?.draw?.seed, '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925');
    assert.ok(!JSON.stringify(drawn).includes(SEED));
  });

  test('draws the same for the same seed, rule and declaration, and another for others', () => {
    const value = drawFor(SEED, 'random', '26VN00000000000018');
    // As computed with Python's hmac.
    assert.equal(value, '0.131429164853082971');
    assert.equal(drawFor(SEED, 'random', '26VN00000000000018'), value);
    assert.notEqual(drawFor('01'.repeat(32), 'random', '26VN00000000000018'), value);
    assert.notEqual(drawFor(SEED, 'other', '26VN00000000000018'), value);
    assert.notEqual(drawFor(SEED, 'random', '26VN00000000000026'), value);
  });

  test('is compared with its share exactly', () => {
    assert.equal(isDrawn('0.020000000000000000', '0.02'), false);
    assert.equal(isDrawn('0.019999999999999999', '0.02'), true);
    assert.equal(isDrawn('0.000000000000000000', '0'), false);
    assert.equal(isDrawn('0.999999999999999999', '1'), true);
  });

  test('is not met without a seed', () => assert.equal(select(set).channel, 'green'));

  for (const [share, seed] of [
    ['0.02', '11'],
    ['0.05', '22'],
    ['0.5', '33'],
    ['0.9', '44'],
  ] as const)
    test(`draws ${share} of all in the long run`, () => {
      const most = 20_000;
      let drawn = 0;
      for (let each = 0; each < most; each += 1)
        if (isDrawn(drawFor(seed.repeat(32), 'random', `26VN${each}`), share)) drawn += 1;
      // Five standard deviations of a binomial count; the seeds are fixed, so the test always gives the same.
      const deviation = Math.sqrt(most * Number(share) * (1 - Number(share)));
      assert.ok(Math.abs(drawn - most * Number(share)) < 5 * deviation, `${drawn} of ${most}`);
    });
});
