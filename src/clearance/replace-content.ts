import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import type { Fault } from '../documents/fault.ts';
import type { JsonObject } from '../documents/json.ts';
import type { Selection } from '../selectivity/selection.ts';
import type { Assessment } from '../tariff/assessment.ts';
import type { Asked } from './asked.ts';
import { changeDeclaration, notify, recordMilestone } from './change-declaration.ts';
import { declarantFor } from './declarant.ts';
import type { DeclarationRow } from './declaration-row.ts';
import { declaredColumns } from './declared-columns.ts';
import { dutyConsequenceOf } from './duty-consequence.ts';
import {
  type Acceptance,
  acceptanceOf,
  dutyNotice,
  type JudgedCase,
  type Judgement,
  judge,
  openOrders,
  ownProfile,
  selectChannel,
} from './judgement.ts';
import { forward, tellAcceptance } from './lodge.ts';
import { selectDecisions } from './officer/case-file.ts';
import { withheldItems } from './officer/duty-standing.ts';
import { openedPermits } from './opened-permits.ts';
import type { ClearanceParts } from './ports.ts';
import { faulty, type ReceivedDocument } from './received-document.ts';
import { type Registrable, registrableFrom } from './registrable.ts';
import { settleIfNothingOpen } from './settle.ts';
import type { Step } from './states.ts';
import { insertVersion, type VersionKind } from './versions.ts';

/** Another document for a declaration that was lodged. */
export interface NewContent {
  readonly document: ReceivedDocument;
  readonly facts: DeclarationFacts;
  readonly kind: Exclude<VersionKind, 'original'>;
  readonly reason: string;
  readonly step: Step;
  /** What the event keeps besides, such as the digest of the request. */
  readonly data?: JsonObject;
}

/**
 * Takes another document for a declaration: it is judged anew (duty, certificates, channel) and its version is kept
 * beside the earlier ones. The channel never gets milder; whatever an officer was to look at, they look at again. One
 * whose goods have arrived and that could not be accepted then is accepted now. After release only the duty changes.
 * @throws the refusals `DECLARATION-FAULTY` (also where the document is another declaration's), `CHANGED-MEANWHILE`.
 */
export async function replaceContent(
  parts: ClearanceParts,
  asked: Asked,
  seen: DeclarationRow,
  version: number | null,
  given: NewContent,
): Promise<DeclarationRow> {
  const content = registrableFrom(given.facts, parts.customs.offices);
  await refuseOtherDeclaration(asked, seen, given.kind, content);
  const judged: JudgedCase = {
    id: seen.id,
    mrn: seen.mrn,
    declarantFirmId: seen.declarant_firm_id,
    content,
    date: given.document.date,
  };
  const found = await judgeAgain(parts, asked, seen, judged);
  const owed = await dutyConsequenceOf(asked, seen, found.judgement);
  const accepts = seen.state === 'registered' && found.acceptance !== null;
  const columns = found.acceptance?.columns ?? {};
  const row = await changeDeclaration(parts, asked, seen, version, {
    columns: {
      ...declaredColumns(content.facts, ownProfile(parts)),
      ...columns,
      ...owed.columns,
      document_version: seen.document_version + 1,
      ...(found.acceptance === null
        ? { open_certificates: found.judgement.uses.filter((use) => use.state === 'awaited').length }
        : { assessment_open: columns.assessment_open === true || seen.assessment_open }),
      ...(accepts ? { state: 'in-clearance', accepted_at: asked.now } : {}),
    },
    event: {
      kind: given.step.event,
      reason: given.reason,
      data: { documentVersion: seen.document_version + 1, payment: owed.columns.payment, ...given.data },
    },
    milestones: accepts ? [] : owed.milestones,
    notice: {
      step: 'result',
      statements: [
        { code: 'CONTENT-TAKEN', text: `Version ${seen.document_version + 1} of the declaration was taken.` },
      ],
    },
  });
  // After the update: of two amendments at once, the slower one fails there and not at its version's number.
  keepVersion(asked, seen, given, found.judgement.assessment, found.selection);
  if (found.acceptance !== null) openOrders(asked.transaction, row.id, found.acceptance, asked.now);
  if (accepts && found.acceptance !== null) tellAcceptance(parts, asked, row, found.judgement, found.acceptance);
  else tellChange(parts, asked, seen, row, found);
  await forward(parts, asked, row, given.document);
  return settleIfNothingOpen(parts, asked, row);
}

interface Found {
  readonly judgement: Judgement;
  readonly selection: Selection | null;
  readonly acceptance: Acceptance | null;
}

async function judgeAgain(
  parts: ClearanceParts,
  asked: Asked,
  seen: DeclarationRow,
  judged: JudgedCase,
): Promise<Found> {
  const { transaction, now } = asked;
  if (seen.state === 'released' || seen.state === 'conditionally-released') {
    const assessment = await parts.duty.assess(transaction, judged.content.facts, judged.date);
    const uses = await parts.ledger.usesOf(transaction, seen.id);
    const judgement = { authorised: seen.authorised_trader, assessment, uses, papers: [] };
    return { judgement, selection: null, acceptance: null };
  }
  const judgement = await judge(
    parts,
    transaction,
    judged,
    now,
    withheldItems(await selectDecisions(transaction, seen.id)),
  );
  if (seen.state === 'registered' && seen.arrived_at === null) return { judgement, selection: null, acceptance: null };
  const selection = await selectChannel(parts, transaction, judged, judgement, now);
  const before = { row: seen, openedPermits: await openedPermits(transaction, seen.id) };
  return { judgement, selection, acceptance: acceptanceOf(parts, judgement, selection, before, now) };
}

function keepVersion(
  asked: Asked,
  seen: DeclarationRow,
  given: NewContent,
  assessment: Assessment,
  selection: Selection | null,
): void {
  insertVersion(asked.transaction, {
    declarationId: seen.id,
    number: seen.document_version + 1,
    kind: given.kind,
    document: given.document,
    facts: given.facts,
    assessment,
    selection,
    lodgedAt: asked.now,
    lodgedBy: { id: asked.actor.personId, name: asked.actor.name },
    reason: given.reason,
  });
}

function tellChange(
  parts: ClearanceParts,
  asked: Asked,
  seen: DeclarationRow,
  row: DeclarationRow,
  found: Found,
): void {
  parts.milestones.describeCase(
    asked.transaction,
    {
      declarationId: row.id,
      borderTransportMode: row.border_transport_mode,
      chapter: row.chapter,
      agreement: row.agreement,
      authorisedTrader: row.authorised_trader,
    },
    asked.now,
  );
  for (const milestone of found.acceptance?.milestones ?? []) recordMilestone(parts, asked, row, milestone);
  if (row.channel !== null && row.channel !== seen.channel)
    parts.milestones.noteChannel(asked.transaction, row.id, row.channel, asked.now);
  for (const notice of found.acceptance?.notices ?? []) notify(parts, asked, row, notice);
  const duty = row.state === 'registered' ? null : dutyNotice(found.judgement.assessment);
  if (duty !== null) notify(parts, asked, row, duty);
}

/** What makes a declaration this one and no other cannot be changed; for that it is withdrawn and lodged anew. */
async function refuseOtherDeclaration(
  asked: Asked,
  seen: DeclarationRow,
  kind: NewContent['kind'],
  content: Registrable,
): Promise<void> {
  const { facts } = content;
  const faults: Fault[] = [];
  const same = (pointer: string, before: string, after: string): void => {
    if (before === after) return;
    faults.push({
      code: 'AMENDMENT-OTHER-DECLARATION',
      pointer,
      message: 'This cannot be changed: withdraw the declaration and lodge another one.',
      found: after,
      expected: before,
    });
  };
  const named = facts.declarant?.id ?? '';
  const declarant = await declarantFor(asked, facts);
  if (declarant.firmId !== seen.declarant_firm_id) same('/declaration/declarant/id', 'the same declarant', named);
  if (kind === 'amendment') same('/declaration/functionalReferenceID', seen.lrn, content.localReference);
  same('/declaration/goodsShipment/ucr/traderAssignedReferenceID', seen.ucr, content.consignmentReference);
  same('/declaration/declarationOfficeID', seen.office, content.office);
  same('/declaration/typeCode', seen.procedure, content.procedure);
  if (faults.length > 0) throw faulty(faults);
}
