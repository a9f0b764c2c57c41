import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { SampleUser } from '../../src/region/client.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import {
  assertReady,
  countEvents,
  countRows,
  forgeSeal,
  messageBetween,
  nodeOf,
  postAs4,
  settled,
  stolenKeys,
  unsealedCertificate,
} from './support.ts';

const withoutDeclaration = (xml: string): string => xml.replace(/^<\?xml[^>]*\?>\s*/, '');
const utf16 = (xml: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(xml, 'utf16le')]);
const inside = (xml: string, more: string): string => xml.replace(/<\/[^<>]+>\s*$/, (end) => more + end);
const onRoot = (xml: string, more: string): string =>
  xml.replace(/<([A-Za-z0-9:]*(?:Envelope|CertificateOfOrigin))/, (start) => `${start} ${more}`);
const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');

/** What is done to any XML document, an envelope or a certificate: threat, what, how. */
const HOSTILE: readonly (readonly [string, string, (xml: string) => string | Uint8Array])[] = [
  [
    'X1',
    'an external entity',
    (xml) => `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${withoutDeclaration(xml)}`,
  ],
  ['X1', 'an external DTD', (xml) => `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">${withoutDeclaration(xml)}`],
  [
    'X1',
    'a parameter entity',
    (xml) => `<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>${withoutDeclaration(xml)}`,
  ],
  [
    'X1',
    'a billion laughs',
    (xml) => `<!DOCTYPE a [<!ENTITY l0 "lol">${laughs}]>${withoutDeclaration(inside(xml, '&l9;'))}`,
  ],
  [
    'X1',
    'quadratic blow-up',
    (xml) =>
      `<!DOCTYPE a [<!ENTITY q "${'q'.repeat(50_000)}">]>${withoutDeclaration(inside(xml, '&q;'.repeat(5_000)))}`,
  ],
  ['X2', 'a great depth', (xml) => inside(xml, '<a>'.repeat(5_000) + '</a>'.repeat(5_000))],
  [
    'X2',
    'thousands of attributes',
    (xml) => onRoot(xml, Array.from({ length: 5_000 }, (_, n) => `a${n}="1"`).join(' ')),
  ],
  ['X2', 'one text of many megabytes', (xml) => inside(xml, `<a>${randomBytes(2_500_000).toString('base64')}</a>`)],
  ['X2', 'more than a hundred thousand elements', (xml) => inside(xml, '<b/>'.repeat(100_001))],
  ['X2', 'a name of 64 KB', (xml) => inside(xml, `<${'n'.repeat(65_536)}/>`)],
  ['X3', 'UTF-16', utf16],
  ['X3', 'UTF-7', (xml) => `<?xml version="1.0" encoding="UTF-7"?>${withoutDeclaration(xml)}`],
  [
    'X3',
    'another encoding than it has',
    (xml) => `<?xml version="1.0" encoding="ISO-8859-1"?>${withoutDeclaration(xml)}`,
  ],
  ['X3', 'invalid UTF-8', (xml) => Buffer.concat([Buffer.from(xml), Buffer.from([0xc3, 0x28])])],
  ['X3', 'a NUL', (xml) => inside(xml, '\0')],
  ['X3', 'half a surrogate pair', (xml) => Buffer.concat([Buffer.from(xml), Buffer.from([0xed, 0xa0, 0x80])])],
  ['X5', 'another namespace', (xml) => xml.replace(/(CertificateOfOrigin-2|2003\/05\/soap-envelope)"/, '$1x"')],
  ['X5', 'nothing that is XML', () => 'not XML at all'],
  ['X5', 'nothing', () => ''],
];

/** What only a document can have. */
const IN_DOCUMENTS: typeof HOSTILE = [
  ['X4', 'an instruction that splits a signed value', (xml) => xml.replace('Direct current', 'Direct<?x?> current')],
  ['X5', 'an unknown element', (xml) => inside(xml, '<cbc:Note>x</cbc:Note>')],
  ['X5', 'an xsi:type', (xml) => onRoot(xml, 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"')],
  [
    'X5',
    'a schemaLocation with an address',
    (xml) =>
      onRoot(
        xml,
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:1/x.xsd"',
      ),
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
    for (const [threat, what, make] of HOSTILE)
      test(`${threat}: ${what} is answered with an error in bounded time, and nothing is kept`, async () => {
        const message = messageBetween(thailand, vietNam, []);
        const text = message.body.toString('utf8');
        const [start, end] = [text.indexOf('<?xml'), text.lastIndexOf('\r\n--')];
        const began = performance.now();
        const body = Buffer.from(make(text.slice(start, end)));
        const answer = await postAs4(vietNam.node, thailand.keys.tls, 'application/soap+xml; charset=UTF-8', body);
        assert.match(answer.error ?? 'receipted', /^EBMS:00(07|09)$/, answer.text);
        assert.ok(performance.now() - began < 3_000);
        assert.deepEqual(await countRows(vietNam.node), counts);
        await assertReady(region, 'VN');
      });
  });

  describe('as the document in a good message', () => {
    for (const [threat, what, make] of [...HOSTILE, ...IN_DOCUMENTS])
      test(`${threat}: ${what} is receipted, refused with reasons and answered`, async () => {
        const sealed = forgeSeal(unsealedCertificate().xml, thailand.keys.sealing);
        const message = messageBetween(thailand, vietNam, [Buffer.from(make(sealed))]);
        const began = performance.now();
        const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
        assert.equal(answer.error, null, answer.text);
        assert.ok(performance.now() - began < 3_000);
        await settled(vietNam.node);
        const { rows } = await vietNam.node.pool.query<{ own_outcome: string }>({
          text: 'select own_outcome from certificates where received_message_id = $1',
          values: [message.messageId],
        });
        if (rows[0] === undefined)
          assert.equal(await countEvents(vietNam.node, 'message.quarantined', message.messageId), 1);
        else assert.equal(rows[0].own_outcome, 'refused');
        assert.equal(await countEvents(vietNam.node, 'certificate.verified'), 0);
        await assertReady(region, 'VN');
        assert.doesNotMatch((await officer.get('/api/certificates')).text, /"state":"verified"/);
      });
  });

  test('X4: of a value that a comment splits, the whole is read, as it was sealed', async () => {
    const { number, xml } = unsealedCertificate();
    const sealed = forgeSeal(xml, thailand.keys.sealing).replace('Direct current', 'Direct<!-- --> current');
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
