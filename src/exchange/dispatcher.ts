import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from '../store/pool.ts';
import { ConnectionFailure, type PartnerConnections } from './deliver-message.ts';
import { type AnswerJudgement, judgeAnswer } from './judge-answer.ts';
import type { ExchangeMeter } from './meter.ts';
import {
  type ClaimedMessage,
  claimDue,
  findExpired,
  partnersWithDueMessages,
  planRetry,
  releaseClaims,
} from './queries.ts';
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
  /** Failed connections in a row after which the partner rests: one message is tried per pause, the pauses growing. */
  readonly breakAfter: number;
  /** How long a stop waits for the tries under way before it breaks them off. */
  readonly stopGraceMilliseconds: number;
}

export const DISPATCH_TERMS: DispatchTerms = {
  perPartner: 16,
  leaseMilliseconds: 120_000,
  firstPauseMilliseconds: 1_000,
  longestPauseMilliseconds: 300_000,
  pollMilliseconds: 1_000,
  breakAfter: 5,
  stopGraceMilliseconds: 10_000,
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
  readonly meter: ExchangeMeter;
  readonly terms: DispatchTerms;
}

interface PartnerState {
  underWay: number;
  /** Messages that were claimed when they were queued and wait for a place; none while others wait in the database. */
  ready: { readonly message: ClaimedMessage; readonly leaseEndsAt: Date }[];
  /** Whether messages may wait in the database: then new ones line up behind them. */
  backlog: boolean;
  failuresInARow: number;
  /** Pauses since the partner rests; 0 while it does not. */
  rests: number;
  restsUntil: Date;
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

  /**
   * Offers to claim a message in the transaction that queues it, so that it is sent straight after the commit and need
   * not be asked for. Not while others wait, the partner is away, or every place is taken.
   * @returns until when the message is this dispatcher's; undefined when it is to be queued for any
   */
  offerLease(country: string, now: Date): Date | undefined {
    const { perPartner, leaseMilliseconds } = this.#parts.terms;
    const state = this.#stateOf(country);
    if (this.#running === undefined || this.#stopping.signal.aborted) return undefined;
    if (state.failuresInARow > 0 || state.underWay + state.ready.length >= 2 * perPartner) state.backlog = true;
    return state.backlog ? undefined : new Date(now.getTime() + leaseMilliseconds);
  }

  /** Takes a message that was claimed when it was queued; to be called after the commit. */
  takeClaimed(country: string, message: ClaimedMessage, leaseEndsAt: Date): void {
    this.#stateOf(country).ready.push({ message, leaseEndsAt });
    this.#takeReady(country);
  }

  /** Tries a claimed message at once, also while the partner rests or every place is taken: for a person who waits. */
  tryNow(country: string, message: ClaimedMessage): void {
    this.#take(country, this.#parts.trust.partner(country, this.#parts.clock()), message);
  }

  /** Takes nothing more; waits for the tries under way, each of which ends with its connection at the latest. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
    for (const state of this.#partners.values()) this.#releaseReady(state);
    await Promise.all(this.#underWay);
  }

  /** Gives back what is ready and will not be tried soon; where that fails, the lease ends by itself. */
  #releaseReady(state: PartnerState): void {
    const ids = state.ready.splice(0).map(({ message }) => message.messageId);
    if (ids.length === 0) return;
    state.backlog = true;
    const run = releaseClaims(this.#parts.pool, ids, this.#parts.clock())
      .catch((error: unknown) => this.#parts.log.warn({ err: error }, 'messages wait until their lease ends'))
      .finally(() => this.#underWay.delete(run));
    this.#underWay.add(run);
  }

  /** Whether the partner could be reached at the last try; null before the first. */
  reachable(country: string): boolean | null {
    return this.#partners.get(country)?.reachable ?? null;
  }

  /** Until when the partner rests after failed connections; null while it does not. */
  restsUntil(country: string): Date | null {
    const state = this.#partners.get(country);
    return state === undefined || state.rests === 0 ? null : state.restsUntil;
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
    const due = await partnersWithDueMessages(pool, clock());
    for (const [country, state] of this.#partners) if (!due.includes(country)) state.backlog = false;
    for (const country of due) {
      const state = this.#stateOf(country);
      const now = clock();
      const places = this.#placesOf(state, now);
      if (places <= 0) {
        // New messages line up behind these, or they would take every place that becomes free.
        state.backlog = true;
        continue;
      }
      if (this.#stopping.signal.aborted) return;
      const partner = trust.partner(country, now);
      const lease = new Date(now.getTime() + terms.leaseMilliseconds);
      const claimed = await claimDue(pool, country, places, now, lease);
      state.backlog = claimed.length === places;
      for (const message of claimed) this.#take(country, partner, message);
    }
  }

  /** Takes what is ready as far as there are places; what waited too long, or for a partner that rests, is given back. */
  #takeReady(country: string): void {
    const { clock, terms, trust } = this.#parts;
    const state = this.#stateOf(country);
    const now = clock();
    const [first] = state.ready;
    if (first === undefined) return;
    const isStale = first.leaseEndsAt.getTime() - now.getTime() < terms.leaseMilliseconds / 2;
    if (isStale || state.rests > 0 || this.#stopping.signal.aborted) {
      this.#releaseReady(state);
      return;
    }
    for (const { message } of state.ready.splice(0, Math.max(0, terms.perPartner - state.underWay)))
      this.#take(country, trust.partner(country, now), message);
  }

  /** How many more messages may be under way; a partner that rests gets one after each pause, to see whether it is back. */
  #placesOf(state: PartnerState, now: Date): number {
    if (state.rests === 0) return this.#parts.terms.perPartner - state.underWay;
    return state.underWay === 0 && now >= state.restsUntil ? 1 : 0;
  }

  #stateOf(country: string): PartnerState {
    const known = this.#partners.get(country);
    if (known !== undefined) return known;
    const state: PartnerState = {
      underWay: 0,
      ready: [],
      backlog: true,
      failuresInARow: 0,
      rests: 0,
      restsUntil: new Date(0),
      reachable: null,
    };
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
        this.#takeReady(country);
        if (state.backlog) this.wake();
      });
    this.#underWay.add(run);
  }

  async #try(country: string, partner: ExchangePartner | undefined, message: ClaimedMessage): Promise<void> {
    const { clock, connections, trust, settlement, pool } = this.#parts;
    const about = { messageId: message.messageId, conversation: message.conversation, partner: country };
    const isProbe = this.#stateOf(country).rests > 0;
    const sentAt = clock();
    const began = performance.now();
    let judgement: AnswerJudgement;
    if (partner === undefined)
      judgement = {
        means: 'retry',
        code: 'PARTNER-UNKNOWN',
        reason: `${country} is not in the directory at the moment.`,
      };
    else if (partner.pull === true)
      judgement = {
        means: 'retry',
        code: 'WAITS-FOR-PULL',
        reason: `${country} pulls its messages, and has not pulled this one and given a receipt for it.`,
      };
    else
      try {
        const answer = await connections.post(partner, message.contentType, message.body);
        this.#noteReached(country);
        judgement = judgeAnswer(answer, message, partner, trust, clock());
      } catch (error) {
        if (!(error instanceof ConnectionFailure)) throw error;
        this.#noteUnreachable(country, isProbe);
        if (isProbe) await this.#giveUpExpired(country, error.message);
        judgement = { means: 'retry', code: 'EBMS:0005', reason: error.message };
      }
    const code = judgement.means === 'receipted' ? '' : judgement.code;
    this.#parts.meter.tried(country, judgement.means, code, performance.now() - began);
    switch (judgement.means) {
      case 'receipted':
        return settlement.keep({
          ...about,
          receiptId: judgement.receiptId,
          bytes: judgement.bytes,
          sentAt,
          at: clock(),
        });
      case 'refused':
        return giveUp(pool, about, judgement, clock());
      case 'alarm':
        // Once, not at every try of the days that a message is tried.
        if (judgement.code !== message.lastErrorCode) await raiseAlarm(pool, about, judgement, clock());
        return this.#again(about, message, judgement);
      case 'retry':
        return this.#again(about, message, judgement);
    }
  }

  #noteReached(country: string): void {
    Object.assign(this.#stateOf(country), { reachable: true, failuresInARow: 0, rests: 0 });
  }

  /** Tries that were under way when the rest began do not lengthen it: a short outage is to have a short end. */
  #noteUnreachable(country: string, isProbe: boolean): void {
    const state = this.#stateOf(country);
    state.reachable = false;
    state.failuresInARow += 1;
    if (!isProbe && (state.rests > 0 || state.failuresInARow < this.#parts.terms.breakAfter)) return;
    state.rests += 1;
    state.restsUntil = this.#after(state.rests);
  }

  /** While a partner rests only a few messages are tried; the others must not outlive their windows for that. */
  async #giveUpExpired(country: string, reason: string): Promise<void> {
    const { pool, clock } = this.#parts;
    for (const { messageId, conversation, attempts } of await findExpired(pool, country, clock()))
      await giveUp(
        pool,
        { messageId, conversation, partner: country },
        { code: 'EBMS:0005', reason: `Given up after ${attempts} tries. ${reason}` },
        clock(),
      );
  }

  /**
   * The end of an exponential pause from now: between half of it and the whole, by chance, so that not all come back at
   * the same time.
   */
  #after(failures: number): Date {
    const { clock, random, terms } = this.#parts;
    const whole = Math.min(
      terms.longestPauseMilliseconds,
      terms.firstPauseMilliseconds * 2 ** Math.min(failures - 1, 20),
    );
    return new Date(clock().getTime() + whole / 2 + (random() * whole) / 2);
  }

  /** Plans the next try, or gives up when the window is over. */
  async #again(
    about: { readonly messageId: string; readonly conversation: string; readonly partner: string },
    message: ClaimedMessage,
    why: { readonly code: string; readonly reason: string },
  ): Promise<void> {
    const { pool, clock } = this.#parts;
    const now = clock();
    if (now >= message.windowEndsAt)
      return giveUp(
        pool,
        about,
        { code: why.code, reason: `Given up after ${message.attempts} tries. ${why.reason}` },
        now,
      );
    await planRetry(pool, message.messageId, { at: this.#after(message.attempts), ...why });
  }
}
