import { randomUUID } from 'node:crypto';
import { isInList } from '../documents/code-lists.ts';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent, type EventActor } from '../store/log.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { Exact, type ExchangeRate, type ExchangeRates } from '../tariff/exchange-rate.ts';

/** A rate as it was recorded. */
export interface RecordedRate extends ExchangeRate {
  readonly id: string;
  readonly reason: string | null;
  readonly recordedAt: Date;
  readonly recordedByName: string;
}

/** A rate to be recorded; `reason` only where it corrects one from the same day. */
export interface NewRate extends ExchangeRate {
  readonly reason: string | null;
}

interface RateRow {
  id: string;
  currency: string;
  units: string;
  rate: string;
  source: string;
  valid_from: string;
  valid_until: string | null;
  reason: string | null;
  recorded_at: Date;
  recorded_by_name: string;
}

const COLUMNS = `id, currency, units, rate, source, valid_from, valid_until, reason, recorded_at, recorded_by_name`;

function asRate(row: RateRow): RecordedRate {
  return {
    id: row.id,
    currency: row.currency,
    units: row.units,
    rate: row.rate,
    source: row.source,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    reason: row.reason,
    recordedAt: row.recorded_at,
    recordedByName: row.recorded_by_name,
  };
}

/** The rates that hold on a day (`YYYY-MM-DD`), one a currency. */
export async function ratesInForce(reader: Reader, date: string): Promise<RecordedRate[]> {
  const { rows } = await reader.query<RateRow>({
    name: 'exchange-rates-in-force',
    text: `select distinct on (currency) ${COLUMNS} from exchange_rates
      where valid_from <= $1::date and (valid_until is null or valid_until >= $1::date)
      order by currency, valid_from desc, position desc`,
    values: [date],
  });
  return rows.map(asRate);
}

/** What was recorded, newest first, 500 at most; of one currency where one is named. */
export async function recordedRates(reader: Reader, currency: string | null): Promise<RecordedRate[]> {
  const { rows } = await reader.query<RateRow>({
    name: 'recorded-exchange-rates',
    text: `select ${COLUMNS} from exchange_rates where $1::text is null or currency = $1
      order by position desc limit 500`,
    values: [currency],
  });
  return rows.map(asRate);
}

/**
 * Records a rate of exchange; nothing that was recorded is changed.
 * @param own the administration's currency, ISO 4217
 * @throws Refusals `EXCHANGE-RATE-CURRENCY`, `EXCHANGE-RATE-AMOUNT`, `EXCHANGE-RATE-PERIOD`, `EXCHANGE-RATE-REASON-MISSING`
 */
export async function recordRate(
  transaction: Transaction,
  actor: EventActor,
  own: string,
  wanted: NewRate,
  now: Date,
): Promise<RecordedRate> {
  const { currency, units, rate, source, validFrom, validUntil, reason } = wanted;
  if (currency === own || !isInList('currencies', currency, validFrom))
    throw new Refusal('invalid', 'EXCHANGE-RATE-CURRENCY', `Name a currency of ISO 4217 other than ${own}.`);
  if (new Exact(rate).isZero() || new Exact(units).isZero())
    throw new Refusal('invalid', 'EXCHANGE-RATE-AMOUNT', 'Rate and units are greater than zero.');
  if (validUntil !== null && validUntil < validFrom)
    throw new Refusal('invalid', 'EXCHANGE-RATE-PERIOD', 'The last day of a rate is not before its first.');
  const { rows: earlier } = await transaction.query({
    name: 'exchange-rate-of-the-same-day',
    text: 'select 1 from exchange_rates where currency = $1 and valid_from = $2 limit 1',
    values: [currency, validFrom],
  });
  if (earlier.length > 0 && reason === null)
    throw new Refusal(
      'invalid',
      'EXCHANGE-RATE-REASON-MISSING',
      `A rate of ${currency} from ${validFrom} is recorded already; say in reason why another one replaces it.`,
    );
  const id = randomUUID();
  transaction.later({
    name: 'record-exchange-rate',
    text: `insert into exchange_rates (id, currency, units, rate, source, valid_from, valid_until, reason, recorded_at,
        recorded_by, recorded_by_name)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    values: [id, currency, units, rate, source, validFrom, validUntil, reason, now, actor.id, actor.name],
  });
  await appendEvent(transaction, {
    kind: 'exchange-rate.recorded',
    subject: id,
    actor,
    occurredAt: now,
    ...(reason === null ? {} : { reason }),
    data: { currency, units, rate, source, validFrom, validUntil },
  });
  return { ...wanted, id, recordedAt: now, recordedByName: actor.name };
}

/** The rates of a day, held for a while so that lodging a declaration asks the database nothing. */
export interface RateBook {
  /** Never older than {@link HELD_FOR_MILLISECONDS}, and read anew after {@link RateBook.forget}. */
  on(reader: Reader, date: string): Promise<ExchangeRates>;
  /** After a rate was recorded. */
  forget(): void;
}

export const HELD_FOR_MILLISECONDS = 30_000;
/** Days that are held at a time: today, and the days of late acceptances. */
const HELD_DAYS = 16;

/** @param monotonic milliseconds of a clock that never goes back */
export function createRateBook(monotonic: () => number = () => performance.now()): RateBook {
  const held = new Map<string, { readonly since: number; readonly rates: Promise<ExchangeRates> }>();
  return {
    on(reader, date) {
      const known = held.get(date);
      const now = monotonic();
      if (known !== undefined && now - known.since < HELD_FOR_MILLISECONDS) return known.rates;
      const rates = ratesInForce(reader, date).then(
        (rows): ExchangeRates => new Map(rows.map((rate) => [rate.currency, rate])),
      );
      const entry = { since: now, rates };
      held.delete(date);
      held.set(date, entry);
      rates.catch(() => {
        if (held.get(date) === entry) held.delete(date);
      });
      for (const oldest of held.keys()) {
        if (held.size <= HELD_DAYS) break;
        held.delete(oldest);
      }
      return rates;
    },
    forget: () => held.clear(),
  };
}
