import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from '../store/pool.ts';
import { ConnectionFailure, type PartnerConnections } from './deliver-message.ts';
import { type AnswerJudgement, judgeAnswer } from './judge-answer.ts';
import { type ClaimedMessage, claimDue, partnersWithDueMessages, planRetry } from './queries.ts';
import { giveUp, raiseAlarm, type Settlement } from './settle.ts';
import type { ExchangePartner, TrustPort } from './trust-port.ts';

/** How outgoing messages are tried, in milliseconds. */
export interface DispatchTerms {
  /** Messages to one partner under way at the same time. */
  readonly perPartner: number;
  /** A try that has not ended by then is taken over: longer than a try may last. */
  readonly leaseMilliseconds: number;
  /** The first pause after a failed try; each further one doubles it, up to the longest. */
  readonly firstPauseMilliseconds: number;
  readonly longestPauseMilliseconds: number;
  /** How often the queue is looked at without being woken. */
  readonly pollMilliseconds: number;
  /** Failed connections in a row after which only one message at a time is tried. */
  readonly breakAfter: number;
}

export const DISPATCH_TERMS: DispatchTerms = {
  perPartner: 16,
  leaseMilliseconds: 120_000,
  firstPauseMilliseconds: 1_000,
  longestPauseMilliseconds: 300_000,
  pollMilliseconds: 1_000,
  breakAfter: 5,
};

/** What the dispatcher works with. */
export interface DispatcherParts {
  readonly pool: Pool;
  readonly trust: TrustPort;
  readonly connections: PartnerConnections;
  readonly settlement: Settlement;
  readonly clock: () => Date;
  /** A random number in [0, 1), for the jitter. */
  readonly random: () => number;
  readonly log: { warn(fields: object, message: string): void };
  readonly terms: DispatchTerms;
}

interface PartnerState {
  underWay: number;
  failuresInARow: number;
  reachable: boolean | null;
}

/**
 * Takes due messages out of the queue and sends them, each partner for itself with bounded concurrency. Every message
 * ends as receipted or failed; in between it is tried again with growing, jittered pauses until its window ends. Any
 * number of dispatchers can work on one database.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #partners = new Map<string, PartnerState>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #wake: (() => void) | undefined;
  #woken = false;
  #running: Promise<void> | undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks at the queue at once: something was queued or a place became free. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Takes nothing more; waits for the tries under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
    await Promise.all(this.#underWay);
  }

  /** Whether the partner could be reached at the last try; null before the first. */
  reachable(country: string): boolean | null {
    return this.#partners.get(country)?.reachable ?? null;
  }

  async #run(): Promise<void> {
    const { log, terms } = this.#parts;
    while (!this.#stopping.signal.aborted) {
      this.#woken = false;
      try {
        await this.#dispatchDue();
      } catch (error) {
        log.warn({ err: error }, 'message queue waits');
        await pause(terms.pollMilliseconds, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
      await this.#rest();
    }
  }

  #rest(): Promise<void> {
    if (this.#woken || this.#stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(end, this.#parts.terms.pollMilliseconds);
      this.#wake = end;
    });
  }

  async #dispatchDue(): Promise<void> {
    const { pool, clock, terms, trust } = this.#parts;
    for (const country of await partnersWithDueMessages(pool, clock())) {
      const state = this.#stateOf(country);
      const places = (state.failuresInARow >= terms.breakAfter ? 1 : terms.perPartner) - state.underWay;
      const now = clock();
      const partner = trust.partner(country, now);
      if (places <= 0) continue;
      const lease = new Date(now.getTime() + terms.leaseMilliseconds);
      for (const message of await claimDue(pool, country, places, now, lease)) this.#take(country, partner, message);
    }
  }

  #stateOf(country: string): PartnerState {
    const known = this.#partners.get(country);
    if (known !== undefined) return known;
    const state: PartnerState = { underWay: 0, failuresInARow: 0, reachable: null };
    this.#partners.set(country, state);
    return state;
  }

  #take(country: string, partner: ExchangePartner | undefined, message: ClaimedMessage): void {
    const state = this.#stateOf(country);
    state.underWay += 1;
    const run = this.#try(country, partner, message)
      .catch((error: unknown) =>
        // The lease ends by itself, and the message is tried again with the same bytes.
        this.#parts.log.warn({ messageId: message.messageId, err: error }, 'message waits for its next try'),
      )
      .finally(() => {
        state.underWay -= 1;
        this.#underWay.delete(run);
        this.wake();
      });
    this.#underWay.add(run);
  }

  async #try(country: string, partner: ExchangePartner | undefined, message: ClaimedMessage): Promise<void> {
    const { clock, connections, trust, settlement, pool } = this.#parts;
    const about = { messageId: message.messageId, conversation: message.conversation, partner: country };
    let judgement: AnswerJudgement;
    if (partner === undefined)
      judgement = {
        means: 'retry',
        code: 'PARTNER-UNKNOWN',
        reason: `${country} is not in the directory at the moment.`,
      };
    else
      try {
        const answer = await connections.post(partner, message.contentType, message.body);
        this.#noteReachable(country, true);
        judgement = judgeAnswer(answer, message, partner, trust, clock());
      } catch (error) {
        if (!(error instanceof ConnectionFailure)) throw error;
        this.#noteReachable(country, false);
        judgement = { means: 'retry', code: 'EBMS:0005', reason: error.message };
      }
    switch (judgement.means) {
      case 'receipted':
        return settlement.keep({ ...about, receiptId: judgement.receiptId, bytes: judgement.bytes, at: clock() });
      case 'refused':
        return giveUp(pool, about, judgement, clock());
      case 'alarm':
        await raiseAlarm(pool, about, judgement, clock());
        return this.#again(about, message, judgement);
      case 'retry':
        return this.#again(about, message, judgement);
    }
  }

  #noteReachable(country: string, reachable: boolean): void {
    const state = this.#stateOf(country);
    state.reachable = reachable;
    state.failuresInARow = reachable ? 0 : state.failuresInARow + 1;
  }

  /** Exponential pause with jitter: between half of it and the whole, so that not all come back at once. */
  async #again(
    about: { readonly messageId: string; readonly conversation: string; readonly partner: string },
    message: ClaimedMessage,
    why: { readonly code: string; readonly reason: string },
  ): Promise<void> {
    const { pool, clock, random, terms } = this.#parts;
    const now = clock();
    if (now >= message.windowEndsAt)
      return giveUp(
        pool,
        about,
        { code: why.code, reason: `Given up after ${message.attempts} tries. ${why.reason}` },
        now,
      );
    const whole = Math.min(
      terms.longestPauseMilliseconds,
      terms.firstPauseMilliseconds * 2 ** Math.min(message.attempts - 1, 20),
    );
    const at = new Date(now.getTime() + whole / 2 + (random() * whole) / 2);
    await planRetry(pool, message.messageId, { at, ...why });
  }
}
