import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import supertest from 'supertest';
import { registerFirm } from '../../src/access/firms.ts';
import { createPerson } from '../../src/access/people.ts';
import { FIRM_ROLES, type Role } from '../../src/access/rights.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { createApp, type WebOfNode } from '../../src/http/app.ts';
import type { NodeDescription } from '../../src/http/node-description.ts';
import type { Route } from '../../src/http/route.ts';
import { createHttpServer, type ServerLimits } from '../../src/http/server.ts';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createTestDatabase } from '../support/database.ts';
import { type CuttableLine, cuttableLine } from './cuttable-line.ts';

export const PASSWORD = 'a long enough password';

/** Somebody who was entered and can sign in. */
export interface TestPerson {
  readonly id: string;
  readonly username: string;
  readonly role: Role;
  readonly firmId: string | null;
}

/** The real web of a node over a database of its own, at a real port. */
export interface TestNode {
  readonly pool: Pool;
  readonly web: WebOfNode;
  readonly server: Server;
  readonly port: number;
  /** The line from the node to its database; null unless asked for. */
  readonly line: CuttableLine | null;
  /** Everything the process logged, as text. */
  readonly logged: string[];
  /** The node's clock; tests move it. */
  now: Date;
  description: NodeDescription;
  agent(): ReturnType<typeof supertest>;
  enter(role: Role, more?: { readonly firmId?: string; readonly office?: string }): Promise<TestPerson>;
  firm(): Promise<string>;
  /** Signs in and returns the cookie, `name=value`. */
  signIn(person: TestPerson): Promise<string>;
  token(cookie: string, more?: JsonObject): Promise<{ id: string; secret: string }>;
  events(kind: string): Promise<{ subject: string; actor_id: string; reason: string | null }[]>;
  /** Forgets all failed tries, for a test that begins anew from the same address. */
  forgetGuesses(): Promise<void>;
  stop(): Promise<void>;
}

const SYSTEM = { id: 'tests', name: 'tests', role: 'node' };

export async function startTestNode(
  options: {
    readonly journeys?: readonly Route[];
    readonly limits?: Partial<ServerLimits>;
    readonly publicUrl?: string;
    /** Puts a line between node and database that can be cut. */
    readonly cuttable?: true;
  } = {},
): Promise<TestNode> {
  const database = await createTestDatabase();
  const line = options.cuttable === true ? await cuttableLine(database.url) : null;
  const pool = openPool(line?.url ?? database.url);
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const state: { now: Date; description: NodeDescription } = {
    now: new Date(),
    description: {
      country: 'TH',
      countryName: 'Thailand',
      authority: 'Department of Foreign Trade',
      offices: [{ code: 'BKK', name: 'Bangkok' }],
      sample: true,
      version: '0.1.0',
      startedAt: new Date(),
      directory: { state: 'fresh', serial: 1 },
      queue: { undelivered: 0 },
    },
  };
  const web = createApp({
    pool,
    country: 'TH',
    publicUrl: options.publicUrl ?? 'http://selat.test',
    version: '0.1.0',
    journeys: options.journeys ?? [],
    describeNode: async () => state.description,
    partners: async () => [],
    clock: () => state.now,
    log,
  });
  const server = createHttpServer(web.app, options.limits);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const node: TestNode = {
    pool,
    web,
    server,
    port,
    line,
    logged,
    get now() {
      return state.now;
    },
    set now(moment) {
      state.now = moment;
    },
    get description() {
      return state.description;
    },
    set description(description) {
      state.description = description;
    },
    agent: () => supertest(server),
    async firm() {
      const firm = await inTransaction(pool, (transaction) =>
        registerFirm(
          transaction,
          { name: 'A firm', identifier: { scheme: 'TH:TIN', value: randomUUID() }, country: 'TH' },
          { actor: SYSTEM, now: state.now },
        ),
      );
      return firm.id;
    },
    async enter(role, more = {}) {
      const ofFirm = FIRM_ROLES.includes(role);
      const firmId = ofFirm ? (more.firmId ?? (await node.firm())) : null;
      const username = `${role}-${randomUUID().slice(0, 8)}`;
      const person = await inTransaction(pool, (transaction) =>
        createPerson(
          transaction,
          {
            username,
            name: `A ${role}`,
            role,
            firmId,
            office: ofFirm ? null : (more.office ?? 'BKK'),
            password: PASSWORD,
          },
          { actor: SYSTEM, now: state.now },
        ),
      );
      return { id: person.id, username, role, firmId };
    },
    async signIn(person) {
      const reply = await supertest(server)
        .post('/api/sign-in')
        .send({ username: person.username, password: PASSWORD })
        .expect(200);
      return cookieOf(reply.headers);
    },
    async token(cookie, more = {}) {
      const reply = await supertest(server)
        .post('/api/tokens')
        .set('Cookie', cookie)
        .set('Idempotency-Key', randomUUID())
        .send({ name: 'a program', expiresAt: new Date(state.now.getTime() + 86_400_000).toISOString(), ...more })
        .expect(201);
      return { id: String(reply.body.id), secret: String(reply.body.secret) };
    },
    async events(kind) {
      const { rows } = await pool.query<{ subject: string; actor_id: string; reason: string | null }>({
        text: 'select subject, actor_id, reason from events where kind = $1 order by id',
        values: [kind],
      });
      return rows;
    },
    async forgetGuesses() {
      await pool.query({ text: 'delete from sign_in_guards' });
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.close();
      await line?.cut();
      await database.drop();
    },
  };
  return node;
}

/** The first cookie that an answer sets, as a browser would send it back. */
export function cookieOf(headers: { readonly [name: string]: unknown }): string {
  const set: unknown = headers['set-cookie'];
  const first: unknown = Array.isArray(set) ? set[0] : set;
  return String(first).split(';', 1)[0] ?? '';
}
