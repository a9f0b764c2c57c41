import { type Actor, actorOfEvent } from '../access/actor.ts';
import type { EventActor } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import type { CustomsAdministration } from './ports.ts';

/** Who acts, when, and in which transaction: a person, or the node itself. */
export interface Acting {
  readonly transaction: Transaction;
  readonly actor: Actor | EventActor;
  readonly now: Date;
}

/** A person who asks (for reading: the transaction is any connection of the same type). */
export interface Asked extends Acting {
  readonly actor: Actor;
}

/** The three things an event keeps of who acted. */
export function eventActor(actor: Actor | EventActor): EventActor {
  return 'personId' in actor ? actorOfEvent(actor) : actor;
}

/** The node of this customs administration as the one who acts. */
export function nodeActor(parts: {
  readonly country: string;
  readonly customs: Pick<CustomsAdministration, 'name'>;
}): EventActor {
  return { id: parts.country, name: parts.customs.name, role: 'node' };
}
