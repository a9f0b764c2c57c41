import type { Transaction } from '../store/transaction.ts';

/**
 * Notes that the partners of these certificates are to be told something; it travels with the next statement. The rows are
 * written even where something is due already, so that a message being composed at the moment is waited for and cannot
 * count this change as told.
 */
export function markDue(
  transaction: Transaction,
  numbers: readonly string[],
  now: Date,
  more: { readonly country?: string; readonly isReturn?: boolean } = {},
): void {
  if (numbers.length === 0) return;
  transaction.later({
    name: 'ledger-mark-due',
    text: `update certificate_partners set due_at = coalesce(due_at, $2), due_return = due_return or $4
      where number = any($1) and ($3::text is null or country = $3)`,
    values: [numbers, now, more.country ?? null, more.isReturn ?? false],
  });
}

/** A partner that is due, with the number of the message that is made for it now. */
export interface DuePartner {
  readonly number: string;
  readonly country: string;
  readonly side: 'issuing' | 'importing';
  readonly sequence: string;
  readonly isReturn: boolean;
  readonly digest: string;
  readonly consignment_reference: string;
}

/** Takes the partner that is due longest and gives its next message a number; held until the transaction ends. */
export async function takeDuePartner(transaction: Transaction, now: Date): Promise<DuePartner | undefined> {
  const { rows } = await transaction.query<Omit<DuePartner, 'isReturn'> & { is_return: boolean }>({
    name: 'ledger-take-due-partner',
    text: `with one as (
        select p.number, p.country, p.due_return from certificate_partners p where p.due_at <= $1
        order by p.due_at limit 1 for update skip locked)
      update certificate_partners p set sent_sequence = p.sent_sequence + 1, due_at = null, due_return = false
      from one join certificate_ledgers l using (number)
        join certificates c on c.number = l.number and c.side = l.side and c.state <> 'refused'
      where p.number = one.number and p.country = one.country
      returning p.number, p.country, l.side, p.sent_sequence::text as sequence, one.due_return as is_return,
        encode(c.document_digest, 'hex') as digest, c.consignment_reference`,
    values: [now],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const { is_return: isReturn, ...partner } = row;
  return { ...partner, isReturn };
}

/** After a failure: the partner that was due longest is tried again at that moment. */
export async function putOffDuePartner(transaction: Transaction, now: Date, until: Date): Promise<void> {
  await transaction.query({
    name: 'ledger-put-off-due-partner',
    text: `update certificate_partners p set due_at = $2
      where (p.number, p.country) = (select number, country from certificate_partners where due_at <= $1
        order by due_at limit 1 for update skip locked)`,
    values: [now, until],
  });
}

/** How an item stands at the node that draws on it, in decimal texts. */
export interface BalanceRow {
  readonly item: number;
  readonly unit: string;
  readonly issued: string;
  readonly granted: string;
  readonly returned: string;
  readonly reserved: string;
  readonly written_off: string;
}

/** How the items of a certificate stand at this node, or at a country that was allotted parts of them. */
export async function balancesOf(
  transaction: Transaction,
  partner: Pick<DuePartner, 'number' | 'side' | 'country'>,
): Promise<BalanceRow[]> {
  const { rows } = await transaction.query<BalanceRow>(
    partner.side === 'importing'
      ? {
          name: 'ledger-own-balances',
          text: `select item, unit, issued, granted, returned, reserved, written_off from certificate_allotments
            where number = $1 order by item`,
          values: [partner.number],
        }
      : {
          name: 'ledger-country-balances',
          text: `select a.item, q.unit, q.issued, a.granted, a.returned, a.reserved, a.written_off
            from certificate_country_allotments a join certificate_quantities q using (number, item)
            where a.number = $1 and a.country = $2 order by a.item`,
          values: [partner.number, partner.country],
        },
  );
  return rows;
}

/** A use that the issuing country was not told yet; negative: one that it was told and that was taken back. */
export interface UntoldUse {
  readonly item: number;
  readonly quantity: string;
  readonly movement_reference: string | null;
  readonly updated_at: Date;
}

/**
 * Takes uses that were not told, the oldest first; those that somebody is just changing are left for the next message,
 * which is then due at once.
 */
export async function takeUntoldUses(
  transaction: Transaction,
  number: string,
  most: number,
  now: Date,
): Promise<UntoldUse[]> {
  const { rows } = await transaction.query<UntoldUse>({
    name: 'ledger-take-untold-uses',
    text: `with untold as (
        select id, position, item, unreported as quantity from certificate_uses
        where number = $1 and unreported is not null order by position limit $2 for update skip locked),
      told as (
        update certificate_uses u set unreported = null from untold where u.id = untold.id
        returning untold.position, untold.item, untold.quantity, u.movement_reference, u.updated_at)
      select item, quantity, movement_reference, updated_at from told order by position`,
    values: [number, most],
  });
  transaction.later({
    name: 'ledger-due-again',
    text: `update certificate_partners set due_at = $2 where number = $1
      and exists (select 1 from certificate_uses where number = $1 and unreported is not null)`,
    values: [number, now],
  });
  return rows;
}
