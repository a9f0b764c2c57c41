import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inMemory } from '../src/exchange/message/content.ts';
import {
  type ArrivedMessage,
  findFirst,
  insertIncoming,
  insertOutgoing,
  markReceipted,
} from '../src/exchange/queries.ts';
import { claimDue, partnersWithDueMessages } from '../src/exchange/sending/claim-queries.ts';
import { freePort, startEmbeddedPostgres } from '../src/store/embedded.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPool, type Pool, type Reader, type Statement } from '../src/store/pool.ts';
import { inTransaction } from '../src/store/transaction.ts';
import { fill, settle } from './exchange-backlog-load.ts';
import { middle } from './process-load.ts';

// What the exchange asks of its database, in one without messages and in one with millions of them, in turns. Each
// statement is timed by itself within a transaction of many, so that no commit is measured.
const { values } = parseArgs({
  options: { messages: { type: 'string', default: '5000000' }, rounds: { type: 'string', default: '12' } },
});
const messages = Number(values.messages);
const EACH = 64;
const body = inMemory(randomBytes(15_000));
const receipt = randomBytes(5_000);
const references = [1, 2, 3].map((n) => ({
  uri: `#${n}`,
  transforms: [],
  digestMethod: 'urn:x',
  digest: randomBytes(32).toString('base64'),
}));

const folder = mkdtempSync(join(tmpdir(), 'selat-bench-'));
const postgres = await startEmbeddedPostgres({
  folder: join(folder, 'postgres'),
  port: await freePort(),
  settings: ['max_wal_size=8GB'],
});
const names = ['empty', 'full'] as const;
for (const name of names) {
  await postgres.ensureDatabase(name);
  const pool = openPool(postgres.url(name));
  await migrate(pool);
  await pool.close();
}
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString()}, load ${loadavg().map((each) => each.toFixed(1))}`,
);
const begun = performance.now();
await fill(postgres.url('full'), messages);
const pools: Record<(typeof names)[number], Pool> = {
  empty: openPool(postgres.url('empty'), { maximumConnections: 1, statementTimeoutMilliseconds: 600_000 }),
  full: openPool(postgres.url('full'), { maximumConnections: 1, statementTimeoutMilliseconds: 600_000 }),
};
for (const name of names) await settle(pools[name]);
console.log(`${messages} messages stored in ${((performance.now() - begun) / 1_000).toFixed(0)} s`);

const later = (milliseconds: number): Date => new Date(Date.now() + milliseconds);
const outgoing = () => ({
  messageId: `${randomUUID()}@th.selat`,
  partner: 'VN',
  conversation: `UCR-${randomUUID()}`,
  service: 'urn:bench:service',
  action: 'urn:bench:action',
  contentType: 'multipart/related',
  body,
  references,
});
const arrived = (): ArrivedMessage => ({
  ...outgoing(),
  digest: randomBytes(32),
  receivedAt: new Date(),
  receipt,
  state: 'delivered',
});
const claimTerms = () => ({ limit: 16, now: new Date(), leaseEndsAt: later(120_000), lookAgainAt: later(1_000) });

/** What something took: microseconds by the clock, and of the processor by the one process of the database. */
interface Timing {
  readonly clock: number;
  readonly processor: number;
}
type Timings = Record<string, Timing[]>;

const backends = new Map<Pool, number>();
for (const name of names) {
  const { rows } = await pools[name].query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
  backends.set(pools[name], rows[0]?.pid ?? 0);
}

/** Nanoseconds on a processor (Linux; 0 elsewhere). */
function onProcessor(pool: Pool): number {
  try {
    return Number(readFileSync(`/proc/${backends.get(pool)}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return 0;
  }
}

async function timed<Result>(
  [pool, timings]: readonly [Pool, Timings],
  name: string,
  times: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = onProcessor(pool);
  const begin = performance.now();
  const result = await work();
  const timing = {
    clock: ((performance.now() - begin) * 1_000) / times,
    processor: (onProcessor(pool) - before) / 1_000 / times,
  };
  timings[name] = [...(timings[name] ?? []), timing];
  return result;
}

/** One message after the other through all that the exchange does with its database. */
async function round(pool: Pool, timings: Timings): Promise<void> {
  const of = [pool, timings] as const;
  const queued = Array.from({ length: EACH }, outgoing);
  await inTransaction(pool, async (transaction) => {
    await transaction.query({ text: 'select 1' });
    await timed(of, 'enqueue', EACH, async () => {
      for (const message of queued) {
        insertOutgoing(transaction, message, new Date(), later(86_400_000), undefined);
        await transaction.query({ text: 'select 1' });
      }
    });
  });
  await timed(of, 'partners with due messages', 1, () => partnersWithDueMessages(pool, new Date()));
  const claimed: string[] = [];
  await timed(of, 'claim due messages, for one of 16', EACH, async () => {
    while (claimed.length < EACH) {
      const { messages: some } = await claimDue(pool, 'VN', claimTerms());
      if (some.length === 0) throw new Error('nothing is due');
      claimed.push(...some.map(({ messageId }) => messageId));
    }
  });
  await timed(of, 'nothing due: claim', 1, () => claimDue(pool, 'ID', claimTerms()));
  const receipts = claimed.map((messageId) => ({ messageId, receiptId: 'r', bytes: receipt, at: new Date() }));
  await inTransaction(pool, async (transaction) => {
    await transaction.query({ text: 'select 1' });
    await timed(of, 'keep a receipt, of 16 together', EACH, async () => {
      for (let at = 0; at < receipts.length; at += 16) await markReceipted(transaction, receipts.slice(at, at + 16));
    });
  });
  const incoming = Array.from({ length: EACH }, arrived);
  await inTransaction(pool, async (transaction) => {
    await transaction.query({ text: 'select 1' });
    await timed(of, 'keep an incoming message', EACH, async () => {
      for (const message of incoming) if (!(await insertIncoming(transaction, message))) throw new Error('known');
    });
  });
  await inTransaction(pool, async (transaction) => {
    await transaction.query({ text: 'select 1' });
    await timed(of, 'a duplicate: found, first receipt', EACH, async () => {
      for (const message of incoming) {
        if (await insertIncoming(transaction, message)) throw new Error('not known');
        if ((await findFirst(transaction, message.messageId)) === undefined) throw new Error('not found');
      }
    });
  });
}

const timings: Record<(typeof names)[number], Timings> = { empty: {}, full: {} };
for (const name of names) await round(pools[name], {});
for (let count = 0; count < Number(values.rounds); count += 1)
  for (const name of count % 2 === 0 ? names : names.toReversed()) await round(pools[name], timings[name]);
console.log(
  `\nMedian of ${values.rounds} rounds in turns, for one message: µs by the clock; of the processor in the database`,
);
console.log(`${' '.repeat(46)} none stored       ${messages} stored  ratio`);
for (const [name, row] of Object.entries(timings.empty)) {
  const [empty, full] = [row, timings.full[name] ?? []].map((each) => ({
    clock: middle(each.map(({ clock }) => clock)),
    processor: middle(each.map(({ processor }) => processor)),
  }));
  if (empty === undefined || full === undefined) continue;
  const both = ({ clock, processor }: Timing): string =>
    `${clock.toFixed(0).padStart(8)} ${processor.toFixed(0).padStart(6)}`;
  const ratio = `${(full.clock / empty.clock).toFixed(2).padStart(9)} ${(full.processor / empty.processor).toFixed(2).padStart(6)}`;
  console.log(`  ${name.padEnd(40)} ${both(empty)}   ${both(full)} ${ratio}`);
}

/** The plan of what a function asks, with what it read; nothing of it stays. */
async function explain(what: string, ask: (reader: Reader) => Promise<unknown>): Promise<void> {
  let asked: Statement | undefined;
  const listener: Reader = {
    query(statement) {
      asked = statement;
      return Promise.resolve({ rows: [], rowCount: 0 });
    },
  };
  await ask(listener);
  const { text = '', values: parameters = [] } = asked ?? {};
  await inTransaction(pools.full, async (transaction) => {
    const { rows } = await transaction.query<Record<string, string>>({
      text: `explain (analyze, buffers, costs off, timing off, summary off) ${text}`,
      values: parameters,
    });
    console.log(`\n${what}\n${rows.map((row) => `  ${Object.values(row).join('')}`).join('\n')}`);
    throw new Undone();
  }).catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
}
class Undone extends Error {}

await inTransaction(pools.full, async (transaction) => {
  for (const message of Array.from({ length: EACH }, outgoing))
    insertOutgoing(transaction, message, new Date(), later(86_400_000), undefined);
  await transaction.query({ text: 'select 1' });
});
await explain('partners with due messages', (reader) => partnersWithDueMessages(reader, new Date()));
await explain('claim due messages', (reader) => claimDue(reader, 'VN', claimTerms()));
await explain('claim due messages of a partner with a long queue', (reader) => claimDue(reader, 'MM', claimTerms()));

const long: Timings = {};
for (let count = 0; count < 20; count += 1)
  await timed([pools.full, long], 'claim', 16, () => claimDue(pools.full, 'MM', claimTerms()));
const { rows } = await pools.full.query<{ count: bigint }>({
  text: `select count(*) from outgoing_messages where partner = 'MM' and state = 'queued'`,
});
console.log(
  `\nclaim due messages of a partner with ${rows[0]?.count} in its queue, for one of 16: ${middle((long['claim'] ?? []).map(({ processor }) => processor)).toFixed(0)} µs of the processor`,
);

for (const name of names) await pools[name].close();
await postgres.stop();
rmSync(folder, { recursive: true, force: true });
if (postgres.dataFolder.startsWith('/var/lib/selat/'))
  rmSync(join(postgres.dataFolder, '..'), { recursive: true, force: true });
