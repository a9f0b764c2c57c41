import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkBytes } from '../../../src/documents/check.ts';
import { convertBytes } from '../../../src/documents/convert.ts';

const METADATA = 'urn:wco:datamodel:WCO:DocumentMetaData-DMS:2';
const DECLARATION = 'urn:wco:datamodel:WCO:DEC-DMS:2';

function xml(content: string, before = ''): Buffer {
  return Buffer.from(
    `${before}<MetaData xmlns="${METADATA}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Declaration xmlns="${DECLARATION}"><FunctionCode>9</FunctionCode>${content}</Declaration></MetaData>`,
  );
}

function json(declaration: object): Buffer {
  return Buffer.from(JSON.stringify({ declaration: { functionCode: '9', ...declaration } }));
}

function codes(bytes: Buffer): readonly string[] {
  return checkBytes(bytes).faults.map(({ code }) => code);
}

/** Elements that each declare a prefix, within three that declare sixty. */
function prefixes(inner: string): string {
  const sixty = (letter: string): string =>
    Array.from({ length: 60 }, (_, at) => ` xmlns:${letter}${at}="urn:x"`).join('');
  const [a, b, c] = ['a', 'b', 'c'].map(sixty);
  const many = '<Classification xmlns:a="urn:x"/>'.repeat(50_000);
  return `<GoodsShipment${a}><GovernmentAgencyGoodsItem${b}><Commodity${c}>${many}${inner}</Commodity></GovernmentAgencyGoodsItem></GoodsShipment>`;
}

const id = '<FunctionalReferenceID>A</FunctionalReferenceID>';

const hostile: readonly (readonly [string, Buffer, string])[] = [
  ['X1: an external entity', xml('', '<!DOCTYPE MetaData [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), 'XML-DOCTYPE'],
  ['X1: entities in entities', xml('', '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;">]>'), 'XML-DOCTYPE'],
  ['X2: depth', xml('<A>'.repeat(70) + '</A>'.repeat(70)), 'XML-TOO-DEEP'],
  ['X2: a million elements', xml('<AdditionalInformation/>'.repeat(1_000_000)), 'XML-TOO-MANY-ELEMENTS'],
  ['X2: 30 MB', xml(' '.repeat(30 * 1024 * 1024)), 'BYTES-TOO-LARGE'],
  ['X2: a text of 2 MB', xml(`<ID>${'x'.repeat(2 * 1024 * 1024)}</ID>`), 'XML-TEXT-TOO-LONG'],
  [
    'X2: 65 attributes',
    xml(`<ID ${Array.from({ length: 65 }, (_, at) => `a${at}=""`).join(' ')}/>`),
    'XML-TOO-MANY-ATTRIBUTES',
  ],
  ['X2: a name of 64 KB', xml(`<${'a'.repeat(65536)}/>`), 'XML-NAME-TOO-LONG'],
  ['X2: 100,000 entries of a list', xml('<AdditionalInformation/>'.repeat(100_000)), 'SCHEMA-COUNT'],
  ['X3: UTF-16', Buffer.from(`\ufeff${xml('').toString()}`, 'utf16le'), 'ENCODING-NOT-UTF-8'],
  ['X3: another encoding declared', xml('', '<?xml version="1.0" encoding="ISO-8859-1"?>'), 'ENCODING-NOT-UTF-8'],
  ['X3: a control character', xml('<ID>\u0001</ID>'), 'XML-CONTROL-CHARACTER'],
  ['X3: a control character by reference', xml('<ID>&#1;</ID>'), 'XML-MALFORMED'],
  ['X3: half a surrogate pair by reference', xml('<ID>&#xD800;</ID>'), 'XML-MALFORMED'],
  [
    'X5: another namespace',
    xml(`<FunctionalReferenceID xmlns="urn:x">A</FunctionalReferenceID>`),
    'XML-ELEMENT-UNKNOWN',
  ],
  ['X5: a prefix bound to another namespace', xml(`<d:ID xmlns:d="urn:x">A</d:ID>`), 'XML-ELEMENT-UNKNOWN'],
  ['X5: a prefix that is not bound', xml('<d:ID>A</d:ID>'), 'XML-MALFORMED'],
  ['X5: xsi:type', xml('<ID xsi:type="x">A</ID>'), 'XML-ATTRIBUTE-UNKNOWN'],
  ['X5: xsi:nil', xml('<ID xsi:nil="true"/>'), 'XML-ATTRIBUTE-UNKNOWN'],
  ['an unknown attribute', xml('<ID x="1">A</ID>'), 'XML-ATTRIBUTE-UNKNOWN'],
  ['the same element twice', xml(id + id), 'XML-ELEMENT-REPEATED'],
  ['elements in the wrong order', xml(`<ID>A</ID>${id}`), 'XML-ELEMENT-ORDER'],
  ['text between elements', xml('x'), 'XML-TEXT-NOT-ALLOWED'],
  ['a CDATA section between elements', xml('<![CDATA[x]]>'), 'XML-TEXT-NOT-ALLOWED'],
  ['H2: a name twice', Buffer.from('{"declaration":{"functionCode":"9","functionCode":"13"}}'), 'JSON-DUPLICATE-NAME'],
  ['H2: __proto__', Buffer.from('{"declaration":{"functionCode":"9","__proto__":{}}}'), 'JSON-FORBIDDEN-NAME'],
  ['H2: depth', Buffer.from(`{"declaration":${'['.repeat(10_000)}${']'.repeat(10_000)}}`), 'JSON-TOO-DEEP'],
  ['H2: a number', json({ goodsItemQuantity: { value: 1 } }), 'SCHEMA-TYPE'],
  ['H2: toString', json({ toString: 'x' }), 'SCHEMA-UNKNOWN-PROPERTY'],
  ['a list that is empty', json({ additionalInformation: [] }), 'SCHEMA-COUNT'],
  ['nothing', json({ id: null }), 'SCHEMA-TYPE'],
  ['an object of a text alone', json({ id: { value: 'A' } }), 'SCHEMA-TYPE'],
  ['an object where a list stands', json({ additionalInformation: {} }), 'SCHEMA-TYPE'],
  ['H3: a control character', json({ id: 'A\u0001' }), 'TEXT-CONTROL-CHARACTER'],
  ['H3: what is no character', json({ id: 'A\uffff' }), 'TEXT-CONTROL-CHARACTER'],
  ['H3: NUL', json({ id: 'A\u0000' }), 'JSON-TEXT-UNSAFE'],
  ['H3: half a surrogate pair', Buffer.from('{"declaration":{"functionCode":"9","id":"\\ud800"}}'), 'JSON-TEXT-UNSAFE'],
];

describe('hostile declarations', () => {
  for (const [name, bytes, code] of hostile) {
    it(`refuses ${name}: ${code}`, () => {
      const found = codes(bytes);
      assert.equal(found[0], code, found.slice(0, 3).join());
    });
  }

  it('X4: reads the whole text across comments, instructions and sections', () => {
    const bytes = xml('<ID>AD<!-- -->M<?x y?><![CDATA[I&N]]>&#88;</ID>');
    const result = convertBytes(bytes, 'json');
    assert.ok(result.ok);
    assert.deepEqual(JSON.parse(result.text), { declaration: { functionCode: '9', id: 'ADMI&NX' } });
  });

  it('tells all faults at once, with pointer, XPath and line', () => {
    const bytes = xml(
      '\n<TypeCode listAgencyID="long">TOOLONG</TypeCode>\n<InvoiceAmount currencyID="eur">1,5</InvoiceAmount>\n<Agent><Unknown/></Agent>',
    );
    const told = checkBytes(bytes).faults.map(({ code, pointer, xpath, line }) => [code, pointer, xpath, line]);
    const place = '/md:MetaData/dec:Declaration';
    assert.deepEqual(told, [
      ['XML-ELEMENT-UNKNOWN', '/declaration/agent', `${place}/dec:Agent/dec:Unknown`, 4],
      ['SCHEMA-FORMAT', '/declaration/typeCode/value', `${place}/dec:TypeCode`, 2],
      ['SCHEMA-LENGTH', '/declaration/typeCode/listAgencyID', `${place}/dec:TypeCode/@listAgencyID`, 2],
      ['SCHEMA-FORMAT', '/declaration/invoiceAmount/value', `${place}/dec:InvoiceAmount`, 3],
      ['SCHEMA-FORMAT', '/declaration/invoiceAmount/currencyID', `${place}/dec:InvoiceAmount/@currencyID`, 3],
    ]);
  });

  const slow: readonly (readonly [string, Buffer])[] = [
    [
      '9,999 items with faults in each',
      json({ additionalInformation: Array.from({ length: 9_999 }, () => ({ a: 1, b: 2, c: 3 })) }),
    ],
    ['100,000 unknown names', json(Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`n${at}`, at])))],
    [
      'white space without end',
      json({
        id: ' '.repeat(1_000_000),
        typeCode: `${' \t'.repeat(500_000)}\u0001`,
        functionCode: ' '.repeat(1_000_000),
      }),
    ],
    [
      'digits without end',
      json({
        goodsItemQuantity: { value: `${'0'.repeat(1_000_000)}x` },
        invoiceAmount: { value: `1.${'0'.repeat(1_000_000)}x` },
      }),
    ],
    ['lines without end', json({ additionalInformation: [{ statementDescription: `${'x '.repeat(500_000)}\n` }] })],
    ['prefixes without end', xml(prefixes(''))],
    ['prefixes without end, and a fault', xml(prefixes('<Unknown/>'))],
    ['words that look like declarations', xml(`<ID>${' xmlns'.repeat(150_000)}</ID>`)],
  ];
  for (const [name, bytes] of slow) {
    it(`judges ${name} in bounded time`, () => {
      const begin = performance.now();
      const { faults } = checkBytes(bytes);
      const time = performance.now() - begin;
      assert.ok(faults.length > 0 && faults.length <= 200, String(faults.length));
      assert.ok(time < 3000, `${time} ms`);
    });
  }

  it('takes a declaration of 999 items, the most that the vocabulary has, and tells of a fault in the last where it stands', () => {
    const item = (at: number): string =>
      `\n<GovernmentAgencyGoodsItem><SequenceNumeric>${at}</SequenceNumeric><Commodity><Description>${'x'.repeat(200)}</Description></Commodity></GovernmentAgencyGoodsItem>`;
    const items = Array.from({ length: 999 }, (_, at) => item(at + 1)).join('');
    const whole = xml(`<GoodsShipment>${items}</GoodsShipment>`);
    assert.deepEqual(checkBytes(whole).faults, []);
    const wrong = Buffer.from(whole.toString().replace('<SequenceNumeric>999<', '<SequenceNumeric>9x9<'));
    const [fault] = checkBytes(wrong).faults;
    assert.equal(fault?.line, 1_000);
    assert.match(fault?.xpath ?? '', /GovernmentAgencyGoodsItem\[999\]\/dec:SequenceNumeric$/);
  });
});
