import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, globSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const home = fileURLToPath(new URL('.', import.meta.url));

/** Where the glue of these very sources lies when it is built: inside the folder that git does not look at. */
function buildFolder(): string {
  const hash = createHash('sha256');
  for (const file of ['pom.xml', ...globSync('src/**/*.java', { cwd: home }).sort()])
    hash.update(file).update(readFileSync(join(home, file)));
  return fileURLToPath(new URL(`../../../.selat/interop/phase4-${hash.digest('hex').slice(0, 12)}`, import.meta.url));
}

/** The class path of the glue; it is built first unless that was done before. */
export async function buildGlue(): Promise<string> {
  const folder = buildFolder();
  const stamp = join(folder, 'built');
  if (!existsSync(stamp)) {
    console.log('Building the phase4 glue with Maven (once for these sources) …');
    mkdirSync(folder, { recursive: true });
    await promisify(execFile)('mvn', ['-B', '-q', '-f', join(home, 'pom.xml'), 'package', `-Dbuild.folder=${folder}`], {
      timeout: 600_000,
      maxBuffer: 16 * 1024 * 1024,
    });
    writeFileSync(stamp, '');
  }
  return [join(folder, 'classes'), join(folder, 'lib', '*')].join(delimiter);
}

/** An ebMS error as phase4 read or wrote it. */
export interface GlueError {
  readonly code: string;
  readonly severity: string;
  readonly shortDescription: string;
  readonly description: string;
  readonly detail: string;
  readonly refToMessageInError: string;
}

/** A message that phase4 took, with what it found out about it. */
export interface ReceivedEvent {
  readonly event: 'received';
  readonly profile: string;
  readonly messageId: string;
  readonly refToMessageId: string;
  readonly fromPartyId: string;
  readonly toPartyId: string;
  readonly service: string;
  readonly action: string;
  readonly conversationId: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly signed: boolean;
  readonly decrypted: boolean;
  readonly signer: string;
  readonly payloads: readonly {
    readonly contentId: string;
    readonly contentType: string;
    readonly characterSet: string;
    readonly compressed: boolean;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

/** What came back for a message that phase4 sent. */
export interface SentEvent {
  readonly event: 'sent';
  readonly id: string;
  /** phase4's own word, such as `success` or `as4-error-msg-received`. */
  readonly result: string;
  /** Whether the answer's signature was there and held. */
  readonly signed?: boolean;
  readonly signer?: string;
  readonly refToMessageId?: string;
  readonly errors?: readonly GlueError[];
  /** phase4's judgement of the digests in a receipt: `as sent` when all are those of the message. */
  readonly digests: readonly string[];
  readonly exception?: string;
}

/** A message that phase4 refused, with the errors it answered. */
export interface RefusedEvent {
  readonly event: 'refused';
  readonly messageId: string;
  readonly errors: readonly GlueError[];
}

/** What came of a pull. */
export interface PulledEvent {
  readonly event: 'pulled';
  readonly id: string;
  /** The message, when there was one; the event `received` tells of it. */
  readonly messageId?: string;
  /** Status and body that the receipt was answered with. */
  readonly receiptAnswer?: string;
  /** Where a signal came instead. */
  readonly signed?: boolean;
  readonly errors?: readonly GlueError[];
  readonly exception?: string;
}

interface ListeningEvent {
  readonly event: 'listening';
  readonly name: string;
  readonly port: number;
  readonly version: string;
  readonly java: string;
}

type GlueEvent = ReceivedEvent | SentEvent | RefusedEvent | PulledEvent | ListeningEvent;

/** A message for phase4 to send. What is left out is what its configuration has. */
export interface SendCommand {
  /** The name of the configuration. */
  readonly as: string;
  readonly endpoint: string;
  /** PEM file of the certificate to encrypt to. */
  readonly recipient: string;
  readonly messageId: string;
  readonly refToMessageId?: string;
  readonly conversationId: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly fromPartyId?: string;
  readonly toPartyId?: string;
  readonly service?: string;
  readonly action?: string;
  readonly payloads: readonly {
    readonly file: string;
    readonly contentType: string;
    readonly characterSet?: string;
    readonly compress: boolean;
  }[];
  /** How the keys are named in the header (phase4's ids: bst, issuer-serial, ski-key-id, x509-key-id, thumbprint-id). */
  readonly signingReference?: string;
  readonly encryptionReference?: string;
  /** Whether canonicalisation is told which prefixes to treat inclusively (WSS4J does, unless told otherwise). */
  readonly inclusivePrefixes?: boolean;
  /** Alters the bytes after they were signed and encrypted. */
  readonly alter?: 'payload' | 'header';
  /** File that gets the bytes as they are sent. */
  readonly keep?: string;
}

/** phase4 as a running process: a receiver for each profile, and senders that take commands. */
export class Glue {
  /** Where the receiver of each configuration listens, by its name. */
  readonly ports: ReadonlyMap<string, number>;
  /** phase4's version and Java's. */
  readonly versions: string;
  readonly #process: ChildProcess;
  readonly #events: GlueEvent[];
  readonly #waiting: Set<() => void>;
  #commands = 0;

  private constructor(
    process: ChildProcess,
    events: GlueEvent[],
    waiting: Set<() => void>,
    listening: readonly ListeningEvent[],
  ) {
    this.#process = process;
    this.#events = events;
    this.#waiting = waiting;
    this.ports = new Map(listening.map(({ name, port }) => [name, port]));
    this.versions = `phase4 ${listening[0]?.version} on Java ${listening[0]?.java}`;
  }

  /**
   * @param folder for its temporary files and its log (`glue.log`)
   * @param configurations JSON files, as Configuration.java reads them, one for each access point
   */
  static async start(classPath: string, folder: string, configurations: readonly string[]): Promise<Glue> {
    const log = openSync(join(folder, 'glue.log'), 'a');
    const child = spawn(
      'java',
      [
        '-Xmx1g',
        `-Djava.io.tmpdir=${folder}`,
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        '-cp',
        classPath,
        'selat.interop.Main',
        ...configurations,
      ],
      { cwd: folder, stdio: ['pipe', 'pipe', log] },
    );
    if (child.stdout === null) throw new Error('the glue has no output');
    closeSync(log);
    const events: GlueEvent[] = [];
    const waiting = new Set<() => void>();
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      events.push(JSON.parse(line) as GlueEvent);
      for (const wake of waiting) wake();
    });
    child.on('exit', () => {
      for (const wake of waiting) wake();
    });
    const isListening = (event: GlueEvent): boolean => event.event === 'listening';
    const all = (): boolean => events.filter(isListening).length === configurations.length;
    await next(child, events, waiting, all, 60_000);
    return new Glue(
      child,
      events,
      waiting,
      events.filter((event) => event.event === 'listening'),
    );
  }

  /** Has phase4 send a message, and waits for what it makes of the answer. */
  async send(command: SendCommand): Promise<SentEvent> {
    this.#commands += 1;
    const id = String(this.#commands);
    this.#process.stdin?.write(`${JSON.stringify({ command: 'send', id, ...command })}\n`);
    const is = (event: GlueEvent): boolean => event.event === 'sent' && event.id === id;
    const event = await next(this.#process, this.#events, this.#waiting, is, 60_000);
    if (event.event !== 'sent') throw new Error('the glue told another event');
    return event;
  }

  /** Has phase4 pull a message, and send its receipt where there is one. */
  async pull(command: { readonly as: string; readonly endpoint: string }): Promise<PulledEvent> {
    this.#commands += 1;
    const id = String(this.#commands);
    this.#process.stdin?.write(`${JSON.stringify({ command: 'pull', id, ...command })}\n`);
    const is = (event: GlueEvent): boolean => event.event === 'pulled' && event.id === id;
    const event = await next(this.#process, this.#events, this.#waiting, is, 60_000);
    if (event.event !== 'pulled') throw new Error('the glue told another event');
    return event;
  }

  /** Waits for what phase4 told of a message that it received. */
  async told(messageId: string): Promise<ReceivedEvent | RefusedEvent> {
    const is = (event: GlueEvent): boolean =>
      (event.event === 'received' || event.event === 'refused') && event.messageId === messageId;
    const event = await next(this.#process, this.#events, this.#waiting, is, 10_000);
    if (event.event !== 'received' && event.event !== 'refused') throw new Error('the glue told another event');
    return event;
  }

  /** How often phase4 handed a message on so far. */
  timesReceived(messageId: string): number {
    return this.#events.filter((event) => event.event === 'received' && event.messageId === messageId).length;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => this.#process.on('exit', () => resolve()));
    this.#process.stdin?.end();
    const late = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  }
}

async function next(
  child: ChildProcess,
  events: readonly GlueEvent[],
  waiting: Set<() => void>,
  is: (event: GlueEvent) => boolean,
  milliseconds: number,
): Promise<GlueEvent> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = events.find(is);
    if (found !== undefined) return found;
    if (child.exitCode !== null) throw new Error('the glue ended; its log (glue.log) tells why');
    const left = end - Date.now();
    if (left <= 0) throw new Error(`the glue told nothing within ${milliseconds / 1_000} s`);
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, left);
      waiting.add(wake);
    });
  }
}
