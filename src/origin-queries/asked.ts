import type { Actor } from '../access/actor.ts';
import type { Transaction } from '../store/transaction.ts';

/** Who asks, when, and in which transaction (for reading: any connection of the same type). */
export interface AskedOrigin {
  readonly transaction: Transaction;
  readonly actor: Actor;
  readonly now: Date;
}
