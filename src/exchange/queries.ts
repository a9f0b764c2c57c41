import type { Reader } from '../store/pool.ts';
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
}

/**
 * Queues a message with its bytes: one statement, which travels with the next one or with the commit. Bytes that are not
 * in memory are kept afterwards, in pieces (`keepPieces`).
 * @param leaseEndsAt when the message is claimed for a first try already: until when
 */
export function insertOutgoing(
  transaction: Transaction,
  message: QueuedMessage,
  now: Date,
  windowEndsAt: Date,
  leaseEndsAt: Date | undefined,
): void {
  transaction.later({
    name: 'queue-message',
    text: `with message as (
        insert into outgoing_messages (message_id, partner, conversation, service, action, queued_at, window_ends_at,
          next_attempt_at, attempts, last_attempt_at)
        values ($1, $2, $3, $4, $5, $6::timestamptz, $7, coalesce($11::timestamptz, $6::timestamptz),
          case when $11::timestamptz is null then 0 else 1 end,
          case when $11::timestamptz is null then null else $6::timestamptz end)
        returning message_id)
      insert into outgoing_bodies (message_id, content_type, body, size, signed_references)
        select message_id, $8, $9, $12, $10::jsonb from message`,
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
      leaseEndsAt ?? null,
      message.body.size,
    ],
  });
}

/** Gives back messages that were claimed and not tried. */
export async function releaseClaims(reader: Reader, messageIds: readonly string[], now: Date): Promise<void> {
  await reader.query({
    name: 'release-claims',
    text: `update outgoing_messages set next_attempt_at = $2, attempts = attempts - 1
      where message_id = any($1) and state = 'queued'`,
    values: [messageIds, now],
  });
}

/** The partners for whom something is due: a step in the index per partner, however long its queue is. */
export async function partnersWithDueMessages(reader: Reader, now: Date): Promise<string[]> {
  const { rows } = await reader.query<{ partner: string }>({
    name: 'partners-due',
    text: `with recursive partners as (
        (select partner from outgoing_messages where state = 'queued' order by partner limit 1)
        union all
        select (select m.partner from outgoing_messages m
            where m.state = 'queued' and m.partner > p.partner order by m.partner limit 1)
          from partners p where p.partner is not null)
      select p.partner from partners p
      where exists (select from outgoing_messages m
        where m.state = 'queued' and m.partner = p.partner and m.next_attempt_at <= $1)`,
    values: [now],
  });
  return rows.map((row) => row.partner);
}

/**
 * Claims due messages of a partner for one try, the longest due first; what another process is claiming is passed over.
 * Until `leaseEndsAt` nobody else takes them.
 */
export async function claimDue(
  reader: Reader,
  partner: string,
  limit: number,
  now: Date,
  leaseEndsAt: Date,
): Promise<ClaimedMessage[]> {
  const { rows } = await reader.query<{
    message_id: string;
    conversation: string;
    attempts: number;
    window_ends_at: Date;
    last_error_code: string | null;
    content_type: string;
    body: Buffer | null;
    size: bigint | null;
    signed_references: SignedReference[];
  }>({
    name: 'claim-due',
    text: `with due as (
        select message_id from outgoing_messages
        where state = 'queued' and partner = $1 and next_attempt_at <= $2
        order by next_attempt_at limit $3 for update skip locked),
      claimed as (
        update outgoing_messages m set attempts = attempts + 1, last_attempt_at = $2, next_attempt_at = $4
        from due where m.message_id = due.message_id
        returning m.message_id, m.conversation, m.attempts, m.window_ends_at, m.last_error_code)
      select c.*, b.content_type, b.body, b.size, b.signed_references from claimed c join outgoing_bodies b using (message_id)`,
    values: [partner, now, limit, leaseEndsAt],
  });
  return rows.map((row) => ({
    messageId: row.message_id,
    conversation: row.conversation,
    attempts: row.attempts,
    windowEndsAt: row.window_ends_at,
    lastErrorCode: row.last_error_code,
    contentType: row.content_type,
    body: contentOfRow(reader, 'outgoing', row.message_id, row),
    references: row.signed_references,
  }));
}

/**
 * Keeps receipts and marks their messages; a late one counts for a failed message too.
 * @returns the messages that had no receipt before
 */
export async function markReceipted(
  transaction: Transaction,
  receipts: readonly {
    readonly messageId: string;
    readonly receiptId: string;
    readonly bytes: Buffer;
    readonly at: Date;
  }[],
): Promise<ReadonlySet<string>> {
  const { rows } = await transaction.query<{ message_id: string }>({
    name: 'mark-receipted',
    text: `with told as (
        select * from unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[]) as told (message_id, receipt_id, bytes, at)),
      message as (
        update outgoing_messages m set state = 'receipted', receipted_at = told.at, last_error = null, last_error_code = null
        from told where m.message_id = told.message_id and m.state <> 'receipted' returning m.message_id)
      insert into received_receipts (message_id, receipt_id, bytes, received_at)
        select message_id, receipt_id, bytes, at from told join message using (message_id) returning message_id`,
    values: [
      receipts.map((receipt) => receipt.messageId),
      receipts.map((receipt) => receipt.receiptId),
      receipts.map((receipt) => receipt.bytes),
      receipts.map((receipt) => receipt.at),
    ],
  });
  return new Set(rows.map((row) => row.message_id));
}

/** Keeps a try that failed, of the row `tried`: the first ten of a message and the last forty stay (failed_tries). */
const KEEP_FAILED_TRY = `insert into failed_tries (message_id, slot, attempt, tried_at, code, reason)
  select message_id, case when attempts <= 10 then attempts else 11 + attempts % 40 end, attempts, last_attempt_at,
    last_error_code, last_error
  from tried where last_attempt_at is not null
  on conflict (message_id, slot) do update set attempt = excluded.attempt, tried_at = excluded.tried_at,
    code = excluded.code, reason = excluded.reason`;

/** Plans the next try of a message that was not receipted, with the reason. */
export async function planRetry(
  reader: Reader,
  messageId: string,
  next: { readonly at: Date; readonly code: string; readonly reason: string },
): Promise<void> {
  await reader.query({
    name: 'plan-retry',
    text: `with tried as (
        update outgoing_messages set next_attempt_at = $2, last_error_code = $3, last_error = $4
        where message_id = $1 and state = 'queued'
        returning message_id, attempts, last_attempt_at, last_error_code, last_error)
      ${KEEP_FAILED_TRY}`,
    values: [messageId, next.at, next.code, next.reason.slice(0, 2_000)],
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
      order by next_attempt_at limit 1000`,
    values: [partner, now],
  });
  return rows.map((row) => ({
    messageId: row.message_id,
    conversation: row.conversation,
    attempts: row.attempts,
  }));
}

/** Gives a message up: it is shown as failed until a person sends it again. */
export async function markFailed(
  transaction: Transaction,
  messageId: string,
  failure: { readonly code: string; readonly reason: string },
): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: 'mark-failed',
    text: `with tried as (
        update outgoing_messages set state = 'failed', last_error_code = $2, last_error = $3
        where message_id = $1 and state = 'queued'
        returning message_id, attempts, last_attempt_at, last_error_code, last_error),
      kept as (${KEEP_FAILED_TRY})
      select from tried`,
    values: [messageId, failure.code, failure.reason.slice(0, 2_000)],
  });
  return rowCount > 0;
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
