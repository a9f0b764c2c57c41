import { randomUUID } from 'node:crypto';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent } from '../store/log.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { type Actor, actorOfEvent } from './actor.ts';

/** A broker's firm may act for a principal's firm from `validFrom` until before `validUntil`, unless revoked. */
export interface Mandate {
  readonly id: string;
  readonly principalFirmId: string;
  readonly principalName: string;
  readonly brokerFirmId: string;
  readonly brokerName: string;
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly revokedAt: Date | null;
}

interface MandateRow {
  id: string;
  principal_firm_id: string;
  principal_name: string;
  broker_firm_id: string;
  broker_name: string;
  valid_from: Date;
  valid_until: Date;
  revoked_at: Date | null;
}

const SELECT = `select m.id, m.principal_firm_id, p.name as principal_name, m.broker_firm_id, b.name as broker_name,
    m.valid_from, m.valid_until, m.revoked_at
  from mandates m join firms p on p.id = m.principal_firm_id join firms b on b.id = m.broker_firm_id`;

function asMandate(row: MandateRow): Mandate {
  return {
    id: row.id,
    principalFirmId: row.principal_firm_id,
    principalName: row.principal_name,
    brokerFirmId: row.broker_firm_id,
    brokerName: row.broker_name,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    revokedAt: row.revoked_at,
  };
}

/** Officials see every mandate; a firm those in which it is one of the two. */
export async function listMandates(reader: Reader, actor: Actor): Promise<Mandate[]> {
  const { rows } = await reader.query<MandateRow>({
    name: 'list-mandates',
    text: `${SELECT} where $1::uuid is null or m.principal_firm_id = $1 or m.broker_firm_id = $1
      order by m.granted_at desc, m.id limit 500`,
    values: [actor.firmId],
  });
  return rows.map(asMandate);
}

/**
 * Grants a mandate. A trader grants it for their own firm only; officials for any.
 * @throws Refusals `MANDATE-NOT-YOURS`, `MANDATE-FIRM-UNKNOWN`, `MANDATE-SAME-FIRM`, `MANDATE-PERIOD`
 */
export async function grantMandate(
  transaction: Transaction,
  actor: Actor,
  terms: {
    readonly principalFirmId: string;
    readonly brokerFirmId: string;
    readonly validFrom: Date;
    readonly validUntil: Date;
  },
  now: Date,
): Promise<Mandate> {
  if (actor.firmId !== null && terms.principalFirmId !== actor.firmId)
    throw new Refusal('not-allowed', 'MANDATE-NOT-YOURS', 'Only the firm itself can give a mandate to act for it.');
  if (terms.principalFirmId === terms.brokerFirmId)
    throw new Refusal('invalid', 'MANDATE-SAME-FIRM', 'A firm needs no mandate to act for itself.');
  if (terms.validUntil <= terms.validFrom || terms.validUntil <= now)
    throw new Refusal('invalid', 'MANDATE-PERIOD', 'A mandate ends after it begins, and in the future.');
  const id = randomUUID();
  const { rowCount } = await transaction.query({
    name: 'insert-mandate',
    text: `insert into mandates (id, principal_firm_id, broker_firm_id, valid_from, valid_until, granted_by, granted_at)
      select $1, p.id, b.id, $4, $5, $6, $7 from firms p, firms b where p.id = $2 and b.id = $3
        and exists (select 1 from people where firm_id = b.id and role = 'broker')`,
    values: [id, terms.principalFirmId, terms.brokerFirmId, terms.validFrom, terms.validUntil, actor.personId, now],
  });
  if (rowCount === 0)
    throw new Refusal(
      'invalid',
      'MANDATE-FIRM-UNKNOWN',
      'A mandate is given by a registered firm to a registered firm with a broker in it.',
    );
  await appendEvent(transaction, {
    kind: 'mandate.granted',
    subject: id,
    actor: actorOfEvent(actor),
    occurredAt: now,
    data: { principalFirmId: terms.principalFirmId, brokerFirmId: terms.brokerFirmId },
  });
  return readMandate(transaction, id);
}

async function readMandate(reader: Reader, id: string): Promise<Mandate> {
  const { rows } = await reader.query<MandateRow>({
    name: 'read-mandate',
    text: `${SELECT} where m.id = $1`,
    values: [id],
  });
  if (rows[0] === undefined) throw new Refusal('not-found', 'MANDATE-NOT-FOUND', 'There is no such mandate.');
  return asMandate(rows[0]);
}

/**
 * Ends a mandate at once; a mandate that is revoked stays so. The principal, the broker itself and officials may.
 * @throws a Refusal `MANDATE-NOT-FOUND`, also for somebody else's
 */
export async function revokeMandate(transaction: Transaction, actor: Actor, id: string, now: Date): Promise<void> {
  const { rowCount } = await transaction.query({
    name: 'revoke-mandate',
    text: `update mandates set revoked_at = $3, revoked_by = $4
      where id = $1 and revoked_at is null and ($2::uuid is null or $2 in (principal_firm_id, broker_firm_id))`,
    values: [id, actor.firmId, now, actor.personId],
  });
  if (rowCount === 0) throw new Refusal('not-found', 'MANDATE-NOT-FOUND', 'There is no such mandate in force.');
  await appendEvent(transaction, {
    kind: 'mandate.revoked',
    subject: id,
    actor: actorOfEvent(actor),
    occurredAt: now,
  });
}

/**
 * The firms an actor may act for at this moment: a trader their own; a broker their own and those whose mandate holds
 * now; officials none.
 */
export async function actsForFirms(reader: Reader, actor: Actor, now: Date): Promise<string[]> {
  if (actor.firmId === null) return [];
  if (actor.role !== 'broker') return [actor.firmId];
  const { rows } = await reader.query<{ principal_firm_id: string }>({
    name: 'firms-of-broker',
    text: `select distinct principal_firm_id from mandates
      where broker_firm_id = $1 and valid_from <= $2 and valid_until > $2 and revoked_at is null`,
    values: [actor.firmId, now],
  });
  return [actor.firmId, ...rows.map((row) => row.principal_firm_id)];
}
