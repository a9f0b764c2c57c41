import { randomUUID, type X509Certificate } from 'node:crypto';
import { inMemory } from '../../src/exchange/content.ts';
import { PartnerConnections } from '../../src/exchange/deliver-message.ts';
import { type AnswerJudgement, judgeAnswer } from '../../src/exchange/judge-answer.ts';
import type { ComposedMessage, Payload } from '../../src/exchange/message.ts';
import type { Delivery } from '../../src/exchange/ports.ts';
import { composeUserMessage } from '../../src/exchange/user-message.ts';
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
      letter.payloads,
      { signing: this.member.keys.signing[partner.profile], recipient, profile: partner.profile },
    );
    const body = letter.alter === undefined ? message.body : letter.alter(Buffer.from(message.body));
    const answer = await this.#connections.post(partner, message.contentType, inMemory(body));
    return { message, judgement: judgeAnswer(answer, message, partner, trust, new Date()) };
  }

  async stop(): Promise<void> {
    this.#connections.close();
    await this.running.stop();
  }
}
