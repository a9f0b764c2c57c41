import type { WorkingLine } from './assessment.ts';
import { convert, Exact, type ExchangeRates } from './exchange-rate.ts';
import type { PerUnit, Rate } from './rate.ts';
import { perWords, rateWords } from './rate-words.ts';
import { inUnit } from './unit-conversion.ts';

/** What duty is computed from: exact customs value in `currency`, the quantities that the declaration states. */
export type DutyBase = {
  readonly value: Exact;
  readonly currency: string;
  readonly quantities: readonly StatedQuantity[];
  readonly exchangeRates: ExchangeRates;
  readonly date: string;
  /** The settled rate without preference, for rates that are a part of it. */
  readonly mostFavouredNation: Rate | null;
};

/** A quantity with its unit (UNECE Recommendation 20) and what it is: `net mass`. */
export type StatedQuantity = { readonly words: string; readonly value: string; readonly unit: string };

/** The exact duty, not rounded, with each step; or why there is none. */
export type ComputedDuty =
  | { readonly computed: true; readonly duty: Exact; readonly working: readonly WorkingLine[] }
  | {
      readonly computed: false;
      readonly code:
        | 'QUANTITY-MISSING'
        | 'EXCHANGE-RATE-MISSING'
        | 'VALUE-OUTSIDE-LINE'
        | 'TARIFF-RATE-NOT-ESTABLISHED';
      readonly reason: string;
    };

type Quantity =
  | { readonly found: true; readonly number: Exact; readonly words: string }
  | { readonly found: false; readonly reason: string };

/** How many times the unit of the rate the goods are, by the first stated quantity that converts exactly. */
function quantityFor(per: PerUnit, base: DutyBase): Quantity {
  for (const { words, value, unit } of base.quantities) {
    const converted = inUnit(value, unit, per.unit);
    if (converted === null) continue;
    const number = converted.dividedBy(per.count);
    const how = unit === per.unit && per.count === '1' ? '' : ` = ${number.toFixed()} × ${perWords(per)}`;
    return { found: true, number, words: `${words} ${value} ${unit}${how}` };
  }
  const stated = base.quantities.map(({ words, value, unit }) => `${words} ${value} ${unit}`).join(', ');
  return {
    found: false,
    reason:
      `The rate is per ${perWords(per)} (${per.unit}), and the item states no quantity in that unit or an exact multiple` +
      `${stated === '' ? '' : ` (stated: ${stated})`}.`,
  };
}

function money(amount: Exact, currency: string): string {
  return `${currency} ${amount.toFixed()}`;
}

/**
 * The duty of one rate, exact. Rates must be settled (settle-rate.ts); amounts in another currency are converted by the
 * rates of the day. Nothing is rounded here.
 */
export function computeDuty(rate: Rate, base: DutyBase): ComputedDuty {
  switch (rate.kind) {
    case 'free':
      return {
        computed: true,
        duty: new Exact(0),
        working: [{ words: 'free', result: money(new Exact(0), base.currency) }],
      };
    case 'ad-valorem': {
      const duty = base.value.times(rate.percent).dividedBy(100);
      const words = `${rate.percent}% of the customs value ${money(base.value, base.currency)}`;
      return { computed: true, duty, working: [{ words, result: money(duty, base.currency) }] };
    }
    case 'specific':
      return specific(rate, base);
    case 'price-gap':
      return priceGap(rate, base);
    case 'sum':
      return together(rate.of, base, 'together', (one, other) => one.plus(other));
    case 'higher':
      return together(rate.of, base, 'the higher of them', (one, other) => Exact.max(one, other));
    case 'lower':
      return together(rate.of, base, 'the lower of them', (one, other) => Exact.min(one, other));
    case 'percent-of-mfn': {
      if (base.mostFavouredNation === null) return notSettled(rate);
      const whole = computeDuty(base.mostFavouredNation, base);
      if (!whole.computed) return whole;
      const duty = whole.duty.times(rate.percent).dividedBy(100);
      const words = `${rate.percent}% of the duty without preference`;
      return { computed: true, duty, working: [...whole.working, { words, result: money(duty, base.currency) }] };
    }
    default:
      return notSettled(rate);
  }
}

function notSettled(rate: Rate): ComputedDuty {
  return {
    computed: false,
    code: 'TARIFF-RATE-NOT-ESTABLISHED',
    reason: `Which rate holds is not established: ${rateWords(rate)}.`,
  };
}

function specific(rate: Rate & { kind: 'specific' }, base: DutyBase): ComputedDuty {
  const quantity = quantityFor(rate.per, base);
  if (!quantity.found) return { computed: false, code: 'QUANTITY-MISSING', reason: quantity.reason };
  const amount = quantity.number.times(rate.amount);
  const converted = convert(amount, rate.currency, base);
  if (!converted.converted) return { computed: false, code: converted.code, reason: converted.reason };
  const words = `${rateWords(rate)} × ${quantity.words}`;
  const working = [{ words, result: money(amount, rate.currency) }];
  return {
    computed: true,
    duty: converted.amount,
    working:
      converted.words === null
        ? working
        : [...working, { words: converted.words, result: money(converted.amount, base.currency) }],
  };
}

function priceGap(rate: Rate & { kind: 'price-gap' }, base: DutyBase): ComputedDuty {
  const quantity = quantityFor(rate.per, base);
  if (!quantity.found) return { computed: false, code: 'QUANTITY-MISSING', reason: quantity.reason };
  const reference = convert(quantity.number.times(rate.reference), rate.currency, base);
  if (!reference.converted) return { computed: false, code: reference.code, reason: reference.reason };
  const counted = base.value.times(rate.valueShare);
  const duty = reference.amount.minus(counted).times(rate.share[0]).dividedBy(rate.share[1]);
  if (duty.isNegative())
    return {
      computed: false,
      code: 'VALUE-OUTSIDE-LINE',
      reason:
        `The rate fills the value up to a reference of ${money(reference.amount, base.currency)}, and ` +
        `${money(counted, base.currency)} is above it: another line or rate holds for goods of this value.`,
    };
  const words = `${rateWords(rate)}; ${quantity.words}, customs value ${money(base.value, base.currency)}`;
  return { computed: true, duty, working: [{ words, result: money(duty, base.currency) }] };
}

function together(
  rates: readonly Rate[],
  base: DutyBase,
  how: string,
  combine: (one: Exact, other: Exact) => Exact,
): ComputedDuty {
  const working: WorkingLine[] = [];
  let duty: Exact | undefined;
  for (const rate of rates) {
    const part = computeDuty(rate, base);
    if (!part.computed) return part;
    working.push(...part.working);
    duty = duty === undefined ? part.duty : combine(duty, part.duty);
  }
  const result = duty ?? new Exact(0);
  return { computed: true, duty: result, working: [...working, { words: how, result: money(result, base.currency) }] };
}
