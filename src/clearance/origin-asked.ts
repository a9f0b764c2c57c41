import type { Transaction } from '../store/transaction.ts';
import { nodeActor } from './asked.ts';
import { changeDeclaration } from './change-declaration.ts';
import { lockDeclarations } from './declaration-row.ts';
import type { ClearanceParts } from './ports.ts';

/**
 * What follows for a declaration when the issuing country is asked about its certificate: an officer has taken it up, so
 * the node does not release it by itself any more, whatever else closes (ATIGA annex 8, rule 18 (c): preference may be
 * suspended meanwhile, and the goods be let go against security).
 */
export async function originAsked(
  parts: ClearanceParts,
  transaction: Transaction,
  question: { readonly declarationId: string; readonly queryId: string; readonly certificateNumber: string },
  now: Date,
): Promise<void> {
  const [row] = await lockDeclarations(transaction, [question.declarationId]);
  if (row === undefined || row.state !== 'in-clearance' || row.assessment_open) return;
  await changeDeclaration(parts, { transaction, now, actor: nodeActor(parts) }, row, null, {
    columns: { assessment_open: true },
    event: {
      kind: 'declaration.origin-asked',
      data: { queryId: question.queryId, certificateNumber: question.certificateNumber },
    },
  });
}
