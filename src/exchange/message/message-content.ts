import { createHash } from 'node:crypto';
import type { OpenedMessage, SignedReference } from './message.ts';

/**
 * SHA-256 of what a message says and carries, for telling a message that is sent again from another one under its id.
 * Access points that keep the message and not its bytes encrypt it anew for each try, some sign it anew, with other ids
 * of elements and parts and another timestamp: none of this is content (AS4 Profile §3.2: a duplicate is the same message
 * id; asx-rs and Holodeck resend so). Payloads count as they were signed, which is after compression.
 */
export function contentDigest(message: OpenedMessage<unknown>): Buffer {
  const signed = new Map(message.references.map((reference) => [reference.uri, reference.digest]));
  const content = [
    message.fromPartyId,
    message.toPartyId,
    message.service,
    message.action,
    message.conversationId,
    message.refToMessageId ?? null,
    Object.entries(message.properties).sort(([one], [other]) => (one < other ? -1 : 1)),
    message.payloads.map((payload) => [payload.contentType, signed.get(`cid:${payload.contentId}`) ?? null]),
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

/** Whether a receipt tells every digest of a message, so that the sender of just these bytes can take it. */
export function isReceiptFor(receipt: Buffer, references: readonly SignedReference[]): boolean {
  return references.every(({ digest }) => receipt.includes(`>${digest}</`));
}
