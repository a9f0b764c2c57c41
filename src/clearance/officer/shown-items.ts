import type { JsonObject } from '../../documents/json.ts';
import { isArray } from '../../documents/json.ts';
import type { DecisionRecord } from './standing.ts';

/** Goods items in one answer: a declaration may have 9,999, an officer looks at a screenful. */
export const MOST_ITEMS_SHOWN = 200;

/** The items from a sequence on, as many as one answer shows. */
export function itemsFrom<Item extends { readonly sequence: number }>(items: readonly Item[], from = 1): Item[] {
  return items.filter((item) => item.sequence >= from).slice(0, MOST_ITEMS_SHOWN);
}

/** A decision as the verdict shows it: its assessment stands on its own, of long results the beginning. */
export function shownDecision(decision: DecisionRecord): DecisionRecord {
  const { assessment: _, results, findings, ...detail } = decision.detail;
  const shown: JsonObject = {
    ...detail,
    ...(isArray(results) ? { results: results.slice(0, MOST_ITEMS_SHOWN) } : {}),
    ...(isArray(findings) ? { findings: findings.slice(0, MOST_ITEMS_SHOWN) } : {}),
  };
  return { ...decision, itemSequences: decision.itemSequences.slice(0, MOST_ITEMS_SHOWN), detail: shown };
}
