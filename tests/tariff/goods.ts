import type { DeclarationFacts, ItemFacts } from '../../src/documents/declaration/facts.ts';
import { profileOf } from '../../src/documents/declaration/national-profile.ts';
import { assessDuty } from '../../src/tariff/assess-duty.ts';
import type { Assessment, ItemAssessment } from '../../src/tariff/assessment.ts';
import type { ExchangeRate } from '../../src/tariff/exchange-rate.ts';
import { tariffOf } from '../../src/tariff/tariff.ts';
import { exampleFacts } from '../documents/declaration-examples.ts';

export const DAY = '2026-11-24';

const currencies: Readonly<Record<string, string>> = { VN: 'VND', JP: 'JPY', TH: 'THB' };

/** So much of Viet Nam's and Japan's currency for a dollar: 25,450 and 150.25, and 0.85 yen for 100 dong. */
export const RATES: readonly ExchangeRate[] = [
  { currency: 'USD', units: '1', rate: '25450', source: 'sample', validFrom: '2026-11-20', validUntil: null },
];
export const YEN_RATES: readonly ExchangeRate[] = [
  { currency: 'USD', units: '1', rate: '150.25', source: 'sample', validFrom: '2026-11-20', validUntil: null },
  { currency: 'VND', units: '100', rate: '0.59', source: 'sample', validFrom: '2026-11-20', validUntil: null },
];

/** Facts of a declaration with these items; what they do not say is not stated. */
export function facts(items: readonly Partial<ItemFacts>[], more: Partial<DeclarationFacts> = {}): DeclarationFacts {
  const [example] = exampleFacts().items;
  if (example === undefined) throw new Error('The example declaration has no item.');
  const bare: ItemFacts = {
    ...example,
    originCountry: 'TH',
    preferentialOriginCountry: null,
    preferenceCode: '100',
    charges: [],
    customsValue: null,
    invoiceAmount: null,
    netMass: null,
    tariffQuantity: null,
  };
  return {
    ...exampleFacts(),
    charges: [],
    items: items.map((item, index) => ({ ...bare, sequence: index + 1, ...item })),
    ...more,
  };
}

/** The assessment of a declaration in a country, by its real tariff, its profile and the sample rates. */
export function assess(
  country: 'VN' | 'JP' | 'TH',
  items: readonly Partial<ItemFacts>[],
  options: { readonly date?: string; readonly facts?: Partial<DeclarationFacts> } = {},
): Assessment {
  const rates = country === 'JP' ? YEN_RATES : RATES;
  return assessDuty({
    facts: facts(items, options.facts),
    tariff: tariffOf(country),
    currency: currencies[country] ?? '',
    preferences: profileOf(country),
    exchangeRates: new Map(rates.map((rate) => [rate.currency, rate])),
    date: options.date ?? DAY,
  });
}

export function assessOne(
  country: 'VN' | 'JP' | 'TH',
  item: Partial<ItemFacts>,
  options: { readonly date?: string; readonly facts?: Partial<DeclarationFacts> } = {},
): ItemAssessment {
  const [only] = assess(country, [item], options).items;
  if (only === undefined) throw new Error('Nothing was assessed.');
  return only;
}
