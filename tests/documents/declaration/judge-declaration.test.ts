import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { judgeDeclaration } from '../../../src/documents/declaration/judge-declaration.ts';
import type { Fault } from '../../../src/documents/fault.ts';
import type { JsonObject, JsonValue } from '../../../src/documents/json.ts';
import {
  amendmentRequest,
  cancellationRequest,
  changed,
  type ExampleOptions,
  exportDeclaration,
  goodsPresentation,
  importDeclaration,
} from '../declaration-examples.ts';

const VIET_NAM = { country: 'VN', date: '2026-03-05' };
const D = '/declaration';
const ITEM = `${D}/goodsShipment/governmentAgencyGoodsItem/0`;
const CERTIFICATE = { id: 'ATIGA-TH-2026-00000001-X/1', quantity: '2000', unit: 'C62' };
const CLAIM: ExampleOptions = { items: [{ preferenceCode: '301', certificate: CERTIFICATE }] };

function judge(json: JsonObject, context = VIET_NAM, found: readonly Fault[] = []): readonly Fault[] {
  return judgeDeclaration(json, found, context).faults;
}

function found(json: JsonObject, context = VIET_NAM): readonly string[] {
  return judge(json, context).map(({ code, pointer }) => `${code} ${pointer}`);
}

describe('a valid declaration has no fault', () => {
  const cases: readonly (readonly [string, JsonObject, { country: string; date: string }])[] = [
    ['import to Viet Nam', importDeclaration(), VIET_NAM],
    ['import with ATIGA claim', importDeclaration(CLAIM), VIET_NAM],
    ['import to Japan', importDeclaration({ country: 'JP' }), { ...VIET_NAM, country: 'JP' }],
    [
      'import to Thailand from Japan',
      importDeclaration({
        country: 'TH',
        partner: 'JP',
        items: [{ preferenceCode: '304', certificate: CERTIFICATE }, {}],
      }),
      { ...VIET_NAM, country: 'TH' },
    ],
    ['export from Thailand', exportDeclaration(), { ...VIET_NAM, country: 'TH' }],
    ['export from Japan', exportDeclaration({ country: 'JP' }), { ...VIET_NAM, country: 'JP' }],
    [
      'export with its certificate',
      exportDeclaration({ items: [{ certificate: CERTIFICATE }] }),
      { ...VIET_NAM, country: 'TH' },
    ],
    ['amendment', amendmentRequest('26VN0000000000018X', {}), VIET_NAM],
    ['cancellation', cancellationRequest('26VN0000000000018X'), VIET_NAM],
    ['goods presentation', goodsPresentation('26VN0000000000018X'), VIET_NAM],
    ['supplementary', importDeclaration({ typeCode: 'IMY' }), VIET_NAM],
    [
      'a country without a profile',
      importDeclaration({ changes: { '/responsibleCountryCode': 'LA' } }),
      { ...VIET_NAM, country: 'LA' },
    ],
  ];
  for (const [name, json, context] of cases) {
    test(name, () => assert.deepEqual(judge(json, context), []));
  }

  for (const [name, country] of [
    ['declaration-import.json', 'VN'],
    ['declaration-export.json', 'TH'],
  ] as const) {
    test(`the sample ${name}`, () => {
      const text = readFileSync(new URL(`../../../schemas/examples/${name}`, import.meta.url), 'utf8');
      assert.deepEqual(judge(JSON.parse(text), { ...VIET_NAM, country }), []);
    });
  }
});

describe('a fault of an import is told with code and place', () => {
  const cases: readonly (readonly [
    string,
    Readonly<Record<string, JsonValue | undefined>>,
    readonly string[],
    ExampleOptions?,
  ])[] = [
    [
      'unknown country',
      { [`${D}/exporter/address/countryCode`]: 'ZG' },
      [`CODE-COUNTRY ${D}/exporter/address/countryCode`],
    ],
    [
      'unknown country of export',
      { [`${D}/goodsShipment/exportCountry/id`]: 'UK' },
      [`CODE-COUNTRY ${D}/goodsShipment/exportCountry/id`],
    ],
    [
      'country with attributes',
      { [`${ITEM}/origin/0/countryCode`]: { value: 'ZZ', listID: 'x' } },
      [`CODE-COUNTRY ${ITEM}/origin/0/countryCode/value`],
    ],
    [
      'unknown currency',
      { [`${ITEM}/statisticalValueAmount`]: { value: '1', currencyID: 'XYZ' } },
      [`CODE-CURRENCY ${ITEM}/statisticalValueAmount/currencyID`],
    ],
    [
      'unit not written as a unit',
      { [`${ITEM}/commodity/goodsMeasure/tariffQuantity/unitCode`]: 'pieces' },
      [`CODE-UNIT ${ITEM}/commodity/goodsMeasure/tariffQuantity/unitCode`],
    ],
    [
      'unit that the part of the list does not have',
      { [`${ITEM}/commodity/goodsMeasure/tariffQuantity/unitCode`]: 'KGM#G' },
      [],
    ],
    [
      'package not written as one',
      { [`${ITEM}/packaging/0/typeCode`]: 'box' },
      [`CODE-PACKAGE ${ITEM}/packaging/0/typeCode`],
    ],
    ['package that the part of the list does not have', { [`${ITEM}/packaging/0/typeCode`]: 'ZB' }, []],
    [
      'unknown mode of transport',
      { [`${D}/borderTransportMeans/modeCode`]: '11' },
      [`CODE-TRANSPORT-MODE ${D}/borderTransportMeans/modeCode`],
    ],
    ['older Incoterm', { [`${D}/goodsShipment/tradeTerms/conditionCode`]: 'DAT' }, []],
    [
      'Incoterm in small letters',
      { [`${D}/goodsShipment/tradeTerms/conditionCode`]: 'cif' },
      [`CODE-INCOTERM ${D}/goodsShipment/tradeTerms/conditionCode`],
    ],
    [
      'short commodity code',
      { [`${ITEM}/commodity/classification/0/id`]: '8501' },
      [`CODE-HARMONIZED-SYSTEM ${ITEM}/commodity/classification`],
    ],
    [
      'commodity code of no subheading',
      { [`${ITEM}/commodity/classification/0/id`]: '85019999' },
      [`CODE-HARMONIZED-SYSTEM ${ITEM}/commodity/classification`],
    ],
    [
      'commodity code of letters',
      { [`${ITEM}/commodity/classification/0/id`]: '850131AB' },
      [`CODE-HARMONIZED-SYSTEM ${ITEM}/commodity/classification`],
    ],
    ['national chapter', { [`${ITEM}/commodity/classification/0/id`]: '98390010' }, []],
    ['function of another message', { [`${D}/functionCode`]: '5' }, [`CODE-MESSAGE-FUNCTION ${D}/functionCode`]],
    ['type of no declaration', { [`${D}/typeCode`]: 'TRA' }, [`CODE-DECLARATION-TYPE ${D}/typeCode`]],
    ['number of items', { [`${D}/goodsItemQuantity`]: { value: '2' } }, [`ITEM-COUNT ${D}/goodsItemQuantity`]],
    ['item number', { [`${ITEM}/sequenceNumeric`]: '2' }, [`ITEM-NUMBERS ${ITEM}/sequenceNumeric`]],
    ['packages', { [`${D}/totalPackageQuantity`]: { value: '21' } }, [`PACKAGES-TOTAL ${D}/totalPackageQuantity`]],
    ['packages written otherwise', { [`${D}/totalPackageQuantity`]: { value: '20.0' } }, []],
    [
      'gross mass',
      { [`${D}/totalGrossMassMeasure`]: { value: '1240.51', unitCode: 'KGM' } },
      [`GROSS-MASS-TOTAL ${D}/totalGrossMassMeasure`],
    ],
    ['gross mass in tonnes', { [`${D}/totalGrossMassMeasure`]: { value: '1.2405', unitCode: 'TNE' } }, []],
    [
      'net above gross',
      { [`${ITEM}/commodity/goodsMeasure/netNetWeightMeasure`]: { value: '1240.6' } },
      [`NET-ABOVE-GROSS ${ITEM}/commodity/goodsMeasure/netNetWeightMeasure`],
    ],
    [
      'net above gross in another unit',
      { [`${ITEM}/commodity/goodsMeasure/netNetWeightMeasure`]: { value: '1.3', unitCode: 'TNE' } },
      [`NET-ABOVE-GROSS ${ITEM}/commodity/goodsMeasure/netNetWeightMeasure`],
    ],
    [
      'mass in pieces',
      { [`${ITEM}/commodity/goodsMeasure/netNetWeightMeasure`]: { value: '1', unitCode: 'C62' } },
      [`WEIGHT-UNIT ${ITEM}/commodity/goodsMeasure/netNetWeightMeasure`],
    ],
    [
      'invoice amount',
      { [`${D}/invoiceAmount`]: { value: '18400.01', currencyID: 'USD' } },
      [`INVOICE-TOTAL ${D}/invoiceAmount`],
    ],
    [
      'invoice in another currency',
      { [`${D}/invoiceAmount`]: { value: '18400', currencyID: 'EUR' } },
      [`CURRENCIES-DIFFER ${ITEM}/commodity/invoiceLine/itemChargeAmount`],
    ],
    [
      'amount without currency',
      { [`${ITEM}/statisticalValueAmount`]: { value: '1' } },
      [`CURRENCY-MISSING ${ITEM}/statisticalValueAmount`],
    ],
    [
      'price below zero',
      { [`${ITEM}/customsValueAmount`]: { value: '-1', currencyID: 'USD' } },
      [`VALUE-NEGATIVE ${ITEM}/customsValueAmount`],
    ],
    [
      'day that is none',
      { [`${D}/issueDateTime`]: { dateTimeString: { value: '20260230', formatCode: '102' } } },
      [`DATE-INVALID ${D}/issueDateTime/dateTimeString`],
    ],
    [
      'hour that is none',
      { [`${D}/issueDateTime`]: { dateTimeString: { value: '20260301250000Z', formatCode: '304' } } },
      [`DATE-INVALID ${D}/issueDateTime/dateTimeString`],
    ],
    [
      'day in the format of a moment',
      { [`${D}/issueDateTime`]: { dateTimeString: { value: '20260301', formatCode: '304' } } },
      [`DATE-INVALID ${D}/issueDateTime/dateTimeString`],
    ],
    [
      'issued in the future',
      { [`${D}/issueDateTime`]: { dateTimeString: { value: '20260307', formatCode: '102' } } },
      [`DATE-IN-FUTURE ${D}/issueDateTime/dateTimeString`],
    ],
    [
      'issued where it is tomorrow already',
      { [`${D}/issueDateTime`]: { dateTimeString: { value: '20260306010000+09', formatCode: '304' } } },
      [],
    ],
    [
      'document valid in the future',
      {
        [`${ITEM}/additionalDocument/0/effectiveDateTime`]: {
          dateTimeString: { value: '20270101', formatCode: '102' },
        },
      },
      [],
    ],
    [
      'bidirectional control in a description',
      { [`${ITEM}/commodity/description`]: 'motors \u202egnp.exe' },
      [`TEXT-INVISIBLE-CHARACTER ${ITEM}/commodity/description`],
    ],
    [
      'control character',
      { [`${D}/exporter/name`]: 'Siam\u0085Motors' },
      [`TEXT-CONTROL-CHARACTER ${D}/exporter/name`],
    ],
    [
      'look-alike letters in a name',
      { [`${D}/exporter/name`]: 'Siаm Motors' },
      [`TEXT-MIXED-SCRIPTS ${D}/exporter/name`],
    ],
    ['decomposed accents', { [`${D}/exporter/name`]: 'Cafe\u0301 Motors' }, [`TEXT-NOT-NORMALISED ${D}/exporter/name`]],
    ['accents and line breaks', { [`${D}/exporter/name`]: 'Công ty\n\tTNHH' }, []],
    ['spreadsheet formula, which is only text', { [`${ITEM}/commodity/description`]: '=cmd|calc' }, []],
    ['another administration', { '/responsibleCountryCode': 'TH' }, ['ADMINISTRATION-OTHER /responsibleCountryCode']],
    ['no LRN', { [`${D}/functionalReferenceID`]: undefined }, [`PROFILE-REQUIRED ${D}/functionalReferenceID`]],
    ['empty LRN', { [`${D}/functionalReferenceID`]: '  ' }, [`PROFILE-REQUIRED ${D}/functionalReferenceID`]],
    [
      'no importer',
      { [`${D}/goodsShipment/importer`]: undefined },
      [`PROFILE-REQUIRED ${D}/goodsShipment/importer/id`],
    ],
    [
      'no UCR',
      { [`${D}/goodsShipment/ucr`]: undefined },
      [`PROFILE-REQUIRED ${D}/goodsShipment/ucr/traderAssignedReferenceID`],
    ],
    ['no office', { [`${D}/declarationOfficeID`]: undefined }, [`PROFILE-REQUIRED ${D}/declarationOfficeID`]],
    [
      'the office of presentation instead',
      { [`${D}/declarationOfficeID`]: undefined, [`${D}/presentationOffice`]: { id: 'VNHPHC' } },
      [],
    ],
    [
      'no goods',
      { [`${D}/goodsShipment/governmentAgencyGoodsItem`]: undefined, [`${D}/goodsItemQuantity`]: undefined },
      [`PROFILE-REQUIRED ${D}/goodsShipment/governmentAgencyGoodsItem`],
    ],
    [
      'no description',
      { [`${ITEM}/commodity/description`]: undefined },
      [`PROFILE-REQUIRED ${ITEM}/commodity/description`],
    ],
    ['no origin', { [`${ITEM}/origin`]: undefined }, [`PROFILE-REQUIRED ${ITEM}/origin/0/countryCode`]],
    [
      'no price',
      { [`${ITEM}/commodity/invoiceLine`]: undefined },
      [`PROFILE-REQUIRED ${ITEM}/commodity/invoiceLine/itemChargeAmount`],
    ],
    [
      'a customs value instead of a price',
      {
        [`${ITEM}/commodity/invoiceLine`]: undefined,
        [`${ITEM}/customsValueAmount`]: { value: '5', currencyID: 'VND' },
      },
      [],
    ],
    ['gross mass of the shipment only', { [`${ITEM}/commodity/goodsMeasure/grossMassMeasure`]: undefined }, []],
    [
      'a simplified declaration without price',
      { [`${D}/typeCode`]: 'IMC', [`${ITEM}/commodity/invoiceLine`]: undefined },
      [],
    ],
    [
      'claim without certificate',
      {},
      [`PREFERENCE-CERTIFICATE ${ITEM}/additionalDocument`],
      { items: [{ preferenceCode: '301' }] },
    ],
    [
      'claim with a certificate that follows',
      {},
      [],
      { items: [{ preferenceCode: '301', certificate: { id: 'X', exemption: 'PND' } }] },
    ],
    [
      'claim with a certificate that follows without number',
      { [`${ITEM}/additionalDocument/1/id`]: undefined },
      [],
      { items: [{ preferenceCode: '301', certificate: { id: 'X', exemption: 'PND' } }] },
    ],
    [
      'certificate without number',
      { [`${ITEM}/additionalDocument/1/id`]: undefined },
      [`CERTIFICATE-NUMBER-MISSING ${ITEM}/additionalDocument/1/id`],
      CLAIM,
    ],
    [
      'certificate of the whole declaration',
      { [`${D}/additionalDocument`]: [{ categoryCode: 'N', typeCode: '954', id: 'X' }] },
      [],
      { items: [{ preferenceCode: '301' }] },
    ],
    [
      'certificate without claim',
      {},
      [`CERTIFICATE-WITHOUT-CLAIM ${ITEM}/additionalDocument/1`],
      { items: [{ certificate: CERTIFICATE }] },
    ],
    [
      'quantity of a certificate without unit',
      { [`${ITEM}/additionalDocument/1/writeOff/quantityQuantity/unitCode`]: undefined },
      [`CERTIFICATE-UNIT ${ITEM}/additionalDocument/1/writeOff/quantityQuantity`],
      CLAIM,
    ],
    [
      'nothing used of a certificate',
      { [`${ITEM}/additionalDocument/1/writeOff/quantityQuantity/value`]: '0.00' },
      [`VALUE-ZERO ${ITEM}/additionalDocument/1/writeOff/quantityQuantity`],
      CLAIM,
    ],
    [
      'unknown preference',
      { [`${ITEM}/commodity/dutyTaxFee/0/dutyRegimeCode`]: '399' },
      [`PREFERENCE-UNKNOWN ${ITEM}/commodity/dutyTaxFee/0/dutyRegimeCode`],
      CLAIM,
    ],
    [
      'origin of no party',
      { [`${ITEM}/origin/0/countryCode`]: 'US' },
      [`PREFERENCE-ORIGIN ${ITEM}/commodity/dutyTaxFee/0/dutyRegimeCode`],
      CLAIM,
    ],
  ];
  for (const [name, changes, expected, options] of cases) {
    test(name, () => assert.deepEqual(found(importDeclaration({ ...options, changes })), expected));
  }
});

describe('requests have needs of their own', () => {
  test('an amendment names MRN, reason and change', () => {
    const json = changed(amendmentRequest('x', {}), {
      [`${D}/id`]: undefined,
      [`${D}/additionalInformation`]: undefined,
      [`${D}/amendment`]: undefined,
    });
    assert.deepEqual(found(json), [
      `PROFILE-REQUIRED ${D}/id`,
      `PROFILE-REQUIRED ${D}/additionalInformation/0/statementDescription`,
      `PROFILE-REQUIRED ${D}/amendment/0/changeReasonCode`,
    ]);
  });

  test('what an amendment changes need not be whole, but its codes are judged', () => {
    const content = {
      goodsShipment: {
        governmentAgencyGoodsItem: [
          {
            sequenceNumeric: '7',
            commodity: { invoiceLine: { itemChargeAmount: { value: '999', currencyID: 'XXY' } } },
          },
        ],
      },
    };
    assert.deepEqual(found(amendmentRequest('x', content)), [
      `CODE-CURRENCY ${ITEM}/commodity/invoiceLine/itemChargeAmount/currencyID`,
    ]);
  });

  test('a cancellation gives a reason, a presentation names the MRN', () => {
    assert.deepEqual(found(cancellationRequest('x', '')), [
      `PROFILE-REQUIRED ${D}/additionalInformation/0/statementDescription`,
    ]);
    assert.deepEqual(found(goodsPresentation(' ')), [`PROFILE-REQUIRED ${D}/id`]);
  });

  test('an export needs exporter and destination, no origin and no importer', () => {
    const json = exportDeclaration({
      changes: {
        [`${D}/exporter`]: undefined,
        [`${D}/goodsShipment/destination`]: undefined,
        [`${ITEM}/origin`]: undefined,
      },
    });
    assert.deepEqual(found(json, { ...VIET_NAM, country: 'TH' }), [
      `PROFILE-REQUIRED ${D}/exporter/id`,
      `PROFILE-REQUIRED ${D}/goodsShipment/destination/countryCode`,
    ]);
  });
});

describe('stages', () => {
  test('tell all faults of a document at once', () => {
    const json = importDeclaration({
      items: [{}, { netMass: '2000' }, {}],
      changes: { [`${D}/totalPackageQuantity`]: { value: '1' }, [`${D}/exporter/address/countryCode`]: 'QQ' },
    });
    assert.deepEqual(
      judge(json).map(({ code }) => code),
      ['CODE-COUNTRY', 'PACKAGES-TOTAL', 'NET-ABOVE-GROSS'],
    );
  });

  test('do not judge what the schema found wrong, nor what depends on it', () => {
    const json = importDeclaration({
      ...CLAIM,
      changes: {
        [`${ITEM}/commodity/dutyTaxFee/0/dutyRegimeCode`]: 301,
        [`${ITEM}/commodity/invoiceLine/itemChargeAmount/value`]: 'much',
        [`${D}/goodsShipment/importer/id`]: 5,
        [`${D}/goodsShipment/importer/name`]: undefined,
      },
    });
    const schema = [
      `${ITEM}/commodity/dutyTaxFee/0/dutyRegimeCode`,
      `${ITEM}/commodity/invoiceLine/itemChargeAmount/value`,
      `${D}/goodsShipment/importer/id`,
    ].map((pointer): Fault => ({ code: 'SCHEMA-TYPE', pointer, message: '' }));
    assert.deepEqual(judge(json, VIET_NAM, schema), []);
  });

  test('give the same faults in the same order', () => {
    const json = importDeclaration({
      items: [{ packages: '3' }, { netMass: '5000' }],
      changes: { [`${D}/typeCode`]: 'X' },
    });
    assert.deepEqual(judge(json), judge(structuredClone(json)));
  });

  test('say what was found and what was expected', () => {
    const [fault] = judge(importDeclaration({ changes: { [`${D}/totalPackageQuantity`]: { value: '21' } } }));
    assert.deepEqual(fault, {
      code: 'PACKAGES-TOTAL',
      pointer: `${D}/totalPackageQuantity`,
      message: 'The total is 21 packages; those of the goods add up to 20.',
      found: '21',
      expected: '20',
    });
  });
});
