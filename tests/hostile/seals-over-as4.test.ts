import assert from 'node:assert/strict';
import { generateKeyPairSync, type X509Certificate } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { MessageKey } from '../../src/exchange/message.ts';
import {
  type CertifiedKey,
  createNationalAuthority,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import type { SampleUser } from '../../src/region/client.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import {
  assertNoInternals,
  assertReady,
  countEvents,
  type Forgery,
  forgeSeal,
  messageBetween,
  nodeOf,
  postAs4,
  settled,
  stolenKeys,
  unsealedCertificate,
} from './support.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const ECDSA = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

const swap = (found: string, put: string) => (text: string) => {
  assert.ok(text.includes(found), `${found} is not in it`);
  return text.replace(found, put);
};
const twoReferences = /(<ds:Reference Id[\s\S]*?<\/ds:Reference>)(<ds:Reference Type[\s\S]*?<\/ds:Reference>)/;
const sealOf = (sealed: string): string => /<ds:Signature [\s\S]*<\/ds:Signature>/.exec(sealed)?.[0] ?? '';

/** A forger who has the good key: threat, what was done, the forgery. */
const FORGERIES: readonly (readonly [string, string, Forgery])[] = [
  ['S1', 'two elements of the seal with one Id', { info: swap('Id="seal-document"', 'Id="seal"') }],
  ['S1', 'an Id in the document', { document: swap('<cbc:ID>', '<cbc:ID Id="seal-properties">') }],
  ['S2', 'a seal over one element', { info: swap('URI=""', 'URI="#seal"') }],
  ['S2', 'no references', { info: (text) => text.replace(twoReferences, '') }],
  ['S2', 'a reference to a file', { info: swap('URI=""', 'URI="file:///etc/passwd"') }],
  ['S3', 'SHA-1', { info: swap(ECDSA, 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1') }],
  ['S3', 'HMAC', { info: swap(ECDSA, 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256') }],
  ['S3', 'no algorithm', { info: swap(ECDSA, 'none') }],
  ['S3', 'a digest by MD5', { info: swap(SHA256, 'http://www.w3.org/2001/04/xmldsig-more#md5') }],
  ['S4', 'XSLT', { info: swap(ENVELOPED, 'http://www.w3.org/TR/1999/REC-xslt-19991116') }],
  ['S4', 'base64', { info: swap(ENVELOPED, 'http://www.w3.org/2000/09/xmldsig#base64') }],
  [
    'S4',
    'a thousand transforms',
    {
      info: swap(
        '<ds:Transforms>',
        `<ds:Transforms>${`<ds:Transform Algorithm="${EXCLUSIVE}"></ds:Transform>`.repeat(1000)}`,
      ),
    },
  ],
  [
    'S5',
    'a key value beside the certificate',
    { whole: swap('<ds:KeyInfo>', '<ds:KeyInfo><ds:KeyValue></ds:KeyValue>') },
  ],
  [
    'S5',
    'a retrieval method',
    { whole: swap('<ds:KeyInfo>', '<ds:KeyInfo><ds:RetrievalMethod URI="http://127.0.0.1/key"></ds:RetrievalMethod>') },
  ],
  ['S6', 'properties that are not covered', { info: (text) => text.replace(twoReferences, '$1') }],
  [
    'S6',
    'the digest of another certificate',
    {
      properties: (text) => text.replace(/(<ds:DigestValue [^>]+>)[^<]+/, `$1${Buffer.alloc(32).toString('base64')}`),
    },
  ],
  ['S6', 'a signing time before the certificate began', { signingTime: new Date(Date.now() - 400 * DAY) }],
  ['S6', 'a signing time in the future', { signingTime: new Date(Date.now() + 3 * DAY) }],
];

describe('hostile seals in good AS4 messages', () => {
  let region: TestRegion;
  let thailand: { node: ReturnType<typeof nodeOf>; keys: Awaited<ReturnType<typeof stolenKeys>> };
  let vietNam: typeof thailand;
  let japan: typeof thailand;
  let officer: SampleUser;
  before(async () => {
    region = await startTestRegion(['TH', 'VN', 'JP']);
    const side = async (country: string) => ({
      node: nodeOf(region, country),
      keys: await stolenKeys(region, country),
    });
    thailand = await side('TH');
    vietNam = await side('VN');
    japan = await side('JP');
    officer = await region.user('VN', 'clearance');
  });
  after(() => region.end());

  const verifiedThere = async (): Promise<number> => {
    const { rows } = await vietNam.node.pool.query({
      text: `select 1 from certificates where own_outcome = 'verified'`,
    });
    return rows.length;
  };

  /** Delivers it; it must be receipted, refused and shown so, and answered. Gives the step and code of the first failure. */
  const refusedAt = async (number: string, sealed: string): Promise<string> => {
    const message = messageBetween(thailand, vietNam, [sealed]);
    const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
    assert.equal(answer.error, null, answer.text);
    await settled(vietNam.node);
    assert.equal(await verifiedThere(), 0);
    assert.equal(await countEvents(vietNam.node, 'certificate.verified'), 0);
    await assertReady(region, 'VN');
    const { rows } = await vietNam.node.pool.query<{ own_steps: { step: string; verdict: string; code?: string }[] }>({
      text: 'select own_steps from certificates where received_message_id = $1',
      values: [message.messageId],
    });
    const [row] = rows;
    if (row === undefined) {
      assert.equal(await countEvents(vietNam.node, 'message.quarantined', message.messageId), 1);
      return 'quarantined';
    }
    const shown = await officer.get(`/api/certificates/${number}/verification`);
    assertNoInternals(shown.text);
    assert.match(shown.text, /"outcome":"refused"/);
    const failed = row.own_steps.find((one) => one.verdict === 'failed');
    return `${failed?.step} ${failed?.code}`;
  };

  for (const [threat, what, forgery] of FORGERIES)
    test(`${threat}: ${what} is refused at the seal and shown so`, async () => {
      const { number, xml } = unsealedCertificate();
      const found = await refusedAt(number, forgeSeal(xml, thailand.keys.sealing, forgery));
      assert.match(found, /^(unaltered|seal|signer-certificate) [A-Z-]+$|^quarantined$/);
    });

  /** What somebody without a key does with a genuine document: threat, what, how. */
  const alterations: readonly (readonly [string, string, (sealed: string, plain: string) => string])[] = [
    [
      'S1',
      'the genuine document inside the evil one',
      (sealed, plain) => {
        const genuine = sealed.slice(sealed.indexOf('<CertificateOfOrigin'));
        return plain
          .replace('350 W', '950 W')
          .replace('</CertificateOfOrigin>', () => `${genuine}</CertificateOfOrigin>`);
      },
    ],
    ['S1', 'two seals', (sealed) => sealed.replace(sealOf(sealed), () => sealOf(sealed).repeat(2))],
    ['S2', 'no seal', (_sealed, plain) => plain],
    ['S2', 'a value changed', (sealed) => sealed.replace('350 W', '950 W')],
    [
      'S2',
      'an element added',
      (sealed) => sealed.replace('</CertificateOfOrigin>', '<cbc:Note>x</cbc:Note></CertificateOfOrigin>'),
    ],
    [
      'S3',
      'a signature of zeros',
      (sealed) =>
        sealed.replace(/<ds:SignatureValue>[^<]+/, `<ds:SignatureValue>${Buffer.alloc(64).toString('base64')}`),
    ],
    [
      'S5',
      'the certificate of another country',
      (sealed) =>
        sealed.replace(/(<ds:X509Certificate>)[^<]+/, `$1${japan.keys.sealing.certificate.raw.toString('base64')}`),
    ],
  ];
  for (const [threat, what, alter] of alterations)
    test(`${threat}: ${what} is refused at the seal and shown so`, async () => {
      const { number, xml } = unsealedCertificate();
      const found = await refusedAt(number, alter(forgeSeal(xml, thailand.keys.sealing), xml));
      assert.match(found, /^(unaltered|seal) [A-Z-]+$|^quarantined$/);
    });

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issue = (
    authority: CertifiedKey,
    country: string,
    use: 'sealing' | 'as4-signing' | 'tls' = 'sealing',
    notBefore = new Date(Date.now() - 5 * MINUTE),
    notAfter = new Date(Date.now() + DAY),
  ): X509Certificate =>
    issueCertificate(authority, {
      use,
      country,
      commonName: 'Department of Foreign Trade',
      publicKey: publicKeyOf(privateKey),
      notBefore,
      notAfter,
      ...(use === 'tls' ? { dnsNames: ['x.example'] } : {}),
    });
  /** An authority that says it is Thailand's, made by anyone. */
  const fakeAuthority = (country: string) =>
    createNationalAuthority({
      country,
      name: 'Thailand national authority',
      notBefore: new Date(Date.now() - DAY),
      years: 5,
    });
  const signers: readonly (readonly [string, string, () => Promise<MessageKey>])[] = [
    [
      'C1',
      'an authority that nobody knows',
      async () => ({ privateKey, certificate: issue(await fakeAuthority('TH'), 'TH') }),
    ],
    [
      'C1',
      'a certificate that has ended',
      async () => ({
        privateKey,
        certificate: issue(
          thailand.keys.authority,
          'TH',
          'sealing',
          new Date(Date.now() - 5 * MINUTE),
          new Date(Date.now() - MINUTE),
        ),
      }),
    ],
    [
      'C1',
      'a certificate that has not begun',
      async () => ({
        privateKey,
        certificate: issue(
          thailand.keys.authority,
          'TH',
          'sealing',
          new Date(Date.now() + DAY),
          new Date(Date.now() + 2 * DAY),
        ),
      }),
    ],
    [
      'C1',
      'a certificate for TLS',
      async () => ({ privateKey, certificate: issue(thailand.keys.authority, 'TH', 'tls') }),
    ],
    ['C1', 'the authority’s own certificate', async () => thailand.keys.authority],
    ['C2', 'Japan’s sealing key', async () => japan.keys.sealing],
    [
      'C2',
      'a certificate that names Thailand, by a holder whose authority is Japan’s key',
      async () => {
        const { certifyAuthority } = await import('../../src/pki/certificate-authority.ts');
        const named = certifyAuthority(japan.keys.authority.privateKey, {
          country: 'TH',
          name: 'Thailand national authority',
          notBefore: new Date(Date.now() - DAY),
          years: 5,
        });
        return { privateKey, certificate: issue(named, 'TH') };
      },
    ],
  ];
  for (const [threat, what, make] of signers)
    test(`${threat}: sealed with ${what} is refused at the signer and shown so`, async () => {
      const { number, xml } = unsealedCertificate();
      const found = await refusedAt(number, forgeSeal(xml, await make()));
      assert.match(found, /^(seal|signer-certificate|signer-authority) [A-Z-]+$/);
    });

  describe('on the envelope itself', () => {
    let before: number;
    beforeEach(async () => {
      await settled(vietNam.node);
      const { rows } = await vietNam.node.pool.query({ text: 'select 1 from incoming_messages' });
      before = rows.length;
    });
    const envelopes: readonly (readonly [string, string, (text: string) => string])[] = [
      ['S1', 'a second Messaging header', (text) => text.replace(/(<eb:Messaging [\s\S]*<\/eb:Messaging>)/, '$1$1')],
      [
        'S1',
        'the wsu:Id of the header twice',
        (text) => text.replace(/wsu:Id="body-[^"]+"/, /wsu:Id="messaging-[^"]+"/.exec(text)?.[0] ?? ''),
      ],
      [
        'S1',
        'the signed body moved into the header',
        (text) =>
          text.replace(
            /(<\/S12:Header>)(<S12:Body [\s\S]*<\/S12:Body>)/,
            '<x:Wrapper xmlns:x="urn:x">$2</x:Wrapper>$1<S12:Body></S12:Body>',
          ),
      ],
      ['S2', 'no signature', (text) => text.replace(/<ds:Signature [\s\S]*<\/ds:Signature>/, '')],
      ['S2', 'no security header', (text) => text.replace(/<wsse:Security [\s\S]*<\/wsse:Security>/, '')],
      [
        'S2',
        'an attachment that is not covered',
        (text) => text.replace(/<ds:Reference URI="cid:[\s\S]*?<\/ds:Reference>/, ''),
      ],
      ['S2', 'an action changed after it was signed', (text) => text.replace('>SendCertificate<', '>SendCertificat3<')],
      [
        'S3',
        'the signature by HMAC',
        (text) =>
          text.replace(/(<ds:SignatureMethod Algorithm=")[^"]+/, '$1http://www.w3.org/2000/09/xmldsig#hmac-sha1'),
      ],
      [
        'S3',
        'digests by SHA-1',
        (text) => text.replace(/(<ds:DigestMethod Algorithm=")[^"]+/, '$1http://www.w3.org/2000/09/xmldsig#sha1'),
      ],
      [
        'S4',
        'an XSLT transform',
        (text) => text.replace(/(<ds:Transform Algorithm=")[^"]+/, '$1http://www.w3.org/TR/1999/REC-xslt-19991116'),
      ],
    ];
    for (const [threat, what, alter] of envelopes)
      test(`${threat}: ${what} is answered with an error, and nothing is kept`, async () => {
        const message = messageBetween(thailand, vietNam, [
          forgeSeal(unsealedCertificate().xml, thailand.keys.sealing),
        ]);
        const text = message.body.toString('latin1');
        const altered = alter(text);
        assert.notEqual(altered, text);
        const answer = await postAs4(
          vietNam.node,
          thailand.keys.tls,
          message.contentType,
          Buffer.from(altered, 'latin1'),
        );
        assert.match(answer.error ?? 'receipted', /^EBMS:0(101|103|009|007)$/, answer.text);
        const { rows } = await vietNam.node.pool.query({ text: 'select 1 from incoming_messages' });
        assert.equal(rows.length, before);
        await assertReady(region, 'VN');
      });
  });

  test('a genuine certificate among all this is still verified', async () => {
    const { number, xml } = unsealedCertificate();
    const message = messageBetween(thailand, vietNam, [forgeSeal(xml, thailand.keys.sealing)]);
    await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
    assert.equal(await countEvents(vietNam.node, 'certificate.verified', number), 1);
  });
});
