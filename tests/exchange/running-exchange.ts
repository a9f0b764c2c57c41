import { randomUUID } from 'node:crypto';
import { Agent, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import express, { type RequestHandler } from 'express';
import { createExchange, type Exchange, type ExchangeParts } from '../../src/exchange/exchange.ts';
import { inMemory, wholeOf } from '../../src/exchange/message/content.ts';
import type { Delivery, OutgoingDocument } from '../../src/exchange/ports.ts';
import type { TrustPort } from '../../src/exchange/trust-port.ts';
import { createAs4Server } from '../../src/node/as4-server.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type TestMember, trustIn } from './members.ts';

export const SERVICE = 'urn:test:service';
export const ACTION = 'urn:test:action';

/** Addresses of the members' nodes; filled as they start, so that nodes can know each other. */
export type Endpoints = Record<string, string>;

/** One node's exchange with its database and https server. */
export interface RunningExchange {
  readonly member: TestMember;
  readonly exchange: Exchange;
  readonly database: TestDatabase;
  /** What was handed to the journeys, in order. */
  readonly deliveries: Delivery[];
  /** Set by a test to take part in the next requests. */
  hook: RequestHandler | undefined;
  /** Queues one document in a transaction of its own. */
  send(toCountry: string, bytes: Buffer | string, more?: Partial<OutgoingDocument>): Promise<string>;
  listen(): Promise<void>;
  /** Where it listens. */
  endpoint(): string;
  /** Ends the https server at once, with every connection. */
  hangUp(): Promise<void>;
  stop(): Promise<void>;
}

/** What a test changes of an exchange. */
export type Changes = Partial<
  Pick<ExchangeParts, 'deliver' | 'clock' | 'dispatch' | 'partnerTerms' | 'limits' | 'receipted'>
> & {
  readonly database?: TestDatabase;
  /** What is different of the trust that all members have in each other. */
  readonly trust?: (usual: TrustPort) => Partial<TrustPort>;
  /** Keeps no payload of what was delivered. */
  readonly forgetPayloads?: boolean;
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A delivery with its payloads in memory, since they cannot be read after it. */
async function inHand(delivery: Delivery): Promise<Delivery> {
  const payloads = [];
  for (const payload of delivery.payloads)
    payloads.push({ ...payload, content: inMemory(await wholeOf(payload.content, 64 * 1024 * 1024)) });
  return { ...delivery, payloads };
}

/** Waits until something holds, for at most ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (await holds()) return;
    await pause(10);
  }
  throw new Error(`${what} did not happen within ten seconds`);
}

/** Puts one node's exchange together; it neither listens nor sends before it is told to. */
export async function createRunningExchange(
  member: TestMember,
  members: readonly TestMember[],
  endpoints: Endpoints,
  changes: Changes = {},
): Promise<RunningExchange> {
  const database = changes.database ?? (await createTestDatabase());
  const deliveries: Delivery[] = [];
  const clock = changes.clock ?? (() => new Date());
  const usual = trustIn(members, endpoints, member);
  const exchange = createExchange({
    pool: database.pool,
    country: member.country,
    partyId: member.partyId,
    keys: () => ({
      signing: member.keys.signing,
      decryption: Object.values(member.keys.encryption),
      tls: member.tls,
    }),
    trust: { ...usual, ...changes.trust?.(usual) },
    clock,
    newId: randomUUID,
    log: silent,
    services: [{ service: SERVICE, actions: [ACTION] }],
    deliver: async (transaction, delivery) => {
      const outcome = (await changes.deliver?.(transaction, delivery)) ?? { taken: true };
      deliveries.push(changes.forgetPayloads === true ? { ...delivery, payloads: [] } : await inHand(delivery));
      return outcome;
    },
    receipted: changes.receipted ?? (() => Promise.resolve()),
    dispatch: { firstPauseMilliseconds: 40, longestPauseMilliseconds: 100, pollMilliseconds: 20, ...changes.dispatch },
    ...(changes.limits === undefined ? {} : { limits: changes.limits }),
    ...(changes.partnerTerms === undefined ? {} : { partnerTerms: changes.partnerTerms }),
  });
  let server: Server | undefined;
  const running: RunningExchange = {
    member,
    exchange,
    database,
    deliveries,
    hook: undefined,
    async send(toCountry, bytes, more) {
      const document = {
        toCountry,
        conversationId: 'UCR-1',
        service: SERVICE,
        action: ACTION,
        payloads: [{ contentType: 'application/xml', content: inMemory(Buffer.from(bytes)) }],
        ...more,
      };
      const prepared = await exchange.prepare(document, clock());
      const { messageId } = await inTransaction(database.pool, (transaction) =>
        exchange.enqueue(transaction, prepared, clock()),
      );
      return messageId;
    },
    async listen() {
      const app = express();
      app.disable('x-powered-by');
      app.use((incoming, response, next) =>
        running.hook === undefined ? next() : running.hook(incoming, response, next),
      );
      app.use(exchange.router());
      const listening = createAs4Server(app, member.tls);
      server = listening;
      const known = endpoints[member.country];
      const port = known === undefined ? 0 : Number(new URL(known).port);
      await new Promise<void>((resolve) => listening.listen(port, '127.0.0.1', resolve));
      endpoints[member.country] = `https://127.0.0.1:${addressOf(listening).port}/as4`;
    },
    endpoint: () => endpoints[member.country] ?? '',
    async hangUp() {
      const ended = server;
      server = undefined;
      if (ended === undefined) return;
      const closed = new Promise<void>((resolve) => ended.close(() => resolve()));
      ended.closeAllConnections();
      await closed;
    },
    async stop() {
      await exchange.stop();
      await running.hangUp();
      if (changes.database === undefined) await database.drop();
    },
  };
  return running;
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address;
}

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Posts bytes as a partner would; without a key, without a client certificate. */
export function post(
  endpoint: string,
  message: { readonly contentType: string; readonly body: Buffer },
  as: TestMember['tls'] | undefined,
): Promise<Answer> {
  const agent = new Agent({
    rejectUnauthorized: false,
    ...(as === undefined
      ? {}
      : { key: as.privateKey.export({ type: 'pkcs8', format: 'pem' }), cert: as.certificate.toString() }),
  });
  return new Promise((resolve, reject) => {
    const sent = request(endpoint, { method: 'POST', agent, headers: { 'Content-Type': message.contentType } });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          body: Buffer.concat(pieces),
        }),
      );
    });
    sent.end(message.body);
  }).finally(() => agent.destroy()) as Promise<Answer>;
}
