import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Fault } from '../documents/fault.ts';
import type { FaultCode } from '../documents/fault-codes.ts';
import type { JsonValue } from '../documents/json.ts';
import { schemaFaults } from '../documents/schema-faults.ts';
import { schemaFile } from '../documents/schema-set.ts';
import { checkComparison } from './check-comparison.ts';
import { isListShape, type Shape, shapeAt } from './fields.ts';
import { type Condition, RULE_LIMITS, type RuleSet } from './rule-set.ts';

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true });
addFormats.default(ajv, ['date-time']);
ajv.addKeyword('says');
const validate = ajv.compile<RuleSet>({ ...schemaFile('selectivity-rule-set.schema.json') });

const MOST_FAULTS = 200;

/** What is told of a place in the set. */
type Tell = (code: FaultCode, pointer: string, message: string, expected?: string) => void;

const FORMS: readonly (readonly string[])[] = [['all'], ['any'], ['not'], ['some', 'where'], ['every', 'where']];

/** Walks through the conditions of a rule; counts them and looks at each. */
class ConditionCheck {
  readonly #tell: Tell;
  readonly #lists: ReadonlySet<string>;
  #conditions = 0;

  constructor(tell: Tell, lists: ReadonlySet<string>) {
    this.#tell = tell;
    this.#lists = lists;
  }

  check(condition: Condition, pointer: string, depth: number, entry: Shape | undefined): void {
    this.#conditions += 1;
    if (this.#conditions === RULE_LIMITS.conditions + 1)
      this.#tell(
        'RULE-TOO-MANY-CONDITIONS',
        pointer,
        `The set has more than ${RULE_LIMITS.conditions} conditions: split it, or use lists.`,
      );
    if (this.#conditions > RULE_LIMITS.conditions) return;
    if (depth > RULE_LIMITS.depth) {
      this.#tell('RULE-TOO-DEEP', pointer, `Conditions stand more than ${RULE_LIMITS.depth} deep inside each other.`);
      return;
    }
    const names = Object.keys(condition);
    const isOneForm =
      FORMS.some((form) => form.length === names.length && form.every((name) => names.includes(name))) ||
      (names.includes('field') &&
        names.includes('is') &&
        names.every((name) => ['field', 'is', 'value', 'values', 'list', 'other'].includes(name)));
    if (!isOneForm) {
      this.#tell(
        'RULE-CONDITION-FORM',
        pointer,
        'This is not one condition.',
        'one of: all, any, not, some with where, every with where, field with is',
      );
      return;
    }
    if ('all' in condition) this.#each(condition.all, `${pointer}/all`, depth, entry);
    else if ('any' in condition) this.#each(condition.any, `${pointer}/any`, depth, entry);
    else if ('not' in condition) this.check(condition.not, `${pointer}/not`, depth + 1, entry);
    else if ('where' in condition) {
      const [name, path] = 'some' in condition ? ['some', condition.some] : ['every', condition.every];
      const shape = shapeAt(path, entry);
      if (shape === undefined || !isListShape(shape))
        this.#tell('RULE-FIELD-UNKNOWN', `${pointer}/${name}`, `Declarations have no list ${path}.`);
      else this.check(condition.where, `${pointer}/where`, depth + 1, shape.entries);
    } else
      checkComparison(condition, entry, this.#lists, (code, name, message) => {
        this.#tell(code, `${pointer}/${name}`, message);
      });
  }

  #each(conditions: readonly Condition[], pointer: string, depth: number, entry: Shape | undefined): void {
    for (const [index, each] of conditions.entries()) this.check(each, `${pointer}/${index}`, depth + 1, entry);
  }
}

function meaningFaults(set: RuleSet, lists: ReadonlySet<string>): Fault[] {
  const faults: Fault[] = [];
  const tell: Tell = (code, pointer, message, expected) => {
    if (faults.length < MOST_FAULTS)
      faults.push({ code, pointer, message, ...(expected === undefined ? {} : { expected }) });
  };
  const conditions = new ConditionCheck(tell, lists);
  const seen = new Set<string>();
  const named = [
    ...set.rules.map((rule, index) => ({ rule, pointer: `/rules/${index}` })),
    ...set.exemptions.map((rule, index) => ({ rule, pointer: `/exemptions/${index}` })),
  ];
  for (const { rule, pointer } of named) {
    if (seen.has(rule.id)) tell('RULE-ID-REPEATED', `${pointer}/id`, `The id ${rule.id} stands twice.`);
    seen.add(rule.id);
    if (
      rule.validFrom !== undefined &&
      rule.validUntil !== undefined &&
      Date.parse(rule.validFrom) >= Date.parse(rule.validUntil)
    )
      tell('RULE-PERIOD', `${pointer}/validUntil`, 'The rule ends before it begins.');
    if (rule.when !== undefined) conditions.check(rule.when, `${pointer}/when`, 1, undefined);
  }
  for (const [index, exemption] of set.exemptions.entries())
    for (const [at, id] of (exemption.rules ?? []).entries()) {
      const rule = set.rules.find((each) => each.id === id);
      const pointer = `/exemptions/${index}/rules/${at}`;
      if (rule === undefined) tell('RULE-UNKNOWN', pointer, `There is no rule ${id} in this set.`);
      else if (rule.binding === true) tell('RULE-BINDING', pointer, `The rule ${id} is binding: nothing lowers it.`);
    }
  return faults;
}

/**
 * Judges a rule set: by its schema, then what it means (fields, operators, lists, limits); all faults of a stage at once.
 * @param lists names of the lists that are in force
 */
export function checkRuleSet(
  json: JsonValue,
  lists: ReadonlySet<string>,
): { readonly ok: true; readonly ruleSet: RuleSet } | { readonly ok: false; readonly faults: readonly Fault[] } {
  if (!validate(json)) return { ok: false, faults: schemaFaults((validate.errors ?? []).slice(0, MOST_FAULTS), json) };
  const faults = meaningFaults(json, lists);
  return faults.length === 0 ? { ok: true, ruleSet: json } : { ok: false, faults };
}
