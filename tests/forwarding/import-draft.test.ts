import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { valueAt } from '../../src/documents/pointer.ts';
import { beginImport } from '../../src/forwarding/import-draft.ts';

const exported = {
  wcoDataModelVersionCode: '3.6',
  declaration: {
    functionCode: '9',
    functionalReferenceID: 'EXPORTERS-OWN',
    typeCode: 'EXA',
    goodsItemQuantity: '1',
    totalGrossMassMeasure: { value: '3150.5', unitCode: 'KGM' },
    declarant: { id: 'TH1' },
    exporter: { name: 'Siam Precision Motors' },
    goodsShipment: {
      consignee: { name: 'Pump Works', id: '0207654321' },
      consignment: { containerCode: '1', goodsLocation: { name: 'Laem Chabang' } },
      exportCountry: { id: 'TH' },
      governmentAgencyGoodsItem: [
        {
          sequenceNumeric: '1',
          commodity: {
            description: 'Motors',
            classification: [{ id: '85013140', identificationTypeCode: 'TSP' }],
            dutyTaxFee: [{ dutyRegimeCode: '100' }],
          },
          governmentProcedure: [{ currentCode: '10', previousCode: '00' }],
          origin: [{ countryCode: 'TH' }],
        },
      ],
      ucr: { traderAssignedReferenceID: '6TH1' },
    },
  },
};

describe('an import declaration begun from the exporter’s', () => {
  const { content, toFill } = beginImport(exported, 'VN', ['ATIGA-TH-2026-0000001-J']);
  const at = (pointer: string) => valueAt(content, pointer.split('/').slice(1));
  const item = '/declaration/goodsShipment/governmentAgencyGoodsItem/0';

  const same: readonly (readonly [string, string])[] = [
    ['the consignment reference', '/declaration/goodsShipment/ucr'],
    ['the exporter', '/declaration/exporter'],
    ['the gross mass', '/declaration/totalGrossMassMeasure'],
    ['the description of the goods', `${item}/commodity/description`],
    ['the origin', `${item}/origin`],
  ];
  for (const [what, pointer] of same)
    test(`takes over ${what}`, () => {
      assert.notEqual(at(pointer), undefined);
      assert.deepEqual(at(pointer), valueAt(exported, pointer.split('/').slice(1)));
    });

  test('makes the consignee the importer', () =>
    assert.deepEqual(at('/declaration/goodsShipment/importer'), { name: 'Pump Works', id: '0207654321' }));
  test('keeps the six digits that both tariffs share', () =>
    assert.equal(at(`${item}/commodity/classification/0/id`), '850131'));
  test('proposes the certificates that are here for the consignment', () =>
    assert.deepEqual(at(`${item}/additionalDocument`), [
      { categoryCode: 'N', id: 'ATIGA-TH-2026-0000001-J', typeCode: '954' },
    ]));
  for (const [what, pointer] of [
    ['the exporter’s own reference', '/declaration/functionalReferenceID'],
    ['the exporter’s declarant', '/declaration/declarant'],
    ['the export procedure', `${item}/governmentProcedure`],
    ['the export’s duty', `${item}/commodity/dutyTaxFee`],
    ['where the goods lay at export', '/declaration/goodsShipment/consignment/goodsLocation'],
  ] as const)
    test(`leaves out ${what}`, () => assert.equal(at(pointer), undefined));
  test('names what is still to be said', () => {
    const pointers = toFill.map(({ pointer }) => pointer);
    for (const pointer of ['/declaration/functionalReferenceID', `${item}/commodity/dutyTaxFee`])
      assert.ok(pointers.includes(pointer), pointer);
  });
  test('makes something of a document that says next to nothing', () => {
    const empty = beginImport({}, 'VN', []);
    assert.deepEqual(valueAt(empty.content, ['declaration', 'goodsShipment', 'governmentAgencyGoodsItem']), []);
  });
});
