import { tmpdir } from 'node:os';
import type { Router } from 'express';
import { Refusal } from '../documents/refusal.ts';
import { type EventActor, insertEventStatement } from '../store/log.ts';
import type { Pool } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { MessageKey } from './message/message.ts';
import { MESSAGE_LIMITS, type MessageLimits } from './message/opening.ts';
import { type SpoolTerms, sweepSpools } from './message/spool.ts';
import { keepPieces } from './message-store.ts';
import { type ExchangeMeter, NO_METER } from './meter.ts';
import { createOperations, type Operations } from './operations/operations.ts';
import { readQueues } from './operations/queues.ts';
import type { Deliver, OutgoingDocument, PartnerStatus, Receipted } from './ports.ts';
import { insertOutgoing } from './queries.ts';
import type { OfferedService } from './receiving/inbox.ts';
import { keepForPull } from './receiving/pull-queries.ts';
import { receiveRoute } from './receiving/receive-route.ts';
import type { SecurityProfileName } from './security-profile.ts';
import { PartnerConnections } from './sending/deliver-message.ts';
import { DISPATCH_TERMS, type DispatchTerms, type PartnerTerms } from './sending/dispatch-terms.ts';
import { Dispatcher } from './sending/dispatcher.ts';
import { WAKE_DISPATCHERS } from './sending/gateway-session.ts';
import { type PingResult, ping } from './sending/ping.ts';
import { type PreparedMessage, prepareMessage } from './sending/prepare-message.ts';
import { EXCHANGE_ACTOR, Settlement } from './sending/settle.ts';
import type { TrustPort } from './trust-port.ts';

/** All that the exchange of one node is made of. */
export interface ExchangeParts {
  readonly pool: Pool;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly partyId: string;
  readonly keys: () => {
    readonly signing: Readonly<Record<SecurityProfileName, MessageKey>>;
    /** Of all kinds, the newest first. */
    readonly decryption: readonly MessageKey[];
    readonly tls: MessageKey;
  };
  readonly trust: TrustPort;
  readonly clock: () => Date;
  /** A new UUID. */
  readonly newId: () => string;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  readonly services: readonly OfferedService[];
  readonly deliver: Deliver;
  readonly receipted: Receipted;
  readonly meter?: ExchangeMeter;
  readonly limits?: Partial<ExchangeLimits>;
  /** Folder of temporary files for large messages (default: that of the system). */
  readonly spoolFolder?: string;
  readonly dispatch?: Partial<DispatchTerms>;
  /** What is different for some partners, by country (ISO 3166-1 alpha-2). */
  readonly partnerTerms?: Readonly<Record<string, Partial<PartnerTerms> & { readonly windowMilliseconds?: number }>>;
  readonly random?: () => number;
}

/** Sizes and times of the exchange. */
export interface ExchangeLimits extends MessageLimits {
  /** Bytes of a message as it goes over the wire. */
  readonly bodyBytes: number;
  /** Messages and payloads of at most this size are held in memory; larger ones lie in temporary files. */
  readonly memoryBytes: number;
  /** How long a sender may send nothing in the middle of a message. */
  readonly standstillMilliseconds: number;
  /** How long a message is tried. */
  readonly windowMilliseconds: number;
  readonly futureMilliseconds: number;
  /** How old a message may be; ids are remembered for longer than that. */
  readonly pastMilliseconds: number;
}

const day = 86_400_000;
export const EXCHANGE_LIMITS: ExchangeLimits = {
  ...MESSAGE_LIMITS,
  bodyBytes: 256 * 1024 * 1024,
  memoryBytes: 2 * 1024 * 1024,
  standstillMilliseconds: 30_000,
  windowMilliseconds: 5 * day,
  futureMilliseconds: 5 * 60_000,
  pastMilliseconds: 30 * day,
};

/** The exchange of a node with its partners. */
export interface Exchange {
  /**
   * Composes the message that carries a document: cryptography only, nothing is stored.
   * @throws the refusals `PARTNER-UNKNOWN` when the country has no node that can be sent to, and `MESSAGE-TOO-LARGE`
   */
  prepare(document: OutgoingDocument, now: Date): Promise<PreparedMessage>;
  /**
   * Queues a prepared message in the transaction of what it tells of; it is sent after the commit. What lies on disk is
   * let go of, so that it can be done once only.
   */
  enqueue(transaction: Transaction, prepared: PreparedMessage, now: Date): Promise<{ readonly messageId: string }>;
  /** Both in one. */
  send(transaction: Transaction, document: OutgoingDocument, now: Date): Promise<{ readonly messageId: string }>;
  /** The route that takes messages of partners. */
  router(): Router;
  start(): Promise<void>;
  /** Takes nothing more out of the queue and waits for the tries under way, but no longer than a grace: then they are broken off, and tried again after the next start. */
  stop(): Promise<void>;
  status(): Promise<readonly PartnerStatus[]>;
  /** What the operator does to messages and partners. */
  readonly operations: Operations;
  /**
   * Sends a test message to a partner past its queue and waits for the receipt, `waitMilliseconds` at most.
   * @throws the refusal `PARTNER-UNKNOWN`
   */
  ping(country: string, actor: EventActor, waitMilliseconds: number): Promise<PingResult>;
}

/** The folder must be there before a large message is. */
async function prepareSpool(folder: string, now: Date): Promise<void> {
  try {
    await sweepSpools(folder, now);
  } catch (error) {
    throw new Refusal(
      'unavailable',
      'SPOOL-FOLDER-UNUSABLE',
      `The folder for temporary files, ${folder}, cannot be used. Make it, or name another as exchange.spoolFolder in node.json. (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** Puts the exchange of one node together. */
export function createExchange(parts: ExchangeParts): Exchange {
  const { pool, trust, clock } = parts;
  const limits = { ...EXCHANGE_LIMITS, ...parts.limits };
  const dispatch = { ...DISPATCH_TERMS, ...parts.dispatch };
  const meter = parts.meter ?? NO_METER;
  const newMessageId = (): string => `${parts.newId()}@${parts.country.toLowerCase()}.selat`;
  const connections = new PartnerConnections(trust, () => parts.keys().tls, clock);
  const settlement = new Settlement(pool, parts.receipted, parts.log);
  const dispatcher = new Dispatcher({
    pool,
    trust,
    connections,
    settlement,
    clock,
    random: parts.random ?? Math.random,
    log: parts.log,
    meter,
    terms: dispatch,
    partnerTerms: parts.partnerTerms ?? {},
  });

  const spool: SpoolTerms = { folder: parts.spoolFolder ?? tmpdir(), memoryBytes: limits.memoryBytes };

  const prepare = (document: OutgoingDocument, now: Date): Promise<PreparedMessage> =>
    prepareMessage(
      { partyId: parts.partyId, trust, signing: parts.keys().signing, newMessageId, limits, spool },
      document,
      now,
    );

  const windowOf = (partner: string): number =>
    parts.partnerTerms?.[partner]?.windowMilliseconds ?? limits.windowMilliseconds;

  /** Messages claimed in a transaction: one that queues many leaves most of them to the queue, and not in memory. */
  const leased = new WeakMap<Transaction, number>();

  async function enqueue(
    transaction: Transaction,
    { partner, document, composed, discard }: PreparedMessage,
    now: Date,
  ): Promise<{ messageId: string }> {
    const { messageId } = composed;
    const { conversationId: conversation, service, action } = document;
    const windowEndsAt = new Date(now.getTime() + windowOf(partner));
    const before = leased.get(transaction) ?? 0;
    const isPulled = trust.partner(partner, now)?.pull === true;
    const isInOrder = document.afterEarlierOfConversation === true;
    const maySendAtOnce = composed.body.memory !== undefined && !isPulled && !isInOrder && before < dispatch.perPartner;
    const claim = maySendAtOnce ? dispatcher.offerClaim(partner, messageId, now) : undefined;
    if (claim !== undefined) leased.set(transaction, before + 1);
    insertOutgoing(
      transaction,
      { ...composed, partner, conversation, service, action, isInOrder },
      now,
      windowEndsAt,
      claim,
    );
    if (isPulled) keepForPull(transaction, messageId);
    if (!dispatcher.isRunning) transaction.later(WAKE_DISPATCHERS);
    transaction.later(
      insertEventStatement({
        kind: 'message.queued',
        subject: messageId,
        conversation,
        actor: EXCHANGE_ACTOR,
        occurredAt: now,
        data: { partner, action },
      }),
    );
    transaction.afterCommit(() => {
      if (claim === undefined) dispatcher.wake();
      else
        dispatcher.takeClaimed(
          partner,
          { ...composed, conversation, attempts: 1, windowEndsAt, lastErrorCode: null },
          claim.leaseEndsAt,
        );
    });
    if (composed.body.memory === undefined)
      await keepPieces(transaction, 'outgoing', messageId, composed.body).finally(discard);
    return { messageId };
  }

  return {
    prepare,
    enqueue,
    send: async (transaction, document, now) => enqueue(transaction, await prepare(document, now), now),
    router: () =>
      receiveRoute(
        {
          pool,
          settlement,
          partyId: parts.partyId,
          trust,
          keys: parts.keys,
          clock,
          newMessageId,
          services: parts.services,
          deliver: parts.deliver,
          log: parts.log,
          meter,
          tolerance: limits,
          limits,
          spool,
        },
        { bodyLimit: limits.bodyBytes, standstillMilliseconds: limits.standstillMilliseconds, log: parts.log },
      ),
    async start() {
      await prepareSpool(spool.folder, clock());
      await dispatcher.start();
    },
    async stop() {
      const stopped = dispatcher.stop();
      const late = setTimeout(() => connections.close(), dispatch.stopGraceMilliseconds);
      await stopped.finally(() => clearTimeout(late));
      connections.close();
    },
    async status() {
      return (await readQueues(pool)).map(({ partner, ...queue }) => ({
        ...queue,
        country: partner,
        undelivered: queue.queued.count + queue.held.count,
        oldestAt: oldestOf(queue.queued.oldestAt, queue.held.oldestAt),
        reachable: dispatcher.reachable(partner),
        restsUntil: dispatcher.restsUntil(partner),
      }));
    },
    operations: createOperations({
      pool,
      trust,
      country: parts.country,
      windowOf,
      delivery: () => ({
        deliver: parts.deliver,
        keys: (country) => ({ decryption: parts.keys().decryption, signers: trust.signingCertificates(country) }),
        limits,
        spool,
        log: parts.log,
      }),
      wake: () => dispatcher.wake(),
    }),
    ping: (country, actor, waitMilliseconds) =>
      ping(
        {
          pool,
          clock,
          newId: parts.newId,
          leaseMilliseconds: dispatch.leaseMilliseconds,
          partnerOf: (to, at) => trust.partner(to, at),
          prepare,
          tryNow: (to, message) => dispatcher.tryNow(to, message),
        },
        country,
        actor,
        waitMilliseconds,
      ),
  };
}

function oldestOf(one: Date | null, other: Date | null): Date | null {
  return one === null || (other !== null && other < one) ? other : one;
}
