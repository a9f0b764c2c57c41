import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { takeDeclaration } from '../../../src/documents/declaration/take.ts';
import type { DeclarationTaking } from '../../../src/documents/declaration/taking.ts';
import { wcoShapeOf } from '../../../src/documents/declaration/wco-kinds.ts';
import { writeWco } from '../../../src/documents/declaration/write-wco.ts';
import type { JsonObject, JsonValue } from '../../../src/documents/json.ts';
import { corpusPath } from '../../support/corpus.ts';
import {
  amendmentRequest,
  cancellationRequest,
  changed,
  type ExampleItem,
  exportDeclaration,
  goodsPresentation,
  importDeclaration,
} from '../declaration-examples.ts';

const VIET_NAM = { country: 'VN', date: '2026-03-05' };
const D = '/declaration';
const ITEM = `${D}/goodsShipment/governmentAgencyGoodsItem/0`;
const CORPUS = corpusPath('wco-declaration');
const LEFT_OUT = CORPUS === undefined && 'the corpus is not there';

function takeJson(json: JsonValue, context = VIET_NAM): DeclarationTaking {
  return takeDeclaration(Buffer.from(JSON.stringify(json)), 'application/json', context);
}

function takeXml(json: JsonObject, context = VIET_NAM): DeclarationTaking {
  return takeDeclaration(Buffer.from(writeWco(wcoShapeOf('declaration'), json)), 'application/xml', context);
}

function faultsOf(taking: DeclarationTaking): readonly string[] {
  return taking.ok ? [] : taking.faults.map(({ code, pointer }) => `${code} ${pointer}`);
}

describe('declarations of the corpus', { skip: LEFT_OUT }, () => {
  /** Where a document of the corpus breaks a rule that all countries share. */
  const breaks: Readonly<Record<string, readonly string[]>> = {
    // ZG, ZN and ZU are no countries of ISO 3166-1.
    TT_EX005a: ['CODE-COUNTRY', 'CODE-COUNTRY', 'CODE-COUNTRY'],
    TT_EX021a: ['CODE-COUNTRY', 'CODE-COUNTRY', 'CODE-COUNTRY'],
    TT_EX042a: ['CODE-COUNTRY', 'CODE-COUNTRY', 'CODE-COUNTRY'],
    TT_EX047a: ['CODE-COUNTRY', 'CODE-COUNTRY', 'CODE-COUNTRY'],
    TT_EX057a: ['CODE-COUNTRY', 'CODE-COUNTRY', 'CODE-COUNTRY'],
    TT_IM096a: ['CODE-COUNTRY', 'CODE-COUNTRY'],
    TT_IM098a: ['CODE-COUNTRY', 'CODE-COUNTRY', 'CODE-COUNTRY'],
    // 9702.00 was divided in the Harmonized System of 2022.
    TT_IM077a: ['CODE-HARMONIZED-SYSTEM'],
    TT_IM079a: ['CODE-HARMONIZED-SYSTEM'],
    // 10 packages in total and 1000 of the goods; 1 and 100.
    TT_EX046a: ['PACKAGES-TOTAL'],
    TT_EX049a: ['PACKAGES-TOTAL'],
    TT_EX055a: ['PACKAGES-TOTAL'],
    TT_IM202a: ['PACKAGES-TOTAL'],
  };
  /** What the default profile asks for and how many of the 96 do not give: they were made for another administration. */
  const lacking: Readonly<Record<string, number>> = {
    // This administration takes its own reference from a previous document of type DCR.
    '/declaration/goodsShipment/ucr/traderAssignedReferenceID': 80,
    '/declaration/declarationOfficeID': 35,
    '/declaration/goodsShipment/exportCountry/id': 6,
    '/declaration/goodsShipment/governmentAgencyGoodsItem/*/origin/*/countryCode': 5,
    '/declaration/goodsShipment/governmentAgencyGoodsItem/*/commodity/description': 3,
    '/declaration/goodsShipment/importer/id': 2,
    '/declaration/goodsShipment/governmentAgencyGoodsItem/*/commodity/classification/*/id': 2,
    '/declaration/goodsShipment/governmentAgencyGoodsItem/*/commodity/invoiceLine/itemChargeAmount': 2,
    '/declaration/totalGrossMassMeasure': 1,
  };
  const folder = join(CORPUS ?? '', 'valid');
  const files = CORPUS === undefined ? [] : readdirSync(folder);
  const shared = { country: null, date: '2026-11-24' };
  const context = { country: 'GB', date: '2026-11-24' };
  const takings = files.map((file) => ({
    name: file.slice(0, 9),
    taking: takeDeclaration(readFileSync(join(folder, file)), 'application/xml', context),
  }));

  test('pass the schema, the code lists and the rules between fields, but for those that break them', () => {
    assert.equal(files.length, 96);
    const found: Record<string, string[]> = {};
    for (const file of files) {
      const taking = takeDeclaration(readFileSync(join(folder, file)), 'application/xml', shared);
      if (!taking.ok) found[file.slice(0, 9)] = taking.faults.map(({ code }) => code);
    }
    assert.deepEqual(found, breaks);
  });

  test('lack what another administration asks for', () => {
    const found: Record<string, number> = {};
    for (const { taking } of takings) {
      const missing = (taking.ok ? [] : taking.faults).filter(({ code }) => code === 'PROFILE-REQUIRED');
      for (const place of new Set(missing.map(({ pointer }) => pointer.replaceAll(/\/[0-9]+/g, '/*')))) {
        found[place] = (found[place] ?? 0) + 1;
      }
    }
    assert.deepEqual(found, lacking);
  });

  test('have a certificate of origin without a claim once', () => {
    const found = takings.filter(
      ({ taking }) => !taking.ok && taking.faults.some(({ code }) => code === 'CERTIFICATE-WITHOUT-CLAIM'),
    );
    assert.deepEqual(
      found.map(({ name }) => name),
      ['TT_IM143a'],
    );
  });

  test('are called what they are', () => {
    const labels: Record<string, number> = {};
    for (const { taking } of takings) labels[taking.label] = (labels[taking.label] ?? 0) + 1;
    assert.deepEqual(labels, {
      'customs declaration': 3,
      'export declaration': 21,
      'import declaration': 55,
      'presentation of goods declared ahead': 4,
      'amendment of a declaration': 3,
      'supplementary import declaration': 10,
    });
  });

  test('that are malformed are refused with line and reason', () => {
    const told = ['TT_EX002a.xml', 'TT_IM084a.xml', 'example_submission_declaration_400.xml'].map((file) => {
      const taking = takeDeclaration(readFileSync(join(CORPUS ?? '', 'malformed', file)), 'application/xml', context);
      const [first] = taking.ok ? [] : taking.faults;
      return `${first?.code} ${first?.line}`;
    });
    assert.deepEqual(told, ['XML-MALFORMED 72', 'XML-MALFORMED 164', 'XML-ELEMENT-UNKNOWN 12']);
  });
});

describe('a declaration that is taken', () => {
  const examples: readonly (readonly [string, JsonObject, string])[] = [
    ['import declaration', importDeclaration(), 'VN'],
    ['export declaration', exportDeclaration(), 'TH'],
    ['supplementary import declaration', importDeclaration({ typeCode: 'IMY' }), 'VN'],
    ['amendment of a declaration', amendmentRequest('26VN0000000000018X', {}), 'VN'],
    ['cancellation of a declaration', cancellationRequest('26VN0000000000018X'), 'VN'],
    ['presentation of goods declared ahead', goodsPresentation('26VN0000000000018X'), 'VN'],
  ];
  for (const [label, json, country] of examples) {
    test(`is the same as XML and as JSON: ${label}`, () => {
      const fromJson = takeJson(json, { ...VIET_NAM, country });
      const fromXml = takeXml(json, { ...VIET_NAM, country });
      assert.deepEqual(faultsOf(fromJson), []);
      assert.deepEqual({ ...fromXml, form: 'json' }, fromJson);
      assert.equal(fromJson.label, label);
    });
  }

  test('has the same faults and facts as XML and as JSON, whatever is wrong with it', () => {
    const text = fc.oneof(
      fc.constantFrom('', ' ', 'VN', 'ZG', '100', '301', '-5', '0', '1e3', 'Cafe\u0301', 'a\u202eb', '20260230', 'C62'),
      fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).map((each) => each.trim()),
    );
    const item: fc.Arbitrary<ExampleItem> = fc.record(
      {
        commodityCode: fc.constantFrom('85013130', '8501', '850131000', 'x'),
        originCountry: fc.constantFrom('TH', 'US', 'ZG'),
        preferenceCode: fc.constantFrom('100', '301', '399'),
        certificate: fc.constantFrom({ id: 'ATIGA-TH-2026-0000417-K/1', quantity: '5' }, { id: 'X', exemption: 'PND' }),
        netMass: fc.constantFrom('1', '1240.5', '9999', '-1'),
        packages: fc.constantFrom('1', '20', '0'),
        invoiceAmount: fc.constantFrom('0.10', '18400', '-3'),
      },
      { requiredKeys: [] },
    );
    const place = fc.constantFrom(
      `${D}/functionCode`,
      `${D}/typeCode`,
      `${D}/functionalReferenceID`,
      `${D}/exporter/name`,
      `${D}/exporter/address/countryCode`,
      `${D}/totalPackageQuantity/value`,
      `${D}/invoiceAmount/currencyID`,
      `${D}/goodsShipment/ucr/traderAssignedReferenceID`,
      `${ITEM}/commodity/description`,
      `${ITEM}/commodity/classification/0/id`,
      `${ITEM}/commodity/goodsMeasure/netNetWeightMeasure/value`,
      `${ITEM}/packaging/0/typeCode`,
    );
    fc.assert(
      fc.property(
        fc.array(item, { minLength: 1, maxLength: 3 }),
        fc.dictionary(place, fc.option(text, { nil: undefined }), { maxKeys: 4 }),
        (items, changes) => {
          const json = changed(importDeclaration({ items }), changes);
          const fromJson = takeJson(json);
          let xml: DeclarationTaking;
          try {
            xml = takeXml(json);
          } catch {
            // What has no element to stand in cannot be written as XML.
            return;
          }
          assert.deepEqual(faultsOf(xml), faultsOf(fromJson));
          if (xml.ok && fromJson.ok) assert.deepEqual(xml.facts, fromJson.facts);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a declaration that is refused', () => {
  const broken = importDeclaration({ changes: { [`${D}/totalPackageQuantity`]: { value: '7' } } });

  test('tells XPath and line of XML, the line of JSON', () => {
    const xml = takeXml(broken);
    assert.ok(!xml.ok);
    assert.equal(xml.faults[0]?.xpath, '/md:MetaData/dec:Declaration/dec:TotalPackageQuantity');
    assert.equal(xml.faults[0]?.line, 1);
    const text = JSON.stringify(broken, null, 2);
    const json = takeDeclaration(Buffer.from(text), 'application/json', VIET_NAM);
    assert.ok(!json.ok);
    const line = text.slice(0, text.indexOf('"totalPackageQuantity"')).split('\n').length;
    assert.equal(json.faults[0]?.line, line);
  });

  test('tells faults of the schema and of later stages together', () => {
    const json = changed(broken, { [`${D}/unknown`]: '1', [`${D}/exporter/address/countryCode`]: 'ZG' });
    assert.deepEqual(faultsOf(takeJson(json)).toSorted(), [
      `CODE-COUNTRY ${D}/exporter/address/countryCode`,
      `PACKAGES-TOTAL ${D}/totalPackageQuantity`,
      `SCHEMA-UNKNOWN-PROPERTY ${D}/unknown`,
    ]);
  });

  for (const [name, bytes, contentType, code] of [
    ['nothing', '', 'application/json', 'BYTES-EMPTY'],
    ['half a JSON text', '{"declaration":', 'application/json', 'JSON-MALFORMED'],
    ['a name twice', '{"declaration":{},"declaration":{}}', 'application/json', 'JSON-DUPLICATE-NAME'],
    ['a prototype', '{"__proto__":{},"declaration":{}}', 'application/json', 'JSON-FORBIDDEN-NAME'],
    ['a list', '[]', 'application/json', 'SCHEMA-TYPE'],
    ['a response', '{"response":[]}', 'application/json', 'KIND-UNKNOWN'],
    ['XML as JSON', '<a/>', 'application/json', 'JSON-MALFORMED'],
    ['another XML document', '<a/>', 'application/xml', 'KIND-UNKNOWN'],
    ['a DOCTYPE', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'application/xml', 'XML-DOCTYPE'],
    ['UTF-16', Buffer.from('\ufeff<a/>', 'utf16le'), 'application/xml', 'ENCODING-NOT-UTF-8'],
  ] as const) {
    test(`is told what it is: ${name}`, () => {
      const taking = takeDeclaration(Buffer.from(bytes), contentType, VIET_NAM);
      assert.ok(!taking.ok);
      assert.equal(taking.faults[0]?.code, code);
    });
  }

  test('is held to the limits that are given', () => {
    const small = { ...VIET_NAM, receivingLimits: { json: { bytes: 100 }, xml: { elements: 10 } } };
    assert.deepEqual(faultsOf(takeJson(broken, small)), ['BYTES-TOO-LARGE ']);
    assert.deepEqual(faultsOf(takeXml(broken, small)), ['XML-TOO-MANY-ELEMENTS ']);
  });
});
