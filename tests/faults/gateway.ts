import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import express from 'express';
import { Refusal } from '../../src/documents/refusal.ts';
import { createExchange } from '../../src/exchange/exchange.ts';
import { inMemory, wholeOf } from '../../src/exchange/message/content.ts';
import { createAs4Server } from '../../src/node/as4-server.ts';
import { startLogChainWorker } from '../../src/node/log-chain-worker.ts';
import { openPool } from '../../src/store/pool.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { trustIn } from '../exchange/members.ts';
import { noteAccepted, noteDelivered, noteReceipted, type TestDocument } from './effects.ts';
import type { GatewayOrder, GatewayReport, GatewayTerms } from './gateway-orders.ts';
import { readMembers } from './member-files.ts';

// The gateway process of the fault tests: the exchange of a node with a journey of a few lines, and a producer.
const SERVICE = 'urn:test:service';
const ACTION = 'urn:test:action';

const terms: GatewayTerms = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const members = readMembers(terms.membersFile);
const own = members.find((each) => each.country === terms.country);
if (own === undefined) throw new Error(`no keys of ${terms.country} in ${terms.membersFile}`);

let offset = terms.clockOffsetMilliseconds;
const clock = (): Date => new Date(Date.now() + offset);
const report = (what: GatewayReport): void => {
  process.send?.(what);
};
const write =
  (level: string) =>
  (fields: object, message: string): void => {
    const { err, ...others } = { err: undefined, ...fields };
    console.log(`${new Date().toISOString()} ${level} ${message} ${JSON.stringify(others)} ${err ?? ''}`);
  };
const log = { info: write('info'), warn: write('warn'), error: write('error') };

const pool = openPool(terms.databaseUrl, {
  applicationName: `selat ${terms.country}`,
  statementTimeoutMilliseconds: 5_000,
  onIdleError: (error) => log.warn({ err: error }, 'database connection lost'),
});
const exchange = createExchange({
  pool,
  country: own.country,
  partyId: own.partyId,
  keys: () => ({ signing: own.keys.signing, decryption: Object.values(own.keys.encryption), tls: own.tls }),
  trust: trustIn(members, terms.endpoints, own),
  clock,
  newId: randomUUID,
  log,
  services: [{ service: SERVICE, actions: [ACTION] }],
  async deliver(transaction, { messageId, payloads }) {
    const [payload] = payloads;
    const bytes = payload === undefined ? Buffer.alloc(0) : await wholeOf(payload.content, 1024 * 1024);
    const document: TestDocument = JSON.parse(bytes.toString('utf8'));
    await noteDelivered(transaction, document.id, messageId, bytes);
    // After the effect, so that what is undone can be seen to be undone.
    if (document.kind === 'poison') throw new Error('this journey fails over poison');
    if (Math.random() < terms.busy) throw new Refusal('unavailable', 'TEST-BUSY', 'This journey has no time.');
    return { taken: true };
  },
  receipted: (transaction, { messageId }) => noteReceipted(transaction, messageId),
  // So little in memory that some documents go through files and through the database in pieces.
  limits: { windowMilliseconds: terms.windowMilliseconds, memoryBytes: 16_000 },
  spoolFolder: terms.spoolFolder,
  dispatch: terms.dispatch,
});

const places = new Map<string, number>();

function newDocument(ordered: boolean): TestDocument {
  const conversation = `UCR-${terms.country}-${process.pid}-${Math.floor(Math.random() * 5)}`;
  const place = ordered ? (places.get(conversation) ?? 0) + 1 : null;
  if (place !== null) places.set(conversation, place);
  return {
    id: randomUUID(),
    conversation,
    place,
    kind: Math.random() < terms.poison ? 'poison' : 'plain',
    filler: randomBytes(Math.floor(Math.random() ** 3 * 15_000)).toString('hex'),
  };
}

/** One document with its message in one transaction, as a journey does it; reported when it is committed. */
async function produce(ordered: boolean): Promise<void> {
  const document = newDocument(ordered);
  const bytes = Buffer.from(JSON.stringify(document));
  const now = clock();
  const prepared = await exchange.prepare(
    {
      toCountry: terms.partner,
      conversationId: document.conversation,
      service: SERVICE,
      action: ACTION,
      payloads: [{ contentType: 'application/json', content: inMemory(bytes) }],
      afterEarlierOfConversation: document.place !== null,
    },
    now,
  );
  let wasOffered = false;
  const messageId = await inTransaction(pool, async (transaction) => {
    wasOffered = true;
    const queued = await exchange.enqueue(transaction, prepared, now);
    noteAccepted(transaction, document, bytes, queued.messageId);
    return queued.messageId;
  }).catch(async (error: unknown) => {
    if (!wasOffered) await prepared.discard();
    throw error;
  });
  report({ report: 'accepted', documentId: document.id, messageId });
}

let every: number | undefined;
let isOrdered = false;
let underWay = 0;

/** A producer gives up what it could not have accepted: only what was acknowledged must not be lost. */
async function tryToProduce(ordered: boolean): Promise<void> {
  underWay += 1;
  try {
    await produce(ordered);
  } catch (error) {
    log.info({ err: error }, 'a document was not accepted');
  } finally {
    underWay -= 1;
  }
}

async function keepProducing(): Promise<void> {
  while (every !== undefined) {
    const work = underWay < 10 ? tryToProduce(isOrdered) : undefined;
    // Ordered documents are accepted one after the other, or nobody could say which was first.
    if (isOrdered) await work;
    await pause(every);
  }
}

async function obey(order: GatewayOrder): Promise<void> {
  switch (order.order) {
    case 'produce':
      isOrdered = order.ordered ?? false;
      if (every === undefined) {
        every = order.everyMilliseconds;
        void keepProducing();
      }
      return;
    case 'produce-once':
      for (let index = 0; index < order.count; index += 1) await tryToProduce(order.ordered ?? false);
      report({ report: 'quiet' });
      return;
    case 'quiet':
      every = undefined;
      while (underWay > 0) await pause(5);
      report({ report: 'quiet' });
      return;
    case 'clock':
      offset = order.offsetMilliseconds;
      report({ report: 'clock' });
  }
}

process.on('message', (order: GatewayOrder) => void obey(order));
process.on('disconnect', () => process.exit(0));

startLogChainWorker(pool, (error) => log.warn({ err: error }, 'log chain waits'));
await exchange.start();
const app = express().disable('x-powered-by').use(exchange.router());
const server = createAs4Server(app, own.tls);
server.listen(terms.port, '127.0.0.1', () => report({ report: 'listening' }));
