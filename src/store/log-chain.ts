import { createHash } from 'node:crypto';
import { type EventContentRow, eventDigest, eventOfRow } from './log.ts';
import type { Pool } from './pool.ts';
import { inTransaction } from './transaction.ts';

/** One writer at a time extends the chain of a database, whichever process it is in. */
const chainLock = 7_352_802;
const batchSize = 2_000;
const firstHash = createHash('sha256').update('selat log chain, version 1').digest();

/** The hash at a position: over the hash before it, the position, the event's number and the event's digest. */
function link(previous: Buffer, position: bigint, eventId: bigint, digest: Buffer): Buffer {
  const numbers = Buffer.alloc(16);
  numbers.writeBigInt64BE(position, 0);
  numbers.writeBigInt64BE(eventId, 8);
  return createHash('sha256').update(previous).update(numbers).update(digest).digest();
}

/**
 * Links the events committed since the last call into the hash chain, at most 2,000, in the order of their
 * transactions. Only events are taken before which no open transaction can still write, so the order never has a gap.
 * @returns how many were linked; 0 also when another process is linking.
 */
export function extendLogChain(pool: Pool): Promise<number> {
  return inTransaction(pool, async (transaction) => {
    const { rows: locks } = await transaction.query<{ held: boolean }>({
      name: 'chain-lock',
      text: 'select pg_try_advisory_xact_lock($1) as held',
      values: [chainLock],
    });
    if (locks[0]?.held !== true) return 0;
    const { rows: heads } = await transaction.query<{
      position: bigint;
      hash: Buffer;
      written_by: string;
      event_id: bigint;
    }>({
      name: 'chain-head',
      text: 'select position, hash, written_by::text, event_id from log_chain order by position desc limit 1',
    });
    const head = heads[0];
    const { rows: events } = await transaction.query<{ id: bigint; digest: Buffer; written_by: string }>({
      name: 'chain-unlinked',
      // The number of the transaction orders, not its text: an output column of that name would come first in order by.
      text: `select e.id, e.digest, e.written_by::text from events e
        where (e.written_by, e.id) > ($1::xid8, $2) and e.written_by < pg_snapshot_xmin(pg_current_snapshot())
        order by e.written_by, e.id limit ${batchSize}`,
      values: [head?.written_by ?? '0', head?.event_id ?? 0n],
    });
    if (events.length === 0) return 0;
    let hash = head?.hash ?? firstHash;
    let position = head?.position ?? 0n;
    const rows = events.map((event) => {
      position += 1n;
      hash = link(hash, position, event.id, event.digest);
      return { position, eventId: event.id, writtenBy: event.written_by, hash };
    });
    await transaction.query({
      name: 'chain-extend',
      text: `insert into log_chain (position, event_id, written_by, hash)
        select * from unnest($1::bigint[], $2::bigint[], $3::xid8[], $4::bytea[])`,
      values: [
        rows.map((row) => row.position),
        rows.map((row) => row.eventId),
        rows.map((row) => row.writtenBy),
        rows.map((row) => row.hash),
      ],
    });
    return rows.length;
  });
}

/** One thing found wrong in the log. */
export interface LogFault {
  readonly code:
    | 'LOG-EVENT-CHANGED'
    | 'LOG-CHAIN-BROKEN'
    | 'LOG-EVENT-MISSING'
    | 'LOG-DOCUMENT-CHANGED'
    | 'LOG-DOCUMENT-MISSING';
  /** Position in the chain, an event's number or a document's digest. */
  readonly at: string;
  readonly message: string;
}

/** What the walk over the whole log found. */
export interface LogVerification {
  readonly events: number;
  /** Written in the last moments and not linked yet. */
  readonly awaitingLink: number;
  readonly documents: number;
  /** The last hash (hexadecimal): compare it with the one noted earlier or given to a partner. */
  readonly head: string;
  /** At most 100. */
  readonly faults: readonly LogFault[];
}

interface ChainedRow extends EventContentRow {
  position: bigint;
  event_id: bigint;
  hash: Buffer;
  digest: Buffer | null;
}

/**
 * Walks the hash chain from the first event to the last: recomputes each event's digest from its row and each link from
 * the one before; then recomputes the SHA-256 of every stored document, and looks for documents that events name and
 * that are gone. Reads in batches; memory does not grow with the log.
 */
export async function verifyLog(pool: Pool): Promise<LogVerification> {
  const faults: LogFault[] = [];
  const report = (fault: LogFault): void => {
    if (faults.length < 100) faults.push(fault);
  };
  const { events, head, last } = await walkChain(pool, report);
  const documents = await walkDocuments(pool, report);
  await findMissingDocuments(pool, report);
  const { rows } = await pool.query<{ waiting: bigint; skipped: bigint }>({
    text: `select count(*) filter (where (written_by, id) > ($1::xid8, $2)) as waiting,
        count(*) filter (where (written_by, id) <= ($1::xid8, $2)) - $3 as skipped from events`,
    values: [last.writtenBy, last.eventId, events],
  });
  if ((rows[0]?.skipped ?? 0n) > 0n)
    report({
      code: 'LOG-CHAIN-BROKEN',
      at: String(last.eventId),
      message: `${rows[0]?.skipped} events lie before the end of the chain but are not in it: they were put in afterwards.`,
    });
  return { events, awaitingLink: Number(rows[0]?.waiting ?? 0n), documents, head: head.toString('hex'), faults };
}

async function walkChain(
  pool: Pool,
  report: (fault: LogFault) => void,
): Promise<{ events: number; head: Buffer; last: { writtenBy: string; eventId: bigint } }> {
  let hash: Buffer = firstHash;
  let position = 0n;
  let last = { writtenBy: '0', eventId: 0n };
  for (;;) {
    const { rows } = await pool.query<ChainedRow & { written_by: string }>({
      name: 'walk-chain',
      text: `select c.position, c.event_id, c.hash, c.written_by::text, e.digest, e.occurred_at, e.kind, e.subject,
          e.conversation, e.actor_id, e.actor_name, e.actor_role, e.reason, e.data
        from log_chain c left join events e on e.id = c.event_id
        where c.position > $1 order by c.position limit ${batchSize}`,
      values: [position],
    });
    for (const row of rows) {
      const expected = position + 1n;
      if (row.position !== expected)
        report({
          code: 'LOG-CHAIN-BROKEN',
          at: String(expected),
          message: `Links ${expected} to ${row.position - 1n} of the chain are missing.`,
        });
      checkRow(row, hash, report);
      position = row.position;
      hash = row.hash;
      last = { writtenBy: row.written_by, eventId: row.event_id };
    }
    if (rows.length < batchSize) return { events: Number(position), head: hash, last };
  }
}

function checkRow(row: ChainedRow, previous: Buffer, report: (fault: LogFault) => void): void {
  if (row.digest === null) {
    report({ code: 'LOG-EVENT-MISSING', at: String(row.event_id), message: `Event ${row.event_id} is gone.` });
    return;
  }
  const digest = eventDigest(eventOfRow(row));
  if (!digest.equals(row.digest))
    report({
      code: 'LOG-EVENT-CHANGED',
      at: String(row.event_id),
      message: `Event ${row.event_id} (${row.kind} of ${row.subject}) was changed after it was written.`,
    });
  if (!link(previous, row.position, row.event_id, row.digest).equals(row.hash))
    report({
      code: 'LOG-CHAIN-BROKEN',
      at: String(row.position),
      message: `Link ${row.position} does not follow from the one before it.`,
    });
}

async function walkDocuments(pool: Pool, report: (fault: LogFault) => void): Promise<number> {
  let count = 0;
  let after: Buffer = Buffer.alloc(0);
  for (;;) {
    const { rows } = await pool.query<{ digest: Buffer; same: boolean }>({
      name: 'walk-documents',
      text: `select digest, sha256(bytes) = digest as same from documents where digest > $1 order by digest limit 200`,
      values: [after],
    });
    for (const row of rows) {
      count += 1;
      after = row.digest;
      const digest = row.digest.toString('hex');
      if (!row.same)
        report({ code: 'LOG-DOCUMENT-CHANGED', at: digest, message: `The bytes of document ${digest} were changed.` });
    }
    if (rows.length < 200) return count;
  }
}

async function findMissingDocuments(pool: Pool, report: (fault: LogFault) => void): Promise<void> {
  const { rows } = await pool.query<{ id: bigint; digest: string }>({
    text: `select e.id, e.data ->> 'documentDigest' as digest from events e
      where e.data ? 'documentDigest' and not exists (
        select from documents d where d.digest = decode(e.data ->> 'documentDigest', 'hex')) limit 100`,
  });
  for (const row of rows)
    report({
      code: 'LOG-DOCUMENT-MISSING',
      at: row.digest,
      message: `Document ${row.digest}, which event ${row.id} names, is gone.`,
    });
}
