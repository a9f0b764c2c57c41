import { Decimal } from 'decimal.js';
import { appendEvent } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import { holdAllotments, holdDeclaration, holdUses, moveQuantities, type UseRow, updateUses } from './draw-queries.ts';
import { markDue } from './partner-queries.ts';
import type { LedgerParts } from './ports.ts';
import { plain } from './units.ts';

/** At release: what is set aside for the declaration is used for good. Once more changes nothing. */
export async function writeOff(
  parts: LedgerParts,
  transaction: Transaction,
  declarationId: string,
  now: Date,
): Promise<void> {
  holdDeclaration(transaction, declarationId);
  const uses = (await holdUses(transaction, declarationId)).filter(({ state }) => state === 'reserved');
  if (uses.length === 0) return;
  const numbers = numbersOf(uses);
  await holdAllotments(transaction, numbers);
  moveQuantities(
    transaction,
    uses.flatMap((use) => moveOf(use, (quantity) => ({ reserved: quantity.neg(), writtenOff: quantity }))),
  );
  updateUses(
    transaction,
    now,
    uses.map((use) => ({
      id: use.id,
      state: 'written-off',
      code: null,
      reason: `${shown(use)} are used.`,
      unreported: use.quantity,
      superseded: false,
    })),
  );
  for (const use of uses) await noteEvent(parts, transaction, 'certificate.written-off', use, now);
  markDue(transaction, numbers, now);
  await tellExtent(parts, transaction, numbers, now);
}

/**
 * At withdrawal, seizure, or when a preference is withheld (then only these items): what was set aside or written off is free
 * again, and what was awaited is awaited no more. Once more changes nothing.
 */
export async function giveBack(
  parts: LedgerParts,
  transaction: Transaction,
  declarationId: string,
  now: Date,
  itemSequences?: readonly number[],
): Promise<void> {
  holdDeclaration(transaction, declarationId);
  const uses = (await holdUses(transaction, declarationId)).filter(
    ({ state, item_sequence }) =>
      ['awaited', 'reserved', 'written-off'].includes(state) &&
      (itemSequences === undefined || itemSequences.includes(item_sequence)),
  );
  if (uses.length === 0) return;
  await holdAllotments(transaction, numbersOf(uses));
  await giveBackHeld(parts, transaction, uses, now, false);
}

/** Gives back uses that are held together with their allotments; `superseded` when a newer version takes their place. */
export async function giveBackHeld(
  parts: LedgerParts,
  transaction: Transaction,
  uses: readonly UseRow[],
  now: Date,
  superseded: boolean,
): Promise<void> {
  const drawn = uses.filter(({ state }) => state === 'reserved' || state === 'written-off');
  moveQuantities(
    transaction,
    drawn.flatMap((use) =>
      moveOf(use, (quantity) =>
        use.state === 'reserved'
          ? { reserved: quantity.neg(), writtenOff: new Decimal(0) }
          : { reserved: new Decimal(0), writtenOff: quantity.neg() },
      ),
    ),
  );
  updateUses(
    transaction,
    now,
    uses.map((use) => ({
      id: use.id,
      state: use.state === 'refused' ? 'refused' : 'given-back',
      code: use.state === 'refused' ? use.code : null,
      reason: drawn.includes(use) ? `${shown(use)} were given back.` : use.reason,
      unreported: unreportedAfterGivingBack(use),
      superseded,
    })),
  );
  for (const use of drawn) await noteEvent(parts, transaction, 'certificate.given-back', use, now);
  const numbers = numbersOf(drawn);
  markDue(transaction, numbers, now);
  const corrected = numbersOf(drawn.filter(({ state }) => state === 'written-off'));
  if (corrected.length > 0) await tellExtent(parts, transaction, corrected, now);
}

/** A use that was reported is taken back in the next report; one that was not is never told. */
function unreportedAfterGivingBack(use: UseRow): string | null {
  if (use.state !== 'written-off' || use.quantity === null || use.unreported !== null) return null;
  return plain(new Decimal(use.quantity).neg());
}

interface ExtentRow {
  readonly number: string;
  readonly extent: 'none' | 'part' | 'all';
  readonly says: string;
}

/** Tells the journey of certificates how much of each is used now; their allotments are held. */
export async function tellExtent(
  parts: LedgerParts,
  transaction: Transaction,
  numbers: readonly string[],
  now: Date,
): Promise<void> {
  const { rows } = await transaction.query<ExtentRow>({
    name: 'ledger-extent',
    text: `select number,
        case when sum(written_off) = 0 then 'none' when bool_and(written_off = granted - returned) then 'all'
          else 'part' end as extent,
        left(string_agg('Item ' || item || ': ' || trim_scale(written_off) || ' ' || unit || ' used, '
          || trim_scale(granted - returned - written_off) || ' left.', ' ' order by item), 1900) as says
      from certificate_allotments where number = any($1) group by number order by number`,
    values: [numbers],
  });
  for (const { number, extent, says } of rows)
    await parts.certificates.used(transaction, { number, side: 'importing', extent, at: now, says });
}

function numbersOf(uses: readonly UseRow[]): string[] {
  return [...new Set(uses.map(({ number }) => number))].sort();
}

function moveOf(
  use: UseRow,
  move: (quantity: Decimal) => { readonly reserved: Decimal; readonly writtenOff: Decimal },
): { number: string; item: number; reserved: string; writtenOff: string }[] {
  if (use.item === null || use.quantity === null) return [];
  const { reserved, writtenOff } = move(new Decimal(use.quantity));
  return [{ number: use.number, item: use.item, reserved: plain(reserved), writtenOff: plain(writtenOff) }];
}

function shown(use: UseRow): string {
  return `${plain(use.quantity ?? '0')} ${use.unit ?? ''} of item ${use.item ?? 0} of ${use.number}`;
}

async function noteEvent(
  parts: LedgerParts,
  transaction: Transaction,
  kind: string,
  use: UseRow,
  now: Date,
): Promise<void> {
  await appendEvent(transaction, {
    kind,
    subject: use.number,
    actor: { id: parts.country, name: parts.names.customs, role: 'node' },
    occurredAt: now,
    data: {
      useId: use.id,
      item: use.item,
      quantity: use.quantity === null ? null : plain(use.quantity),
      declarationId: use.declaration_id,
    },
  });
}
