import type { X509Certificate } from 'node:crypto';
import { Refusal } from '../../documents/refusal.ts';
import { appendEvent, insertEventStatement } from '../../store/log.ts';
import { inTransaction, type Transaction } from '../../store/transaction.ts';
import type { Content } from '../message/content.ts';
import type { MessageKey, OpenedMessage } from '../message/message.ts';
import { contentDigest, isReceiptFor } from '../message/message-content.ts';
import { type ArrivedOpen, openArrived } from '../message/open-arrived.ts';
import type { MessageLimits } from '../message/opening.ts';
import type { SpoolTerms } from '../message/spool.ts';
import type { StoredMessage } from '../message-store.ts';
import { keepPieces } from '../message-store.ts';
import type { Deliver } from '../ports.ts';
import { findFirst, insertIncoming, quarantine } from '../queries.ts';
import { checkProfile, type SecurityProfileName } from '../security-profile.ts';
import { EXCHANGE_ACTOR, noteRefused, raiseAlarm } from '../sending/settle.ts';
import { checkTogether, EbmsFailure } from '../signals/ebms-errors.ts';
import { composeReceipt } from '../signals/receipt.ts';
import { SignalArrived } from '../signals/signal.ts';
import { checkAddressee, countryOfSender } from './party-identity.ts';
import { answerPull } from './pull.ts';
import { receiveSignal, type SignalParts } from './receive-signal.ts';

/** The test service of ebMS3 Core §5.2.2.8: receipted, never delivered. */
export const TEST_SERVICE = 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/service';
export const TEST_ACTION = 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/test';

/** A service of this node with its actions. */
export interface OfferedService {
  readonly service: string;
  readonly actions: readonly string[];
}

/** What the inbox works with. */
export interface InboxParts extends SignalParts {
  readonly partyId: string;
  readonly keys: () => {
    readonly signing: Readonly<Record<SecurityProfileName, MessageKey>>;
    /** Of all kinds, the newest first. */
    readonly decryption: readonly MessageKey[];
  };
  /** A new AS4 message id. */
  readonly newMessageId: () => string;
  readonly services: readonly OfferedService[];
  readonly deliver: Deliver;
  readonly log: { error(fields: object, message: string): void };
  /** How far a timestamp may lie in the future, and how old it may be (threat A6). */
  readonly tolerance: { readonly futureMilliseconds: number; readonly pastMilliseconds: number };
  readonly limits: MessageLimits;
  readonly spool: SpoolTerms;
}

/** A message as it came over HTTP. */
export interface ArrivingMessage {
  readonly contentType: string | undefined;
  readonly body: Content;
  /** SHA-256 of the body: the log keeps it, so that its chain holds the bytes too. */
  readonly digest: Buffer;
  /** The country at the other end of TLS, as {@link judgeCaller} found it. */
  readonly caller: string;
}

/**
 * The country at the other end of TLS: asked before anything of a message is read into memory.
 * @throws EbmsFailure EBMS:0101 for strangers
 */
export function judgeCaller(parts: InboxParts, certificate: X509Certificate | undefined): string {
  const now = parts.clock();
  if (certificate === undefined)
    throw new EbmsFailure('EBMS:0101', 'The connection came without a client certificate (mutual TLS).');
  const judgement = parts.trust.judgeSigner({ certificate, use: 'tls', at: now });
  if (!judgement.trusted)
    throw new EbmsFailure('EBMS:0101', `The client certificate of the connection is not trusted: ${judgement.reason}`);
  return judgement.country;
}

/** What a message says, whatever its payloads lie in. */
type MessageSaid = Omit<OpenedMessage, 'payloads'>;

/** Sender, signer and connection must be one and the same country (threat C5). */
function checkSender(parts: InboxParts, message: MessageSaid, caller: string, now: Date): void {
  const sender = countryOfSender(message, parts.trust);
  if (sender !== caller)
    throw new EbmsFailure('EBMS:0101', `The message is from ${sender}, but the connection is of ${caller}.`);
  const signer = parts.trust.judgeSigner({ certificate: message.signerCertificate, use: 'as4-signing', at: now });
  if (!signer.trusted) throw new EbmsFailure('EBMS:0101', `The signer of the message is not trusted: ${signer.reason}`);
  if (signer.country !== sender)
    throw new EbmsFailure('EBMS:0101', `The message is from ${sender}, but it is signed by ${signer.country}.`);
  const partner = parts.trust.partner(caller, now);
  const own = parts.trust.ownProfile();
  checkProfile(message.profile, partner === undefined ? [own] : [partner.profile, own]);
}

function checkService(parts: InboxParts, message: MessageSaid): void {
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

/** Ids are kept and looked up: they must be what they are said to be, and of a bounded length (RFC 2822 §3.6.4). */
function checkIds(message: MessageSaid): void {
  if (!isMessageId(message.messageId))
    throw new EbmsFailure('EBMS:0009', 'The MessageId must have 1 to 250 printable ASCII characters (RFC 2822).');
  if (Buffer.byteLength(message.conversationId) > 500)
    throw new EbmsFailure('EBMS:0009', 'The ConversationId may have 500 bytes.', message.messageId);
}

function isMessageId(text: string | undefined): text is string {
  return text !== undefined && /^[!-~]{1,250}$/.test(text);
}

function checkTime(parts: InboxParts, message: MessageSaid, now: Date): void {
  const age = now.getTime() - message.timestamp.getTime();
  if (-age > parts.tolerance.futureMilliseconds)
    throw new EbmsFailure(
      'EBMS:0009',
      `The Timestamp ${message.timestamp.toISOString()} lies more than ${parts.tolerance.futureMilliseconds / 60_000} minutes ahead of this node's clock (${now.toISOString()}). Set the clock of the sending node.`,
    );
}

/** A message that is not known is not to be an old one: somebody may have kept it for a node that has forgotten (A6). */
function checkAge(parts: InboxParts, message: MessageSaid, now: Date): void {
  if (now.getTime() - message.timestamp.getTime() > parts.tolerance.pastMilliseconds)
    throw new EbmsFailure(
      'EBMS:0009',
      `The Timestamp ${message.timestamp.toISOString()} lies more than ${parts.tolerance.pastMilliseconds / 86_400_000} days back. Send the document in a new message.`,
    );
}

/** What is known when a message was found good and is about to be kept. */
interface GoodMessage {
  readonly message: ArrivedOpen;
  readonly country: string;
  /** Of what it says and carries. */
  readonly digest: Buffer;
  readonly receipt: Buffer;
  readonly now: Date;
}

/**
 * Whether a failure says nothing about the message: the node or its database cannot take anything now, or two
 * transactions were in each other's way. SQLSTATE class 40 (rollback), 55P03 (lock), 57014 (statement time-out).
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof Refusal) return error.kind === 'unavailable';
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^(40...|55P03|57014)$/.test(code);
}

/** Reasons are read by people; what went wrong inside stands in the log of the process only. */
export function whyNotTaken(error: unknown): { code: string; reason: string } {
  return error instanceof Refusal
    ? { code: error.code, reason: error.message }
    : { code: 'DELIVERY-FAILED', reason: 'This node failed while it took the message; its log tells more.' };
}

/** What no journey can take is put aside with the reason: it is receipted all the same, and holds nothing up (A9). */
async function deliverOrQuarantine(parts: InboxParts, transaction: Transaction, good: GoodMessage): Promise<void> {
  const { message, country, now } = good;
  const delivery = {
    messageId: message.messageId,
    fromCountry: country,
    conversationId: message.conversationId,
    service: message.service,
    action: message.action,
    ...(message.refToMessageId === undefined ? {} : { refToMessageId: message.refToMessageId }),
    properties: message.properties,
    payloads: message.payloads,
    receivedAt: now,
  };
  let why: { code: string; reason: string } | undefined;
  try {
    const outcome = await transaction.savepoint(() => parts.deliver(transaction, delivery));
    if (!outcome.taken) why = outcome;
  } catch (error) {
    if (isPassing(error)) throw error;
    why = whyNotTaken(error);
    parts.log.error({ messageId: message.messageId, err: error }, 'message quarantined');
  }
  if (why === undefined) {
    transaction.afterCommit(() => parts.meter?.arrived(country, 'delivered', ''));
    return;
  }
  const { code } = why;
  transaction.afterCommit(() => parts.meter?.arrived(country, 'quarantined', code));
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
  const { body } = arriving;
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
      body,
      receipt,
      state: isTest ? 'test' : 'delivered',
    });
    if (!isNew) {
      const first = await findFirst(transaction, message.messageId);
      if (first !== undefined && first.partner === country && first.digest.equals(digest)) {
        transaction.afterCommit(() => parts.meter?.arrived(country, 'duplicate', ''));
        return isReceiptFor(first.receipt, message.references) ? first.receipt : receipt;
      }
      throw new OtherContent(
        'EBMS:0004',
        `Another message with the id ${message.messageId.slice(0, 200)} was received before. Send this one under an id of its own.`,
        message.messageId,
      );
    }
    checkAge(parts, message, now);
    if (body.memory === undefined) await keepPieces(transaction, 'incoming', message.messageId, body);
    transaction.later(
      insertEventStatement({
        kind: 'message.received',
        subject: message.messageId,
        conversation: message.conversationId,
        actor: EXCHANGE_ACTOR,
        occurredAt: now,
        data: {
          partner: country,
          action: message.action,
          sentAt: message.timestamp.toISOString(),
          sha256: arriving.digest.toString('hex'),
        },
      }),
    );
    if (isTest) transaction.afterCommit(() => parts.meter?.arrived(country, 'test', ''));
    else await deliverOrQuarantine(parts, transaction, good);
    return receipt;
  });
}

/**
 * Takes a message: what it is, whether it is signed by who sends it, for us, and of now; then keeps it with
 * its receipt and consequences in one transaction. The receipt is returned only after the commit.
 * @returns the receipt to be answered: for a message that was received before the first one again, or one that tells the
 *   digests of this time where its sender has signed it anew (threat A1); undefined
 *   for a signal that is answered with nothing; a message of ours for a PullRequest
 * @throws EbmsFailure for what the sender must change; a Refusal `unavailable` when this node cannot keep anything now
 */
export async function receive(
  parts: InboxParts,
  arriving: ArrivingMessage,
): Promise<Buffer | StoredMessage | undefined> {
  const now = parts.clock();
  const { caller } = arriving;
  const keys = parts.keys();
  try {
    const opening = { decryption: keys.decryption, signers: parts.trust.signingCertificates(caller) };
    const message = await openArrived(arriving, opening, parts.limits, parts.spool);
    try {
      checkIds(message);
      checkSender(parts, message, caller, now);
      checkTogether(
        () => checkAddressee(message, parts.partyId, parts.trust),
        () => checkService(parts, message),
        () => checkTime(parts, message, now),
      );
      const receipt = composeReceipt(message, {
        messageId: parts.newMessageId(),
        timestamp: now,
        signing: keys.signing[message.profile],
      });
      return await keep(parts, arriving, { message, country: caller, digest: contentDigest(message), receipt, now });
    } catch (error) {
      throw error instanceof EbmsFailure ? error.of(message.messageId) : error;
    } finally {
      await message.close();
    }
  } catch (error) {
    if (error instanceof SignalArrived) {
      const pulled = await answerPull(parts, error.envelope, caller);
      if (pulled !== undefined) return pulled;
      await receiveSignal(parts, error.envelope, error.messageId, caller);
      return undefined;
    }
    if (error instanceof EbmsFailure) await noteFailure(parts, caller, error, now);
    throw error;
  }
}

/** Another message under an id that was received before: somebody repeats or forges ids (threat A2). */
class OtherContent extends EbmsFailure {}

/** What a known partner sent wrong is kept: its operator will ask. Strangers come only into the log of the process. */
async function noteFailure(parts: InboxParts, caller: string, failure: EbmsFailure, now: Date): Promise<void> {
  const id = failure.refToMessageId;
  const message = {
    messageId: isMessageId(id) ? id : `unreadable message from ${caller}`,
    conversation: undefined,
    partner: caller,
  };
  const why = { code: failure.code, reason: failure.problems.map((each) => each.description).join(' ') };
  parts.meter?.arrived(caller, 'refused', failure.code);
  // EBMS:0101 is a partner that speaks for another (threat C5).
  const mustBeSeen = failure instanceof OtherContent || failure.code === 'EBMS:0101';
  await (mustBeSeen ? raiseAlarm : noteRefused)(parts.pool, message, why, now);
}
