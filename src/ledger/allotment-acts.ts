import { Decimal } from 'decimal.js';
import { actorOfEvent } from '../access/actor.ts';
import { AGREEMENTS, isMember } from '../documents/agreements.ts';
import { readCertificateNumber } from '../documents/certificate-number.ts';
import type { JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { memberOf } from '../federation/trust.ts';
import { appendEvent } from '../store/log.ts';
import { changedMeanwhile } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { holdAllotments } from './draw-queries.ts';
import { localDate } from './local-date.ts';
import { markDue } from './partner-queries.ts';
import type { Asked, LedgerParts, SeenCertificate } from './ports.ts';
import { holdQuantities } from './receive-queries.ts';
import { tellExtent } from './use-up.ts';

/** A part of an item, in the unit of the certificate's item. */
export interface ItemPart {
  readonly itemNumber: number;
  /** Decimal text above zero. */
  readonly quantity: string;
}

/** Longest reason of an act, in characters. */
const LONGEST_REASON = 2000;

/**
 * Gives back to the issuing country a part of what it allotted to this one, so that it can be used elsewhere; only what is
 * neither set aside nor written off. The issuing country is told by a sealed message.
 * @throws the refusals `LEDGER-OTHER-SIDE`, `ALLOTMENT-PARTS-WRONG`, `ALLOTMENT-NOT-FREE`, `CHANGED-MEANWHILE`
 */
export async function returnAllotment(
  parts: LedgerParts,
  asked: Asked,
  number: string,
  version: number,
  request: { readonly items: readonly ItemPart[]; readonly reason: string },
): Promise<void> {
  const seen = await parts.certificates.see(asked, number);
  refuseOtherSide(seen, 'importing', 'An allotment is given back where the certificate is used.');
  refuseWrongParts(request.items);
  const { transaction, now } = asked;
  await holdAllotments(transaction, [number]);
  const { rows } = await transaction.query<{ item: number; unit: string; free: string }>({
    name: 'ledger-free-of-allotment',
    text: `select item, unit, granted - returned - reserved - written_off as free from certificate_allotments
      where number = $1`,
    values: [number],
  });
  for (const { itemNumber, quantity } of request.items)
    refuseBeyond(rows, itemNumber, quantity, (free, unit) => ({
      code: 'ALLOTMENT-NOT-FREE',
      words: `Of item ${itemNumber} only ${free} ${unit} are neither set aside nor used; you want to give back ${quantity}.`,
    }));
  await raiseVersion(transaction, number, version);
  transaction.later({
    name: 'ledger-return',
    text: `update certificate_allotments a set returned = a.returned + r.quantity::numeric
      from unnest($2::integer[], $3::text[]) as r (item, quantity) where a.number = $1 and a.item = r.item`,
    values: [number, request.items.map(({ itemNumber }) => itemNumber), request.items.map(({ quantity }) => quantity)],
  });
  markDue(transaction, [number], now, { isReturn: true });
  await noteAct(asked, 'certificate.allotment-returned', number, request);
  await tellUsedUp(parts, asked, number);
}

/**
 * Allots a part of a certificate that this node issued, and that is allotted to nobody, to a country; the country is told
 * by a sealed message that carries the certificate.
 * @throws the refusals `LEDGER-OTHER-SIDE`, `ALLOTMENT-PARTS-WRONG`, `ALLOTMENT-NOT-FREE`, `ALLOTMENT-COUNTRY`,
 * `CERTIFICATE-NOT-IN-FORCE`, `CHANGED-MEANWHILE`
 */
export async function allotToCountry(
  parts: LedgerParts,
  asked: Asked,
  number: string,
  version: number,
  request: { readonly country: string; readonly items: readonly ItemPart[]; readonly reason: string },
): Promise<void> {
  const seen = await parts.certificates.see(asked, number);
  refuseOtherSide(seen, 'issuing', 'Only the country that issued a certificate can allot it.');
  refuseWrongParts(request.items);
  refuseCountry(parts, request.country, number, asked.now);
  if (['cancelled', 'replaced', 'expired'].includes(seen.state))
    throw new Refusal(
      'conflict',
      'CERTIFICATE-NOT-IN-FORCE',
      `The certificate is ${seen.state} and can be used no more.`,
    );
  const { transaction, now } = asked;
  await holdQuantities(transaction, number);
  const { rows } = await transaction.query<{ item: number; unit: string; free: string }>({
    name: 'ledger-free-of-certificate',
    text: 'select item, unit, issued - allotted as free from certificate_quantities where number = $1',
    values: [number],
  });
  for (const { itemNumber, quantity } of request.items)
    refuseBeyond(rows, itemNumber, quantity, (free, unit) => ({
      code: 'ALLOTMENT-NOT-FREE',
      words: `Of item ${itemNumber} only ${free} ${unit} are allotted to nobody; you want to allot ${quantity}. A country that does not need its part has to give it back first.`,
    }));
  await raiseVersion(transaction, number, version);
  transaction.later({
    name: 'ledger-allot',
    text: `with r as (
        select item, quantity::numeric as quantity from unnest($3::integer[], $4::text[]) as r (item, quantity)),
      taken as (
        update certificate_quantities q set allotted = q.allotted + r.quantity from r
        where q.number = $1 and q.item = r.item returning q.item),
      partner as (
        insert into certificate_partners (number, country) values ($1, $2) on conflict do nothing)
      insert into certificate_country_allotments as a (number, item, country, granted)
        select $1, r.item, $2, r.quantity from r join taken using (item)
        on conflict (number, item, country) do update set granted = a.granted + excluded.granted`,
    values: [
      number,
      request.country,
      request.items.map(({ itemNumber }) => itemNumber),
      request.items.map(({ quantity }) => quantity),
    ],
  });
  markDue(transaction, [number], now, { country: request.country });
  await noteAct(asked, 'certificate.allotted', number, request);
}

function refuseOtherSide(seen: SeenCertificate, side: SeenCertificate['side'], words: string): void {
  if (seen.side !== side) throw new Refusal('conflict', 'LEDGER-OTHER-SIDE', words);
}

function refuseWrongParts(items: readonly ItemPart[]): void {
  const numbers = items.map(({ itemNumber }) => itemNumber);
  if (new Set(numbers).size === numbers.length && items.every(({ quantity }) => new Decimal(quantity).gt(0))) return;
  throw new Refusal('invalid', 'ALLOTMENT-PARTS-WRONG', 'Name each item once, with a quantity above zero.');
}

function refuseBeyond(
  rows: readonly { readonly item: number; readonly unit: string; readonly free: string }[],
  item: number,
  quantity: string,
  words: (free: string, unit: string) => { readonly code: 'ALLOTMENT-NOT-FREE'; readonly words: string },
): void {
  const row = rows.find((each) => each.item === item);
  if (row === undefined) throw new Refusal('invalid', 'ALLOTMENT-PARTS-WRONG', `The certificate has no item ${item}.`);
  if (new Decimal(quantity).lte(row.free)) return;
  const told = words(new Decimal(row.free).toFixed(), row.unit);
  throw new Refusal('conflict', told.code, told.words);
}

function refuseCountry(parts: LedgerParts, country: string, number: string, now: Date): void {
  const directory = parts.directory();
  const scheme = readCertificateNumber(number)?.scheme;
  const wrong =
    country === parts.country
      ? 'A certificate is used in another country than that which issued it.'
      : directory === null || memberOf(directory, country) === undefined
        ? `${country} has no node in the federation, so that it could not be told.`
        : scheme === undefined || !isMember(AGREEMENTS[scheme], country, localDate(now, parts.timeZone))
          ? `${country} is no party to the agreement of this certificate.`
          : undefined;
  if (wrong !== undefined) throw new Refusal('invalid', 'ALLOTMENT-COUNTRY', wrong);
}

/** Guarded by the version that the officer saw; the quantities are held, so that nobody can change them any more. */
async function raiseVersion(transaction: Transaction, number: string, version: number): Promise<void> {
  const { rowCount } = await transaction.query({
    name: 'ledger-raise-version',
    text: `update certificate_ledgers l set version = l.version + 1 where l.number = $1
      and l.version + coalesce((select sum(changes) from certificate_allotments a where a.number = l.number), 0) = $2`,
    values: [number, version],
  });
  if (rowCount === 0) throw changedMeanwhile();
}

async function noteAct(
  { transaction, actor, now }: Asked,
  kind: string,
  number: string,
  request: { readonly items: readonly ItemPart[]; readonly reason: string; readonly country?: string },
): Promise<void> {
  const items: JsonValue = request.items.map(({ itemNumber, quantity }) => ({ itemNumber, quantity }));
  await appendEvent(transaction, {
    kind,
    subject: number,
    actor: actorOfEvent(actor),
    occurredAt: now,
    reason: request.reason.normalize('NFC').trim().slice(0, LONGEST_REASON),
    data: { items, ...(request.country === undefined ? {} : { country: request.country }) },
  });
}

/** What is left may have become nothing by giving it back. */
async function tellUsedUp(parts: LedgerParts, { transaction, now }: Asked, number: string): Promise<void> {
  const { rows } = await transaction.query<{ used: boolean }>({
    name: 'ledger-anything-used',
    text: 'select coalesce(bool_or(written_off > 0), false) as used from certificate_allotments where number = $1',
    values: [number],
  });
  if (rows[0]?.used === true) await tellExtent(parts, transaction, [number], now);
}
