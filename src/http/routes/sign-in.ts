import type { Actor } from '../../access/actor.ts';
import type { Identities } from '../../access/identify.ts';
import { changePassword, readPerson } from '../../access/people.ts';
import { RIGHTS, rightsOf } from '../../access/rights.ts';
import { endSession, type SessionTerms } from '../../access/sessions.ts';
import { signIn } from '../../access/sign-in.ts';
import type { JsonObject } from '../../documents/json.ts';
import { appendEvent } from '../../store/log.ts';
import type { Pool } from '../../store/pool.ts';
import type { Transaction } from '../../store/transaction.ts';
import { bodyObject, textOf } from '../body.ts';
import { sessionCookie } from '../client.ts';
import type { Route } from '../route.ts';
import { COUNTRY, ID, LINE, objectOf, orNull } from './shapes.ts';

/** What the routes about people and their proofs need. */
export interface AccessParts {
  readonly pool: Pool;
  /** ISO 3166-1 alpha-2 of the node. */
  readonly country: string;
  readonly identities: Identities;
  readonly terms: SessionTerms;
  readonly cookieName: string;
  /** Whether people reach the node over https. */
  readonly secure: boolean;
}

const TEXT: JsonObject = { type: 'string', minLength: 1, maxLength: 256, says: 'a text of 1 to 256 characters' };

/** What somebody is told of themselves. */
const ME = objectOf({
  id: ID,
  username: LINE,
  name: LINE,
  role: { type: 'string' },
  rights: { type: 'array', items: { type: 'string', enum: Object.keys(RIGHTS) } },
  firm: { ...objectOf({ id: ID, name: LINE }), type: ['object', 'null'] },
  office: orNull(LINE),
  country: COUNTRY,
});

async function describe(transaction: Transaction, personId: string, country: string): Promise<JsonObject> {
  const person = await readPerson(transaction, personId);
  return {
    id: person.id,
    username: person.username,
    name: person.name,
    role: person.role,
    rights: rightsOf(person.role),
    firm: person.firmId === null ? null : { id: person.firmId, name: person.firmName ?? '' },
    office: person.office,
    country,
  };
}

async function describeActor(transaction: Transaction, actor: Actor): Promise<JsonObject> {
  const me = await describe(transaction, actor.personId, actor.country);
  return actor.onlyRights === null
    ? me
    : { ...me, rights: rightsOf(actor.role).filter((right) => actor.onlyRights?.includes(right)) };
}

/** Signing in and out, and oneself. */
export function signInRoutes(parts: AccessParts): Route[] {
  const { pool, country, identities, terms, cookieName, secure } = parts;
  return [
    {
      method: 'POST',
      path: '/api/sign-in',
      operationId: 'signIn',
      summary: 'Sign in with user name and password',
      description:
        'Answers with a session cookie. Tries are limited by user name and by address; the answer 429 says how long to wait.',
      tag: 'Access',
      right: 'public',
      repeatable: 'Signing in twice begins two sessions, which harms nobody; a kept reply would keep a secret.',
      transactions: 'own',
      requestBody: objectOf({ username: TEXT, password: TEXT }),
      bodyLimit: 4_096,
      replies: { 200: { description: 'Signed in; the cookie is set.', schema: ME } },
      async handle({ actor, body, client, now, transaction }) {
        const typed = bodyObject(body);
        const attempt = {
          username: textOf(typed, 'username'),
          password: textOf(typed, 'password'),
          address: client.address,
          sessionBefore: client.sessionCookie,
        };
        const { secret, personId } = await signIn(pool, attempt, terms, now);
        identities.forget(personId);
        // The session that the browser had before has ended, whosever it was.
        if (actor !== null) identities.forget(actor.personId);
        return {
          status: 200,
          json: await describe(transaction, personId, country),
          headers: { 'Set-Cookie': sessionCookie(cookieName, secret, secure, terms.absoluteSeconds) },
        };
      },
    },
    {
      method: 'POST',
      path: '/api/sign-out',
      operationId: 'signOut',
      summary: 'End the session',
      tag: 'Access',
      right: 'public',
      repeatable: 'A session that has ended stays so.',
      requestBody: { type: 'object' },
      bodyOptional: true,
      replies: { 204: { description: 'The session has ended, or there was none.' } },
      async handle({ actor, client, now, transaction }) {
        if (client.sessionCookie !== undefined) await endSession(transaction, client.sessionCookie);
        if (actor !== null && actor.via === 'session') {
          await appendEvent(transaction, {
            kind: 'person.signed-out',
            subject: actor.personId,
            actor: { id: actor.personId, name: actor.name, role: actor.role },
            occurredAt: now,
          });
          transaction.afterCommit(() => identities.forget(actor.personId));
        }
        return { status: 204, headers: { 'Set-Cookie': sessionCookie(cookieName, '', secure, 0) } };
      },
    },
    {
      method: 'GET',
      path: '/api/me',
      operationId: 'readMe',
      summary: 'Who you are here, and what you may do',
      tag: 'Access',
      right: 'signed-in',
      replies: { 200: { description: 'Yourself.', schema: ME } },
      async handle({ actor, transaction }) {
        return { status: 200, json: await describeActor(transaction, actor) };
      },
    },
    {
      method: 'PUT',
      path: '/api/me/password',
      operationId: 'changePassword',
      summary: 'Change your password',
      description: 'Every session of yours ends, also this one. Not possible with a token.',
      tag: 'Access',
      right: 'signed-in',
      transactions: 'own',
      requestBody: objectOf({ current: TEXT, wanted: TEXT }),
      bodyLimit: 4_096,
      replies: { 204: { description: 'Changed; sign in again.' } },
      async handle({ actor, body, client, now }) {
        const typed = bodyObject(body);
        await changePassword(
          pool,
          actor,
          { current: textOf(typed, 'current'), wanted: textOf(typed, 'wanted') },
          client.address,
          now,
        );
        identities.forget(actor.personId);
        return { status: 204, headers: { 'Set-Cookie': sessionCookie(cookieName, '', secure, 0) } };
      },
    },
  ];
}
