import { randomUUID } from 'node:crypto';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent } from '../store/log.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { type Actor, actorOfEvent } from './actor.ts';
import { isRight, mayDo, type Right } from './rights.ts';
import { inventSecret, secretDigest, TOKEN_PREFIX } from './secrets.ts';

/** A token with which a program acts for its person; the secret itself is shown once and not kept. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly onlyRights: readonly Right[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** A token lasts at most this long. */
export const LONGEST_TOKEN_DAYS = 366;
const MOST_TOKENS = 50;

/**
 * Makes a token for the actor themselves, never wider than they are.
 * @returns the token and its secret, `selat_…`
 * @throws Refusals `TOKEN-EXPIRY`, `TOKEN-TOO-WIDE`, `TOKENS-TOO-MANY`
 */
export async function createToken(
  transaction: Transaction,
  actor: Actor,
  terms: { readonly name: string; readonly expiresAt: Date; readonly onlyRights: readonly Right[] | null },
  now: Date,
): Promise<{ token: Token; secret: string }> {
  const latest = new Date(now.getTime() + LONGEST_TOKEN_DAYS * 86_400_000);
  if (terms.expiresAt <= now || terms.expiresAt > latest)
    throw new Refusal(
      'invalid',
      'TOKEN-EXPIRY',
      `A token ends in the future and within ${LONGEST_TOKEN_DAYS} days: before ${latest.toISOString()}.`,
    );
  const onlyRights = terms.onlyRights ?? actor.onlyRights;
  const tooWide = (onlyRights ?? []).filter((right) => !mayDo(actor, right));
  if (tooWide.length > 0)
    throw new Refusal('not-allowed', 'TOKEN-TOO-WIDE', `You do not have these rights yourself: ${tooWide.join(', ')}.`);
  const secret = TOKEN_PREFIX + inventSecret();
  const id = randomUUID();
  const name = terms.name.normalize('NFC');
  const { rowCount } = await transaction.query({
    name: 'insert-token',
    text: `insert into tokens (id, secret_digest, person_id, name, only_rights, created_at, expires_at)
      select $1, $2, $3, $4, $5, $6, $7
      where (select count(*) from tokens where person_id = $3 and revoked_at is null and expires_at > $6) < $8`,
    values: [id, secretDigest(secret), actor.personId, name, onlyRights, now, terms.expiresAt, MOST_TOKENS],
  });
  if (rowCount === 0)
    throw new Refusal(
      'conflict',
      'TOKENS-TOO-MANY',
      `You have ${MOST_TOKENS} tokens in force. Revoke one that you no longer use.`,
    );
  await appendEvent(transaction, {
    kind: 'token.created',
    subject: id,
    actor: actorOfEvent(actor),
    occurredAt: now,
    data: { name, expiresAt: terms.expiresAt.toISOString(), onlyRights },
  });
  const token = {
    id,
    name,
    onlyRights,
    createdAt: now,
    expiresAt: terms.expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  };
  return { token, secret };
}

/** The actor's own tokens, newest first. */
export async function listTokens(reader: Reader, actor: Actor): Promise<Token[]> {
  const { rows } = await reader.query<{
    id: string;
    name: string;
    only_rights: string[] | null;
    created_at: Date;
    expires_at: Date;
    last_used_at: Date | null;
    revoked_at: Date | null;
  }>({
    name: 'list-tokens',
    text: `select id, name, only_rights, created_at, expires_at, last_used_at, revoked_at from tokens
      where person_id = $1 order by created_at desc, id limit 500`,
    values: [actor.personId],
  });
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    onlyRights: row.only_rights?.filter(isRight) ?? null,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }));
}

/**
 * Revokes one of the actor's own tokens.
 * @throws a Refusal `TOKEN-NOT-FOUND`, also for somebody else's
 */
export async function revokeToken(transaction: Transaction, actor: Actor, id: string, now: Date): Promise<void> {
  const { rowCount } = await transaction.query({
    name: 'revoke-token',
    text: 'update tokens set revoked_at = $3 where id = $1 and person_id = $2 and revoked_at is null',
    values: [id, actor.personId, now],
  });
  if (rowCount === 0) throw new Refusal('not-found', 'TOKEN-NOT-FOUND', 'You have no such token in force.');
  await appendEvent(transaction, {
    kind: 'token.revoked',
    subject: id,
    actor: actorOfEvent(actor),
    occurredAt: now,
  });
}

/** Revokes every token of a person who is no longer let in or got another role. */
export async function revokeTokensOf(reader: Reader, personId: string, now: Date): Promise<void> {
  await reader.query({
    name: 'revoke-tokens-of-person',
    text: 'update tokens set revoked_at = $2 where person_id = $1 and revoked_at is null',
    values: [personId, now],
  });
}
