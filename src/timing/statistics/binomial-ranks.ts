/** ln(n!) by Stirling's series from 20 on, exact below it but for rounding. */
function logFactorial(n: number): number {
  if (n < 20) {
    let product = 1;
    for (let factor = 2; factor <= n; factor += 1) product *= factor;
    return Math.log(product);
  }
  const inverse = 1 / n;
  return (
    (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + inverse / 12 - inverse ** 3 / 360 + inverse ** 5 / 1_260
  );
}

/** Probability of k successes among n tries of probability p. */
function binomial(n: number, k: number, p: number): number {
  return Math.exp(
    logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log(1 - p),
  );
}

/**
 * Ranks l < u, from 1, so that the l-th and the u-th smallest of n independent values hold the quantile p between them
 * with a probability of at least 95%, whatever their distribution: P(l ≤ B < u) ≥ 0.95 with B ~ Bin(n, p). Of all such
 * pairs the closest; of those the one whose two tails are most alike. Null where even the smallest and the largest value
 * do not suffice: n < 6 for the median, n < 29 for p = 0.9. (David and Nagaraja, Order Statistics, 7.1.)
 */
export function quantileRanks(n: number, p: number): { readonly lower: number; readonly upper: number } | null {
  const centre = n * p;
  // Beyond nine standard deviations there is less than a double can show of 95%.
  const reach = Math.ceil(9 * Math.sqrt(n * p * (1 - p)) + 10);
  const first = Math.max(0, Math.floor(centre) - reach);
  const last = Math.min(n, Math.ceil(centre) + reach);
  // below[i]: P(B < first + i)
  const below = new Float64Array(last - first + 2);
  for (let k = first; k <= last; k += 1) below[k - first + 1] = (below[k - first] ?? 0) + binomial(n, k, p);
  const probabilityBelow = (k: number): number => below[Math.min(Math.max(k - first, 0), below.length - 1)] ?? 1;
  let best: { lower: number; upper: number; skew: number } | null = null;
  let upper = Math.max(1, first);
  for (let lower = Math.max(1, first); lower < Math.min(n, last); lower += 1) {
    const lowerTail = probabilityBelow(lower);
    while (upper <= n && probabilityBelow(upper) - lowerTail < 0.95) upper += 1;
    if (upper > n) break;
    const skew = Math.abs(lowerTail - (1 - probabilityBelow(upper)));
    const width = upper - lower;
    if (best === null || width < best.upper - best.lower || (width === best.upper - best.lower && skew < best.skew))
      best = { lower, upper, skew };
  }
  return best === null ? null : { lower: best.lower, upper: best.upper };
}
