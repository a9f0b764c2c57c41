import type { Actor } from '../access/actor.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

/** Who asks, when, and in which transaction (for reading: any connection of the same type). */
export interface Asked {
  readonly transaction: Transaction;
  readonly actor: Actor;
  readonly now: Date;
}

/** A declaration as far as its milestones need it. */
export interface CaseSeen {
  readonly declarationId: string;
  readonly movementReference: string;
  readonly consignmentReference: string;
}

/**
 * Finds a declaration that the actor may see.
 * @throws a Refusal of the kind `not-found` where there is none, or none for this actor
 */
export type FindCase = (reader: Reader, actor: Actor, now: Date, movementReference: string) => Promise<CaseSeen>;

/** What timing needs from outside. */
export interface TimingParts {
  /** ISO 3166-1 alpha-2 of the node. */
  readonly country: string;
  /** IANA zone of the customs administration, in which days begin. */
  readonly timeZone: string;
  readonly findCase: FindCase;
}
