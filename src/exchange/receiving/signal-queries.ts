import type { Reader } from '../../store/pool.ts';
import type { SignedReference } from '../message/message.ts';

/** A message of ours that a signal is about. */
export interface SentMessage {
  readonly messageId: string;
  readonly partner: string;
  readonly conversation: string;
  readonly state: string;
  readonly lastAttemptAt: Date | null;
  readonly references: readonly SignedReference[];
}

/** A message that was sent at least once, or is about to be; undefined when there is none of that id. */
export async function findSent(reader: Reader, messageId: string): Promise<SentMessage | undefined> {
  const { rows } = await reader.query<{
    message_id: string;
    partner: string;
    conversation: string;
    state: string;
    last_attempt_at: Date | null;
    signed_references: SignedReference[];
  }>({
    name: 'find-sent',
    text: `select m.message_id, m.partner, m.conversation, m.state, m.last_attempt_at, b.signed_references
      from outgoing_messages m join outgoing_bodies b using (message_id) where m.message_id = $1`,
    values: [messageId],
  });
  const [row] = rows;
  return row === undefined
    ? undefined
    : {
        messageId: row.message_id,
        partner: row.partner,
        conversation: row.conversation,
        state: row.state,
        lastAttemptAt: row.last_attempt_at,
        references: row.signed_references,
      };
}

/** Keeps what a partner said of a message that goes on being tried; when it is tried next does not change. */
export async function noteReason(
  reader: Reader,
  messageId: string,
  why: { readonly code: string; readonly reason: string },
): Promise<void> {
  await reader.query({
    name: 'note-reason',
    text: `update outgoing_messages set last_error_code = $2, last_error = $3
      where message_id = $1 and state = 'queued'`,
    values: [messageId, why.code, why.reason.slice(0, 2_000)],
  });
}
