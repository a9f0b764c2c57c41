import { createHash, type X509Certificate } from 'node:crypto';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent } from '../store/log.ts';
import type { Pool } from '../store/pool.ts';
import { inTransaction, type Transaction } from '../store/transaction.ts';
import { EbmsFailure } from './ebms-errors.ts';
import type { MessageKey, OpenedMessage } from './message.ts';
import type { Deliver } from './ports.ts';
import { findFirst, insertIncoming, quarantine } from './queries.ts';
import { composeReceipt } from './receipt.ts';
import { EXCHANGE_ACTOR, raiseAlarm } from './settle.ts';
import type { TrustPort } from './trust-port.ts';
import { openUserMessage } from './user-message.ts';

/** The test service of ebMS3 Core §5.2.2.8: receipted, never delivered. */
export const TEST_SERVICE = 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/service';
export const TEST_ACTION = 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/test';

/** A service of this node with its actions. */
export interface OfferedService {
  readonly service: string;
  readonly actions: readonly string[];
}

/** What the inbox works with. */
export interface InboxParts {
  readonly pool: Pool;
  readonly partyId: string;
  readonly trust: TrustPort;
  readonly keys: () => { readonly signing: MessageKey; readonly decryption: readonly MessageKey[] };
  readonly clock: () => Date;
  /** A new AS4 message id. */
  readonly newMessageId: () => string;
  readonly services: readonly OfferedService[];
  readonly deliver: Deliver;
  /** How far a timestamp may lie in the future, and how old it may be (threat A6). */
  readonly tolerance: { readonly futureMilliseconds: number; readonly pastMilliseconds: number };
}

/** A message as it came over HTTP. */
export interface ArrivingMessage {
  readonly contentType: string | undefined;
  readonly body: Buffer;
  /** What the other end of TLS showed. */
  readonly clientCertificate: X509Certificate | undefined;
}

/** The country at the other end of TLS. */
function callerOf(parts: InboxParts, certificate: X509Certificate | undefined, now: Date): string {
  if (certificate === undefined)
    throw new EbmsFailure('EBMS:0101', 'The connection came without a client certificate (mutual TLS).');
  const judgement = parts.trust.judgeSigner({ certificate, use: 'tls', at: now });
  if (!judgement.trusted)
    throw new EbmsFailure('EBMS:0101', `The client certificate of the connection is not trusted: ${judgement.reason}`);
  return judgement.country;
}

/** Sender, signer and connection must be one and the same country (threat C5). */
function checkSender(parts: InboxParts, message: OpenedMessage, caller: string, now: Date): void {
  const sender = parts.trust.countryOfParty(message.fromPartyId);
  if (sender === undefined)
    throw new EbmsFailure(
      'EBMS:0003',
      `The sending party ${message.fromPartyId.slice(0, 200)} is not in the directory.`,
    );
  if (sender !== caller)
    throw new EbmsFailure('EBMS:0101', `The message is from ${sender}, but the connection is of ${caller}.`);
  const signer = parts.trust.judgeSigner({ certificate: message.signerCertificate, use: 'as4-signing', at: now });
  if (!signer.trusted) throw new EbmsFailure('EBMS:0101', `The signer of the message is not trusted: ${signer.reason}`);
  if (signer.country !== sender)
    throw new EbmsFailure('EBMS:0101', `The message is from ${sender}, but it is signed by ${signer.country}.`);
}

function checkAddress(parts: InboxParts, message: OpenedMessage): void {
  if (message.toPartyId !== parts.partyId)
    throw new EbmsFailure(
      'EBMS:0003',
      `The message is for ${message.toPartyId.slice(0, 200)}; this is ${parts.partyId}.`,
    );
  const isTest = message.service === TEST_SERVICE && message.action === TEST_ACTION;
  const isOffered = parts.services.some(
    ({ service, actions }) => service === message.service && actions.includes(message.action),
  );
  if (!isTest && !isOffered)
    throw new EbmsFailure(
      'EBMS:0010',
      `This node offers no action ${message.action.slice(0, 200)} of the service ${message.service.slice(0, 200)}.`,
    );
}

function checkTime(parts: InboxParts, message: OpenedMessage, now: Date): void {
  const age = now.getTime() - message.timestamp.getTime();
  if (-age > parts.tolerance.futureMilliseconds)
    throw new EbmsFailure(
      'EBMS:0009',
      `The Timestamp ${message.timestamp.toISOString()} lies more than ${parts.tolerance.futureMilliseconds / 60_000} minutes ahead of this node's clock (${now.toISOString()}). Set the clock of the sending node.`,
    );
  if (age > parts.tolerance.pastMilliseconds)
    throw new EbmsFailure(
      'EBMS:0009',
      `The Timestamp ${message.timestamp.toISOString()} is older than this node remembers message ids. Send the document in a new message.`,
    );
}

/** What is known when a message was found good and is about to be kept. */
interface GoodMessage {
  readonly message: OpenedMessage;
  readonly country: string;
  readonly digest: Buffer;
  readonly receipt: Buffer;
  readonly now: Date;
}

async function deliverOrQuarantine(parts: InboxParts, transaction: Transaction, good: GoodMessage): Promise<void> {
  const { message, country, now } = good;
  const delivery = {
    messageId: message.messageId,
    fromCountry: country,
    conversationId: message.conversationId,
    service: message.service,
    action: message.action,
    properties: message.properties,
    payloads: message.payloads,
    receivedAt: now,
  };
  let why: { code: string; reason: string } | undefined;
  try {
    const outcome = await transaction.savepoint(() => parts.deliver(transaction, delivery));
    if (!outcome.taken) why = outcome;
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind === 'unavailable') throw error;
    why = { code: error.code, reason: error.message };
  }
  if (why === undefined) return;
  await quarantine(transaction, message.messageId, why);
  await appendEvent(transaction, {
    kind: 'message.quarantined',
    subject: message.messageId,
    conversation: message.conversationId,
    actor: EXCHANGE_ACTOR,
    occurredAt: now,
    reason: why.reason,
    data: { alarm: true, partner: country, code: why.code },
  });
}

/** Keeps the message and all that follows from it; for a known id, gives the first receipt again. */
async function keep(parts: InboxParts, arriving: ArrivingMessage, good: GoodMessage): Promise<Buffer> {
  const { message, country, digest, receipt, now } = good;
  const isTest = message.service === TEST_SERVICE;
  return inTransaction(parts.pool, async (transaction) => {
    const isNew = await insertIncoming(transaction, {
      messageId: message.messageId,
      partner: country,
      conversation: message.conversationId,
      service: message.service,
      action: message.action,
      digest,
      receivedAt: now,
      contentType: arriving.contentType ?? '',
      body: arriving.body,
      receipt,
      state: isTest ? 'test' : 'delivered',
    });
    if (!isNew) {
      const first = await findFirst(transaction, message.messageId);
      if (first !== undefined && first.partner === country && first.digest.equals(digest)) return first.receipt;
      throw new EbmsFailure(
        'EBMS:0004',
        `Another message with the id ${message.messageId.slice(0, 200)} was received before. Send this one under an id of its own.`,
        message.messageId,
      );
    }
    await appendEvent(transaction, {
      kind: 'message.received',
      subject: message.messageId,
      conversation: message.conversationId,
      actor: EXCHANGE_ACTOR,
      occurredAt: now,
      data: { partner: country, action: message.action },
    });
    if (!isTest) await deliverOrQuarantine(parts, transaction, good);
    return receipt;
  });
}

/**
 * Takes a message: who calls, what it is, whether it is signed by who sends it, for us, and of now; then keeps it with
 * its receipt and consequences in one transaction. The receipt is returned only after the commit.
 * @returns the receipt to be answered: the first one again for a message that was received before (threat A1)
 * @throws EbmsFailure for what the sender must change; a Refusal `unavailable` when this node cannot keep anything now
 */
export async function receive(parts: InboxParts, arriving: ArrivingMessage): Promise<Buffer> {
  const now = parts.clock();
  const caller = callerOf(parts, arriving.clientCertificate, now);
  const keys = parts.keys();
  let message: OpenedMessage;
  try {
    message = openUserMessage(arriving.contentType, arriving.body, keys);
    try {
      checkSender(parts, message, caller, now);
      checkAddress(parts, message);
      checkTime(parts, message, now);
    } catch (error) {
      throw error instanceof EbmsFailure ? error.of(message.messageId) : error;
    }
    const receipt = composeReceipt(message, {
      messageId: parts.newMessageId(),
      timestamp: now,
      signing: keys.signing,
    });
    const digest = createHash('sha256').update(arriving.body).digest();
    return await keep(parts, arriving, { message, country: caller, digest, receipt, now });
  } catch (error) {
    if (error instanceof EbmsFailure) await noteFailure(parts, caller, error, now);
    throw error;
  }
}

/** What a known partner sent wrong is kept: its operator will ask. Strangers come only into the log of the process. */
async function noteFailure(parts: InboxParts, caller: string, failure: EbmsFailure, now: Date): Promise<void> {
  const subject = failure.refToMessageId ?? `unreadable message from ${caller}`;
  await raiseAlarm(
    parts.pool,
    { messageId: subject.slice(0, 300), conversation: undefined, partner: caller },
    { code: failure.code, reason: failure.message },
    now,
  );
}
