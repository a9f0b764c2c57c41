import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { shareEndedBy } from '../../src/timing/statistics/aalen-johansen.ts';
import { quantileRanks } from '../../src/timing/statistics/binomial-ranks.ts';
import { kaplanMeier } from '../../src/timing/statistics/kaplan-meier.ts';
import { countOf, type Observations, observe, pool } from '../../src/timing/statistics/observations.ts';
import { fewestCases, type QuantileEstimate, quantile } from '../../src/timing/statistics/quantile.ts';

/** Remission in weeks, Freireich and others 1963 (Blood 21): timing.md, known answers. */
const MERCAPTOPURINE = observe({
  ended: [6, 6, 6, 7, 10, 13, 16, 22, 23],
  open: [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
  competing: [],
});
const PLACEBO = observe({
  ended: [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23],
  open: [],
  competing: [],
});

function quantileOf(observations: Observations, p: number): QuantileEstimate {
  return quantile(observations, kaplanMeier(observations), p);
}

function near(actual: Iterable<number>, expected: readonly number[], tolerance = 5e-5): void {
  const values = [...actual];
  assert.equal(values.length, expected.length);
  for (const [index, value] of values.entries())
    assert.ok(Math.abs(value - (expected[index] ?? NaN)) <= tolerance, `${value} is not ${expected[index]}`);
}

/** Whole seconds between a day before and a month after. */
const duration = fc.integer({ min: -86_400, max: 2_592_000 });
const observations = fc
  .record({
    ended: fc.array(duration, { maxLength: 40 }),
    open: fc.array(duration, { maxLength: 20 }),
    competing: fc.array(duration, { maxLength: 10 }),
  })
  .map(observe);

describe('the Kaplan–Meier estimate', () => {
  test('gives the published survival of 6-MP', () => {
    const curve = kaplanMeier(MERCAPTOPURINE);
    assert.deepEqual([...curve.times], [6, 7, 10, 13, 16, 22, 23]);
    assert.deepEqual([...curve.atRisk], [21, 17, 15, 12, 11, 7, 6]);
    near(curve.survival, [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]);
  });

  test('gives the log-log band that another program gives (lifelines for Python)', () => {
    const curve = kaplanMeier(MERCAPTOPURINE);
    near(curve.lower, [0.61972, 0.56315, 0.5032, 0.43161, 0.36751, 0.26778, 0.18805], 5e-6);
    near(curve.upper, [0.95155, 0.92281, 0.88936, 0.84907, 0.80491, 0.74679, 0.68014], 5e-6);
  });

  test('gives Greenwood’s variance: 0.0764² after the first fall', () => {
    near([Math.sqrt(kaplanMeier(MERCAPTOPURINE).variance[0] ?? 0)], [0.0764]);
  });

  test('has a case that is censored at the time of an event among those at risk', () => {
    const curve = kaplanMeier(observe({ ended: [5], open: [5], competing: [] }));
    assert.deepEqual([...curve.survival], [0.5]);
  });

  test('treats the competing event as censoring', () => {
    fc.assert(
      fc.property(observations, ({ ended, open, competing }) => {
        const asCensored = observe({ ended, open: [...open, ...competing], competing: [] });
        assert.deepEqual(kaplanMeier(observe({ ended, open, competing })), kaplanMeier(asCensored));
      }),
    );
  });

  test('is the empirical distribution where nothing is censored', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 200 }), (ended) => {
        const curve = kaplanMeier(observe({ ended, open: [], competing: [] }));
        curve.times.forEach((time, index) => {
          const longer = ended.filter((one) => one > time).length;
          assert.equal(curve.survival[index], longer / ended.length);
        });
      }),
    );
  });

  test('does not depend on how the cases were split, nor on their order', () => {
    fc.assert(
      fc.property(observations, observations, observations, (one, two, three) => {
        const curve = kaplanMeier(pool([one, two, three]));
        assert.deepEqual(kaplanMeier(pool([three, pool([one, two])])), curve);
        assert.equal(countOf(pool([one, two])), countOf(one) + countOf(two));
      }),
    );
  });

  test('falls, stays between its band, and does not depend on the unit of time', () => {
    fc.assert(
      fc.property(observations, fc.constantFrom(1 / 3_600, 1_000, 7), (cases, unit) => {
        const curve = kaplanMeier(cases);
        const scale = (values: Float64Array): Float64Array => values.map((value) => value * unit);
        const scaled = kaplanMeier({
          ended: scale(cases.ended),
          open: scale(cases.open),
          competing: scale(cases.competing),
        });
        assert.deepEqual(scaled.survival, curve.survival);
        assert.deepEqual(scaled.upper, curve.upper);
        curve.survival.forEach((share, index) => {
          assert.ok(share <= (curve.survival[index - 1] ?? 1) && share >= 0);
          if (share > 0) assert.ok((curve.lower[index] ?? 1) <= share && share <= (curve.upper[index] ?? 0));
        });
      }),
    );
  });
});

describe('a quantile', () => {
  test('is 23 weeks for the median of 6-MP and 8 for placebo', () => {
    assert.deepEqual(quantileOf(MERCAPTOPURINE, 0.5), { value: 23, lower: 13, upper: null, method: 'log-log-band' });
    assert.deepEqual(quantileOf(PLACEBO, 0.5), { value: 8, lower: 4, upper: 12, method: 'binomial-ranks' });
  });

  test('is not reached where fewer have ended', () => {
    assert.equal(quantileOf(MERCAPTOPURINE, 0.9).value, null);
    assert.equal(quantileOf(observe({ ended: [], open: [3], competing: [] }), 0.5).value, null);
  });

  test('is by our rule the 11th of the 12 gauge readings of NIST 7.2.6.2, which interpolates by (n + 1)p', () => {
    const readings = [
      95.1772, 95.1567, 95.1937, 95.1959, 95.1442, 95.061, 95.1591, 95.1195, 95.1065, 95.0925, 95.199, 95.1682,
    ];
    const cases = observe({ ended: readings, open: [], competing: [] });
    const ours = quantileOf(cases, 0.9).value ?? NaN;
    assert.equal(ours, 95.1959);
    const above = cases.ended[11] ?? NaN;
    // (n + 1)p = 11.7: seven tenths of the way from the 11th to the 12th.
    near([ours + 0.7 * (above - ours)], [95.19807]);
  });

  test('is the smallest value with F(t) ≥ p, however many there are', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), fc.constantFrom(0.5, 0.9), (ended, p) => {
        const { value } = quantileOf(observe({ ended, open: [], competing: [] }), p);
        const reached = (time: number): boolean => ended.filter((one) => one <= time).length >= p * ended.length - 1e-9;
        assert.ok(value !== null && reached(value) && !reached(value - 1));
      }),
    );
  });

  test('keeps durations that are negative', () => {
    const cases = observe({ ended: [-7_200, -3_600, -60, 0, 60, 120], open: [], competing: [] });
    assert.deepEqual(quantileOf(cases, 0.5), { value: -60, lower: -7_200, upper: 120, method: 'binomial-ranks' });
  });

  test('lies in its interval', () => {
    fc.assert(
      fc.property(observations, fc.constantFrom(0.5, 0.9), (cases, p) => {
        const { value, lower, upper } = quantileOf(cases, p);
        if (value === null) assert.equal(upper, null);
        else assert.ok((lower ?? -Infinity) <= value && value <= (upper ?? Infinity));
      }),
    );
  });

  test('has an interval from 29 cases on for p90 and from 6 for the median', () => {
    assert.equal(fewestCases(0.9), 29);
    assert.equal(fewestCases(0.5), 6);
  });
});

describe('binomial ranks', () => {
  test('hold the quantile with 95% at least, and no closer pair does', () => {
    const binomials = (n: number, p: number): number[] => {
      let row = [1];
      for (let tries = 0; tries < n; tries += 1)
        row = Array.from({ length: row.length + 1 }, (_, k) => (row[k - 1] ?? 0) * p + (row[k] ?? 0) * (1 - p));
      return row;
    };
    for (const p of [0.5, 0.9])
      for (const n of [1, 5, 6, 20, 21, 28, 29, 30, 50, 100, 333]) {
        const probabilities = binomials(n, p);
        const cover = (lower: number, upper: number): number =>
          probabilities.slice(lower, upper).reduce((sum, one) => sum + one, 0);
        const ranks = quantileRanks(n, p);
        if (ranks === null) {
          assert.ok(cover(1, n) < 0.95, `${n} of ${p}`);
          continue;
        }
        assert.ok(cover(ranks.lower, ranks.upper) >= 0.95 - 1e-12, `${n} of ${p}`);
        const width = ranks.upper - ranks.lower;
        for (let lower = 1; lower + width - 1 <= n; lower += 1) assert.ok(cover(lower, lower + width - 1) < 0.95);
      }
  });

  test('are those of the tables: 6 and 15 of 20 for the median', () => {
    assert.deepEqual(quantileRanks(20, 0.5), { lower: 6, upper: 15 });
  });
});

describe('the Aalen–Johansen share', () => {
  test('is one minus Kaplan–Meier where nothing competes', () => {
    for (const time of [6, 7, 10, 22, 23])
      near(
        [shareEndedBy(MERCAPTOPURINE, time)?.share ?? NaN],
        [1 - ([...kaplanMeier(MERCAPTOPURINE).survival].findLast((_, index) => at(index) <= time) ?? 1)],
        1e-12,
      );
    function at(index: number): number {
      return kaplanMeier(MERCAPTOPURINE).times[index] ?? Infinity;
    }
  });

  test('counts cases where nothing is censored, and those that the competing event took never end', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { maxLength: 60 }),
        fc.array(duration, { minLength: 1, maxLength: 30 }),
        duration,
        (ended, competing, time) => {
          const estimate = shareEndedBy(observe({ ended, open: [], competing }), time);
          const share = ended.filter((one) => one <= time).length / (ended.length + competing.length);
          near([estimate?.share ?? NaN], [share], 1e-9);
        },
      ),
    );
  });

  test('agrees with another program, with its interval, on cases of all three kinds', () => {
    const cases = observe({ ended: [1, 3, 4, 7, 9, 12], open: [2, 6, 11, 14], competing: [5, 8, 10] });
    const estimate = shareEndedBy(cases, 9);
    near(
      [estimate?.share ?? 0, estimate?.lower ?? 0, estimate?.upper ?? 0],
      [0.43656343656343655, 0.15656857119098466, 0.6904108535278352],
      1e-6,
    );
  });

  test('is not told for longer than anybody was followed', () => {
    assert.equal(shareEndedBy(observe({ ended: [1], open: [5, 6], competing: [] }), 7), null);
    assert.equal(shareEndedBy(observe({ ended: [1], open: [], competing: [2] }), 7)?.share, 0.5);
    assert.equal(shareEndedBy(observe({ ended: [], open: [], competing: [] }), 7), null);
  });
});
