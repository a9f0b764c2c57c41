import { Decimal } from 'decimal.js';

/**
 * Units of UNECE Recommendation 20 that convert exactly into each other, as multiples of one unit of their kind. Pairs and
 * sets are no number of pieces: customs counts them as they are.
 */
const KINDS: readonly Readonly<Record<string, string>>[] = [
  { MGM: '0.000001', GRM: '0.001', KGM: '1', DTN: '100', TNE: '1000' },
  { C62: '1', H87: '1', EA: '1', DZN: '12', CEN: '100', GRO: '144', MIL: '1000' },
  { MMT: '0.001', CMT: '0.01', MTR: '1', KMT: '1000' },
  { CMK: '0.0001', MTK: '1' },
  { MLT: '0.001', LTR: '1', HLT: '100', MTQ: '1000' },
];

/** Decimals that documents carry behind the point. */
const DECIMALS = 6;
const Exact = Decimal.clone({ precision: 60 });

/** Decimal text without exponent and without superfluous zeros: the form in which quantities are stored and exchanged. */
export function plain(value: Decimal.Value): string {
  return new Exact(value).toFixed();
}

/** Whether a quantity in one unit can be told in the other. */
export function isComparable(one: string, other: string): boolean {
  return one === other || KINDS.some((kind) => kind[one] !== undefined && kind[other] !== undefined);
}

/**
 * A quantity in another unit, exactly; undefined when the units are of different kinds or when the result has more decimals
 * than a document carries, so that something would have to be rounded.
 * @param value decimal text
 */
export function convertExactly(value: string, from: string, to: string): string | undefined {
  const quantity = new Exact(value);
  const kind = KINDS.find((each) => each[from] !== undefined && each[to] !== undefined);
  if (from !== to && kind === undefined) return undefined;
  const [numerator, denominator] = from === to ? ['1', '1'] : [kind?.[from] ?? '1', kind?.[to] ?? '1'];
  const converted = quantity.times(numerator).div(denominator);
  if (converted.decimalPlaces() > DECIMALS || !converted.times(denominator).eq(quantity.times(numerator)))
    return undefined;
  return plain(converted);
}
