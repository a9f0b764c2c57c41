import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inMemory } from '../src/exchange/content.ts';
import { composeReceipt } from '../src/exchange/receipt.ts';
import { checkReceiptReferences, readSignal } from '../src/exchange/signal.ts';
import { composeUserMessage, openUserMessage } from '../src/exchange/user-message.ts';
import { freePort, startEmbeddedPostgres } from '../src/store/embedded.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPool } from '../src/store/pool.ts';
import { inTransaction } from '../src/store/transaction.ts';
import {
  prepareCeilingTables,
  receiptWork,
  receivingWork,
  sendersShare,
  sendingWork,
} from './exchange-ceiling-load.ts';
import { ACTION, createBenchExchange, createBenchMember, keyOf, SERVICE } from './exchange-members-load.ts';
import type { Order, OrderDone } from './exchange-receiver-load.ts';

// Documents per second from the sender's transaction to the checked receipt on the sender's disk, durable at both ends:
// two processes over mutual TLS, one Postgres server with a database for each. Beside it, in the same run, the ceiling:
// the same cryptography and the same commits with nothing else. Rounds of both alternate.
const seconds = Number(process.argv[2] ?? 4);
const rounds = 3;

/** 20 KB that compress as a certificate does: words and figures, about four to one. */
function payloadOf(): Buffer {
  const words = [
    '<cbc:ID>',
    '</cbc:ID>',
    '<cac:Item>',
    'CTH',
    'coffee beans, not roasted',
    'KGM',
    '0901.11',
    'Bangkok',
  ];
  let text = '<CertificateOfOrigin>';
  while (text.length < 20_480) text += `${words[text.length % words.length]} ${randomBytes(6).toString('hex')} `;
  return Buffer.from(text.slice(0, 20_480));
}

/** CPU of the database server and its children so far, in microseconds (Linux; 0 elsewhere). */
function databaseCpu(processId: number): number {
  try {
    const ticks = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => {
        try {
          const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ');
          const isOurs = Number(name) === processId || Number(fields[1]) === processId;
          return isOurs ? Number(fields[11]) + Number(fields[12]) : 0;
        } catch {
          return 0;
        }
      });
    return ticks.reduce((sum, each) => sum + each, 0) * 10_000;
  } catch {
    return 0;
  }
}

function ask(child: ChildProcess, order: Order): Promise<OrderDone> {
  return new Promise((resolve, reject) => {
    const left = (): void => reject(new Error('the receiving process ended'));
    child.once('exit', left);
    child.once('message', (done: OrderDone) => {
      child.off('exit', left);
      resolve(done);
    });
    child.send(order);
  });
}

const folder = mkdtempSync(join(tmpdir(), 'selat-bench-'));
const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), port: await freePort() });
for (const name of ['sender', 'receiver']) {
  await postgres.ensureDatabase(name);
  const each = openPool(postgres.url(name));
  await migrate(each);
  await each.close();
}
const [sender, receiver] = await Promise.all([createBenchMember('TH'), createBenchMember('VN')]);
const members = [sender, receiver];
const child = fork(fileURLToPath(new URL('exchange-receiver-load.ts', import.meta.url)), {
  execArgv: ['--disable-warning=ExperimentalWarning'],
});
const { port } = await ask(child, { order: 'start', url: postgres.url('receiver'), receiver, members });
const pool = openPool(postgres.url('sender'), { maximumConnections: 40 });
await prepareCeilingTables(pool);

const payload = payloadOf();
const keys = { signing: keyOf(sender, 'as4-signing'), encryption: keyOf(receiver, 'as4-encryption') };
const ceilingKeys = { signing: keys.signing.privateKey, encryption: keys.encryption.privateKey };
const header = {
  messageId: 'bench@selat',
  timestamp: new Date(),
  fromPartyId: sender.partyId,
  toPartyId: receiver.partyId,
  service: SERVICE,
  action: ACTION,
  conversationId: 'UCR-BENCH',
  properties: { originalSender: sender.partyId, finalRecipient: receiver.partyId },
};
const compose = () =>
  composeUserMessage(header, [{ contentType: 'application/xml', bytes: payload }], {
    signing: keys.signing,
    recipient: keys.encryption.certificate,
  });

/** Microseconds that one call takes, when nothing else runs: the median of batches of 50. */
function cost(work: () => unknown): number {
  for (let index = 0; index < 300; index += 1) work();
  const batches = Array.from({ length: 15 }, () => {
    const begun = performance.now();
    for (let index = 0; index < 50; index += 1) work();
    return ((performance.now() - begun) * 1_000) / 50;
  });
  return batches.toSorted((a, b) => a - b)[7] ?? 0;
}

const message = compose();
const opened = openUserMessage(message.contentType, message.body, { decryption: [keys.encryption] });
const receiptTerms = { messageId: 'r@selat', timestamp: new Date(), signing: keys.signing };
const receipt = composeReceipt(opened, receiptTerms);
const readReceipt = () => {
  const signal = readSignal(receipt);
  if (signal.kind !== 'receipt' || checkReceiptReferences(message.references, signal.references) !== undefined)
    throw new Error('the receipt is none');
};
const least = sendingWork(payload, ceilingKeys);
const steps: readonly [string, () => unknown, () => unknown][] = [
  ['compose, sign, encrypt', compose, () => sendingWork(payload, ceilingKeys)],
  [
    'parse, decrypt, verify, receipt',
    () =>
      composeReceipt(
        openUserMessage(message.contentType, message.body, { decryption: [keys.encryption] }),
        receiptTerms,
      ),
    () => receivingWork(least, ceilingKeys),
  ],
  ['parse and check the receipt', readReceipt, () => receiptWork(least.signature, ceilingKeys)],
];
console.log(
  `payload ${payload.length} bytes, on the wire ${message.body.length} bytes, receipt ${receipt.length} bytes\n`,
);
console.log('CPU by step (µs, alone on the machine)        ours   cryptography alone');
for (const [name, ours, bare] of steps)
  console.log(`  ${name.padEnd(40)} ${cost(ours).toFixed(0).padStart(6)}   ${cost(bare).toFixed(0).padStart(6)}`);

interface Round {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: { readonly sender: number; readonly receiver: number; readonly database: number };
}

async function measure(work: () => Promise<{ count: number; latencies: number[] }>): Promise<Round> {
  const receiverBefore = (await ask(child, { order: 'cpu' })).cpuMicroseconds;
  const databaseBefore = databaseCpu(postgres.processId);
  const ownBefore = process.cpuUsage();
  const begun = performance.now();
  const { count, latencies } = await work();
  const elapsed = performance.now() - begun;
  const own = process.cpuUsage(ownBefore);
  const receiverAfter = (await ask(child, { order: 'cpu' })).cpuMicroseconds;
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    rate: count / (elapsed / 1_000),
    p50: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    cpu: {
      sender: (own.user + own.system) / count,
      receiver: (receiverAfter - receiverBefore) / count,
      database: (databaseCpu(postgres.processId) - databaseBefore) / count,
    },
  };
}

/** Documents for some seconds, `inFlight` of them at a time, each from its transaction to its receipt on disk. */
async function exchangeFor(milliseconds: number, inFlight: number): Promise<Round> {
  const waiting = new Map<string, () => void>();
  const exchange = createBenchExchange(sender, members, {
    pool,
    endpoints: { VN: `https://127.0.0.1:${port}/as4` },
    perPartner: inFlight,
    receipted: (transaction, { messageId }) => {
      transaction.afterCommit(() => waiting.get(messageId)?.());
      return Promise.resolve();
    },
  });
  await exchange.start();
  const document = {
    toCountry: 'VN',
    conversationId: 'UCR-BENCH',
    service: SERVICE,
    action: ACTION,
    payloads: [{ contentType: 'application/xml', content: inMemory(payload) }],
  };
  const round = await measure(async () => {
    const latencies: number[] = [];
    const end = performance.now() + milliseconds;
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (performance.now() < end) {
          const begun = performance.now();
          const now = new Date();
          const prepared = await exchange.prepare(document, now);
          const { messageId } = prepared.composed;
          const receipted = new Promise<void>((resolve) => waiting.set(messageId, resolve));
          await inTransaction(pool, (transaction) => exchange.enqueue(transaction, prepared, now));
          await receipted;
          waiting.delete(messageId);
          latencies.push(performance.now() - begun);
        }
      }),
    );
    return { count: latencies.length, latencies };
  });
  await exchange.stop();
  return round;
}

/** The ceiling: both processes do their share of as many documents at the same time. */
function ceilingOf(count: number, inFlight: number, run: string): Promise<Round> {
  return measure(async () => {
    const terms = { count, inFlight, wireBytes: message.body.length, run };
    await Promise.all([
      sendersShare(pool, ceilingKeys, { ...terms, payload }),
      ask(child, { order: 'ceiling', ...terms, payload: payload.toString('base64') }),
    ]);
    return { count, latencies: [] };
  });
}

const middle = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

await exchangeFor(2_000, 8);
await ceilingOf(1_000, 8, 'warm');
for (const inFlight of [1, 8, 32]) {
  const ours: Round[] = [];
  const ceilings: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const one = await exchangeFor(seconds * 1_000, inFlight);
    ours.push(one);
    ceilings.push(await ceilingOf(Math.max(300, Math.round(one.rate * seconds)), inFlight, `${inFlight}-${round}`));
  }
  const of = (rows: readonly Round[], pick: (row: Round) => number): string => middle(rows.map(pick)).toFixed(0);
  const share = middle(ours.map((one, index) => one.rate / (ceilings[index]?.rate ?? 1)));
  console.log(
    `\n${inFlight} in flight: ${of(ours, (row) => row.rate)} documents/s, p50 ${middle(ours.map((row) => row.p50)).toFixed(1)} ms, p99 ${middle(ours.map((row) => row.p99)).toFixed(1)} ms; ceiling ${of(ceilings, (row) => row.rate)}/s; share ${(100 * share).toFixed(0)}% (aim 60%)`,
  );
  for (const [name, rows] of [
    ['exchange', ours],
    ['ceiling', ceilings],
  ] as const)
    console.log(
      `  CPU per document, ${name.padEnd(8)}: sender ${of(rows, (row) => row.cpu.sender)} µs, receiver ${of(rows, (row) => row.cpu.receiver)} µs, database ${of(rows, (row) => row.cpu.database)} µs`,
    );
}
console.log(
  `\n${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);
await pool.close();
child.disconnect();
await postgres.stop();
rmSync(folder, { recursive: true, force: true });
if (postgres.dataFolder.startsWith('/var/lib/selat/'))
  rmSync(join(postgres.dataFolder, '..'), { recursive: true, force: true });
