import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { Reference } from './claim.ts';
import type { UseState } from './ports.ts';

/** A use as the table holds it. */
export interface UseRow {
  readonly id: string;
  readonly declaration_id: string | null;
  readonly issued_number: string | null;
  readonly item_sequence: number;
  readonly number: string;
  readonly item: number | null;
  readonly claimed_value: string | null;
  readonly claimed_unit: string | null;
  readonly quantity: string | null;
  readonly unit: string | null;
  readonly state: UseState;
  readonly code: string | null;
  readonly reason: string;
  readonly claim: Reference;
  readonly unreported: string | null;
}

const columns = `u.id, u.declaration_id, u.issued_number, u.item_sequence, u.number, u.item, u.claimed_value, u.claimed_unit,
  u.quantity, u.state, u.code, u.reason, u.claim, u.unreported,
  (select a.unit from certificate_allotments a where a.number = u.number and a.item = u.item) as unit`;

/** A use to be noted. One that is to be drawn stands as refused, for nothing is allotted, until the draw says otherwise. */
export interface NewUse {
  readonly id: string;
  readonly itemSequence: number;
  readonly reference: Reference;
  readonly item: number | null;
  readonly quantity: string | null;
  readonly state: 'awaited' | 'refused';
  readonly code: string;
  readonly reason: string;
}

/**
 * Keeps everybody else from changing the uses of a declaration until the transaction ends. Everything the ledger does for a
 * declaration begins with it, then come its uses, then allotments, each in a fixed order: so nobody waits in a circle.
 */
export function holdDeclaration(transaction: Transaction, declarationId: string): void {
  transaction.later({
    name: 'ledger-hold-declaration',
    text: 'select 1 from declarations where id = $1 for update',
    values: [declarationId],
  });
}

/** The uses of a declaration as they stand for its newest version, held until the transaction ends. */
export async function holdUses(transaction: Transaction, declarationId: string): Promise<UseRow[]> {
  const { rows } = await transaction.query<UseRow>({
    name: 'ledger-hold-uses',
    text: `select ${columns} from certificate_uses u where u.declaration_id = $1 and not u.superseded
      order by u.position for update of u`,
    values: [declarationId],
  });
  return rows;
}

/** The uses of a declaration as they stand for its newest version. */
export async function findUses(reader: Reader, declarationId: string): Promise<UseRow[]> {
  const { rows } = await reader.query<UseRow>({
    name: 'ledger-uses-of-declaration',
    text: `select ${columns} from certificate_uses u where u.declaration_id = $1 and not u.superseded order by u.position`,
    values: [declarationId],
  });
  return rows;
}

/** Uses that wait for a certificate, in order of lodgement, held until the transaction ends. */
export async function holdAwaited(transaction: Transaction, number: string): Promise<UseRow[]> {
  const { rows } = await transaction.query<UseRow>({
    name: 'ledger-hold-awaited',
    text: `select ${columns} from certificate_uses u where u.number = $1 and u.state = 'awaited'
      order by u.position for update of u`,
    values: [number],
  });
  return rows;
}

/** Adds uses; they travel with the next statement. */
export function insertUses(
  transaction: Transaction,
  by: {
    readonly declarationId: string | null;
    readonly movementReference: string | null;
    readonly issuedNumber: string | null;
    readonly importerIdentifier: string | null;
    readonly at: Date;
  },
  uses: readonly NewUse[],
): void {
  transaction.later({
    name: 'ledger-insert-uses',
    text: `insert into certificate_uses (id, declaration_id, movement_reference, issued_number, importer_identifier, lodged_at,
        updated_at, item_sequence, number, item, claimed_value, claimed_unit, quantity, state, code, reason, claim)
      select u.id, $1, $2, $3, $4, $5, $5, u.sequence, u.number, u.item, u.claimed_value::numeric, u.claimed_unit,
        u.quantity::numeric, u.state, u.code, u.reason, u.claim::jsonb
      from unnest($6::uuid[], $7::integer[], $8::text[], $9::integer[], $10::text[], $11::text[], $12::text[], $13::text[],
        $14::text[], $15::text[], $16::text[]) with ordinality
        as u (id, sequence, number, item, claimed_value, claimed_unit, quantity, state, code, reason, claim, place)
      order by u.place`,
    values: [
      by.declarationId,
      by.movementReference,
      by.issuedNumber,
      by.importerIdentifier,
      by.at,
      uses.map(({ id }) => id),
      uses.map(({ itemSequence }) => itemSequence),
      uses.map(({ reference }) => reference.number),
      uses.map(({ item }) => item),
      uses.map(({ reference }) => reference.claimed?.value ?? null),
      uses.map(({ reference }) => reference.claimed?.unit ?? null),
      uses.map(({ quantity }) => quantity),
      uses.map(({ state }) => state),
      uses.map(({ code }) => code),
      uses.map(({ reason }) => reason),
      uses.map(({ reference }) => JSON.stringify(reference)),
    ],
  });
}

/** Changes uses that were held before; they travel with the next statement. */
export function updateUses(
  transaction: Transaction,
  at: Date,
  changes: readonly {
    readonly id: string;
    readonly state: UseState;
    readonly code: string | null;
    readonly reason: string;
    readonly unreported: string | null;
    readonly superseded: boolean;
  }[],
): void {
  if (changes.length === 0) return;
  transaction.later({
    name: 'ledger-update-uses',
    text: `update certificate_uses u set state = c.state, code = c.code, reason = c.reason,
        unreported = c.unreported::numeric, superseded = c.superseded, updated_at = $1
      from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[])
        as c (id, state, code, reason, unreported, superseded)
      where u.id = c.id`,
    values: [
      at,
      changes.map(({ id }) => id),
      changes.map(({ state }) => state),
      changes.map(({ code }) => code),
      changes.map(({ reason }) => reason),
      changes.map(({ unreported }) => unreported),
      changes.map(({ superseded }) => superseded),
    ],
  });
}

/** One quantity that a use wants, in the unit of the certificate's item. */
export interface Wanted {
  /** Of the use's row. */
  readonly id: string;
  readonly number: string;
  readonly item: number;
  readonly quantity: string;
  /** What an officer should know beside the quantity; begins with a space or is empty. */
  readonly note: string;
}

/**
 * Draws in one statement: locks the items in the order of number and item, lets each use draw in the order in which they
 * stand as long as all up to it fits into what is left, and notes on every use what became of it. What was drawn before is
 * taken from the row that was locked: the update looks first at the row as it was when the statement began, and would find
 * the check of the table broken where somebody has given back since.
 * @param into `written-off` for a certificate that is issued back to back, which uses at once
 */
export async function draw(
  transaction: Transaction,
  wanted: readonly Wanted[],
  at: Date,
  into: 'reserved' | 'written-off' = 'reserved',
): Promise<ReadonlyMap<string, { readonly state: UseState; readonly code: string | null; readonly reason: string }>> {
  if (wanted.length === 0) return new Map();
  const { rows } = await transaction.query<{ id: string; state: UseState; code: string | null; reason: string }>({
    name: `ledger-draw-${into}`,
    text: `with wanted as (
        select id, number, item, quantity::numeric as quantity, note, place
        from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::text[]) with ordinality
          as w (id, number, item, quantity, note, place)),
      held as (
        select a.number, a.item, a.unit, a.${into === 'reserved' ? 'reserved' : 'written_off'} as drawn_before,
          a.granted - a.returned - a.reserved - a.written_off as remaining
        from certificate_allotments a
        where (a.number, a.item) in (select number, item from wanted) order by a.number, a.item for update),
      judged as (
        select w.id, w.number, w.item, w.quantity, w.note, h.unit, h.remaining, h.drawn_before,
          sum(w.quantity) over (partition by w.number, w.item order by w.place) as together
        from wanted w join held h using (number, item)),
      drawn as (
        update certificate_allotments a
          set ${into === 'reserved' ? 'reserved' : 'written_off'} = d.drawn_before + d.quantity, changes = a.changes + 1
        from (select number, item, drawn_before, sum(quantity) as quantity from judged where together <= remaining
          group by number, item, drawn_before) d
        where a.number = d.number and a.item = d.item returning a.number)
      update certificate_uses u set item = j.item, quantity = j.quantity, updated_at = $6,
        state = case when together <= remaining then '${into}' else 'refused' end,
        code = case when together <= remaining then null else 'CERTIFICATE-QUANTITY-EXCEEDED' end,
        unreported = ${into === 'written-off' ? 'case when together <= remaining then j.quantity end' : 'null'},
        reason = case when together <= remaining
          then trim_scale(j.quantity) || ' ' || j.unit || ' of item ' || j.item || ' of ' || j.number
            || '${into === 'reserved' ? ' are set aside.' : ' are used.'}' || j.note
          else trim_scale(j.together) || ' ' || j.unit || ' of item ' || j.item || ' of ' || j.number
            || case when together > j.quantity then ' are asked for up to this line' else ' are asked for' end
            || ', and ' || trim_scale(j.remaining) || ' are left.' end
      from judged j where u.id = j.id returning u.id, u.state, u.code, u.reason`,
    values: [
      wanted.map(({ id }) => id),
      wanted.map(({ number }) => number),
      wanted.map(({ item }) => item),
      wanted.map(({ quantity }) => quantity),
      wanted.map(({ note }) => note),
      at,
    ],
  });
  return new Map(rows.map(({ id, ...use }) => [id, use]));
}

/** What is left of items, for a preview. */
export async function remainingOf(
  reader: Reader,
  items: readonly { readonly number: string; readonly item: number }[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await reader.query<{ number: string; item: number; remaining: string }>({
    name: 'ledger-remaining',
    text: `select a.number, a.item, a.granted - a.returned - a.reserved - a.written_off as remaining
      from certificate_allotments a where (a.number, a.item) in (select * from unnest($1::text[], $2::integer[]))`,
    values: [items.map(({ number }) => number), items.map(({ item }) => item)],
  });
  return new Map(rows.map(({ number, item, remaining }) => [`${number}/${item}`, remaining]));
}

/** Locks all items of the allotments of these certificates, in the order of number and item. */
export async function holdAllotments(transaction: Transaction, numbers: readonly string[]): Promise<void> {
  if (numbers.length === 0) return;
  await transaction.query({
    name: 'ledger-hold-allotments',
    text: 'select 1 from certificate_allotments where number = any($1) order by number, item for update',
    values: [numbers],
  });
}

/** Moves quantities of items whose rows are held: `reserved` and `writtenOff` are added, and may be negative. */
export function moveQuantities(
  transaction: Transaction,
  moves: readonly {
    readonly number: string;
    readonly item: number;
    readonly reserved: string;
    readonly writtenOff: string;
  }[],
): void {
  if (moves.length === 0) return;
  transaction.later({
    name: 'ledger-move-quantities',
    text: `update certificate_allotments a set reserved = a.reserved + m.reserved, written_off = a.written_off + m.written_off,
        changes = a.changes + 1
      from (select number, item, sum(reserved::numeric) as reserved, sum(written_off::numeric) as written_off
        from unnest($1::text[], $2::integer[], $3::text[], $4::text[]) as m (number, item, reserved, written_off)
        group by number, item) m
      where a.number = m.number and a.item = m.item`,
    values: [
      moves.map(({ number }) => number),
      moves.map(({ item }) => item),
      moves.map(({ reserved }) => reserved),
      moves.map(({ writtenOff }) => writtenOff),
    ],
  });
}
