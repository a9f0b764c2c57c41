import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type {
  DecimalMeasure,
  DeclarationFacts,
  DocumentFacts,
  ItemFacts,
  PartyFacts,
  PreviousDocumentFacts,
  ValuationCharge,
} from './facts.ts';
import { amountOf, decimalOf, listOf, measureOf, partOf, textOf } from './json-parts.ts';
import { isLodgedAhead, messageOf, procedureOf } from './message-kind.ts';
import { sumOf } from './sums.ts';

/** IdentificationTypeCode of the part of a commodity code that stands first (UN/EDIFACT 7143 and the union's own). */
const TARIFF_CODES = new Set([null, 'TSP', 'SRZ', 'HS']);
/** Of the two digits that the union adds to it. */
const ADDITION = 'TRC';
/** Origin/TypeCode: 1 is origin without preference, 2 origin for a preference. */
const PREFERENTIAL = '2';
/** StatementTypeCode of the declarant's reason for a request. */
const REASON = 'AES';

function objects(json: JsonObject, name: string): readonly (readonly [number, JsonObject])[] {
  const found: [number, JsonObject][] = [];
  const list = listOf(json, name);
  for (let index = 0; index < list.length; index += 1) {
    const value = list[index];
    if (isObject(value)) found.push([index, value]);
  }
  return found;
}

function partyOf(json: JsonObject, name: string): PartyFacts | null {
  const value = json[name];
  if (!isObject(value)) return null;
  return {
    id: textOf(value, 'id'),
    name: textOf(value, 'name'),
    country: textOf(partOf(value, 'address'), 'countryCode'),
  };
}

/** Masses are in kilograms where no unit stands with them. */
function massOf(json: JsonObject, name: string): DecimalMeasure | null {
  const mass = measureOf(json, name);
  return mass === null || mass.unit !== null ? mass : { value: mass.value, unit: 'KGM' };
}

function documentsOf(json: JsonObject, at: string): readonly DocumentFacts[] {
  return objects(json, 'additionalDocument').map(([index, document]) => ({
    pointer: `${at}/additionalDocument/${index}`,
    category: textOf(document, 'categoryCode'),
    type: textOf(document, 'typeCode'),
    id: textOf(document, 'id'),
    exemption: textOf(document, 'lpcoExemptionCode'),
    quantity: measureOf(partOf(document, 'writeOff'), 'quantityQuantity'),
  }));
}

function previousDocumentsOf(json: JsonObject, at: string): readonly PreviousDocumentFacts[] {
  return objects(json, 'previousDocument').map(([index, document]) => ({
    pointer: `${at}/previousDocument/${index}`,
    category: textOf(document, 'categoryCode'),
    type: textOf(document, 'typeCode'),
    id: textOf(document, 'id'),
    item: textOf(document, 'lineNumeric'),
  }));
}

function chargesOf(json: JsonObject, at: string): readonly ValuationCharge[] {
  const valuation = json['customsValuation'];
  if (!isObject(valuation)) return [];
  const charges: ValuationCharge[] = [];
  const freight = amountOf(valuation, 'freightChargeAmount');
  if (freight !== null) {
    charges.push({ pointer: `${at}/customsValuation/freightChargeAmount`, type: 'freight', amount: freight });
  }
  for (const [index, charge] of objects(valuation, 'chargeDeduction')) {
    const amount = amountOf(charge, 'otherChargeDeductionAmount');
    if (amount === null) continue;
    const pointer = `${at}/customsValuation/chargeDeduction/${index}`;
    charges.push({ pointer, type: textOf(charge, 'chargesTypeCode'), amount });
  }
  return charges;
}

function containersOf(json: JsonObject): readonly string[] {
  return objects(json, 'transportEquipment').flatMap(([, equipment]) => textOf(equipment, 'id') ?? []);
}

function commodityCodeOf(commodity: JsonObject): string {
  let code = '';
  let addition = '';
  for (const [, classification] of objects(commodity, 'classification')) {
    const type = textOf(classification, 'identificationTypeCode');
    const id = textOf(classification, 'id') ?? '';
    if (code === '' && TARIFF_CODES.has(type)) code = id;
    else if (type === ADDITION) addition = id;
  }
  return code === '' ? '' : (code + addition).replaceAll(/[. ]/g, '');
}

function originsOf(item: JsonObject): { readonly plain: string | null; readonly preferential: string | null } {
  let plain: string | null = null;
  let preferential: string | null = null;
  for (const [, origin] of objects(item, 'origin')) {
    const country = textOf(origin, 'countryCode');
    if (textOf(origin, 'typeCode') === PREFERENTIAL) preferential ??= country;
    else plain ??= country;
  }
  return { plain: plain ?? preferential, preferential };
}

function claimOf(commodity: JsonObject, at: string): { readonly code: string | null; readonly pointer: string | null } {
  for (const [index, fee] of objects(commodity, 'dutyTaxFee')) {
    const code = textOf(fee, 'dutyRegimeCode');
    if (code !== null) return { code, pointer: `${at}/commodity/dutyTaxFee/${index}/dutyRegimeCode` };
  }
  return { code: null, pointer: null };
}

function procedureOfItem(item: JsonObject): string | null {
  const [, first] = objects(item, 'governmentProcedure')[0] ?? [];
  if (first === undefined) return null;
  const current = textOf(first, 'currentCode');
  return current === null ? null : current + (textOf(first, 'previousCode') ?? '');
}

function wholeNumber(text: string | null): number | null {
  const decimal = decimalOf(text);
  const number = decimal === null ? Number.NaN : Number(decimal);
  return Number.isSafeInteger(number) ? number : null;
}

function itemOf(item: JsonObject, at: string): ItemFacts {
  const commodity = partOf(item, 'commodity');
  const measures = partOf(commodity, 'goodsMeasure');
  const origins = originsOf(item);
  const claim = claimOf(commodity, at);
  const counts = objects(item, 'packaging').flatMap(([, packaging]) => measureOf(packaging, 'quantityQuantity') ?? []);
  return {
    pointer: at,
    sequence: wholeNumber(textOf(item, 'sequenceNumeric')) ?? 0,
    description: textOf(commodity, 'description') ?? '',
    commodityCode: commodityCodeOf(commodity),
    originCountry: origins.plain,
    preferentialOriginCountry: origins.preferential,
    customsProcedure: procedureOfItem(item),
    preferenceCode: claim.code,
    preferencePointer: claim.pointer,
    valuationMethod: textOf(partOf(item, 'customsValuation'), 'methodCode'),
    charges: chargesOf(item, at),
    customsValue: amountOf(item, 'customsValueAmount'),
    statisticalValue: amountOf(item, 'statisticalValueAmount'),
    invoiceAmount: amountOf(partOf(commodity, 'invoiceLine'), 'itemChargeAmount'),
    netMass: massOf(measures, 'netNetWeightMeasure'),
    grossMass: massOf(measures, 'grossMassMeasure'),
    tariffQuantity: measureOf(measures, 'tariffQuantity'),
    packageCount: counts.length === 0 ? null : sumOf(counts.map(({ value }) => value)),
    previousDocuments: previousDocumentsOf(item, at),
    documents: documentsOf(item, at),
  };
}

function reasonOf(declaration: JsonObject): string | null {
  const reasons = objects(declaration, 'additionalInformation')
    .filter(([, information]) => textOf(information, 'statementTypeCode') === REASON)
    .flatMap(([, information]) => textOf(information, 'statementDescription') ?? []);
  return reasons.length === 0 ? null : reasons.join('; ');
}

function tradeTermsOf(shipment: JsonObject): DeclarationFacts['tradeTerms'] {
  const terms = partOf(shipment, 'tradeTerms');
  const condition = textOf(terms, 'conditionCode');
  if (condition === null) return null;
  return { condition, place: textOf(terms, 'locationID') ?? textOf(terms, 'locationName') };
}

/** Where the declaration is lodged, else where the goods are presented, supervised, or leave. */
function officeOf(declaration: JsonObject): string | null {
  return (
    textOf(declaration, 'declarationOfficeID') ??
    textOf(partOf(declaration, 'presentationOffice'), 'id') ??
    textOf(partOf(declaration, 'supervisingOffice'), 'id') ??
    textOf(partOf(declaration, 'exitOffice'), 'id')
  );
}

/**
 * Reads from a WCO declaration, in its JSON form, what rules, lists and figures need. Tolerant: what is missing or
 * faulty is null or left out, an unknown function is taken for a declaration; whether the document is valid is for
 * `takeDeclaration` to say. White space at the ends of texts is left aside.
 * @param json content of MetaData, with its `declaration`
 */
export function readFacts(json: JsonValue): DeclarationFacts {
  const root = isObject(json) ? json : {};
  const declaration = partOf(root, 'declaration');
  const shipment = partOf(declaration, 'goodsShipment');
  const consignment = partOf(shipment, 'consignment');
  const base = '/declaration/goodsShipment';
  const arrival = partOf(consignment, 'arrivalTransportMeans');
  const location = partOf(consignment, 'goodsLocation');
  const goods = objects(shipment, 'governmentAgencyGoodsItem');
  const items = goods.map(([index, item]) => itemOf(item, `${base}/governmentAgencyGoodsItem/${index}`));
  const inItems = goods.flatMap(([, item]) => containersOf(partOf(item, 'commodity')));
  const firstItem = goods[0]?.[1] ?? {};
  const functionCode = textOf(declaration, 'functionCode');
  const typeCode = textOf(declaration, 'typeCode');
  const ucr = partOf(shipment, 'ucr');
  return {
    message: messageOf(functionCode, typeCode) ?? 'declaration',
    functionCode: functionCode ?? '',
    reason: reasonOf(declaration),
    changeReasonCodes: objects(declaration, 'amendment').flatMap(([, each]) => textOf(each, 'changeReasonCode') ?? []),
    typeCode: typeCode ?? '',
    procedure: procedureOf(typeCode, items[0]?.customsProcedure ?? null),
    lodgedAhead: isLodgedAhead(typeCode),
    localReference: textOf(declaration, 'functionalReferenceID'),
    movementReference: textOf(declaration, 'id'),
    consignmentReference: textOf(ucr, 'traderAssignedReferenceID') ?? textOf(ucr, 'id'),
    office: officeOf(declaration),
    declarant: partyOf(declaration, 'declarant'),
    agent: partyOf(declaration, 'agent'),
    importer: partyOf(shipment, 'importer'),
    exporter: partyOf(declaration, 'exporter'),
    consignee: partyOf(shipment, 'consignee'),
    seller: partyOf(shipment, 'seller'),
    buyer: partyOf(shipment, 'buyer'),
    exportCountry: textOf(partOf(shipment, 'exportCountry'), 'id') ?? textOf(partOf(firstItem, 'exportCountry'), 'id'),
    destinationCountry:
      textOf(partOf(shipment, 'destination'), 'countryCode') ?? textOf(partOf(firstItem, 'destination'), 'countryCode'),
    borderTransportMode: textOf(partOf(declaration, 'borderTransportMeans'), 'modeCode'),
    arrivalTransport: textOf(arrival, 'id') ?? textOf(arrival, 'name'),
    goodsLocation: textOf(location, 'name') ?? textOf(location, 'id'),
    containers: [...new Set([...containersOf(consignment), ...inItems])],
    tradeTerms: tradeTermsOf(shipment),
    invoiceAmount: amountOf(declaration, 'invoiceAmount'),
    charges: chargesOf(shipment, base),
    totalGrossMass: massOf(declaration, 'totalGrossMassMeasure'),
    totalPackages: measureOf(declaration, 'totalPackageQuantity')?.value ?? null,
    declaredItemCount: wholeNumber(measureOf(declaration, 'goodsItemQuantity')?.value ?? null),
    previousDocuments: previousDocumentsOf(shipment, base),
    documents: documentsOf(declaration, '/declaration'),
    items,
  };
}
