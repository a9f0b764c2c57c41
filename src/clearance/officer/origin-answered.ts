import type { Transaction } from '../../store/transaction.ts';
import { type Acting, nodeActor } from '../asked.ts';
import { changeDeclaration } from '../change-declaration.ts';
import { lockDeclarations } from '../declaration-row.ts';
import type { ClearanceParts } from '../ports.ts';

/** The answer of an issuing country about a certificate of a declaration. */
export interface OriginAnswerNote {
  readonly declarationId: string;
  readonly certificateNumber: string;
  /** Whether all of it was confirmed. */
  readonly confirmed: boolean;
  readonly words: string;
}

/**
 * What follows for a declaration when the issuing country answers: an officer has to look, whatever the answer is, as
 * only an officer decides on a preference. Called by the origin queries in the transaction that keeps the answer; a
 * declaration that has ended only keeps the event.
 */
export async function originAnswered(
  parts: ClearanceParts,
  transaction: Transaction,
  answer: OriginAnswerNote,
  now: Date,
): Promise<void> {
  const acting: Acting = { transaction, now, actor: nodeActor(parts) };
  for (const row of await lockDeclarations(transaction, [answer.declarationId])) {
    const open = row.state === 'in-clearance' || row.state === 'conditionally-released';
    await changeDeclaration(parts, acting, row, null, {
      columns: open ? { assessment_open: true, certificate_arrived_at: now } : {},
      event: {
        kind: 'declaration.origin-answered',
        reason: answer.words,
        data: { certificateNumber: answer.certificateNumber, confirmed: answer.confirmed },
      },
    });
  }
}
