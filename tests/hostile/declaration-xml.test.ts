import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LARGEST_DECLARATION } from '../../src/clearance/received-document.ts';
import { wcoShapeOf } from '../../src/documents/declaration/wco-kinds.ts';
import { writeWco } from '../../src/documents/declaration/write-wco.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { bodyOf, declarationOf, lodge } from './clearing.ts';
import { assertReady, countRows, nodeOf } from './support.ts';
import { ask, signIn, type WebAnswer } from './web.ts';

const xmlOf = (declaration = declarationOf()): string => writeWco(wcoShapeOf('declaration'), declaration);
const bare = (xml: string): string => xml.replace(/^<\?xml[^>]*\?>\s*/, '');
const inside = (xml: string, more: string): string => xml.replace(/<\/[^<>]+>\s*$/, (end) => more + end);
const onRoot = (xml: string, more: string): string => xml.replace(/<([\w:]*MetaData)/, `<$1 ${more}`);
const described = (xml: string, text: string): string =>
  xml.replace('DC electric motors for window lifters, 12 V, 60 W', text);
const utf16 = (xml: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(xml, 'utf16le')]);
const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** Threat, what, the code of a fault that must be told, how it is made of a good declaration. */
const HOSTILE: readonly (readonly [string, string, string, (xml: string) => string | Buffer])[] = [
  [
    'X1',
    'an external entity',
    'XML-DOCTYPE',
    (xml) => `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${bare(described(xml, '&x;'))}`,
  ],
  ['X1', 'an external DTD', 'XML-DOCTYPE', (xml) => `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">${bare(xml)}`],
  [
    'X1',
    'a parameter entity',
    'XML-DOCTYPE',
    (xml) => `<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>${bare(xml)}`,
  ],
  [
    'X1',
    'a billion laughs',
    'XML-DOCTYPE',
    (xml) => `<!DOCTYPE a [<!ENTITY l0 "lol">${laughs}]>${bare(described(xml, '&l9;'))}`,
  ],
  [
    'X1',
    'quadratic blow-up',
    'XML-DOCTYPE',
    (xml) => `<!DOCTYPE a [<!ENTITY q "${'q'.repeat(50_000)}">]>${bare(described(xml, '&q;'.repeat(5_000)))}`,
  ],
  ['X1', 'a DOCTYPE behind the root', 'XML-DOCTYPE', (xml) => `${xml}<!DOCTYPE a>`],
  ['X2', 'a great depth', 'XML-TOO-DEEP', (xml) => inside(xml, '<a>'.repeat(50_000) + '</a>'.repeat(50_000))],
  [
    'X2',
    'thousands of attributes',
    'XML-TOO-MANY-ATTRIBUTES',
    (xml) => onRoot(xml, Array.from({ length: 5_000 }, (_, n) => `a${n}="1"`).join(' ')),
  ],
  [
    'X2',
    'thousands of namespaces',
    'XML-TOO-MANY-ATTRIBUTES',
    (xml) => onRoot(xml, Array.from({ length: 5_000 }, (_, n) => `xmlns:a${n}="urn:${n}"`).join(' ')),
  ],
  ['X2', 'one text of many megabytes', 'XML-TEXT-TOO-LONG', (xml) => described(xml, 'a'.repeat(3_000_000))],
  ['X2', 'one comment of many megabytes', 'XML-TEXT-TOO-LONG', (xml) => inside(xml, `<!--${'a'.repeat(3_000_000)}-->`)],
  ['X2', 'a million and one elements', 'XML-TOO-MANY-ELEMENTS', (xml) => inside(xml, '<b/>'.repeat(1_000_001))],
  ['X2', 'a name of 64 KB', 'XML-NAME-TOO-LONG', (xml) => inside(xml, `<${'n'.repeat(65_536)}/>`)],
  [
    'X2',
    'hundreds of thousands of unknown elements',
    'XML-ELEMENT-UNKNOWN',
    (xml) => inside(xml, '<b/>'.repeat(300_000)),
  ],
  ['X3', 'UTF-16', 'ENCODING-NOT-UTF-8', utf16],
  ['X3', 'UTF-7', 'ENCODING-NOT-UTF-8', (xml) => `<?xml version="1.0" encoding="UTF-7"?>${bare(xml)}`],
  [
    'X3',
    'another encoding than it has',
    'ENCODING-NOT-UTF-8',
    (xml) => `<?xml version="1.0" encoding="ISO-8859-1"?>${bare(xml)}`,
  ],
  ['X3', 'invalid UTF-8', 'ENCODING-NOT-UTF-8', (xml) => Buffer.concat([Buffer.from(xml), Buffer.from([0xc3, 0x28])])],
  [
    'X3',
    'half a surrogate pair',
    'ENCODING-NOT-UTF-8',
    (xml) => Buffer.concat([Buffer.from(xml), Buffer.from([0xed, 0xa0, 0x80])]),
  ],
  ['X3', 'a NUL', 'XML-CONTROL-CHARACTER', (xml) => described(xml, 'a\0b')],
  ['X3', 'a NUL as a reference', 'XML-MALFORMED', (xml) => described(xml, 'a&#0;b')],
  ['X3', 'an escape sequence', 'XML-CONTROL-CHARACTER', (xml) => described(xml, '\u001b[31m')],
  [
    'X3',
    'a right-to-left override as a reference',
    'TEXT-INVISIBLE-CHARACTER',
    (xml) => described(xml, 'a &#x202e; b'),
  ],
  ['X3', 'XML 1.1', 'XML-VERSION', (xml) => `<?xml version="1.1"?>${bare(xml)}`],
  [
    'X5',
    'another namespace',
    'KIND-UNKNOWN',
    (xml) => xml.replaceAll('DocumentMetaData-DMS:2', 'DocumentMetaData-DMS:3'),
  ],
  [
    'X5',
    'a declaration of another namespace',
    'XML-ELEMENT-UNKNOWN',
    (xml) => xml.replaceAll('WCO:DEC-DMS:2', 'WCO:DEC-DMS:3'),
  ],
  ['X5', 'a declaration of no namespace', 'XML-ELEMENT-UNKNOWN', (xml) => inside(xml, '<Declaration xmlns=""/>')],
  [
    'X5',
    'the prefix of one namespace bound to another',
    'XML-ELEMENT-UNKNOWN',
    (xml) => inside(xml, '<d:Declaration xmlns:d="urn:x"/>'),
  ],
  [
    'X5',
    'two declarations',
    'XML-',
    (xml) => inside(xml, /<(?:\w+:)?Declaration[\s\S]*<\/(?:\w+:)?Declaration>/.exec(xml)?.[0] ?? ''),
  ],
  ['X5', 'an unknown attribute', 'XML-ATTRIBUTE-UNKNOWN', (xml) => xml.replace(/<([\w:]*FunctionCode)>/, '<$1 x="1">')],
  [
    'X5',
    'an xsi:type',
    'XML-ATTRIBUTE-UNKNOWN',
    (xml) => xml.replace(/<([\w:]*FunctionCode)>/, `<$1 ${XSI} xsi:type="x">`),
  ],
  [
    'X5',
    'an xsi:nil',
    'XML-ATTRIBUTE-UNKNOWN',
    (xml) => xml.replace(/<([\w:]*FunctionCode)>/, `<$1 ${XSI} xsi:nil="true">`),
  ],
  ['X5', 'text between elements', 'XML-TEXT-', (xml) => inside(xml, 'ignore the rest')],
  ['X5', 'nothing that is XML', 'XML-MALFORMED', () => 'not XML at all'],
  ['X5', 'JSON', 'XML-MALFORMED', () => JSON.stringify(declarationOf())],
  ['X5', 'a page', 'KIND-UNKNOWN', () => '<html><body onload="x()"/></html>'],
];

describe('X1–X5: hostile XML as a declaration at a running node', () => {
  let region: TestRegion;
  let cookie: string;
  before(async () => {
    region = await startTestRegion(['VN']);
    cookie = await signIn(region, 'VN', 'importer');
  });
  after(() => region.end());

  const post = (path: string, body: string | Buffer, more: Readonly<Record<string, string>> = {}): Promise<WebAnswer> =>
    ask(region, 'VN', cookie, 'POST', path, body, { 'Content-Type': 'application/xml', ...more });

  /** How long requests for the health of the node took while the work was done: the slowest hundredth, in milliseconds. */
  const whileHealthy = async (work: Promise<unknown>): Promise<{ p99: number }> => {
    const took: number[] = [];
    const over = new AbortController();
    void work.finally(() => over.abort()).catch(() => {});
    do {
      const began = performance.now();
      assert.equal((await fetch(new URL('/health/ready', region.address('VN')))).status, 200);
      took.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 5));
    } while (!over.signal.aborted);
    await work;
    const sorted = took.toSorted((a, b) => a - b);
    return { p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0 };
  };

  for (const [threat, what, code, make] of HOSTILE)
    test(`${threat}: ${what} is refused with ${code}, by the check and by the lodgement, in bounded time`, async () => {
      const body = make(xmlOf());
      const before = await countRows(nodeOf(region, 'VN'));
      const began = performance.now();
      const lodged = await post('/api/declarations', body);
      assert.deepEqual([lodged.status, lodged.code], [422, 'DECLARATION-FAULTY'], lodged.text.slice(0, 500));
      const checked = await post('/api/declarations/check', body);
      assert.equal(checked.status, 200);
      for (const answer of [lodged, checked]) {
        const { faults }: { faults: { code: string }[] } = JSON.parse(answer.text);
        assert.ok(
          faults.some((fault) => fault.code.startsWith(code)),
          JSON.stringify(faults).slice(0, 500),
        );
        assert.ok(answer.text.length < 300_000, `an answer of ${answer.text.length}`);
      }
      assert.ok(performance.now() - began < 10_000);
      assert.deepEqual(await countRows(nodeOf(region, 'VN')), before);
    });

  test('X4: of a value that a comment, an instruction or a CDATA section splits, the whole is read', async () => {
    for (const between of ['<!-- -->', '<?x?>', '<![CDATA[]]>']) {
      const xml = described(xmlOf(), `Motors${between} and more`);
      const answer = await post('/api/declarations', xml);
      assert.equal(answer.status, 201, answer.text);
      assert.equal(bodyOf(answer)['goodsDescription'], 'Motors and more');
      const bytes = await ask(region, 'VN', cookie, 'GET', `/api/declarations/${bodyOf(answer)['mrn']}/documents/1`);
      assert.equal(bytes.text, xml);
    }
  });

  test('X5: prefixes, comments and a schemaLocation that points somewhere change nothing, and nothing is fetched', async () => {
    const location = `${XSI} xsi:schemaLocation="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2 http://127.0.0.1:1/x.xsd"`;
    for (const xml of [onRoot(xmlOf(), location), `<!-- a -->${bare(xmlOf())}<?x?>`]) {
      const answer = await post('/api/declarations', xml);
      assert.equal(answer.status, 201, answer.text);
    }
  });

  test('X1: an amendment, and a request to cancel, are read under the same guards', async () => {
    const { mrn, version } = await lodge(region, 'VN', cookie, declarationOf());
    const doctype = `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${bare(xmlOf())}`;
    const amended = await post(`/api/declarations/${mrn}/amendments?reason=A+mistake`, doctype, {
      'If-Match': `"${version}"`,
    });
    assert.deepEqual([amended.status, amended.code], [422, 'DECLARATION-FAULTY'], amended.text);
  });

  test('a hundred hostile bodies at once hold up nobody', async () => {
    const bodies = HOSTILE.filter(([threat]) => threat === 'X1' || threat === 'X2').map(([, , , make]) =>
      make(xmlOf()),
    );
    const { p99 } = await whileHealthy(
      Promise.all(
        Array.from({ length: 3 }, () => bodies)
          .flat()
          .map(async (body) => {
            const answer = await post('/api/declarations', body);
            assert.ok([422, 503].includes(answer.status), answer.text);
          }),
      ),
    );
    assert.ok(p99 < 1_500, `${p99} ms`);
  });

  /** A declaration of so many items with so many documents each, as JSON. */
  const many = (count: number, documents: number): string =>
    JSON.stringify(
      declarationOf({
        items: Array.from({ length: count }, (_, item) => ({
          ...{ grossMass: '2', netMass: '1' },
          documents: Array.from({ length: documents }, (__, n) => ({
            ...{ category: 'N', type: '271', id: `PACKING-LIST-${item}-${n}` },
          })),
        })),
      }),
    );

  test('a declaration of 999 items is taken, and one near 20 MB; others are served meanwhile', async () => {
    for (const [documents, megabytes, seconds] of [
      [0, 0.5, 10],
      [260, 17, 40],
    ] as const) {
      const body = many(999, documents);
      assert.ok(body.length > megabytes * 1_000_000 && body.length < LARGEST_DECLARATION, `${body.length} bytes`);
      const began = performance.now();
      const lodgement = ask(region, 'VN', cookie, 'POST', '/api/declarations', body);
      const { p99 } = await whileHealthy(lodgement);
      const answer = await lodgement;
      assert.equal(answer.status, 201, answer.text.slice(0, 1_000));
      assert.equal(bodyOf(answer)['goodsItemCount'], 999);
      assert.ok(performance.now() - began < seconds * 1_000);
      assert.ok(p99 < 1_500, `${p99} ms`);
    }
  });

  test('beyond the limits it is refused with the limit said', async () => {
    const large = await ask(region, 'VN', cookie, 'POST', '/api/declarations', ' '.repeat(LARGEST_DECLARATION + 1));
    assert.deepEqual([large.status, large.code], [413, 'BODY-TOO-LARGE']);
    assert.match(large.text, /20971520/);
    const items = await ask(region, 'VN', cookie, 'POST', '/api/declarations', many(1_000, 0));
    assert.equal(items.status, 422, items.text.slice(0, 500));
    assert.match(items.text, /more than 999/);
    await assertReady(region, 'VN');
  });
});
