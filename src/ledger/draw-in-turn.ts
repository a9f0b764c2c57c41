import { Decimal } from 'decimal.js';
import type { Transaction } from '../store/transaction.ts';
import { draw, holdAllotments, remainingOf, updateUses, type Wanted } from './draw-queries.ts';
import type { Use } from './ports.ts';

/** What became of a quantity that was wanted. */
export type Outcome = Pick<Use, 'state' | 'code' | 'reason'>;

/** Code of a use for which not enough is left. */
const EXCEEDED = 'CERTIFICATE-QUANTITY-EXCEEDED';

/**
 * Which of the wanted quantities fit into what is left, each in its turn: one that does not fit takes nothing from those
 * behind it.
 * @param left what is left of each item, by `number/item`
 * @returns for those that do not fit, how much is left in their turn
 */
export function notFitting(
  wanted: readonly Pick<Wanted, 'id' | 'number' | 'item' | 'quantity'>[],
  left: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const remaining = new Map([...left].map(([place, quantity]) => [place, new Decimal(quantity)]));
  const refused = new Map<string, string>();
  for (const { id, number, item, quantity } of wanted) {
    const place = `${number}/${item}`;
    const here = remaining.get(place) ?? new Decimal(0);
    if (here.gte(quantity)) remaining.set(place, here.minus(quantity));
    else refused.set(id, here.toFixed());
  }
  return refused;
}

/** Why a quantity is not set aside. */
export function exceeded(wanted: Wanted, unit: string, left: string): Outcome {
  const reason = `${wanted.quantity} ${unit} of item ${wanted.item} of ${wanted.number} are asked for, and ${left} are left.`;
  return { state: 'refused', code: EXCEEDED, reason };
}

/**
 * Sets wanted quantities aside, each in its turn. Where every item is wanted once it is one statement; where one is wanted
 * several times the items are held first, so that it can be said which of them fit.
 */
export async function drawInTurn(
  transaction: Transaction,
  wanted: readonly (Wanted & { readonly unit: string })[],
  at: Date,
): Promise<ReadonlyMap<string, Outcome>> {
  const places = new Set(wanted.map(({ number, item }) => `${number}/${item}`));
  if (places.size === wanted.length) return draw(transaction, wanted, at);
  await holdAllotments(transaction, [...new Set(wanted.map(({ number }) => number))]);
  const refused = notFitting(wanted, await remainingOf(transaction, wanted));
  const outcomes = wanted.flatMap((one) => {
    const left = refused.get(one.id);
    return left === undefined ? [] : [{ id: one.id, ...exceeded(one, one.unit, left) }];
  });
  updateUses(
    transaction,
    at,
    outcomes.map((outcome) => ({ ...outcome, unreported: null, superseded: false })),
  );
  const drawn = await draw(
    transaction,
    wanted.filter(({ id }) => !refused.has(id)),
    at,
  );
  return new Map([...outcomes.map(({ id, ...outcome }) => [id, outcome] as const), ...drawn]);
}
