import { randomUUID } from 'node:crypto';
import express, { type Express, type Request, type Response } from 'express';
import { pruneSignInGuards } from '../access/guessing.ts';
import { Identities } from '../access/identify.ts';
import { pruneSessions, SESSION_TERMS, type SessionTerms } from '../access/sessions.ts';
import type { Pool } from '../store/pool.ts';
import { SharedTransactions } from '../store/shared-transactions.ts';
import { sessionCookieName } from './client.ts';
import { answerRoute } from './dispatch.ts';
import { pruneReplies } from './idempotency.ts';
import type { Log } from './log.ts';
import type { NodeDescription, PartnerLine } from './node-description.ts';
import { internalProblem, problem } from './problem.ts';
import { prepareSchema } from './request-schemas.ts';
import type { Route } from './route.ts';
import { developerRoutes } from './routes/developers.ts';
import { firmRoutes } from './routes/firms.ts';
import { healthRoutes } from './routes/health.ts';
import { homeRoutes } from './routes/home.ts';
import { mandateRoutes } from './routes/mandates.ts';
import { partnerRoutes } from './routes/partners.ts';
import { peopleRoutes } from './routes/people.ts';
import { schemaRoutes } from './routes/schemas.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { sendProblem } from './send.ts';

/** All that the web of a node is made of. */
export interface AppParts {
  readonly pool: Pool;
  /** ISO 3166-1 alpha-2 of the node. */
  readonly country: string;
  /** Where people reach the pages, such as `https://selat.customs.example`; https makes cookies Secure. */
  readonly publicUrl: string;
  /** Version of the program. */
  readonly version: string;
  /** The routes of the journeys. */
  readonly journeys: readonly Route[];
  readonly describeNode: () => Promise<NodeDescription>;
  readonly partners: () => Promise<readonly PartnerLine[]>;
  readonly clock: () => Date;
  readonly log: Log;
  /** Addresses or networks of proxies whose X-Forwarded-… is believed; default none. */
  readonly trustedProxies?: readonly string[];
  readonly sessionTerms?: SessionTerms;
}

/** The web of a node, to be given to `createHttpServer`. */
export interface WebOfNode {
  readonly app: Express;
  /** Every row of the route table, for the documents and tests that are made from it. */
  readonly routes: readonly Route[];
  /** Removes sessions, guards and kept replies whose time is over; to be called every few minutes. */
  prune(now: Date): Promise<void>;
}

/** Puts the web of a node together: its own routes and those of the journeys, in one table. */
export function createApp(parts: AppParts): WebOfNode {
  const { pool, country, clock, log } = parts;
  const terms = parts.sessionTerms ?? SESSION_TERMS;
  const shared = new SharedTransactions(pool);
  const identities = new Identities(pool, country, terms);
  const cookieName = sessionCookieName(country);
  const publicOrigin = new URL(parts.publicUrl).origin;
  const access = { pool, country, identities, terms, cookieName, secure: publicOrigin.startsWith('https:') };
  const routes: Route[] = [
    ...homeRoutes(parts.describeNode),
    ...healthRoutes(parts.describeNode),
    ...signInRoutes(access),
    ...tokenRoutes(access),
    ...firmRoutes(),
    ...peopleRoutes(access),
    ...mandateRoutes(),
    ...parts.journeys,
    ...partnerRoutes(parts.partners),
    ...schemaRoutes(),
  ];
  routes.push(
    ...developerRoutes([...routes], {
      describe: parts.describeNode,
      publicUrl: parts.publicUrl,
      cookieName,
      version: parts.version,
    }),
  );
  prepare(routes);

  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.enable('strict routing').enable('case sensitive routing');
  app.set('trust proxy', parts.trustedProxies === undefined ? false : [...parts.trustedProxies]);
  for (const [path, rows] of byPath(routes)) {
    const handlers = new Map(
      rows.map((route) => [
        route.method,
        answerRoute(route, { pool, shared, identities, cookieName, publicOrigin, clock, log }),
      ]),
    );
    const allowed = [...handlers.keys(), ...(handlers.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    app.all(path, (request, response) => {
      const method = request.method === 'HEAD' ? 'GET' : request.method;
      for (const [possible, handle] of handlers) if (possible === method) return handle(request, response);
      return answerOtherMethod(request, response, allowed);
    });
  }
  app.use((request: Request, response: Response) => {
    const id = randomUUID();
    const detail = 'There is nothing at this address. The addresses of this node are listed at /docs.';
    sendProblem(request, response, problem(404, 'NOT-FOUND', detail, id), id);
  });
  app.use((error: unknown, request: Request, response: Response, _next: unknown) => {
    answerRouterError(error, request, response, log);
  });
  return {
    app,
    routes,
    async prune(now) {
      await pruneSessions(pool, terms, now);
      await pruneSignInGuards(pool, now);
      await pruneReplies(pool, now);
    },
  };
}

/** A mistake in the table shows when the node starts. */
function prepare(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const route of routes) {
    for (const name of [route.operationId, `${route.method} ${route.path}`]) {
      if (seen.has(name)) throw new Error(`The route table has ${name} twice.`);
      seen.add(name);
    }
    const schemas = [
      ...Object.values(route.query ?? {}),
      ...Object.values(route.params ?? {}),
      ...(route.requestBody === undefined ? [] : [route.requestBody]),
    ];
    for (const schema of schemas) prepareSchema(schema);
  }
}

function byPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return new Map([...paths].sort(([one], [other]) => rank(one).localeCompare(rank(other), 'en')));
}

/** Fixed words of a path come before parameters, or `/api/applications/check` would be an application's id. */
function rank(path: string): string {
  return path
    .split('/')
    .map((segment) => (segment.startsWith('*') ? '2' : segment.startsWith(':') ? '1' : `0${segment}`))
    .join('/');
}

function answerOtherMethod(request: Request, response: Response, allowed: string): void {
  const id = randomUUID();
  if (request.method === 'OPTIONS') {
    response.writeHead(204, { Allow: allowed });
    response.end();
    return;
  }
  const detail = `${request.method} is not possible here; possible: ${allowed}.`;
  sendProblem(request, response, problem(405, 'METHOD-NOT-ALLOWED', detail, id, { headers: { Allow: allowed } }), id);
}

/** The router itself fails only on an address that cannot be decoded. */
function answerRouterError(error: unknown, request: Request, response: Response, log: Log): void {
  const id = randomUUID();
  if (error instanceof URIError) {
    const detail = 'The address has a percent sign that does not stand for a byte of UTF-8.';
    sendProblem(request, response, problem(400, 'ADDRESS-MALFORMED', detail, id), id);
    return;
  }
  log.error({ requestId: id, err: error }, 'request failed');
  sendProblem(request, response, internalProblem(id), id);
}
