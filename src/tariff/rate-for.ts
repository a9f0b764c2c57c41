import { countryName } from '../documents/code-lists.ts';
import type { AppliedRate } from './assessment.ts';
import { Exact } from './exchange-rate.ts';
import type { Cell, Rate } from './rate.ts';
import { cellWords, rateWords } from './rate-words.ts';
import { type SettleCode, settleRate } from './settle-rate.ts';
import type { Schedule, Tariff, TariffLine } from './tariff.ts';

/** The rate of a line under a schedule for goods of an origin on a day, or why there is none to compute with. */
export type RateFinding =
  | {
      readonly found: true;
      readonly rate: Rate;
      /** The settled rate without preference, for rates that are a part of it. */
      readonly mostFavouredNation: Rate | null;
      readonly applied: AppliedRate;
      readonly because: readonly string[];
    }
  | { readonly found: false; readonly code: RateCode; readonly reason: string; readonly applied?: AppliedRate };

export type RateCode =
  | SettleCode
  | 'SCHEDULE-UNKNOWN'
  | 'SCHEDULE-PARTNER-NOT-ESTABLISHED'
  | 'TARIFF-CELL-EMPTY'
  | 'TARIFF-CELL-NOT-UNDERSTOOD'
  | 'TARIFF-NOT-IN-FORCE';

/** The name under which the rate without preference is asked for, whatever columns it is in. */
export const WITHOUT_PREFERENCE = 'mfn';

function applied(tariff: Tariff, line: TariffLine, schedule: string, cell: Cell): AppliedRate {
  return {
    schedule,
    words: cellWords(cell),
    printed: cell.printed,
    source: `${tariff.name} ${tariff.edition}, ${line.code}`,
    status: tariff.status,
  };
}

/** The column of a claimed schedule that holds for an origin. */
function columnFor(tariff: Tariff, name: string, originCountry: string | null): Schedule | RateFinding {
  const columns = tariff.schedules.filter(({ id, group }) => id === name || group === name);
  if (columns.length === 0)
    return {
      found: false,
      code: 'SCHEDULE-UNKNOWN',
      reason: `${tariff.name} (${tariff.edition}) has no schedule ${name}.`,
    };
  const own = columns.find(
    ({ use, partners }) =>
      use === 'without-preference' || (originCountry !== null && partners?.includes(originCountry) === true),
  );
  if (own !== undefined) return own;
  if (originCountry === null)
    return { found: false, code: 'PREFERENCE-NOT-FOR-ORIGIN', reason: 'The origin of the goods is not said.' };
  const title = columns[0]?.title ?? name;
  return columns.some(({ partners }) => partners === null)
    ? {
        found: false,
        code: 'SCHEDULE-PARTNER-NOT-ESTABLISHED',
        reason: `Which column of ${title} holds for ${countryName(originCountry)} is not established by the source.`,
      }
    : {
        found: false,
        code: 'PREFERENCE-NOT-FOR-ORIGIN',
        reason: `${countryName(originCountry)} is no partner of ${title} in ${tariff.name}.`,
      };
}

/**
 * The rate of a line under a schedule (a column or a group of columns; `mfn` is the rate without preference), for goods
 * of an origin (ISO 3166-1 alpha-2) on a day (`YYYY-MM-DD`).
 */
export function rateFor(
  tariff: Tariff,
  line: TariffLine,
  schedule: string,
  originCountry: string | null,
  date: string,
): RateFinding {
  if (date < tariff.validFrom || (tariff.validUntil !== null && date > tariff.validUntil))
    return {
      found: false,
      code: 'TARIFF-NOT-IN-FORCE',
      reason: `${tariff.name} (${tariff.edition}) holds from ${tariff.validFrom}${
        tariff.validUntil === null ? '' : ` to ${tariff.validUntil}`
      }, not on ${date}.`,
    };
  if (schedule === WITHOUT_PREFERENCE) return mostFavouredNationRate(tariff, line, originCountry, date);
  const column = columnFor(tariff, schedule, originCountry);
  if ('found' in column) return column;
  const base = mostFavouredNationRate(tariff, line, originCountry, date);
  return settleCell(tariff, line, column.id, originCountry, date, base.found ? base.rate : null);
}

function settleCell(
  tariff: Tariff,
  line: TariffLine,
  column: string,
  originCountry: string | null,
  date: string,
  mostFavouredNation: Rate | null,
): RateFinding {
  const cell = cellOf(tariff, line, column);
  const shown = applied(tariff, line, column, cell);
  if (cell.rate === null)
    return cell.printed === ''
      ? {
          found: false,
          code: 'TARIFF-CELL-EMPTY',
          reason: `Nothing is printed under ${column} for this line.`,
          applied: shown,
        }
      : {
          found: false,
          code: 'TARIFF-CELL-NOT-UNDERSTOOD',
          reason: `What is printed under ${column} was not understood: ${cell.printed}`,
          applied: shown,
        };
  const settled = settleRate(cell.rate, { originCountry, date, mostFavouredNation });
  if (!settled.settled) return { found: false, code: settled.code, reason: settled.reason, applied: shown };
  return {
    found: true,
    rate: settled.rate,
    mostFavouredNation,
    applied: { ...shown, words: rateWords(settled.rate) },
    because: settled.because,
  };
}

/** The cell of a line in a column. */
export function cellOf(tariff: Tariff, line: TariffLine, column: string): Cell {
  const cell = line.cells[tariff.schedules.findIndex(({ id }) => id === column)];
  return cell ?? { printed: '', rate: null };
}

/**
 * The rate without preference. The national rate is the first of the tariff's columns for it that has one; a bound rate
 * beside it (the WTO column) holds where it is lower. Printed in parentheses it is not lower than the national one.
 */
function mostFavouredNationRate(
  tariff: Tariff,
  line: TariffLine,
  originCountry: string | null,
  date: string,
): RateFinding {
  const national = tariff.mostFavouredNation.national.find(
    (column, place, columns) => place === columns.length - 1 || cellOf(tariff, line, column).rate?.kind !== 'none',
  );
  if (national === undefined)
    return {
      found: false,
      code: 'SCHEDULE-UNKNOWN',
      reason: `${tariff.name} has no column of rates without preference.`,
    };
  const base = settleCell(tariff, line, national, originCountry, date, null);
  const bound = tariff.mostFavouredNation.bound;
  if (bound === null) return base;
  const cell = cellOf(tariff, line, bound);
  if (cell.inParentheses === true || cell.rate?.kind === 'none') return base;
  const other = settleCell(tariff, line, bound, originCountry, date, null);
  if (!base.found || base.rate.kind === 'free') return base;
  if (!other.found) return other;
  return lowerOf(base, other);
}

type Found = RateFinding & { found: true };

/** Which of two rates is lower when that does not depend on the goods; null when it does. */
function comparable(one: Rate, other: Rate): number | null {
  const percent = (rate: Rate): string | null =>
    rate.kind === 'free' ? '0' : rate.kind === 'ad-valorem' ? rate.percent : null;
  const [first, second] = [percent(one), percent(other)];
  if (first !== null && second !== null) return new Exact(first).comparedTo(second);
  if (one.kind !== 'specific' || other.kind !== 'specific') return null;
  const alike = one.currency === other.currency && one.per.unit === other.per.unit && one.per.count === other.per.count;
  return alike ? new Exact(one.amount).comparedTo(other.amount) : null;
}

function lowerOf(national: Found, bound: Found): Found {
  const order = comparable(bound.rate, national.rate);
  if (order !== null) return order < 0 ? bound : national;
  const rate: Rate = { kind: 'lower', of: [national.rate, bound.rate] };
  return {
    ...bound,
    rate,
    applied: {
      ...bound.applied,
      schedule: `${national.applied.schedule}, ${bound.applied.schedule}`,
      words: rateWords(rate),
      printed: `${national.applied.printed} | ${bound.applied.printed}`,
    },
    because: [...national.because, ...bound.because, 'The bound rate holds where it is lower than the national one.'],
  };
}
