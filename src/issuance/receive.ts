import { Refusal } from '../documents/refusal.ts';
import { XML_LIMITS } from '../documents/xml-guards.ts';
import { wholeOf } from '../exchange/message/content.ts';
import { appendEvent } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import { noteAnswerDelivery, noteDelivery } from './certificate-queries.ts';
import { partnerActor } from './node-actors.ts';
import {
  CERTIFICATE_ACTION,
  CERTIFICATE_SERVICE,
  type DeliveredMessage,
  type IssuanceParts,
  RESPONSE_ACTION,
  type Reception,
} from './ports.ts';
import { receiveCertificate } from './receive-certificate.ts';
import { receiveResponse } from './receive-response.ts';

/** A document larger than that is not read as XML. */
const LARGEST_DOCUMENT = XML_LIMITS.bytes;

/**
 * Takes a message of the certificate service: exactly one payload, which is a certificate or the answer to one.
 * @throws the refusals `SERVICE-UNKNOWN`, `ACTION-UNKNOWN`, `PAYLOAD-NOT-ONE` and those of the two receivers.
 */
export async function receiveMessage(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
): Promise<Reception> {
  if (message.service !== CERTIFICATE_SERVICE) {
    throw new Refusal('unsupported-form', 'SERVICE-UNKNOWN', `This node has no service ${message.service}.`);
  }
  const [payload, ...more] = message.payloads;
  if (payload === undefined || more.length > 0) {
    throw new Refusal('malformed', 'PAYLOAD-NOT-ONE', `A ${message.action} carries exactly one document.`);
  }
  if (payload.content.size > LARGEST_DOCUMENT)
    throw new Refusal(
      'too-large',
      'DOCUMENT-TOO-LARGE',
      `The document has ${payload.content.size} bytes; at most ${LARGEST_DOCUMENT} are taken.`,
    );
  const bytes = await wholeOf(payload.content, LARGEST_DOCUMENT);
  switch (message.action) {
    case CERTIFICATE_ACTION:
      return receiveCertificate(parts, transaction, message, bytes);
    case RESPONSE_ACTION:
      return receiveResponse(parts, transaction, message, bytes);
    default:
      throw new Refusal('unsupported-form', 'ACTION-UNKNOWN', `The service has no action ${message.action}.`);
  }
}

/** That a partner's node receipted a message: with the receipt's own id, and when the message was sent, if known. */
export interface NotedReceipt {
  readonly messageId: string;
  readonly receiptId?: string;
  readonly sentAt?: Date;
  readonly at: Date;
}

const exchangeActor = { id: 'exchange', name: 'Exchange between nodes', role: 'node' } as const;

/**
 * Notes that the partner's node receipted one of our messages: the certificate is delivered, or our answer is. A
 * receipt that was noted before, or belongs to another journey's message, changes nothing.
 */
export async function noteReceipt(
  parts: IssuanceParts,
  transaction: Transaction,
  receipt: NotedReceipt,
): Promise<void> {
  const { messageId, receiptId, sentAt, at } = receipt;
  const delivered = await noteDelivery(transaction, messageId, at, receiptId ?? null);
  if (delivered !== undefined) {
    if (sentAt !== undefined)
      await appendEvent(transaction, {
        kind: 'certificate.sent',
        subject: delivered.number,
        conversation: delivered.consignment_reference,
        actor: exchangeActor,
        occurredAt: sentAt,
        data: { messageId },
      });
    await appendEvent(transaction, {
      kind: 'certificate.delivered',
      subject: delivered.number,
      conversation: delivered.consignment_reference,
      actor: partnerActor(parts, delivered.importing_country),
      occurredAt: at,
      data: { messageId, ...(receiptId === undefined ? {} : { receiptId }) },
    });
    return;
  }
  const answered = await noteAnswerDelivery(transaction, messageId, at);
  if (answered === undefined) return;
  await appendEvent(transaction, {
    kind: 'certificate.answer-delivered',
    subject: answered.number,
    conversation: answered.consignment_reference,
    actor: partnerActor(parts, answered.received_from),
    occurredAt: at,
    data: { documentDigest: answered.document_digest, messageId },
  });
}
