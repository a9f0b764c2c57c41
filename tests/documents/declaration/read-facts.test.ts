import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readFacts } from '../../../src/documents/declaration/read-facts.ts';
import {
  cancellationRequest,
  exampleFacts,
  exportDeclaration,
  goodsPresentation,
  importDeclaration,
} from '../declaration-examples.ts';

const ITEM = '/declaration/goodsShipment/governmentAgencyGoodsItem/0';

function itemWith(changes: Parameters<typeof importDeclaration>[0]): ReturnType<typeof readFacts>['items'][number] {
  const [item] = readFacts(importDeclaration(changes)).items;
  assert.ok(item);
  return item;
}

describe('the facts of a declaration', () => {
  test('name parties, countries, office and references of an import', () => {
    const facts = readFacts(importDeclaration({ agentId: '0209988776', office: 'VNHPHC' }));
    assert.equal(facts.message, 'declaration');
    assert.equal(facts.procedure, 'import');
    assert.equal(facts.lodgedAhead, false);
    assert.equal(facts.localReference, 'LRN-2026-000417');
    assert.equal(facts.consignmentReference, '6TH0105536000315-26-000417');
    assert.equal(facts.office, 'VNHPHC');
    assert.equal(facts.agent?.id, '0209988776');
    assert.deepEqual(facts.importer, { id: '0207654321', name: 'Hai Phong Pump Works Co., Ltd.', country: null });
    assert.equal(facts.exporter?.country, 'TH');
    assert.equal(facts.exportCountry, 'TH');
    assert.equal(facts.destinationCountry, 'VN');
    assert.deepEqual(facts.tradeTerms, { condition: 'CIF', place: 'VNHPH' });
    assert.deepEqual(facts.containers, ['TGHU4471235']);
    assert.deepEqual(facts.invoiceAmount, { amount: '18400', currency: 'USD' });
  });

  test('tell an export and to whom it goes', () => {
    const facts = readFacts(exportDeclaration({ typeCode: 'EXD' }));
    assert.equal(facts.procedure, 'export');
    assert.equal(facts.lodgedAhead, true);
    assert.equal(facts.consignee?.country, 'VN');
    assert.equal(facts.destinationCountry, 'VN');
  });

  test('tell requests apart and give their reason', () => {
    const cancellation = readFacts(cancellationRequest('26VN0000000000001K', 'Not shipped.'));
    assert.equal(cancellation.message, 'cancellation');
    assert.equal(cancellation.reason, 'Not shipped.');
    assert.equal(cancellation.movementReference, '26VN0000000000001K');
    assert.equal(readFacts(goodsPresentation('26VN0000000000001K')).message, 'goods-presentation');
    assert.equal(readFacts(importDeclaration({ typeCode: 'IMY' })).message, 'supplementary');
  });

  for (const [what, classification, code] of [
    ['eight digits of Viet Nam', [{ id: '85013130', identificationTypeCode: 'TSP' }], '85013130'],
    ['nine digits of Japan', [{ id: '850131000', identificationTypeCode: 'HS' }], '850131000'],
    ['a code without its kind', [{ id: '85013130' }], '85013130'],
    ['points in the code', [{ id: '8501.31.30', identificationTypeCode: 'SRZ' }], '85013130'],
    [
      'a national addition, whichever stands first',
      [
        { id: 'VATZ', identificationTypeCode: 'GN' },
        { id: '10', identificationTypeCode: 'TRC' },
        { id: '85013130', identificationTypeCode: 'TSP' },
      ],
      '8501313010',
    ],
    ['only an addition', [{ id: '10', identificationTypeCode: 'TRC' }], ''],
  ] as const) {
    test(`join the commodity code: ${what}`, () => {
      assert.equal(itemWith({ changes: { [`${ITEM}/commodity/classification`]: classification } }).commodityCode, code);
    });
  }

  test('keep origin and preferential origin apart', () => {
    const both = itemWith({
      changes: {
        [`${ITEM}/origin`]: [
          { countryCode: 'JP', typeCode: '2' },
          { countryCode: 'TH', typeCode: '1' },
        ],
      },
    });
    assert.equal(both.originCountry, 'TH');
    assert.equal(both.preferentialOriginCountry, 'JP');
    const one = itemWith({ changes: { [`${ITEM}/origin`]: [{ countryCode: 'JP', typeCode: '2' }] } });
    assert.equal(one.originCountry, 'JP');
  });

  test('give claim, certificate and quantity with their places', () => {
    const item = itemWith({
      items: [{ preferenceCode: '301', certificate: { id: 'ATIGA-TH-2026-00000001-X/2', quantity: '2000.50' } }],
    });
    assert.equal(item.preferenceCode, '301');
    assert.equal(item.preferencePointer, `${ITEM}/commodity/dutyTaxFee/0/dutyRegimeCode`);
    assert.deepEqual(item.documents.at(-1), {
      pointer: `${ITEM}/additionalDocument/1`,
      category: 'N',
      type: '954',
      id: 'ATIGA-TH-2026-00000001-X/2',
      exemption: null,
      quantity: { value: '2000.50', unit: 'C62' },
    });
  });

  for (const [written, read] of [
    ['5', '5'],
    ['+5', '5'],
    ['-5.50', '-5.50'],
    ['.5', '0.5'],
    ['005.', '5'],
    [' 12.30 ', '12.30'],
    ['0', '0'],
    ['1e3', undefined],
    ['.', undefined],
    ['', undefined],
  ] as const) {
    test(`read the decimal "${written}" as ${read ?? 'nothing'}`, () => {
      const item = itemWith({
        changes: { [`${ITEM}/commodity/goodsMeasure/netNetWeightMeasure`]: { value: written } },
      });
      assert.deepEqual(item.netMass, read === undefined ? null : { value: read, unit: 'KGM' });
    });
  }

  test('add up packages exactly, charges with their kind', () => {
    const item = itemWith({
      changes: {
        [`${ITEM}/packaging`]: [
          { sequenceNumeric: '1', quantityQuantity: { value: '20' } },
          { sequenceNumeric: '2', quantityQuantity: { value: '0.1' } },
          { sequenceNumeric: '3', quantityQuantity: { value: '0.2' } },
        ],
        [`${ITEM}/customsValuation/chargeDeduction`]: [
          { chargesTypeCode: 'AK', otherChargeDeductionAmount: { value: '50', currencyID: 'USD' } },
        ],
      },
    });
    assert.equal(item.packageCount, '20.3');
    assert.deepEqual(item.charges, [
      {
        pointer: `${ITEM}/customsValuation/chargeDeduction/0`,
        type: 'AK',
        amount: { amount: '50', currency: 'USD' },
      },
    ]);
  });

  test('bear any JSON at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text: unknown = JSON.parse(JSON.stringify({ declaration: { goodsShipment: value } }));
        readFacts(JSON.parse(JSON.stringify(text)));
        readFacts(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('can be replaced one by one in tests', () => {
    assert.equal(exampleFacts({ office: 'X' }).office, 'X');
  });
});
