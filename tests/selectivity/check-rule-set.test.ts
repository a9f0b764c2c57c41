import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject, JsonValue } from '../../src/documents/json.ts';
import { schemaSet } from '../../src/documents/schema-set.ts';
import { caseOf } from '../../src/selectivity/case.ts';
import { checkRuleSet } from '../../src/selectivity/check-rule-set.ts';
import { prepareRuleSet } from '../../src/selectivity/evaluate.ts';
import { describeFields } from '../../src/selectivity/fields.ts';
import { OPERATORS, RULE_LIMITS } from '../../src/selectivity/rule-set.ts';
import { anAssessment, anItem, caseParts, someFacts } from './cases.ts';

const schemas = new URL('../../schemas/', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('selectivity-rule-set.schema.json', schemas), 'utf8'));
const first: JsonValue = JSON.parse(readFileSync(new URL('selectivity/default.json', schemas), 'utf8'));

const RULE = { id: 'a-rule', title: 'A rule', reason: 'Because it is a rule.', channel: 'red' };

function setOf(rule: JsonObject, exemptions: readonly JsonObject[] = []): JsonValue {
  return { title: 'Rules', rules: [{ ...RULE, ...rule }], exemptions };
}

function faultsOf(json: JsonValue): string[] {
  const checked = checkRuleSet(json, new Set(['watched']));
  return checked.ok ? [] : checked.faults.map(({ code, pointer }) => `${code} ${pointer}`);
}

function nested(depth: number): JsonObject {
  let condition: JsonObject = { field: 'office', is: 'given' };
  for (let level = 1; level < depth; level += 1) condition = { not: condition };
  return condition;
}

const DENIED: readonly [string, JsonValue, string][] = [
  ['a channel that no rule may ask for', setOf({ channel: 'green' }), 'SCHEMA-CHOICE /rules/0/channel'],
  ['a member that rules do not have', setOf({ seed: 'mine' }), 'SCHEMA-UNKNOWN-PROPERTY /rules/0/seed'],
  ['a share above one', setOf({ share: '1.5' }), 'SCHEMA-FORMAT /rules/0/share'],
  ['a share that is a number', setOf({ share: 0.02 }), 'SCHEMA-TYPE /rules/0/share'],
  ['hidden characters', setOf({ title: 'a\u202Eb' }), 'SCHEMA-FORMAT /rules/0/title'],
  [
    'a field that declarations do not have',
    setOf({ when: { field: 'declaration.exporter.colour', is: 'given' } }),
    'RULE-FIELD-UNKNOWN /rules/0/when/field',
  ],
  [
    'a field of prototypes',
    setOf({ when: { field: 'declaration.constructor', is: 'given' } }),
    'RULE-FIELD-UNKNOWN /rules/0/when/field',
  ],
  [
    'an entry outside of a list',
    setOf({ when: { field: 'this.commodityCode', is: 'given' } }),
    'RULE-FIELD-UNKNOWN /rules/0/when/field',
  ],
  [
    'some of what is no list',
    setOf({ when: { some: 'office', where: { field: 'this', is: 'given' } } }),
    'RULE-FIELD-UNKNOWN /rules/0/when/some',
  ],
  [
    'an operator that does not fit the field',
    setOf({ when: { field: 'office', is: 'above', value: '1' } }),
    'RULE-OPERATOR /rules/0/when/is',
  ],
  [
    'a value that is no decimal',
    setOf({ when: { field: 'duty.difference', is: 'above', value: '1e5' } }),
    'RULE-OPERATOR /rules/0/when/value',
  ],
  [
    'a comparison with nothing',
    setOf({ when: { field: 'office', is: 'equals' } }),
    'RULE-OPERATOR /rules/0/when/value',
  ],
  [
    'a comparison with too much',
    setOf({ when: { field: 'office', is: 'given', value: 'x' } }),
    'RULE-OPERATOR /rules/0/when/value',
  ],
  [
    'a list that is not in force',
    setOf({ when: { field: 'office', is: 'in-list', list: 'no-list' } }),
    'RULE-LIST-UNKNOWN /rules/0/when/list',
  ],
  [
    'a commodity code that is none',
    setOf({ when: { some: 'items', where: { field: 'this.commodityCode', is: 'starts-with', values: ['arms'] } } }),
    'RULE-OPERATOR /rules/0/when/where/values/0',
  ],
  ['an empty condition', setOf({ when: {} }), 'RULE-CONDITION-FORM /rules/0/when'],
  [
    'two conditions in one',
    setOf({ when: { not: { field: 'office', is: 'given' }, field: 'office', is: 'given' } }),
    'RULE-CONDITION-FORM /rules/0/when',
  ],
  [
    'conditions too deep inside each other',
    setOf({ when: nested(RULE_LIMITS.depth + 1) }),
    `RULE-TOO-DEEP /rules/0/when${'/not'.repeat(RULE_LIMITS.depth)}`,
  ],
  [
    'a period that ends before it begins',
    setOf({ validFrom: '2026-03-01T00:00:00Z', validUntil: '2026-02-01T00:00:00Z' }),
    'RULE-PERIOD /rules/0/validUntil',
  ],
  [
    'an exemption of a rule that is not there',
    setOf({}, [{ ...RULE, id: 'ex', channel: undefined, when: nested(1), to: 'green', rules: ['other'] }].map(plain)),
    'RULE-UNKNOWN /exemptions/0/rules/0',
  ],
  [
    'an exemption of a binding rule',
    setOf(
      { binding: true },
      [{ ...RULE, id: 'ex', channel: undefined, when: nested(1), to: 'green', rules: ['a-rule'] }].map(plain),
    ),
    'RULE-BINDING /exemptions/0/rules/0',
  ],
];

function plain(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value));
}

describe('checking a rule set', () => {
  test('the schema is a schema and has the operators of the code', () => {
    new Ajv2020({ strict: true, keywords: ['says'], formats: { 'date-time': true } }).compile(schema);
    assert.deepEqual(schema.$defs.condition.properties.is.enum, OPERATORS);
    assert.equal(schema.properties.rules.maxItems, RULE_LIMITS.rules);
    assert.equal(schema.properties.exemptions.maxItems, RULE_LIMITS.exemptions);
    assert.equal(schema.$defs.condition.properties.values.maxItems, RULE_LIMITS.values);
  });

  for (const [name, json, fault] of DENIED) test(`refuses ${name}`, () => assert.deepEqual(faultsOf(json), [fault]));

  test('tells all faults of a stage at once', () => {
    const when = {
      all: [
        { field: 'nowhere', is: 'given' },
        { field: 'office', is: 'yes' },
      ],
    };
    assert.equal(faultsOf(setOf({ when })).length, 2);
  });

  test('takes conditions as deep as the limit', () => {
    assert.deepEqual(faultsOf(setOf({ when: nested(RULE_LIMITS.depth) })), []);
  });

  test('refuses more conditions than the limit', () => {
    const hundred = { any: Array.from({ length: 100 }, () => ({ field: 'office', is: 'given' })) };
    const when = { all: Array.from({ length: 10 }, () => hundred) };
    assert.match(faultsOf(setOf({ when })).join(), /RULE-TOO-MANY-CONDITIONS/);
  });

  test('refuses an id that stands twice', () => {
    const json = { title: 'Rules', rules: [RULE, RULE], exemptions: [] };
    assert.deepEqual(faultsOf(json), ['RULE-ID-REPEATED /rules/1/id']);
  });

  test('knows every field by its path', () => {
    const paths = describeFields().map(({ path }) => path);
    for (const path of [
      'declaration.exporter.country',
      'items[].documents[].type',
      'items[].duty.difference',
      'trader.authorised',
    ])
      assert.ok(paths.includes(path), path);
  });
});

describe('the first rules of a node', () => {
  const checked = checkRuleSet(first, new Set());
  assert.ok(checked.ok);
  const prepared = prepareRuleSet(checked.ruleSet, { version: 1, lists: new Map(), seeds: {} });
  const channelOf = (more: Parameters<typeof caseParts>[0]) =>
    prepared.select(caseOf(caseParts(more)), new Date(0)).channel;
  const refused = {
    itemSequence: 1,
    certificateNumber: 'X',
    certificateItem: null,
    quantity: null,
    state: 'refused',
    code: 'USED-UP',
  };

  test('are no part of what nodes share and publish', () => {
    assert.ok(schemaSet().files.every(({ path }) => !path.startsWith('selectivity/')));
  });

  test('let an ordinary declaration through', () => assert.equal(channelOf({}), 'green'));
  test('look at the documents where a certificate cannot be used, also of authorised traders', () =>
    assert.equal(channelOf({ certificateUses: [refused], authorisedTrader: true }), 'yellow'));
  test('look at the documents where much duty is at stake', () =>
    assert.equal(channelOf({ assessment: anAssessment('0', '25000000') }), 'yellow'));
  test('know what much is in the currency of the country', () => {
    const assessment = anAssessment('0', '150000');
    assert.equal(channelOf({ assessment }), 'green');
    assert.equal(channelOf({ assessment: { ...assessment, currency: 'JPY' } }), 'yellow');
  });
  test('look at the documents where duty could not be computed', () =>
    assert.equal(channelOf({ assessment: anAssessment(null) }), 'yellow'));
  test('inspect arms', () =>
    assert.equal(channelOf({ facts: someFacts({ items: [anItem({ commodityCode: '93020000' })] }) }), 'red'));
  test('leave an export without duty alone', () =>
    assert.equal(
      channelOf({ facts: someFacts({ procedure: 'export' }), assessment: anAssessment(null, null) }),
      'green',
    ));
});
