import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { isObject, type JsonValue } from '../documents/json.ts';
import type { Reader, Statement } from './pool.ts';
import type { Transaction } from './transaction.ts';

/** Who did it: a person, a program with a token, or a part of the node (`role` = `node`). */
export interface EventActor {
  readonly id: string;
  readonly name: string;
  readonly role: string;
}

/** Something that happened, to be kept for ever. */
export interface NewEvent {
  /** What happened, as `thing.participle`: `application.submitted`, `message.receipted`. */
  readonly kind: string;
  /** The thing it happened to: an application's id, a certificate's number, a message's id. */
  readonly subject: string;
  /** The unique consignment reference, where there is one. */
  readonly conversation?: string | undefined;
  readonly actor: EventActor;
  /** When it happened; when it was recorded is the database's own clock. */
  readonly occurredAt: Date;
  readonly reason?: string | undefined;
  readonly data?: JsonValue | undefined;
}

/** An event as it was stored. */
export interface StoredEvent extends NewEvent {
  readonly id: bigint;
  readonly recordedAt: Date;
}

/** SHA-256 over the canonical JSON (RFC 8785) of the event: what the hash chain is made of. */
export function eventDigest(event: NewEvent): Buffer {
  const form = canonicalize({
    actor: { id: event.actor.id, name: event.actor.name, role: event.actor.role },
    conversation: event.conversation ?? null,
    data: event.data ?? null,
    kind: event.kind,
    occurredAt: event.occurredAt.toISOString(),
    reason: event.reason ?? null,
    subject: event.subject,
  });
  if (form === undefined) throw new TypeError('an event is always a JSON object');
  return createHash('sha256').update(form).digest();
}

/** Their messages show by their state what is still to be done. */
const SHOWN_BY_STATE = ['message.failed', 'message.quarantined'];

/** What an alarm is grouped by; undefined for an event that nobody needs to acknowledge. */
function alarmOf({ kind, data }: NewEvent): { code: string; partner: string } | undefined {
  if (data === undefined || !isObject(data) || data['alarm'] !== true || SHOWN_BY_STATE.includes(kind))
    return undefined;
  const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
  return { code: text(data['code']), partner: text(data['partner']) };
}

/**
 * The insert of one event, for callers that send it together with other statements. One whose data say `alarm: true`
 * stands among the open alarms until a person acknowledges it.
 */
export function insertEventStatement(event: NewEvent): Statement {
  const alarm = alarmOf(event);
  if (alarm !== undefined)
    return {
      name: 'append-alarm',
      text: `with alarm as (
          insert into events (occurred_at, kind, subject, conversation, actor_id, actor_name, actor_role, reason, data, digest)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id, kind, occurred_at)
        insert into open_alarms (event_id, kind, code, partner, occurred_at) select id, kind, $11, $12, occurred_at from alarm`,
      values: [...valuesOf(event), alarm.code, alarm.partner],
    };
  return {
    name: 'append-event',
    text: `insert into events (occurred_at, kind, subject, conversation, actor_id, actor_name, actor_role, reason, data, digest)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    many: {
      name: 'append-events',
      text: `insert into events (occurred_at, kind, subject, conversation, actor_id, actor_name, actor_role, reason, data, digest)
        select at, kind, subject, conversation, actor_id, actor_name, actor_role, reason, data::jsonb, digest
        from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
          $9::text[], $10::bytea[]) as n (at, kind, subject, conversation, actor_id, actor_name, actor_role, reason, data, digest)`,
    },
    values: valuesOf(event),
  };
}

function valuesOf(event: NewEvent): unknown[] {
  return [
    event.occurredAt,
    event.kind,
    event.subject,
    event.conversation ?? null,
    event.actor.id,
    event.actor.name,
    event.actor.role,
    event.reason ?? null,
    event.data === undefined ? null : JSON.stringify(event.data),
    eventDigest(event),
  ];
}

/**
 * Adds an event to the log, in the transaction of what it tells of. It travels with the next statement of the
 * transaction or with its commit: an event costs no round trip of its own.
 */
export async function appendEvent(transaction: Transaction, event: NewEvent): Promise<void> {
  transaction.later(insertEventStatement(event));
}

/** The columns of an event's content as the database gives them. */
export interface EventContentRow {
  occurred_at: Date;
  kind: string;
  subject: string;
  conversation: string | null;
  actor_id: string;
  actor_name: string;
  actor_role: string;
  reason: string | null;
  data: JsonValue;
}

/** An event's content from its row. */
export function eventOfRow(row: EventContentRow): NewEvent {
  return {
    occurredAt: row.occurred_at,
    kind: row.kind,
    subject: row.subject,
    conversation: row.conversation ?? undefined,
    actor: { id: row.actor_id, name: row.actor_name, role: row.actor_role },
    reason: row.reason ?? undefined,
    data: row.data ?? undefined,
  };
}

/** The events of some subjects in the order they were written, at most 1,000. */
export async function eventsOf(reader: Reader, subjects: readonly string[]): Promise<StoredEvent[]> {
  const { rows } = await reader.query<EventContentRow & { id: bigint; recorded_at: Date }>({
    name: 'events-of-subjects',
    text: `select id, recorded_at, occurred_at, kind, subject, conversation, actor_id, actor_name, actor_role, reason, data
      from events where subject = any($1) order by id limit 1000`,
    values: [subjects],
  });
  return rows.map((row) => ({ id: row.id, recordedAt: row.recorded_at, ...eventOfRow(row) }));
}
