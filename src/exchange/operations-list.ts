import { Refusal } from '../documents/refusal.ts';
import type { Reader } from '../store/pool.ts';

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

/** Where a page ends: the next one begins behind it, at what is older. */
export interface MessageCursor {
  readonly at: Date;
  readonly messageId: string;
}

export interface MessagePage {
  readonly items: readonly MessageLine[];
  /** Null on the last page. A page may be short, even empty, and still have a next one: see {@link listMessages}. */
  readonly next: MessageCursor | null;
}

/** The cursor as it stands in an address. */
export function writeMessageCursor(cursor: MessageCursor): string {
  return `${String(cursor.at.getTime()).padStart(13, '0')}-${cursor.messageId}`;
}

/** @throws the refusal `CURSOR-UNREADABLE` for anything that is not a cursor of ours */
export function readMessageCursor(text: string | undefined): MessageCursor | null {
  if (text === undefined) return null;
  const match = /^(\d{13})-([!-~]{1,250})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new Refusal('malformed', 'CURSOR-UNREADABLE', 'Give to `after` exactly what `next` of the page before said.');
  return { at: new Date(Number(match[1])), messageId: match[2] };
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

/** Lines of one direction down to a frontier; null: down to the oldest. */
interface Stretch {
  readonly lines: readonly MessageLine[];
  readonly frontier: MessageCursor | null;
}

async function stretchOf(
  reader: Reader,
  direction: Direction,
  filter: MessageFilter,
  after: MessageCursor | null,
  limit: number,
): Promise<Stretch> {
  const { name, time, columns, states, indexed } = TABLES[direction];
  const { state } = filter;
  if (state !== undefined && !states.some((each) => each === state)) return { lines: [], frontier: null };
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
  if (after !== null)
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
  if (lines.length === limit && last !== undefined)
    return { lines, frontier: { at: last.at, messageId: last.messageId } };
  if (first === undefined || first.scanned < most || first.end_at === null || first.end_id === null)
    return { lines, frontier: null };
  return { lines, frontier: { at: first.end_at, messageId: first.end_id } };
}

/** Newest first. */
function compare(one: MessageCursor, other: MessageCursor): number {
  const byTime = other.at.getTime() - one.at.getTime();
  return byTime !== 0 ? byTime : one.messageId < other.messageId ? 1 : one.messageId > other.messageId ? -1 : 0;
}

/**
 * Messages, newest first. Every page costs the same, however many messages there are: partner, conversation, time and
 * the states that ask for a person are looked up; by anything else a page looks at its next 5,000 messages at most and
 * may then be short or empty, with a cursor to go on from.
 * @param limit 1 to 200
 */
export async function listMessages(
  reader: Reader,
  filter: MessageFilter,
  page: { readonly after: MessageCursor | null; readonly limit: number },
): Promise<MessagePage> {
  const directions: readonly Direction[] = filter.direction === undefined ? ['out', 'in'] : [filter.direction];
  const stretches: Stretch[] = [];
  for (const direction of directions)
    stretches.push(await stretchOf(reader, direction, filter, page.after, page.limit + 1));
  const frontiers = stretches.flatMap(({ frontier }) => (frontier === null ? [] : [frontier])).sort(compare);
  const [frontier] = frontiers;
  // Behind a frontier lines of that direction may be missing: what the other has there comes on the next page.
  const sure = stretches
    .flatMap(({ lines }) => lines)
    .filter((line) => frontier === undefined || compare(line, frontier) <= 0)
    .sort(compare);
  const items = sure.slice(0, page.limit);
  const last = items.at(-1);
  if (sure.length > page.limit && last !== undefined)
    return { items, next: { at: last.at, messageId: last.messageId } };
  return { items, next: frontier ?? null };
}
