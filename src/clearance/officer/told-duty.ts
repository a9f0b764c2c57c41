import type { Asked } from '../asked.ts';
import type { MilestoneNote, Notice } from '../change-declaration.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import { reported } from './act.ts';
import type { DutyStanding } from './duty-standing.ts';
import type { PaymentRecord } from './standing.ts';
import type { WorkingCase } from './working.ts';

/** What follows for the declaration when its duty or what covers it changes. */
export interface DutyConsequence {
  readonly columns: { readonly payment: DutyStanding['payment'] };
  readonly milestones: readonly MilestoneNote[];
}

/**
 * The payment as it stands afterwards, with the milestones of waiting for it: M9a when duty becomes due, M9b when what
 * was due is covered, or is due no more. Before the goods are there nobody waits for it.
 * @param covered the payment that covered it, where one did: its moment is that of M9b
 */
export function dutyConsequence(
  asked: Asked,
  row: Pick<DeclarationRow, 'payment' | 'state'>,
  after: DutyStanding,
  covered?: Pick<PaymentRecord, 'occurredAt'>,
): DutyConsequence {
  const { payment } = after;
  if (row.state === 'registered') return { columns: { payment }, milestones: [] };
  const begins = payment === 'due' && row.payment !== 'due';
  const ends = payment !== 'due' && row.payment === 'due';
  const m9b: MilestoneNote = {
    milestone: 'M9b',
    role: 'trader',
    ...(covered === undefined
      ? { reason: 'What was due is due no more.' }
      : reported(asked, new Date(covered.occurredAt))),
  };
  return {
    columns: { payment },
    milestones: begins ? [{ milestone: 'M9a', role: 'customs' }] : ends ? [m9b] : [],
  };
}

/** Duty type of the vocabulary's users (UN/EDIFACT 5153): customs duty. */
const CUSTOMS_DUTY = 'A00';

/** The duty as the declarant is told it: item by item what is payable, and by what rate. */
export function dutyNotice(working: WorkingCase, after: DutyStanding, words: readonly string[]): Notice {
  const { items } = working.officer?.assessment ?? working.document.assessment;
  const assessed = new Map(items.map((item) => [item.sequence, item]));
  const total =
    after.due === null
      ? 'The duty is not known yet.'
      : `Due: ${after.due.amount} ${after.currency}. Paid: ${after.paid.amount}. Secured: ${after.secured.amount}.`;
  return {
    step: 'duty',
    statements: [...words, total].map((text) => ({ code: 'DUTY', text })),
    duties: after.items.flatMap((item) => {
      const found = assessed.get(item.sequence);
      if (item.due === null || found === undefined) return [];
      return [
        {
          itemSequence: item.sequence,
          typeCode: CUSTOMS_DUTY,
          preferenceCode: found.preferenceCode,
          baseAmount: found.customsValue,
          ratePercent: null,
          payable: item.due,
        },
      ];
    }),
  };
}
