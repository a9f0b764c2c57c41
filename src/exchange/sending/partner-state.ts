import type { ClaimedMessage } from './claim-queries.ts';
import type { DispatchTerms, PartnerTerms } from './dispatch-terms.ts';

/** What a dispatcher knows of a partner at the moment: what is under way, and whether the partner rests. */
export class PartnerState {
  readonly terms: DispatchTerms;
  underWay = 0;
  /** Messages that were claimed when they were queued and wait for a place; none while others wait in the database. */
  ready: { readonly message: ClaimedMessage; readonly leaseEndsAt: Date }[] = [];
  /** Whether messages may wait in the database: then new ones line up behind them. */
  backlog = true;
  /** Whether a person holds the partner: nothing is sent to it. */
  isHeld = false;
  /** Whether it could be reached at the last try; null before the first. */
  reachable: boolean | null = null;
  #failuresInARow = 0;
  /** Pauses since the partner rests; 0 while it does not. */
  #rests = 0;
  #restsUntil = new Date(0);

  constructor(terms: DispatchTerms) {
    this.terms = terms;
  }

  get rests(): boolean {
    return this.#rests > 0;
  }

  /** Until when the partner rests after failed tries; null while it does not. */
  get restsUntil(): Date | null {
    return this.rests ? this.#restsUntil : null;
  }

  /** Whether a message that is being queued may be sent straight after its commit; if not, it lines up in the database. */
  takesNew(): boolean {
    const isFull = this.underWay + this.ready.length >= 2 * this.terms.perPartner;
    if (this.isHeld || this.#failuresInARow > 0 || isFull) this.backlog = true;
    return !this.backlog;
  }

  /** How many more messages may be under way; a partner that rests gets one after each pause, to see whether it is back. */
  placesAt(now: Date): number {
    if (!this.rests) return this.terms.perPartner - this.underWay;
    return this.underWay === 0 && now >= this.#restsUntil ? 1 : 0;
  }

  noteAnswered(): void {
    this.#failuresInARow = 0;
    this.#rests = 0;
  }

  /**
   * Notes that a partner could not be reached, or has no time. Tries that were under way when the rest began do not
   * lengthen it: a short outage is to have a short end.
   * @param isProbe whether the try was the one of a pause
   */
  noteFailed(isProbe: boolean, now: Date, random: () => number): void {
    this.#failuresInARow += 1;
    if (!isProbe && (this.rests || this.#failuresInARow < this.terms.breakAfter)) return;
    this.#rests += 1;
    this.#restsUntil = endOfPause(this.terms, this.#rests, now, random);
  }
}

/**
 * The end of an exponential pause from now: between half of it and the whole, by chance, so that not all come back at
 * the same time.
 * @param random a number in [0, 1)
 */
export function endOfPause(terms: PartnerTerms, failures: number, now: Date, random: () => number): Date {
  const whole = Math.min(
    terms.longestPauseMilliseconds,
    terms.firstPauseMilliseconds * 2 ** Math.min(failures - 1, 20),
  );
  return new Date(now.getTime() + whole / 2 + (random() * whole) / 2);
}
