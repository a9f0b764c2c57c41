import { cpus, loadavg, tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { inMemory } from '../src/exchange/message/content.ts';
import { spool } from '../src/exchange/message/spool.ts';
import { MESSAGE_PROFILES } from '../src/pki/message-keys.ts';
import { keyOf } from './exchange-members-load.ts';
import { compareWithOthers } from './exchange-others-load.ts';
import { type Ends, Rig, type Round } from './exchange-rig-load.ts';
import { payloadOf, printSteps, wireBytes } from './exchange-steps-load.ts';
import { megabytes, middle } from './process-load.ts';

// Documents per second from the sender's transaction to the checked receipt on the sender's disk, durable at both ends:
// two processes over mutual TLS, one Postgres server with a database for each. Beside it, in the same run, the ceiling (the
// same cryptography and the same commits with nothing else; rounds of both alternate), and the access points of others.
const KB = 1024;
const SIZES: Readonly<Record<string, number>> = {
  '2KB': 2 * KB,
  '20KB': 20 * KB,
  '1MB': KB * KB,
  '10MB': 10 * KB * KB,
};
const { values } = parseArgs({
  options: {
    /** Which parts: large, steps, ceiling, rates, others. */
    part: { type: 'string', multiple: true, default: ['large', 'steps', 'ceiling', 'rates', 'others'] },
    sizes: { type: 'string', default: Object.keys(SIZES).join() },
    'in-flight': { type: 'string', default: '1,8,64' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    /** Seconds that phase4 gets to warm up. */
    'warm-up': { type: 'string', default: '30' },
    /** In which the rates are measured. */
    profile: { type: 'string', default: MESSAGE_PROFILES[0] },
  },
});
const seconds = Number(values.seconds);
const profile = MESSAGE_PROFILES.find((name) => name === values.profile) ?? MESSAGE_PROFILES[0];
const has = (part: string): boolean => values.part.includes(part);

const perDocument = ({ count, sender, receiver, database }: Round): string =>
  `sender ${(sender.cpuMicroseconds / count).toFixed(0)}, receiver ${(receiver.cpuMicroseconds / count).toFixed(0)}, database ${(database.cpuMicroseconds / count).toFixed(0)} µs`;
const memory = ({ sender, receiver, database }: Round): string =>
  `sender ${megabytes(sender.peakBytes)}, receiver ${megabytes(receiver.peakBytes)}, a process of the database ${megabytes(database.peakBytes)} MB`;
const loop = ({ sender, receiver }: Round): string =>
  [sender, receiver]
    .map(({ loopDelay }) => `${loopDelay.p99.toFixed(0)}/${loopDelay.greatest.toFixed(0)}`)
    .join(' and ');

async function printRates(rig: Rig, ends: Ends): Promise<void> {
  console.log(
    '\nsize    in flight  documents/s      p50      p99 ms  CPU per document; peak memory; event loop late p99/most ms at both',
  );
  for (const size of values.sizes.split(',')) {
    const content = inMemory(payloadOf(SIZES[size] ?? 20 * KB));
    await rig.exchange({ ends, content, inFlight: 4, milliseconds: 500 });
    for (const inFlight of values['in-flight'].split(',').map(Number)) {
      const round = await rig.exchange({ ends, content, inFlight, milliseconds: seconds * 1_000 });
      console.log(
        `${size.padEnd(7)} ${String(inFlight).padStart(9)} ${round.rate.toFixed(1).padStart(12)} ${round.p50.toFixed(1).padStart(8)} ${round.p99.toFixed(1).padStart(11)}  ${perDocument(round)}; ${memory(round)}; ${loop(round)}`,
      );
    }
  }
}

async function printCeiling(rig: Rig, ends: Ends): Promise<void> {
  const payload = payloadOf(20 * KB);
  const content = inMemory(payload);
  const wire = wireBytes(ends, payload);
  const keys = {
    signing: keyOf(ends.sender, 'as4-signing').privateKey,
    encryption: keyOf(ends.receiver, 'as4-encryption').privateKey,
  };
  await rig.exchange({ ends, content, inFlight: 8, milliseconds: 3_000 });
  await rig.ceiling(keys, { count: 1_000, inFlight: 8, payload, wireBytes: wire, run: 'warm' });
  for (const inFlight of values['in-flight'].split(',').map(Number)) {
    const ours: Round[] = [];
    const ceilings: Round[] = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const one = await rig.exchange({ ends, content, inFlight, milliseconds: seconds * 1_000 });
      const count = Math.max(200, Math.round(one.rate * seconds));
      ours.push(one);
      ceilings.push(
        await rig.ceiling(keys, { count, inFlight, payload, wireBytes: wire, run: `${inFlight}-${round}` }),
      );
    }
    const share = middle(ours.map((one, index) => one.rate / (ceilings[index]?.rate ?? 1)));
    const cpu = ({ count, sender, receiver, database }: Round): number =>
      (sender.cpuMicroseconds + receiver.cpuMicroseconds + database.cpuMicroseconds) / count;
    const cpuShare = middle(ours.map((one, index) => cpu(ceilings[index] ?? one) / cpu(one)));
    const [first] = ours.toSorted((a, b) => b.rate - a.rate);
    const [best] = ceilings.toSorted((a, b) => b.rate - a.rate);
    if (first === undefined || best === undefined) continue;
    console.log(
      `\n20KB, ${inFlight} in flight: ${middle(ours.map((row) => row.rate)).toFixed(0)} documents/s, ceiling ${middle(ceilings.map((row) => row.rate)).toFixed(0)}/s; share ${(100 * share).toFixed(0)}%, by CPU ${(100 * cpuShare).toFixed(0)}% (aim 60%); p50 ${middle(ours.map((row) => row.p50)).toFixed(1)} ms, p99 ${middle(ours.map((row) => row.p99)).toFixed(1)} ms`,
    );
    console.log(`  CPU per document, fastest round: ${perDocument(first)}; ceiling: ${perDocument(best)}`);
  }
}

async function* repeated(piece: Buffer, times: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < times; index += 1) yield piece;
}

/** One payload of 10 MB, then one of 100 MB, both from a file: memory must not grow with them. */
async function printLarge(): Promise<void> {
  // Processes of its own: what others needed before does not show.
  const rig = await Rig.start();
  const ends = await rig.ends('edelivery-2.0-common-usage');
  const small = inMemory(payloadOf(20 * KB));
  const before = await rig.exchange({ ends, content: small, inFlight: 1, milliseconds: 1_000 });
  console.log(`\n20 KB for a second: peak memory ${memory(before)}`);
  for (const size of [10, 100]) {
    const content = await spool(repeated(payloadOf(KB * KB), size), { folder: tmpdir(), memoryBytes: KB });
    const round = await rig.exchange({ ends, content, inFlight: 1, milliseconds: 0 });
    await content.close();
    console.log(`${size} MB once, from a file: ${(round.p50 / 1_000).toFixed(1)} s; peak memory ${memory(round)}`);
  }
  await rig.stop();
}

const cores = cpus();
console.log(`${cores[0]?.model}, ${cores.length} cores, Node ${process.version}, ${new Date().toISOString()}`);
console.log(`load at the beginning ${loadavg().map((each) => each.toFixed(1))}`);
if (has('large')) await printLarge();
const rig = await Rig.start();
const ends = await rig.ends('edelivery-2.0-common-usage');
if (has('steps')) for (const profile of MESSAGE_PROFILES) printSteps(await rig.ends(profile), payloadOf(20 * KB));
if (has('ceiling')) await printCeiling(rig, ends);
if (has('rates')) await printRates(rig, profile === MESSAGE_PROFILES[0] ? ends : await rig.ends(profile));
if (has('others')) await compareWithOthers(rig, { seconds: 2 * seconds, warmUp: Number(values['warm-up']) });
await rig.stop();
console.log(`\nload at the end ${loadavg().map((each) => each.toFixed(1))}`);
