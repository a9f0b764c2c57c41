import type { Pool, Reader } from '../store/pool.ts';
import { inTransaction, type Transaction } from '../store/transaction.ts';

/** Any number does, as long as every process of a node takes the same: one makes a new year's series at a time. */
const seriesLock = 7_352_020;

const SERIES: Readonly<Record<string, string>> = { 'ATIGA-FORM-D': 'atiga', RCEP: 'rcep' };

function seriesName(scheme: string, year: number): string {
  const name = SERIES[scheme];
  if (name === undefined || !Number.isInteger(year) || year < 2000 || year > 9999) {
    throw new RangeError(`there is no series of numbers for ${scheme} in ${year}`);
  }
  return `certificate_serial_${name}_${year}`;
}

/**
 * Takes the next serial of a scheme in a year. A Postgres sequence: no transaction waits for another one, a number
 * taken by a transaction that fails is a gap, and none is given twice. The series of a new year is made when it is
 * first asked for, on a connection of its own, so that the caller's transaction holds no lock for it.
 */
export async function nextSerial(transaction: Transaction, pool: Pool, scheme: string, year: number): Promise<number> {
  const name = seriesName(scheme, year);
  const found = await take(transaction, name);
  if (found !== null) return found;
  await makeSeries(pool, name);
  // Not in the caller's transaction: its connection may still remember that the series was not there.
  const made = await take(pool, name);
  if (made === null) throw new Error(`the series ${name} was made and is not there`);
  return made;
}

/** Makes the series that approvals will need in a year, so that none has to wait for it. */
export async function prepareSeries(pool: Pool, year: number): Promise<void> {
  for (const scheme of Object.keys(SERIES)) await makeSeries(pool, seriesName(scheme, year));
}

async function take(reader: Reader, name: string): Promise<number | null> {
  const { rows } = await reader.query<{ serial: bigint | null }>({
    name: 'next-certificate-serial',
    text: 'select nextval(to_regclass($1)) as serial',
    values: [name],
  });
  const serial = rows[0]?.serial ?? null;
  return serial === null ? null : Number(serial);
}

async function makeSeries(pool: Pool, name: string): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    await transaction.query({ text: 'select pg_advisory_xact_lock($1)', values: [seriesLock] });
    await transaction.query({ text: `create sequence if not exists ${name} maxvalue 9999999 no cycle` });
  });
}
