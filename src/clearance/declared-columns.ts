import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import { claimsPreference, type NationalProfile, preferenceOfCode } from '../documents/declaration/national-profile.ts';
import type { ChangeableColumns } from './declaration-row.ts';

/** Columns that are copied out of the document, for lists, rules and figures. */
export type DeclaredColumns = Pick<
  ChangeableColumns,
  | 'importer_name'
  | 'exporter_name'
  | 'export_country'
  | 'destination_country'
  | 'border_transport_mode'
  | 'chapter'
  | 'goods_item_count'
  | 'goods_description'
  | 'search_text'
  | 'invoice_amount'
  | 'invoice_currency'
  | 'agreement'
>;

const LONGEST_DESCRIPTION = 200;
/** Items whose descriptions and codes can be searched for. */
const SEARCHED_ITEMS = 50;
const LONGEST_SEARCH_TEXT = 4000;

/** What a declaration's row says of its document. The importer of an export is the consignee in the other country. */
export function declaredColumns(facts: DeclarationFacts, profile: NationalProfile): DeclaredColumns {
  const [first] = facts.items;
  const importer = facts.importer ?? facts.consignee;
  return {
    importer_name: importer?.name ?? importer?.id ?? null,
    exporter_name: facts.exporter?.name ?? facts.exporter?.id ?? null,
    export_country: facts.exportCountry,
    destination_country: facts.destinationCountry,
    border_transport_mode: facts.borderTransportMode,
    chapter: /^\d{2}/.exec(first?.commodityCode ?? '')?.[0] ?? null,
    goods_item_count: facts.items.length,
    goods_description: (first?.description ?? '').slice(0, LONGEST_DESCRIPTION),
    search_text: searchText(facts),
    invoice_amount: facts.invoiceAmount?.amount ?? null,
    invoice_currency: facts.invoiceAmount?.currency ?? null,
    agreement: agreementOf(facts, profile),
  };
}

/** Agreement of the first preference that is claimed; null without a claim. */
export function agreementOf(facts: DeclarationFacts, profile: NationalProfile): string | null {
  const claim = facts.items.find(({ preferenceCode }) => claimsPreference(profile, preferenceCode));
  if (claim === undefined) return null;
  return preferenceOfCode(profile, claim.preferenceCode)?.agreement ?? null;
}

function searchText(facts: DeclarationFacts): string {
  const { localReference, consignmentReference, importer, consignee, exporter, containers, items } = facts;
  const words = [
    localReference,
    consignmentReference,
    importer?.name,
    consignee?.name,
    exporter?.name,
    ...containers.slice(0, SEARCHED_ITEMS),
    ...items.slice(0, SEARCHED_ITEMS).flatMap((item) => [item.commodityCode, item.description]),
  ];
  return words
    .filter((word) => typeof word === 'string' && word !== '')
    .join('\n')
    .toLowerCase()
    .slice(0, LONGEST_SEARCH_TEXT);
}
