import { Decimal } from 'decimal.js';
import { isObject, type JsonObject, type JsonValue } from '../documents/json.ts';
import type { SchemeId } from '../documents/types.ts';
import { entriesAt, fieldOf, textAt } from './answers.ts';
import type { SampleCountry } from './sample-country.ts';

/** Kinds of goods in the samples; the first two are items 1 and 2 of the sample certificate. */
const GOODS = {
  motors: {
    description: 'Direct current motors, 24 V, output 350 W, model SPM-350, brand Siam Precision',
    heading: '850131',
    price: '41.25',
    kilograms: '3.15',
    perCarton: 50,
    certificateItem: 1,
  },
  rotors: {
    description: 'Rotors for direct current motors, model SPM-350-R, brand Siam Precision',
    heading: '850300',
    price: '15.60',
    kilograms: '2.05',
    perCarton: 50,
    certificateItem: 2,
  },
  brackets: {
    description: 'Mounting brackets of plastics for electric motors',
    heading: '392690',
    price: '1.20',
    kilograms: '0.15',
    perCarton: 500,
    certificateItem: undefined,
  },
} as const;

type Goods = keyof typeof GOODS;
type Channel = 'green' | 'yellow' | 'red';

/** A part of what the certificate covers, on its way under a reference of its own. */
export interface SampleConsignment {
  /** The channel that the sample rules give it. */
  readonly channel: Channel;
  readonly consignmentReference: string;
  readonly invoice: string;
  /** Whether the import is declared before the goods are there. */
  readonly ahead: boolean;
  readonly goods: readonly { readonly kind: Goods; readonly pieces: number }[];
}

/** National codes of the goods where the samples know them; elsewhere the six digits of the Harmonized System. */
const NATIONAL_CODES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  VN: { '850131': '85013130', '850300': '85030090', '392690': '39269099' },
  JP: { '850131': '850131000', '850300': '850300000', '392690': '392690029' },
};

/** Preference codes of the sample countries' profiles. */
const CLAIMS: Readonly<Record<SchemeId, string>> = { 'ATIGA-FORM-D': '301', RCEP: '302' };
const NO_CLAIM = '100';
/** The brackets come from here: a country that the certificate says nothing of, so that no preference is claimed. */
const OTHER_ORIGIN = 'CN';

/**
 * The three consignments under one certificate: motors alone, declared ahead and by an authorised trader, for which no
 * rule fires (green); motors with parts of motors and brackets of another origin (yellow, and duty is due); a large lot
 * of motors (red). 100 motors and 50 rotors of the certificate are left.
 * @param reference of the certificate's consignment; the first one travels under it
 */
export function sampleConsignments(reference: string, invoice: string): readonly SampleConsignment[] {
  const at = (number: number): Pick<SampleConsignment, 'consignmentReference' | 'invoice'> => ({
    consignmentReference: number === 1 ? reference : `${reference}-${number}`,
    invoice: `${invoice}-${number}`,
  });
  return [
    { channel: 'green', ...at(1), ahead: true, goods: [{ kind: 'motors', pieces: 300 }] },
    {
      channel: 'yellow',
      ...at(2),
      ahead: false,
      goods: [
        { kind: 'motors', pieces: 100 },
        { kind: 'rotors', pieces: 150 },
        { kind: 'brackets', pieces: 500 },
      ],
    },
    { channel: 'red', ...at(3), ahead: false, goods: [{ kind: 'motors', pieces: 500 }] },
  ];
}

function times(one: string, pieces: number): string {
  return new Decimal(one).times(pieces).toFixed();
}

function sum(goods: SampleConsignment['goods'], of: (kind: Goods, pieces: number) => string): string {
  return Decimal.sum(0, ...goods.map(({ kind, pieces }) => of(kind, pieces))).toFixed();
}

const priceOf = (kind: Goods, pieces: number): string => times(GOODS[kind].price, pieces);
const massOf = (kind: Goods, pieces: number): string => times(GOODS[kind].kilograms, pieces);
const cartonsOf = (kind: Goods, pieces: number): string => String(Math.ceil(pieces / GOODS[kind].perCarton));
const dollars = (value: string): JsonObject => ({ value, currencyID: 'USD' });
const kilograms = (value: string): JsonObject => ({ value, unitCode: 'KGM' });

/** The exporter's declaration of a consignment, in the JSON form of the WCO declaration. */
export function sampleExport(
  from: SampleCountry,
  to: SampleCountry,
  consignment: SampleConsignment,
  localReference: string,
): JsonObject {
  const { goods } = consignment;
  return {
    wcoDataModelVersionCode: '3.6',
    wcoTypeName: 'DEC',
    responsibleCountryCode: from.country,
    declaration: {
      functionCode: '9',
      functionalReferenceID: localReference,
      typeCode: 'EXA',
      goodsItemQuantity: { value: String(goods.length) },
      declarationOfficeID: from.customs.office.code,
      invoiceAmount: dollars(sum(goods, priceOf)),
      totalGrossMassMeasure: kilograms(sum(goods, massOf)),
      totalPackageQuantity: { value: sum(goods, cartonsOf) },
      borderTransportMeans: { registrationNationalityCode: from.country, modeCode: '1' },
      declarant: { id: from.exporter.identifier.value },
      exporter: {
        id: from.exporter.identifier.value,
        name: from.exporter.name,
        address: { cityName: from.exporter.address.city, countryCode: from.country },
      },
      goodsShipment: {
        consignee: {
          id: to.importer.identifier.value,
          name: to.importer.name,
          address: { cityName: to.importer.address.city, countryCode: to.country },
        },
        consignment: {
          containerCode: '1',
          goodsLocation: {
            name: from.port ?? from.customs.office.place,
            typeCode: 'A',
            address: { typeCode: 'U', countryCode: from.country },
          },
          transportEquipment: [{ sequenceNumeric: '1', id: 'TGHU4471235' }],
        },
        destination: { countryCode: to.country },
        exportCountry: { id: from.country },
        governmentAgencyGoodsItem: goods.map((one, index) => exportItem(from.country, consignment, one, index)),
        tradeTerms: { conditionCode: 'CIF', locationID: to.port ?? '' },
        ucr: { traderAssignedReferenceID: consignment.consignmentReference },
      },
    },
  };
}

function exportItem(
  country: string,
  { invoice }: SampleConsignment,
  { kind, pieces }: SampleConsignment['goods'][number],
  index: number,
): JsonObject {
  const { description, heading, certificateItem } = GOODS[kind];
  return {
    sequenceNumeric: String(index + 1),
    additionalDocument: [{ categoryCode: 'N', id: invoice, typeCode: '380' }],
    commodity: {
      description,
      classification: [{ id: nationalCode(country, heading), identificationTypeCode: 'TSP' }],
      goodsMeasure: {
        grossMassMeasure: kilograms(massOf(kind, pieces)),
        netNetWeightMeasure: kilograms(times(massOf(kind, pieces), 1)),
        tariffQuantity: { value: String(pieces), unitCode: 'C62' },
      },
      invoiceLine: { itemChargeAmount: dollars(priceOf(kind, pieces)) },
    },
    governmentProcedure: [{ currentCode: '10', previousCode: '00' }],
    origin: [{ countryCode: certificateItem === undefined ? OTHER_ORIGIN : country, typeCode: '1' }],
    packaging: [
      {
        sequenceNumeric: '1',
        marksNumbersID: `PUMP WORKS ${index + 1}`,
        quantityQuantity: { value: cartonsOf(kind, pieces) },
        typeCode: 'CT',
      },
    ],
  };
}

function nationalCode(country: string, heading: string): string {
  return NATIONAL_CODES[country]?.[heading] ?? heading;
}

/** What the importer adds to a declaration that was begun from the exporter's. */
export interface ImportCompletion {
  readonly to: SampleCountry;
  readonly scheme: SchemeId;
  readonly localReference: string;
  readonly certificateNumber: string;
  readonly consignment: SampleConsignment;
}

/** The import declaration: what the draft took over from the exporter's declaration, and what was left open in it. */
export function completeImport(draft: JsonValue | undefined, completion: ImportCompletion): JsonObject {
  const content = isObject(draft) ? draft : {};
  const declaration = objectOf(fieldOf(content, 'declaration'));
  const shipment = objectOf(fieldOf(declaration, 'goodsShipment'));
  const { to, localReference, consignment } = completion;
  const items = entriesAt(shipment, 'governmentAgencyGoodsItem');
  return {
    ...content,
    declaration: {
      ...declaration,
      typeCode: consignment.ahead ? 'IMD' : 'IMA',
      functionalReferenceID: localReference,
      declarationOfficeID: to.customs.office.code,
      declarant: { id: to.importer.identifier.value },
      goodsShipment: {
        ...shipment,
        governmentAgencyGoodsItem: items.map((item, index) => importItem(item, index, completion)),
      },
    },
  };
}

function importItem(item: JsonObject, index: number, completion: ImportCompletion): JsonObject {
  const { to, scheme, certificateNumber, consignment } = completion;
  const { kind, pieces } = consignment.goods[index] ?? { kind: 'motors', pieces: 0 };
  const { certificateItem } = GOODS[kind];
  const commodity = objectOf(fieldOf(item, 'commodity'));
  const heading = textAt(entriesAt(commodity, 'classification')[0], 'id');
  const certificate: JsonObject = {
    categoryCode: 'N',
    id: `${certificateNumber}/${certificateItem ?? ''}`,
    typeCode: '954',
    writeOff: { quantityQuantity: { value: String(pieces), unitCode: 'C62' } },
  };
  return {
    ...item,
    additionalDocument: [
      { categoryCode: 'N', id: consignment.invoice, typeCode: '380' },
      ...(certificateItem === undefined ? [] : [certificate]),
    ],
    commodity: {
      ...commodity,
      classification: [{ id: nationalCode(to.country, heading), identificationTypeCode: 'TSP' }],
      dutyTaxFee: [{ dutyRegimeCode: certificateItem === undefined ? NO_CLAIM : CLAIMS[scheme] }],
    },
    customsValueAmount: dollars(priceOf(kind, pieces)),
    customsValuation: { methodCode: '1' },
    governmentProcedure: [{ currentCode: '40', previousCode: '00' }],
  };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** Quantities of the certificate's items that a consignment draws, for people: `300 of item 1`. */
export function drawnBy({ goods }: SampleConsignment): readonly { readonly item: number; readonly quantity: string }[] {
  return goods.flatMap(({ kind, pieces }) => {
    const { certificateItem } = GOODS[kind];
    return certificateItem === undefined ? [] : [{ item: certificateItem, quantity: String(pieces) }];
  });
}
