import type { Reader } from '../../store/pool.ts';
import type { Transaction } from '../../store/transaction.ts';
import { contentOfRow, type StoredMessage } from '../message-store.ts';

/**
 * Keeps a message that was just queued from being pushed: it is due only when its window ends, to be given up if nobody
 * pulled it by then. Travels with the commit.
 */
export function keepForPull(transaction: Transaction, messageId: string): void {
  transaction.later({
    name: 'keep-for-pull',
    text: 'update outgoing_messages set next_attempt_at = window_ends_at where message_id = $1',
    values: [messageId],
  });
}

/**
 * Takes the oldest message that waits for a partner: what was given before `givenBefore` and has no receipt is given
 * again, what another request is taking is passed over, and nothing while the partner is held. What must arrive in order
 * waits for the earlier ones of its conversation.
 */
export async function claimPulled(
  reader: Reader,
  partner: string,
  now: Date,
  givenBefore: Date,
): Promise<StoredMessage | undefined> {
  const { rows } = await reader.query<{
    message_id: string;
    content_type: string;
    body: Buffer | null;
    size: bigint | null;
  }>({
    name: 'claim-pulled',
    text: `with oldest as (
        select message_id from outgoing_messages m
        where state = 'queued' and partner = $1 and window_ends_at > $2
          and (last_attempt_at is null or last_attempt_at <= $3)
          and not exists (select from held_partners where country = $1)
          and (order_number is null or not exists (
            select from outgoing_messages e where e.partner = $1 and e.conversation = m.conversation
              and e.order_number < m.order_number and e.state in ('queued', 'held')))
        order by queued_at, message_id limit 1 for update skip locked),
      claimed as (
        update outgoing_messages m set attempts = attempts + 1, last_attempt_at = $2
        from oldest where m.message_id = oldest.message_id returning m.message_id)
      select c.message_id, b.content_type, b.body, b.size from claimed c join outgoing_bodies b using (message_id)`,
    values: [partner, now, givenBefore],
  });
  const [row] = rows;
  return row === undefined
    ? undefined
    : { contentType: row.content_type, content: contentOfRow(reader, 'outgoing', row.message_id, row) };
}
