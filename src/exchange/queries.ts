import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { Content } from './message/content.ts';
import type { SignedReference } from './message/message.ts';

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
