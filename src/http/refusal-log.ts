import { type Actor, actorOfEvent } from '../access/actor.ts';
import type { Refusal } from '../documents/refusal.ts';
import { insertEventStatement } from '../store/log.ts';
import type { Reader } from '../store/pool.ts';
import type { Route } from './route.ts';

/**
 * Whether a refusal gets an entry in the log of events: those of people who are signed in, when they wanted to change
 * something or asked for what is not theirs (threats P1). Strangers get none, so that they cannot fill the log; the
 * structured log of the process has them.
 */
export function isKept(refusal: Refusal, route: Route): boolean {
  if (refusal.kind === 'unavailable') return false;
  return route.method !== 'GET' || refusal.kind === 'not-allowed' || refusal.kind === 'not-found';
}

/** Writes the one entry of a refused request; nothing else of it stays. */
export async function keepRefusal(
  reader: Reader,
  refused: {
    readonly refusal: Refusal;
    readonly route: Route;
    readonly path: string;
    readonly actor: Actor;
    readonly requestId: string;
    readonly now: Date;
  },
): Promise<void> {
  const { refusal, route, path, actor, requestId, now } = refused;
  const ofAccess = refusal.kind === 'not-allowed' || refusal.kind === 'not-found';
  await reader.query(
    insertEventStatement({
      kind: ofAccess ? 'access.refused' : 'request.refused',
      subject: path.slice(0, 300),
      actor: actorOfEvent(actor),
      occurredAt: now,
      reason: refusal.code,
      data: { operation: route.operationId, requestId },
    }),
  );
}
