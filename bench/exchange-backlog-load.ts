import { openPool, type Pool } from '../src/store/pool.ts';

/** Partners among whom the stored messages are spread. */
export const PARTNERS = ['BN', 'ID', 'KH', 'LA', 'MM', 'MY', 'PH', 'SG', 'TH', 'VN'];

/*
 * Half of the messages went out: all but 1% receipted, of the rest a third failed, a third held and a third due, all to
 * one partner that was away. Half came in: all but 0.1% delivered. Ids are random, as real ones are.
 */
const FILL = [
  `insert into outgoing_messages (message_id, partner, conversation, service, action, state, attempts, queued_at,
      next_attempt_at, window_ends_at, last_attempt_at, receipted_at, last_error_code, last_error)
    select gen_random_uuid() || '@th.selat', case when n % 100 = 0 then 'MM' else ($2::text[])[1 + n % 10] end, 'UCR-' || n / 2,
      'urn:bench:service', 'urn:bench:action',
      case when n % 100 > 0 then 'receipted' when n % 300 = 0 then 'failed' when n % 300 = 100 then 'held' else 'queued' end,
      1, at, at, now() + interval '5 days', at, case when n % 100 > 0 then at end,
      case when n % 100 = 0 then 'EBMS:0005' end, case when n % 100 = 0 then 'could not be reached' end
    from generate_series(1, $1::integer) n, lateral (select now() - n * interval '1 second' as at) t`,
  `insert into outgoing_bodies (message_id, content_type, body, size, signed_references)
    select message_id, 'multipart/related', '', 0, '[]' from outgoing_messages`,
  `insert into received_receipts (message_id, receipt_id, bytes, received_at)
    select message_id, 'receipt', '', receipted_at from outgoing_messages where state = 'receipted'`,
  `insert into incoming_messages (message_id, partner, conversation, service, action, digest, received_at, state)
    select gen_random_uuid() || '@vn.selat', ($2::text[])[1 + n % 10], 'UCR-' || n / 2, 'urn:bench:service',
      'urn:bench:action', '\\x00', now() - n * interval '1 second', case when n % 1000 = 0 then 'quarantined' else 'delivered' end
    from generate_series(1, $1::integer) n`,
  `insert into incoming_bodies (message_id, content_type, body, size, receipt)
    select message_id, 'multipart/related', '', 0, '' from incoming_messages`,
];

/** Fills a database with messages without bytes: indexes are made afterwards, and nothing is waited for. */
export async function fill(url: string, messages: number): Promise<void> {
  const pool = openPool(url, { maximumConnections: 1, statementTimeoutMilliseconds: 1_800_000 });
  const { rows } = await pool.query<{ name: string; definition: string }>({
    text: `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
      where indrelid in ('outgoing_messages'::regclass, 'incoming_messages'::regclass) and not indisprimary`,
  });
  await pool.query({ text: `set synchronous_commit = off` });
  await pool.query({ text: `set session_replication_role = replica` });
  await pool.query({ text: `set maintenance_work_mem = '512MB'` });
  for (const { name } of rows) await pool.query({ text: `drop index ${name}` });
  for (const text of FILL)
    await pool.query({
      text,
      values: text.includes('$2') ? [messages / 2, PARTNERS] : text.includes('$1') ? [messages / 2] : [],
    });
  for (const { definition } of rows) await pool.query({ text: definition });
  await pool.close();
}

/** As autovacuum leaves it in the end, in both databases alike. */
export async function settle(pool: Pool): Promise<void> {
  for (const table of [
    'outgoing_messages',
    'outgoing_bodies',
    'received_receipts',
    'incoming_messages',
    'incoming_bodies',
  ])
    await pool.query({ text: `vacuum (analyze) ${table}` });
  await pool.query({ text: 'checkpoint' });
}
