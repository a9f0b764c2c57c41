import { Refusal } from '../../documents/refusal.ts';
import type { DeclarationRow } from '../declaration-row.ts';

/**
 * Goods items are counted from 1 without gaps (documents.md, cross-field rules).
 * @throws the refusal `ITEM-UNKNOWN`
 */
export function refuseUnknownItems(row: Pick<DeclarationRow, 'goods_item_count'>, sequences: readonly number[]): void {
  const unknown = sequences.filter((one) => one < 1 || one > row.goods_item_count);
  if (unknown.length === 0) return;
  throw new Refusal(
    'invalid',
    'ITEM-UNKNOWN',
    `The declaration has the items 1 to ${row.goods_item_count}, not ${unknown.slice(0, 10).join(', ')}.`,
  );
}
