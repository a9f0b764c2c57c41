import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SecurityProfileName } from '../../../src/exchange/security-profile.ts';
import { createMember } from '../../exchange/members.ts';
import { payloads } from '../payloads.ts';
import { buildGlue } from './glue.ts';
import { writeConfiguration } from './parties.ts';

/** How much to measure. */
export interface Phase4BenchTerms {
  readonly profile: SecurityProfileName;
  /** The one payload of each message, sent compressed as application/xml. */
  readonly payload: Uint8Array;
  readonly inFlight: number;
  readonly seconds: number;
  /** Seconds of the same load before, in which Java compiles what it runs often. */
  readonly warmUp: number;
  /** `new`: one connection and TLS handshake for each message, as phase4 does by itself; `kept`: they stay open. */
  readonly connections: 'new' | 'kept';
}

/** What Bench.java measured: both ends in one process, so its CPU is that of both. */
export interface Phase4BenchResult {
  readonly version: string;
  readonly java: string;
  readonly profile: string;
  readonly payloadBytes: number;
  readonly inFlight: number;
  readonly connections: string;
  /** Messages whose receipts were validated. */
  readonly messages: number;
  /** Messages that phase4's receiver refused, from the warm-up on (defect 10 of README.md in the folder above). */
  readonly refused: number;
  readonly seconds: number;
  readonly messagesPerSecond: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  readonly cpuSeconds: number;
  readonly cpuMicrosecondsPerMessage: number;
  /** Greatest memory of the process; 0 where the kernel does not tell. */
  readonly peakBytes: number;
}

/**
 * Measures how fast phase4 exchanges with itself: its sender and its receiver in Jetty, in one process, over mutual TLS on
 * 127.0.0.1, every receipt validated (signature and digests). Unlike Selat it keeps nothing: message ids against
 * duplicates are in memory for ten minutes, messages and receipts are not stored, nothing is forced onto a disk.
 */
export async function benchPhase4(terms: readonly Phase4BenchTerms[]): Promise<Phase4BenchResult[]> {
  const classPath = await buildGlue();
  const folder = mkdtempSync(join(tmpdir(), 'selat-phase4-bench-'));
  try {
    const results: Phase4BenchResult[] = [];
    for (const { profile, payload, inFlight, seconds, warmUp, connections } of terms) {
      const [sender, receiver] = await Promise.all([createMember('TH', profile), createMember('VN', profile)]);
      const from = writeConfiguration(folder, `${profile}-sender`, profile, sender, receiver);
      const to = writeConfiguration(folder, `${profile}-receiver`, profile, receiver, sender);
      const file = join(folder, 'payload');
      writeFileSync(file, payload);
      const { stdout } = await promisify(execFile)(
        'java',
        [
          '-Xmx1g',
          `-Djava.io.tmpdir=${folder}`,
          '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
          '-Djava.util.logging.config.file=/dev/null',
          '-cp',
          classPath,
          'selat.interop.Main',
          'bench',
          ...[from, to, file, 'application/xml', inFlight, seconds, warmUp, connections].map(String),
        ],
        { cwd: folder, timeout: (seconds + warmUp + 60) * 1_000, maxBuffer: 16 * 1024 * 1024 },
      );
      results.push(JSON.parse(stdout));
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const payload = payloads(1, 20_480)[0]?.bytes ?? Buffer.alloc(0);
  const terms = { profile: 'edelivery-2.0-common-usage', payload, seconds: 10, warmUp: 30 } as const;
  for (const connections of ['new', 'kept'] as const)
    for (const inFlight of [1, 8])
      for (const result of await benchPhase4([{ ...terms, inFlight, connections }]))
        console.log(JSON.stringify(result));
}
