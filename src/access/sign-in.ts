import { Refusal } from '../documents/refusal.ts';
import { appendEvent, insertEventStatement } from '../store/log.ts';
import type { Pool } from '../store/pool.ts';
import { inTransaction } from '../store/transaction.ts';
import { forgiveSignIn, refuseTooManyTries } from './guessing.ts';
import { passwordMatches } from './passwords.ts';
import { plainUsername } from './people.ts';
import { beginSession, type SessionTerms } from './sessions.ts';

/** One try to sign in. */
export interface SignInAttempt {
  readonly username: string;
  readonly password: string;
  /** Where it came from. */
  readonly address: string;
  /** The secret of a session that the browser still had. */
  readonly sessionBefore: string | undefined;
}

const STRANGER = { id: 'stranger', name: 'not signed in', role: 'stranger' };

/**
 * Signs a person in. Whether the name is unknown, the password wrong or the person no longer let in, the answer and the
 * time it takes are the same.
 * @returns the secret of the new session, for the cookie, and the person's id
 * @throws Refusals `SIGN-IN-FAILED`, `SIGN-IN-TOO-MANY`
 */
export async function signIn(
  pool: Pool,
  attempt: SignInAttempt,
  terms: SessionTerms,
  now: Date,
): Promise<{ secret: string; personId: string }> {
  const username = plainUsername(attempt.username);
  const guess = { username, address: attempt.address };
  // A try beyond the limit is not written to the log: strangers must not be able to fill it.
  await refuseTooManyTries(pool, guess, now);
  const { rows } = await pool.query<{ id: string; name: string; role: string; password: string; active: boolean }>({
    name: 'find-person-to-sign-in',
    text: 'select id, name, role, password, active from people where username = $1',
    values: [username],
  });
  const person = rows[0];
  const matches = await passwordMatches(attempt.password, person?.password ?? null);
  if (person === undefined || !matches || !person.active) {
    await noteFailure(pool, person?.id ?? null, now);
    throw new Refusal('not-signed-in', 'SIGN-IN-FAILED', 'The user name or the password is not right.');
  }
  const secret = await inTransaction(pool, async (transaction) => {
    await forgiveSignIn(transaction, guess);
    const begun = await beginSession(transaction, person.id, attempt.sessionBefore, terms, now);
    await appendEvent(transaction, {
      kind: 'person.signed-in',
      subject: person.id,
      actor: { id: person.id, name: person.name, role: person.role },
      occurredAt: now,
    });
    return begun;
  });
  return { secret, personId: person.id };
}

/** The name that was typed is not written down: people type their password there by mistake. */
async function noteFailure(pool: Pool, personId: string | null, now: Date): Promise<void> {
  await pool.query(
    insertEventStatement({
      kind: 'person.sign-in-failed',
      subject: personId ?? STRANGER.id,
      actor: STRANGER,
      occurredAt: now,
      reason: 'wrong name or password',
    }),
  );
}
