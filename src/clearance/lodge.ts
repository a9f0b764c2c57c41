import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import { Refusal } from '../documents/refusal.ts';
import type { Selection } from '../selectivity/selection.ts';
import { type ArrivalReport, arrivalData, arrivalMilestone } from './arrival-note.ts';
import type { Asked } from './asked.ts';
import {
  appendDeclarationEvent,
  type MilestoneNote,
  milestoneReport,
  notify,
  recordMilestone,
} from './change-declaration.ts';
import { type Declarant, declarantFor } from './declarant.ts';
import type { DeclarationRow } from './declaration-row.ts';
import { declaredColumns } from './declared-columns.ts';
import { insertDeclaration } from './insert-declaration.ts';
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
import { makeMovementReference } from './movement-reference.ts';
import { paymentOf } from './outstanding.ts';
import type { ClearanceParts } from './ports.ts';
import { type ReceivedDocument, refuseFaulty } from './received-document.ts';
import { refuseUnusableReferences } from './references.ts';
import { type Registrable, registrableFrom } from './registrable.ts';
import { settleIfNothingOpen } from './settle.ts';
import { insertVersion } from './versions.ts';

/** A declaration as it was lodged, with all that was found. */
export interface Lodged {
  readonly row: DeclarationRow;
  readonly declarant: Declarant;
  readonly judgement: Judgement;
}

/**
 * Lodges a declaration, step by step: its faults are told all together; its declarant is the actor's firm or one that it
 * has a mandate for; earlier declarations that it refers to can be used; it gets its number; duty is computed and the
 * quantities of its certificates are set aside; goods that are there get their channel; everything is stored with the
 * document as it came; the declarant is told; what is green with nothing open is released. One lodged ahead of the goods
 * is registered and waits for their arrival.
 * @throws the refusals `DECLARATION-FAULTY`, `DECLARANT-NOT-YOURS`, `LRN-TAKEN`.
 */
export async function lodgeDeclaration(
  parts: ClearanceParts,
  asked: Asked,
  document: ReceivedDocument,
  arrival: ArrivalReport | null,
): Promise<Lodged> {
  const { facts } = refuseFaulty(document.reading);
  const content = registrableFrom(facts, parts.customs.offices);
  const declarant = await declarantFor(asked, facts, { number: true });
  if (declarant.takenBy !== null) throw lrnTaken(content.localReference, declarant.takenBy);
  await refuseUnusableReferences(parts, asked.transaction, declarant, facts);
  const judged = numbered(parts, declarant, content, document.date);
  const judgement = await judge(parts, asked.transaction, judged, asked.now);
  const ahead = facts.lodgedAhead && arrival === null;
  const selection = ahead ? null : await selectChannel(parts, asked.transaction, judged, judgement, asked.now);
  const acceptance = selection === null ? null : acceptanceOf(parts, judgement, selection, null, asked.now);
  const row = await register(parts, asked, { judged, declarant, judgement, acceptance, arrival });
  keep(asked, document, row, { facts, judgement, selection, acceptance });
  await tell(parts, asked, row, { judgement, acceptance, arrival });
  await forward(parts, asked, row, document);
  return { row: await settleIfNothingOpen(parts, asked, row), declarant, judgement };
}

/** The refusal of a local reference that was used, with the declaration that has it; only its declarant is told. */
export function lrnTaken(localReference: string, mrn: string): Refusal {
  return new Refusal(
    'conflict',
    'LRN-TAKEN',
    `The local reference ${localReference} was used already, for the declaration ${mrn}. Take another one, or amend that declaration.`,
  );
}

function numbered(parts: ClearanceParts, declarant: Declarant, content: Registrable, date: string): JudgedCase {
  if (declarant.serial === null) throw new Error('no number was taken for a declaration');
  return {
    id: parts.newId(),
    mrn: makeMovementReference(parts.country, Number(date.slice(0, 4)), declarant.serial),
    declarantFirmId: declarant.firmId,
    content,
    date,
    isNew: true,
  };
}

interface Registration {
  readonly judged: JudgedCase;
  readonly declarant: Declarant;
  readonly judgement: Judgement;
  readonly acceptance: Acceptance | null;
  readonly arrival: ArrivalReport | null;
}

async function register(parts: ClearanceParts, asked: Asked, registration: Registration): Promise<DeclarationRow> {
  const { judged, declarant, judgement, acceptance, arrival } = registration;
  const { content } = judged;
  const { actor, now } = asked;
  const row = await insertDeclaration(asked.transaction, {
    id: judged.id,
    mrn: judged.mrn,
    state: acceptance === null ? 'registered' : 'in-clearance',
    channel: null,
    procedure: content.procedure,
    type_code: content.facts.typeCode,
    lrn: content.localReference,
    ucr: content.consignmentReference,
    declarant_firm_id: declarant.firmId,
    lodged_by_firm_id: actor.firmId ?? declarant.firmId,
    lodged_by: actor.personId,
    office: content.office,
    document_version: 1,
    ...declaredColumns(content.facts, ownProfile(parts)),
    authorised_trader: judgement.authorised,
    open_queries: 0,
    answered_queries: 0,
    open_inspections: 0,
    open_permits: 0,
    refused_permits: 0,
    open_certificates: judgement.uses.filter((use) => use.state === 'awaited').length,
    assessment_open: false,
    payment: paymentOf(judgement.assessment),
    claimed_by: null,
    claimed_by_name: null,
    claimed_at: null,
    lodged_at: now,
    accepted_at: acceptance === null ? null : now,
    arrived_at: arrival?.at ?? null,
    channel_at: null,
    target_at: null,
    assessment_started_at: null,
    certificate_arrived_at: null,
    released_at: null,
    closed_at: null,
    ...acceptance?.columns,
  });
  if (row !== undefined) return row;
  const { takenBy } = await declarantFor(asked, content.facts);
  throw lrnTaken(content.localReference, takenBy ?? 'of this moment');
}

/** The document byte for byte, what was read and computed, and what the system orders. */
function keep(
  asked: Asked,
  document: ReceivedDocument,
  row: DeclarationRow,
  found: {
    readonly facts: DeclarationFacts;
    readonly judgement: Judgement;
    readonly selection: Selection | null;
    readonly acceptance: Acceptance | null;
  },
): void {
  insertVersion(asked.transaction, {
    declarationId: row.id,
    number: 1,
    kind: 'original',
    document,
    facts: found.facts,
    assessment: found.judgement.assessment,
    selection: found.selection,
    lodgedAt: asked.now,
    lodgedBy: { id: asked.actor.personId, name: asked.actor.name },
    reason: null,
  });
  if (found.acceptance !== null) openOrders(asked.transaction, row.id, found.acceptance, asked.now);
}

/** The event, the milestones and the responses of a lodgement. */
async function tell(
  parts: ClearanceParts,
  asked: Asked,
  row: DeclarationRow,
  found: Pick<Registration, 'judgement' | 'acceptance' | 'arrival'>,
): Promise<void> {
  const { judgement, acceptance, arrival } = found;
  const milestones: MilestoneNote[] = [
    { milestone: 'M0' },
    ...(arrival === null ? [] : [arrivalMilestone(asked, arrival)]),
    ...(acceptance === null ? [] : acceptanceMilestones(row, judgement, acceptance)),
  ];
  parts.milestones.openCase(
    asked.transaction,
    {
      declarationId: row.id,
      movementReference: row.mrn,
      consignmentReference: row.ucr,
      procedure: row.procedure,
      office: row.office,
      declarantFirmId: row.declarant_firm_id,
      borderTransportMode: row.border_transport_mode,
      chapter: row.chapter,
      agreement: row.agreement,
      authorisedTrader: row.authorised_trader,
    },
    asked.now,
    milestones.map((note) => milestoneReport(parts, asked, row, note)),
  );
  await appendDeclarationEvent(asked, row, {
    kind: acceptance === null ? 'declaration.registered' : 'declaration.accepted',
    data: {
      localReference: row.lrn,
      channel: row.channel,
      payment: row.payment,
      ...(arrival === null ? {} : arrivalData(arrival)),
    },
  });
  if (acceptance === null) notify(parts, asked, row, { step: 'registered' });
  else tellAccepted(parts, asked, row, judgement, acceptance);
}

/** What an acceptance leaves besides the row: M3, M4 and what follows, the channel of the case, and the responses. */
export function tellAcceptance(
  parts: ClearanceParts,
  asked: Asked,
  row: DeclarationRow,
  judgement: Judgement,
  acceptance: Acceptance,
): void {
  for (const note of acceptanceMilestones(row, judgement, acceptance)) recordMilestone(parts, asked, row, note);
  tellAccepted(parts, asked, row, judgement, acceptance);
}

/** The milestones of an acceptance in their order. */
function acceptanceMilestones(
  row: DeclarationRow,
  { assessment }: Judgement,
  acceptance: Acceptance,
): readonly MilestoneNote[] {
  const isDue = dutyNotice(assessment) !== null && row.payment === 'due';
  return [
    { milestone: 'M3', role: 'customs' },
    ...acceptance.milestones,
    ...(isDue ? [{ milestone: 'M9a', role: 'customs' } as const] : []),
  ];
}

function tellAccepted(
  parts: ClearanceParts,
  asked: Asked,
  row: DeclarationRow,
  judgement: Judgement,
  acceptance: Acceptance,
): void {
  if (row.channel !== null) parts.milestones.noteChannel(asked.transaction, row.id, row.channel, asked.now);
  notify(parts, asked, row, { step: 'accepted', acceptedAt: asked.now.toISOString() });
  for (const notice of acceptance.notices) notify(parts, asked, row, notice);
  const duty = dutyNotice(judgement.assessment);
  if (duty !== null) notify(parts, asked, row, duty);
}

/** Export declarations that are accepted go on to the country of destination. */
export async function forward(
  parts: ClearanceParts,
  asked: Asked,
  row: DeclarationRow,
  document: Pick<ReceivedDocument, 'digest'>,
): Promise<void> {
  if (row.procedure !== 'export' || row.state === 'registered') return;
  await parts.forwarder.accepted(
    asked.transaction,
    {
      movementReference: row.mrn,
      consignmentReference: row.ucr,
      destinationCountry: row.destination_country,
      documentDigest: document.digest.toString('hex'),
      documentVersion: row.document_version,
      withdrawn: row.state === 'withdrawn',
    },
    asked.now,
  );
}
