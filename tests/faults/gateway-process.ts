import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GatewayOrder, GatewayReport, GatewayTerms } from './gateway-orders.ts';

const program = fileURLToPath(new URL('gateway.ts', import.meta.url));

/** A gateway in a process of its own, which can be killed and started again. */
export class GatewayProcess {
  readonly #termsFile: string;
  readonly #logFile: string;
  readonly #cacheFolder: string;
  readonly #name: string;
  #terms: GatewayTerms;
  #child: ChildProcess | undefined;
  #producing: GatewayOrder | undefined;
  #waiting: { readonly report: GatewayReport['report']; readonly done: () => void }[] = [];
  /** Messages whose acceptance was reported, with their documents. */
  readonly accepted = new Map<string, string>();
  /** Ends of the process that nobody ordered: a fault must never end a gateway. */
  readonly unordered: string[] = [];

  constructor(folder: string, name: string, terms: GatewayTerms) {
    this.#name = name;
    this.#termsFile = join(folder, `${name}.json`);
    this.#logFile = join(folder, `${name}.log`);
    this.#cacheFolder = join(folder, 'compiled');
    this.#terms = terms;
  }

  get country(): string {
    return this.#terms.country;
  }

  /** Starts the process; resolves when it takes messages, or when it was killed before that. */
  async start(changes: Partial<GatewayTerms> = {}): Promise<void> {
    this.#terms = { ...this.#terms, ...changes };
    writeFileSync(this.#termsFile, JSON.stringify(this.#terms), { mode: 0o600 });
    const log = openSync(this.#logFile, 'a');
    const child = fork(program, [this.#termsFile], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // It starts again hundreds of times.
      env: { ...process.env, NODE_COMPILE_CACHE: this.#cacheFolder },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#child = child;
    child.on('error', () => undefined);
    child.on('message', (report: GatewayReport) => this.#hear(report));
    child.on('exit', (code, signal) => {
      if (this.#child === child)
        this.unordered.push(`${this.#name} ended by itself (${code ?? signal}): ${this.#lastWords()}`);
    });
    await this.#heard('listening', child);
    if (this.#producing !== undefined) this.#send(this.#producing);
  }

  /** kill -9; resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
  }

  /** Documents from now on, also after a restart. */
  produce(everyMilliseconds: number, ordered = false): void {
    this.#producing = { order: 'produce', everyMilliseconds, ordered };
    this.#send(this.#producing);
  }

  async produceOnce(count: number, ordered = false): Promise<void> {
    const quiet = this.#heard('quiet', this.#child);
    this.#send({ order: 'produce-once', count, ordered });
    await quiet;
  }

  async quiet(): Promise<void> {
    this.#producing = undefined;
    const quiet = this.#heard('quiet', this.#child);
    this.#send({ order: 'quiet' });
    await quiet;
  }

  async setClock(offsetMilliseconds: number): Promise<void> {
    this.#terms = { ...this.#terms, clockOffsetMilliseconds: offsetMilliseconds };
    if (this.#child === undefined) return;
    const set = this.#heard('clock', this.#child);
    this.#send({ order: 'clock', offsetMilliseconds });
    await set;
  }

  #send(order: GatewayOrder): void {
    const child = this.#child;
    if (child?.connected === true) child.send(order, () => undefined);
  }

  #hear(report: GatewayReport): void {
    if (report.report === 'accepted') this.accepted.set(report.messageId, report.documentId);
    const told = this.#waiting.filter((each) => each.report === report.report);
    this.#waiting = this.#waiting.filter((each) => each.report !== report.report);
    for (const { done } of told) done();
  }

  #heard(report: GatewayReport['report'], child: ChildProcess | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve();
      const done = (): void => {
        child.off('exit', done);
        resolve();
      };
      child.once('exit', done);
      this.#waiting.push({ report, done });
    });
  }

  #lastWords(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-1_500);
  }
}
