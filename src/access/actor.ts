import type { Right, Role } from './rights.ts';

/** A registration identifier of a firm, such as `{ scheme: 'TH:TIN', value: '0105536000315' }`. */
export interface FirmIdentifier {
  readonly scheme: string;
  readonly value: string;
}

/** Who asks: a person, as the database knows them at the time of the request, and how they proved it. */
export interface Actor {
  readonly personId: string;
  readonly name: string;
  readonly role: Role;
  /** The firm of a trader or broker; null for officials. */
  readonly firmId: string | null;
  readonly firmIdentifier: FirmIdentifier | null;
  /** Code of the office of an official; null for traders and brokers. */
  readonly office: string | null;
  /** ISO 3166-1 alpha-2 of the node that signed the person in. */
  readonly country: string;
  readonly via: 'session' | 'token';
  /** A token may be narrower than its person: then only these rights; null means every right of the role. */
  readonly onlyRights: readonly Right[] | null;
}

/** The three things an event keeps of the actor (see store/log.ts). */
export function actorOfEvent(actor: Actor): { id: string; name: string; role: string } {
  return { id: actor.personId, name: actor.name, role: actor.role };
}
