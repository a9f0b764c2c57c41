import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { AGREEMENTS, lastDayOfValidity, timeOfIssue } from '../../src/documents/agreements.ts';
import { makeCertificateNumber, readCertificateNumber } from '../../src/documents/certificate-number.ts';
import { checkBytes } from '../../src/documents/check.ts';
import { convertBytes } from '../../src/documents/convert.ts';
import { FAULT_CODES, type FaultCode } from '../../src/documents/fault-codes.ts';
import type { JsonValue } from '../../src/documents/json.ts';
import { schemaFile, schemaSet } from '../../src/documents/schema-set.ts';
import { normaliseTexts } from '../../src/documents/texts.ts';
import type { DocumentKind } from '../../src/documents/types.ts';
import { validateDocument } from '../../src/documents/validate.ts';
import {
  exampleApplication,
  exampleCertificate,
  exampleRcepApplication,
  exampleRcepCertificate,
  exampleResponse,
  exampleUseReport,
} from './examples.ts';

/** A copy with values put at JSON Pointers; `undefined` takes one out. */
function edited(document: JsonValue, edits: Readonly<Record<string, JsonValue | undefined>>): JsonValue {
  const copy: unknown = structuredClone(document);
  for (const [pointer, value] of Object.entries(edits)) {
    const steps = pointer.split('/').slice(1);
    const last = steps.pop() ?? '';
    let at: unknown = copy;
    for (const step of steps) at = Reflect.get(Object(at), step);
    if (value === undefined) Reflect.deleteProperty(Object(at), last);
    else Reflect.set(Object(at), last, value);
  }
  return JSON.parse(JSON.stringify(copy));
}

type Case = readonly [
  name: string,
  edits: Readonly<Record<string, JsonValue | undefined>>,
  code: FaultCode,
  pointer: string,
];
const certificate = exampleCertificate();
const item = certificate.goodsItems[0] ?? assert.fail();

const CERTIFICATE: readonly Case[] = [
  ['a missing exporter', { '/exporter': undefined }, 'SCHEMA-REQUIRED', '/exporter'],
  ['something unknown', { '/exporter/fax': 'x' }, 'SCHEMA-UNKNOWN-PROPERTY', '/exporter/fax'],
  ['something unknown at the top', { '/seal': 'x' }, 'SCHEMA-UNKNOWN-PROPERTY', '/seal'],
  [
    'a number where a text must be',
    { '/goodsItems/0/quantity/value': 2000 },
    'SCHEMA-TYPE',
    '/goodsItems/0/quantity/value',
  ],
  [
    'a thousands separator',
    { '/goodsItems/0/quantity/value': '2,000' },
    'SCHEMA-FORMAT',
    '/goodsItems/0/quantity/value',
  ],
  [
    'an HS code with a point',
    { '/goodsItems/0/harmonizedSystemCode': '8501.31' },
    'SCHEMA-FORMAT',
    '/goodsItems/0/harmonizedSystemCode',
  ],
  ['30 February', { '/issueDate': '2026-02-30' }, 'SCHEMA-FORMAT', '/issueDate'],
  ['a time without zone', { '/issueTime': '15:42:10' }, 'SCHEMA-FORMAT', '/issueTime'],
  ['an unknown indication', { '/indications': ['nice'] }, 'SCHEMA-CHOICE', '/indications/0'],
  ['no goods', { '/goodsItems': [] }, 'SCHEMA-COUNT', '/goodsItems'],
  ['an indication twice', { '/indications': ['accumulation', 'accumulation'] }, 'SCHEMA-DUPLICATE', '/indications'],
  ['an empty name', { '/exporter/name': '' }, 'SCHEMA-LENGTH', '/exporter/name'],
  ['a bidirectional control', { '/exporter/name': 'Siam \u202etrops' }, 'TEXT-INVISIBLE-CHARACTER', '/exporter/name'],
  ['zero width', { '/goodsItems/0/description': 'a\u200bb' }, 'TEXT-INVISIBLE-CHARACTER', '/goodsItems/0/description'],
  ['NUL', { '/remarks': 'a\0b' }, 'TEXT-CONTROL-CHARACTER', '/remarks'],
  ['a line break in a name', { '/exporter/name': 'a\nb' }, 'TEXT-CONTROL-CHARACTER', '/exporter/name'],
  ['a decomposed accent', { '/consignee/name': 'Cafe\u0301' }, 'TEXT-NOT-NORMALISED', '/consignee/name'],
  [
    'a Cyrillic letter among Latin ones',
    { '/exporter/name': 'Si\u0430m Motor' },
    'TEXT-MIXED-SCRIPTS',
    '/exporter/name',
  ],
  [
    'a country that is none',
    { '/thirdCountryInvoicing': { company: 'x', country: 'XX' }, '/indications': ['third-country-invoicing'] },
    'CODE-COUNTRY',
    '/thirdCountryInvoicing/country',
  ],
  [
    'a currency that is none',
    { '/goodsItems/1/freeOnBoardValue/currency': 'XXY' },
    'CODE-CURRENCY',
    '/goodsItems/1/freeOnBoardValue/currency',
  ],
  ['a port that is none', { '/transport/portOfLoading': 'THXXX' }, 'CODE-LOCATION', '/transport/portOfLoading'],
  ['a unit that is none', { '/goodsItems/0/quantity/unit': 'PCS' }, 'CODE-UNIT', '/goodsItems/0/quantity/unit'],
  ['a package that is none', { '/goodsItems/0/packages/type': 'QQ' }, 'CODE-PACKAGE', '/goodsItems/0/packages/type'],
  [
    'a subheading that is none',
    { '/goodsItems/0/harmonizedSystemCode': '850199' },
    'CODE-HARMONIZED-SYSTEM',
    '/goodsItems/0/harmonizedSystemCode',
  ],
  ['a gap in the item numbers', { '/goodsItems/1/itemNumber': 3 }, 'ITEM-NUMBERS', '/goodsItems/1/itemNumber'],
  [
    'an invoice that is not listed',
    { '/goodsItems/0/invoiceNumber': 'X' },
    'INVOICE-UNKNOWN',
    '/goodsItems/0/invoiceNumber',
  ],
  [
    'several invoices and none named',
    { '/goodsItems/0/invoiceNumber': undefined },
    'INVOICE-NOT-NAMED',
    '/goodsItems/0/invoiceNumber',
  ],
  ['an invoice twice', { '/invoices/1/number': 'SMW-26-0388' }, 'INVOICE-REPEATED', '/invoices/1/number'],
  ['a country outside the agreement', { '/importingCountry': 'JP' }, 'COUNTRY-NOT-MEMBER', '/importingCountry'],
  ['a trade within one country', { '/importingCountry': 'TH' }, 'COUNTRIES-SAME', '/importingCountry'],
  ['an exporter elsewhere', { '/exporter/address/country': 'SG' }, 'EXPORTER-COUNTRY', '/exporter/address/country'],
  ['a consignee elsewhere', { '/consignee/address/country': 'SG' }, 'CONSIGNEE-COUNTRY', '/consignee/address/country'],
  ['an origin elsewhere', { '/goodsItems/0/originCountry': 'MY' }, 'ORIGIN-COUNTRY', '/goodsItems/0/originCountry'],
  [
    'a criterion of another agreement',
    { '/goodsItems/0/originCriterion': 'CTC' },
    'CRITERION-SYNTAX',
    '/goodsItems/0/originCriterion',
  ],
  [
    'partial cumulation at 40%',
    { '/goodsItems/0/originCriterion': 'PC 40%' },
    'CRITERION-SYNTAX',
    '/goodsItems/0/originCriterion',
  ],
  [
    'PC without its box',
    { '/goodsItems/0/originCriterion': 'PC 25%' },
    'DETAILS-WITHOUT-INDICATION',
    '/goodsItems/0/originCriterion',
  ],
  [
    'partial cumulation without PC',
    { '/indications': ['partial-cumulation'] },
    'INDICATION-WITHOUT-DETAILS',
    '/indications',
  ],
  [
    'value content towards Cambodia without FOB',
    { '/importingCountry': 'KH', '/consignee/address/country': 'KH', '/goodsItems/1/freeOnBoardValue': undefined },
    'FOB-REQUIRED',
    '/goodsItems/1/freeOnBoardValue',
  ],
  [
    'two currencies',
    { '/goodsItems/0/freeOnBoardValue': { amount: '1', currency: 'THB' } },
    'CURRENCIES-DIFFER',
    '/goodsItems/1/freeOnBoardValue/currency',
  ],
  ['a weight of zero', { '/goodsItems/0/grossWeight/value': '0.000' }, 'VALUE-ZERO', '/goodsItems/0/grossWeight/value'],
  ['a weight in litres', { '/goodsItems/0/grossWeight/unit': 'LTR' }, 'WEIGHT-UNIT', '/goodsItems/0/grossWeight/unit'],
  [
    'gross below net',
    { '/goodsItems/1/grossWeight': { value: '0.3', unit: 'TNE' } },
    'WEIGHT-BELOW-QUANTITY',
    '/goodsItems/1/grossWeight/value',
  ],
  [
    'third-country invoicing without company',
    { '/indications': ['third-country-invoicing'] },
    'INDICATION-WITHOUT-DETAILS',
    '/thirdCountryInvoicing',
  ],
  [
    'a company without third-country invoicing',
    { '/thirdCountryInvoicing': { company: 'x', country: 'SG' } },
    'DETAILS-WITHOUT-INDICATION',
    '/thirdCountryInvoicing',
  ],
  [
    'an invoice from the importing country',
    { '/thirdCountryInvoicing': { company: 'x', country: 'VN' }, '/indications': ['third-country-invoicing'] },
    'INVOICING-NOT-THIRD-COUNTRY',
    '/thirdCountryInvoicing/country',
  ],
  ['back-to-back without original', { '/indications': ['back-to-back'] }, 'INDICATION-WITHOUT-DETAILS', '/backToBack'],
  [
    'an original issued later',
    { '/indications': ['back-to-back'], '/backToBack': { number: 'x', issueDate: '2026-02-27' } },
    'DATE-ORDER',
    '/backToBack/issueDate',
  ],
  ['a declaration after the issue', { '/declaration/date': '2026-02-27' }, 'DATE-ORDER', '/declaration/date'],
  ['an invoice after the issue', { '/invoices/0/date': '2026-02-27' }, 'DATE-ORDER', '/invoices/0/date'],
  ['certification after the issue', { '/endorsement/date': '2026-02-27' }, 'DATE-ORDER', '/endorsement/date'],
  ['a mistyped number', { '/number': 'ATIGA-TH-2026-0000471-0' }, 'NUMBER-CHECK-CHARACTER', '/number'],
  [
    'a number of another year',
    { '/number': makeCertificateNumber({ scheme: 'ATIGA-FORM-D', country: 'TH', year: 2025, serial: 1 }) },
    'NUMBER-NOT-OF-CERTIFICATE',
    '/number',
  ],
  ['an issuer of another country', { '/issuer/country': 'VN' }, 'ISSUER-COUNTRY', '/issuer/country'],
  ['a list without end', { '/goodsItems': Array.from({ length: 5000 }, () => ({})) }, 'SCHEMA-COUNT', '/goodsItems'],
];

describe('validation', () => {
  const valid: readonly (readonly [string, DocumentKind, JsonValue])[] = [
    ['an ATIGA certificate', 'certificate-of-origin', certificate],
    ['an RCEP certificate', 'certificate-of-origin', exampleRcepCertificate()],
    ['an ATIGA application', 'certificate-application', exampleApplication()],
    ['an RCEP application', 'certificate-application', exampleRcepApplication()],
    ['an answer', 'application-response', exampleResponse()],
    ['a report of use', 'application-response', exampleUseReport()],
  ];
  for (const [name, kind, document] of valid) {
    it(`finds nothing wrong with ${name}`, () => assert.deepEqual(validateDocument(kind, document), []));
  }

  for (const [name, edits, code, pointer] of CERTIFICATE) {
    it(`${code}: ${name}`, () => {
      const faults = validateDocument('certificate-of-origin', edited(certificate, edits));
      const fault = faults.find((each) => each.code === code && each.pointer === pointer);
      assert.ok(fault, JSON.stringify(faults, undefined, 1));
      assert.ok(!/must match|pattern|regex/i.test(fault.message), fault.message);
    });
  }

  it('RCEP has no box for exhibitions, and asks for FOB wherever value counts', () => {
    const wrong = edited(exampleRcepApplication(), {
      '/indications': ['exhibition'],
      '/goodsItems/0/freeOnBoardValue': undefined,
    });
    const codes = validateDocument('certificate-application', wrong).map(({ code }) => code);
    assert.deepEqual(codes.sort(), ['FOB-REQUIRED', 'INDICATION-NOT-IN-SCHEME']);
  });

  it('tells faults of all stages at once', () => {
    const wrong = edited(certificate, {
      '/exporter/name': 7,
      '/transport/portOfLoading': 'THXXX',
      '/goodsItems/1/itemNumber': 9,
    });
    const codes = validateDocument('certificate-of-origin', wrong).map(({ code }) => code);
    assert.deepEqual(codes, ['SCHEMA-TYPE', 'CODE-LOCATION', 'ITEM-NUMBERS']);
  });

  it('lists 200 faults at most and says so', () => {
    const wrong = edited(certificate, {
      '/goodsItems': Array.from({ length: 900 }, () => ({ ...item, itemNumber: 7 })),
    });
    const faults = validateDocument('certificate-of-origin', wrong);
    assert.equal(faults.length, 200);
    assert.equal(faults.at(-1)?.code, 'FAULTS-TOO-MANY');
  });

  it('an answer that says verified though a step failed is wrong', () => {
    const wrong = edited(exampleResponse(), { '/steps/0/verdict': 'failed' });
    assert.deepEqual(
      validateDocument('application-response', wrong).map(({ code }) => code),
      ['OUTCOME-STEPS'],
    );
  });

  it('H3: an application with decomposed accents is normalised, not refused', () => {
    const typed = edited(exampleApplication(), { '/remarks': 'Cafe\u0301' });
    assert.deepEqual(validateDocument('certificate-application', typed), []);
    assert.deepEqual(normaliseTexts(typed), edited(exampleApplication(), { '/remarks': 'Caf\u00e9' }));
  });
});

describe('retroactive issue (ATIGA annex 8 rule 10; known answer 11)', () => {
  const days: readonly (readonly [issueDate: string, isMarked: boolean, code: FaultCode | undefined])[] = [
    ['2026-03-01', false, undefined],
    ['2026-03-01', true, 'RETROACTIVE-MARK-WRONG'],
    ['2026-03-02', false, 'RETROACTIVE-MARK-MISSING'],
    ['2026-03-02', true, undefined],
    ['2027-03-01', true, undefined],
    ['2027-03-02', true, 'ISSUED-TOO-LATE'],
  ];
  for (const [issueDate, isMarked, code] of days) {
    it(`shipped on 2026-03-01, issued on ${issueDate}, ${isMarked ? 'marked' : 'not marked'}: ${code ?? 'right'}`, () => {
      const number = makeCertificateNumber({
        scheme: 'ATIGA-FORM-D',
        country: 'TH',
        year: Number(issueDate.slice(0, 4)),
        serial: 1,
      });
      const document = exampleCertificate({
        issueDate,
        number,
        endorsement: { officer: 'a', place: 'b', date: issueDate },
        indications: isMarked ? ['issued-retroactively'] : [],
      });
      const codes = validateDocument('certificate-of-origin', document).map((fault) => fault.code);
      assert.deepEqual(codes, code === undefined ? [] : [code]);
    });
  }

  it('counts months by the calendar', () => {
    const agreement = AGREEMENTS['ATIGA-FORM-D'];
    assert.equal(timeOfIssue(agreement, '2024-02-29', '2025-02-28'), 'retroactive');
    assert.equal(timeOfIssue(agreement, '2024-02-29', '2025-03-01'), 'too-late');
    assert.equal(lastDayOfValidity(agreement, '2026-02-26'), '2027-02-26');
  });
});

describe('the certificate number', () => {
  it('detects every single wrong character and every swap of neighbours', () => {
    const number = makeCertificateNumber({ scheme: 'RCEP', country: 'JP', year: 2026, serial: 1234567 });
    assert.deepEqual(readCertificateNumber(number), { scheme: 'RCEP', country: 'JP', year: 2026, serial: 1234567 });
    for (let at = 13; at < 20; at += 1) {
      const digit = number.charAt(at);
      for (const other of '0123456789') {
        if (other !== digit)
          assert.equal(readCertificateNumber(number.slice(0, at) + other + number.slice(at + 1)), undefined);
      }
      if (at < 19) {
        const swapped = number.slice(0, at) + number.charAt(at + 1) + digit + number.slice(at + 2);
        assert.equal(readCertificateNumber(swapped), undefined);
      }
    }
  });
});

describe('the shared schema set', () => {
  it('holds schemas, code lists, agreements, profiles and tariffs that their own schemas accept', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
    addFormats.default(ajv);
    ajv.addKeyword('xml');
    ajv.addKeyword('says');
    const list = ajv.compile(schemaFile('code-list.schema.json'));
    const agreement = ajv.compile(schemaFile('agreement.schema.json'));
    const profile = ajv.compile(schemaFile('profile.schema.json'));
    const tariff = ajv.compile(schemaFile('tariff.schema.json'));
    for (const { path } of schemaSet().files) {
      const judges = { 'codelists/': list, 'agreements/': agreement, 'profiles/': profile, 'tariffs/': tariff };
      const judge = Object.entries(judges).find(([folder]) => path.startsWith(folder))?.[1];
      if (judge !== undefined) assert.ok(judge(schemaFile(path)), `${path}: ${ajv.errorsText(judge.errors)}`);
      else assert.ok(ajv.validateSchema(schemaFile(path)), path);
    }
  });

  it('has a digest and no samples in it', () => {
    assert.match(schemaSet().digest, /^[0-9a-f]{64}$/);
    assert.ok(schemaSet().files.every(({ path }) => !path.startsWith('examples/')));
  });

  it('comes with samples that are valid', () => {
    for (const name of ['application-atiga.json', 'application-rcep.json']) {
      const bytes = readFileSync(new URL(`../../schemas/examples/${name}`, import.meta.url));
      const check = checkBytes(bytes);
      assert.equal(check.kind, 'certificate-application');
      assert.deepEqual(check.faults, []);
    }
  });
});

describe('conversion', () => {
  it('gives JSON for XML and XML for JSON', () => {
    const xml = convertBytes(Buffer.from(JSON.stringify(certificate)), 'xml');
    assert.ok(xml.ok);
    const json = convertBytes(Buffer.from(xml.text), 'json');
    assert.ok(json.ok);
    assert.deepEqual(JSON.parse(json.text), certificate);
  });

  it('says that an application has no XML form', () => {
    const conversion = convertBytes(Buffer.from(JSON.stringify(exampleApplication())), 'xml');
    assert.equal(conversion.ok ? '' : conversion.faults[0]?.code, 'FORM-NOT-AVAILABLE');
  });

  it('says what is neither XML nor JSON, and what is another document', () => {
    const first = (text: string): string | undefined => checkBytes(Buffer.from(text)).faults[0]?.code;
    assert.equal(first(''), 'BYTES-EMPTY');
    assert.equal(first('%PDF-1.7'), 'FORM-UNKNOWN');
    assert.equal(first('<Invoice xmlns="urn:x"/>'), 'KIND-UNKNOWN');
    assert.equal(first('{"hello":1}'), 'KIND-UNKNOWN');
  });

  it('has every code that a fault can bear in one table, each with its meaning', () => {
    for (const [code, meaning] of Object.entries(FAULT_CODES)) {
      assert.match(code, /^[A-Z][A-Z0-9-]+$/);
      assert.match(meaning, /^[A-Z].*\.$/);
    }
  });
});
