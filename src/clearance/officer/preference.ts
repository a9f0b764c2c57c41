import { Refusal } from '../../documents/refusal.ts';
import type { Asked } from '../asked.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import type { CertificateUse } from '../ports.ts';
import { changeByOfficer, declarationToActOn, givenText } from './act.ts';
import { insertDecision } from './decisions.ts';
import type { DutyStanding } from './duty-standing.ts';
import { refuseUnknownItems } from './items.ts';
import { claimedFacts } from './officer-facts.ts';
import type { OfficerParts } from './parts.ts';
import { settleCase } from './settle-case.ts';
import type { DecisionReason } from './standing.ts';
import { dutyConsequence, dutyNotice } from './told-duty.ts';
import { dutyAfter, readWorkingCase, type WorkingCase } from './working.ts';

/** A decision about the preference of some items. */
export interface PreferenceDecision {
  readonly itemSequences: readonly number[];
  readonly reasons: readonly DecisionReason[];
}

/** What the decision came to. */
export interface PreferenceOutcome {
  readonly row: DeclarationRow;
  readonly duty: DutyStanding;
}

/**
 * Withholds the preference of items: the rate without preference is due for them, and what their certificates had set
 * aside is given back. A later decision can restore it; both are kept.
 * @throws the refusals of an act, `REASON-REQUIRED`, `ITEM-UNKNOWN`, `PREFERENCE-NOT-CLAIMED`
 */
export async function withholdPreference(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  decision: PreferenceDecision,
): Promise<PreferenceOutcome> {
  const reasons = checkedReasons(decision.reasons);
  const row = await declarationToActOn(asked, mrn, version);
  const working = await readWorkingCase(parts, asked.transaction, row, asked.now);
  const items = checkedItems(row, working, decision.itemSequences, false);
  const withheld = new Set([...working.withheld, ...items]);
  await parts.ledger.giveBack(asked.transaction, row.id, asked.now, items);
  const uses = await parts.ledger.usesOf(asked.transaction, row.id);
  return decide(parts, asked, row, working, {
    kind: 'preference-withheld',
    items,
    reasons,
    withheld,
    uses,
    words: `Preference withheld for ${named(items)}.`,
  });
}

/**
 * Restores the preference of items for which it was withheld: the rate of the claim is due again, and their certificates
 * are drawn on again, as far as there is quantity left.
 * @throws as {@link withholdPreference}, with `PREFERENCE-NOT-WITHHELD`
 */
export async function restorePreference(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  decision: PreferenceDecision,
): Promise<PreferenceOutcome> {
  const reasons = checkedReasons(decision.reasons);
  const row = await declarationToActOn(asked, mrn, version);
  const working = await readWorkingCase(parts, asked.transaction, row, asked.now);
  const items = checkedItems(row, working, decision.itemSequences, true);
  const withheld = new Set([...working.withheld].filter((sequence) => !items.includes(sequence)));
  const uses = await parts.ledger.reserve(
    asked.transaction,
    {
      declarationId: row.id,
      movementReference: row.mrn,
      facts: claimedFacts(working.document.facts, withheld),
      importerIdentifier: working.document.facts.importer?.id ?? null,
    },
    asked.now,
  );
  return decide(parts, asked, row, working, {
    kind: 'preference-restored',
    items,
    reasons,
    withheld,
    uses,
    words: `Preference restored for ${named(items)}.`,
  });
}

async function decide(
  parts: OfficerParts,
  asked: Asked,
  row: DeclarationRow,
  working: WorkingCase,
  decision: {
    readonly kind: 'preference-withheld' | 'preference-restored';
    readonly items: readonly number[];
    readonly reasons: readonly DecisionReason[];
    readonly withheld: ReadonlySet<number>;
    readonly uses: readonly CertificateUse[];
    readonly words: string;
  },
): Promise<PreferenceOutcome> {
  const { withheld, uses, reasons, items } = decision;
  const duty = dutyAfter(working, { withheld, uses });
  const consequence = dutyConsequence(asked, row, duty);
  const changed = await changeByOfficer(parts, asked, row, {
    columns: {
      ...consequence.columns,
      open_certificates: uses.filter((use) => use.state === 'awaited').length,
    },
    event: {
      kind: `declaration.${decision.kind}`,
      reason: reasons.map((one) => one.reason).join('\n'),
      data: { items: [...items], due: duty.due, payment: duty.payment },
    },
    milestones: consequence.milestones,
    notice: dutyNotice(working, duty, [decision.words, ...reasons.map((one) => one.reason)]),
  });
  insertDecision(asked.transaction, {
    id: parts.newId(),
    declarationId: row.id,
    kind: decision.kind,
    documentVersion: row.document_version,
    itemSequences: items,
    reasons,
    detail: { due: duty.due, dueBefore: working.duty.due },
    decidedBy: asked.actor.personId,
    decidedByName: asked.actor.name,
    decidedAt: asked.now,
  });
  return { row: await settleCase(parts, asked, changed), duty };
}

function checkedReasons(reasons: readonly DecisionReason[]): DecisionReason[] {
  if (reasons.length === 0) throw new Refusal('invalid', 'REASON-REQUIRED', 'Say why.');
  return reasons.map((one) => ({ ...one, reason: givenText(one.reason, 'why') }));
}

function checkedItems(
  row: DeclarationRow,
  { document, withheld }: WorkingCase,
  sequences: readonly number[],
  isWithheld: boolean,
): number[] {
  refuseUnknownItems(row, sequences);
  const items = [...new Set(sequences)].sort((one, other) => one - other);
  const claiming = new Set(
    document.assessment.items.filter((item) => item.agreement !== null).map((item) => item.sequence),
  );
  for (const sequence of items) {
    if (!claiming.has(sequence))
      throw new Refusal('conflict', 'PREFERENCE-NOT-CLAIMED', `Item ${sequence} claims no preference.`);
    if (withheld.has(sequence) === isWithheld) continue;
    throw isWithheld
      ? new Refusal('conflict', 'PREFERENCE-NOT-WITHHELD', `The preference of item ${sequence} is not withheld.`)
      : new Refusal(
          'conflict',
          'PREFERENCE-WITHHELD-ALREADY',
          `The preference of item ${sequence} is withheld already.`,
        );
  }
  return items;
}

function named(items: readonly number[]): string {
  return `${items.length === 1 ? 'item' : 'items'} ${items.join(', ')}`;
}
