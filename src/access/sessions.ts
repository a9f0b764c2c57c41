import type { Reader } from '../store/pool.ts';
import { inventSecret, secretDigest } from './secrets.ts';

/** How long a session lasts, in seconds. */
export interface SessionTerms {
  /** From sign-in on, whatever happens. */
  readonly absoluteSeconds: number;
  /** Without a request. */
  readonly idleSeconds: number;
}

/** A working day, and an hour at lunch. */
export const SESSION_TERMS: SessionTerms = { absoluteSeconds: 12 * 3_600, idleSeconds: 3_600 };

/**
 * Begins a session under a new secret; one that the browser had before is ended (session fixation, threats P3).
 * @returns the secret, for the cookie; only its digest is kept
 */
export async function beginSession(
  reader: Reader,
  personId: string,
  before: string | undefined,
  terms: SessionTerms,
  now: Date,
): Promise<string> {
  const secret = inventSecret();
  await reader.query({
    name: 'begin-session',
    text: `with ended as (delete from sessions where secret_digest = $5)
      insert into sessions (secret_digest, person_id, created_at, last_used_at, expires_at) values ($1, $2, $3, $3, $4)`,
    values: [
      secretDigest(secret),
      personId,
      now,
      new Date(now.getTime() + terms.absoluteSeconds * 1_000),
      before === undefined ? null : secretDigest(before),
    ],
  });
  return secret;
}

/** Ends a session; the cookie is worth nothing from then on. */
export async function endSession(reader: Reader, secret: string): Promise<void> {
  await reader.query({
    name: 'end-session',
    text: 'delete from sessions where secret_digest = $1',
    values: [secretDigest(secret)],
  });
}

/** Ends every session of a person: after a new password, a new role, or when they are no longer let in. */
export async function endSessionsOf(reader: Reader, personId: string): Promise<void> {
  await reader.query({
    name: 'end-sessions-of-person',
    text: 'delete from sessions where person_id = $1',
    values: [personId],
  });
}

/** Removes sessions that have ended by time. */
export async function pruneSessions(reader: Reader, terms: SessionTerms, now: Date): Promise<void> {
  await reader.query({
    name: 'prune-sessions',
    text: 'delete from sessions where expires_at <= $1 or last_used_at <= $2',
    values: [now, new Date(now.getTime() - terms.idleSeconds * 1_000)],
  });
}
