import { Decimal } from 'decimal.js';
import { ratesInForce, recordRate } from '../clearance/exchange-rates.ts';
import type { Pool } from '../store/pool.ts';
import { inTransaction } from '../store/transaction.ts';
import { sampleCountry } from './sample-country.ts';

const installer = { id: 'sample-region', name: 'Sample region', role: 'node' };
const month = 30 * 86_400_000;

/** Invented, for the sample region alone: so much of each currency for one US dollar, and the units it is quoted in. */
const quotes: { readonly [currency: string]: { readonly perDollar: string; readonly units: string } } = {
  USD: { perDollar: '1', units: '1' },
  THB: { perDollar: '32.5', units: '1' },
  VND: { perDollar: '26000', units: '1000' },
  JPY: { perDollar: '150', units: '100' },
  MYR: { perDollar: '4.2', units: '1' },
  SGD: { perDollar: '1.3', units: '1' },
  IDR: { perDollar: '16500', units: '1000' },
  PHP: { perDollar: '58', units: '1' },
};

/**
 * Records rates of exchange in a sample node, unless it has rates: the dollar and the currencies of the sample countries
 * in its own currency, with the source "sample", from a month ago. Nothing where its own currency has no quote.
 */
export async function ensureSampleRates(pool: Pool, country: string, now: Date): Promise<void> {
  const own = sampleCountry(country).customs.currency;
  const mine = quotes[own];
  if (mine === undefined) return;
  const today = now.toISOString().slice(0, 10);
  if ((await ratesInForce(pool, today)).length > 0) return;
  const validFrom = new Date(now.getTime() - month).toISOString().slice(0, 10);
  await inTransaction(pool, async (transaction) => {
    for (const [currency, { perDollar, units }] of Object.entries(quotes)) {
      if (currency === own) continue;
      const rate = new Decimal(mine.perDollar).times(units).dividedBy(perDollar).toSignificantDigits(7).toFixed();
      await recordRate(
        transaction,
        installer,
        own,
        { currency, units, rate, source: 'sample', validFrom, validUntil: null, reason: null },
        now,
      );
    }
  });
}
