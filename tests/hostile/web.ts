import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { RIGHTS, type Role } from '../../src/access/rights.ts';
import type { Route } from '../../src/http/route.ts';
import type { TestRegion } from '../support/region.ts';
import { assertNoInternals } from './support.ts';

/** An answer of a node's pages or API, refused or not. */
export interface WebAnswer {
  readonly status: number;
  readonly text: string;
  /** The code of the problem, or empty. */
  readonly code: string;
  readonly headers: Headers;
}

/** Which sample person has a role. */
export const USER_OF = {
  trader: 'exporter',
  broker: 'broker',
  'issuing-officer': 'issuing',
  'clearance-officer': 'clearance',
  supervisor: 'supervisor',
  analyst: 'analyst',
  operator: 'operator',
} as const satisfies Record<Role, string>;

/** Who a route is for, of those whose cookies are given by their names. */
export function cookieFor(route: Route, cookies: ReadonlyMap<string, string>): string {
  const roles: readonly Role[] =
    route.right === 'public' || route.right === 'signed-in' ? ['trader'] : RIGHTS[route.right];
  for (const role of roles) {
    const cookie = cookies.get(role === 'trader' ? 'importer' : USER_OF[role]);
    if (cookie !== undefined) return cookie;
  }
  throw new Error(`nobody may use ${route.path}`);
}

/** The session cookie of a sample person who signs in. */
export async function signIn(region: TestRegion, country: string, username: string): Promise<string> {
  const person = region.region.description.nodes[country]?.people.find((one) => one.username === username);
  assert.ok(person, `no ${username} in ${country}`);
  const answer = await ask(region, country, null, 'POST', '/api/sign-in', { username, password: person.password });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
  assert.ok(cookie, answer.text);
  return cookie;
}

function asSent(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? Uint8Array.from(body) : JSON.stringify(body);
}

/** Asks a running node over HTTP, as anybody could. Text and bytes are sent as they are, anything else as JSON. */
export async function ask(
  region: TestRegion,
  country: string,
  cookie: string | null,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<WebAnswer> {
  const response = await fetch(new URL(path, region.address(country)), {
    method,
    redirect: 'manual',
    headers: {
      ...(cookie === null ? {} : { Cookie: cookie }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(method === 'POST' ? { 'Idempotency-Key': randomUUID() } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: asSent(body) }),
  });
  const text = await response.text();
  if (response.status >= 400) assertNoInternals(text);
  return { status: response.status, text, code: /"code":"([^"]+)"/.exec(text)?.[1] ?? '', headers: response.headers };
}
