import { randomUUID, type X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { inMemory } from '../../src/exchange/message/content.ts';
import type { ComposedMessage, Payload } from '../../src/exchange/message/message.ts';
import { composeUserMessage } from '../../src/exchange/message/user-message.ts';
import type { Delivery } from '../../src/exchange/ports.ts';
import { PartnerConnections } from '../../src/exchange/sending/deliver-message.ts';
import { type AnswerJudgement, judgeAnswer } from '../../src/exchange/sending/judge-answer.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { type TestMember, trustIn } from '../exchange/members.ts';
import {
  ACTION,
  createRunningExchange,
  type Endpoints,
  type RunningExchange,
  SERVICE,
} from '../exchange/running-exchange.ts';

/** A message for Selat to send; what is left out is as in any message to that partner. */
export interface Letter {
  readonly to: TestMember;
  readonly conversationId: string;
  readonly refToMessageId?: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly payloads: readonly Payload[];
  /** Of all payloads, where it is said. */
  readonly compress?: boolean;
  readonly fromPartyId?: string;
  readonly toPartyId?: string;
  readonly service?: string;
  readonly action?: string;
  /** Another certificate than the partner's. */
  readonly recipient?: X509Certificate;
  /** Alters the bytes after they were signed and encrypted, as somebody on the way could. */
  readonly alter?: (body: Buffer) => Buffer;
}

/** A message for Selat's queue. */
export type QueuedLetter = Pick<Letter, 'to' | 'conversationId' | 'refToMessageId' | 'properties' | 'payloads'>;

/** How a queued message stands. */
export interface QueuedOutcome {
  readonly messageId: string;
  readonly state: string;
  readonly attempts: number;
  readonly code: string | null;
  readonly reason: string | null;
}

/** Selat's side of the interoperability tests: a node's whole exchange with database and https server, and its sender. */
export class SelatNode {
  readonly member: TestMember;
  /** The exchange itself, for what goes through its queue. */
  readonly running: RunningExchange;
  readonly #members: readonly TestMember[];
  readonly #endpoints: Endpoints;
  readonly #connections: PartnerConnections;

  private constructor(node: RunningExchange, members: readonly TestMember[], endpoints: Endpoints) {
    this.member = node.member;
    this.running = node;
    this.#members = members;
    this.#endpoints = endpoints;
    this.#connections = new PartnerConnections(
      trustIn(members, endpoints, node.member),
      () => node.member.tls,
      () => new Date(),
    );
  }

  /**
   * Starts the node; it knows the others of the members.
   * @param endpoints where the others take messages
   */
  static async start(member: TestMember, members: readonly TestMember[], endpoints: Endpoints): Promise<SelatNode> {
    const node = await createRunningExchange(member, members, endpoints);
    await node.listen();
    return new SelatNode(node, members, endpoints);
  }

  /** Where it takes messages. */
  get endpoint(): string {
    return this.#endpoints[this.member.country] ?? '';
  }

  /** What the journeys were given of a message. */
  delivered(messageId: string): Delivery | undefined {
    return this.running.deliveries.find((delivery) => delivery.messageId === messageId);
  }

  /** Composes a message, sends it to the partner's endpoint and judges what comes back, as the dispatcher does. */
  async send(letter: Letter): Promise<{ message: ComposedMessage; judgement: AnswerJudgement }> {
    const now = new Date();
    const trust = trustIn(this.#members, this.#endpoints, this.member);
    const partner = trust.partner(letter.to.country, now);
    const recipient = letter.recipient ?? partner?.encryptionCertificate;
    if (partner === undefined || recipient === undefined) throw new Error(`${letter.to.country} is no partner`);
    const message = composeUserMessage(
      {
        messageId: `${randomUUID()}@${this.member.country.toLowerCase()}.selat`,
        timestamp: now,
        ...(letter.refToMessageId === undefined ? {} : { refToMessageId: letter.refToMessageId }),
        fromPartyId: letter.fromPartyId ?? this.member.partyId,
        toPartyId: letter.toPartyId ?? letter.to.partyId,
        service: letter.service ?? SERVICE,
        action: letter.action ?? ACTION,
        conversationId: letter.conversationId,
        properties: letter.properties,
      },
      letter.payloads.map((payload) => ({ ...payload, compressed: letter.compress ?? payload.compressed ?? true })),
      { signing: this.member.keys.signing[partner.profile], recipient, profile: partner.profile },
    );
    const body = letter.alter === undefined ? message.body : letter.alter(Buffer.from(message.body));
    const answer = await this.#connections.post(partner, message.contentType, inMemory(body));
    return { message, judgement: judgeAnswer(answer, message, partner, trust, new Date()) };
  }

  /** Sends the bytes of a message once more and judges what comes back. */
  async sendAgain(to: TestMember, message: ComposedMessage): Promise<AnswerJudgement> {
    const trust = trustIn(this.#members, this.#endpoints, this.member);
    const partner = trust.partner(to.country, new Date());
    if (partner === undefined) throw new Error(`${to.country} is no partner`);
    const answer = await this.#connections.post(partner, message.contentType, inMemory(message.body));
    return judgeAnswer(answer, message, partner, trust, new Date());
  }

  /** Queues a message as journeys do, in a transaction. */
  async enqueue(letter: QueuedLetter): Promise<string> {
    const { exchange, database } = this.running;
    const { to, payloads, ...said } = letter;
    const document = {
      service: SERVICE,
      action: ACTION,
      ...said,
      toCountry: to.country,
      payloads: payloads.map(({ bytes, ...payload }) => ({ ...payload, content: inMemory(bytes) })),
    };
    const prepared = await exchange.prepare(document, new Date());
    const { messageId } = await inTransaction(database.pool, (transaction) =>
      exchange.enqueue(transaction, prepared, new Date()),
    );
    return messageId;
  }

  /** How a queued message stands. */
  async outcome(messageId: string): Promise<QueuedOutcome> {
    const { rows } = await this.running.database.pool.query<Omit<QueuedOutcome, 'messageId'>>({
      name: 'interop: queued message',
      text: 'select state, attempts, last_error_code as code, last_error as reason from outgoing_messages where message_id = $1',
      values: [messageId],
    });
    const [row] = rows;
    if (row === undefined) throw new Error(`${messageId} is not in the queue`);
    return { messageId, ...row };
  }

  /**
   * Queues a message; the dispatcher sends it (`running.exchange.start()`). Resolves when the message is in a final state,
   * or was tried and is to be tried again.
   */
  async queue(letter: QueuedLetter): Promise<QueuedOutcome> {
    const messageId = await this.enqueue(letter);
    for (;;) {
      const outcome = await this.outcome(messageId);
      if (outcome.state !== 'queued' || outcome.code !== null) return outcome;
      await pause(10);
    }
  }

  async stop(): Promise<void> {
    this.#connections.close();
    await this.running.stop();
  }
}
