import { createHash } from 'node:crypto';
import { Refusal } from '../documents/refusal.ts';
import type { Reader, Statement } from '../store/pool.ts';

/** How long a first reply is kept, in hours. */
export const REPLY_KEPT_HOURS = 24;

/** What makes a POST the same POST. */
export interface RequestIdentity {
  readonly personId: string;
  readonly key: string;
  /** SHA-256 of method, path and body. */
  readonly fingerprint: Buffer;
}

/** A reply in the form in which it is sent, and sent again. */
export interface KeptReply {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer | null;
}

/** @throws a Refusal `IDEMPOTENCY-KEY-MISSING` or `IDEMPOTENCY-KEY-MALFORMED` (400) */
export function readIdempotencyKey(header: string | undefined): string {
  if (header === undefined)
    throw new Refusal(
      'malformed',
      'IDEMPOTENCY-KEY-MISSING',
      'Send an Idempotency-Key, a new UUID for each thing you want done: then the request can be repeated safely when the answer is lost.',
    );
  if (!/^[\x21-\x7e]{8,100}$/.test(header))
    throw new Refusal(
      'malformed',
      'IDEMPOTENCY-KEY-MALFORMED',
      'An Idempotency-Key has 8 to 100 visible ASCII characters; a UUID is best.',
    );
  return header;
}

/** What the fingerprint of a request is made of; `body` may also be the digest of a body that was streamed. */
export function fingerprintOf(method: string, path: string, body: Buffer): Buffer {
  return createHash('sha256').update(`${method} ${path}\n`).update(body).digest();
}

/**
 * What keeps the reply in the transaction of its effect; it travels with the commit. There is no look-up before the work: the primary key decides. A
 * second request with the same key that works at the same time waits HERE until the first has committed, then fails
 * with a unique violation, its own work is rolled back, and it is answered with {@link firstReply}. So the usual case,
 * a key never seen, costs one insert and no reading.
 */
export function keepReplyStatement(request: RequestIdentity, reply: KeptReply, now: Date): Statement {
  return {
    name: 'keep-idempotent-reply',
    text: `insert into idempotent_replies (person_id, key, fingerprint, status, headers, body, created_at)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      request.personId,
      request.key,
      request.fingerprint,
      reply.status,
      JSON.stringify(reply.headers),
      reply.body,
      now,
    ],
  };
}

/** Whether an error is the primary key of the kept replies saying that there is one already. */
export function meansAlreadyDone(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === '23505' &&
    'constraint' in error &&
    error.constraint === 'idempotent_replies_pkey'
  );
}

/**
 * The reply to the first request with this key, if there was one.
 * @throws a Refusal `IDEMPOTENCY-KEY-REUSED` (422) when that was another request
 */
export async function firstReply(reader: Reader, request: RequestIdentity): Promise<KeptReply | undefined> {
  const { rows } = await reader.query<{
    fingerprint: Buffer;
    status: number;
    headers: { readonly [name: string]: string };
    body: Buffer | null;
  }>({
    name: 'first-idempotent-reply',
    text: 'select fingerprint, status, headers, body from idempotent_replies where person_id = $1 and key = $2',
    values: [request.personId, request.key],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  if (!row.fingerprint.equals(request.fingerprint))
    throw new Refusal(
      'invalid',
      'IDEMPOTENCY-KEY-REUSED',
      'This Idempotency-Key was used for another request. Nothing was done; take a new key for a new thing.',
    );
  return { status: row.status, headers: row.headers, body: row.body };
}

/** Forgets replies older than they are kept. */
export async function pruneReplies(reader: Reader, now: Date): Promise<number> {
  const { rowCount } = await reader.query({
    name: 'prune-idempotent-replies',
    text: 'delete from idempotent_replies where created_at < $1',
    values: [new Date(now.getTime() - REPLY_KEPT_HOURS * 3_600_000)],
  });
  return rowCount;
}
