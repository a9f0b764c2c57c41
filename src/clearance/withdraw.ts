import { Refusal } from '../documents/refusal.ts';
import { admitStep, reasonFrom } from './admit-step.ts';
import type { Asked } from './asked.ts';
import { changeDeclaration } from './change-declaration.ts';
import { type DeclarationRow, findDeclaration } from './declaration-row.ts';
import { forward } from './lodge.ts';
import type { ClearanceParts } from './ports.ts';
import { readVersion } from './versions.ts';

/**
 * Withdraws a declaration before its release: what it had set aside on certificates is given back, the country of
 * destination is told of an export, and the local reference stays used. Not while an inspection is ordered: once customs
 * has said that it will look at the goods, the declarant cannot step aside.
 * @throws the refusals `DECLARATION-NOT-FOUND`, `CHANGED-MEANWHILE`, `STATE-DOES-NOT-ALLOW`, `REASON-REQUIRED`,
 * `WITHDRAWAL-INSPECTION-OPEN`.
 */
export async function withdrawDeclaration(
  parts: ClearanceParts,
  asked: Asked,
  mrn: string,
  version: number | null,
  given: { readonly reason: string | null; readonly requestDigest?: string },
): Promise<DeclarationRow> {
  const seen = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  const { to, event } = admitStep(seen, version, 'withdraw');
  const reason = reasonFrom(given.reason);
  if (seen.open_inspections > 0)
    throw new Refusal(
      'conflict',
      'WITHDRAWAL-INSPECTION-OPEN',
      'An inspection of the goods is ordered; the declaration can be withdrawn when it is done.',
    );
  const document = await readVersion(asked.transaction, seen.id, seen.document_version);
  await parts.ledger.giveBack(asked.transaction, seen.id, asked.now);
  const row = await changeDeclaration(parts, asked, seen, version, {
    columns: { state: to, closed_at: asked.now, open_certificates: 0, assessment_open: false },
    event: {
      kind: event,
      reason,
      ...(given.requestDigest === undefined ? {} : { data: { requestDigest: given.requestDigest } }),
    },
    milestones: [{ milestone: 'MX', reason }],
    notice: { step: 'invalidated', statements: [{ code: 'WITHDRAWN', text: reason }] },
  });
  if (seen.state !== 'registered') await forward(parts, asked, row, { digest: Buffer.from(document.digest, 'hex') });
  return row;
}
