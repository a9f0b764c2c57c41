import { Refusal } from '../../documents/refusal.ts';
import { eventsOf, type StoredEvent } from '../../store/log.ts';
import type { Reader } from '../../store/pool.ts';
import { readStored, type StoredMessage } from '../message-store.ts';
import type { Direction, MessageLine, MessageState } from './list-messages.ts';

/** A try that failed. */
export interface FailedTry {
  readonly attempt: number;
  /** When it began. */
  readonly at: Date;
  readonly code: string;
  readonly reason: string;
}

/** All that this node keeps of one message, without the bytes themselves. */
export interface MessageRecord extends MessageLine {
  readonly contentType: string;
  /** Bytes of the message as it went over the wire. */
  readonly size: number;
  readonly windowEndsAt: Date | null;
  readonly lastAttemptAt: Date | null;
  /** The first ten failed tries and the last forty; empty for what came in. */
  readonly tries: readonly FailedTry[];
  /** The partner's receipt, or the one we gave; `messageId` only of the partner's. */
  readonly receipt: { readonly messageId: string | null; readonly at: Date; readonly size: number } | null;
  readonly events: readonly StoredEvent[];
}

/** Bytes with their media type. */
export interface KeptBytes {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** There is no such message, or not in that direction. */
export function messageNotFound(): Refusal {
  return new Refusal('not-found', 'MESSAGE-NOT-FOUND', 'This node neither sent nor received such a message.');
}

/** The directions in which there is a message of this id: out before in. */
export async function directionsOf(reader: Reader, messageId: string): Promise<Direction[]> {
  const { rows } = await reader.query<{ direction: Direction }>({
    name: 'directions-of-message',
    text: `select 'out' as direction from outgoing_messages where message_id = $1
      union all select 'in' from incoming_messages where message_id = $1`,
    values: [messageId],
  });
  return rows
    .map((row) => row.direction)
    .sort()
    .reverse();
}

/**
 * In which direction a message went. Partners choose their ids themselves, so one may stand on both sides.
 * @throws the refusals `MESSAGE-NOT-FOUND`, `MESSAGE-IN-BOTH-DIRECTIONS`
 */
export async function directionOf(
  reader: Reader,
  messageId: string,
  wanted: Direction | undefined,
): Promise<Direction> {
  const found = (await directionsOf(reader, messageId)).filter((each) => wanted === undefined || each === wanted);
  const [only, another] = found;
  if (only === undefined) throw messageNotFound();
  if (another !== undefined)
    throw new Refusal(
      'conflict',
      'MESSAGE-IN-BOTH-DIRECTIONS',
      'A message of this id went out and another came in: say which one with direction=out or direction=in.',
    );
  return only;
}

interface RecordRow {
  partner: string;
  conversation: string;
  service: string;
  action: string;
  state: MessageState;
  at: Date;
  attempts: number | null;
  next_attempt_at: Date | null;
  window_ends_at: Date | null;
  last_attempt_at: Date | null;
  receipted_at: Date | null;
  code: string | null;
  reason: string | null;
  duplicates: number | null;
  content_type: string;
  size: bigint;
  receipt_id: string | null;
  receipt_at: Date | null;
  receipt_size: number | null;
}

const RECORD = {
  out: `select m.partner, m.conversation, m.service, m.action, m.state, m.queued_at as at, m.attempts, m.next_attempt_at,
      m.window_ends_at, m.last_attempt_at, m.receipted_at, m.last_error_code as code, m.last_error as reason,
      null::integer as duplicates, b.content_type, coalesce(b.size, length(b.body)) as size,
      r.receipt_id, r.received_at as receipt_at, length(r.bytes) as receipt_size
    from outgoing_messages m join outgoing_bodies b using (message_id) left join received_receipts r using (message_id)
    where m.message_id = $1`,
  in: `select m.partner, m.conversation, m.service, m.action, m.state, m.received_at as at, null::integer as attempts,
      null::timestamptz as next_attempt_at, null::timestamptz as window_ends_at, null::timestamptz as last_attempt_at,
      null::timestamptz as receipted_at, m.reason_code as code, m.reason, m.duplicates, b.content_type,
      coalesce(b.size, length(b.body)) as size, null as receipt_id, m.received_at as receipt_at, length(b.receipt) as receipt_size
    from incoming_messages m join incoming_bodies b using (message_id) where m.message_id = $1`,
} as const;

/**
 * One message with its tries, receipt and events.
 * @throws the refusals of {@link directionOf}
 */
export async function readMessage(
  reader: Reader,
  messageId: string,
  wanted: Direction | undefined,
): Promise<MessageRecord> {
  const direction = await directionOf(reader, messageId, wanted);
  const { rows } = await reader.query<RecordRow>({
    name: `read-message-${direction}`,
    text: RECORD[direction],
    values: [messageId],
  });
  const [row] = rows;
  if (row === undefined) throw messageNotFound();
  const { receipt_at: receiptAt, receipt_size: receiptSize } = row;
  return {
    messageId,
    direction,
    partner: row.partner,
    conversation: row.conversation,
    service: row.service,
    action: row.action,
    state: row.state,
    at: row.at,
    attempts: row.attempts,
    nextAttemptAt: row.state === 'queued' ? row.next_attempt_at : null,
    windowEndsAt: row.window_ends_at,
    lastAttemptAt: row.last_attempt_at,
    receiptedAt: row.receipted_at,
    error: row.reason === null ? null : { code: row.code ?? '', reason: row.reason },
    duplicates: row.duplicates,
    contentType: row.content_type,
    size: Number(row.size),
    receipt:
      receiptAt === null || receiptSize === null
        ? null
        : { messageId: row.receipt_id, at: receiptAt, size: receiptSize },
    tries: direction === 'out' ? await readFailedTries(reader, messageId) : [],
    events: await eventsOf(reader, [messageId]),
  };
}

async function readFailedTries(reader: Reader, messageId: string): Promise<FailedTry[]> {
  const { rows } = await reader.query<{ attempt: number; tried_at: Date; code: string; reason: string }>({
    name: 'read-failed-tries',
    text: `select attempt, tried_at, code, reason from failed_tries where message_id = $1 order by tried_at, attempt`,
    values: [messageId],
  });
  return rows.map((row) => ({
    attempt: row.attempt,
    at: row.tried_at,
    code: row.code,
    reason: row.reason,
  }));
}

/**
 * A message byte for byte as it went over the wire; read piece by piece where it is large.
 * @throws the refusals of {@link directionOf}
 */
export async function readWire(
  reader: Reader,
  messageId: string,
  wanted: Direction | undefined,
): Promise<StoredMessage> {
  const direction = await directionOf(reader, messageId, wanted);
  const stored = await readStored(reader, direction === 'out' ? 'outgoing' : 'incoming', messageId);
  if (stored === undefined) throw messageNotFound();
  return stored;
}

/**
 * The receipt that the partner gave, or that we gave, byte for byte.
 * @throws the refusal `RECEIPT-NOT-FOUND` while there is none; those of {@link directionOf}
 */
export async function readReceiptBytes(
  reader: Reader,
  messageId: string,
  wanted: Direction | undefined,
): Promise<KeptBytes> {
  const direction = await directionOf(reader, messageId, wanted);
  const { rows } = await reader.query<{ bytes: Buffer }>({
    name: `read-receipt-${direction}`,
    text:
      direction === 'out'
        ? 'select bytes from received_receipts where message_id = $1'
        : 'select receipt as bytes from incoming_bodies where message_id = $1',
    values: [messageId],
  });
  const [row] = rows;
  if (row === undefined)
    throw new Refusal('not-found', 'RECEIPT-NOT-FOUND', 'The partner has not given a receipt for this message yet.');
  return { contentType: 'application/soap+xml; charset=UTF-8', bytes: row.bytes };
}
