import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nameOfCode } from '../../../src/documents/code-lists.ts';
import { composeResponse, RESPONSE_FUNCTIONS } from '../../../src/documents/declaration/compose-response.ts';
import type { ResponseContent } from '../../../src/documents/declaration/response-content.ts';
import { responsePointers } from '../../../src/documents/declaration/response-pointers.ts';

const CONTEXT = { country: 'VN', agency: 'Viet Nam Customs' };
const ACCEPTED: ResponseContent = {
  step: 'accepted',
  responseReference: '4dbb4c43-86ec-4a9a-9bd4-6a7a2c0d1a10',
  issuedAt: '2026-03-05T09:30:00+07:00',
  movementReference: '26VN0000000000018X',
  localReference: 'LRN-2026-000417',
  documentVersion: 1,
  acceptedAt: '2026-03-05T02:29:59.999Z',
};

describe('a response', () => {
  test('says function, moments in UTC and references', () => {
    assert.deepEqual(composeResponse(ACCEPTED, CONTEXT), {
      wcoDataModelVersionCode: '3.6',
      wcoTypeName: 'RES',
      responsibleCountryCode: 'VN',
      responsibleAgencyName: 'Viet Nam Customs',
      response: [
        {
          functionCode: '01',
          functionalReferenceID: '4dbb4c4386ec4a9a9bd46a7a2c0d1a10',
          issueDateTime: { dateTimeString: { value: '20260305023000Z', formatCode: '304' } },
          declaration: {
            acceptanceDateTime: { dateTimeString: { value: '20260305022959Z', formatCode: '304' } },
            functionalReferenceID: 'LRN-2026-000417',
            id: '26VN0000000000018X',
            versionID: '1',
          },
        },
      ],
    });
  });

  test('has a function of the code list for every step', () => {
    for (const code of Object.values(RESPONSE_FUNCTIONS)) {
      assert.ok(nameOfCode('response-functions', code, '2026-01-01'), code);
    }
  });

  test('keeps code and pointer of a fault before its sentence, cut to the length of the vocabulary', () => {
    const pointer = '/declaration/goodsShipment/governmentAgencyGoodsItem/1/commodity/invoiceLine/itemChargeAmount';
    const json = composeResponse(
      { ...ACCEPTED, step: 'rejected', faults: [{ code: 'CURRENCIES-DIFFER', pointer, message: 'x'.repeat(600) }] },
      CONTEXT,
    );
    const text = JSON.stringify(json);
    assert.ok(text.includes(`"description":"CURRENCIES-DIFFER at ${pointer}: xxx`));
    assert.ok(text.includes('"validationCode":"CURRENCI"'));
    assert.deepEqual(responsePointers(pointer), [
      { sequenceNumeric: '1', documentSectionCode: '42A' },
      { sequenceNumeric: '1', documentSectionCode: '67A' },
      { sequenceNumeric: '2', documentSectionCode: '68A' },
      { sequenceNumeric: '1', documentSectionCode: '23A' },
      { sequenceNumeric: '1', documentSectionCode: '79A', tagID: '112' },
    ]);
  });

  test('names places as far as the vocabulary has identifiers for them', () => {
    assert.deepEqual(responsePointers(''), []);
    assert.deepEqual(responsePointers('/responsibleCountryCode'), []);
    assert.deepEqual(responsePointers('/declaration/nothing/of/it'), [
      { sequenceNumeric: '1', documentSectionCode: '42A' },
    ]);
    assert.deepEqual(responsePointers('/declaration/invoiceAmount/currencyID'), [
      { sequenceNumeric: '1', documentSectionCode: '42A', tagID: '109' },
    ]);
  });

  test('puts duty of several kinds of one item together', () => {
    const payable = { amount: '920.00', currency: 'VND' };
    const json = composeResponse(
      {
        ...ACCEPTED,
        step: 'duty',
        duties: [
          {
            itemSequence: 1,
            typeCode: 'A00',
            preferenceCode: '301',
            baseAmount: { amount: '18400', currency: 'VND' },
            ratePercent: '5',
            payable,
          },
          { itemSequence: 1, typeCode: 'B00', preferenceCode: null, baseAmount: null, ratePercent: '0.12345', payable },
        ],
      },
      CONTEXT,
    );
    const text = JSON.stringify(json);
    assert.equal(text.split('"sequenceNumeric"').length, 2);
    assert.ok(text.includes('"taxRateNumeric":"5"'));
    assert.ok(!text.includes('0.12345'));
  });

  test('says by when an answer is expected, and sentences whose code is too long for the vocabulary', () => {
    const json = composeResponse(
      {
        ...ACCEPTED,
        step: 'documents-requested',
        answerBy: '2026-03-10T00:00:00Z',
        statements: [{ code: 'CERTIFICATE-NOT-THERE-YET', text: 'Send it.' }],
      },
      CONTEXT,
    );
    assert.ok(
      JSON.stringify(json).includes(
        '"additionalInformation":[{"statementDescription":"CERTIFICATE-NOT-THERE-YET: Send it.","limitDateTime":',
      ),
    );
  });

  test('refuses a moment that is none', () => {
    assert.throws(() => composeResponse({ ...ACCEPTED, issuedAt: 'soon' }, CONTEXT), /no moment/);
  });
});
