import type { JsonObject, JsonValue } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import { checkRuleSet } from '../../selectivity/check-rule-set.ts';
import type { RuleSet } from '../../selectivity/rule-set.ts';
import type { Reader } from '../../store/pool.ts';
import type { Asked } from '../asked.ts';
import { RULE_SET, type VersionView } from './change.ts';
import { hasPastDeclarations, latestDoneDryRun } from './dry-run-queries.ts';
import { type Approval, approveVersion, draftVersion } from './four-eyes.ts';
import { selectInForce } from './in-force-queries.ts';

async function listNamesInForce(reader: Reader, now: Date): Promise<ReadonlySet<string>> {
  const rows = await selectInForce(reader, now);
  return new Set(rows.flatMap((row) => (row.kind === 'list' ? [row.name] : [])));
}

/** A seed for every random rule. @param newSeed 32 bytes in hex */
export function seedsFor(ruleSet: RuleSet, newSeed: () => string): JsonObject {
  return Object.fromEntries(ruleSet.rules.flatMap(({ id, share }) => (share === undefined ? [] : [[id, newSeed()]])));
}

/**
 * Judges a rule set and keeps it as a draft under a new number, with fresh seeds for its random rules.
 * @throws the refusal `RULE-SET-FAULTY` with every fault
 */
export async function draftRuleSet(
  asked: Asked,
  json: JsonValue,
  reason: string,
  newSeed: () => string,
): Promise<VersionView> {
  const checked = checkRuleSet(json, await listNamesInForce(asked.transaction, asked.now));
  if (!checked.ok)
    throw new Refusal('invalid', 'RULE-SET-FAULTY', 'The rule set has faults; nothing was kept.', {
      faults: checked.faults.map((fault) => ({ ...fault, pointer: `/ruleSet${fault.pointer}` })),
    });
  return draftVersion(asked, RULE_SET, {
    content: json,
    seeds: seedsFor(checked.ruleSet, newSeed),
    reason,
  });
}

/**
 * Approves a rule set that a dry run of exactly this version has shown; on a node without past declarations a reason
 * stands in its place.
 * @throws the refusals of {@link approveVersion}, `DRY-RUN-MISSING`, `NO-DRY-RUN-REASON`
 */
export async function approveRuleSet(
  asked: Asked,
  number: number,
  seen: number,
  approval: Approval,
): Promise<VersionView> {
  return approveVersion(asked, RULE_SET, number, seen, approval, async () => {
    const dryRun = await latestDoneDryRun(asked.transaction, number);
    if (dryRun !== undefined) return dryRun;
    if (await hasPastDeclarations(asked.transaction))
      throw new Refusal(
        'conflict',
        'DRY-RUN-MISSING',
        'Run this version over past declarations first: no dry run of it has ended that looked at one.',
      );
    if (approval.reason === null)
      throw new Refusal(
        'invalid',
        'NO-DRY-RUN-REASON',
        'There are no past declarations for a dry run: say in "reason" why the rules shall hold without one.',
      );
    return null;
  });
}
