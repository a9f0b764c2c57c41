import { Decimal } from 'decimal.js';
import type { DeclarationFacts } from '../../src/documents/declaration/facts.ts';
import { readFacts } from '../../src/documents/declaration/read-facts.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/documents/json.ts';
import { segmentsOf } from '../../src/documents/pointer.ts';

export type ExampleCountry = 'TH' | 'VN' | 'JP';

/** A goods item as tests describe it; everything has a value that is valid. */
export type ExampleItem = {
  readonly description?: string;
  readonly commodityCode?: string;
  readonly originCountry?: string;
  /** `100` none, `301` ATIGA, `302` RCEP, `303` CPTPP, `304` AJCEP (see schemas/profiles). */
  readonly preferenceCode?: string;
  /** Reference to a certificate of origin and the quantity used of it; null: none, though preference is claimed. */
  readonly certificate?: {
    readonly id: string;
    readonly quantity?: string;
    readonly unit?: string;
    /** `PND`: follows later. */
    readonly exemption?: string;
  } | null;
  readonly invoiceAmount?: string;
  readonly netMass?: string;
  readonly grossMass?: string;
  readonly quantity?: string;
  readonly unit?: string;
  readonly packages?: string;
  readonly documents?: readonly { readonly category: string; readonly type: string; readonly id: string }[];
};

export type ExampleOptions = {
  /** The country where it is lodged; by default VN for imports, TH for exports. */
  readonly country?: ExampleCountry;
  /** The country on the other side; by default TH for imports, VN for exports. */
  readonly partner?: string;
  /** IMA, IMD (ahead of arrival), EXA, EXD, IMY (supplementary) … */
  readonly typeCode?: string;
  readonly localReference?: string;
  readonly consignmentReference?: string;
  readonly office?: string;
  readonly declarantId?: string;
  readonly agentId?: string;
  readonly importerId?: string;
  readonly importerName?: string;
  readonly exporterId?: string;
  readonly exporterName?: string;
  readonly consigneeName?: string;
  readonly currency?: string;
  readonly borderTransportMode?: string;
  readonly items?: readonly ExampleItem[];
  /** Any other place: JSON Pointer to value; undefined takes it out. Totals are not adapted to it. */
  readonly changes?: Readonly<Record<string, JsonValue | undefined>>;
};

/** Who trades in the examples: the same firms as in src/region/sample-countries.json. */
export const EXAMPLE_TRADERS = {
  TH: {
    office: 'THLCHC',
    port: 'THLCH',
    exporter: { id: '0105536000315', name: 'Siam Precision Motors Co., Ltd.', city: 'Samut Prakan' },
    importer: { id: '0105540001234', name: 'Chao Phraya Components Co., Ltd.', city: 'Bangkok' },
    broker: '0205551007788',
  },
  VN: {
    office: 'VNHPHC',
    port: 'VNHPH',
    exporter: { id: '0201234567', name: 'Red River Assembly JSC', city: 'Hai Phong' },
    importer: { id: '0207654321', name: 'Hai Phong Pump Works Co., Ltd.', city: 'Hai Phong' },
    broker: '0209988776',
  },
  JP: {
    office: 'JPTYOC',
    port: 'JPTYO',
    exporter: { id: '1010401012345', name: 'Musashi Seimitsu Denki K.K.', city: 'Tokyo' },
    importer: { id: '5010401067890', name: 'Keihin Parts Trading K.K.', city: 'Yokohama' },
    broker: '7010401055555',
  },
} as const;

const CODES: Readonly<Record<ExampleCountry, string>> = { TH: '85013130', VN: '85013130', JP: '850131000' };

/** A copy of a document with the values at some places set, or (undefined) taken out. */
export function changed(json: JsonObject, changes: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  let result = json;
  for (const [pointer, value] of Object.entries(changes)) {
    const after = setAt(result, segmentsOf(pointer), value);
    if (!isObject(after)) throw new Error(`${pointer} is the whole document.`);
    result = after;
  }
  return result;
}

function setAt(
  json: JsonValue | undefined,
  [first, ...rest]: readonly string[],
  value: JsonValue | undefined,
): JsonValue | undefined {
  if (first === undefined) return value;
  if (isArray(json)) {
    const copy = [...json];
    const entry = setAt(json[Number(first)], rest, value);
    if (entry === undefined) copy.splice(Number(first), 1);
    else copy[Number(first)] = entry;
    return copy;
  }
  const object = isObject(json) ? json : {};
  const entry = setAt(object[first], rest, value);
  if (entry !== undefined) return { ...object, [first]: entry };
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== first));
}

function itemOf(item: ExampleItem, index: number, options: ExampleOptions, direction: 'import' | 'export'): JsonObject {
  const country = options.country ?? (direction === 'import' ? 'VN' : 'TH');
  const partner = options.partner ?? (direction === 'import' ? 'TH' : 'VN');
  const currency = options.currency ?? 'USD';
  const documents: JsonObject[] = [
    { categoryCode: 'N', id: `SPM-26-${String(417 + index).padStart(4, '0')}`, typeCode: '380' },
    ...(item.documents ?? []).map(({ category, type, id }) => ({ categoryCode: category, id, typeCode: type })),
  ];
  const { certificate } = item;
  if (certificate !== undefined && certificate !== null) {
    documents.push({
      categoryCode: 'N',
      id: certificate.id,
      typeCode: '954',
      ...(certificate.exemption === undefined ? {} : { lpcoExemptionCode: certificate.exemption }),
      ...(certificate.quantity === undefined
        ? {}
        : { writeOff: { quantityQuantity: { value: certificate.quantity, unitCode: certificate.unit ?? 'C62' } } }),
    });
  }
  return {
    sequenceNumeric: String(index + 1),
    additionalDocument: documents,
    commodity: {
      description: item.description ?? 'DC electric motors for window lifters, 12 V, 60 W',
      classification: [{ id: item.commodityCode ?? CODES[country], identificationTypeCode: 'TSP' }],
      ...(direction === 'import' ? { dutyTaxFee: [{ dutyRegimeCode: item.preferenceCode ?? '100' }] } : {}),
      goodsMeasure: {
        grossMassMeasure: { value: item.grossMass ?? '1240.5', unitCode: 'KGM' },
        netNetWeightMeasure: { value: item.netMass ?? '1100', unitCode: 'KGM' },
        tariffQuantity: { value: item.quantity ?? '2000', unitCode: item.unit ?? 'C62' },
      },
      invoiceLine: { itemChargeAmount: { value: item.invoiceAmount ?? '18400.00', currencyID: currency } },
    },
    ...(direction === 'import' ? { customsValuation: { methodCode: '1' } } : {}),
    governmentProcedure: [{ currentCode: direction === 'import' ? '40' : '10', previousCode: '00' }],
    origin: [{ countryCode: item.originCountry ?? (direction === 'import' ? partner : country), typeCode: '1' }],
    packaging: [
      {
        sequenceNumeric: '1',
        marksNumbersID: `SPM / ${index + 1}`,
        quantityQuantity: { value: item.packages ?? '20' },
        typeCode: 'CT',
      },
    ],
  };
}

function sum(values: readonly string[]): string {
  return Decimal.sum(0, ...values).toFixed();
}

function declaration(direction: 'import' | 'export', options: ExampleOptions): JsonObject {
  const isImport = direction === 'import';
  const country = options.country ?? (isImport ? 'VN' : 'TH');
  const partner = options.partner ?? (isImport ? 'TH' : 'VN');
  const here = EXAMPLE_TRADERS[country];
  const there = partner === 'TH' || partner === 'VN' || partner === 'JP' ? EXAMPLE_TRADERS[partner] : undefined;
  const items = options.items ?? [{}];
  const importerHere = { id: options.importerId ?? here.importer.id, name: options.importerName ?? here.importer.name };
  const seller = options.exporterName ?? there?.exporter.name ?? 'Overseas Motors Ltd.';
  const buyer = options.consigneeName ?? there?.importer.name ?? 'Overseas Trading Ltd.';
  const trader = isImport ? importerHere.id : (options.exporterId ?? here.exporter.id);
  const json: JsonObject = {
    wcoDataModelVersionCode: '3.6',
    wcoTypeName: 'DEC',
    responsibleCountryCode: country,
    declaration: {
      functionCode: '9',
      functionalReferenceID: options.localReference ?? 'LRN-2026-000417',
      typeCode: options.typeCode ?? (isImport ? 'IMA' : 'EXA'),
      goodsItemQuantity: { value: String(items.length) },
      declarationOfficeID: options.office ?? here.office,
      invoiceAmount: {
        value: sum(items.map(({ invoiceAmount }) => invoiceAmount ?? '18400.00')),
        currencyID: options.currency ?? 'USD',
      },
      totalGrossMassMeasure: {
        value: sum(items.map(({ grossMass }) => grossMass ?? '1240.5')),
        unitCode: 'KGM',
      },
      totalPackageQuantity: { value: sum(items.map(({ packages }) => packages ?? '20')) },
      ...(options.agentId === undefined ? {} : { agent: { id: options.agentId, functionCode: '2' } }),
      borderTransportMeans: { registrationNationalityCode: partner, modeCode: options.borderTransportMode ?? '1' },
      declarant: { id: options.declarantId ?? trader },
      exporter: isImport
        ? { name: seller, address: { cityName: there?.exporter.city ?? 'Pittsburgh', countryCode: partner } }
        : { id: trader, name: options.exporterName ?? here.exporter.name },
      goodsShipment: {
        ...(isImport
          ? {}
          : {
              consignee: {
                name: buyer,
                address: { cityName: there?.importer.city ?? 'Pittsburgh', countryCode: partner },
              },
            }),
        consignment: {
          containerCode: '1',
          arrivalTransportMeans: { id: '9456789', identificationTypeCode: '10' },
          goodsLocation: { name: here.port, typeCode: 'A', address: { typeCode: 'U', countryCode: country } },
          transportEquipment: [{ sequenceNumeric: '1', id: 'TGHU4471235' }],
        },
        destination: { countryCode: isImport ? country : partner },
        exportCountry: { id: isImport ? partner : country },
        governmentAgencyGoodsItem: items.map((item, index) => itemOf(item, index, options, direction)),
        ...(isImport ? { importer: importerHere } : {}),
        tradeTerms: { conditionCode: 'CIF', locationID: isImport ? here.port : (there?.port ?? 'USNYC') },
        ucr: { traderAssignedReferenceID: options.consignmentReference ?? '6TH0105536000315-26-000417' },
      },
    },
  };
  return options.changes === undefined ? json : changed(json, options.changes);
}

/** A valid import declaration, by default lodged in Viet Nam for motors from Thailand without a claim. */
export function importDeclaration(options: ExampleOptions = {}): JsonObject {
  return declaration('import', options);
}

/** A valid export declaration, by default lodged in Thailand for motors to Viet Nam. */
export function exportDeclaration(options: ExampleOptions = {}): JsonObject {
  return declaration('export', options);
}

/** Asks for the cancellation of a declaration. */
export function cancellationRequest(movementReference: string, reason = 'The order was cancelled.'): JsonObject {
  return request(movementReference, 'INV', { additionalInformation: [aboutReason(reason)] });
}

/** Says that goods declared ahead are there. */
export function goodsPresentation(movementReference: string): JsonObject {
  return request(movementReference, 'GPR', {});
}

/** Asks for an amendment; `content` is what the declaration shall say, as far as it changes. */
export function amendmentRequest(movementReference: string, content: JsonObject, reason = 'A mistake.'): JsonObject {
  return request(movementReference, 'COR', {
    additionalInformation: [aboutReason(reason)],
    amendment: [{ changeReasonCode: '21', pointer: [{ sequenceNumeric: '1', documentSectionCode: '42A' }] }],
    ...content,
  });
}

function aboutReason(reason: string): JsonObject {
  return { statementDescription: reason, statementTypeCode: 'AES' };
}

function request(movementReference: string, typeCode: string, more: JsonObject): JsonObject {
  return {
    wcoDataModelVersionCode: '3.6',
    wcoTypeName: 'DEC',
    responsibleCountryCode: 'VN',
    declaration: {
      functionCode: '13',
      functionalReferenceID: 'LRN-2026-000418',
      id: movementReference,
      typeCode,
      ...more,
    },
  };
}

/** Facts as rules see them, of an import declaration with some of them replaced. */
export function exampleFacts(
  overrides: Partial<DeclarationFacts> = {},
  options: ExampleOptions = {},
): DeclarationFacts {
  return { ...readFacts(importDeclaration(options)), ...overrides };
}
