import { quantileRanks } from './binomial-ranks.ts';
import type { SurvivalCurve } from './kaplan-meier.ts';
import { countOf, type Observations } from './observations.ts';

/** How the interval of a quantile was found. */
export type IntervalMethod =
  /** Where the log-log band of the Kaplan–Meier curve crosses the level. */
  | 'log-log-band'
  /** Order statistics with binomial ranks, where no case is censored. */
  | 'binomial-ranks';

/** A quantile with its 95% interval; null is what the data do not reach. */
export interface QuantileEstimate {
  /** Smallest duration t with F(t) ≥ p; null where fewer than p of the cases have ended by the longest duration. */
  readonly value: number | null;
  /** Null: it cannot be bounded from below. */
  readonly lower: number | null;
  /** Null: it cannot be bounded from above. */
  readonly upper: number | null;
  readonly method: IntervalMethod;
}

/** Rounding in a product of a million factors stays far below this, the step of a case far above it. */
const ROUNDING = 1e-10;

/** The smallest time at which a falling curve is at or below a level; null where it never is. */
function firstAtOrBelow(times: Float64Array, values: Float64Array, level: number): number | null {
  const index = values.findIndex((value) => value <= level + ROUNDING);
  return times[index] ?? null;
}

/** Fewest cases for which a two-sided 95% interval of the quantile exists: 1 − pⁿ − (1 − p)ⁿ ≥ 0.95 (29 for p = 0.9). */
export function fewestCases(p: number): number {
  let n = 1;
  while (1 - p ** n - (1 - p) ** n < 0.95) n += 1;
  return n;
}

/**
 * The quantile p of the durations from their curve. Rule: the smallest t with F(t) ≥ p; nothing is interpolated. The
 * interval inverts the curve's band (Brookmeyer and Crowley, Biometrics 38 (1982) 29); where no case is censored it is
 * that of the binomial ranks.
 */
export function quantile(observations: Observations, curve: SurvivalCurve, p: number): QuantileEstimate {
  const level = 1 - p;
  const value = firstAtOrBelow(curve.times, curve.survival, level);
  const { ended } = observations;
  if (ended.length > 0 && ended.length === countOf(observations)) {
    const ranks = quantileRanks(ended.length, p);
    const at = (rank: number | undefined): number | null => (rank === undefined ? null : (ended[rank - 1] ?? null));
    return { value, lower: at(ranks?.lower), upper: at(ranks?.upper), method: 'binomial-ranks' };
  }
  return {
    value,
    lower: firstAtOrBelow(curve.times, curve.lower, level),
    upper: firstAtOrBelow(curve.times, curve.upper, level),
    method: 'log-log-band',
  };
}
