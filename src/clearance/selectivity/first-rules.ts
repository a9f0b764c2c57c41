import { readFileSync } from 'node:fs';
import type { JsonValue } from '../../documents/json.ts';
import { checkRuleSet } from '../../selectivity/check-rule-set.ts';
import { appendEvent, type EventActor } from '../../store/log.ts';
import type { Pool } from '../../store/pool.ts';
import { inTransaction } from '../../store/transaction.ts';
import { RULE_SET } from './change.ts';
import { seedsFor } from './rule-sets.ts';
import { insertStep, insertVersion, lockChanged, nextNumber } from './version-queries.ts';

/** Read here and not as part of the schema set: everybody may read that, and nobody outside of customs these. */
const FILE = new URL('../../../schemas/selectivity/default.json', import.meta.url);

const NODE: EventActor = { id: 'selectivity', name: 'Selectivity', role: 'node' };

/**
 * Puts the first rules of a new node in force, so that no declaration is without rules; does nothing when there are any.
 * @returns whether it did
 * @throws Error when the file is not a rule set: the installation is broken
 */
export async function installFirstRules(pool: Pool, now: Date, newSeed: () => string): Promise<boolean> {
  const json: JsonValue = JSON.parse(readFileSync(FILE, 'utf8'));
  const checked = checkRuleSet(json, new Set());
  if (!checked.ok) throw new Error('schemas/selectivity/default.json is no rule set: the installation is broken.');
  return inTransaction(pool, async (transaction) => {
    await lockChanged(transaction, RULE_SET);
    if ((await nextNumber(transaction, RULE_SET)) !== 1) return false;
    const by = { at: now, byId: NODE.id, byName: NODE.name };
    const reason = 'The first rules of a new node.';
    transaction.later(
      insertVersion(RULE_SET, { number: 1, content: json, seeds: seedsFor(checked.ruleSet, newSeed), reason, ...by }),
    );
    transaction.later(insertStep(RULE_SET, 1, { step: 'approved', reason, inForceFrom: now, dryRunId: null, ...by }));
    await appendEvent(transaction, {
      kind: 'selectivity-rule-set.installed',
      subject: `selectivity/${RULE_SET.kind}/${RULE_SET.name}`,
      actor: NODE,
      occurredAt: now,
      reason,
      data: { number: 1 },
    });
    return true;
  });
}
