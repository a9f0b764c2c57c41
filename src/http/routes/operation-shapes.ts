import { type Actor, actorOfEvent } from '../../access/actor.ts';
import { isObject, type JsonObject } from '../../documents/json.ts';
import {
  INCOMING_STATES,
  type MessageLine,
  type MessagePage,
  OUTGOING_STATES,
  writeMessageCursor,
} from '../../exchange/operations/list-messages.ts';
import type { MessageRecord } from '../../exchange/operations/message-record.ts';
import type { EventActor, StoredEvent } from '../../store/log.ts';
import type { RouteContext } from '../route.ts';
import { COUNTRY, LINE, MOMENT, objectOf, orNull } from './shapes.ts';

/** Why an operator does something; it stands in the log for ever. */
const REASON: JsonObject = { ...LINE, maxLength: 500, says: 'a reason of 1 to 500 characters, all of them visible' };
export const WITH_REASON = objectOf({ reason: REASON });
export const WITH_OPTIONAL_REASON = objectOf({ reason: REASON }, ['reason']);

export const DIRECTION: JsonObject = { type: 'string', enum: ['out', 'in'] };
export const STATE: JsonObject = { type: 'string', enum: [...new Set([...OUTGOING_STATES, ...INCOMING_STATES])] };
const TEXT: JsonObject = { type: 'string' };
const COUNT: JsonObject = { type: ['integer', 'null'] };
const WHY: JsonObject = { ...objectOf({ code: TEXT, reason: TEXT }), type: ['object', 'null'] };

const LINE_PROPERTIES = {
  id: TEXT,
  direction: DIRECTION,
  partner: COUNTRY,
  conversation: { type: 'string', description: 'Unique consignment reference.' },
  service: TEXT,
  action: TEXT,
  state: STATE,
  at: { ...MOMENT, description: 'When it was queued or received.' },
  attempts: { ...COUNT, description: 'Tries since it was queued, or sent again; null for what came in.' },
  nextAttemptAt: orNull(MOMENT),
  receiptedAt: orNull(MOMENT),
  error: { ...WHY, description: 'Why the last try failed, or why no journey took it.' },
  duplicates: { ...COUNT, description: 'How often it came again; null for what went out.' },
} as const;

/** A message in a list. */
export const MESSAGE_LINE = objectOf(LINE_PROPERTIES);

export const MESSAGE_PAGE = objectOf({
  items: { type: 'array', items: MESSAGE_LINE },
  next: {
    type: ['string', 'null'],
    description: 'To be given to `after` for the next page; null on the last. A page may be short and have a next one.',
  },
});

const EVENT = objectOf({
  id: TEXT,
  kind: TEXT,
  occurredAt: MOMENT,
  recordedAt: MOMENT,
  actor: objectOf({ id: TEXT, name: TEXT, role: TEXT }),
  reason: { type: ['string', 'null'] },
  data: {},
});

/** One message with all that is kept of it but its bytes. */
export const MESSAGE = objectOf({
  ...LINE_PROPERTIES,
  contentType: TEXT,
  size: { type: 'integer', description: 'Bytes of the message as it went over the wire.' },
  windowEndsAt: orNull(MOMENT),
  lastAttemptAt: orNull(MOMENT),
  tries: {
    type: 'array',
    items: objectOf({ attempt: { type: 'integer' }, at: MOMENT, code: TEXT, reason: TEXT }),
    description: 'Tries that failed: the first ten and the last forty.',
  },
  receipt: {
    ...objectOf({ id: { type: ['string', 'null'] }, at: MOMENT, size: { type: 'integer' } }),
    type: ['object', 'null'],
    description: 'The receipt that the partner gave, or that we gave.',
  },
  events: { type: 'array', items: EVENT },
});

export function lineJson(line: MessageLine): JsonObject {
  return {
    id: line.messageId,
    direction: line.direction,
    partner: line.partner,
    conversation: line.conversation,
    service: line.service,
    action: line.action,
    state: line.state,
    at: line.at.toISOString(),
    attempts: line.attempts,
    nextAttemptAt: line.nextAttemptAt?.toISOString() ?? null,
    receiptedAt: line.receiptedAt?.toISOString() ?? null,
    error: line.error === null ? null : { ...line.error },
    duplicates: line.duplicates,
  };
}

export function pageJson(page: MessagePage): JsonObject {
  return { items: page.items.map(lineJson), next: page.next === null ? null : writeMessageCursor(page.next) };
}

function eventJson(event: StoredEvent): JsonObject {
  return {
    id: String(event.id),
    kind: event.kind,
    occurredAt: event.occurredAt.toISOString(),
    recordedAt: event.recordedAt.toISOString(),
    actor: { ...event.actor },
    reason: event.reason ?? null,
    data: event.data ?? null,
  };
}

export function messageJson(message: MessageRecord): JsonObject {
  return {
    ...lineJson(message),
    contentType: message.contentType,
    size: message.size,
    windowEndsAt: message.windowEndsAt?.toISOString() ?? null,
    lastAttemptAt: message.lastAttemptAt?.toISOString() ?? null,
    tries: message.tries.map((each) => ({ ...each, at: each.at.toISOString() })),
    receipt:
      message.receipt === null
        ? null
        : { id: message.receipt.messageId, at: message.receipt.at.toISOString(), size: message.receipt.size },
    events: message.events.map(eventJson),
  };
}

/** Who does what the request asks for, when and why. */
export function actOf({ actor, now, body }: RouteContext): {
  readonly actor: EventActor;
  readonly now: Date;
  readonly reason: string | undefined;
} {
  return { actor: eventActor(actor), now, reason: reasonIn(body) };
}

function eventActor(actor: Actor): EventActor {
  return actorOfEvent(actor);
}

function reasonIn(body: RouteContext['body']): string | undefined {
  if (body === undefined || !isObject(body)) return undefined;
  const { reason } = body;
  return typeof reason === 'string' ? reason.normalize('NFC') : undefined;
}
