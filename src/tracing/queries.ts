import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { roleOf, SHARED_KINDS, TIMELINE_KINDS } from './kinds.ts';
import type { RawEvent } from './timeline.ts';

/** Most events of one consignment that a timeline shows. */
const MOST_EVENTS = 2000;
const KINDS = Object.keys(TIMELINE_KINDS);

/** What this country's log says of a consignment. */
export async function ownEvents(reader: Reader, consignmentReference: string, country: string): Promise<RawEvent[]> {
  const { rows } = await reader.query<{
    id: bigint;
    kind: string;
    actor_role: string;
    occurred_at: Date;
    subject: string;
  }>({
    name: 'timeline-own-events',
    text: `select id, kind, actor_role, occurred_at, subject from events
      where conversation = $1 and kind = any($2) order by id limit ${MOST_EVENTS}`,
    values: [consignmentReference, KINDS],
  });
  return rows.map((row) => ({
    number: row.id,
    country,
    kind: row.kind,
    role: roleOf(row.actor_role),
    at: row.occurred_at,
    subject: row.subject,
  }));
}

/** What partners told of a consignment. */
export async function partnerEvents(reader: Reader, consignmentReference: string): Promise<RawEvent[]> {
  const { rows } = await reader.query<{
    number: bigint;
    partner: string;
    kind: string;
    role: string;
    occurred_at: Date;
  }>({
    name: 'timeline-partner-events',
    text: `select number, partner, kind, role, occurred_at from shared_events
      where consignment_reference = $1 order by occurred_at limit ${MOST_EVENTS}`,
    values: [consignmentReference],
  });
  return rows.map((row) => ({
    number: row.number,
    country: row.partner,
    kind: row.kind,
    role: row.role,
    at: row.occurred_at,
    subject: null,
  }));
}

/** Keeps what a partner told; what it told before is not kept twice. */
export async function keepSharedEvents(
  transaction: Transaction,
  told: {
    readonly partner: string;
    readonly consignmentReference: string;
    readonly events: readonly { number: string; kind: string; role: string; occurredAt: string }[];
    readonly receivedAt: Date;
  },
): Promise<void> {
  const { events } = told;
  await transaction.query({
    name: 'keep-shared-events',
    text: `insert into shared_events (partner, number, consignment_reference, kind, role, occurred_at, received_at)
      select $1, n.number, $2, n.kind, n.role, n.occurred_at, $3
      from unnest($4::bigint[], $5::text[], $6::text[], $7::timestamptz[]) as n (number, kind, role, occurred_at)
      on conflict (partner, number) do nothing`,
    values: [
      told.partner,
      told.consignmentReference,
      told.receivedAt,
      events.map(({ number }) => number),
      events.map(({ kind }) => kind),
      events.map(({ role }) => role),
      events.map(({ occurredAt }) => occurredAt),
    ],
  });
}

/**
 * The other countries that each consignment concerns: to or from which a certificate, an export declaration or an origin
 * query of it went.
 */
export async function partnersOf(
  reader: Reader,
  consignmentReferences: readonly string[],
): Promise<readonly { readonly consignmentReference: string; readonly partner: string }[]> {
  const { rows } = await reader.query<{ consignment_reference: string; partner: string }>({
    name: 'partners-of-consignments',
    text: `select consignment_reference, case side when 'issuing' then importing_country else received_from end as partner
        from certificates where consignment_reference = any($1) and (side = 'issuing' or state <> 'refused')
      union select consignment_reference, partner from forwarded_declarations where consignment_reference = any($1)
      union select consignment_reference, partner from origin_queries where consignment_reference = any($1)`,
    values: [consignmentReferences],
  });
  return rows
    .filter(({ partner }) => partner !== null)
    .map((row) => ({ consignmentReference: row.consignment_reference, partner: row.partner }));
}

/** Takes the turn to share and says how far the log was looked through; undefined while another process has it. */
export async function takeTurn(transaction: Transaction): Promise<bigint | undefined> {
  const { rows } = await transaction.query<{ position: bigint }>({
    name: 'take-turn-to-share',
    text: 'select position from sharing_cursor for update skip locked',
  });
  return rows[0]?.position;
}

/** Consignments with events to be shared behind a position of the chain, and how far that looks. */
export async function consignmentsAfter(
  transaction: Transaction,
  position: bigint,
  most: number,
): Promise<{ readonly upTo: bigint; readonly looked: number; readonly consignments: readonly string[] }> {
  const { rows } = await transaction.query<{ up_to: bigint | null; looked: number; consignments: string[] | null }>({
    name: 'consignments-to-share',
    text: `with looked_at as (
        select c.position, e.kind, e.conversation from log_chain c join events e on e.id = c.event_id
        where c.position > $1 order by c.position limit $2)
      select max(position) as up_to, count(*)::integer as looked,
        array_agg(distinct conversation) filter (where kind = any($3) and conversation is not null) as consignments
      from looked_at`,
    values: [position, most, SHARED_KINDS],
  });
  const row = rows[0];
  return { upTo: row?.up_to ?? position, looked: row?.looked ?? 0, consignments: row?.consignments ?? [] };
}

export function noteTurn(transaction: Transaction, position: bigint): void {
  transaction.later({
    name: 'note-turn-of-sharing',
    text: 'update sharing_cursor set position = $1',
    values: [position],
  });
}

/** An event that a partner is to be told of, with its place in the chain: in that order nothing comes in between later. */
export interface EventToTell {
  readonly id: bigint;
  readonly position: bigint;
  readonly kind: string;
  readonly actor_role: string;
  readonly occurred_at: Date;
}

/** What a partner was not told yet of a consignment, in the order of the chain. */
export async function eventsToTell(
  transaction: Transaction,
  consignmentReference: string,
  partner: string,
  most: number,
): Promise<readonly EventToTell[]> {
  const { rows } = await transaction.query<EventToTell>({
    name: 'events-to-tell',
    text: `select e.id, c.position, e.kind, e.actor_role, e.occurred_at from events e join log_chain c on c.event_id = e.id
      where e.conversation = $1 and e.kind = any($3)
        and c.position > coalesce((select last_position from consignment_shares
          where consignment_reference = $1 and partner = $2), 0)
      order by c.position limit $4`,
    values: [consignmentReference, partner, SHARED_KINDS, most],
  });
  return rows;
}

export function noteTold(transaction: Transaction, consignmentReference: string, partner: string, last: bigint): void {
  transaction.later({
    name: 'note-told',
    text: `insert into consignment_shares (consignment_reference, partner, last_position) values ($1, $2, $3)
      on conflict (consignment_reference, partner) do update set last_position = excluded.last_position`,
    values: [consignmentReference, partner, last],
  });
}
