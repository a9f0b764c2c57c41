/**
 * The language in which rates of duty are held. Percentages and amounts are decimal strings, currencies ISO 4217,
 * countries ISO 3166-1 alpha-2, units UNECE Recommendation 20. What a printed cell says is either one of these or it was
 * not understood; nothing in between.
 */

/** So many of a unit: `{ count: '1000', unit: 'C62' }` for "per 1,000 pieces". */
export type PerUnit = { readonly count: string; readonly unit: string };

export type Rate =
  | { readonly kind: 'free' }
  /** Percent of the customs value. */
  | { readonly kind: 'ad-valorem'; readonly percent: string }
  /** An amount per unit of quantity. */
  | { readonly kind: 'specific'; readonly amount: string; readonly currency: string; readonly per: PerUnit }
  /** Both together: compound duty. */
  | { readonly kind: 'sum'; readonly of: readonly Rate[] }
  | { readonly kind: 'higher'; readonly of: readonly Rate[] }
  | { readonly kind: 'lower'; readonly of: readonly Rate[] }
  /**
   * (reference − customs value per unit × valueShare) × share, per unit: duty that fills a price up to a reference price.
   * Below zero the line does not hold for such a value.
   */
  | {
      readonly kind: 'price-gap';
      readonly reference: string;
      readonly currency: string;
      readonly per: PerUnit;
      readonly valueShare: string;
      /** Numerator and denominator: 10/16 has no end as a decimal. */
      readonly share: readonly [string, string];
    }
  /** Percent of the rate without preference. */
  | { readonly kind: 'percent-of-mfn'; readonly percent: string }
  /** The schedule gives no preference for the line. */
  | { readonly kind: 'none' }
  /** The rate does not hold for goods of some of the schedule's partners. */
  | { readonly kind: 'except'; readonly rate: Rate; readonly countries: readonly string[] }
  /** Rates told apart by partner; `others` for those not named, null when none is printed for them. */
  | {
      readonly kind: 'by-partner';
      readonly partners: readonly { readonly countries: readonly string[]; readonly rate: Rate }[];
      readonly others: Rate | null;
    }
  /**
   * A second rate for a partner that is printed as a letter. Which country it is is not established by the source, so for
   * every partner it could be neither rate is used.
   */
  | {
      readonly kind: 'second-rate';
      readonly rate: Rate;
      readonly mark: string;
      readonly second: Rate;
      readonly couldBe: readonly string[];
    }
  /**
   * Several rates with strokes between them (`0/3,7`): for parts of the period or of the line. The source does not say which holds when,
   * so there is a rate only where all of them come to the same.
   */
  | { readonly kind: 'parts'; readonly of: readonly Rate[] }
  /** Within a tariff quota and outside of it; null where nothing is printed. */
  | { readonly kind: 'quota'; readonly within: Rate | null; readonly outside: Rate | null }
  /** Holds for imports of these days of each year, first and last included (`MM-DD`); no preference on other days. */
  | { readonly kind: 'seasonal'; readonly from: string; readonly to: string; readonly rate: Rate }
  /** The rate stands elsewhere in the tariff, such as the special headings of chapter 98. */
  | { readonly kind: 'reference'; readonly to: string };

/** One cell of a tariff: what is printed and what it means; a meaning of null was not understood. */
export type Cell = {
  readonly printed: string;
  readonly rate: Rate | null;
  /** Printed in parentheses: a rate that another column of the same line replaces. */
  readonly inParentheses?: true;
};

/** Whether a cell was understood; one that was not is shown as printed and never computed with. */
export function isUnderstood(cell: Cell): cell is Cell & { readonly rate: Rate } {
  return cell.rate !== null;
}

/** Characters of the longest cell that is read; no tariff prints a longer one. */
export const LONGEST_CELL = 1000;
