import type { Transaction } from '../store/transaction.ts';
import { DECLARATION_COLUMNS, type DeclarationRow } from './declaration-row.ts';

/** A declaration that is to be registered. */
export type NewDeclaration = Omit<DeclarationRow, 'version' | 'waiting_for' | 'updated_at'>;

/** Registers a declaration; undefined when its declarant has used the local reference already, also at the same moment. */
export async function insertDeclaration(
  transaction: Transaction,
  row: NewDeclaration,
): Promise<DeclarationRow | undefined> {
  const { rows } = await transaction.query<DeclarationRow>({
    name: 'insert-declaration',
    text: `insert into declarations as d (id, mrn, state, channel, procedure, type_code, lrn, ucr, declarant_firm_id,
        lodged_by_firm_id, lodged_by, office, document_version, importer_name, exporter_name, export_country,
        destination_country, border_transport_mode, chapter, goods_item_count, goods_description, search_text,
        invoice_amount, invoice_currency, agreement, authorised_trader, open_inspections, open_permits,
        open_certificates, assessment_open, payment, lodged_at, accepted_at, arrived_at, channel_at, target_at, updated_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
        $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $32)
      on conflict (declarant_firm_id, lrn) do nothing returning ${DECLARATION_COLUMNS}`,
    values: [
      row.id,
      row.mrn,
      row.state,
      row.channel,
      row.procedure,
      row.type_code,
      row.lrn,
      row.ucr,
      row.declarant_firm_id,
      row.lodged_by_firm_id,
      row.lodged_by,
      row.office,
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
      row.open_inspections,
      row.open_permits,
      row.open_certificates,
      row.assessment_open,
      row.payment,
      row.lodged_at,
      row.accepted_at,
      row.arrived_at,
      row.channel_at,
      row.target_at,
    ],
  });
  return rows[0];
}
