import { Z_95 } from './kaplan-meier.ts';
import { countOf, type Observations } from './observations.ts';

/** A share with its 95% interval; the interval is null where none can be given (share 0 or 1). */
export type ShareEstimate = {
  readonly share: number;
  readonly lower: number | null;
  readonly upper: number | null;
};

/**
 * The share of cases that has ended by a time, by Aalen and Johansen (Scand. J. Statist. 5 (1978) 141): open cases are
 * censored at their age, and the competing event takes a case out for good, so that it can never end. Variance by the
 * delta method (Marubini and Valsecchi, Analysing Survival Data from Clinical Trials, 10.4), interval on the log-log scale.
 * Null where there are no cases, or where nobody was followed for as long as that.
 */
export function shareEndedBy(observations: Observations, time: number): ShareEstimate | null {
  const { ended, open, competing } = observations;
  const total = countOf(observations);
  const longest = Math.max(ended.at(-1) ?? -Infinity, open.at(-1) ?? -Infinity, competing.at(-1) ?? -Infinity);
  if (total === 0) return null;
  const steps: { risk: number; events: number; others: number; before: number; share: number }[] = [];
  let [i, j, k] = [0, 0, 0];
  let [free, share] = [1, 0];
  for (;;) {
    const next = Math.min(ended[i] ?? Infinity, competing[k] ?? Infinity);
    if (next > time || next === Infinity) break;
    while ((open[j] ?? Infinity) < next) j += 1;
    const risk = total - i - j - k;
    const [endedBefore, competingBefore] = [i, k];
    while (ended[i] === next) i += 1;
    while (competing[k] === next) k += 1;
    const [events, others] = [i - endedBefore, k - competingBefore];
    share += free * (events / risk);
    steps.push({ risk, events, others, before: free, share });
    free *= 1 - (events + others) / risk;
  }
  // Behind the longest time that anybody was followed the share is only known when nobody is left.
  if (time > longest && open.length > 0 && free > 1e-12) return null;
  return { share, ...intervalOf(share, varianceOf(steps, share)) };
}

function varianceOf(
  steps: readonly { risk: number; events: number; others: number; before: number; share: number }[],
  share: number,
): number {
  let variance = 0;
  for (const { risk, events, others, before, share: soFar } of steps) {
    const all = events + others;
    const rest = share - soFar;
    if (risk > all) variance += rest ** 2 * (all / (risk * (risk - all)));
    variance += before ** 2 * ((events * (risk - events)) / risk ** 3);
    variance -= 2 * rest * before * (events / risk ** 2);
  }
  return Math.max(variance, 0);
}

function intervalOf(share: number, variance: number): Omit<ShareEstimate, 'share'> {
  if (share <= 0 || share >= 1 - 1e-12) return { lower: null, upper: null };
  const spread = Math.exp((Z_95 * Math.sqrt(variance)) / (share * -Math.log(share)));
  return { lower: share ** spread, upper: share ** (1 / spread) };
}
