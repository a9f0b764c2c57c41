import type { Transaction } from '../store/transaction.ts';
import { type Acting, nodeActor } from './asked.ts';
import { changeDeclaration } from './change-declaration.ts';
import { type DeclarationRow, lockDeclarations } from './declaration-row.ts';
import type { CertificateUse, ClearanceParts } from './ports.ts';
import { settleIfNothingOpen } from './settle.ts';

/**
 * What follows for declarations when certificates that they waited for came or were answered: fewer are open, an officer
 * has to look where one cannot be used, the declarant is told, and a green declaration with nothing else open is
 * released. Called by the ledger in a transaction of its own; declarations that are closed stay as they are.
 */
export async function certificatesResolved(
  parts: ClearanceParts,
  transaction: Transaction,
  declarationIds: readonly string[],
  now: Date,
): Promise<void> {
  const acting: Acting = { transaction, now, actor: nodeActor(parts) };
  for (const row of await lockDeclarations(transaction, declarationIds)) {
    if (row.state === 'released' || row.state === 'withdrawn' || row.state === 'seized') continue;
    const uses = await parts.ledger.usesOf(transaction, row.id);
    await settleIfNothingOpen(parts, acting, await noteArrival(parts, acting, row, uses));
  }
}

async function noteArrival(
  parts: ClearanceParts,
  acting: Acting,
  row: DeclarationRow,
  uses: readonly CertificateUse[],
): Promise<DeclarationRow> {
  const awaited = uses.filter((use) => use.state === 'awaited').length;
  const refused = uses.filter((use) => use.state === 'refused');
  const decided = uses.filter((use) => use.state === 'reserved' || use.state === 'refused');
  return changeDeclaration(parts, acting, row, null, {
    columns: {
      open_certificates: awaited,
      certificate_arrived_at: acting.now,
      ...(refused.length === 0 ? {} : { assessment_open: true }),
    },
    event: {
      kind: 'declaration.certificates-resolved',
      data: { awaited, refused: refused.map(({ certificateNumber }) => certificateNumber) },
    },
    notice: {
      step: 'result',
      statements: decided.map((use) => ({
        code: use.state === 'refused' ? (use.code ?? 'CERTIFICATE-REFUSED') : 'CERTIFICATE-RESERVED',
        text: `Item ${use.itemSequence}, certificate ${use.certificateNumber}: ${use.reason}`,
      })),
    },
  });
}
