import { Decimal } from 'decimal.js';

/** A rate of exchange that the administration published: `rate` of its own currency for `units` of another. */
export type ExchangeRate = {
  /** ISO 4217: the foreign currency. */
  readonly currency: string;
  /** How many units of the foreign currency the rate is for, such as `1` or `100`. */
  readonly units: string;
  readonly rate: string;
  readonly source: string;
  /** Days `YYYY-MM-DD`, first and last included; null while no end is known. */
  readonly validFrom: string;
  readonly validUntil: string | null;
};

/** The rates that hold on the day of an assessment, by foreign currency. */
export type ExchangeRates = ReadonlyMap<string, ExchangeRate>;

/** Decimals with digits enough for products of whole tariffs; divisions are cut at 60 digits, far below any rounding. */
export const Exact = Decimal.clone({ precision: 60, toExpNeg: -60, toExpPos: 60 });
export type Exact = Decimal;

/**
 * Digits after the point of a currency (ISO 4217); amounts of duty are rounded to them, half up, and only at the end.
 * Rounding that a national law adds (whole hundreds of yen of a declaration's total) is not in it.
 */
export function minorUnits(currency: string): number {
  if (withoutMinorUnit.has(currency)) return 0;
  return ofThousandths.has(currency) ? 3 : 2;
}

const withoutMinorUnit = new Set('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' '));
const ofThousandths = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '));

/** An amount rounded to the minor unit of its currency, half up. */
export function roundToCurrency(amount: Exact, currency: string): string {
  const places = minorUnits(currency);
  return amount.toDecimalPlaces(places, Decimal.ROUND_HALF_UP).toFixed(places);
}

/** What converting an amount gives: the exact amount and how it came about, or why not. */
export type Conversion =
  | { readonly converted: true; readonly amount: Exact; readonly words: string | null }
  | { readonly converted: false; readonly code: 'EXCHANGE-RATE-MISSING'; readonly reason: string };

/** An amount in the administration's own currency, by the rate that holds on the day. */
export function convert(
  amount: Exact,
  from: string,
  terms: { readonly currency: string; readonly exchangeRates: ExchangeRates; readonly date: string },
): Conversion {
  if (from === terms.currency) return { converted: true, amount, words: null };
  const rate = terms.exchangeRates.get(from);
  if (rate === undefined)
    return {
      converted: false,
      code: 'EXCHANGE-RATE-MISSING',
      reason: `No rate of exchange of ${from} to ${terms.currency} is recorded for ${terms.date}.`,
    };
  const product = amount.times(rate.rate).dividedBy(rate.units);
  return {
    converted: true,
    amount: product,
    words:
      `${from} ${amount.toFixed()} at ${rate.rate} ${terms.currency} for ${rate.units} ${from} ` +
      `(${rate.source}, from ${rate.validFrom})`,
  };
}
