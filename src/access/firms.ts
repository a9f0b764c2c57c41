import { randomUUID } from 'node:crypto';
import { Refusal } from '../documents/refusal.ts';
import type { EventActor } from '../store/log.ts';
import { appendEvent } from '../store/log.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { FirmIdentifier } from './actor.ts';

export interface Firm {
  readonly id: string;
  readonly name: string;
  readonly identifier: FirmIdentifier;
  /** ISO 3166-1 alpha-2 of the country it is registered in. */
  readonly country: string;
}

interface FirmRow {
  id: string;
  name: string;
  identifier_scheme: string;
  identifier_value: string;
  country: string;
}

function asFirm(row: FirmRow): Firm {
  return {
    id: row.id,
    name: row.name,
    identifier: { scheme: row.identifier_scheme, value: row.identifier_value },
    country: row.country,
  };
}

/**
 * Enters a firm in the register.
 * @throws a Refusal `FIRM-EXISTS` when a firm with that identifier is there
 */
export async function registerFirm(
  transaction: Transaction,
  firm: Omit<Firm, 'id'>,
  by: { readonly actor: EventActor; readonly now: Date },
): Promise<Firm> {
  const id = randomUUID();
  const { rowCount } = await transaction.query({
    name: 'insert-firm',
    text: `insert into firms (id, name, identifier_scheme, identifier_value, country, created_at)
      values ($1, $2, $3, $4, $5, $6) on conflict (identifier_scheme, identifier_value) do nothing`,
    values: [id, firm.name.normalize('NFC'), firm.identifier.scheme, firm.identifier.value, firm.country, by.now],
  });
  if (rowCount === 0)
    throw new Refusal(
      'conflict',
      'FIRM-EXISTS',
      `A firm with the identifier ${firm.identifier.scheme} ${firm.identifier.value} is registered already.`,
    );
  await appendEvent(transaction, {
    kind: 'firm.registered',
    subject: id,
    actor: by.actor,
    occurredAt: by.now,
    data: { scheme: firm.identifier.scheme, value: firm.identifier.value },
  });
  return { ...firm, name: firm.name.normalize('NFC'), id };
}

/** All firms by name, at most 500 from `after` on (the name of the last one seen). */
export async function listFirms(reader: Reader, after = ''): Promise<Firm[]> {
  const { rows } = await reader.query<FirmRow>({
    name: 'list-firms',
    text: `select id, name, identifier_scheme, identifier_value, country from firms
      where name > $1 order by name, id limit 500`,
    values: [after],
  });
  return rows.map(asFirm);
}

/** The firm with this registration identifier. */
export async function findFirm(reader: Reader, identifier: FirmIdentifier): Promise<Firm | undefined> {
  const { rows } = await reader.query<FirmRow>({
    name: 'find-firm',
    text: `select id, name, identifier_scheme, identifier_value, country from firms
      where identifier_scheme = $1 and identifier_value = $2`,
    values: [identifier.scheme, identifier.value],
  });
  return rows[0] === undefined ? undefined : asFirm(rows[0]);
}
