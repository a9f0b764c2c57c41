import type { Reader, Statement } from '../../store/pool.ts';
import type { Content } from '../message/content.ts';
import type { SignedReference } from '../message/message.ts';
import { contentOfRow } from '../message-store.ts';

// Which outgoing messages are due, and who tries them.

/** A message that was claimed for a try. */
export interface ClaimedMessage {
  readonly messageId: string;
  readonly conversation: string;
  readonly attempts: number;
  readonly windowEndsAt: Date;
  /** Why the try before did not succeed; null at the first. */
  readonly lastErrorCode: string | null;
  readonly contentType: string;
  readonly body: Content;
  readonly references: readonly SignedReference[];
}

/** A partner for whom something is due, or to whom nothing is to be sent. */
export interface DuePartner {
  readonly partner: string;
  readonly isHeld: boolean;
}

/** The partners for whom something is due: a step in the index per partner, however long its queue is; and those held. */
export async function partnersWithDueMessages(reader: Reader, now: Date): Promise<DuePartner[]> {
  const { rows } = await reader.query<{ partner: string; is_held: boolean }>({
    name: 'partners-due',
    text: `with recursive partners as (
        (select partner from outgoing_messages where state = 'queued' order by partner limit 1)
        union all
        select (select m.partner from outgoing_messages m
            where m.state = 'queued' and m.partner > p.partner order by m.partner limit 1)
          from partners p where p.partner is not null)
      select p.partner, false as is_held from partners p
      where exists (select from outgoing_messages m
          where m.state = 'queued' and m.partner = p.partner and m.next_attempt_at <= $1)
        and not exists (select from held_partners h where h.country = p.partner)
      union all
      select country, true from held_partners`,
    values: [now],
  });
  return rows.map((row) => ({ partner: row.partner, isHeld: row.is_held }));
}

/** At most so many messages are claimed by one statement. */
const mostClaimed = 64;
export const WAITS_FOR_EARLIER = 'EARLIER-MESSAGE-WAITS';

/** How messages are claimed. */
export interface ClaimTerms {
  readonly limit: number;
  readonly now: Date;
  /** Until then nobody else takes them, unless the gateway is gone. */
  readonly leaseEndsAt: Date;
  /** Number of the gateway, while it has a session. */
  readonly claimedBy?: number | undefined;
  /** When to look again at messages that wait for earlier ones; the receipt of those frees them at once. */
  readonly lookAgainAt: Date;
}

/** What was claimed, and whether more may be due. */
export interface Claimed {
  readonly messages: readonly ClaimedMessage[];
  /** Those whose window ended while they waited for earlier messages of their conversation. */
  readonly expired: readonly { readonly messageId: string; readonly conversation: string; readonly attempts: number }[];
  readonly isMore: boolean;
}

interface ClaimRow {
  message_id: string;
  conversation: string;
  attempts: number;
  window_ends_at: Date;
  last_error_code: string | null;
  waits: boolean;
  content_type: string | null;
  body: Buffer | null;
  size: bigint | null;
  signed_references: SignedReference[] | null;
}

/**
 * Claims due messages of a partner for one try, the longest due first; what another process is claiming is passed over.
 * Of the first due ones those that wait for earlier messages of their conversation are put off, so that they never stand
 * in the way of others: only the front of the queue is read, however long it is.
 */
export async function claimDue(reader: Reader, partner: string, terms: ClaimTerms): Promise<Claimed> {
  const limit = Math.min(terms.limit, mostClaimed);
  const { rows } = await reader.query<ClaimRow>({
    name: 'claim-due',
    text: `with front as materialized (
        select message_id, conversation, order_number, next_attempt_at from outgoing_messages
        where state = 'queued' and partner = $1 and next_attempt_at <= $2
        order by next_attempt_at limit ${mostClaimed}),
      waiting as materialized (
        select f.message_id from front f where f.order_number is not null and exists (
          select from outgoing_messages e where e.partner = $1 and e.conversation = f.conversation
            and e.order_number < f.order_number and e.state in ('queued', 'held'))),
      put_off as (
        select m.message_id from waiting join outgoing_messages m using (message_id)
        where m.state = 'queued' and m.next_attempt_at <= $2 for update of m skip locked),
      parked as (
        update outgoing_messages m set next_attempt_at = $6, last_error_code = '${WAITS_FOR_EARLIER}',
            last_error = 'Waits until the earlier messages of its conversation have arrived.'
        from put_off where m.message_id = put_off.message_id
        returning m.message_id, m.conversation, m.attempts, m.window_ends_at, m.last_error_code),
      due as (
        select m.message_id from front join outgoing_messages m using (message_id)
        where m.state = 'queued' and m.next_attempt_at <= $2 and m.message_id not in (select message_id from waiting)
        order by front.next_attempt_at limit $3 for update of m skip locked),
      claimed as (
        update outgoing_messages m set attempts = attempts + 1, last_attempt_at = $2, next_attempt_at = $4, claimed_by = $5
        from due where m.message_id = due.message_id
        returning m.message_id, m.conversation, m.attempts, m.window_ends_at, m.last_error_code)
      select c.*, false as waits, b.content_type, b.body, b.size, b.signed_references
        from claimed c join outgoing_bodies b using (message_id)
      union all
      select p.*, true, null, null, null, null from parked p`,
    values: [partner, terms.now, limit, terms.leaseEndsAt, terms.claimedBy ?? null, terms.lookAgainAt],
  });
  const messages = rows.flatMap((row): ClaimedMessage[] =>
    row.content_type === null || row.signed_references === null
      ? []
      : [
          {
            messageId: row.message_id,
            conversation: row.conversation,
            attempts: row.attempts,
            windowEndsAt: row.window_ends_at,
            lastErrorCode: row.last_error_code,
            contentType: row.content_type,
            body: contentOfRow(reader, 'outgoing', row.message_id, row),
            references: row.signed_references,
          },
        ],
  );
  const parked = rows.filter((row) => row.waits);
  return {
    messages,
    expired: parked
      .filter((row) => row.window_ends_at <= terms.now)
      .map((row) => ({ messageId: row.message_id, conversation: row.conversation, attempts: row.attempts })),
    isMore: messages.length === limit || parked.length > 0,
  };
}

/** Gives back messages that were claimed for a first try when they were queued, and not tried. */
export async function releaseClaims(reader: Reader, messageIds: readonly string[], now: Date): Promise<void> {
  await reader.query({
    name: 'release-claims',
    text: `update outgoing_messages set next_attempt_at = $2, attempts = 0, last_attempt_at = null, claimed_by = null
      where message_id = any($1) and state = 'queued' and attempts = 1`,
    values: [messageIds, now],
  });
}

/** Keeps claims of this gateway on messages that are still being tried: large ones take long on slow lines. */
export async function renewClaims(
  reader: Reader,
  messageIds: readonly string[],
  gateway: number,
  leaseEndsAt: Date,
): Promise<void> {
  await reader.query({
    name: 'renew-claims',
    text: `update outgoing_messages set next_attempt_at = $3
      where message_id = any($1) and state = 'queued' and claimed_by = $2`,
    values: [messageIds, gateway, leaseEndsAt],
  });
}

/** Frees what gateways had claimed that are gone; what they had not claimed, or is due anyway, need not be looked at. */
export async function freeClaimsOf(reader: Reader, gateways: readonly number[], now: Date): Promise<void> {
  await reader.query({
    name: 'free-claims',
    text: `update outgoing_messages set next_attempt_at = $2, claimed_by = null
      where state = 'queued' and next_attempt_at > $2 and claimed_by = any($1)`,
    values: [gateways, now],
  });
}

/** A gateway that has a new number takes what it is trying with it. */
export async function readoptClaims(reader: Reader, messageIds: readonly string[], gateway: number): Promise<void> {
  if (messageIds.length === 0) return;
  await reader.query({
    name: 'readopt-claims',
    text: `update outgoing_messages set claimed_by = $2 where message_id = any($1) and state = 'queued'`,
    values: [messageIds, gateway],
  });
}

/** Makes the message due that waits next in each of the conversations of these, now that they are done. */
export function freeNextInOrder(messageIds: readonly string[], now: Date): Statement {
  return {
    name: 'free-next-in-order',
    text: `update outgoing_messages m set next_attempt_at = $2
      from (select distinct partner, conversation from outgoing_messages where message_id = any($1)) done
      where m.state = 'queued' and m.partner = done.partner and m.conversation = done.conversation
        and m.last_error_code = '${WAITS_FOR_EARLIER}' and m.next_attempt_at > $2
        and m.order_number = (
          select min(n.order_number) from outgoing_messages n where n.partner = done.partner
            and n.conversation = done.conversation and n.order_number is not null and n.state in ('queued', 'held'))`,
    values: [messageIds, now],
  };
}

/** Due messages of a partner whose window is over, 1,000 at most; a message that is being tried is not due. */
export async function findExpired(
  reader: Reader,
  partner: string,
  now: Date,
): Promise<{ readonly messageId: string; readonly conversation: string; readonly attempts: number }[]> {
  const { rows } = await reader.query<{ message_id: string; conversation: string; attempts: number }>({
    name: 'find-expired',
    text: `select message_id, conversation, attempts from outgoing_messages
      where state = 'queued' and partner = $1 and next_attempt_at <= $2 and window_ends_at <= $2
        and not exists (select from held_partners where country = $1)
      order by next_attempt_at limit 1000`,
    values: [partner, now],
  });
  return rows.map((row) => ({
    messageId: row.message_id,
    conversation: row.conversation,
    attempts: row.attempts,
  }));
}
