import { isArray, type JsonValue } from '../../documents/json.ts';
import { readJson } from '../../documents/read-json.ts';
import { Refusal } from '../../documents/refusal.ts';
import type { Reader } from '../../store/pool.ts';

export type Direction = 'out' | 'in';

/** States of outgoing messages, then those of incoming ones; `dismissed` is one of both. */
export const OUTGOING_STATES = ['queued', 'held', 'receipted', 'failed', 'dismissed'] as const;
export const INCOMING_STATES = ['delivered', 'quarantined', 'test', 'dismissed'] as const;
export type MessageState = (typeof OUTGOING_STATES)[number] | (typeof INCOMING_STATES)[number];

/** A message in a list. */
export interface MessageLine {
  readonly messageId: string;
  readonly direction: Direction;
  /** ISO 3166-1 alpha-2. */
  readonly partner: string;
  readonly conversation: string;
  readonly service: string;
  readonly action: string;
  readonly state: MessageState;
  /** When it was queued or received. */
  readonly at: Date;
  /** Tries since it was queued, or sent again; null for what came in. */
  readonly attempts: number | null;
  readonly nextAttemptAt: Date | null;
  readonly receiptedAt: Date | null;
  /** Why the last try failed, or why no journey took it. */
  readonly error: { readonly code: string; readonly reason: string } | null;
  /** How often it came again; null for what went out. */
  readonly duplicates: number | null;
}

/** What a list is narrowed to; what is not given does not filter. */
export interface MessageFilter {
  readonly direction?: Direction | undefined;
  readonly partner?: string | undefined;
  readonly state?: MessageState | undefined;
  readonly conversation?: string | undefined;
  readonly service?: string | undefined;
  readonly action?: string | undefined;
  /** Inclusive. */
  readonly since?: Date | undefined;
  /** Exclusive. */
  readonly until?: Date | undefined;
}

/** How far a direction has been read: before its newest message, behind one, or to its end. */
type Position = 'start' | { readonly at: Date; readonly messageId: string } | 'end';

/** Where a page ends, in each direction; the next one begins there. */
export type MessageCursor = { readonly [direction in Direction]: Position };

export interface MessagePage {
  readonly items: readonly MessageLine[];
  /** Null on the last page. A page may be short, even empty, and still have a next one: see {@link listMessages}. */
  readonly next: MessageCursor | null;
}

/** Most characters of a written cursor. */
export const CURSOR_LENGTH = 800;

/** The cursor as it stands in an address. */
export function writeMessageCursor(cursor: MessageCursor): string {
  const plain = (position: Position): unknown =>
    typeof position === 'string' ? position : [position.at.getTime(), position.messageId];
  return Buffer.from(JSON.stringify([plain(cursor.out), plain(cursor.in)])).toString('base64url');
}

/** @throws the refusal `CURSOR-UNREADABLE` for anything that is not a cursor of ours */
export function readMessageCursor(text: string | undefined): MessageCursor | null {
  if (text === undefined) return null;
  const reading = readJson(Buffer.from(text, 'base64url'));
  const [out, into] = reading.ok && isArray(reading.value) ? reading.value.map(positionOf) : [];
  if (out === undefined || into === undefined)
    throw new Refusal('malformed', 'CURSOR-UNREADABLE', 'Give to `after` exactly what `next` of the page before said.');
  return { out, in: into };
}

function positionOf(value: JsonValue): Position | undefined {
  if (value === 'start' || value === 'end') return value;
  const [at, messageId] = isArray(value) ? value : [];
  if (typeof at !== 'number' || !Number.isInteger(at) || Math.abs(at) > 8.64e15) return undefined;
  return typeof messageId === 'string' && /^[!-~]{1,250}$/.test(messageId)
    ? { at: new Date(at), messageId }
    : undefined;
}

/** Rows that one page looks at when it filters by what no index knows; the next page goes on behind them. */
const MOST_LOOKED_AT = 5_000;

const TABLES = {
  out: {
    name: 'outgoing_messages',
    time: 'queued_at',
    columns: `message_id, partner, conversation, service, action, state, queued_at as at, attempts, next_attempt_at,
      receipted_at, last_error_code as code, last_error as reason, null::integer as duplicates`,
    states: OUTGOING_STATES,
    /** States with an index of their own: few messages are in them. */
    indexed: ['queued', 'held', 'failed', 'dismissed'],
  },
  in: {
    name: 'incoming_messages',
    time: 'received_at',
    columns: `message_id, partner, conversation, service, action, state, received_at as at, null::integer as attempts,
      null::timestamptz as next_attempt_at, null::timestamptz as receipted_at, reason_code as code, reason, duplicates`,
    states: INCOMING_STATES,
    indexed: ['quarantined'],
  },
} as const;

interface Row {
  scanned: number;
  end_at: Date | null;
  end_id: string | null;
  message_id: string | null;
  partner: string;
  conversation: string;
  service: string;
  action: string;
  state: MessageState;
  at: Date;
  attempts: number | null;
  next_attempt_at: Date | null;
  receipted_at: Date | null;
  code: string | null;
  reason: string | null;
  duplicates: number | null;
}

function lineOf(row: Row & { readonly message_id: string }, direction: Direction): MessageLine {
  return {
    messageId: row.message_id,
    direction,
    partner: row.partner,
    conversation: row.conversation,
    service: row.service,
    action: row.action,
    state: row.state,
    at: row.at,
    attempts: row.attempts,
    nextAttemptAt: row.state === 'queued' ? row.next_attempt_at : null,
    receiptedAt: row.receipted_at,
    error: row.reason === null ? null : { code: row.code ?? '', reason: row.reason },
    duplicates: row.duplicates,
  };
}

/** The partners of a table, a step in its index by partner for each. */
function partnersOf(table: string): string {
  return `with recursive known as (
      (select partner from ${table} order by partner limit 1)
      union all
      select (select m.partner from ${table} m where m.partner > k.partner order by m.partner limit 1)
        from known k where k.partner is not null)
    select partner from known where partner is not null`;
}

/** Lines of one direction from one position to another. */
interface Stretch {
  readonly lines: readonly MessageLine[];
  readonly end: Position;
}

async function stretchOf(
  reader: Reader,
  direction: Direction,
  filter: MessageFilter,
  after: Position,
  limit: number,
): Promise<Stretch> {
  if (after === 'end') return { lines: [], end: 'end' };
  const { name, time, columns, states, indexed } = TABLES[direction];
  const { state } = filter;
  if (state !== undefined && !states.some((each) => each === state)) return { lines: [], end: 'end' };
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const byIndex: string[] = [];
  const byLooking: string[] = [];
  // A state stands in the text, not in a parameter: only so does the planner see that an index of its own fits.
  const isIndexed = state !== undefined && indexed.some((each) => each === state);
  if (state !== undefined) (isIndexed ? byIndex : byLooking).push(`state = '${state}'`);
  if (filter.conversation !== undefined) byIndex.push(`conversation = ${parameter(filter.conversation)}`);
  if (filter.since !== undefined) byIndex.push(`${time} >= ${parameter(filter.since)}`);
  if (filter.until !== undefined) byIndex.push(`${time} < ${parameter(filter.until)}`);
  if (after !== 'start')
    byIndex.push(`(${time}, message_id) < (${parameter(after.at)}::timestamptz, ${parameter(after.messageId)})`);
  if (filter.service !== undefined) byLooking.push(`service = ${parameter(filter.service)}`);
  if (filter.action !== undefined) byLooking.push(`action = ${parameter(filter.action)}`);
  const most = byLooking.length === 0 ? limit : MOST_LOOKED_AT;
  const newest = (conditions: readonly string[]): string =>
    `select * from ${name} m ${conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`}
      order by ${time} desc, message_id desc limit ${parameter(most)}`;
  // The index of open messages begins with the partner: without one, each partner's newest, then the newest of these.
  const source =
    filter.partner !== undefined
      ? newest([`partner = ${parameter(filter.partner)}`, ...byIndex])
      : direction === 'out' && isIndexed && filter.conversation === undefined
        ? `select m.* from (${partnersOf(name)}) p
            cross join lateral (${newest(['m.partner = p.partner', ...byIndex])}) m
            order by ${time} desc, message_id desc limit ${parameter(most)}`
        : newest(byIndex);
  const { rows } = await reader.query<Row>({
    text: `with seen as materialized (${source}),
        frontier as (select (select count(*) from seen)::integer as scanned, f.end_at, f.end_id
          from (select 1) one left join lateral
            (select ${time} as end_at, message_id as end_id from seen order by ${time}, message_id limit 1) f on true)
      select f.*, l.* from frontier f left join lateral (
        select ${columns} from seen ${byLooking.length === 0 ? '' : `where ${byLooking.join(' and ')}`}
        order by ${time} desc, message_id desc limit ${parameter(limit)}) l on true
      order by l.at desc, l.message_id desc`,
    values,
  });
  const lines = rows.flatMap((row) => {
    const { message_id } = row;
    return message_id === null ? [] : [lineOf({ ...row, message_id }, direction)];
  });
  const [first] = rows;
  const last = lines.at(-1);
  if (lines.length === limit && last !== undefined) return { lines, end: { at: last.at, messageId: last.messageId } };
  if (first === undefined || first.scanned < most || first.end_at === null || first.end_id === null)
    return { lines, end: 'end' };
  return { lines, end: { at: first.end_at, messageId: first.end_id } };
}

/** Whether a line is as new as all that may be missing of the other direction. */
function isSure(line: MessageLine, other: Stretch): boolean {
  return typeof other.end === 'string' || line.at >= other.end.at;
}

/** How far a direction is read when of its lines these were shown. */
function positionAfter(shown: readonly MessageLine[], stretch: Stretch, before: Position): Position {
  if (shown.length === stretch.lines.length) return stretch.end;
  const last = shown.at(-1);
  return last === undefined ? before : { at: last.at, messageId: last.messageId };
}

/**
 * Messages, newest first. Every page costs the same, however many messages there are: partner, conversation, time and
 * the states that ask for a person are looked up; by anything else a page looks at its next 5,000 messages at most and
 * may then be short or empty, with a cursor to go on from. (400,000 messages each way, any filter: 1 to 15 ms.)
 * @param limit 1 to 200
 */
export async function listMessages(
  reader: Reader,
  filter: MessageFilter,
  page: { readonly after: MessageCursor | null; readonly limit: number },
): Promise<MessagePage> {
  const from = (direction: Direction): Position =>
    filter.direction !== undefined && filter.direction !== direction ? 'end' : (page.after?.[direction] ?? 'start');
  const out = await stretchOf(reader, 'out', filter, from('out'), page.limit);
  const into = await stretchOf(reader, 'in', filter, from('in'), page.limit);
  const items = [...out.lines.filter((line) => isSure(line, into)), ...into.lines.filter((line) => isSure(line, out))]
    .sort((one, other) => other.at.getTime() - one.at.getTime())
    .slice(0, page.limit);
  const shown = (direction: Direction): MessageLine[] => items.filter((line) => line.direction === direction);
  const next: MessageCursor = {
    out: positionAfter(shown('out'), out, from('out')),
    in: positionAfter(shown('in'), into, from('in')),
  };
  return { items, next: next.out === 'end' && next.in === 'end' ? null : next };
}
