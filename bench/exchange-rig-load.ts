import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Content } from '../src/exchange/message/content.ts';
import type { SecurityProfileName } from '../src/exchange/security-profile.ts';
import { freePort, startEmbeddedPostgres } from '../src/store/embedded.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPool, type Pool } from '../src/store/pool.ts';
import { inTransaction } from '../src/store/transaction.ts';
import { type CeilingKeys, prepareCeilingTables, sendersShare } from './exchange-ceiling-load.ts';
import { ACTION, type BenchMember, createBenchExchange, createBenchMember, SERVICE } from './exchange-members-load.ts';
import type { Order, OrderDone } from './exchange-receiver-load.ts';
import { databaseCpu, databasePeak, type Usage, UsageMeter } from './process-load.ts';

// Two processes over mutual TLS and one Postgres server with a database for each: this one sends, another receives.

/** What one run came to. */
export interface Round {
  readonly count: number;
  /** Documents per second. */
  readonly rate: number;
  /** Milliseconds from the sender's transaction to the receipt on its disk. */
  readonly p50: number;
  readonly p99: number;
  readonly sender: Usage;
  readonly receiver: Usage;
  readonly database: { readonly cpuMicroseconds: number; readonly peakBytes: number };
}

/** The two members of a profile, and where the receiver listens. */
export interface Ends {
  readonly sender: BenchMember;
  readonly receiver: BenchMember;
  readonly port: number;
}

/** What is sent, and how. */
export interface Load {
  readonly ends: Ends;
  readonly content: Content;
  readonly inFlight: number;
  readonly milliseconds: number;
}

const childOptions = { execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc'] };

export class Rig {
  readonly #folder: string;
  readonly #postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
  readonly #child: ChildProcess;
  readonly pool: Pool;

  private constructor(
    folder: string,
    postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>,
    child: ChildProcess,
    pool: Pool,
  ) {
    this.#folder = folder;
    this.#postgres = postgres;
    this.#child = child;
    this.pool = pool;
  }

  static async start(): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), 'selat-bench-'));
    const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), port: await freePort() });
    for (const name of ['sender', 'receiver']) {
      await postgres.ensureDatabase(name);
      const each = openPool(postgres.url(name));
      await migrate(each);
      await each.close();
    }
    const child = fork(fileURLToPath(new URL('exchange-receiver-load.ts', import.meta.url)), childOptions);
    const pool = openPool(postgres.url('sender'), { maximumConnections: 40 });
    await prepareCeilingTables(pool);
    return new Rig(folder, postgres, child, pool);
  }

  /** Members of a profile, the receiver listening. */
  async ends(profile: SecurityProfileName): Promise<Ends> {
    const [sender, receiver] = await Promise.all([createBenchMember('TH', profile), createBenchMember('VN', profile)]);
    const members = [sender, receiver];
    const { port = 0 } = await this.#ask({ order: 'start', url: this.#postgres.url('receiver'), receiver, members });
    return { sender, receiver, port };
  }

  /** Documents for some time, so many at once, each from its transaction to its receipt on disk. */
  async exchange({ ends, content, inFlight, milliseconds }: Load): Promise<Round> {
    const { pool } = this;
    const waiting = new Map<string, () => void>();
    const exchange = createBenchExchange(ends.sender, [ends.sender, ends.receiver], {
      pool,
      endpoints: { VN: `https://127.0.0.1:${ends.port}/as4` },
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
      payloads: [{ contentType: 'application/xml', content }],
    };
    const round = await this.#measure(async () => {
      const latencies: number[] = [];
      const end = performance.now() + milliseconds;
      await Promise.all(
        Array.from({ length: inFlight }, async () => {
          do {
            const begun = performance.now();
            const now = new Date();
            const prepared = await exchange.prepare(document, now);
            const { messageId } = prepared.composed;
            const receipted = new Promise<void>((resolve) => waiting.set(messageId, resolve));
            await inTransaction(pool, (transaction) => exchange.enqueue(transaction, prepared, now));
            await receipted;
            waiting.delete(messageId);
            latencies.push(performance.now() - begun);
          } while (performance.now() < end);
        }),
      );
      return { count: latencies.length, latencies };
    });
    await exchange.stop();
    return round;
  }

  /** The ceiling: both processes do their share of as many documents at the same time. */
  ceiling(
    keys: CeilingKeys,
    terms: { count: number; inFlight: number; payload: Buffer; wireBytes: number; run: string },
  ): Promise<Round> {
    return this.#measure(async () => {
      await Promise.all([
        sendersShare(this.pool, keys, terms),
        this.#ask({ order: 'ceiling', ...terms, payload: terms.payload.toString('base64') }),
      ]);
      return { count: terms.count, latencies: [] };
    });
  }

  async #measure(work: () => Promise<{ count: number; latencies: number[] }>): Promise<Round> {
    await this.#ask({ order: 'measure' });
    globalThis.gc?.();
    const databaseBefore = databaseCpu(this.#postgres.processId);
    const meter = new UsageMeter();
    const begun = performance.now();
    const { count, latencies } = await work();
    const elapsed = performance.now() - begun;
    const sender = meter.end();
    const { usage: receiver = sender } = await this.#ask({ order: 'measured' });
    const sorted = latencies.toSorted((a, b) => a - b);
    return {
      count,
      rate: count / (elapsed / 1_000),
      p50: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
      p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      sender,
      receiver,
      database: {
        cpuMicroseconds: databaseCpu(this.#postgres.processId) - databaseBefore,
        peakBytes: databasePeak(this.#postgres.processId),
      },
    };
  }

  #ask(order: Order): Promise<OrderDone> {
    return new Promise((resolve, reject) => {
      const left = (): void => reject(new Error('the receiving process ended'));
      this.#child.once('exit', left);
      this.#child.once('message', (done: OrderDone) => {
        this.#child.off('exit', left);
        resolve(done);
      });
      this.#child.send(order);
    });
  }

  async stop(): Promise<void> {
    await this.pool.close();
    this.#child.disconnect();
    await this.#postgres.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    const { dataFolder } = this.#postgres;
    if (dataFolder.startsWith('/var/lib/selat/')) rmSync(join(dataFolder, '..'), { recursive: true, force: true });
  }
}
