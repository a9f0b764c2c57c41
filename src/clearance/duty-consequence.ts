import type { Asked } from './asked.ts';
import type { MilestoneNote } from './change-declaration.ts';
import type { DeclarationRow } from './declaration-row.ts';
import type { Judgement } from './judgement.ts';
import { selectDecisions, selectPayments } from './officer/case-file.ts';
import { dutyStanding, withheldItems } from './officer/duty-standing.ts';
import { dutyConsequence } from './officer/told-duty.ts';

/** What is to be paid by another content or on another day, with what was paid, secured and withheld before. */
export async function dutyConsequenceOf(
  asked: Asked,
  seen: DeclarationRow,
  { assessment, uses }: Pick<Judgement, 'assessment' | 'uses'>,
): Promise<{
  readonly columns: { readonly payment: DeclarationRow['payment'] };
  readonly milestones: readonly MilestoneNote[];
}> {
  const payments = await selectPayments(asked.transaction, seen.id);
  const withheld = withheldItems(await selectDecisions(asked.transaction, seen.id));
  const after = dutyStanding({ declared: assessment, officer: null, withheld, uses, payments });
  const { columns, milestones } = dutyConsequence(asked, seen, after);
  return { columns, milestones: seen.state === 'registered' ? [] : milestones };
}
