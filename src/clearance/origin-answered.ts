import type { Transaction } from '../store/transaction.ts';
import { nodeActor } from './asked.ts';
import { changeDeclaration } from './change-declaration.ts';
import { lockDeclarations } from './declaration-row.ts';
import type { ClearanceParts } from './ports.ts';

/**
 * What follows for a declaration when the issuing country answered about its certificate: it stands among those with
 * news of a certificate, and an officer has to look where not all was confirmed. Whether preference is withheld is the
 * officer's decision (ATIGA annex 8, rule 18 (d)).
 */
export async function originAnswered(
  parts: ClearanceParts,
  transaction: Transaction,
  answer: {
    readonly declarationId: string;
    readonly queryId: string;
    readonly certificateNumber: string;
    readonly confirmed: boolean;
    readonly words: string;
  },
  now: Date,
): Promise<void> {
  const [row] = await lockDeclarations(transaction, [answer.declarationId]);
  if (row === undefined || row.state === 'withdrawn' || row.state === 'seized') return;
  const isOpen = row.state !== 'released';
  await changeDeclaration(parts, { transaction, now, actor: nodeActor(parts) }, row, null, {
    columns: {
      certificate_arrived_at: now,
      ...(isOpen && !answer.confirmed ? { assessment_open: true } : {}),
    },
    event: {
      kind: 'declaration.origin-answered',
      reason: answer.words,
      data: { queryId: answer.queryId, certificateNumber: answer.certificateNumber, confirmed: answer.confirmed },
    },
  });
}
