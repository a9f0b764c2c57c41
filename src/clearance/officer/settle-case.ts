import type { Asked } from '../asked.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import { releaseStanding } from '../release.ts';
import { isSettled, settleIfNothingOpen } from '../settle.ts';
import { releaseHindrances } from './hindrances.ts';
import type { OfficerParts } from './parts.ts';
import { readWorkingCase } from './working.ts';

/**
 * Lets the node release a green declaration after an officer's act closed the last open thing, unless something hinders
 * it that the row does not show: a preference whose certificate cannot be used, an issuing country that was asked. Then
 * it waits for an officer.
 */
export async function settleCase(parts: OfficerParts, asked: Asked, row: DeclarationRow): Promise<DeclarationRow> {
  if (!isSettled(row)) return row;
  const { uses, withheld, originQueries } = await readWorkingCase(parts, asked.transaction, row, asked.now);
  if (releaseHindrances(releaseStanding(row), uses, withheld, originQueries).length > 0) return row;
  return settleIfNothingOpen(parts, asked, row);
}
