import type { DutyFinding, WorkingLine } from './assessment.ts';
import { computeDuty, type StatedQuantity } from './compute-duty.ts';
import type { CustomsValue } from './customs-value.ts';
import { Exact, type ExchangeRates, minorUnits, roundToCurrency } from './exchange-rate.ts';
import type { RateFinding } from './rate-for.ts';

/** Duty of goods under a rate that was looked up, rounded at its end, with its working; or why there is none. */
export function dutyFinding(
  finding: RateFinding,
  value: CustomsValue,
  quantities: readonly StatedQuantity[],
  terms: { readonly currency: string; readonly exchangeRates: ExchangeRates; readonly date: string },
): DutyFinding {
  if (!finding.found) {
    const { code, reason, applied } = finding;
    return { computed: false, code, reason, ...(applied === undefined ? {} : { rate: applied }) };
  }
  const { applied: rate } = finding;
  if (!value.established) return { computed: false, code: value.code, reason: value.reason, rate };
  const { currency, exchangeRates, date } = terms;
  const duty = computeDuty(finding.rate, {
    value: value.amount,
    currency,
    quantities,
    exchangeRates,
    date,
    mostFavouredNation: finding.mostFavouredNation,
  });
  if (!duty.computed) return { computed: false, code: duty.code, reason: duty.reason, rate };
  const amount = roundToCurrency(duty.duty, currency);
  const rounding: WorkingLine[] = new Exact(amount).equals(duty.duty)
    ? []
    : [{ words: `rounded half up to ${minorUnits(currency)} decimals`, result: `${currency} ${amount}` }];
  return {
    computed: true,
    duty: { amount, currency },
    rate,
    working: [...finding.because.map((words) => ({ words })), ...duty.working, ...rounding],
  };
}
