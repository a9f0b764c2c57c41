import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readPlainWco } from '../../../src/documents/declaration/read-plain-wco.ts';
import { parseWcoXml, readWcoXml } from '../../../src/documents/declaration/read-wco-document.ts';
import { WCO_XML_LIMITS, wcoShapeOf } from '../../../src/documents/declaration/wco-kinds.ts';
import { writeWco } from '../../../src/documents/declaration/write-wco.ts';
import { isArray, isObject, type JsonValue } from '../../../src/documents/json.ts';
import { escapeSegment } from '../../../src/documents/pointer.ts';
import { XML_LIMITS, type XmlLimits } from '../../../src/documents/xml-guards.ts';
import { corpusPath } from '../../support/corpus.ts';
import { exportDeclaration, importDeclaration } from '../declaration-examples.ts';
import { changed, DECLARATION, METADATA, PLAIN_SAMPLES, plainlyWritten, small, XSI } from './plain-samples.ts';
import { Chance, Generator } from './wco-generator.ts';

const shape = wcoShapeOf('declaration');
const limits: XmlLimits = { ...XML_LIMITS, ...WCO_XML_LIMITS };

function pointersOf(json: JsonValue, at = ''): readonly string[] {
  if (isArray(json)) return [at, ...json.flatMap((entry, index) => pointersOf(entry, `${at}/${index}`))];
  if (!isObject(json)) return [at];
  const inner = Object.entries(json).flatMap(([name, value]) => pointersOf(value, `${at}/${escapeSegment(name)}`));
  return [at, `${at}/missing`, ...inner];
}

/** Whether a document is read at once; that it is then read as by libxml2, and by what comes after it, is asserted. */
function isPlain(bytes: Buffer, within = limits, isLocated = false): boolean {
  const plain = readPlainWco(bytes, shape, within);
  if (plain === undefined) return false;
  const parsed = parseWcoXml(bytes, within);
  if (!parsed.ok) assert.fail(`is read, and refused by the parser: ${JSON.stringify([bytes.toString(), parsed])}`);
  const { kind, content } = parsed;
  assert.deepEqual([kind, content.faults, plain.faults], ['declaration', [], []]);
  assert.equal(JSON.stringify(plain.json), JSON.stringify(content.json));
  if (isLocated) {
    const pointers = pointersOf(plain.json);
    assert.deepEqual(pointers.map(plain.locate), pointers.map(content.locate));
  }
  return true;
}

const folder = corpusPath('wco-declaration/valid');
const corpus = folder === undefined ? [] : readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`));

const text = (content: string): string => small({ id: `<FunctionalReferenceID>${content}</FunctionalReferenceID>` });
const tag = (attributes: string): string =>
  small({ id: `<FunctionalReferenceID${attributes}>A</FunctionalReferenceID>` });

const plain: readonly (readonly [string, string])[] = [
  ['nothing but elements', small()],
  ['a byte order mark', small({ before: '\ufeff' })],
  ['an XML declaration', small({ before: '<?xml version="1.0" encoding="utf-8" standalone="yes" ?>\n' })],
  ['comments and white space around the root', small({ before: ' \r\n<!-- a -->\t', after: '<!--b-->\n<!---->' })],
  ['a comment that begins with -> or >', small({ before: '<!--->a--><!-->b-->' })],
  ['an element of the vocabulary without content', small({ id: '<FunctionalReferenceID/>', inside: '<Amendment />' })],
  ['line ends of all sorts', small({ id: '<FunctionalReferenceID>a\r\nb\rc\nd\r\r\n</FunctionalReferenceID>' })],
  ['the five entities', small({ id: '<FunctionalReferenceID>&amp;lt;&lt;&gt;&quot;&apos;</FunctionalReferenceID>' })],
  ['> and brackets in a text', small({ id: '<FunctionalReferenceID>>]>]]&gt;]] ></FunctionalReferenceID>' })],
  ['letters beyond ASCII', small({ id: '<FunctionalReferenceID>tiếng Việt ไทย 😀\u0085</FunctionalReferenceID>' })],
  [
    'white space in the value of an attribute',
    small({ id: '<FunctionCode listID=" a\r\nb\t\rc "/>' }).replace('<FunctionCode>9</FunctionCode>', ''),
  ],
  ['attributes that the vocabulary has', tag(` schemeID='a"'  schemeAgencyID="é>"`)],
  ['a prefix declared behind its use', small({ root: ` b:schemaLocation="a" xmlns:b="${XSI}"` })],
  [
    'a prefix declared again within',
    small({ inside: `<b:Amendment xmlns:b="${DECLARATION}"><ChangeReasonCode xmlns:b="urn:x"/></b:Amendment>` }),
  ],
  ['words of the namespace of responses', small({ before: '<!-- urn:wco:datamodel:WCO:RES-DMS:2 -->' })],
];

/** Documents that a walk could take for plain and that are no XML, no declaration, or need the parser to be read. */
const traps: readonly (readonly [string, string | Buffer])[] = [
  ['nothing', ''],
  ['white space alone', ' \n'],
  ['a document that ends too early', small().slice(0, -1)],
  ['an end tag too many', small({ after: '</MetaData>' })],
  ['a second root', small({ after: small() })],
  ['text before the root', small({ before: 'a' })],
  ['text behind the root', small({ after: 'a' })],
  ['a reference behind the root', small({ after: '&#32;' })],
  ['two byte order marks', small({ before: '\ufeff\ufeff' })],
  ['a byte order mark behind the root', small({ after: '\ufeff' })],
  ['an XML declaration behind white space', small({ before: ' <?xml version="1.0"?>' })],
  ['an XML declaration behind a comment', small({ before: '<!-- --><?xml version="1.0"?>' })],
  ['two XML declarations', small({ before: '<?xml version="1.0"?><?xml version="1.0"?>' })],
  ['an XML declaration without a version', small({ before: '<?xml encoding="UTF-8"?>' })],
  ['XML 1.1', small({ before: '<?xml version="1.1"?>' })],
  ['another encoding', small({ before: '<?xml version="1.0" encoding="ISO-8859-1"?>' })],
  ['standalone before encoding', small({ before: '<?xml version="1.0" standalone="no" encoding="UTF-8"?>' })],
  ['standalone that is neither', small({ before: '<?xml version="1.0" standalone="maybe"?>' })],
  ['a DOCTYPE', small({ before: '<!DOCTYPE MetaData>' })],
  ['a DOCTYPE with an entity', small({ before: '<!DOCTYPE MetaData [<!ENTITY a "b">]>' })],
  ['a processing instruction', small({ before: '<?a b?>' })],
  ['a processing instruction within', small({ inside: '<?a b?>' })],
  ['a CDATA section', text('<![CDATA[a]]>')],
  ['a comment in a text', text('a<!-- -->b')],
  ['a comment with --', small({ before: '<!-- -- -->' })],
  ['a comment that ends with --->', small({ before: '<!-- --->' })],
  ['a comment that does not end', small({ after: '<!-- ' })],
  ['a comment that only seems to be one', small({ after: '<!->' })],
  ['a control character in a comment', small({ after: '<!-- \u0001 -->' })],
  ['U+FFFE in a comment', small({ after: '<!-- \ufffe -->' })],
  ['U+FFFF in a text', text('\uffff')],
  ['U+FFFF in a value', tag(' schemeID="\uffff"')],
  ['a control character in a text', text('\u0008')],
  ['NUL in a text', text('\u0000')],
  ['a control character in a value', tag(' schemeID="\u001f"')],
  ['bytes that are not UTF-8', Buffer.from(text('\u00e9'), 'latin1')],
  ['an overlong form', Buffer.concat([Buffer.from(small()), Buffer.from([0xc0, 0xa0])])],
  ['half a surrogate pair', Buffer.from(text('abc').replace('abc', '\u00ed\u00a0\u0080'), 'latin1')],
  [']]> in a text', text('a]]>b')],
  [']]]> in a text', text(']]]>')],
  ['an ampersand', text('a & b')],
  ['an entity without semicolon', text('a &amp b')],
  ['an entity that is not declared', text('&nbsp;')],
  ['a character by number', text('&#65;')],
  ['a control character by number', text('&#1;')],
  ['half a surrogate pair by number', text('&#xD800;')],
  ['a reference in a value', tag(' schemeID="&amp;"')],
  ['< in a value', tag(' schemeID="<"')],
  ['a value without quotation marks', tag(' schemeID=a')],
  ['an attribute without a value', tag(' schemeID')],
  ['an attribute without white space before it', tag(' schemeID="a"schemeAgencyID="b"')],
  ['a name with an attribute run into it', tag('schemeID="a"')],
  ['an attribute twice', tag(' schemeID="a" schemeID="a"')],
  [
    'an attribute twice by expanded name',
    small({ root: ` xmlns:b="${XSI}" b:schemaLocation="a" xsi:schemaLocation="a"` }),
  ],
  ['an attribute of a prefix that is not declared', small({ root: ' b:schemaLocation="a"' })],
  [
    'an attribute of a prefix declared further in',
    small({ root: ' b:schemaLocation="a"', inside: `<Amendment xmlns:b="${XSI}"/>` }),
  ],
  ['xsi declared as something else', small({ inside: '<Amendment xmlns:xsi="urn:a" xsi:schemaLocation="a"/>' })],
  ['xsi:nil', tag(' xsi:nil="true"')],
  ['xml:lang', tag(' xml:lang="en"')],
  ['xml:space', tag(' xml:space="preserve"')],
  ['an attribute that is not known', tag(' a="b"')],
  ['a declaration of a namespace twice', small({ root: ' xmlns:a="urn:a" xmlns:a="urn:a"' })],
  ['the default namespace twice', small({ root: ` xmlns="${METADATA}"` })],
  ['the default namespace taken away', tag(' xmlns=""')],
  ['a prefix taken away', small({ root: ' xmlns:a=""' })],
  ['a prefix without a name', small({ root: ' xmlns:="urn:a"' })],
  ['the prefix xml', small({ root: ' xmlns:xml="urn:a"' })],
  ['the prefix xml as it is', small({ root: ' xmlns:xml="http://www.w3.org/XML/1998/namespace"' })],
  ['the prefix xmlns', small({ root: ' xmlns:xmlns="urn:a"' })],
  ['another prefix for the namespace of xml', small({ root: ' xmlns:a="http://www.w3.org/XML/1998/namespace"' })],
  ['a prefix for the namespace of xmlns', small({ root: ' xmlns:a="http://www.w3.org/2000/xmlns/"' })],
  ['a prefix that begins with a digit', small({ root: ' xmlns:1="urn:a"' })],
  ['a prefix with a colon', small({ root: ' xmlns:a:b="urn:a"' })],
  ['a namespace that is no URI', small({ root: ' xmlns:a="http://[a"' })],
  ['a namespace with white space', small({ root: ' xmlns:a=" urn:a"' })],
  ['an element of a prefix that is not declared', small({ inside: '<a:Amendment/>' })],
  [
    'an element of a prefix that is declared beside it',
    small({ inside: `<Amendment xmlns:b="${DECLARATION}"/><b:Amendment/>` }),
  ],
  ['an element with two colons', small({ root: ` xmlns:b="${DECLARATION}"`, inside: '<b:b:Amendment/>' })],
  ['an element with a colon and nothing before it', small({ inside: '<:Amendment/>' })],
  ['an element of another namespace', small({ inside: '<Amendment xmlns="urn:a"/>' })],
  ['an element that is not known', small({ inside: '<Unknown/>' })],
  ['an element in the wrong order', small({ inside: '<FunctionCode>9</FunctionCode>' })],
  ['white space before a name', small({ inside: '< Amendment/>' })],
  ['white space between / and >', small({ inside: '<Amendment/ >' })],
  ['a / and no > behind it', small({ inside: '<Amendment/a' })],
  ['a / within a tag', small({ inside: '<Amendment/ a="b">' })],
  ['an end tag with another name', small({ inside: '<Amendment></Amendments>' })],
  ['an end tag with a shorter name', small({ inside: '<Amendment></Amend>' })],
  ['an end tag with another prefix', small({ root: ` xmlns:b="${DECLARATION}"`, inside: '<b:Amendment></Amendment>' })],
  ['an end tag with an attribute', small({ inside: '<Amendment></Amendment a="b">' })],
  ['elements across each other', small({ inside: '<Amendment><ChangeReasonCode></Amendment></ChangeReasonCode>' })],
  ['text between elements', small({ inside: 'a' })],
  ['a non-breaking space between elements', small({ inside: '\u00a0' })],
  ['an element in a text', text('<a/>')],
  ['another root', small().replaceAll('MetaData ', 'Meta ').replaceAll('/MetaData', '/Meta')],
  ['a root of another namespace', small().replace(METADATA, 'urn:a')],
  ['a response', small().replaceAll('DEC-DMS', 'RES-DMS').replaceAll('Declaration', 'Response')],
];

describe('declarations that are read at once, against libxml2', () => {
  for (const [name, xml] of plain) {
    it(`reads ${name}`, () => assert.ok(isPlain(Buffer.from(xml), limits, true)));
  }
  for (const [name, xml] of traps) {
    it(`leaves ${name} to the parser`, () => assert.equal(isPlain(Buffer.from(xml)), false));
  }

  it('reads all of the corpus', { skip: corpus.length === 0 && 'no corpus here' }, () => {
    for (const [index, bytes] of corpus.entries()) assert.ok(isPlain(bytes, limits, index % 8 === 0));
  });

  it('reads the samples of everything that is plain', () => {
    for (const xml of PLAIN_SAMPLES) assert.ok(isPlain(Buffer.from(xml), limits, true), xml);
  });

  it('leaves documents with faults to the parser, and their faults as they are', () => {
    const bytes = Buffer.from(small({ inside: '<Unknown/>' }));
    const [read, parsed] = [readWcoXml(bytes), parseWcoXml(bytes)];
    assert.ok(read.ok && parsed.ok);
    assert.deepEqual(read.content.faults, parsed.content.faults);
    assert.deepEqual(read.content.json, parsed.content.json);
  });

  it('reads of generated documents what libxml2 reads', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const chance = new Chance(seed);
        if (isPlain(Buffer.from(plainlyWritten(new Generator(shape, chance).document(), chance)), limits, true))
          read += 1;
      }),
      { numRuns: 150 },
    );
    assert.ok(read > 10, String(read));
  });

  it('takes no document with one to three changes that libxml2 does not take, nor otherwise', () => {
    const own = [importDeclaration(), exportDeclaration()].map((json) =>
      // Written over many lines, as most are.
      Buffer.from(writeWco(shape, json).replaceAll('><', `>\r\n${' '.repeat(16)}<`)),
    );
    const small = PLAIN_SAMPLES.map((xml) => Buffer.from(xml));
    let read = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const chance = new Chance(seed);
        // A change in a whole declaration often leaves it plain, in a small sample of one form seldom.
        let bytes: Buffer = chance.of(chance.is(50) ? small : [...own, ...corpus.slice(0, 3)]);
        for (let changes = 1 + chance.number(3); changes > 0; changes -= 1) bytes = changed(bytes, chance);
        if (isPlain(bytes)) read += 1;
      }),
      { numRuns: 8000 },
    );
    assert.ok(read > 150, String(read));
  });

  it('keeps within the limits, whatever they are', () => {
    const long = '  '.repeat(150);
    const bases = [...PLAIN_SAMPLES, text(long), small({ inside: long }), small({ after: `<!--${long}-->` })];
    const within = fc.record({
      bytes: fc.integer({ min: 300, max: 1500 }),
      depth: fc.integer({ min: 1, max: 5 }),
      elements: fc.integer({ min: 3, max: 12 }),
      attributes: fc.integer({ min: 1, max: 6 }),
      name: fc.integer({ min: 8, max: 30 }),
      text: fc.integer({ min: 10, max: 400 }),
    });
    let read = 0;
    fc.assert(
      fc.property(fc.constantFrom(...bases), within, fc.constantFrom(...Object.keys(XML_LIMITS)), (xml, all, one) => {
        const narrow = { ...limits, [one]: all[one as keyof XmlLimits] };
        if (isPlain(Buffer.from(xml), narrow)) read += 1;
      }),
      { numRuns: 500 },
    );
    assert.ok(read > 50, String(read));
  });
});
