import type { ResponseContent } from '../documents/declaration/response-content.ts';
import type { JsonObject } from '../documents/json.ts';
import { appendEvent } from '../store/log.ts';
import { changedMeanwhile, type Statement } from '../store/pool.ts';
import type { MilestoneReport } from '../timing/milestone.ts';
import { type Acting, eventActor } from './asked.ts';
import type { ChangeableColumns, DeclarationRow } from './declaration-row.ts';
import type { ClearanceParts } from './ports.ts';
import { waitingFor } from './waiting-for.ts';

/**
 * A milestone to be recorded with a change. What is not said: it happens now, to the second, in the zone of the
 * administration, by whoever acts (people of firms as traders, everybody else as customs), and the node saw it itself.
 */
export type MilestoneNote = Pick<MilestoneReport, 'milestone'> &
  Partial<Omit<MilestoneReport, 'milestone' | 'declarationId'>>;

/** What a response to the declarant says; the rest of its content is known from the declaration. */
export type Notice = Pick<ResponseContent, 'step'> &
  Partial<
    Pick<
      ResponseContent,
      'acceptedAt' | 'rejectedAt' | 'statements' | 'faults' | 'duties' | 'answerBy' | 'documentVersion'
    >
  >;

/** One change of a declaration with all that it leaves behind. */
export interface DeclarationChange {
  readonly columns: Partial<ChangeableColumns>;
  readonly event: {
    /** As `declaration.participle`. */
    readonly kind: string;
    readonly reason?: string;
    readonly data?: JsonObject;
  };
  readonly milestones?: readonly MilestoneNote[];
  readonly notice?: Notice;
  /**
   * What must hold in the database at the moment of the update, besides the version: that nothing physical is open
   * (queries, inspections, permits), or that nothing at all is.
   */
  readonly onlyIf?: 'nothing-physical-open' | 'nothing-open';
}

const CONDITIONS = {
  none: '',
  'nothing-physical-open': ' and d.open_queries = 0 and d.open_inspections = 0 and d.open_permits = 0',
  'nothing-open': ` and d.open_queries = 0 and d.open_inspections = 0 and d.open_permits = 0 and d.open_certificates = 0
    and not d.assessment_open and d.payment in ('none', 'paid', 'secured')`,
} as const;

/**
 * Makes one change of a declaration: its row, if it still is what was read (one update guarded by the version, so that
 * two changes at once are made one after the other or not at all), the event (subject MRN, conversation UCR), milestones
 * and notice. The statements travel with the next one of the transaction or its commit, which then fails with
 * `CHANGED-MEANWHILE` when somebody was faster. `version` is the one the person saw (If-Match), null where nobody's
 * decision depends on what they saw.
 * @returns the row as it is then
 * @throws the refusal `CHANGED-MEANWHILE`.
 */
export async function changeDeclaration(
  parts: ClearanceParts,
  acting: Acting,
  seen: DeclarationRow,
  version: number | null,
  change: DeclarationChange,
): Promise<DeclarationRow> {
  if (version !== null && version !== seen.version) throw changedMeanwhile();
  const changed: DeclarationRow = {
    ...seen,
    ...change.columns,
    version: seen.version + 1,
    updated_at: acting.now,
  };
  const row = { ...changed, waiting_for: waitingFor(changed) };
  acting.transaction.later(updateStatement(row, seen.version, change.onlyIf ?? 'none'));
  await appendDeclarationEvent(acting, row, change.event);
  for (const note of change.milestones ?? []) recordMilestone(parts, acting, row, note);
  if (change.notice !== undefined) notify(parts, acting, row, change.notice);
  return row;
}

/** Notes what happened to a declaration; the event knows the version and the state that came of it. */
export async function appendDeclarationEvent(
  acting: Acting,
  row: DeclarationRow,
  event: DeclarationChange['event'],
): Promise<void> {
  await appendEvent(acting.transaction, {
    kind: event.kind,
    subject: row.mrn,
    conversation: row.ucr,
    actor: eventActor(acting.actor),
    occurredAt: acting.now,
    reason: event.reason,
    data: {
      version: row.version,
      state: row.state,
      waitingFor: row.waiting_for,
      ...(event.data === undefined ? {} : { about: event.data }),
    },
  });
}

/** A note of a milestone as it is recorded. */
export function milestoneReport(
  parts: ClearanceParts,
  acting: Acting,
  row: Pick<DeclarationRow, 'id'>,
  note: MilestoneNote,
): MilestoneReport {
  const ofFirm = 'firmId' in acting.actor && acting.actor.firmId !== null;
  return {
    declarationId: row.id,
    occurredAt: acting.now,
    zone: parts.customs.timeZone,
    precision: 'second',
    role: ofFirm ? 'trader' : 'customs',
    source: { kind: 'node' },
    ...note,
  };
}

/** Records a milestone of a declaration. */
export function recordMilestone(
  parts: ClearanceParts,
  acting: Acting,
  row: Pick<DeclarationRow, 'id'>,
  note: MilestoneNote,
): void {
  parts.milestones.record(acting.transaction, milestoneReport(parts, acting, row, note), acting.now);
}

/** Tells the declarant, and whoever lodged for it, of a step. */
export function notify(parts: ClearanceParts, acting: Acting, row: DeclarationRow, notice: Notice): void {
  parts.responses.notify(
    acting.transaction,
    {
      declarationId: row.id,
      movementReference: row.mrn,
      localReference: row.lrn,
      consignmentReference: row.ucr,
      firmIds: [...new Set([row.declarant_firm_id, row.lodged_by_firm_id])],
      content: {
        responseReference: parts.newId(),
        issuedAt: acting.now.toISOString(),
        movementReference: row.mrn,
        localReference: row.lrn,
        documentVersion: row.document_version,
        ...notice,
      },
    },
    acting.now,
  );
}

function updateStatement(row: DeclarationRow, before: number, condition: keyof typeof CONDITIONS): Statement {
  return {
    name: `change-declaration-${condition}`,
    text: `with changed as (
        update declarations d set version = version + 1, state = $3, channel = $4, type_code = $5, document_version = $6,
          importer_name = $7, exporter_name = $8, export_country = $9, destination_country = $10,
          border_transport_mode = $11, chapter = $12, goods_item_count = $13, goods_description = $14, search_text = $15,
          invoice_amount = $16, invoice_currency = $17, agreement = $18, authorised_trader = $19, open_queries = $20,
          answered_queries = $21, open_inspections = $22, open_permits = $23, refused_permits = $24,
          open_certificates = $25, assessment_open = $26, payment = $27, claimed_by = $28, claimed_by_name = $29,
          claimed_at = $30, accepted_at = $31, arrived_at = $32, channel_at = $33, target_at = $34,
          assessment_started_at = $35, certificate_arrived_at = $36, released_at = $37, closed_at = $38, updated_at = $39
        where d.id = $1 and d.version = $2${CONDITIONS[condition]} returning 1)
      select must_change(count(*)) from changed`,
    values: [
      row.id,
      before,
      row.state,
      row.channel,
      row.type_code,
      row.document_version,
      row.importer_name,
      row.exporter_name,
      row.export_country,
      row.destination_country,
      row.border_transport_mode,
      row.chapter,
      row.goods_item_count,
      row.goods_description,
      row.search_text,
      row.invoice_amount,
      row.invoice_currency,
      row.agreement,
      row.authorised_trader,
      row.open_queries,
      row.answered_queries,
      row.open_inspections,
      row.open_permits,
      row.refused_permits,
      row.open_certificates,
      row.assessment_open,
      row.payment,
      row.claimed_by,
      row.claimed_by_name,
      row.claimed_at,
      row.accepted_at,
      row.arrived_at,
      row.channel_at,
      row.target_at,
      row.assessment_started_at,
      row.certificate_arrived_at,
      row.released_at,
      row.closed_at,
      row.updated_at,
    ],
  };
}
