import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import supertest from 'supertest';
import { mayDo, type Role } from '../../src/access/rights.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { faultsOf } from '../../src/http/request-schemas.ts';
import type { Route } from '../../src/http/route.ts';

/** What the table says that a role, or nobody (null), gets at the door of a route, before anything is looked up. */
export type Door = 'open' | 401 | 403 | 404;

/** Reads it from the route's row and the table of rights alone. */
export function doorOf(route: Route, role: Role | null): Door {
  if (route.right === 'public') return 'open';
  if (role === null) return 401;
  if (route.right === 'signed-in' || mayDo({ role, onlyRights: null }, route.right)) return 'open';
  return route.method === 'GET' && route.path.includes('/:') ? 404 : 403;
}

/** The codes with which the door refuses; another 404 or 403 comes from behind it. */
const DOOR_CODES = ['SIGN-IN-NEEDED', 'RIGHT-MISSING', 'NOT-FOUND'];

/**
 * What a route really does: asks with everything a route could want, but with names of nothing, so that nothing is
 * changed behind an open door.
 * @param server or the address of a node that runs
 */
export async function knock(server: Server | string, route: Route, cookie: string | null): Promise<Door> {
  const path = route.path.replace(/[:*]\w+/g, (parameter) => nameOfNothing(route.params?.[parameter.slice(1)]));
  const agent = supertest(server);
  const methods = { GET: agent.get(path), POST: agent.post(path), PUT: agent.put(path), DELETE: agent.delete(path) };
  const request = methods[route.method].set('Idempotency-Key', randomUUID()).set('If-Match', '"1"');
  if (cookie !== null) request.set('Cookie', cookie);
  const reply = await request;
  const code: unknown = reply.body?.code;
  if (typeof code === 'string' && DOOR_CODES.includes(code)) {
    if (reply.status === 401 || reply.status === 403 || reply.status === 404) return reply.status;
  }
  return 'open';
}

/** A name that the parameter's schema lets through and that names nothing. */
function nameOfNothing(schema: JsonObject | undefined): string {
  const names = [randomUUID(), '999999', 'NOTHING'];
  return names.find((name) => schema === undefined || faultsOf(schema, name).length === 0) ?? randomUUID();
}
