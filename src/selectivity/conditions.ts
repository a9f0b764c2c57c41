import { Decimal } from 'decimal.js';
import type { SelectionCase } from './case.ts';
import { isListShape, type Shape, shapeAt } from './fields.ts';
import type { Comparison, Condition, NamedList } from './rule-set.ts';

/** Whether a condition holds; undefined when the declaration does not say (Kleene's logic of three values). */
export type Answer = boolean | undefined;

/** What a condition is asked of: the whole case, the entry at hand, and how many comparisons may still be made. */
export interface Scope {
  readonly whole: SelectionCase;
  readonly entry: unknown;
  readonly work: { left: number };
}

export type Test = (scope: Scope) => Answer;

/** Lists by name; a list that is not there makes its comparisons unknown. */
export type Lists = ReadonlyMap<string, NamedList>;

/** Texts are compared in one form: compatibility characters, upper and lower case and spaces make no difference. */
function plain(text: string): string {
  return text.normalize('NFKC').toUpperCase().replace(/\s+/gu, ' ').trim();
}

/** Commodity codes are compared by their digits, however they are grouped. */
function plainCode(text: string): string {
  return text.replace(/[^0-9]/g, '');
}

/** Reads a value by its path, own properties only; undefined when it is not there or null. */
export function readPath(path: string): (scope: Scope) => unknown {
  const [first = '', ...rest] = path.split('.');
  return (scope) => {
    let value: unknown = first === 'this' ? scope.entry : ownMember(scope.whole, first);
    for (const name of rest) value = ownMember(value, name);
    return value ?? undefined;
  };
}

function ownMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  const member: unknown = Reflect.get(value, name);
  return member;
}

const DECIMAL = /^[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?$/;

/** The exact decimal that a text or a whole number is; undefined for anything else. */
function decimalOf(value: unknown): Decimal | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && DECIMAL.test(text) ? new Decimal(text) : undefined;
}

function compareText(comparison: Comparison, holds: (text: string) => Answer, form: (text: string) => string): Test {
  const read = readPath(comparison.field);
  return (scope) => {
    const value = read(scope);
    return typeof value === 'string' || typeof value === 'number' ? holds(form(String(value))) : undefined;
  };
}

function compareDecimal(comparison: Comparison, holds: (order: number) => boolean): Test {
  const read = readPath(comparison.field);
  const bound = decimalOf(comparison.value);
  return (scope) => {
    const value = decimalOf(read(scope));
    return value === undefined || bound === undefined ? undefined : holds(value.comparedTo(bound));
  };
}

function comparisonTest(comparison: Comparison, lists: Lists, entry: Shape | undefined): Test {
  const read = readPath(comparison.field);
  const form = /(?:^|\.)commodityCode$/.test(comparison.field) ? plainCode : plain;
  const among = (entries: readonly string[]): Test => {
    const set = new Set(entries.map(form));
    return compareText(comparison, (text) => set.has(text), form);
  };
  const beginning = (entries: readonly string[]): Test => {
    const set = new Set(entries.map(form).filter((entry) => entry !== ''));
    const lengths = [...new Set([...set].map((entry) => entry.length))];
    return compareText(comparison, (text) => lengths.some((length) => set.has(text.slice(0, length))), form);
  };
  const list = comparison.list === undefined ? undefined : lists.get(comparison.list);
  const unknown: Test = () => undefined;
  switch (comparison.is) {
    case 'equals':
      if (shapeAt(comparison.field, entry) === 'decimal') return compareDecimal(comparison, (order) => order === 0);
      return among([comparison.value ?? '']);
    case 'one-of':
      return among(comparison.values ?? []);
    case 'starts-with':
      return beginning(comparison.values ?? []);
    case 'contains': {
      const wanted = form(comparison.value ?? '');
      return wanted === '' ? unknown : compareText(comparison, (text) => text.includes(wanted), form);
    }
    case 'in-list':
      return list === undefined ? unknown : among(list.entries);
    case 'starts-with-listed':
      return list === undefined ? unknown : beginning(list.entries);
    case 'same-as': {
      const other = readPath(comparison.other ?? '');
      return (scope) => {
        const [one, two] = [read(scope), other(scope)];
        return typeof one === 'string' && typeof two === 'string' ? form(one) === form(two) : undefined;
      };
    }
    case 'above':
      return compareDecimal(comparison, (order) => order > 0);
    case 'at-least':
      return compareDecimal(comparison, (order) => order >= 0);
    case 'below':
      return compareDecimal(comparison, (order) => order < 0);
    case 'at-most':
      return compareDecimal(comparison, (order) => order <= 0);
    case 'yes':
    case 'no': {
      const wanted = comparison.is === 'yes';
      return (scope) => {
        const value = read(scope);
        return typeof value === 'boolean' ? value === wanted : undefined;
      };
    }
    case 'given':
      return (scope) => read(scope) !== undefined;
    case 'missing':
      return (scope) => read(scope) === undefined;
  }
}

/** Both orders give the same answer: false decides, then unknown, then true. */
function everyOf(answers: Iterable<Answer>): Answer {
  let result: Answer = true;
  for (const answer of answers) {
    if (answer === false) return false;
    if (answer === undefined) result = undefined;
  }
  return result;
}

function someOf(answers: Iterable<Answer>): Answer {
  let result: Answer = false;
  for (const answer of answers) {
    if (answer === true) return true;
    if (answer === undefined) result = undefined;
  }
  return result;
}

function* ask(tests: readonly Test[], scope: Scope): Iterable<Answer> {
  for (const test of tests) yield test(scope);
}

function* askEach(test: Test, entries: readonly unknown[], scope: Scope): Iterable<Answer> {
  for (const entry of entries) {
    scope.work.left -= 1;
    if (scope.work.left <= 0) return yield undefined;
    yield test({ whole: scope.whole, entry, work: scope.work });
  }
}

/**
 * Makes the test of a condition; the test never throws, whatever the declaration holds.
 * @param entry shape of the entry at hand within `some` and `every`
 */
export function conditionTest(condition: Condition, lists: Lists, entry?: Shape): Test {
  const testsOf = (conditions: readonly Condition[]): Test[] =>
    conditions.map((each) => conditionTest(each, lists, entry));
  if ('all' in condition) {
    const tests = testsOf(condition.all);
    return (scope) => everyOf(ask(tests, scope));
  }
  if ('any' in condition) {
    const tests = testsOf(condition.any);
    return (scope) => someOf(ask(tests, scope));
  }
  if ('not' in condition) {
    const test = conditionTest(condition.not, lists, entry);
    return (scope) => {
      const answer = test(scope);
      return answer === undefined ? undefined : !answer;
    };
  }
  if ('where' in condition) {
    const path = 'some' in condition ? condition.some : condition.every;
    const shape = shapeAt(path, entry);
    const test = conditionTest(
      condition.where,
      lists,
      shape !== undefined && isListShape(shape) ? shape.entries : undefined,
    );
    const read = readPath(path);
    const isSome = 'some' in condition;
    return (scope) => {
      const entries: unknown = read(scope);
      if (!Array.isArray(entries)) return undefined;
      if (isSome) return someOf(askEach(test, entries, scope));
      return entries.length === 0 ? undefined : everyOf(askEach(test, entries, scope));
    };
  }
  const test = comparisonTest(condition, lists, entry);
  return (scope) => {
    scope.work.left -= 1;
    return scope.work.left < 0 ? undefined : test(scope);
  };
}

/** Names of the lists that a condition reads. */
export function listsOf(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(listsOf);
  if ('any' in condition) return condition.any.flatMap(listsOf);
  if ('not' in condition) return listsOf(condition.not);
  if ('where' in condition) return listsOf(condition.where);
  return condition.list === undefined ? [] : [condition.list];
}
