import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

const folder = import.meta.dirname;

/** A certificate and its key in PEM. */
export interface PemKey {
  readonly certificate: string;
  readonly key: string;
}

/** What src/configuration.rs reads. */
export interface AsxConfiguration {
  /** A profile as asx-rs calls it. */
  readonly profile: string;
  readonly local: {
    readonly partyId: string;
    readonly partyType: string;
    readonly signing: PemKey;
    readonly encryption: PemKey;
    readonly tls: PemKey;
  };
  readonly partner: {
    readonly partyId: string;
    readonly partyType: string;
    readonly endpoint: string;
    readonly signing: string;
    readonly encryption: string;
  };
  readonly anchors: readonly string[];
}

/** A payload that asx-rs is to send, as a file. */
export interface PayloadFile {
  readonly file: string;
  readonly mimeType: string;
}

export type AsxCommand =
  | { readonly do: 'configure'; readonly configuration: AsxConfiguration }
  | {
      readonly do: 'send';
      readonly messageId: string;
      readonly service: string;
      readonly action: string;
      readonly conversationId: string;
      readonly payloads: readonly PayloadFile[];
      readonly twice?: boolean;
    }
  | { readonly do: 'ping'; readonly payloads: readonly PayloadFile[] }
  | { readonly do: 'answer'; readonly with: 'take' | 'refuseForGood' | 'refuseForNow' };

/** What asx-rs says of a message that it sent. */
export interface AsxSent {
  /** Whether asx-rs found a receipt that it verified. */
  readonly receipted: boolean;
  readonly messageId?: string;
  /** SHA-256 of the certificate that signed the receipt, in hexadecimal. */
  readonly signer?: string;
  readonly kind?: string;
  /** The ebMS error code that came back. */
  readonly code?: string | null;
  readonly reason?: string;
  /** Whether asx-rs would send the same message again. */
  readonly retryable?: boolean;
}

/** A message that asx-rs received, verified and decrypted. */
export interface AsxReceived {
  readonly messageId: string;
  readonly from: string;
  readonly conversationId: string;
  readonly service: string;
  readonly action: string;
  readonly signer: string;
  readonly payloads: readonly { readonly mimeType: string; readonly bytes: number; readonly sha256: string }[];
}

interface Line {
  readonly id?: number;
  readonly answer?: unknown;
  readonly error?: string;
  readonly event?: string;
}

/** Builds the Rust program, once; cargo does nothing when it stands. @throws Error with what cargo said */
export function buildAsx(): string {
  const built = spawnSync('cargo', ['build', '--release', '--locked', '--quiet', '--jobs', '2'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CARGO_TARGET_DIR: join(folder, 'target') },
  });
  if (built.status !== 0) throw new Error(`cargo could not build tests/interop/asx:\n${built.stderr}`);
  return join(folder, 'target', 'release', 'selat-interop-asx');
}

/** The Rust process with asx-rs in it. */
export class AsxProcess {
  readonly received: AsxReceived[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  #next = 1;

  constructor(program: string) {
    this.#child = spawn(program, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaints = '';
    this.#child.stderr.on('data', (text: Buffer) => {
      complaints = (complaints + text.toString()).slice(-2_000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(JSON.parse(line)));
    this.#child.on('close', (status) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the process of asx-rs ended (${status}): ${complaints}`));
      this.#waiting.clear();
    });
  }

  #take(line: Line & AsxReceived): void {
    if (line.event === 'received') {
      this.received.push(line);
      return;
    }
    const waiting = this.#waiting.get(line.id ?? 0);
    this.#waiting.delete(line.id ?? 0);
    if (line.error === undefined) waiting?.resolve(line.answer);
    else waiting?.reject(new Error(line.error));
  }

  #obey(command: AsxCommand): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
    });
  }

  /** Becomes an access point. @returns where it takes messages @throws Error with the words of asx-rs */
  async configure(configuration: AsxConfiguration): Promise<string> {
    const answer = await this.#obey({ do: 'configure', configuration });
    if (typeof answer === 'object' && answer !== null && 'endpoint' in answer && typeof answer.endpoint === 'string')
      return answer.endpoint;
    throw new TypeError('the process of asx-rs told no endpoint');
  }

  async send(command: AsxCommand & { readonly do: 'send' | 'ping' }): Promise<AsxSent> {
    const answer = await this.#obey(command);
    if (typeof answer === 'object' && answer !== null && 'receipted' in answer)
      return { ...answer, receipted: answer.receipted === true };
    throw new TypeError('the process of asx-rs did not say whether there was a receipt');
  }

  async answer(how: 'take' | 'refuseForGood' | 'refuseForNow'): Promise<void> {
    await this.#obey({ do: 'answer', with: how });
  }

  /** What asx-rs told of a message that it took: the line may come a little after the receipt. */
  async arrival(messageId: string): Promise<AsxReceived | undefined> {
    for (let tries = 0; ; tries += 1) {
      const found = this.received.find((each) => each.messageId === messageId);
      if (found !== undefined || tries === 200) return found;
      await pause(10);
    }
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#child.on('close', () => resolve()));
    this.#child.stdin.end();
    await closed;
  }
}
