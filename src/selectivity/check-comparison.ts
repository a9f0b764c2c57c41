import type { FaultCode } from '../documents/fault-codes.ts';
import { type FieldKind, isListShape, type Shape, shapeAt } from './fields.ts';
import type { Comparison, Operator } from './rule-set.ts';

type Operand = 'value' | 'values' | 'list' | 'other';

const FITS: { readonly [is in Operator]: { readonly kinds: readonly FieldKind[] | 'any'; readonly needs?: Operand } } =
  {
    equals: { kinds: ['text', 'decimal'], needs: 'value' },
    'one-of': { kinds: ['text'], needs: 'values' },
    'starts-with': { kinds: ['text'], needs: 'values' },
    contains: { kinds: ['text'], needs: 'value' },
    'in-list': { kinds: ['text'], needs: 'list' },
    'starts-with-listed': { kinds: ['text'], needs: 'list' },
    'same-as': { kinds: ['text'], needs: 'other' },
    above: { kinds: ['decimal'], needs: 'value' },
    'at-least': { kinds: ['decimal'], needs: 'value' },
    below: { kinds: ['decimal'], needs: 'value' },
    'at-most': { kinds: ['decimal'], needs: 'value' },
    yes: { kinds: ['yes-no'] },
    no: { kinds: ['yes-no'] },
    given: { kinds: 'any' },
    missing: { kinds: 'any' },
  };

const OPERANDS: readonly Operand[] = ['value', 'values', 'list', 'other'];
const DECIMAL = /^-?[0-9]{1,24}(?:\.[0-9]{1,8})?$/;
/** Digits of a commodity code, grouped by points or spaces or not. */
const COMMODITY_CODE = /^[0-9][0-9. ]{0,19}$/;

/**
 * Looks at one comparison: the field exists, the operator fits it, and there is exactly what it compares with.
 * @param entry shape of the entry at hand within `some` and `every`
 * @param tell is told what is wrong, at which member of the comparison
 */
export function checkComparison(
  comparison: Comparison,
  entry: Shape | undefined,
  lists: ReadonlySet<string>,
  tell: (code: FaultCode, member: string, message: string) => void,
): void {
  const { field, is } = comparison;
  const { kinds, needs } = FITS[is];
  const shape = shapeAt(field, entry);
  if (shape === undefined) tell('RULE-FIELD-UNKNOWN', 'field', `Declarations have no field ${field} here.`);
  else if (kinds !== 'any' && (typeof shape !== 'string' || !kinds.includes(shape)))
    tell('RULE-OPERATOR', 'is', `"${is}" does not fit ${field}, which is ${wordsOf(shape)}.`);
  for (const operand of OPERANDS) {
    if (operand === needs && comparison[operand] === undefined)
      tell('RULE-OPERATOR', operand, `"${is}" needs ${operand}.`);
    if (operand !== needs && comparison[operand] !== undefined)
      tell('RULE-OPERATOR', operand, `"${is}" has no ${operand}.`);
  }
  if (needs === 'value' && shape === 'decimal' && comparison.value !== undefined && !DECIMAL.test(comparison.value))
    tell('RULE-OPERATOR', 'value', `"${comparison.value}" is not a decimal such as 1250.50.`);
  if (/(?:^|\.)commodityCode$/.test(field))
    for (const [index, code] of [...(comparison.values ?? []), ...optional(comparison.value)].entries())
      if (!COMMODITY_CODE.test(code))
        tell(
          'RULE-OPERATOR',
          comparison.values === undefined ? 'value' : `values/${index}`,
          `"${code}" is not a commodity code.`,
        );
  if (needs === 'list' && comparison.list !== undefined && !lists.has(comparison.list))
    tell('RULE-LIST-UNKNOWN', 'list', `There is no list ${comparison.list} in force.`);
  if (needs === 'other' && comparison.other !== undefined && shapeAt(comparison.other, entry) !== 'text')
    tell('RULE-FIELD-UNKNOWN', 'other', `Declarations have no text ${comparison.other} here.`);
}

function optional(value: string | undefined): string[] {
  return value === undefined ? [] : [value];
}

function wordsOf(shape: Shape): string {
  if (typeof shape !== 'string') return isListShape(shape) ? 'a list' : 'a group of fields';
  return { text: 'a text', decimal: 'a decimal', 'yes-no': 'yes or no' }[shape];
}
