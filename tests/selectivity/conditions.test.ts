import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CaseParts, caseOf } from '../../src/selectivity/case.ts';
import { conditionTest } from '../../src/selectivity/conditions.ts';
import { prepareRuleSet } from '../../src/selectivity/evaluate.ts';
import type { Condition, NamedList } from '../../src/selectivity/rule-set.ts';
import { anAssessment, anItem, caseParts, rulesOf, someFacts } from './cases.ts';

const LISTS = new Map<string, NamedList>([
  ['watched-firms', { version: 3, kind: 'firms', entries: ['Siam Wheels Co.', 'Others'] }],
  ['watched-codes', { version: 1, kind: 'commodity-codes', entries: ['8708.70', '02'] }],
  ['watched-origins', { version: 1, kind: 'countries', entries: ['TH'] }],
]);

function answerOf(condition: Condition, more: Partial<CaseParts> = {}): boolean | undefined {
  const whole = caseOf(caseParts(more));
  return conditionTest(condition, LISTS)({ whole, entry: undefined, work: { left: 1000 } });
}

const use = { itemSequence: 1, certificateNumber: 'X', certificateItem: null, quantity: null, code: null };
const holds: readonly [string, Condition, Partial<CaseParts>?][] = [
  [
    'a text whatever its case and spaces',
    { field: 'declaration.exporter.name', is: 'equals', value: 'siam wheels co.' },
  ],
  ['one of several texts', { field: 'declaration.exportCountry', is: 'one-of', values: ['JP', 'TH'] }],
  ['how a text begins', { field: 'declaration.typeCode', is: 'starts-with', values: ['IM'] }],
  ['what a text contains', { field: 'declaration.exporter.name', is: 'contains', value: 'WHEELS' }],
  ['a firm of a list', { field: 'declaration.exporter.name', is: 'in-list', list: 'watched-firms' }],
  [
    'a commodity code by a listed prefix, however it is grouped',
    { some: 'items', where: { field: 'this.commodityCode', is: 'starts-with-listed', list: 'watched-codes' } },
  ],
  [
    'a commodity code by a grouped prefix of the rule',
    { some: 'items', where: { field: 'this.commodityCode', is: 'starts-with', values: ['8708.70'] } },
  ],
  [
    'the origin of an item by a list',
    { some: 'items', where: { field: 'this.originCountry', is: 'in-list', list: 'watched-origins' } },
  ],
  ['two fields alike', { field: 'declaration.declarant.id', is: 'same-as', other: 'declaration.importer.id' }],
  [
    'two fields of an item and the declaration that differ',
    {
      not: {
        some: 'items',
        where: { field: 'this.originCountry', is: 'same-as', other: 'declaration.destinationCountry' },
      },
    },
  ],
  [
    'an equal decimal that is written otherwise',
    { field: 'declaration.invoiceAmount.amount', is: 'equals', value: '1000' },
  ],
  ['a whole number as a decimal', { field: 'declaration.declaredItemCount', is: 'at-least', value: '1' }],
  ['the number of items', { field: 'itemCount', is: 'equals', value: '1' }],
  ['duty at stake', { field: 'duty.difference', is: 'at-least', value: '100' }],
  ['duty that could not be computed', { field: 'duty.computed', is: 'no' }, { assessment: anAssessment(null) }],
  [
    'how many items have no duty',
    { field: 'duty.itemsNotComputed', is: 'above', value: '0' },
    { assessment: anAssessment('0', null) },
  ],
  [
    'code and duty of one and the same item',
    {
      some: 'items',
      where: {
        all: [
          { field: 'this.commodityCode', is: 'starts-with', values: ['87'] },
          { field: 'this.duty.difference', is: 'above', value: '99.99' },
        ],
      },
    },
  ],
  [
    'a document of an item',
    { some: 'items', where: { some: 'this.documents', where: { field: 'this.type', is: 'equals', value: '954' } } },
  ],
  [
    'an entry that is a text',
    { some: 'declaration.containers', where: { field: 'this', is: 'starts-with', values: ['MSKU'] } },
  ],
  [
    'a certificate that cannot be used',
    { some: 'certificates', where: { field: 'this.state', is: 'equals', value: 'refused' } },
    { certificateUses: [{ ...use, state: 'refused' }] },
  ],
  [
    'every certificate of every item set aside',
    {
      every: 'items',
      where: { every: 'this.certificates', where: { field: 'this.state', is: 'equals', value: 'reserved' } },
    },
    { certificateUses: [{ ...use, state: 'reserved' }] },
  ],
  ['an authorised trader', { field: 'trader.authorised', is: 'yes' }, { authorisedTrader: true }],
  ['a field that is missing', { field: 'declaration.goodsLocation', is: 'missing' }],
  ['a field that is given', { field: 'declaration.exporter.name', is: 'given' }],
  [
    'one of two where the other is unknown',
    {
      any: [
        { field: 'declaration.goodsLocation', is: 'equals', value: 'X' },
        { field: 'office', is: 'equals', value: 'HPH' },
      ],
    },
  ],
];

const unknown: readonly [string, Condition, Partial<CaseParts>?][] = [
  ['a text that is missing', { field: 'declaration.goodsLocation', is: 'equals', value: 'X' }],
  ['a text that is missing, denied', { not: { field: 'declaration.goodsLocation', is: 'equals', value: 'X' } }],
  [
    'a decimal that cannot be computed',
    { field: 'duty.difference', is: 'below', value: '1' },
    { assessment: anAssessment(null) },
  ],
  ['a list that is not in force', { field: 'office', is: 'in-list', list: 'no-such-list' }],
  ['a field that does not exist', { field: 'declaration.constructor.name', is: 'equals', value: 'Object' }],
  ['a property of prototypes', { field: 'declaration.__proto__.x', is: 'equals', value: '1' }],
  [
    'an amount that is no decimal',
    { field: 'declaration.invoiceAmount.amount', is: 'above', value: '1' },
    { facts: someFacts({ invoiceAmount: { amount: '1e400', currency: 'USD' } }) },
  ],
  ['every one of none', { every: 'certificates', where: { field: 'this.state', is: 'equals', value: 'reserved' } }],
  ['a list that is a text', { some: 'office', where: { field: 'this', is: 'given' } }],
];

const fails: readonly [string, Condition, Partial<CaseParts>?][] = [
  [
    'code and duty of two different items',
    {
      some: 'items',
      where: {
        all: [
          { field: 'this.commodityCode', is: 'starts-with', values: ['02'] },
          { field: 'this.duty.difference', is: 'given' },
        ],
      },
    },
    { facts: someFacts({ items: [anItem(), anItem({ sequence: 2, commodityCode: '02013000' })] }) },
  ],
  ['some of none', { some: 'certificates', where: { field: 'this.state', is: 'equals', value: 'refused' } }],
  [
    'a difference of one hundred-thousandth',
    { field: 'declaration.invoiceAmount.amount', is: 'above', value: '9007199254740993.00001' },
    { facts: someFacts({ invoiceAmount: { amount: '9007199254740993.00001', currency: 'USD' } }) },
  ],
  ['a code as a number', { field: 'declaration.functionCode', is: 'equals', value: '09' }],
];

describe('a condition', () => {
  for (const [name, condition, more] of holds)
    test(`holds for ${name}`, () => assert.equal(answerOf(condition, more), true));
  for (const [name, condition, more] of unknown)
    test(`is unknown for ${name}`, () => assert.equal(answerOf(condition, more), undefined));
  for (const [name, condition, more] of fails)
    test(`does not hold for ${name}`, () => assert.equal(answerOf(condition, more), false));

  test('is given up after the stated number of comparisons, and the declaration is yellow then', () => {
    const items = Array.from({ length: 9_999 }, (_, index) => anItem({ sequence: index + 1 }));
    const never: Condition = { field: 'this.description', is: 'equals', value: 'no such goods' };
    const within: Condition = { some: 'items', where: never };
    const rules = (when: Condition) => rulesOf([{ id: 'far', title: 'T', reason: 'R', channel: 'red', when }]);
    const parts = { version: 1, lists: LISTS, seeds: {} };
    const large = caseOf(caseParts({ facts: someFacts({ items }) }));
    const began = performance.now();
    assert.equal(prepareRuleSet(rules(within), parts).select(large, new Date(0)).channel, 'green');
    const squared = prepareRuleSet(rules({ some: 'items', where: within }), parts).select(large, new Date(0));
    assert.equal(squared.channel, 'yellow');
    assert.equal(squared.fired[0]?.unfinished, true);
    const empty = prepareRuleSet(
      rules({ some: 'items', where: { some: 'items', where: { some: 'this.certificates', where: never } } }),
      parts,
    );
    assert.equal(empty.select(large, new Date(0)).channel, 'yellow');
    assert.ok(performance.now() - began < 5_000);
  });
});
