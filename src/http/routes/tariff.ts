import type { RateBook } from '../../clearance/exchange-rates.ts';
import type { CustomsAdministration } from '../../clearance/ports.ts';
import type { JsonObject } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import { localTime } from '../../issuance/local-time.ts';
import type { DutyFinding } from '../../tariff/assessment.ts';
import { statedValue } from '../../tariff/customs-value.ts';
import { lineOffers, withoutPreference } from '../../tariff/line-offers.ts';
import { findLine, tariffOf } from '../../tariff/tariff.ts';
import type { Route } from '../route.ts';
import { COUNTRY, objectOf, orNull } from './shapes.ts';

const TEXT: JsonObject = { type: 'string' };
const DECIMAL: JsonObject = {
  type: 'string',
  pattern: '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,6})?$',
  says: 'a decimal number of at most 15 digits before the point and 6 behind it, such as 1250.50',
};
const MONEY = objectOf({ amount: TEXT, currency: TEXT });
const WORKING: JsonObject = { type: 'array', items: objectOf({ words: TEXT, result: TEXT }, ['result']) };
const DUTY: JsonObject = {
  type: ['object', 'null'],
  additionalProperties: false,
  required: ['computed'],
  properties: {
    computed: { type: 'boolean' },
    duty: MONEY,
    working: WORKING,
    code: TEXT,
    reason: TEXT,
    rate: objectOf({ schedule: TEXT, words: TEXT, printed: TEXT, source: TEXT, status: TEXT }),
  },
};
const OFFER = objectOf({
  schedule: TEXT,
  title: TEXT,
  preference: { type: 'boolean' },
  note: orNull(TEXT),
  printed: TEXT,
  words: TEXT,
  understood: { type: 'boolean' },
  holds: { type: 'boolean' },
  code: orNull(TEXT),
  reason: orNull(TEXT),
  duty: DUTY,
});
const REPLY = objectOf({
  country: COUNTRY,
  commodityCode: TEXT,
  date: TEXT,
  origin: orNull(COUNTRY),
  tariff: objectOf({
    name: TEXT,
    edition: TEXT,
    source: TEXT,
    status: TEXT,
    validFrom: TEXT,
    validUntil: orNull(TEXT),
  }),
  customsValue: { ...MONEY, type: ['object', 'null'] },
  valueWorking: WORKING,
  withoutPreference: objectOf({ words: orNull(TEXT), code: orNull(TEXT), reason: orNull(TEXT), duty: DUTY }),
  schedules: { type: 'array', items: OFFER },
});

/** Lines that a refusal names. */
const LISTED = 60;

function dutyJson(finding: DutyFinding | null): JsonObject | null {
  return finding === null ? null : { ...finding };
}

/**
 * What a trader asks before shipping: the rates of a national line in words, and the duty of a value under each.
 * @param country ISO 3166-1 alpha-2
 */
export function tariffRoutes(country: string, customs: CustomsAdministration, rates: RateBook): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/tariff/:commodityCode',
      operationId: 'readTariffLine',
      summary: 'All rates of a tariff line, and the duty of a value under each',
      description:
        'With origin it is said which rates hold for the goods and why others do not; with value (and currency, else that ' +
        'of the administration) what duty comes to. quantity and unit (UNECE Recommendation 20) are for rates per unit. ' +
        'A cell of the tariff that was not understood is shown as printed and never computed with.',
      tag: 'Duty',
      right: 'tariff.read',
      query: {
        origin: COUNTRY,
        date: { type: 'string', format: 'date', says: 'a day, such as 2026-11-24' },
        value: DECIMAL,
        currency: { type: 'string', pattern: '^[A-Z]{3}$', says: 'a currency (ISO 4217), such as USD' },
        quantity: DECIMAL,
        unit: { type: 'string', pattern: '^[A-Z0-9]{2,3}$', says: 'a unit of UNECE Recommendation 20, such as KGM' },
      },
      replies: { 200: { description: 'The line with its rates.', schema: REPLY } },
      async handle({ params, query, now, transaction }) {
        const code = params['commodityCode'] ?? '';
        if (!/^[0-9]{6,10}$/.test(code))
          throw new Refusal('invalid', 'COMMODITY-CODE-FORM', 'A commodity code has 6 to 10 digits and nothing else.');
        const tariff = tariffOf(country);
        if (tariff === null)
          throw new Refusal('not-found', 'TARIFF-MISSING', 'No tariff of this country is held here; ask its customs.');
        const search = findLine(tariff, code);
        if (!search.found && search.code === 'TARIFF-LINE-UNKNOWN')
          throw new Refusal('not-found', 'TARIFF-LINE-UNKNOWN', `The tariff has no line ${code}; check the code.`);
        if (!search.found)
          throw new Refusal(
            'invalid',
            'TARIFF-LINE-NOT-UNIQUE',
            `${search.reason} They are: ${search.lines.slice(0, LISTED).join(', ')}${
              search.lines.length > LISTED ? ' …' : ''
            }.`,
          );
        if ((query['quantity'] === undefined) !== (query['unit'] === undefined))
          throw new Refusal('invalid', 'QUANTITY-WITHOUT-UNIT', 'Give quantity and unit together, or neither.');
        const date = query['date'] ?? localTime(now, customs.timeZone).date;
        const { currency } = customs;
        const exchangeRates = await rates.on(transaction, date);
        const value =
          query['value'] === undefined
            ? null
            : statedValue(
                'value as asked',
                { amount: query['value'], currency: query['currency'] ?? currency },
                {
                  currency,
                  exchangeRates,
                  date,
                },
              );
        const question = {
          originCountry: query['origin'] ?? null,
          date,
          value,
          quantities:
            query['quantity'] === undefined || query['unit'] === undefined
              ? []
              : [{ words: 'quantity', value: query['quantity'], unit: query['unit'] }],
          currency,
          exchangeRates,
        };
        const base = withoutPreference(tariff, search.line, question);
        return {
          status: 200,
          json: {
            country,
            commodityCode: search.line.code,
            date,
            origin: question.originCountry,
            tariff: {
              name: tariff.name,
              edition: tariff.edition,
              source: tariff.source,
              status: tariff.status,
              validFrom: tariff.validFrom,
              validUntil: tariff.validUntil,
            },
            customsValue: value?.established === true ? { amount: value.amount.toFixed(), currency } : null,
            valueWorking: (value?.working ?? []).map((line) => ({ ...line })),
            withoutPreference: { ...base, duty: dutyJson(base.duty) },
            schedules: lineOffers(tariff, search.line, question).map((offer) => ({
              ...offer,
              duty: dutyJson(offer.duty),
            })),
          },
        };
      },
    },
  ];
}
