import { Worker } from 'node:worker_threads';
import type { Fault } from '../fault.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { DeclarationFacts } from './facts.ts';
import { takeDeclaration } from './take.ts';
import type { DeclarationContentType, DeclarationTaking, TakingContext } from './taking.ts';

/** Bodies of more bytes are read and judged in another thread, so that they do not hold up others' requests. */
export const BACKGROUND_FROM = 256 * 1024;
/** Memory of that thread's JavaScript, in MiB: a declaration of 20 MB needs a fraction of it. */
const MOST_MEMORY = 1024;

/** What is asked of the thread. */
export interface BackgroundOrder {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly contentType: DeclarationContentType;
  readonly context: TakingContext;
}

/** What the thread answers; the JSON form is text, which costs nothing to hand over. */
export type BackgroundAnswer = { readonly id: number; readonly form: 'xml' | 'json'; readonly label: string } & (
  | { readonly ok: true; readonly text: Uint8Array; readonly facts: DeclarationFacts }
  | { readonly ok: false; readonly faults: readonly Fault[] }
);

interface Waiting {
  readonly resolve: (taking: DeclarationTaking) => void;
  readonly reject: (error: Error) => void;
}

/** A taking whose JSON form is made when it is asked for: few who take a large declaration look at it again. */
function takingOf(answer: BackgroundAnswer): DeclarationTaking {
  if (!answer.ok) return { ok: false, form: answer.form, label: answer.label, faults: answer.faults };
  const { text, form, label, facts } = answer;
  let json: JsonObject | undefined;
  return {
    ok: true,
    form,
    label,
    facts,
    get json() {
      if (json === undefined) {
        const value: JsonValue = JSON.parse(new TextDecoder().decode(text));
        json = isObject(value) ? value : {};
      }
      return json;
    },
  };
}

/**
 * Takes declarations without holding up the event loop: small ones at once, those above `BACKGROUND_FROM` one after the
 * other in a thread that starts with the first of them and does not keep the process alive.
 */
export class BackgroundTaker {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #orders = 0;

  /**
   * As `takeDeclaration`.
   * @throws Error when the thread ends before it has answered (out of memory); the next call starts another one
   */
  async take(
    bytes: Uint8Array,
    contentType: DeclarationContentType,
    context: TakingContext,
  ): Promise<DeclarationTaking> {
    if (bytes.length <= BACKGROUND_FROM) return takeDeclaration(bytes, contentType, context);
    this.#orders += 1;
    const order: BackgroundOrder = { id: this.#orders, bytes: Uint8Array.from(bytes), contentType, context };
    return await new Promise<DeclarationTaking>((resolve, reject) => {
      const worker = this.#running();
      this.#waiting.set(order.id, { resolve, reject });
      worker.ref();
      worker.postMessage(order, [order.bytes.buffer as ArrayBuffer]);
    });
  }

  /** Ends the thread; what it was about is refused. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./take-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY },
    });
    worker.on('message', (answer: BackgroundAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      waiting?.resolve(takingOf(answer));
    });
    const ended = (error: Error): void => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    worker.on('error', ended);
    worker.on('exit', () => ended(new Error('The thread that reads large declarations ended.')));
    this.#worker = worker;
    return worker;
  }
}
