import { isArray, isObject, type JsonObject, type JsonValue } from '../documents/json.ts';

/** An import declaration begun from the exporter's, and what is still to be said in it. */
export interface ImportDraft {
  /** JSON form of the WCO declaration; not complete, so not valid yet. */
  readonly content: JsonObject;
  /** Places that the importer has to fill, as JSON Pointers with words. */
  readonly toFill: readonly { readonly pointer: string; readonly words: string }[];
}

type Building = { [name: string]: JsonValue };

/** What goods have in common on both sides of a border. */
const OF_COMMODITY = ['description', 'goodsMeasure', 'dangerousGoods', 'invoiceLine', 'transportEquipment'] as const;
const OF_SHIPMENT = ['transactionNatureCode', 'buyer', 'seller', 'consignor', 'invoice', 'tradeTerms', 'ucr'] as const;
const OF_CONSIGNMENT = ['containerCode', 'transportEquipment', 'loadingLocation'] as const;

/**
 * Begins an import declaration from an export declaration: parties, goods, packages, masses, containers and invoice are
 * taken over; what is another matter in the country of import (office, procedure, national commodity code, customs value,
 * claims) is left open and named. The consignee becomes the importer. Pure.
 * @param exported JSON form of the export declaration (content of MetaData)
 * @param country ISO 3166-1 alpha-2 of the country of import
 * @param certificates numbers of certificates of origin that are here for the consignment
 */
export function beginImport(exported: JsonObject, country: string, certificates: readonly string[]): ImportDraft {
  const before = objectIn(exported, 'declaration');
  const shipment = objectIn(before, 'goodsShipment');
  const items = entriesOf(shipment['governmentAgencyGoodsItem']);
  const importer = shipment['consignee'] ?? shipment['importer'];
  const declaration: Building = {
    functionCode: '9',
    typeCode: 'IMA',
    ...taken(before, ['goodsItemQuantity', 'invoiceAmount', 'totalGrossMassMeasure', 'totalPackageQuantity']),
    ...taken(before, ['borderTransportMeans', 'exporter']),
    goodsShipment: {
      ...taken(shipment, OF_SHIPMENT),
      ...withMembers('consignment', taken(objectIn(shipment, 'consignment'), OF_CONSIGNMENT)),
      destination: { countryCode: country },
      ...taken(shipment, ['exportCountry']),
      governmentAgencyGoodsItem: items.map((item) => importItem(item, certificates)),
      ...(importer === undefined ? {} : { importer }),
    },
  };
  return {
    content: {
      wcoDataModelVersionCode: '3.6',
      wcoTypeName: 'DEC',
      responsibleCountryCode: country,
      declaration,
    },
    toFill: [...ofTheWhole(importer), ...items.flatMap((item, index) => ofItem(item, index, certificates))],
  };
}

function importItem(item: JsonObject, certificates: readonly string[]): JsonObject {
  const commodity = objectIn(item, 'commodity');
  return {
    ...taken(item, ['sequenceNumeric', 'statisticalValueAmount', 'origin', 'packaging', 'ucr']),
    ...(certificates.length === 0
      ? {}
      : { additionalDocument: certificates.map((id) => ({ categoryCode: 'N', id, typeCode: '954' })) }),
    commodity: {
      ...taken(commodity, OF_COMMODITY),
      classification: entriesOf(commodity['classification'])
        .slice(0, 1)
        .map((one) => ({ ...one, id: firstSix(one['id']) })),
    },
  };
}

/** Six digits of the Harmonized System are the same in both countries; the further ones are each country's own. */
function firstSix(code: JsonValue | undefined): string {
  const text = isObject(code) ? code['value'] : code;
  return typeof text === 'string' ? text.trim().slice(0, 6) : '';
}

function ofTheWhole(importer: JsonValue | undefined): ImportDraft['toFill'] {
  return [
    { pointer: '/declaration/functionalReferenceID', words: 'Your own reference for this declaration (LRN).' },
    { pointer: '/declaration/declarant', words: 'Who declares: your identifier.' },
    { pointer: '/declaration/presentationOffice', words: 'The customs office where the goods are presented.' },
    ...(importer === undefined
      ? [{ pointer: '/declaration/goodsShipment/importer', words: 'Who imports the goods.' }]
      : []),
  ];
}

function ofItem(item: JsonObject, index: number, certificates: readonly string[]): ImportDraft['toFill'] {
  const at = `/declaration/goodsShipment/governmentAgencyGoodsItem/${index}`;
  return [
    {
      pointer: `${at}/commodity/classification/0/id`,
      words: 'The commodity code of this country’s tariff; its first six digits are those of the export.',
    },
    { pointer: `${at}/commodity/dutyTaxFee`, words: 'The preference you claim, or 100 for none.' },
    { pointer: `${at}/customsValueAmount`, words: 'The customs value in this country.' },
    { pointer: `${at}/governmentProcedure`, words: 'The customs procedure.' },
    ...(item['origin'] === undefined ? [{ pointer: `${at}/origin`, words: 'The country of origin.' }] : []),
    ...certificates.map((number, place) => ({
      pointer: `${at}/additionalDocument/${place}`,
      words: `Certificate ${number} is here for this consignment: keep it with the quantity used, or take it out.`,
    })),
  ];
}

function taken(from: JsonObject, names: readonly string[]): Building {
  const found: Building = {};
  for (const name of names) {
    const value = from[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function withMembers(name: string, value: Building): Building {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}

function objectIn(json: JsonObject, name: string): JsonObject {
  const value = json[name];
  return value !== undefined && isObject(value) ? value : {};
}

function entriesOf(value: JsonValue | undefined): JsonObject[] {
  return value !== undefined && isArray(value) ? value.filter(isObject) : [];
}
