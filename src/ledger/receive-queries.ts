import type { Transaction } from '../store/transaction.ts';
import type { BalanceRow } from './partner-queries.ts';

/** A certificate that a message is about, found by number and digest of its sealed bytes. */
export async function findAbout(
  transaction: Transaction,
  side: 'issuing' | 'importing',
  number: string,
  digest: string,
): Promise<{ readonly state: string; readonly consignment_reference: string } | undefined> {
  const { rows } = await transaction.query<{ state: string; consignment_reference: string }>({
    name: 'ledger-find-about',
    text: `select state, consignment_reference from certificates
      where side = $1 and number = $2 and document_digest = decode($3, 'hex')`,
    values: [side, number, digest],
  });
  return rows[0];
}

/**
 * Locks what a country was allotted of a certificate, at the issuing node, and the numbering of its messages. The quantities
 * are locked first and in order: every change of allotments begins with them.
 */
export async function holdCountry(
  transaction: Transaction,
  number: string,
  country: string,
): Promise<{ readonly received: bigint; readonly balances: readonly BalanceRow[] } | undefined> {
  await holdQuantities(transaction, number);
  const { rows } = await transaction.query<{ received_sequence: bigint }>({
    name: 'ledger-hold-partner',
    text: 'select received_sequence from certificate_partners where number = $1 and country = $2 for update',
    values: [number, country],
  });
  const [partner] = rows;
  if (partner === undefined) return undefined;
  const balances = await transaction.query<BalanceRow>({
    name: 'ledger-balances-of-country',
    text: `select a.item, q.unit, q.issued, a.granted, a.returned, a.reserved, a.written_off
      from certificate_country_allotments a join certificate_quantities q using (number, item)
      where a.number = $1 and a.country = $2 order by a.item`,
    values: [number, country],
  });
  return { received: partner.received_sequence, balances: balances.rows };
}

/** Locks the quantities of a certificate at the issuing node. */
export async function holdQuantities(transaction: Transaction, number: string): Promise<void> {
  await transaction.query({
    name: 'ledger-hold-quantities',
    text: 'select 1 from certificate_quantities where number = $1 order by item for update',
    values: [number],
  });
}

/** What a country reports of an item, in decimal texts of the item's unit. */
export interface ReportedBalance {
  readonly item: number;
  readonly returned: string;
  readonly reserved: string;
  readonly writtenOff: string;
}

/** Notes a report that is newer than those before; what came back is free to be allotted again. Rows are held. */
export function noteReport(
  transaction: Transaction,
  report: {
    readonly number: string;
    readonly country: string;
    readonly sequence: string;
    readonly at: Date;
    readonly balances: readonly ReportedBalance[];
  },
): void {
  const { number, country, sequence, at, balances } = report;
  transaction.later({
    name: 'ledger-note-report',
    text: `with r as (
        select item, returned::numeric as returned, reserved::numeric as reserved, written_off::numeric as written_off
        from unnest($3::integer[], $4::text[], $5::text[], $6::text[]) as r (item, returned, reserved, written_off)),
      freed as (
        update certificate_quantities q set allotted = q.allotted - (r.returned - a.returned)
        from r join certificate_country_allotments a on a.number = $1 and a.country = $2 and a.item = r.item
        where q.number = $1 and q.item = r.item and r.returned > a.returned returning q.item),
      changed as (
        update certificate_ledgers set version = version + 1 where number = $1)
      update certificate_country_allotments a
        set returned = r.returned, reserved = r.reserved, written_off = r.written_off
      from r where a.number = $1 and a.country = $2 and a.item = r.item`,
    values: [
      number,
      country,
      balances.map(({ item }) => item),
      balances.map(({ returned }) => returned),
      balances.map(({ reserved }) => reserved),
      balances.map(({ writtenOff }) => writtenOff),
    ],
  });
  noteSequence(transaction, number, country, sequence, at);
}

/** Notes the newest message of a partner. */
export function noteSequence(
  transaction: Transaction,
  number: string,
  country: string,
  sequence: string,
  at: Date,
): void {
  transaction.later({
    name: 'ledger-note-sequence',
    text: `update certificate_partners set received_sequence = greatest(received_sequence, $3::bigint),
        reported_at = case when received_sequence < $3::bigint then $4 else reported_at end
      where number = $1 and country = $2`,
    values: [number, country, sequence, at],
  });
}

/** A use or correction as a country reported it. */
export interface ReportedUse {
  readonly line: number;
  readonly item: number;
  readonly quantity: string;
  readonly isCorrection: boolean;
  readonly usedOn: string;
  readonly movementReference: string | null;
}

/** Keeps the uses of one report, once however often the report comes. */
export function keepReportedUses(
  transaction: Transaction,
  by: { readonly number: string; readonly country: string; readonly sequence: string; readonly at: Date },
  uses: readonly ReportedUse[],
): void {
  if (uses.length === 0) return;
  transaction.later({
    name: 'ledger-keep-reported-uses',
    text: `insert into certificate_reported_uses (number, country, sequence, reported_at, line, item, quantity, given_back,
        used_on, movement_reference)
      select $1, $2, $3::bigint, $4, u.line, u.item, u.quantity::numeric, u.given_back, u.used_on::date, u.reference
      from unnest($5::integer[], $6::integer[], $7::text[], $8::boolean[], $9::text[], $10::text[])
        as u (line, item, quantity, given_back, used_on, reference)
      on conflict do nothing`,
    values: [
      by.number,
      by.country,
      by.sequence,
      by.at,
      uses.map(({ line }) => line),
      uses.map(({ item }) => item),
      uses.map(({ quantity }) => quantity),
      uses.map(({ isCorrection }) => isCorrection),
      uses.map(({ usedOn }) => usedOn),
      uses.map(({ movementReference }) => movementReference),
    ],
  });
}

/** How much of a certificate all countries together used, as they reported, with a sentence for its history. */
export async function extentOfIssued(
  transaction: Transaction,
  number: string,
): Promise<{ readonly extent: 'none' | 'part' | 'all'; readonly says: string }> {
  const { rows } = await transaction.query<{ extent: 'none' | 'part' | 'all'; says: string }>({
    name: 'ledger-extent-of-issued',
    text: `select case when sum(used) = 0 then 'none' when bool_and(used = issued) then 'all' else 'part' end as extent,
        left(string_agg('Item ' || item || ': ' || trim_scale(used) || ' ' || unit || ' used, '
          || trim_scale(issued - used) || ' left.', ' ' order by item), 1900) as says
      from (select q.item, q.unit, q.issued, coalesce(sum(a.written_off), 0) as used
        from certificate_quantities q left join certificate_country_allotments a using (number, item)
        where q.number = $1 group by q.item, q.unit, q.issued) as items`,
    values: [number],
  });
  return rows[0] ?? { extent: 'none', says: '' };
}

/** Raises what this country was granted in all, at the node that draws on it; what is held may only grow. */
export function noteGrant(
  transaction: Transaction,
  number: string,
  granted: readonly { readonly item: number; readonly granted: string }[],
): void {
  transaction.later({
    name: 'ledger-note-grant',
    text: `with changed as (update certificate_ledgers set version = version + 1 where number = $1)
      update certificate_allotments a set granted = greatest(a.granted, g.granted::numeric)
      from unnest($2::integer[], $3::text[]) as g (item, granted) where a.number = $1 and a.item = g.item`,
    values: [number, granted.map(({ item }) => item), granted.map((one) => one.granted)],
  });
}
