import { countryName } from '../documents/code-lists.ts';
import type { Rate } from './rate.ts';
import { rateWords } from './rate-words.ts';

/** A rate that holds for these goods on this day, from which duty can be computed; or why there is none. */
export type Settled =
  | { readonly settled: true; readonly rate: Rate; readonly because: readonly string[] }
  | { readonly settled: false; readonly code: SettleCode; readonly reason: string };

export type SettleCode =
  | 'PREFERENCE-NONE'
  | 'PREFERENCE-NOT-FOR-ORIGIN'
  | 'PREFERENCE-NOT-IN-SEASON'
  | 'TARIFF-RATE-NOT-ESTABLISHED'
  | 'TARIFF-RATE-ELSEWHERE'
  | 'TARIFF-QUOTA';

/** What a rate is settled for. `mostFavouredNation` is the settled rate without preference, where one is established. */
export type SettleTerms = {
  readonly originCountry: string | null;
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly mostFavouredNation: Rate | null;
};

function no(code: SettleCode, reason: string): Settled {
  return { settled: false, code, reason };
}

function origin(terms: SettleTerms): string {
  return terms.originCountry === null ? 'unknown origin' : countryName(terms.originCountry);
}

function isOneOf(countries: readonly string[], terms: SettleTerms): boolean {
  return terms.originCountry !== null && countries.includes(terms.originCountry);
}

function noted(settled: Settled, words: string): Settled {
  return settled.settled ? { ...settled, because: [words, ...settled.because] } : settled;
}

/** All parts settled to the same rate give that rate; anything else is not established. */
function settleParts(parts: readonly Rate[], terms: SettleTerms): Settled {
  const settled = parts.map((part) => settleRate(part, terms));
  const [first] = settled;
  const forms = new Set(settled.map((each) => (each.settled ? rateWords(each.rate) : each.code)));
  if (first !== undefined && forms.size === 1)
    return noted(first, `${parts.length} rates are printed for the line, all alike.`);
  return no(
    'TARIFF-RATE-NOT-ESTABLISHED',
    `Several rates are printed (${parts.map(rateWords).join(', ')}), and the source does not say which holds when.`,
  );
}

/** Takes a rate apart until one that can be computed is left. No choice is made that the tariff does not make. */
export function settleRate(rate: Rate, terms: SettleTerms): Settled {
  switch (rate.kind) {
    case 'none':
      return no('PREFERENCE-NONE', 'The schedule gives no preference for this line.');
    case 'except':
      if (terms.originCountry === null)
        return no('PREFERENCE-NOT-FOR-ORIGIN', 'The rate does not hold for every partner, and the origin is not said.');
      return isOneOf(rate.countries, terms)
        ? no('PREFERENCE-NOT-FOR-ORIGIN', `The rate does not hold for goods of ${origin(terms)}.`)
        : settleRate(rate.rate, terms);
    case 'by-partner': {
      const own = rate.partners.find(({ countries }) => isOneOf(countries, terms));
      if (own !== undefined) return noted(settleRate(own.rate, terms), `The rate for goods of ${origin(terms)}.`);
      return rate.others === null || terms.originCountry === null
        ? no('PREFERENCE-NOT-FOR-ORIGIN', `No rate is printed for goods of ${origin(terms)}.`)
        : noted(settleRate(rate.others, terms), 'The rate for the partners that have none of their own.');
    }
    case 'second-rate':
      return terms.originCountry === null || isOneOf(rate.couldBe, terms)
        ? settleParts([rate.rate, rate.second], terms)
        : settleRate(rate.rate, terms);
    case 'parts':
      return settleParts(rate.of, terms);
    case 'quota':
      return no('TARIFF-QUOTA', `The rate depends on a tariff quota: ${rateWords(rate)}.`);
    case 'seasonal': {
      const day = terms.date.slice(5);
      const inside = rate.from <= rate.to ? rate.from <= day && day <= rate.to : rate.from <= day || day <= rate.to;
      return inside
        ? noted(settleRate(rate.rate, terms), `${terms.date} lies within ${rate.from} to ${rate.to}.`)
        : no('PREFERENCE-NOT-IN-SEASON', `The rate holds from ${rate.from} to ${rate.to} of each year (month-day).`);
    }
    case 'reference':
      return no('TARIFF-RATE-ELSEWHERE', `The tariff refers to ${rate.to} for the rate.`);
    case 'percent-of-mfn':
      return percentOfMfn(rate.percent, terms);
    default:
      return { settled: true, rate, because: [] };
  }
}

function percentOfMfn(percent: string, terms: SettleTerms): Settled {
  if (terms.mostFavouredNation === null)
    return no(
      'TARIFF-RATE-NOT-ESTABLISHED',
      `The rate is ${percent}% of the rate without preference, which is not established for this line.`,
    );
  return { settled: true, rate: { kind: 'percent-of-mfn', percent }, because: [] };
}
