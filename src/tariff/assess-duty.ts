import { Decimal } from 'decimal.js';
import { countryName } from '../documents/code-lists.ts';
import type { DeclarationFacts, ItemFacts } from '../documents/declaration/facts.ts';
import type { Assessment, DutyFinding, ItemAssessment, Money } from './assessment.ts';
import type { StatedQuantity } from './compute-duty.ts';
import { customsValueOf, type ShipmentCharges, shipmentChargesOf } from './customs-value.ts';
import { dutyFinding } from './duty-finding.ts';
import { Exact, type ExchangeRates, minorUnits } from './exchange-rate.ts';
import { rateFor, WITHOUT_PREFERENCE } from './rate-for.ts';
import { findLine, type Tariff } from './tariff.ts';

/** What of a national profile duty depends on: preference codes, the agreement and the columns that each means. */
export type PreferenceRules = {
  /** First characters of preference codes that claim no preference by origin. */
  readonly withoutPreference: readonly string[];
  readonly preferences: readonly {
    readonly code: string;
    readonly agreement: string;
    readonly parties: ReadonlySet<string>;
    readonly schedules: readonly { readonly schedule: string; readonly origins: ReadonlySet<string> | undefined }[];
  }[];
};

/** What duty is assessed by. */
export type DutyTerms = {
  readonly facts: DeclarationFacts;
  /** Null when the country has no tariff here. */
  readonly tariff: Tariff | null;
  /** The administration's currency, ISO 4217. */
  readonly currency: string;
  /** The national profile, say. */
  readonly preferences: PreferenceRules;
  readonly exchangeRates: ExchangeRates;
  /** Day whose rates hold, `YYYY-MM-DD`: that of acceptance. */
  readonly date: string;
};

function notComputed(code: string, reason: string): DutyFinding {
  return { computed: false, code, reason };
}

/** The quantities an item states, the one in the tariff's unit first; without a unit none is used. */
function quantitiesOf(item: ItemFacts): StatedQuantity[] {
  const stated: StatedQuantity[] = [];
  for (const [words, measure] of [
    ['tariff quantity', item.tariffQuantity],
    ['net mass', item.netMass],
  ] as const)
    if (measure !== null && measure.unit !== null) stated.push({ words, value: measure.value, unit: measure.unit });
  return stated;
}

function assessItem(item: ItemFacts, shipment: ShipmentCharges, terms: DutyTerms): ItemAssessment {
  const { tariff, currency, date } = terms;
  const value = customsValueOf(item, shipment, terms);
  const { withoutPreference, preferences } = terms.preferences;
  const code = item.preferenceCode;
  const claimCode = code === null || withoutPreference.some((start) => code.startsWith(start)) ? null : code;
  const meaning = preferences.find((preference) => preference.code === claimCode);
  const common = {
    sequence: item.sequence,
    commodityCode: item.commodityCode,
    customsValue: value.established
      ? {
          amount: value.amount.toDecimalPlaces(minorUnits(currency) + 2, Decimal.ROUND_HALF_UP).toFixed(),
          currency,
        }
      : null,
    valueWorking: value.working,
    originCountry: item.originCountry,
    preferenceCode: claimCode,
    agreement: claimCode === null ? null : (meaning?.agreement ?? null),
  };
  const both = (finding: DutyFinding): ItemAssessment => ({ ...common, claimed: finding, mostFavouredNation: finding });
  if (tariff === null) return both(notComputed('TARIFF-MISSING', 'No tariff of this country is held here.'));
  const search = findLine(tariff, item.commodityCode);
  if (!search.found) return both(notComputed(search.code, search.reason));
  const rate = (schedule: string, origin: string | null): DutyFinding =>
    dutyFinding(rateFor(tariff, search.line, schedule, origin, date), value, quantitiesOf(item), terms);
  const mostFavouredNation = rate(WITHOUT_PREFERENCE, item.originCountry);
  if (claimCode === null) return { ...common, claimed: mostFavouredNation, mostFavouredNation };
  const origin = item.preferentialOriginCountry ?? item.originCountry;
  const claim = claimOf(claimCode, meaning, origin);
  return { ...common, claimed: 'schedule' in claim ? rate(claim.schedule, origin) : claim, mostFavouredNation };
}

/** The column under which a claim is assessed, or why there is none. */
function claimOf(
  code: string,
  meaning: PreferenceRules['preferences'][number] | undefined,
  origin: string | null,
): { readonly schedule: string } | DutyFinding {
  if (meaning === undefined)
    return notComputed(
      'PREFERENCE-CODE-UNKNOWN',
      `Preference code ${code} names no agreement of the national profile; use one that it lists.`,
    );
  const { agreement, parties, schedules } = meaning;
  const own = schedules.find(({ origins }) => origins === undefined || (origin !== null && origins.has(origin)));
  if (own !== undefined) return { schedule: own.schedule };
  if (origin === null) return notComputed('PREFERENCE-NOT-FOR-ORIGIN', 'The origin of the goods is not said.');
  return parties.has(origin)
    ? notComputed(
        'SCHEDULE-PARTNER-NOT-ESTABLISHED',
        `Which column of the tariff holds for ${agreement} and goods of ${countryName(origin)} is not established.`,
      )
    : notComputed('PREFERENCE-NOT-FOR-ORIGIN', `${countryName(origin)} is no party to ${agreement}.`);
}

function total(findings: readonly DutyFinding[], currency: string): Money | null {
  let sum = new Exact(0);
  for (const finding of findings) {
    if (!finding.computed) return null;
    sum = sum.plus(finding.duty.amount);
  }
  return { amount: sum.toFixed(minorUnits(currency)), currency };
}

/**
 * Duty of every item under what is claimed and without preference. Each item's duty is exact until its end and rounded
 * there; the totals are sums of the rounded. What cannot be computed has a code and says why; nothing is guessed.
 */
export function assessDuty(terms: DutyTerms): Assessment {
  const { facts, currency, date } = terms;
  const shipment = shipmentChargesOf(facts, terms);
  const items = facts.items.map((item) => assessItem(item, shipment, terms));
  return {
    date,
    currency,
    items,
    claimedTotal: total(
      items.map(({ claimed }) => claimed),
      currency,
    ),
    mostFavouredNationTotal: total(
      items.map(({ mostFavouredNation }) => mostFavouredNation),
      currency,
    ),
    notIncluded: 'Customs duty only: value added tax, excise, safeguard and anti-dumping duties are not part of it.',
  };
}
