import type { Actor } from '../access/actor.ts';
import { Refusal } from '../documents/refusal.ts';
import type { Channel } from '../selectivity/selection.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { PaymentState } from './officer/duty-standing.ts';
import type { WaitingFor } from './officer/standing.ts';
import type { DeclarationState } from './states.ts';
import { visibleDeclarations } from './visibility.ts';

export const CHANNELS: readonly Channel[] = ['green', 'yellow', 'red'];
export const PAYMENTS: readonly PaymentState[] = ['none', 'unknown', 'due', 'paid', 'secured'];

/** Of a declaration what stays as it was registered. */
export interface FixedColumns {
  readonly id: string;
  readonly mrn: string;
  readonly procedure: 'import' | 'export';
  readonly lrn: string;
  readonly ucr: string;
  readonly declarant_firm_id: string;
  readonly lodged_by_firm_id: string;
  readonly lodged_by: string;
  readonly office: string;
  readonly lodged_at: Date;
}

/** Of a declaration what changes. */
export interface ChangeableColumns {
  readonly state: DeclarationState;
  readonly channel: Channel | null;
  readonly type_code: string;
  /** Number of the newest row of declaration_versions. */
  readonly document_version: number;
  readonly importer_name: string | null;
  readonly exporter_name: string | null;
  readonly export_country: string | null;
  readonly destination_country: string | null;
  readonly border_transport_mode: string | null;
  readonly chapter: string | null;
  readonly goods_item_count: number;
  readonly goods_description: string;
  readonly search_text: string;
  readonly invoice_amount: string | null;
  readonly invoice_currency: string | null;
  readonly agreement: string | null;
  readonly authorised_trader: boolean;
  readonly open_queries: number;
  readonly answered_queries: number;
  readonly open_inspections: number;
  readonly open_permits: number;
  readonly refused_permits: number;
  readonly open_certificates: number;
  readonly assessment_open: boolean;
  readonly payment: PaymentState;
  readonly claimed_by: string | null;
  readonly claimed_by_name: string | null;
  readonly claimed_at: Date | null;
  readonly accepted_at: Date | null;
  readonly arrived_at: Date | null;
  readonly channel_at: Date | null;
  readonly target_at: Date | null;
  readonly assessment_started_at: Date | null;
  readonly certificate_arrived_at: Date | null;
  readonly released_at: Date | null;
  readonly closed_at: Date | null;
}

/** A declaration as the table holds it. */
export interface DeclarationRow extends FixedColumns, ChangeableColumns {
  /** Counts up with every change; the ETag. */
  readonly version: number;
  readonly updated_at: Date;
  /** Who has to move first; the database computes it from the rest. */
  readonly waiting_for: WaitingFor;
}

/** Every column of {@link DeclarationRow}, of the table as `d`. */
export const DECLARATION_COLUMNS = `d.id, d.mrn, d.version, d.state, d.channel, d.procedure, d.type_code, d.lrn, d.ucr,
  d.declarant_firm_id, d.lodged_by_firm_id, d.lodged_by, d.office, d.document_version, d.importer_name, d.exporter_name,
  d.export_country, d.destination_country, d.border_transport_mode, d.chapter, d.goods_item_count, d.goods_description,
  d.search_text, d.invoice_amount, d.invoice_currency, d.agreement, d.authorised_trader, d.open_queries,
  d.answered_queries, d.open_inspections, d.open_permits, d.refused_permits, d.open_certificates, d.assessment_open,
  d.payment, d.claimed_by, d.claimed_by_name, d.claimed_at, d.lodged_at, d.accepted_at, d.arrived_at, d.channel_at,
  d.target_at, d.assessment_started_at, d.certificate_arrived_at, d.released_at, d.closed_at, d.updated_at, d.waiting_for`;

/** What does not exist, and what the actor may not see: the same words (threats P1). */
export function declarationNotFound(): Refusal {
  return new Refusal('not-found', 'DECLARATION-NOT-FOUND', 'There is no such declaration that you can see.');
}

/**
 * The declaration with this MRN if the actor sees it.
 * @throws the refusal `DECLARATION-NOT-FOUND`.
 */
export async function findDeclaration(reader: Reader, actor: Actor, now: Date, mrn: string): Promise<DeclarationRow> {
  const visible = visibleDeclarations(actor, now, 2);
  const { rows } = await reader.query<DeclarationRow>({
    name: `find-declaration-${visible.name}`,
    text: `select ${DECLARATION_COLUMNS} from declarations d where d.mrn = $1 and ${visible.sql}`,
    values: [mrn, ...visible.values],
  });
  if (rows[0] === undefined) throw declarationNotFound();
  return rows[0];
}

/** The declarations with these ids, for the node itself; their rows stay locked until the transaction ends. */
export async function lockDeclarations(
  transaction: Transaction,
  ids: readonly string[],
): Promise<readonly DeclarationRow[]> {
  const { rows } = await transaction.query<DeclarationRow>({
    name: 'lock-declarations',
    text: `select ${DECLARATION_COLUMNS} from declarations d where d.id = any($1::uuid[]) order by d.id for update`,
    values: [ids],
  });
  return rows;
}
