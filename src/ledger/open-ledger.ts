import { readCertificateNumber } from '../documents/certificate-number.ts';
import type { Transaction } from '../store/transaction.ts';
import { findReceivedCertificates } from './certificate-queries.ts';
import { drawInTurn } from './draw-in-turn.ts';
import { holdAwaited, updateUses } from './draw-queries.ts';
import { judgeReference } from './judge-reference.ts';
import type { CertificateItem, KnownCertificate } from './known-certificate.ts';
import type { LedgerParts } from './ports.ts';
import { circumstancesOf, judgedUse, noteSetAside } from './reserve.ts';

/**
 * A delivered certificate was verified or refused: with the first, its delivery is the grant of the whole quantity to the
 * country it is made out for; with either, the uses that awaited it are decided in the order in which they were lodged.
 * Called in the transaction that keeps the certificate, after it stands in its table.
 * @returns whether clearance is to be told of declarations (by `tellResolved`, in transactions of their own)
 */
export async function certificateSettled(
  parts: LedgerParts,
  transaction: Transaction,
  number: string,
  now: Date,
): Promise<boolean> {
  const known = (await findReceivedCertificates(transaction, [number])).get(number);
  if (known === undefined) return false;
  if (known.state === 'verified' && known.importingCountry === parts.country) openReceived(transaction, known, now);
  return resolveAwaited(parts, transaction, number, now);
}

/** Opens the ledger of a received certificate with its whole quantity; one that is open stays as it is. */
function openReceived(transaction: Transaction, known: KnownCertificate, now: Date): void {
  openItems(
    transaction,
    known,
    now,
    known.items.map(({ quantity }) => quantity.value),
  );
}

/** Opens the ledger of a received certificate with given quantities, in the order of its items. */
export function openItems(
  transaction: Transaction,
  known: KnownCertificate,
  now: Date,
  granted: readonly string[],
): void {
  const issuer = readCertificateNumber(known.number)?.country ?? known.exportingCountry;
  transaction.later({
    name: 'ledger-open-received',
    text: `with opened as (
        insert into certificate_ledgers (number, side, opened_at) values ($1, 'importing', $2)
        on conflict do nothing returning number),
      partner as (
        insert into certificate_partners (number, country) select number, $3 from opened)
      insert into certificate_allotments (number, item, unit, issued, granted)
        select o.number, i.item, i.unit, i.issued::numeric, i.granted::numeric
        from opened o cross join unnest($4::integer[], $5::text[], $6::text[], $7::text[]) as i (item, unit, issued, granted)`,
    values: [known.number, now, issuer, ...columnsOf(known.items), granted],
  });
}

/** Opens the ledger of a certificate that this node issues: the whole quantity is allotted to the importing country. */
export function openIssued(
  transaction: Transaction,
  number: string,
  items: readonly CertificateItem[],
  importingCountry: string,
  now: Date,
): void {
  transaction.later({
    name: 'ledger-open-issued',
    text: `with opened as (
        insert into certificate_ledgers (number, side, opened_at) values ($1, 'issuing', $2) returning number),
      partner as (
        insert into certificate_partners (number, country) select number, $3 from opened),
      quantity as (
        insert into certificate_quantities (number, item, unit, issued, allotted)
        select o.number, i.item, i.unit, i.issued::numeric, i.issued::numeric
        from opened o cross join unnest($4::integer[], $5::text[], $6::text[]) as i (item, unit, issued)
        returning number, item, issued)
      insert into certificate_country_allotments (number, item, country, granted)
        select number, item, $3, issued from quantity`,
    values: [number, now, importingCountry, ...columnsOf(items)],
  });
}

function columnsOf(items: readonly CertificateItem[]): [number[], string[], string[]] {
  return [
    items.map(({ item }) => item),
    items.map(({ quantity }) => quantity.unit),
    items.map(({ quantity }) => quantity.value),
  ];
}

/** Decides the uses that await a certificate, in order of lodgement. */
export async function resolveAwaited(
  parts: LedgerParts,
  transaction: Transaction,
  number: string,
  now: Date,
): Promise<boolean> {
  const awaited = await holdAwaited(transaction, number);
  if (awaited.length === 0) return false;
  const known = (await findReceivedCertificates(transaction, [number])).get(number);
  const circumstances = circumstancesOf(parts, now);
  const judged = awaited.map((row) => judgedUse(row.id, row.claim, judgeReference(row.claim, known, circumstances)));
  const decided = judged.filter(({ use }) => use.state !== 'awaited');
  updateUses(
    transaction,
    now,
    decided.map(({ use }) => ({ ...use, unreported: null, superseded: false })),
  );
  const wanted = decided.flatMap((each) => (each.wanted === undefined ? [] : [each.wanted]));
  const drawn = await drawInTurn(transaction, wanted, now);
  for (const one of wanted)
    if (drawn.get(one.id)?.state === 'reserved') await noteSetAside(parts, transaction, one, null, now);
  if (decided.length === 0) return false;
  const ids = new Set(decided.map(({ use }) => use.id));
  transaction.later({
    name: 'ledger-note-resolutions',
    text: `insert into certificate_resolutions (declaration_id, due_at)
      select distinct id, $2::timestamptz from unnest($1::uuid[]) as d (id)`,
    values: [
      awaited.flatMap(({ id, declaration_id: declaration }) =>
        ids.has(id) && declaration !== null ? [declaration] : [],
      ),
      now,
    ],
  });
  return true;
}
