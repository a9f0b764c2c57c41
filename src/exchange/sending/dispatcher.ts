import { setTimeout as pause } from 'node:timers/promises';
import { Refusal } from '../../documents/refusal.ts';
import type { Pool } from '../../store/pool.ts';
import type { ExchangeMeter } from '../meter.ts';
import { type FirstClaim, planRetry } from '../queries.ts';
import type { TrustPort } from '../trust-port.ts';
import {
  type ClaimedMessage,
  claimDue,
  findExpired,
  partnersWithDueMessages,
  releaseClaims,
  renewClaims,
  WAITS_FOR_EARLIER,
} from './claim-queries.ts';
import { ConnectionFailure, type PartnerConnections } from './deliver-message.ts';
import type { DispatchTerms, PartnerTerms } from './dispatch-terms.ts';
import { GatewaySession } from './gateway-session.ts';
import { type AnswerJudgement, judgeAnswer } from './judge-answer.ts';
import { endOfPause, PartnerState } from './partner-state.ts';
import { giveUp, raiseAlarm, type Settlement } from './settle.ts';

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
  /** What is different for some partners, by country. */
  readonly partnerTerms: Readonly<Record<string, Partial<PartnerTerms>>>;
}

/** A message that waits for earlier ones of its conversation is looked at again after this, should nobody have freed it. */
const lookAgainMilliseconds = 30_000;
/** Longer than a transaction may last: the store ends those that do nothing, and statements, after 15 s each. */
const longestTransactionMilliseconds = 30_000;
/** How long a settlement waits for a database that is away before it tries again, at the most. */
const longestSettlementPauseMilliseconds = 5_000;

interface Concerned {
  readonly messageId: string;
  readonly conversation: string;
  readonly partner: string;
}
interface Why {
  readonly code: string;
  readonly reason: string;
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
  /** Messages that are claimed by this process: ready or being tried. */
  readonly #claimed = new Set<string>();
  /** When the claims on messages that are being tried are to be renewed (performance.now). */
  readonly #renewAt = new Map<string, number>();
  /** Claims that were offered to transactions which have not committed yet, with the time (performance.now). */
  readonly #offered = new Map<string, number>();
  readonly #session: GatewaySession;
  readonly #stopping = new AbortController();
  #wake: (() => void) | undefined;
  #woken = false;
  #running: Promise<void> | undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#session = new GatewaySession({
      pool: parts.pool,
      clock: parts.clock,
      log: parts.log,
      everyMilliseconds: parts.terms.sweepMilliseconds,
      wake: () => this.wake(),
      underWay: () => [...this.#claimed],
    });
  }

  /** Resolves when it is at work; without its session where the database is away. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    await this.#session.start();
    this.#running = this.#run();
  }

  /** Whether it looks at the queue; otherwise those of other processes are to be woken. */
  get isRunning(): boolean {
    return this.#running !== undefined && !this.#stopping.signal.aborted;
  }

  /** Looks at the queue at once: something was queued or a place became free. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /**
   * Offers to claim a message in the transaction that queues it, so that it is sent straight after the commit and need
   * not be asked for. Not while others wait, the partner is away or held, or every place is taken.
   * @returns the claim; undefined when the message is to be queued for any dispatcher
   */
  offerClaim(country: string, messageId: string, now: Date): FirstClaim | undefined {
    const state = this.#stateOf(country);
    const { leaseMilliseconds } = state.terms;
    const claimedBy = this.#session.number;
    if (!this.isRunning || claimedBy === undefined) return undefined;
    if (!state.takesNew()) return undefined;
    this.#offered.set(messageId, performance.now());
    return { leaseEndsAt: new Date(now.getTime() + leaseMilliseconds), claimedBy };
  }

  /** Takes a message that was claimed when it was queued; to be called after the commit. */
  takeClaimed(country: string, message: ClaimedMessage, leaseEndsAt: Date): void {
    this.#offered.delete(message.messageId);
    this.#claimed.add(message.messageId);
    this.#stateOf(country).ready.push({ message, leaseEndsAt });
    this.#takeReady(country);
  }

  /** Tries a claimed message at once, also while the partner rests or every place is taken: for a person who waits. */
  tryNow(country: string, message: ClaimedMessage): void {
    this.#take(country, message);
  }

  /** Takes nothing more; waits for the tries under way, each of which ends with its connection at the latest. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
    for (const state of this.#partners.values()) this.#releaseReady(state);
    await Promise.all(this.#underWay);
    await this.#session.stop();
  }

  /**
   * A transaction that was offered a claim and has not come back was rolled back, or it was committed and nobody heard of
   * it, because the connection broke: then its message is claimed, and nobody tries it.
   */
  async #freeForgotten(): Promise<void> {
    const before = performance.now() - longestTransactionMilliseconds;
    const forgotten = [...this.#offered].filter(([, at]) => at < before).map(([messageId]) => messageId);
    if (forgotten.length === 0) return;
    await releaseClaims(this.#parts.pool, forgotten, this.#parts.clock());
    for (const messageId of forgotten) this.#offered.delete(messageId);
  }

  /** A try that goes on is not to be begun by another as well: it ends by itself when its connection stands still. */
  async #renewClaims(gateway: number): Promise<void> {
    const { pool, clock, terms } = this.#parts;
    const began = performance.now();
    const due = [...this.#renewAt].filter(([, at]) => at <= began).map(([messageId]) => messageId);
    if (due.length === 0) return;
    await renewClaims(pool, due, gateway, new Date(clock().getTime() + terms.leaseMilliseconds));
    for (const messageId of due)
      if (this.#renewAt.has(messageId)) this.#renewAt.set(messageId, began + terms.leaseMilliseconds / 2);
  }

  /** Gives back what is ready and will not be tried soon; where that fails, the lease ends by itself. */
  #releaseReady(state: PartnerState): void {
    const ids = state.ready.splice(0).map(({ message }) => message.messageId);
    if (ids.length === 0) return;
    state.backlog = true;
    for (const id of ids) this.#claimed.delete(id);
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
    return this.#partners.get(country)?.restsUntil ?? null;
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
    const { pool, clock } = this.#parts;
    // Without a session nobody would know whose claims they are; it comes back with the database, and wakes us.
    if (this.#session.number === undefined) return;
    await this.#freeForgotten();
    await this.#renewClaims(this.#session.number);
    const found = await partnersWithDueMessages(pool, clock());
    const held = new Set(found.filter(({ isHeld }) => isHeld).map(({ partner }) => partner));
    const due = found.filter(({ isHeld }) => !isHeld).map(({ partner }) => partner);
    for (const country of held) this.#stateOf(country);
    for (const [country, state] of this.#partners) {
      state.isHeld = held.has(country);
      if (state.isHeld) this.#releaseReady(state);
      else if (!due.includes(country)) state.backlog = false;
    }
    for (const country of due) {
      const state = this.#stateOf(country);
      const now = clock();
      const places = state.placesAt(now);
      if (places <= 0) {
        // New messages line up behind these, or they would take every place that becomes free.
        state.backlog = true;
        continue;
      }
      if (this.#stopping.signal.aborted) return;
      const { messages, expired, isMore } = await claimDue(pool, country, {
        limit: places,
        now,
        leaseEndsAt: new Date(now.getTime() + state.terms.leaseMilliseconds),
        claimedBy: this.#session.number,
        lookAgainAt: new Date(now.getTime() + lookAgainMilliseconds),
      }).catch((error: unknown) => {
        // It may have been done all the same: what is claimed by a number that is no more, and is not under way, is freed.
        this.#session.renew();
        throw error;
      });
      state.backlog = isMore;
      for (const message of messages) this.#take(country, message);
      // Where every place was offered to one that waits, the next ones are still to be asked for.
      if (isMore && messages.length === 0) this.wake();
      for (const message of expired)
        await giveUp(
          pool,
          { ...message, partner: country },
          {
            code: WAITS_FOR_EARLIER,
            reason: 'Given up: until its window ended, earlier messages of its conversation had not arrived.',
          },
          now,
          message.attempts,
        );
    }
  }

  /** Takes what is ready as far as there are places; what waited too long, or for a partner that rests, is given back. */
  #takeReady(country: string): void {
    const state = this.#stateOf(country);
    const { terms } = state;
    const [first] = state.ready;
    if (first === undefined) return;
    const isStale = first.leaseEndsAt.getTime() - this.#parts.clock().getTime() < terms.leaseMilliseconds / 2;
    if (isStale || state.rests || this.#stopping.signal.aborted) {
      this.#releaseReady(state);
      return;
    }
    for (const { message } of state.ready.splice(0, Math.max(0, terms.perPartner - state.underWay)))
      this.#take(country, message);
  }

  #stateOf(country: string): PartnerState {
    const known = this.#partners.get(country);
    if (known !== undefined) return known;
    const state = new PartnerState({ ...this.#parts.terms, ...this.#parts.partnerTerms[country] });
    this.#partners.set(country, state);
    return state;
  }

  #take(country: string, message: ClaimedMessage): void {
    const state = this.#stateOf(country);
    state.underWay += 1;
    this.#claimed.add(message.messageId);
    this.#renewAt.set(message.messageId, performance.now() + state.terms.leaseMilliseconds / 2);
    const run = this.#try(country, message)
      .catch((error: unknown) =>
        // The lease ends by itself, and the message is tried again with the same bytes.
        this.#parts.log.warn({ messageId: message.messageId, err: error }, 'message waits for its next try'),
      )
      .finally(() => {
        state.underWay -= 1;
        this.#claimed.delete(message.messageId);
        this.#renewAt.delete(message.messageId);
        this.#underWay.delete(run);
        this.#takeReady(country);
        if (state.backlog) this.wake();
      });
    this.#underWay.add(run);
  }

  async #try(country: string, message: ClaimedMessage): Promise<void> {
    const { clock, settlement, pool, meter } = this.#parts;
    const about = { messageId: message.messageId, conversation: message.conversation, partner: country };
    const sentAt = clock();
    const began = performance.now();
    const judgement = await this.#judgementOf(country, message);
    const at = clock();
    const code = judgement.means === 'receipted' ? '' : judgement.code;
    meter.tried(country, judgement.means, code, performance.now() - began);
    await this.#settled(() => {
      switch (judgement.means) {
        case 'receipted':
          return settlement.keep({ ...about, receiptId: judgement.receiptId, bytes: judgement.bytes, sentAt, at });
        case 'refused':
          return giveUp(pool, about, judgement, at, message.attempts);
        case 'alarm':
          return this.#alarmAndAgain(about, message, judgement);
        case 'retry':
          return this.#again(about, message, judgement);
      }
    });
  }

  /** Sends a message once and says what the answer means; whatever goes wrong becomes a reason for the next try. */
  async #judgementOf(country: string, message: ClaimedMessage): Promise<AnswerJudgement> {
    const { clock, connections, trust, log } = this.#parts;
    const state = this.#stateOf(country);
    const isProbe = state.rests;
    try {
      const partner = trust.partner(country, clock());
      if (partner === undefined)
        return {
          means: 'retry',
          code: 'PARTNER-UNKNOWN',
          reason: `${country} is not in the directory at the moment.`,
        };
      if (partner.pull === true)
        return {
          means: 'retry',
          code: 'WAITS-FOR-PULL',
          reason: `${country} pulls its messages, and has not pulled this one and given a receipt for it.`,
        };
      const answer = await connections.post(partner, message.contentType, message.body);
      const judgement = judgeAnswer(answer, message, partner, trust, clock());
      if (judgement.means === 'retry' && judgement.isOverloaded === true)
        await this.#noteFailed(country, isProbe, judgement);
      else state.noteAnswered();
      state.reachable = true;
      return judgement;
    } catch (error) {
      if (error instanceof ConnectionFailure && !(error.cause instanceof Refusal)) {
        const failure = { code: 'EBMS:0005', reason: error.message };
        state.reachable = false;
        await this.#noteFailed(country, isProbe, failure);
        return { means: 'retry', ...failure };
      }
      log.warn({ messageId: message.messageId, err: error }, 'a try failed at this node');
      return {
        means: 'retry',
        code: 'TRY-FAILED-HERE',
        reason: `This node failed while it sent the message to ${country} or judged the answer; its log tells more.`,
      };
    }
  }

  /**
   * Waits for a database that is away, rather than forget what a partner answered; no longer than the claim lasts, and
   * not when the gateway stops.
   */
  async #settled(settle: () => Promise<void>): Promise<void> {
    const began = performance.now();
    for (let wait = 100; ; wait = Math.min(wait * 2, longestSettlementPauseMilliseconds)) {
      try {
        return await settle();
      } catch (error) {
        const isOutage = error instanceof Refusal && error.kind === 'unavailable';
        const isLate = performance.now() - began + wait > this.#parts.terms.leaseMilliseconds;
        if (!isOutage || isLate || this.#stopping.signal.aborted) throw error;
        await pause(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }

  /** Notes that a partner could not be reached, or has no time; a probe also gives up what is over meanwhile. */
  async #noteFailed(country: string, isProbe: boolean, why: { readonly reason: string }): Promise<void> {
    const { clock, random, log } = this.#parts;
    this.#stateOf(country).noteFailed(isProbe, clock(), random);
    if (isProbe)
      await this.#giveUpExpired(country, why.reason).catch((error: unknown) =>
        log.warn({ err: error }, 'messages whose window ended wait to be given up'),
      );
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
        attempts,
      );
  }

  async #alarmAndAgain(about: Concerned, message: ClaimedMessage, why: Why): Promise<void> {
    const { pool, clock } = this.#parts;
    // Once, not at every try of the days that a message is tried.
    if (why.code !== message.lastErrorCode) await raiseAlarm(pool, about, why, clock());
    await this.#again(about, message, why);
  }

  /** Plans the next try, or gives up when the window is over. */
  async #again(about: Concerned, message: ClaimedMessage, { code, reason }: Why): Promise<void> {
    const { pool, clock, random } = this.#parts;
    const now = clock();
    if (now >= message.windowEndsAt)
      return giveUp(
        pool,
        about,
        { code, reason: `Given up after ${message.attempts} tries. ${reason}` },
        now,
        message.attempts,
      );
    const at = endOfPause(this.#stateOf(about.partner).terms, message.attempts, now, random);
    await planRetry(pool, message.messageId, { at, code, reason }, message.attempts);
  }
}
