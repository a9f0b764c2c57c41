import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { SampleUser } from '../../src/region/client.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { answerTo } from './answers.ts';
import {
  assertReady,
  countEvents,
  countRows,
  forgeSeal,
  messageBetween,
  nodeOf,
  postAs4,
  stolenKeys,
  unsealedCertificate,
} from './support.ts';

const withoutDeclaration = (xml: string): string => xml.replace(/^<\?xml[^>]*\?>\s*/, '');
const utf16 = (xml: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(xml, 'utf16le')]);
const inside = (xml: string, more: string): string => xml.replace(/<\/[^<>]+>\s*$/, (end) => more + end);
const onRoot = (xml: string, more: string): string =>
  xml.replace(/<([A-Za-z0-9:]*(?:Envelope|CertificateOfOrigin))/, (start) => `${start} ${more}`);
const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');

/** Threat, what, the step and code at which a document is refused, how. */
type HostileXml = readonly [string, string, string, (xml: string) => string | Uint8Array];

/** What is done to any XML document, an envelope or a certificate. */
const HOSTILE: readonly HostileXml[] = [
  [
    'X1',
    'an external entity',
    'seal XML-DOCTYPE',
    (xml) => `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${withoutDeclaration(xml)}`,
  ],
  [
    'X1',
    'an external DTD',
    'seal XML-DOCTYPE',
    (xml) => `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">${withoutDeclaration(xml)}`,
  ],
  [
    'X1',
    'a parameter entity',
    'seal XML-DOCTYPE',
    (xml) => `<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>${withoutDeclaration(xml)}`,
  ],
  [
    'X1',
    'a billion laughs',
    'seal XML-DOCTYPE',
    (xml) => `<!DOCTYPE a [<!ENTITY l0 "lol">${laughs}]>${withoutDeclaration(inside(xml, '&l9;'))}`,
  ],
  [
    'X1',
    'quadratic blow-up',
    'seal XML-DOCTYPE',
    (xml) =>
      `<!DOCTYPE a [<!ENTITY q "${'q'.repeat(50_000)}">]>${withoutDeclaration(inside(xml, '&q;'.repeat(5_000)))}`,
  ],
  ['X2', 'a great depth', 'seal XML-TOO-DEEP', (xml) => inside(xml, '<a>'.repeat(5_000) + '</a>'.repeat(5_000))],
  [
    'X2',
    'thousands of attributes',
    'seal XML-TOO-MANY-ATTRIBUTES',
    (xml) => onRoot(xml, Array.from({ length: 5_000 }, (_, n) => `a${n}="1"`).join(' ')),
  ],
  [
    'X2',
    'one text of many megabytes',
    'seal XML-TEXT-TOO-LONG',
    (xml) => inside(xml, `<a>${randomBytes(2_500_000).toString('base64')}</a>`),
  ],
  [
    'X2',
    'more than a hundred thousand elements',
    'seal XML-TOO-MANY-ELEMENTS',
    (xml) => inside(xml, '<b/>'.repeat(100_001)),
  ],
  ['X2', 'a name of 64 KB', 'seal XML-NAME-TOO-LONG', (xml) => inside(xml, `<${'n'.repeat(65_536)}/>`)],
  ['X3', 'UTF-16', 'seal ENCODING-NOT-UTF-8', utf16],
  [
    'X3',
    'UTF-7',
    'seal ENCODING-NOT-UTF-8',
    (xml) => `<?xml version="1.0" encoding="UTF-7"?>${withoutDeclaration(xml)}`,
  ],
  [
    'X3',
    'another encoding than it has',
    'seal ENCODING-NOT-UTF-8',
    (xml) => `<?xml version="1.0" encoding="ISO-8859-1"?>${withoutDeclaration(xml)}`,
  ],
  [
    'X3',
    'invalid UTF-8',
    'seal ENCODING-NOT-UTF-8',
    (xml) => Buffer.concat([Buffer.from(xml), Buffer.from([0xc3, 0x28])]),
  ],
  ['X3', 'a NUL', 'seal XML-CONTROL-CHARACTER', (xml) => inside(xml, '\0')],
  [
    'X3',
    'half a surrogate pair',
    'seal ENCODING-NOT-UTF-8',
    (xml) => Buffer.concat([Buffer.from(xml), Buffer.from([0xed, 0xa0, 0x80])]),
  ],
  [
    'X5',
    'another namespace',
    'unaltered DOCUMENT-ALTERED',
    (xml) => xml.replace(/(CertificateOfOrigin-2|2003\/05\/soap-envelope)"/, '$1x"'),
  ],
  ['X5', 'nothing that is XML', 'seal XML-MALFORMED', () => 'not XML at all'],
  ['X5', 'nothing', 'seal BYTES-EMPTY', () => ''],
];

/** What only a document can have. */
const IN_DOCUMENTS: readonly HostileXml[] = [
  [
    'X4',
    'an instruction that splits a signed value',
    'unaltered DOCUMENT-ALTERED',
    (xml) => xml.replace('Direct current', 'Direct<?x?> current'),
  ],
  ['X5', 'an unknown element', 'unaltered DOCUMENT-ALTERED', (xml) => inside(xml, '<cbc:Note>x</cbc:Note>')],
  [
    'X5',
    'an xsi:type',
    'unaltered DOCUMENT-ALTERED',
    (xml) => onRoot(xml, 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"'),
  ],
  [
    'X5',
    'a schemaLocation with an address',
    'unaltered DOCUMENT-ALTERED',
    (xml) =>
      onRoot(
        xml,
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:1/x.xsd"',
      ),
  ],
];

/** What a partner's own software could seal: the signature is good, the document is not. */
const SEALED_SO: readonly HostileXml[] = [
  [
    'X5',
    'another namespace',
    'schema KIND-UNKNOWN',
    (xml) => xml.replace('CertificateOfOrigin-2"', 'CertificateOfOrigin-2x"'),
  ],
  ['X5', 'an unknown element', 'schema XML-ELEMENT-UNKNOWN', (xml) => inside(xml, '<cbc:Note>x</cbc:Note>')],
  ['X5', 'an unknown attribute', 'schema XML-ATTRIBUTE-UNKNOWN', (xml) => xml.replace('<cbc:ID>', '<cbc:ID x="1">')],
  [
    'X5',
    'an xsi:type',
    'schema XML-ATTRIBUTE-UNKNOWN',
    (xml) => onRoot(xml, 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"'),
  ],
  [
    'X5',
    'the prefix of one namespace bound to another',
    'schema XML-ELEMENT-UNKNOWN',
    (xml) => xml.replace('<cbc:ID>', '<cbc:ID xmlns:cbc="urn:x">'),
  ],
];

describe('hostile XML at a running node', () => {
  let region: TestRegion;
  let thailand: { node: ReturnType<typeof nodeOf>; keys: Awaited<ReturnType<typeof stolenKeys>> };
  let vietNam: typeof thailand;
  let officer: SampleUser;
  before(async () => {
    region = await startTestRegion(['TH', 'VN']);
    const side = async (country: string) => ({
      node: nodeOf(region, country),
      keys: await stolenKeys(region, country),
    });
    thailand = await side('TH');
    vietNam = await side('VN');
    officer = await region.user('VN', 'clearance');
  });
  after(() => region.end());

  describe('as a SOAP envelope', () => {
    let counts: Record<string, number>;
    beforeEach(async () => {
      counts = await countRows(vietNam.node);
    });
    for (const [threat, what, , make] of HOSTILE)
      test(`${threat}: ${what} is answered with an error in bounded time, and nothing is kept`, async () => {
        const message = messageBetween(thailand, vietNam, []);
        const text = message.body.toString('utf8');
        const [start, end] = [text.indexOf('<?xml'), text.lastIndexOf('\r\n--')];
        const began = performance.now();
        const body = Buffer.from(make(text.slice(start, end)));
        const answer = await postAs4(vietNam.node, thailand.keys.tls, 'application/soap+xml; charset=UTF-8', body);
        assert.equal(answer.error, 'EBMS:0009', answer.text);
        assert.ok(performance.now() - began < 3_000);
        assert.deepEqual(await countRows(vietNam.node), counts);
        await assertReady(region, 'VN');
      });
  });

  describe('as the document in a good message', () => {
    const refused = async (document: string | Uint8Array, expected: string): Promise<void> => {
      const message = messageBetween(thailand, vietNam, [document]);
      const began = performance.now();
      const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
      assert.equal(answer.error, null, answer.text);
      assert.ok(performance.now() - began < 3_000);
      const { response, failure } = await answerTo(vietNam.node, thailand.node, message.messageId);
      assert.deepEqual([response.outcome, failure], ['refused', expected]);
      const { rows } = await vietNam.node.pool.query<{ own_outcome: string }>({
        text: 'select own_outcome from certificates where received_message_id = $1',
        values: [message.messageId],
      });
      const quarantined = await countEvents(vietNam.node, 'message.quarantined', message.messageId);
      assert.deepEqual([rows.map((row) => row.own_outcome), quarantined], rows[0] ? [['refused'], 0] : [[], 1]);
      assert.equal(await countEvents(vietNam.node, 'certificate.verified'), 0);
      await assertReady(region, 'VN');
      assert.doesNotMatch((await officer.get('/api/certificates')).text, /"state":"verified"/);
    };
    for (const [threat, what, expected, make] of [...HOSTILE, ...IN_DOCUMENTS])
      test(`${threat}: ${what} is receipted, refused, and an ApplicationResponse with the reason goes back`, async () => {
        await refused(Buffer.from(make(forgeSeal(unsealedCertificate().xml, thailand.keys.sealing))), expected);
      });

    for (const [threat, what, expected, make] of SEALED_SO)
      test(`${threat}: ${what}, sealed so by a partner's good key, is refused, and the answer tells why`, async () => {
        const document = (xml: string): string => String(make(xml));
        await refused(forgeSeal(unsealedCertificate().xml, thailand.keys.sealing, { document }), expected);
      });
  });

  const split: readonly (readonly [string, string])[] = [
    ['a comment', '<!-- -->'],
    ['an instruction', '<?x?>'],
    ['a CDATA section', '<![CDATA[]]>'],
  ];
  for (const [what, between] of split)
    test(`X4: of a sealed value that ${what} splits, the whole is read`, async () => {
      const { number, xml } = unsealedCertificate();
      const document = (plain: string): string => plain.replace('Direct current', `Direct${between} current`);
      const sealed = forgeSeal(xml, thailand.keys.sealing, { document });
      const message = messageBetween(thailand, vietNam, [sealed]);
      await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
      assert.match((await officer.get(`/api/certificates/${number}`)).text, /"Direct current motors/);
    });

  test('a good certificate after all this is verified', async () => {
    const { number, xml } = unsealedCertificate();
    const message = messageBetween(thailand, vietNam, [forgeSeal(xml, thailand.keys.sealing)]);
    await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
    assert.equal(await countEvents(vietNam.node, 'certificate.verified', number), 1);
  });
});
