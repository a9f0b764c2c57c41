import type { Transaction } from '../store/transaction.ts';

/** Notes that the partners of these certificates are to be told something; it travels with the next statement. */
export function markDue(transaction: Transaction, numbers: readonly string[], now: Date, country?: string): void {
  if (numbers.length === 0) return;
  transaction.later({
    name: 'ledger-mark-due',
    text: `update certificate_partners set due_since = $2 where number = any($1) and due_since is null
      and ($3::text is null or country = $3)`,
    values: [numbers, now, country ?? null],
  });
}
