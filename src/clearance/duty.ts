import { profileOf } from '../documents/declaration/national-profile.ts';
import { assessDuty } from '../tariff/assess-duty.ts';
import type { Assessment } from '../tariff/assessment.ts';
import { tariffOf } from '../tariff/tariff.ts';
import { createRateBook, type RateBook } from './exchange-rates.ts';
import type { CustomsAdministration, DutyAssessor } from './ports.ts';

/** The tariff is one of imports: on goods that leave the country, nothing is due by it. */
function withoutDuty(currency: string, date: string): Assessment {
  const nothing = { amount: '0', currency };
  return {
    date,
    currency,
    items: [],
    claimedTotal: nothing,
    mostFavouredNationTotal: nothing,
    notIncluded: 'These goods are exported: no import duty is due, and export duties are not computed here.',
  };
}

/**
 * Assesses duty by the country's tariff, its national profile and the rates of exchange of the day.
 * @param country ISO 3166-1 alpha-2
 * @param rates the book that recording a rate makes forget; its own one when left out
 */
export function createDutyAssessor(
  country: string,
  customs: CustomsAdministration,
  rates: RateBook = createRateBook(),
): DutyAssessor {
  return {
    async assess(reader, facts, date) {
      if (facts.procedure === 'export') return withoutDuty(customs.currency, date);
      return assessDuty({
        facts,
        tariff: tariffOf(country),
        currency: customs.currency,
        preferences: profileOf(country),
        exchangeRates: await rates.on(reader, date),
        date,
      });
    },
  };
}
