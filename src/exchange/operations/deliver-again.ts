import { Refusal } from '../../documents/refusal.ts';
import { appendEvent } from '../../store/log.ts';
import type { Transaction } from '../../store/transaction.ts';
import { type Arrived, type ArrivedOpen, openArrived } from '../message/open-arrived.ts';
import type { MessageLimits, OpeningKeys } from '../message/opening.ts';
import type { SpoolTerms } from '../message/spool.ts';
import type { Deliver } from '../ports.ts';
import { quarantine } from '../queries.ts';
import { isPassing, whyNotTaken } from '../receiving/inbox.ts';
import { EbmsFailure } from '../signals/ebms-errors.ts';
import { type Act, notQuarantined } from './acts.ts';
import { readWire } from './message-record.ts';

/** What came of another delivery. */
export type AgainOutcome =
  | { readonly state: 'delivered' }
  /** Still in the quarantine, with what the journey says now. */
  | { readonly state: 'quarantined'; readonly code: string; readonly reason: string };

/** What another delivery works with. */
export interface DeliverAgainParts {
  readonly deliver: Deliver;
  /** Of this node, with the certificates that the directory lists for a country's signing of messages. */
  readonly keys: (country: string) => OpeningKeys;
  readonly limits: MessageLimits;
  readonly spool: SpoolTerms;
  readonly log: { error(fields: object, message: string): void };
}

async function open(parts: DeliverAgainParts, arrived: Arrived, country: string): Promise<ArrivedOpen> {
  try {
    return await openArrived(arrived, parts.keys(country), parts.limits, parts.spool);
  } catch (error) {
    if (!(error instanceof EbmsFailure)) throw error;
    throw new Refusal(
      'conflict',
      'MESSAGE-UNREADABLE',
      `The message was read when it came, but can no longer be opened (${error.code} ${error.message}). Has the key it was encrypted for been removed? Ask the partner to send it in a new message.`,
    );
  }
}

/**
 * Hands a message from the quarantine to the journeys once more, from the bytes as they came. Who signed it was judged
 * when it came, and is not judged anew.
 * @throws the refusals `MESSAGE-NOT-FOUND`, `MESSAGE-NOT-QUARANTINED`, `MESSAGE-UNREADABLE`
 */
export async function deliverAgain(
  parts: DeliverAgainParts,
  transaction: Transaction,
  messageId: string,
  act: Act,
): Promise<AgainOutcome> {
  const { rows } = await transaction.query<{ partner: string; received_at: Date }>({
    name: 'take-from-quarantine',
    text: `select partner, received_at from incoming_messages where message_id = $1 and state = 'quarantined' for update`,
    values: [messageId],
  });
  const [kept] = rows;
  if (kept === undefined) throw await notQuarantined(transaction, messageId);
  const { contentType, content } = await readWire(transaction, messageId, 'in');
  const message = await open(parts, { contentType, body: content }, kept.partner);
  const outcome = await deliver(parts, transaction, message, kept).finally(() => message.close());
  if (outcome.state === 'quarantined') await quarantine(transaction, messageId, outcome);
  else
    await transaction.query({
      name: 'leave-quarantine',
      text: `update incoming_messages set state = 'delivered', reason_code = null, reason = null where message_id = $1`,
      values: [messageId],
    });
  await appendEvent(transaction, {
    kind: 'message.delivered-again',
    subject: messageId,
    conversation: message.conversationId,
    actor: act.actor,
    occurredAt: act.now,
    reason: act.reason,
    data: {
      partner: kept.partner,
      outcome: outcome.state,
      ...(outcome.state === 'quarantined' ? { code: outcome.code, found: outcome.reason } : {}),
    },
  });
  return outcome;
}

async function deliver(
  parts: DeliverAgainParts,
  transaction: Transaction,
  message: ArrivedOpen,
  kept: { readonly partner: string; readonly received_at: Date },
): Promise<AgainOutcome> {
  const { messageId, conversationId, service, action, refToMessageId, properties, payloads } = message;
  try {
    const outcome = await transaction.savepoint(() =>
      parts.deliver(transaction, {
        messageId,
        fromCountry: kept.partner,
        conversationId,
        service,
        action,
        ...(refToMessageId === undefined ? {} : { refToMessageId }),
        properties,
        payloads,
        receivedAt: kept.received_at,
      }),
    );
    return outcome.taken
      ? { state: 'delivered' }
      : { state: 'quarantined', code: outcome.code, reason: outcome.reason };
  } catch (error) {
    if (isPassing(error)) throw error;
    parts.log.error({ messageId, err: error }, 'message stays in the quarantine');
    return { state: 'quarantined', ...whyNotTaken(error) };
  }
}
