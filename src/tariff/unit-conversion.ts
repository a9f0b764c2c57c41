import { Exact } from './exchange-rate.ts';

/** Kinds of quantity within which one unit is an exact multiple of another. UNECE Recommendation 20. */
const families: readonly { readonly [unit: string]: string }[] = [
  // Mass. The pound is defined as 0.45359237 kg.
  { KGM: '1', GRM: '0.001', MGM: '0.000001', HGM: '0.1', DTN: '100', TNE: '1000', KTN: '1000000', LBR: '0.45359237' },
  // Volume.
  { LTR: '1', MLT: '0.001', CLT: '0.01', DLT: '0.1', HLT: '100', MTQ: '1000', DMQ: '1', CMQ: '0.001', K6: '1000' },
  // Area.
  { MTK: '1', DMK: '0.01', CMK: '0.0001' },
  // Length.
  { MTR: '1', DMT: '0.1', CMT: '0.01', MMT: '0.001', KMT: '1000' },
  // Counted things: each, piece, number of articles, head, sheet, dozen, hundred, thousand.
  { C62: '1', H87: '1', EA: '1', NAR: '1', NMB: '1', HEA: '1', ST: '1', DZN: '12', CEN: '100', MIL: '1000' },
  // Pairs.
  { PR: '1', NPR: '1' },
];

/** `value` of one unit in another, exact; null when the two are not exact multiples of each other. */
export function inUnit(value: Exact | string, from: string, to: string): Exact | null {
  if (from === to) return new Exact(value);
  for (const family of families) {
    const one = family[from];
    const other = family[to];
    if (one !== undefined && other !== undefined) return new Exact(value).times(one).dividedBy(other);
  }
  return null;
}
