import { type Acting, nodeActor } from './asked.ts';
import type { DeclarationRow } from './declaration-row.ts';
import type { ClearanceParts } from './ports.ts';
import { releaseGoods } from './release.ts';

/** Whether the node itself may let the goods go: green channel, they are there, nothing is open and nothing is owed. */
export function isSettled(row: DeclarationRow): boolean {
  return (
    row.state === 'in-clearance' &&
    row.channel === 'green' &&
    row.open_queries === 0 &&
    row.open_inspections === 0 &&
    row.open_permits === 0 &&
    row.open_certificates === 0 &&
    !row.assessment_open &&
    (row.payment === 'none' || row.payment === 'paid' || row.payment === 'secured')
  );
}

/**
 * Releases a green declaration when nothing is open any more, in the name of the node; otherwise leaves it as it is. To
 * be called after everything that closes something: payment, certificate, permit, query.
 * @returns the row as it is then
 */
export async function settleIfNothingOpen(
  parts: ClearanceParts,
  acting: Acting,
  row: DeclarationRow,
): Promise<DeclarationRow> {
  if (!isSettled(row)) return row;
  return releaseGoods(parts, { ...acting, actor: nodeActor(parts) }, row, null, { conditional: false, reasons: [] });
}
