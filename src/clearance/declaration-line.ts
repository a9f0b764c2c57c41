import type { DeclarationRow } from './declaration-row.ts';
import type { DeclarationLine } from './views.ts';

/** A declaration as one line of a list. */
export function declarationLine(row: DeclarationRow): DeclarationLine {
  return {
    mrn: row.mrn,
    version: row.version,
    state: row.state,
    ...(row.channel === null ? {} : { channel: row.channel }),
    procedure: row.procedure,
    typeCode: row.type_code,
    localReference: row.lrn,
    consignmentReference: row.ucr,
    office: row.office,
    declarantFirmId: row.declarant_firm_id,
    lodgedByFirmId: row.lodged_by_firm_id,
    ...texts({
      importer: row.importer_name,
      exporter: row.exporter_name,
      exportCountry: row.export_country,
      destinationCountry: row.destination_country,
      agreement: row.agreement,
    }),
    goodsItemCount: row.goods_item_count,
    goodsDescription: row.goods_description,
    documentVersion: row.document_version,
    payment: row.payment,
    waitingFor: row.waiting_for,
    lodgedAt: row.lodged_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    ...moments({
      acceptedAt: row.accepted_at,
      arrivedAt: row.arrived_at,
      targetAt: row.target_at,
      releasedAt: row.released_at,
      closedAt: row.closed_at,
    }),
  };
}

function texts<Name extends string>(given: { readonly [name in Name]: string | null }): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  for (const name in given) {
    const value = given[name];
    if (value !== null) found[name] = value;
  }
  return found;
}

function moments<Name extends string>(given: { readonly [name in Name]: Date | null }): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  for (const name in given) {
    const value = given[name];
    if (value !== null) found[name] = value.toISOString();
  }
  return found;
}
