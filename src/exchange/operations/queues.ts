import type { Reader } from '../../store/pool.ts';

/** A partner to whom nothing is sent, until a person releases it. */
export interface PartnerHold {
  readonly since: Date;
  /** Name of the person. */
  readonly by: string;
  readonly reason: string;
}

/** How many messages are in a state, and since when the oldest of them waits. */
export interface StateCount {
  readonly count: number;
  readonly oldestAt: Date | null;
}

/** How the messages to and from one partner stand. */
export interface PartnerQueue {
  readonly partner: string;
  readonly queued: StateCount;
  readonly held: StateCount;
  readonly failed: StateCount;
  readonly quarantined: StateCount;
  readonly lastReceiptAt: Date | null;
  /** Why the oldest queued messages were not receipted yet. */
  readonly lastError: string | null;
  readonly lastErrorCode: string | null;
  readonly hold: PartnerHold | null;
}

interface Building {
  queued: StateCount;
  held: StateCount;
  failed: StateCount;
  quarantined: StateCount;
  lastReceiptAt: Date | null;
  lastError: string | null;
  lastErrorCode: string | null;
  hold: PartnerHold | null;
}

const NONE: StateCount = { count: 0, oldestAt: null };

/**
 * How the queue of every partner stands. Counts only what is not done, from the index of it: the cost grows with what
 * waits and not with what was ever sent.
 */
export async function readQueues(reader: Reader): Promise<PartnerQueue[]> {
  const partners = new Map<string, Building>();
  const of = (partner: string): Building => {
    const known = partners.get(partner) ?? {
      queued: NONE,
      held: NONE,
      failed: NONE,
      quarantined: NONE,
      lastReceiptAt: null,
      lastError: null,
      lastErrorCode: null,
      hold: null,
    };
    partners.set(partner, known);
    return known;
  };
  for (const row of await readOutgoing(reader)) {
    const partner = of(row.partner);
    partner.lastReceiptAt = row.last_receipt_at;
    partner.lastError = row.last_error;
    partner.lastErrorCode = row.last_error_code;
    if (row.state !== null) partner[row.state] = { count: row.count ?? 0, oldestAt: row.oldest_at };
  }
  for (const row of await readQuarantined(reader))
    of(row.partner).quarantined = { count: row.count, oldestAt: row.oldest_at };
  for (const [country, hold] of await readHolds(reader)) of(country).hold = hold;
  return [...partners].map(([partner, queue]) => ({ partner, ...queue }));
}

interface OutgoingRow {
  partner: string;
  state: 'queued' | 'held' | 'failed' | null;
  count: number | null;
  oldest_at: Date | null;
  last_receipt_at: Date | null;
  last_error_code: string | null;
  last_error: string | null;
}

async function readOutgoing(reader: Reader): Promise<OutgoingRow[]> {
  const { rows } = await reader.query<OutgoingRow>({
    name: 'read-queues-by-state',
    text: `with recursive known as (
        (select partner from outgoing_messages order by partner limit 1)
        union all
        select (select m.partner from outgoing_messages m where m.partner > k.partner order by m.partner limit 1)
          from known k where k.partner is not null)
      select k.partner, q.state, q.count, q.oldest_at, r.receipted_at as last_receipt_at, e.last_error_code, e.last_error
      from known k
      left join lateral (
        select state, count(*)::integer as count, min(queued_at) as oldest_at from outgoing_messages
        where partner = k.partner and state <> 'receipted' and state in ('queued', 'held', 'failed') group by state) q on true
      left join lateral (
        select receipted_at from outgoing_messages
        where partner = k.partner and state = 'receipted' order by receipted_at desc limit 1) r on true
      left join lateral (
        select last_error_code, last_error from (
          select last_error_code, last_error, queued_at from outgoing_messages
          where partner = k.partner and state = 'queued' order by queued_at limit 50) oldest
        where last_error is not null order by queued_at limit 1) e on true
      where k.partner is not null`,
  });
  return rows;
}

async function readQuarantined(reader: Reader): Promise<{ partner: string; count: number; oldest_at: Date }[]> {
  const { rows } = await reader.query<{ partner: string; count: number; oldest_at: Date }>({
    name: 'read-quarantined-counts',
    text: `select partner, count(*)::integer as count, min(received_at) as oldest_at from incoming_messages
      where state = 'quarantined' group by partner`,
  });
  return rows;
}

/** The partners that are held, by country. */
export async function readHolds(reader: Reader): Promise<ReadonlyMap<string, PartnerHold>> {
  const { rows } = await reader.query<{ country: string; held_since: Date; held_by_name: string; reason: string }>({
    name: 'read-held-partners',
    text: 'select country, held_since, held_by_name, reason from held_partners',
  });
  return new Map(rows.map((row) => [row.country, { since: row.held_since, by: row.held_by_name, reason: row.reason }]));
}
