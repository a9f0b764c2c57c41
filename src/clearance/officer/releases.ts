import { Refusal } from '../../documents/refusal.ts';
import type { Asked } from '../asked.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import { releaseGoods, releaseStanding } from '../release.ts';
import { changeByOfficer, declarationToActOn, givenText, takenUp } from './act.ts';
import { insertDecision } from './decisions.ts';
import { conditionalReleaseHindrances, type Hindrance, releaseHindrances } from './hindrances.ts';
import type { OfficerParts } from './parts.ts';
import type { DecisionKind, DecisionReason } from './standing.ts';
import { readWorkingCase } from './working.ts';

/**
 * Releases the goods for good, also after a conditional release. Refused with everything that hinders it.
 * @throws the refusals of an act, `RELEASE-HINDERED`
 */
export async function release(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  reasons: readonly DecisionReason[],
): Promise<DeclarationRow> {
  const row = await declarationToActOn(asked, mrn, version, { states: ['in-clearance', 'conditionally-released'] });
  const working = await readWorkingCase(parts, asked.transaction, row, asked.now);
  refuseHindered(releaseHindrances(releaseStanding(row), working.uses, working.withheld, working.originQueries));
  return letGo(parts, asked, row, { conditional: false, reasons, due: working.duty.due });
}

/**
 * Releases the goods against security before everything is decided (WTO TFA article 7.3): a certificate may be awaited,
 * the assessment unfinished. What was paid and secured has to cover the duty without the preferences that are in doubt.
 * @throws the refusals of an act, `RELEASE-HINDERED`, `REASON-REQUIRED`
 */
export async function releaseConditionally(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  reasons: readonly DecisionReason[],
): Promise<DeclarationRow> {
  if (reasons.length === 0) throw new Refusal('invalid', 'REASON-REQUIRED', 'Say what is still to be decided.');
  const row = await declarationToActOn(asked, mrn, version, { states: ['in-clearance'] });
  const working = await readWorkingCase(parts, asked.transaction, row, asked.now);
  refuseHindered(conditionalReleaseHindrances(releaseStanding(row), working.duty));
  return letGo(parts, asked, row, { conditional: true, reasons, due: working.duty.atStake });
}

/**
 * Seizes the goods (MX): the end of the declaration; what certificates had set aside for it is given back.
 * @throws the refusals of an act, `REASON-REQUIRED`
 */
export async function seize(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  reasons: readonly DecisionReason[],
): Promise<DeclarationRow> {
  const given = checked(reasons);
  if (given.length === 0) throw new Refusal('invalid', 'REASON-REQUIRED', 'Say why the goods are seized.');
  const row = await declarationToActOn(asked, mrn, version);
  await parts.ledger.giveBack(asked.transaction, row.id, asked.now);
  const changed = await changeByOfficer(parts, asked, row, {
    columns: { state: 'seized', closed_at: asked.now },
    event: { kind: 'declaration.seized', reason: given.map((one) => one.reason).join('\n') },
    milestones: [{ milestone: 'MX', role: 'customs', reason: 'seized' }],
    notice: { step: 'result', statements: given.map((one) => ({ code: 'SEIZED', text: one.reason })) },
  });
  keep(parts, asked, row, 'seizure', given, {});
  return changed;
}

async function letGo(
  parts: OfficerParts,
  asked: Asked,
  row: DeclarationRow,
  terms: {
    readonly conditional: boolean;
    readonly reasons: readonly DecisionReason[];
    readonly due: { readonly amount: string; readonly currency: string } | null;
  },
): Promise<DeclarationRow> {
  const reasons = checked(terms.reasons);
  const taken = takenUp(asked, row);
  const claimed =
    Object.keys(taken.columns).length === 0
      ? row
      : await changeByOfficer(parts, asked, row, { columns: {}, event: { kind: 'declaration.claimed' } });
  const released = await releaseGoods(parts, asked, claimed, claimed.version, {
    conditional: terms.conditional,
    reasons: reasons.map((one) => one.reason),
  });
  keep(parts, asked, row, terms.conditional ? 'conditional-release' : 'release', reasons, { due: terms.due });
  return released;
}

function refuseHindered(hindrances: readonly Hindrance[]): void {
  if (hindrances.length === 0) return;
  throw new Refusal('conflict', 'RELEASE-HINDERED', hindrances.map(({ reason }) => reason).join(' '), {
    faults: hindrances.map(({ code, reason }) => ({ code, pointer: '', message: reason })),
  });
}

function checked(reasons: readonly DecisionReason[]): DecisionReason[] {
  return reasons.map((one) => ({ ...one, reason: givenText(one.reason, 'why') }));
}

function keep(
  parts: OfficerParts,
  asked: Asked,
  row: DeclarationRow,
  kind: DecisionKind,
  reasons: readonly DecisionReason[],
  detail: { readonly due?: { readonly amount: string; readonly currency: string } | null },
): void {
  insertDecision(asked.transaction, {
    id: parts.newId(),
    declarationId: row.id,
    kind,
    documentVersion: row.document_version,
    itemSequences: [],
    reasons,
    detail: { ...detail },
    decidedBy: asked.actor.personId,
    decidedByName: asked.actor.name,
    decidedAt: asked.now,
  });
}
