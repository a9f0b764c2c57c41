import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { toXml } from '../../src/documents/codec.ts';
import { readXml } from '../../src/documents/read-xml.ts';
import { canonicalXml } from '../../src/seal/canonical-xml.ts';
import { canonicalPlainForm, plainBeginning } from '../../src/seal/plain-form.ts';
import { PLACE_BEGINS, PLACE_ENDS } from '../../src/seal/seal-form.ts';
import { exampleCertificate, exampleRcepCertificate, exampleResponse } from '../documents/examples.ts';
import { certificates } from '../documents/generators.ts';

const PLACE = PLACE_BEGINS + PLACE_ENDS;
const plain = toXml('certificate-of-origin', exampleCertificate());

/** Made by the walk over the bytes; undefined when they are not in plain form. */
function walked(bytes: Buffer): string | undefined {
  const beginning = plainBeginning(bytes);
  return beginning && canonicalPlainForm(bytes, beginning, PLACE, beginning.end)?.toString();
}

/** Made by libxml2 of the same document; undefined when it is not well-formed. */
function parsed(bytes: Buffer): string | undefined {
  const end = plainBeginning(bytes)?.end ?? 0;
  const reading = readXml(Buffer.concat([bytes.subarray(0, end), Buffer.from(PLACE), bytes.subarray(end)]));
  if (!reading.ok) return undefined;
  try {
    return canonicalXml(reading.document);
  } finally {
    reading.document.dispose();
  }
}

/** Puts something in place of the first occurrence, which must be there. */
function changed(from: string, to: string): string {
  assert.ok(plain.includes(from), `the example has no ${from}`);
  return plain.replace(from, () => to);
}

const SNIPPETS = [
  ...['<', '>', '&', '"', "'", '/', ':', ' ', '=', '\n', '\t', '\r', '\0', 'Id="x"', ' a="1"', ' xmlns="urn:x"'],
  ...[' xmlns:cbc="urn:x"', ' xmlns:cac="urn:x"', ' b="&lt;"', ' b="&gt;"', ' b="&quot;"', ' b=">"', " b='1'"],
  ...['&amp;', '&lt;', '&gt;', '&quot;', '&apos;', '&#13;', '&#x41;', ']]>', '<!--x-->', '<?x y?>', '<![CDATA[x]]>'],
  ...['<cbc:Note>x</cbc:Note>', '<cbc:Note/>', '<Note>y</Note>', '</cbc:Note>', '<ext:X>', 'xml:', 'xmlns', '/>'],
  ...['\ufffe', '\uffff', '\ufeff', '\uff21', '\u0085', '\u2028', '\u007f', 'é', '😀', '<cac:A></cac:A>', '<cac:A>'],
];

describe('the canonical form of a document in plain form', () => {
  for (const [name, xml] of [
    ['a certificate', plain],
    ['a certificate in Japanese', toXml('certificate-of-origin', exampleRcepCertificate())],
    ['an answer', toXml('application-response', exampleResponse())],
  ] as const) {
    test(`of ${name} is what libxml2 makes of it`, () => {
      const made = walked(Buffer.from(xml));
      assert.notEqual(made, undefined);
      assert.equal(made, parsed(Buffer.from(xml)));
    });
  }

  test('of everything that the codec writes is what libxml2 makes of it', () => {
    let count = 0;
    let inPlainForm = 0;
    fc.assert(
      fc.property(certificates, (certificate) => {
        const bytes = Buffer.from(toXml('certificate-of-origin', certificate));
        const made = walked(bytes);
        count += 1;
        if (made === undefined) return;
        inPlainForm += 1;
        assert.equal(made, parsed(bytes));
      }),
      { numRuns: 300 },
    );
    assert.equal(inPlainForm, count);
  });

  test('of a damaged document is what libxml2 makes of it, or there is none', () => {
    const bytes = Buffer.from(plain);
    const starts = Array.from(plain.matchAll(/[<> "]/g), ({ index }) => Buffer.byteLength(plain.slice(0, index)));
    const place = fc.oneof(fc.nat(bytes.length), fc.constantFrom(...starts));
    const damage = fc.tuple(
      place,
      fc.nat(3),
      fc.oneof(
        fc.constantFrom(...SNIPPETS).map((each) => Buffer.from(each)),
        fc.uint8Array({ minLength: 1, maxLength: 2 }).map((each) => Buffer.from(each)),
      ),
    );
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 2 }), (damages) => {
        let damaged = bytes;
        for (const [at, removed, put] of damages) {
          damaged = Buffer.concat([damaged.subarray(0, at), put, damaged.subarray(at + removed)]);
        }
        const made = walked(damaged);
        if (made !== undefined) assert.equal(made, parsed(damaged));
      }),
      { numRuns: 4000 },
    );
  });

  const tag = '<cbc:ProfileID>';
  const currency = ' currencyID="USD"';
  const OTHER: readonly (readonly [what: string, xml: string])[] = [
    ['a comment', changed(tag, `<!-- x -->${tag}`)],
    ['an instruction', changed(tag, `<?x y?>${tag}`)],
    ['character data', changed('Siam Motor', '<![CDATA[Siam]]> Motor')],
    ['a DOCTYPE', changed('<CertificateOfOrigin', '<!DOCTYPE CertificateOfOrigin><CertificateOfOrigin')],
    ['an empty-element tag', changed(tag, `<cbc:Note/>${tag}`)],
    ['white space in a start tag', changed(tag, `<cbc:ProfileID >`)],
    ['white space in an end tag', changed('</cbc:ProfileID>', `</cbc:ProfileID >`)],
    ['two spaces before an attribute', changed(currency, `  currencyID="USD"`)],
    ['other quotes', changed(currency, ` currencyID='USD'`)],
    ['attributes in another order', changed(currency, ` b="1" a="1"`)],
    ['an attribute twice', changed(currency, `${currency}${currency}`)],
    ['an attribute with a prefix', changed(currency, ` xml:lang="en"`)],
    ['a character reference', changed('Siam Motor', 'Siam&#32;Motor')],
    ['a quote written as a reference', changed('Siam Motor', 'Siam&quot;Motor')],
    ['an unknown entity', changed('Siam Motor', 'Siam&lol;Motor')],
    ['a > as it is', changed('Siam Motor', 'Siam>Motor')],
    ['a > in an attribute', changed(currency, ` currencyID="&gt;"`)],
    ['a line break in an attribute', changed(currency, ` currencyID="U\nD"`)],
    ['a carriage return', changed('Siam Motor', 'Siam\rMotor')],
    ['a non-character', changed('Siam Motor', 'Siam\uffffMotor')],
    ['a namespace declared inside', changed(tag, '<cbc:ProfileID xmlns="urn:x">')],
    ['a prefix declared inside', changed(tag, '<cbc:ProfileID xmlns:cbc="urn:x">')],
    ['an undeclared prefix', changed(tag, `<x:Note>x</x:Note>${tag}`)],
    ['a namespace declared twice', changed(' xmlns:cac=', ' xmlns:cac="urn:x" xmlns:cac=')],
    ['a namespace that is no absolute name', changed(' xmlns:cac=', ' xmlns:x="x" xmlns:cac=')],
    ['the prefix of XML itself', changed(' xmlns:cac=', ' xmlns:xml="urn:x" xmlns:cac=')],
    ['another attribute at the root', changed(' xmlns:cac=', ' a="1" xmlns:cac=')],
    ['tags that do not match', changed('</cbc:ProfileID>', '</cbc:ID>')],
    ['an end tag too much', changed(tag, `</cbc:Note>${tag}`)],
    ['something behind the root', `${plain}\n`],
    ['a second root', `${plain}<a></a>`],
    ['no end', plain.slice(0, -20)],
    ['another encoding', changed('encoding="UTF-8"', 'encoding="ISO-8859-1"')],
    ['a byte order mark', `\ufeff${plain}`],
    ['many levels', changed(tag, `${'<cbc:A>'.repeat(60)}${'</cbc:A>'.repeat(60)}${tag}`)],
    ['an Id', changed(tag, '<cbc:ProfileID Id="x">')],
    ['an id', changed(tag, '<cbc:ProfileID id="x">')],
  ];
  for (const [what, xml] of OTHER) {
    test(`is not made where there is ${what}`, () => assert.equal(walked(Buffer.from(xml)), undefined));
  }

  test('is not made of bytes that are not UTF-8', () => {
    const bytes = Buffer.from(plain);
    bytes[bytes.indexOf('Siam')] = 0xe9;
    assert.equal(walked(bytes), undefined);
  });
});
