import type { CaseGroup } from './comparison-queries.ts';
import type { Precision } from './milestone.ts';
import { type ShareEstimate, shareEndedBy } from './statistics/aalen-johansen.ts';
import { kaplanMeier } from './statistics/kaplan-meier.ts';
import { countOf, type Observations, observe } from './statistics/observations.ts';
import { fewestCases, type IntervalMethod, quantile } from './statistics/quantile.ts';

/** A quantile in seconds with its 95% interval; null is what the data do not reach. */
export type QuantileFigure = {
  readonly seconds: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly method: IntervalMethod;
};

/** The share of cases that had ended so many hours after the start. */
export type ShareFigure = ShareEstimate & { readonly hours: number };

/** What stands in place of a number that so few cases do not bear (timing.md, Statistics). */
export const TOO_FEW = 'n too small';

/** What is said of a set of cases. */
export type Figures = {
  readonly cases: number;
  readonly ended: number;
  /** Still waiting at the as-of moment: censored. */
  readonly open: number;
  /** Withdrawn, seized, abandoned or re-exported before the end. */
  readonly competing: number;
  readonly median: QuantileFigure | typeof TOO_FEW;
  /** Given from 29 cases on: with fewer no two-sided 95% interval exists. */
  readonly p90: QuantileFigure | typeof TOO_FEW;
  /** Null where nobody was followed for that long. */
  readonly endedWithin: readonly (ShareFigure | { readonly hours: number; readonly share: null })[];
  /** Cases in which a moment that counts carries a mark: backdated, corrected, out of order. */
  readonly marked: number;
  /** Cases by how exactly the less exact of their two moments is known. */
  readonly precision: { readonly [precision in Precision]: number };
};

/** Hours for which the share that has ended is told. */
export const SHARE_HOURS = [24, 48] as const;

/** How the figures are made, in words that go with every one of them. */
export const ESTIMATORS = {
  quantiles:
    'Kaplan–Meier; open cases are censored at the as-of moment, and cases withdrawn, seized, abandoned or re-exported (MX) are treated as censored when that happened. A quantile is the smallest duration t with F(t) ≥ p. Interval 95%: inverted log-log band (Greenwood), or binomial ranks where no case is censored. A p90 is given from 29 cases on.',
  shares:
    'Aalen–Johansen; open cases are censored at the as-of moment, MX is a competing event after which a case never ends. Interval 95%: delta method, log-log.',
} as const;

function observationsOf(groups: readonly CaseGroup[]): Observations {
  const all = (outcome: CaseGroup['outcome']): number[] =>
    groups.filter((group) => group.outcome === outcome).flatMap(({ durations }) => durations);
  return observe({ ended: all('ended'), open: all('open'), competing: all('competing') });
}

function sum(groups: readonly CaseGroup[], isCounted: (group: CaseGroup) => boolean): number {
  return groups.filter(isCounted).reduce((total, { durations }) => total + durations.length, 0);
}

/** Everything that is said of some groups of cases together. */
export function figuresOf(groups: readonly CaseGroup[]): Figures {
  const observations = observationsOf(groups);
  const cases = countOf(observations);
  const curve = kaplanMeier(observations);
  const figure = (p: number): QuantileFigure => {
    const { value, lower, upper, method } = quantile(observations, curve, p);
    return { seconds: value, lower, upper, method };
  };
  return {
    cases,
    ended: observations.ended.length,
    open: observations.open.length,
    competing: observations.competing.length,
    median: cases === 0 ? TOO_FEW : figure(0.5),
    p90: cases < fewestCases(0.9) ? TOO_FEW : figure(0.9),
    endedWithin: SHARE_HOURS.map((hours) => {
      const estimate = shareEndedBy(observations, hours * 3_600);
      return estimate === null ? { hours, share: null } : { hours, ...estimate };
    }),
    marked: sum(groups, ({ marked }) => marked),
    precision: {
      second: sum(groups, ({ precision }) => precision === 'second'),
      minute: sum(groups, ({ precision }) => precision === 'minute'),
      day: sum(groups, ({ precision }) => precision === 'day'),
    },
  };
}
