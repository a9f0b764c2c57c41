import type { Request } from 'express';
import type { Actor } from '../access/actor.ts';
import type { Identities, Proof } from '../access/identify.ts';
import { Refusal } from '../documents/refusal.ts';
import type { ClientFacts } from './route.ts';

/**
 * The name of the session cookie. Browsers give cookies to every port of a host, and several nodes may stand on one
 * (the sample region), so the country is part of the name.
 */
export function sessionCookieName(country: string): string {
  return `selat_session_${country.toLowerCase()}`;
}

/** `Set-Cookie` that begins a session; an empty secret ends it. */
export function sessionCookie(name: string, secret: string, secure: boolean, seconds: number): string {
  return `${name}=${secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure ? '; Secure' : ''}`;
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const each of header?.split(';') ?? []) {
    const at = each.indexOf('=');
    if (at > 0 && each.slice(0, at).trim() === name) return each.slice(at + 1).trim();
  }
  return undefined;
}

/** What the request tells of the client, besides what is asked. */
export function clientFacts(request: Request, cookieName: string): ClientFacts {
  const cookie = cookieValue(request.headers.cookie, cookieName);
  return {
    address: request.ip ?? 'unknown',
    secure: request.secure,
    prefersHtml: request.accepts(['application/json', 'text/html']) === 'text/html',
    sessionCookie: cookie !== undefined && /^[\w-]{43}$/.test(cookie) ? cookie : undefined,
  };
}

/**
 * Who asks. A token that is not good is refused even where none is needed: whoever sends one wants to be known.
 * @throws a Refusal `TOKEN-NOT-VALID` (401)
 */
export async function identifyClient(
  request: Request,
  client: ClientFacts,
  identities: Identities,
  now: Date,
): Promise<Actor | null> {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    if (client.sessionCookie === undefined) return null;
    return identities.identify({ session: client.sessionCookie }, now);
  }
  const match = /^Bearer +(selat_[\w-]{43})$/i.exec(authorization);
  const proof: Proof | undefined = match?.[1] === undefined ? undefined : { token: match[1] };
  const actor = proof === undefined ? null : await identities.identify(proof, now);
  if (actor === null)
    throw new Refusal(
      'not-signed-in',
      'TOKEN-NOT-VALID',
      'The token is unknown, has ended or was revoked. Make a new one after signing in.',
    );
  return actor;
}
