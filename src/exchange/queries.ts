import type { Reader, Statement } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { Content } from './content.ts';
import type { SignedReference } from './message.ts';
import { contentOfRow } from './message-store.ts';

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

/** A message to be queued. */
export interface QueuedMessage {
  readonly messageId: string;
  readonly partner: string;
  readonly conversation: string;
  readonly service: string;
  readonly action: string;
  readonly contentType: string;
  readonly body: Content;
  readonly references: readonly SignedReference[];
  /** Whether it waits for the earlier messages of its conversation that are in order too. */
  readonly isInOrder?: boolean;
}

/** A claim that is made in the statement that queues a message. */
export interface FirstClaim {
  readonly leaseEndsAt: Date;
  /** Number of the gateway; undefined when it has no session, or is no gateway. */
  readonly claimedBy?: number | undefined;
}

const QUEUE_COLUMNS = `message_id, partner, conversation, service, action, queued_at, window_ends_at, next_attempt_at,
  attempts, last_attempt_at, claimed_by, order_number`;
const QUEUE_VALUES = `$1, $2, $3, $4, $5, $6::timestamptz, $7::timestamptz, coalesce($11::timestamptz, $6::timestamptz),
  case when $11::timestamptz is null then 0 else 1 end,
  case when $11::timestamptz is null then null else $6::timestamptz end, $13::integer`;
const QUEUE_BODY = `insert into outgoing_bodies (message_id, content_type, body, size, signed_references)
  select message_id, $8, $9, $12, $10::jsonb from message`;

const QUEUE = {
  name: 'queue-message',
  text: `with message as (
      insert into outgoing_messages (${QUEUE_COLUMNS}) values (${QUEUE_VALUES}, null) returning message_id)
    ${QUEUE_BODY}`,
};

/**
 * Of two transactions that queue ordered messages of one conversation, the second waits here until the first has ended:
 * so the numbers are in the order of the commits.
 */
const QUEUE_IN_ORDER = {
  name: 'queue-message-in-order',
  text: `with turn as materialized (
      select pg_advisory_xact_lock(7352804, hashtext($2 || ' ' || $3)) is null as taken),
    message as (
      insert into outgoing_messages (${QUEUE_COLUMNS})
        select ${QUEUE_VALUES}, nextval('outgoing_order') from turn returning message_id)
    ${QUEUE_BODY}`,
};

/**
 * Queues a message with its bytes: one statement, which travels with the next one or with the commit. Bytes that are not
 * in memory are kept afterwards, in pieces (`keepPieces`).
 * @param claim when the message is claimed for a first try already; never for one that is in order
 */
export function insertOutgoing(
  transaction: Transaction,
  message: QueuedMessage,
  now: Date,
  windowEndsAt: Date,
  claim: FirstClaim | undefined,
): void {
  transaction.later({
    ...(message.isInOrder === true ? QUEUE_IN_ORDER : QUEUE),
    values: [
      message.messageId,
      message.partner,
      message.conversation,
      message.service,
      message.action,
      now,
      windowEndsAt,
      message.contentType,
      message.body.memory ?? null,
      JSON.stringify(message.references),
      claim?.leaseEndsAt ?? null,
      message.body.size,
      claim?.claimedBy ?? null,
    ],
  });
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

/**
 * Keeps receipts and marks their messages; a late one counts for a failed message too.
 * @returns the messages that had no receipt before, each with whether others of its conversation may wait for it
 */
export async function markReceipted(
  transaction: Transaction,
  receipts: readonly {
    readonly messageId: string;
    readonly receiptId: string;
    readonly bytes: Buffer;
    readonly at: Date;
  }[],
): Promise<ReadonlyMap<string, boolean>> {
  const { rows } = await transaction.query<{ message_id: string; is_in_order: boolean }>({
    name: 'mark-receipted',
    text: `with told as (
        select * from unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[]) as told (message_id, receipt_id, bytes, at)),
      message as (
        update outgoing_messages m set state = 'receipted', receipted_at = told.at, last_error = null, last_error_code = null
        from told where m.message_id = told.message_id and m.state <> 'receipted'
        returning m.message_id, m.order_number is not null as is_in_order),
      kept as (
        insert into received_receipts (message_id, receipt_id, bytes, received_at)
          select message_id, receipt_id, bytes, at from told join message using (message_id))
      select message_id, is_in_order from message`,
    values: [
      receipts.map((receipt) => receipt.messageId),
      receipts.map((receipt) => receipt.receiptId),
      receipts.map((receipt) => receipt.bytes),
      receipts.map((receipt) => receipt.at),
    ],
  });
  return new Map(rows.map((row) => [row.message_id, row.is_in_order]));
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

/** Keeps a try that failed, of the row `tried`: the first ten of a message and the last forty stay (failed_tries). */
const KEEP_FAILED_TRY = `insert into failed_tries (message_id, slot, attempt, tried_at, code, reason)
  select message_id, case when attempts <= 10 then attempts else 11 + attempts % 40 end, attempts, last_attempt_at,
    last_error_code, last_error
  from tried where last_attempt_at is not null
  on conflict (message_id, slot) do update set attempt = excluded.attempt, tried_at = excluded.tried_at,
    code = excluded.code, reason = excluded.reason`;

/**
 * Plans the next try of a message that was not receipted, with the reason.
 * @param attempt which try it was: one that was overtaken by another plans nothing
 */
export async function planRetry(
  reader: Reader,
  messageId: string,
  next: { readonly at: Date; readonly code: string; readonly reason: string },
  attempt?: number,
): Promise<void> {
  await reader.query({
    name: 'plan-retry',
    text: `with tried as (
        update outgoing_messages set next_attempt_at = $2, last_error_code = $3, last_error = $4, claimed_by = null
        where message_id = $1 and state = 'queued' and attempts = coalesce($5::integer, attempts)
        returning message_id, attempts, last_attempt_at, last_error_code, last_error)
      ${KEEP_FAILED_TRY}`,
    values: [messageId, next.at, next.code, next.reason.slice(0, 2_000), attempt ?? null],
  });
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

/**
 * Gives a message up: it is shown as failed until a person sends it again.
 * @param attempt which try it was: one that was overtaken by another gives nothing up
 * @returns undefined when it was not queued any more
 */
export async function markFailed(
  transaction: Transaction,
  messageId: string,
  failure: { readonly code: string; readonly reason: string },
  attempt?: number,
): Promise<{ readonly isInOrder: boolean } | undefined> {
  const { rows } = await transaction.query<{ is_in_order: boolean }>({
    name: 'mark-failed',
    text: `with tried as (
        update outgoing_messages set state = 'failed', last_error_code = $2, last_error = $3, claimed_by = null
        where message_id = $1 and state = 'queued' and attempts = coalesce($4::integer, attempts)
        returning message_id, attempts, last_attempt_at, last_error_code, last_error, order_number),
      kept as (${KEEP_FAILED_TRY})
      select order_number is not null as is_in_order from tried`,
    values: [messageId, failure.code, failure.reason.slice(0, 2_000), attempt ?? null],
  });
  return rows[0] === undefined ? undefined : { isInOrder: rows[0].is_in_order };
}

/** A message that arrived. */
export interface ArrivedMessage {
  readonly messageId: string;
  readonly partner: string;
  readonly conversation: string;
  readonly service: string;
  readonly action: string;
  readonly digest: Buffer;
  readonly receivedAt: Date;
  readonly contentType: string;
  readonly body: Content;
  readonly receipt: Buffer;
  readonly state: 'delivered' | 'test';
}

/**
 * Keeps a message as it came, with its receipt; bytes that are not in memory are kept afterwards, in pieces
 * (`keepPieces`).
 * @returns false when its id is known already (waits for one under way)
 */
export async function insertIncoming(transaction: Transaction, message: ArrivedMessage): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: 'keep-message',
    text: `with message as (
        insert into incoming_messages (message_id, partner, conversation, service, action, digest, received_at, state)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (message_id) do nothing returning message_id)
      insert into incoming_bodies (message_id, content_type, body, size, receipt)
        select message_id, $9, $10, $12, $11 from message`,
    values: [
      message.messageId,
      message.partner,
      message.conversation,
      message.service,
      message.action,
      message.digest,
      message.receivedAt,
      message.state,
      message.contentType,
      message.body.memory ?? null,
      message.receipt,
      message.body.size,
    ],
  });
  return rowCount > 0;
}

/** Counts a repetition of a known message and gives what was kept of the first. */
export async function findFirst(
  transaction: Transaction,
  messageId: string,
): Promise<{ digest: Buffer; receipt: Buffer; partner: string } | undefined> {
  const { rows } = await transaction.query<{ digest: Buffer; receipt: Buffer; partner: string }>({
    name: 'find-first',
    text: `update incoming_messages m set duplicates = duplicates + 1 from incoming_bodies b
      where m.message_id = $1 and b.message_id = m.message_id returning m.digest, b.receipt, m.partner`,
    values: [messageId],
  });
  return rows[0];
}

/** Puts a message aside that no journey could take. */
export async function quarantine(
  transaction: Transaction,
  messageId: string,
  why: { readonly code: string; readonly reason: string },
): Promise<void> {
  await transaction.query({
    name: 'quarantine-message',
    text: `update incoming_messages set state = 'quarantined', reason_code = $2, reason = $3 where message_id = $1`,
    values: [messageId, why.code, why.reason.slice(0, 2_000)],
  });
}
