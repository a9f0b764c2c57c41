import { countryName } from '../documents/code-lists.ts';
import type { Cell, PerUnit, Rate } from './rate.ts';

const unitNames: { readonly [unit: string]: string } = {
  KGM: 'kg',
  TNE: 'tonne',
  LTR: 'litre',
  K6: 'kilolitre',
  MTK: 'm²',
  HEA: 'head',
  PR: 'pair',
  C62: 'piece',
  ST: 'sheet',
};

/** `kg`, `1000 pieces`. */
export function perWords(per: PerUnit): string {
  const name = unitNames[per.unit] ?? per.unit;
  return per.count === '1' ? name : `${per.count} ${name}s`;
}

function named(countries: readonly string[]): string {
  return countries.map(countryName).join(', ');
}

/** A rate in words that a person understands: `7.5%`, `the higher of 17% and 189 JPY per kg`. */
export function rateWords(rate: Rate): string {
  const listed = (rates: readonly Rate[]): string => rates.map(rateWords).join(' and ');
  switch (rate.kind) {
    case 'free':
      return 'free';
    case 'ad-valorem':
      return `${rate.percent}%`;
    case 'specific':
      return `${rate.amount} ${rate.currency} per ${perWords(rate.per)}`;
    case 'sum':
      return rate.of.map(rateWords).join(' plus ');
    case 'higher':
      return `the higher of (${listed(rate.of)})`;
    case 'lower':
      return `the lower of (${listed(rate.of)})`;
    case 'price-gap': {
      const [numerator, denominator] = rate.share;
      const part = rate.valueShare === '1' ? '' : `${rate.valueShare} × `;
      const gap = `${rate.reference} ${rate.currency} less ${part}the customs value, per ${perWords(rate.per)}`;
      return numerator === denominator ? gap : `${numerator}/${denominator} of (${gap})`;
    }
    case 'percent-of-mfn':
      return `${rate.percent}% of the rate without preference`;
    case 'none':
      return 'no preference';
    case 'except':
      return `${rateWords(rate.rate)}, not for goods of ${named(rate.countries)}`;
    case 'by-partner':
      return [
        ...rate.partners.map((partner) => `${rateWords(partner.rate)} for goods of ${named(partner.countries)}`),
        ...(rate.others === null ? [] : [`${rateWords(rate.others)} for the other partners`]),
      ].join('; ');
    case 'second-rate':
      return `${rateWords(rate.rate)}; ${rateWords(rate.second)} for the partner marked ${rate.mark}`;
    case 'parts':
      return `${rate.of.map(rateWords).join(' or ')} (the source does not say which holds when)`;
    case 'quota':
      return [
        rate.within === null ? '' : `within the tariff quota ${rateWords(rate.within)}`,
        rate.outside === null ? '' : `outside of it ${rateWords(rate.outside)}`,
      ]
        .filter((part) => part !== '')
        .join(', ');
    case 'seasonal':
      return `${rateWords(rate.rate)} for imports from ${rate.from} to ${rate.to} of a year (month-day)`;
    case 'reference':
      return `as ${rate.to} says`;
  }
}

/** A cell in words; what was not understood is shown as it is printed. */
export function cellWords(cell: Cell): string {
  if (cell.rate !== null) return rateWords(cell.rate);
  return cell.printed === '' ? 'nothing printed' : `not understood: ${cell.printed}`;
}
