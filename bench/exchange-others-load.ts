import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inMemory } from '../src/exchange/message/content.ts';
import { benchAsx } from '../tests/interop/asx/bench.ts';
import { payloads } from '../tests/interop/payloads.ts';
import { benchPhase4 } from '../tests/interop/phase4/bench.ts';
import type { Rig, Round } from './exchange-rig-load.ts';
import { megabytes } from './process-load.ts';

const PROFILES = ['edelivery-2.0-common-usage', 'edelivery-1.15'] as const;
const IN_FLIGHT = 8;
const BYTES = 20_480;

const has = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

interface Result {
  readonly who: string;
  readonly rate: number;
  /** CPU microseconds of both ends, for one document. */
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  readonly note: string;
}

interface Failed {
  readonly who: string;
  readonly failed: string;
}

function print(profile: string, ours: Result, others: readonly (Result | Failed)[]): void {
  console.log(`\n${profile}, ${BYTES} bytes, ${IN_FLIGHT} in flight, mutual TLS on 127.0.0.1, receipts verified`);
  for (const one of [ours, ...others]) {
    if ('failed' in one) {
      console.log(`  ${one.who.padEnd(34)} did not end: ${one.failed}`);
      continue;
    }
    const { who, rate, cpu, p50, p99, note } = one;
    console.log(
      `  ${who.padEnd(34)} ${rate.toFixed(0).padStart(5)}/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  CPU ${cpu.toFixed(0)} µs, ${(1e6 / cpu).toFixed(0)} documents per CPU second; Selat ${(cpu / ours.cpu).toFixed(1)} ×  (${note})`,
    );
  }
}

function ofRound(round: Round): Result {
  const cpu = (round.sender.cpuMicroseconds + round.receiver.cpuMicroseconds) / round.count;
  const all = cpu + round.database.cpuMicroseconds / round.count;
  return { who: 'Selat', ...round, cpu, note: `durable; with its database ${all.toFixed(0)} µs` };
}

/** How long is measured, and for how long phase4 runs before: Java compiles what it runs often. */
export interface OthersTerms {
  readonly seconds: number;
  readonly warmUp: number;
}

async function phase4(
  profile: (typeof PROFILES)[number],
  payload: Buffer,
  { seconds, warmUp }: OthersTerms,
  connections: 'kept' | 'new',
): Promise<Result | Failed> {
  const who = `phase4, ${connections === 'kept' ? 'kept connections' : 'as it is'}`;
  try {
    const [one] = await benchPhase4([{ profile, payload, inFlight: IN_FLIGHT, seconds, warmUp, connections }]);
    if (one === undefined) throw new Error('it measured nothing');
    return {
      who: `${who} (${one.version})`,
      rate: one.messagesPerSecond,
      cpu: one.cpuMicrosecondsPerMessage,
      p50: one.p50Milliseconds,
      p99: one.p99Milliseconds,
      note: `keeps nothing; Java ${one.java}, ${megabytes(one.peakBytes)} MB`,
    };
  } catch (error) {
    return { who, failed: String(error).split('\n')[0]?.slice(0, 200) ?? '' };
  }
}

async function asx(payload: Buffer, seconds: number): Promise<Result | Failed> {
  try {
    const [one] = await benchAsx([{ payload, inFlight: IN_FLIGHT, seconds, warmUp: 2 }]);
    if (one === undefined) throw new Error('it measured nothing');
    return {
      who: one.version,
      rate: one.messagesPerSecond,
      cpu: one.cpuMicrosecondsPerMessage ?? 0,
      p50: one.p50Milliseconds,
      p99: one.p99Milliseconds,
      note: `keeps nothing; Rust, ${megabytes(one.peakBytes ?? 0)} MB`,
    };
  } catch (error) {
    return { who: 'asx-rs', failed: String(error).split('\n')[0]?.slice(0, 200) ?? '' };
  }
}

/**
 * The same payload, profile and machine for the access points of others, where they are installed. They keep nothing:
 * phase4 and asx-rs send and receive in one process, hold message ids in memory, and write neither message nor receipt
 * to a disk; so the CPU of Selat's two processes is compared, and that of its database is told beside it.
 */
export async function compareWithOthers(rig: Rig, terms: OthersTerms): Promise<void> {
  const { seconds } = terms;
  const payload = payloads(1, BYTES)[0]?.bytes ?? Buffer.alloc(0);
  for (const profile of PROFILES) {
    const ends = await rig.ends(profile);
    const load = { ends, content: inMemory(payload), inFlight: IN_FLIGHT };
    await rig.exchange({ ...load, milliseconds: 2_000 });
    const ours = ofRound(await rig.exchange({ ...load, milliseconds: seconds * 1_000 }));
    const others: (Result | Failed)[] = [];
    if (has('java') && has('mvn'))
      for (const connections of profile === 'edelivery-1.15' ? (['kept'] as const) : (['kept', 'new'] as const))
        others.push(await phase4(profile, payload, terms, connections));
    if (has('cargo') && profile === 'edelivery-1.15') others.push(await asx(payload, seconds));
    print(profile, ours, others);
  }
}
