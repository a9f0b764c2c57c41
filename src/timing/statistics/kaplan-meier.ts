import { countOf, type Observations } from './observations.ts';

/** 97.5% point of the standard normal distribution, for two-sided 95%. */
export const Z_95 = 1.959963984540054;

/** A survival curve: it falls at `times` and is level between them; it is 1 before the first. */
export interface SurvivalCurve {
  /** Distinct durations at which cases ended, ascending. */
  readonly times: Float64Array;
  /** Cases that had neither ended nor been censored before each time. */
  readonly atRisk: Float64Array;
  /** Cases that ended at each time. */
  readonly ended: Float64Array;
  /** Share that lasts longer than each time. */
  readonly survival: Float64Array;
  /** Greenwood's variance of the share. */
  readonly variance: Float64Array;
  /** Pointwise 95% band on the log-log scale; not a number where the share is zero, for which it is not defined. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/**
 * The Kaplan–Meier estimate. Open cases are censored at their age, and THE COMPETING EVENT IS TREATED AS CENSORING: the
 * curve says how long cases last for as long as they are neither open nor met by it (timing.md, Statistics). A case that
 * is censored at a time at which others end was still at risk then.
 *
 * Kaplan and Meier, JASA 53 (1958) 457; variance by Greenwood (1926); band by Kalbfleisch and Prentice, The Statistical
 * Analysis of Failure Time Data (1980): S^exp(±z·√V/ln S), V being Greenwood's sum.
 */
export function kaplanMeier(observations: Observations): SurvivalCurve {
  const { ended, open, competing } = observations;
  const times = distinct(ended);
  const curve: SurvivalCurve = {
    times,
    atRisk: new Float64Array(times.length),
    ended: new Float64Array(times.length),
    survival: new Float64Array(times.length),
    variance: new Float64Array(times.length),
    lower: new Float64Array(times.length),
    upper: new Float64Array(times.length),
  };
  const total = countOf(observations);
  let [past, pastOpen, pastCompeting] = [0, 0, 0];
  let greenwood = 0;
  let survival = 1;
  // As long as nobody is censored the factors cancel; written out, they would leave rounding behind.
  let [stretch, risk] = [1, total];
  let expected = total;
  times.forEach((time, index) => {
    while ((open[pastOpen] ?? Infinity) < time) pastOpen += 1;
    while ((competing[pastCompeting] ?? Infinity) < time) pastCompeting += 1;
    const atRisk = total - past - pastOpen - pastCompeting;
    const before = past;
    while ((ended[past] ?? Infinity) <= time) past += 1;
    const events = past - before;
    if (atRisk !== expected) [stretch, risk] = [survival, atRisk];
    expected = atRisk - events;
    survival = stretch * (expected / risk);
    greenwood += expected === 0 ? Infinity : events / (atRisk * expected);
    curve.atRisk[index] = atRisk;
    curve.ended[index] = events;
    curve.survival[index] = survival;
    curve.variance[index] = survival === 0 ? 0 : survival * survival * greenwood;
    const spread = Math.exp((Z_95 * Math.sqrt(greenwood)) / -Math.log(survival));
    curve.lower[index] = survival === 0 ? NaN : survival ** spread;
    curve.upper[index] = survival === 0 ? NaN : survival ** (1 / spread);
  });
  return curve;
}

function distinct(ascending: Float64Array): Float64Array {
  return ascending.filter((value, index) => index === 0 || value !== ascending[index - 1]);
}
