import { Refusal } from '../../documents/refusal.ts';
import { compressAhead, isWorthCompressing } from '../message/compression.ts';
import { type Content, inMemory } from '../message/content.ts';
import { composeLargeMessage } from '../message/large-message.ts';
import type { ContentPayload, MessageForWire, MessageKey, UserMessageHeader } from '../message/message.ts';
import type { SpoolTerms } from '../message/spool.ts';
import { composeUserMessage, type SendingSecurity } from '../message/user-message.ts';
import type { OutgoingDocument } from '../ports.ts';
import type { SecurityProfileName } from '../security-profile.ts';
import type { TrustPort } from '../trust-port.ts';

/** A message that was composed and is still to be queued, once. */
export interface PreparedMessage {
  readonly partner: string;
  readonly document: OutgoingDocument;
  readonly composed: MessageForWire<Content>;
  /** Lets go of what lies on disk; for a message that is not going to be queued. */
  discard(): Promise<void>;
}

/** What messages are composed with. */
export interface PrepareParts {
  readonly partyId: string;
  readonly trust: TrustPort;
  readonly signing: Readonly<Record<SecurityProfileName, MessageKey>>;
  /** A new AS4 message id. */
  readonly newMessageId: () => string;
  readonly limits: { readonly bodyBytes: number; readonly memoryBytes: number };
  readonly spool: SpoolTerms;
}

/** A payload of which it is said whether it is sent compressed. */
type DecidedPayload = ContentPayload & { readonly compressed: boolean };

const sizeOf = (payloads: readonly ContentPayload[]): number =>
  payloads.reduce((sum, { content }) => sum + content.size, 0);

function tooLarge(bytes: number, most: number): Refusal {
  return new Refusal(
    'too-large',
    'MESSAGE-TOO-LARGE',
    `The message would have ${bytes} bytes; at most ${most} can be sent. Send the documents in several messages.`,
  );
}

/** Small messages are composed in memory, at once; of large ones, no more than pieces are in memory at any time. */
async function compose(
  { limits, spool }: PrepareParts,
  header: UserMessageHeader,
  payloads: readonly DecidedPayload[],
  security: SendingSecurity,
): Promise<Pick<PreparedMessage, 'composed' | 'discard'>> {
  const inPlace = payloads.flatMap(({ content, ...payload }) =>
    content.memory === undefined ? [] : [{ ...payload, bytes: content.memory }],
  );
  if (sizeOf(payloads) <= limits.memoryBytes && inPlace.length === payloads.length) {
    const compressed = await Promise.all(
      inPlace.map(async (payload) => ({
        ...payload,
        gzip: payload.compressed ? await compressAhead(payload.bytes) : undefined,
      })),
    );
    const composed = composeUserMessage(header, compressed, security);
    return { composed: { ...composed, body: inMemory(composed.body) }, discard: () => Promise.resolve() };
  }
  const composed = await composeLargeMessage(header, payloads, security, spool);
  return { composed, discard: () => composed.close() };
}

/**
 * Composes the message that carries a document, in the partner's security profile: nothing is stored.
 * @throws the refusals `PARTNER-UNKNOWN` when the country has no node that can be sent to, and `MESSAGE-TOO-LARGE`
 */
export async function prepareMessage(
  parts: PrepareParts,
  document: OutgoingDocument,
  now: Date,
): Promise<PreparedMessage> {
  const { trust, limits } = parts;
  const partner = trust.partner(document.toCountry, now);
  if (partner?.encryptionCertificate === undefined)
    throw new Refusal(
      'unavailable',
      'PARTNER-UNKNOWN',
      `${document.toCountry} has no node in the directory that documents can be sent to.`,
    );
  const payloads = document.payloads.map((payload) => ({
    ...payload,
    compressed: payload.compressed ?? isWorthCompressing(payload.contentType),
  }));
  // What is not compressed is as large on the wire: then nothing need be composed to know that it is too much.
  const atLeast = sizeOf(payloads.filter(({ compressed }) => !compressed));
  if (atLeast > limits.bodyBytes) throw tooLarge(atLeast, limits.bodyBytes);
  const { composed, discard } = await compose(
    parts,
    {
      messageId: parts.newMessageId(),
      timestamp: now,
      ...(document.refToMessageId === undefined ? {} : { refToMessageId: document.refToMessageId }),
      fromPartyId: parts.partyId,
      toPartyId: partner.partyId,
      service: document.service,
      action: document.action,
      conversationId: document.conversationId,
      properties: { originalSender: parts.partyId, finalRecipient: partner.partyId, ...document.properties },
    },
    payloads,
    { profile: partner.profile, signing: parts.signing[partner.profile], recipient: partner.encryptionCertificate },
  );
  if (composed.body.size > limits.bodyBytes) {
    await discard();
    throw tooLarge(composed.body.size, limits.bodyBytes);
  }
  return { partner: document.toCountry, document, composed, discard };
}
