import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { type EmbeddedPostgres, freePort, startEmbeddedPostgres } from '../../src/store/embedded.ts';

/** A real PostgreSQL server with full durability that can be killed and started again on the same files. */
export class DatabaseServer {
  readonly #folder: string;
  readonly #settings: readonly string[];
  #running: EmbeddedPostgres | undefined;
  port = 0;

  /** @param settings further ones; durability stays as the server has it: on */
  constructor(folder: string, settings: readonly string[] = []) {
    this.#folder = folder;
    this.#settings = settings;
  }

  async start(): Promise<void> {
    if (this.port === 0) this.port = await freePort();
    this.#running = await startEmbeddedPostgres({
      folder: this.#folder,
      port: this.port,
      settings: ['shared_buffers=32MB', ...this.#settings],
    });
  }

  /** Starts it again when it has ended by itself: a server without room to recover does. */
  async startAgainIfEnded(): Promise<void> {
    const hasEnded = await Promise.race([this.#server.ended.then(() => true), pause(200).then(() => false)]);
    if (hasEnded) await this.start();
  }

  get #server(): EmbeddedPostgres {
    if (this.#running === undefined) throw new Error('the database server was not started');
    return this.#running;
  }

  get dataFolder(): string {
    return this.#server.dataFolder;
  }

  url(database: string): string {
    return this.#server.url(database);
  }

  ensureDatabase(name: string): Promise<void> {
    return this.#server.ensureDatabase(name);
  }

  /** Ends the server and every process of it at once, as when the machine is switched off. */
  async kill(): Promise<void> {
    const all = [this.#server.processId, ...childrenOf(this.#server.processId)];
    for (const processId of all) send(processId, 'SIGKILL');
    await this.#server.ended;
    for (let tries = 0; tries < 200 && all.some(isAlive); tries += 1) await pause(5);
  }

  /** Kills one of its processes: the server then closes every connection and recovers by itself. */
  killOneProcess(choose: (count: number) => number): void {
    const children = childrenOf(this.#server.processId);
    const chosen = children[choose(children.length)];
    if (chosen !== undefined) send(chosen, 'SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }
}

function processes(): { id: number; parent: number; state: string }[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([id, parent, state]) => ({ id: Number(id), parent: Number(parent), state: state ?? '' }));
}

function childrenOf(parent: number): number[] {
  return processes()
    .filter((each) => each.parent === parent)
    .map((each) => each.id);
}

function isAlive(processId: number): boolean {
  return processes().some((each) => each.id === processId && !each.state.startsWith('Z'));
}

function send(processId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(processId, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}
