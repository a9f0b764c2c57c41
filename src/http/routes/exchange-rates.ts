import { actorOfEvent } from '../../access/actor.ts';
import {
  type RateBook,
  type RecordedRate,
  ratesInForce,
  recordedRates,
  recordRate,
} from '../../clearance/exchange-rates.ts';
import type { JsonObject } from '../../documents/json.ts';
import { bodyObject, textOf, textOrNull } from '../body.ts';
import type { Route } from '../route.ts';
import { ID, LINE, listOf, MOMENT, objectOf, orNull } from './shapes.ts';

const CURRENCY: JsonObject = {
  type: 'string',
  pattern: '^[A-Z]{3}$',
  says: 'a currency as three capital letters (ISO 4217), such as USD',
};
const DATE: JsonObject = { type: 'string', format: 'date', says: 'a day, such as 2026-11-24' };
const AMOUNT: JsonObject = {
  type: 'string',
  pattern: '^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,12})?$',
  says: 'a decimal number as text, such as 25450 or 0.0393',
};
const UNITS: JsonObject = {
  type: 'string',
  pattern: '^[1-9][0-9]{0,5}$',
  says: 'how many units of the foreign currency the rate is for, such as 1 or 100',
};

const RATE = objectOf({
  id: ID,
  currency: CURRENCY,
  units: UNITS,
  rate: AMOUNT,
  source: LINE,
  validFrom: DATE,
  validUntil: orNull(DATE),
  reason: orNull(LINE),
  recordedAt: MOMENT,
  recordedByName: LINE,
});

function rateJson(rate: RecordedRate): JsonObject {
  return {
    id: rate.id,
    currency: rate.currency,
    units: rate.units,
    rate: rate.rate,
    source: rate.source,
    validFrom: rate.validFrom,
    validUntil: rate.validUntil,
    reason: rate.reason,
    recordedAt: rate.recordedAt.toISOString(),
    recordedByName: rate.recordedByName,
  };
}

/**
 * Rates of exchange by which duty is assessed.
 * @param currency the administration's own, ISO 4217
 * @param book is made to forget what it holds when a rate was recorded
 */
export function exchangeRateRoutes(currency: string, book: RateBook): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/exchange-rates',
      operationId: 'listExchangeRates',
      summary: 'Rates of exchange of the customs administration',
      description:
        `Each rate is so much ${currency} for so many units of a foreign currency. With date: the rates that hold on ` +
        'that day, one a currency; else what was recorded, newest first, 500 at most.',
      tag: 'Duty',
      right: 'tariff.read',
      query: { currency: CURRENCY, date: DATE },
      replies: { 200: { description: 'The rates.', schema: listOf(RATE) } },
      async handle({ query, transaction }) {
        const [wanted, date] = [query['currency'], query['date']];
        const rates =
          date === undefined
            ? await recordedRates(transaction, wanted ?? null)
            : (await ratesInForce(transaction, date)).filter(
                (rate) => wanted === undefined || rate.currency === wanted,
              );
        return { status: 200, json: { items: rates.map(rateJson) } };
      },
    },
    {
      method: 'POST',
      path: '/api/exchange-rates',
      operationId: 'recordExchangeRate',
      summary: 'Record a rate of exchange',
      description:
        'Nothing is overwritten: a correction is another rate from the same day with its reason, and holds from now on. ' +
        'What was assessed before keeps the rate it was assessed by.',
      tag: 'Duty',
      right: 'exchange-rate.manage',
      requestBody: objectOf(
        {
          currency: CURRENCY,
          units: UNITS,
          rate: AMOUNT,
          source: LINE,
          validFrom: DATE,
          validUntil: orNull(DATE),
          reason: orNull(LINE),
        },
        ['units', 'validUntil', 'reason'],
      ),
      replies: { 201: { description: 'Recorded.', schema: RATE } },
      async handle({ actor, body, now, transaction }) {
        const wanted = bodyObject(body);
        const recorded = await recordRate(
          transaction,
          actorOfEvent(actor),
          currency,
          {
            currency: textOf(wanted, 'currency'),
            units: textOrNull(wanted, 'units') ?? '1',
            rate: textOf(wanted, 'rate'),
            source: textOf(wanted, 'source'),
            validFrom: textOf(wanted, 'validFrom'),
            validUntil: textOrNull(wanted, 'validUntil'),
            reason: textOrNull(wanted, 'reason'),
          },
          now,
        );
        transaction.afterCommit(() => book.forget());
        return { status: 201, json: rateJson(recorded), location: `/api/exchange-rates?currency=${recorded.currency}` };
      },
    },
  ];
}
