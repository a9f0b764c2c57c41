import { inMemory } from '../exchange/message/content.ts';
import { memberOf } from '../federation/trust.ts';
import { storeDocument } from '../store/documents.ts';
import type { Transaction } from '../store/transaction.ts';
import { CERTIFICATE_SERVICE, type IssuanceParts } from './ports.ts';

/** A sealed document that is kept and, where the country has a node, sent. */
export interface DocumentToSend {
  readonly toCountry: string;
  /** UCR. */
  readonly conversationId: string;
  readonly action: string;
  readonly kind: 'certificate-of-origin' | 'application-response';
  readonly bytes: Buffer;
}

/**
 * Keeps the sealed bytes and queues them for the other country's node, in the caller's transaction. `messageId` is null
 * when the country is no member of the federation: there is nobody to send to.
 */
export async function sendDocument(
  parts: IssuanceParts,
  transaction: Transaction,
  now: Date,
  document: DocumentToSend,
): Promise<{ readonly digest: string; readonly messageId: string | null }> {
  const { kind, bytes } = document;
  const digest = await storeDocument(transaction, { kind, contentType: 'application/xml', bytes });
  const directory = parts.directory();
  if (directory === null || memberOf(directory, document.toCountry) === undefined) return { digest, messageId: null };
  const { messageId } = await parts.exchange.send(
    transaction,
    {
      toCountry: document.toCountry,
      conversationId: document.conversationId,
      service: CERTIFICATE_SERVICE,
      action: document.action,
      payloads: [{ contentType: 'application/xml', content: inMemory(bytes) }],
    },
    now,
  );
  return { digest, messageId };
}
