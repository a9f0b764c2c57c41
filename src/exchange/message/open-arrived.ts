import { EbmsFailure } from '../signals/ebms-errors.ts';
import { type Content, inMemory } from './content.ts';
import { openLargeMessage } from './large-message.ts';
import type { OpenedMessage } from './message.ts';
import type { MessageLimits, OpeningKeys } from './opening.ts';
import type { SpoolTerms } from './spool.ts';
import { withHeaderProblems } from './unpackaging-failure.ts';
import { LargerThanMemory, openUserMessage } from './user-message.ts';

/** A message as it came over the wire. */
export interface Arrived {
  /** The HTTP header. */
  readonly contentType: string | undefined;
  readonly body: Content;
}

/** A message whose payloads can be read until it is closed. */
export type ArrivedOpen = OpenedMessage<{ readonly content: Content }> & { close(): Promise<void> };

/**
 * Opens a message of any size: a small one in memory at once, a large one, or one that becomes large, on disk.
 * @throws EbmsFailure with the error that the sender is to get, and the message's id where it could be read
 */
export async function openArrived(
  { contentType, body }: Arrived,
  keys: OpeningKeys,
  limits: MessageLimits,
  spool: SpoolTerms,
): Promise<ArrivedOpen> {
  if (body.memory !== undefined)
    try {
      const opened = openUserMessage(contentType, body.memory, keys, limits, spool.memoryBytes);
      const payloads = opened.payloads.map(({ bytes, ...payload }) => ({ ...payload, content: inMemory(bytes) }));
      return { ...opened, payloads, close: () => Promise.resolve() };
    } catch (error) {
      if (error instanceof EbmsFailure) throw withHeaderProblems(error, contentType, body.memory);
      if (!(error instanceof LargerThanMemory)) throw error;
    }
  return openLargeMessage(contentType, body, keys, limits, spool);
}
