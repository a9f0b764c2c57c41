import { Refusal } from '../../documents/refusal.ts';
import { drawFor, isDrawn, seedFingerprint } from '../../selectivity/draw.ts';
import type { Asked } from '../asked.ts';

import { loadRuleSet } from './in-force-queries.ts';

/** A draw that was made again from the seed that is kept. */
export interface RepeatedDraw {
  readonly ruleSet: number;
  readonly rule: string;
  readonly movementReference: string;
  readonly value: string;
  readonly share: string;
  readonly drawn: boolean;
  /** SHA-256 of the seed in hex, as selections record it. */
  readonly seed: string;
}

/**
 * Draws again for a declaration that was registered, so that an auditor can compare it with what was recorded; for any
 * other number it would tell who will be drawn.
 * @throws the refusals `DRAW-NOT-FOUND`, `DECLARATION-NOT-FOUND`
 */
export async function repeatDraw(
  { transaction }: Asked,
  ruleSet: number,
  rule: string,
  movementReference: string,
): Promise<RepeatedDraw> {
  const { rows } = await transaction.query({
    name: 'draw-declaration',
    text: 'select from declarations where mrn = $1 and channel is not null',
    values: [movementReference],
  });
  if (rows.length === 0)
    throw new Refusal(
      'not-found',
      'DECLARATION-WITHOUT-CHANNEL',
      'There is no declaration of that number that was given a channel.',
    );
  const set = await loadRuleSet(transaction, ruleSet);
  const share = set?.content.rules.find(({ id }) => id === rule)?.share;
  const seed = set === undefined || !Object.hasOwn(set.seeds, rule) ? undefined : set.seeds[rule];
  if (share === undefined || seed === undefined)
    throw new Refusal('not-found', 'DRAW-NOT-FOUND', 'There is no random rule of that id in that rule set.');
  const value = drawFor(seed, rule, movementReference);
  return { ruleSet, rule, movementReference, value, share, drawn: isDrawn(value, share), seed: seedFingerprint(seed) };
}
