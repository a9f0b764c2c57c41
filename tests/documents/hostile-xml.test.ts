import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkBytes } from '../../src/documents/check.ts';
import { toXml } from '../../src/documents/codec.ts';
import type { FaultCode } from '../../src/documents/fault-codes.ts';
import { readXml } from '../../src/documents/read-xml.ts';
import { exampleCertificate } from './examples.ts';

const certificate = exampleCertificate();
const good = toXml('certificate-of-origin', certificate);
const body = good.replace(/^<\?xml[^>]*\?>\s*/, '');

function codesOf(input: string | Uint8Array): readonly string[] {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  return checkBytes(bytes).faults.map(({ code }) => code);
}

function utf16(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
}

/** Puts something in place of the first occurrence, which must be there. */
function changed(from: string, to: string): string {
  assert.ok(good.includes(from), `the example has no ${from}`);
  return good.replace(from, () => to);
}

const extension = (content: string): string =>
  `<e:UBLExtensions xmlns:e="urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"><e:UBLExtension><e:ExtensionContent>${content}</e:ExtensionContent></e:UBLExtension></e:UBLExtensions>`;
const seal =
  '<s:UBLDocumentSignatures xmlns:s="urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2"/>';

const REFUSED: readonly (readonly [
  threat: string,
  input: string,
  bytes: () => string | Uint8Array,
  code: FaultCode,
])[] = [
  ['X1', 'an external entity', () => `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${body}`, 'XML-DOCTYPE'],
  ['X1', 'an external DTD', () => `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">${body}`, 'XML-DOCTYPE'],
  ['X1', 'a parameter entity', () => `<!DOCTYPE a [<!ENTITY % p "x"> %p;]>${body}`, 'XML-DOCTYPE'],
  ['X1', 'a DOCTYPE behind a comment', () => `<!-- > --><!DOCTYPE a>${body}`, 'XML-DOCTYPE'],
  ['X1', 'an entity that was never declared', () => changed('Siam Motor Works Co', '&lol;'), 'XML-MALFORMED'],
  ['X2', 'depth', () => '<a>'.repeat(5000) + '</a>'.repeat(5000), 'XML-TOO-DEEP'],
  [
    'X2',
    'many attributes',
    () => `<a ${Array.from({ length: 5000 }, (_, i) => `a${i}="1"`).join(' ')}/>`,
    'XML-TOO-MANY-ATTRIBUTES',
  ],
  ['X2', 'one text of many megabytes', () => `<a>${'x'.repeat(4_000_000)}</a>`, 'XML-TEXT-TOO-LONG'],
  ['X2', 'one comment of many megabytes', () => `<a><!--${'x'.repeat(4_000_000)}--></a>`, 'XML-TEXT-TOO-LONG'],
  ['X2', 'a hundred thousand elements and more', () => `<a>${'<b/>'.repeat(100_001)}</a>`, 'XML-TOO-MANY-ELEMENTS'],
  ['X2', 'a name of 64 KB', () => `<${'n'.repeat(65_536)}/>`, 'XML-NAME-TOO-LONG'],
  ['X2', 'more bytes than allowed', () => Buffer.alloc(11 * 1024 * 1024, 0x3c), 'BYTES-TOO-LARGE'],
  ['X3', 'UTF-16 with a mark', () => utf16(good), 'ENCODING-NOT-UTF-8'],
  ['X3', 'UTF-7', () => `<?xml version="1.0" encoding="UTF-7"?>${body}`, 'ENCODING-NOT-UTF-8'],
  [
    'X3',
    'a declared encoding that is another',
    () => `<?xml version="1.0" encoding="ISO-8859-1"?>${body}`,
    'ENCODING-NOT-UTF-8',
  ],
  [
    'X3',
    'invalid UTF-8',
    () => Buffer.concat([Buffer.from('<a>'), Buffer.from([0xc3, 0x28]), Buffer.from('</a>')]),
    'ENCODING-NOT-UTF-8',
  ],
  [
    'X3',
    'an overlong form',
    () => Buffer.concat([Buffer.from('<a>'), Buffer.from([0xc0, 0xbc]), Buffer.from('</a>')]),
    'ENCODING-NOT-UTF-8',
  ],
  [
    'X3',
    'half a surrogate pair',
    () => Buffer.concat([Buffer.from('<a>'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('</a>')]),
    'ENCODING-NOT-UTF-8',
  ],
  ['X3', 'NUL', () => changed('Siam', 'Si\0am'), 'XML-CONTROL-CHARACTER'],
  ['X3', 'a control character', () => changed('Siam', 'Si\u0008am'), 'XML-CONTROL-CHARACTER'],
  ['X3', 'a control character by reference', () => changed('Siam', 'Si&#8;am'), 'XML-MALFORMED'],
  ['X3', 'XML 1.1', () => `<?xml version="1.1"?>${body}`, 'XML-VERSION'],
  [
    'X5',
    'another namespace of the root',
    () => changed('CertificateOfOrigin-2"', 'CertificateOfOrigin-3"'),
    'KIND-UNKNOWN',
  ],
  [
    'X5',
    'an unknown element',
    () => changed('<cac:ExporterParty>', '<cbc:Note>x</cbc:Note><cac:ExporterParty>'),
    'XML-ELEMENT-UNKNOWN',
  ],
  [
    'X5',
    'an unknown attribute',
    () => changed('<cbc:ProfileID>', '<cbc:ProfileID schemeURI="x">'),
    'XML-ATTRIBUTE-UNKNOWN',
  ],
  [
    'X5',
    'xsi:type',
    () =>
      changed('<cbc:ProfileID>', '<cbc:ProfileID xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x">'),
    'XML-ATTRIBUTE-UNKNOWN',
  ],
  [
    'X5',
    'an element twice',
    () => changed('<cbc:ProfileID>', '<cbc:ProfileID>RCEP</cbc:ProfileID><cbc:ProfileID>'),
    'XML-ELEMENT-REPEATED',
  ],
  [
    'X5',
    'elements in another order',
    () =>
      changed('<cbc:IssueDate>2026-02-26</cbc:IssueDate>', '').replace(
        '</cbc:IssueTime>',
        '</cbc:IssueTime><cbc:IssueDate>2026-02-26</cbc:IssueDate>',
      ),
    'XML-ELEMENT-ORDER',
  ],
  ['X5', 'text between elements', () => changed('<cac:ExporterParty>', '<cac:ExporterParty>x'), 'XML-TEXT-NOT-ALLOWED'],
  ['X5', 'a constant that differs', () => changed('>approved<', '>refused<'), 'XML-VALUE-DIFFERS'],
  [
    'X5',
    'a repeated value that differs',
    () => changed('<cbc:DocumentID>ATIGA', '<cbc:DocumentID>RCEP'),
    'XML-VALUE-DIFFERS',
  ],
  [
    'X5',
    'a constant that is missing',
    () => changed('<cbc:UBLVersionID>2.5</cbc:UBLVersionID>', ''),
    'XML-ELEMENT-MISSING',
  ],
  [
    'X5',
    'an element that holds nothing',
    () => changed('<cac:ImporterParty>', '<cac:ImporterParty><cac:PartyIdentification/>'),
    'XML-ELEMENT-EMPTY',
  ],
  [
    'X5',
    'a flight by sea',
    () =>
      changed(
        '<cac:MaritimeTransport>',
        '<cac:AirTransport><cbc:AircraftID>x</cbc:AircraftID></cac:AirTransport><cac:MaritimeTransport>',
      ),
    'XML-ELEMENT-UNFIT',
  ],
  [
    'X5',
    'another extension',
    () => changed('<cbc:UBLVersionID>', `${extension('<x xmlns="urn:x"/>')}<cbc:UBLVersionID>`),
    'XML-EXTENSION',
  ],
  [
    'X5',
    'an extension beside the seal',
    () => changed('<cbc:UBLVersionID>', `${extension(`${seal}<x xmlns="urn:x"/>`)}<cbc:UBLVersionID>`),
    'XML-EXTENSION',
  ],
  [
    'X5',
    'two places for a seal',
    () => changed('<cbc:UBLVersionID>', `${extension(seal)}${extension(seal)}<cbc:UBLVersionID>`),
    'XML-EXTENSION',
  ],
  [
    'X5',
    'an extension in another place',
    () => changed('<cac:ExporterParty>', `<cac:ExporterParty>${extension(seal)}`),
    'XML-EXTENSION',
  ],
];

describe('hostile XML is refused', () => {
  for (const [threat, input, bytes, code] of REFUSED) {
    it(`${threat}: ${input} (${code})`, () => {
      const started = performance.now();
      const codes = codesOf(bytes());
      assert.ok(codes.includes(code), codes.join(', '));
      assert.ok(performance.now() - started < 2000, 'it took more than two seconds');
    });
  }

  it('X5: an element of another namespace, whatever its prefix', () => {
    const renamed = changed(
      '<cbc:ProfileID>ATIGA-FORM-D</cbc:ProfileID>',
      '<cbc:ProfileID xmlns:cbc="urn:x">ATIGA-FORM-D</cbc:ProfileID>',
    );
    assert.ok(codesOf(renamed).includes('XML-ELEMENT-UNKNOWN'));
  });

  it('tells XPath and line of what it refuses', () => {
    const [fault] = checkBytes(
      Buffer.from(changed('<cac:ExporterParty>', '\n<cac:ExporterParty>\n<cbc:Note/>')),
    ).faults;
    assert.equal(fault?.code, 'XML-ELEMENT-UNKNOWN');
    assert.equal(fault?.xpath, `/coo:CertificateOfOrigin/cac:ExporterParty/cbc:Note`);
    assert.equal(fault?.line, 3);
  });

  it('survives any damage to the bytes of a document', () => {
    const bytes = Buffer.from(good);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
        (damage) => {
          const copy = Buffer.from(bytes);
          for (const [position, value] of damage) copy[position] = value;
          assert.ok(Array.isArray(checkBytes(copy).faults));
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('XML that only looks otherwise is the same document', () => {
  const SAME: readonly (readonly [string, () => string])[] = [
    ['X4: a comment in a value', () => changed('Siam Motor Works Co', 'Siam<!-- Evil --> Motor Works Co')],
    ['X4: a processing instruction in a value', () => changed('Siam Motor Works Co', 'Siam<?evil x?> Motor Works Co')],
    ['X4: a CDATA section in a value', () => changed('Siam Motor Works Co', 'Siam<![CDATA[ Motor]]> Works Co')],
    [
      'X5: xsi:schemaLocation, which is not fetched',
      () =>
        changed(
          '<cac:ExporterParty>',
          '<cac:ExporterParty xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:1/x.xsd">',
        ),
    ],
    ['other prefixes', () => good.replaceAll('cbc:', 'x:').replace('xmlns:cbc', 'xmlns:x')],
    ['white space between elements', () => good.replaceAll('><c', '>\r\n\t<c')],
    ['a byte order mark', () => `\ufeff${good}`],
    ['the seal in its place', () => changed('<cbc:UBLVersionID>', `${extension(seal)}<cbc:UBLVersionID>`)],
  ];
  for (const [name, xml] of SAME) {
    it(name, () => {
      const check = checkBytes(Buffer.from(xml()));
      assert.deepEqual(check.faults, []);
      assert.deepEqual(check.json, certificate);
    });
  }

  it('a name is counted alike in a tag with and without attributes, and whatever quotes stand in texts', () => {
    const codeOf = (xml: string): string | undefined => {
      const reading = readXml(Buffer.from(xml), { name: 20 });
      if (!reading.ok) return reading.faults[0]?.code;
      reading.document.dispose();
      return undefined;
    };
    const [fits, long] = ['n'.repeat(20), 'n'.repeat(21)];
    assert.equal(codeOf(`<${fits}>don't say "x"</${fits}>`), undefined);
    assert.equal(codeOf(`<${fits} a="1">don't</${fits}>`), undefined);
    assert.equal(codeOf(`<${fits} >it</${fits}>`), undefined);
    for (const rest of ['>', ' a="1">', " a='>'>", ' >']) {
      assert.equal(codeOf(`<a>don't "x"<${long}${rest}</${long}></a>`), 'XML-NAME-TOO-LONG');
    }
    assert.equal(codeOf(`<a b=">" ${long}="1">x</a>`), 'XML-NAME-TOO-LONG');
    assert.equal(codeOf(`<a>${'<b/>'.repeat(100)}</a>`), undefined, 'elements without content are closed again');
  });

  it('limits can be set lower', () => {
    const reading = readXml(Buffer.from(good), { bytes: 100 });
    assert.equal(reading.ok ? 'read' : reading.faults[0]?.code, 'BYTES-TOO-LARGE');
  });
});
