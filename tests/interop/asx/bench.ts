import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMember } from '../../exchange/members.ts';
import { payloads } from '../payloads.ts';
import { asxConfiguration, SHARED_PROFILE } from './asx-configuration.ts';
import { buildAsx } from './process.ts';

/** How much to measure. */
export interface AsxBenchTerms {
  /** The one payload of each message, sent compressed as application/xml. */
  readonly payload: Uint8Array;
  readonly inFlight: number;
  readonly seconds: number;
  /** Seconds of the same load before. */
  readonly warmUp: number;
}

/** What src/bench.rs measured: both ends in one process, so its CPU is that of both. */
export interface AsxBenchResult {
  readonly version: string;
  readonly profile: string;
  readonly payloadBytes: number;
  readonly inFlight: number;
  /** Messages whose receipts were verified. */
  readonly messages: number;
  /** Messages that the receiving side took. */
  readonly taken: number;
  readonly seconds: number;
  readonly messagesPerSecond: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** User and system; null where the kernel does not tell. */
  readonly cpuSeconds: number | null;
  readonly cpuMicrosecondsPerMessage: number | null;
  /** Greatest memory of the process; null where the kernel does not tell. */
  readonly peakBytes: number | null;
}

function run(program: string, input: string): Promise<string> {
  const child = spawn(program, ['bench'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(output) : reject(new Error(`the bench of asx-rs ended with ${status}`)),
    );
  });
}

/**
 * Measures how fast asx-rs exchanges with itself in the profile eDelivery AS4 1.15 (RSA-3072, encrypted, compressed):
 * both ends in one process over mutual TLS on 127.0.0.1, every receipt verified, nothing kept on a disk.
 */
export async function benchAsx(runs: readonly AsxBenchTerms[]): Promise<AsxBenchResult[]> {
  const program = buildAsx();
  const [my, vn] = await Promise.all(['MY', 'VN'].map((country) => createMember(country, SHARED_PROFILE)));
  if (my === undefined || vn === undefined) throw new RangeError('two members are needed');
  const folder = mkdtempSync(join(tmpdir(), 'selat-asx-bench-'));
  const authorities = [my.authority, vn.authority];
  const sender = asxConfiguration(SHARED_PROFILE, my, vn, 'https://127.0.0.1/as4', authorities);
  const receiver = asxConfiguration(SHARED_PROFILE, vn, my, 'https://127.0.0.1/as4', authorities);
  try {
    const results: AsxBenchResult[] = [];
    for (const { payload, ...terms } of runs) {
      const file = join(folder, 'payload');
      writeFileSync(file, payload);
      const request = { sender, receiver, file, mimeType: 'application/xml', ...terms };
      results.push(JSON.parse(await run(program, JSON.stringify(request))));
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const payload = payloads(1, 20_480)[0]?.bytes ?? Buffer.alloc(0);
  for (const inFlight of [1, 8])
    for (const result of await benchAsx([{ payload, inFlight, seconds: 8, warmUp: 2 }]))
      console.log(JSON.stringify(result));
}
