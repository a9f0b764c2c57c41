import { Decimal } from 'decimal.js';

/** Sums in hundred digits: exact for every number of the vocabulary, which has 16 at most. */
const Exact = Decimal.clone({ precision: 100 });

/** Whole numbers below this add up exactly as JavaScript's numbers, however many items there are. */
const SMALL = 9;

function isSmallInteger(text: string): boolean {
  if (text.length > SMALL) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** The exact sum of decimal numbers, as a decimal string without exponent or zeros at its end. */
export function sumOf(values: readonly string[]): string {
  let whole = 0;
  let rest: Decimal | undefined;
  for (const value of values) {
    if (isSmallInteger(value)) whole += Number(value);
    else rest = (rest ?? new Exact(0)).plus(value);
  }
  return rest === undefined ? String(whole) : rest.plus(whole).toFixed();
}

/** Whether two decimal numbers are the same: `10` and `10.00` are. */
export function areEqual(one: string, other: string): boolean {
  return one === other || new Exact(one).equals(other);
}

/** Whether a decimal number is greater than another. */
export function isGreater(one: string, other: string): boolean {
  if (one === other) return false;
  if (isSmallInteger(one) && isSmallInteger(other)) return Number(one) > Number(other);
  return new Exact(one).greaterThan(other);
}
