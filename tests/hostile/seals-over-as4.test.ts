import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { SealPost, type Side, sideOf } from './seal-post.ts';
import { countEvents, type Forgery, forgeSeal, unsealedCertificate } from './support.ts';

const DAY = 86_400_000;
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

/** A forger who has the good key: threat, what was done, step and code of the refusal, the forgery. */
const FORGERIES: readonly (readonly [string, string, string, Forgery])[] = [
  [
    'S1',
    'two elements of the seal with one Id',
    'seal SEAL-ID-AMBIGUOUS',
    { info: swap('Id="seal-document"', 'Id="seal"') },
  ],
  [
    'S1',
    'an Id in the document',
    'seal SEAL-ID-AMBIGUOUS',
    { document: swap('<cbc:ID>', '<cbc:ID Id="seal-properties">') },
  ],
  ['S2', 'a seal over one element', 'seal SEAL-DOCUMENT-NOT-COVERED', { info: swap('URI=""', 'URI="#seal"') }],
  ['S2', 'no references', 'seal SEAL-REFERENCES', { info: (text) => text.replace(twoReferences, '') }],
  [
    'S2',
    'a reference to a file',
    'seal SEAL-DOCUMENT-NOT-COVERED',
    { info: swap('URI=""', 'URI="file:///etc/passwd"') },
  ],
  [
    'S3',
    'SHA-1',
    'seal SEAL-ALGORITHM-NOT-ALLOWED',
    { info: swap(ECDSA, 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1') },
  ],
  [
    'S3',
    'HMAC',
    'seal SEAL-ALGORITHM-NOT-ALLOWED',
    { info: swap(ECDSA, 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256') },
  ],
  ['S3', 'no algorithm', 'seal SEAL-ALGORITHM-NOT-ALLOWED', { info: swap(ECDSA, 'none') }],
  [
    'S3',
    'a digest by MD5',
    'seal SEAL-ALGORITHM-NOT-ALLOWED',
    { info: swap(SHA256, 'http://www.w3.org/2001/04/xmldsig-more#md5') },
  ],
  [
    'S4',
    'XSLT',
    'seal SEAL-TRANSFORM-NOT-ALLOWED',
    { info: swap(ENVELOPED, 'http://www.w3.org/TR/1999/REC-xslt-19991116') },
  ],
  [
    'S4',
    'base64',
    'seal SEAL-TRANSFORM-NOT-ALLOWED',
    { info: swap(ENVELOPED, 'http://www.w3.org/2000/09/xmldsig#base64') },
  ],
  [
    'S4',
    'a thousand transforms',
    'seal SEAL-TRANSFORM-NOT-ALLOWED',
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
    'seal SEAL-KEY-INFORMATION',
    { whole: swap('<ds:KeyInfo>', '<ds:KeyInfo><ds:KeyValue></ds:KeyValue>') },
  ],
  [
    'S5',
    'a retrieval method',
    'seal SEAL-KEY-INFORMATION',
    { whole: swap('<ds:KeyInfo>', '<ds:KeyInfo><ds:RetrievalMethod URI="http://127.0.0.1/key"></ds:RetrievalMethod>') },
  ],
  [
    'S5',
    'a key value instead of the certificate',
    'seal SEAL-KEY-INFORMATION',
    { whole: (text) => text.replace(/<ds:X509Data>.*<\/ds:X509Data>/, '<ds:KeyValue></ds:KeyValue>') },
  ],
  [
    'S5',
    'a second certificate',
    'seal SEAL-KEY-INFORMATION',
    { whole: (text) => text.replace(/(<ds:X509Certificate>.*<\/ds:X509Certificate>)/, '$1$1') },
  ],
  [
    'S6',
    'properties that are not covered',
    'seal SEAL-PROPERTIES-NOT-COVERED',
    { info: (text) => text.replace(twoReferences, '$1') },
  ],
  [
    'S6',
    'the digest of another certificate',
    'seal SEAL-CERTIFICATE-DIFFERS',
    {
      properties: (text) => text.replace(/(<ds:DigestValue [^>]+>)[^<]+/, `$1${Buffer.alloc(32).toString('base64')}`),
    },
  ],
  [
    'S6',
    'a signing time before the certificate began',
    'seal SEAL-SIGNING-TIME-OUTSIDE-VALIDITY',
    { signingTime: new Date(Date.now() - 400 * DAY) },
  ],
  [
    'S6',
    'a signing time in the future',
    'signer-certificate SEAL-SIGNING-TIME-IN-FUTURE',
    { signingTime: new Date(Date.now() + 3 * DAY) },
  ],
];

describe('hostile seals in good AS4 messages', () => {
  let region: TestRegion;
  let post: SealPost;
  let japan: Side;
  before(async () => {
    region = await startTestRegion(['TH', 'VN', 'JP']);
    post = await SealPost.open(region);
    japan = await sideOf(region, 'JP');
  });
  after(() => region.end());

  for (const [threat, what, expected, forgery] of FORGERIES)
    test(`${threat}: ${what} is refused at the seal, shown so and answered`, async () => {
      const { number, xml } = unsealedCertificate();
      assert.equal(await post.refusedAt(number, forgeSeal(xml, post.thailand.keys.sealing, forgery)), expected);
    });

  /** What somebody without a key does with a genuine document: threat, what, step and code, how. */
  const alterations: readonly (readonly [string, string, string, (sealed: string, plain: string) => string])[] = [
    [
      'S1',
      'the genuine document inside the evil one',
      'seal SEAL-MISPLACED',
      (sealed, plain) => {
        const genuine = sealed.slice(sealed.indexOf('<CertificateOfOrigin'));
        return plain
          .replace('350 W', '950 W')
          .replace('</CertificateOfOrigin>', () => `${genuine}</CertificateOfOrigin>`);
      },
    ],
    [
      'S1',
      'two seals',
      'seal SEAL-MISPLACED',
      (sealed) => sealed.replace(sealOf(sealed), () => sealOf(sealed).repeat(2)),
    ],
    ['S2', 'no seal', 'seal SEAL-MISSING', (_sealed, plain) => plain],
    ['S2', 'a value changed', 'unaltered DOCUMENT-ALTERED', (sealed) => sealed.replace('350 W', '950 W')],
    [
      'S2',
      'an element added',
      'unaltered DOCUMENT-ALTERED',
      (sealed) => sealed.replace('</CertificateOfOrigin>', '<cbc:Note>x</cbc:Note></CertificateOfOrigin>'),
    ],
    [
      'S3',
      'a signature of zeros',
      'seal SEAL-SIGNATURE-WRONG',
      (sealed) =>
        sealed.replace(/<ds:SignatureValue>[^<]+/, `<ds:SignatureValue>${Buffer.alloc(64).toString('base64')}`),
    ],
    [
      'S5',
      'the certificate of another country',
      'seal SEAL-SIGNATURE-WRONG',
      (sealed) =>
        sealed.replace(/(<ds:X509Certificate>)[^<]+/, `$1${japan.keys.sealing.certificate.raw.toString('base64')}`),
    ],
  ];
  for (const [threat, what, expected, alter] of alterations)
    test(`${threat}: ${what} is refused at the seal, shown so and answered`, async () => {
      const { number, xml } = unsealedCertificate();
      const sealed = forgeSeal(xml, post.thailand.keys.sealing);
      assert.equal(await post.refusedAt(number, alter(sealed, xml)), expected);
    });

  test('a genuine certificate among all this is still verified', async () => {
    const { number, xml } = unsealedCertificate();
    assert.equal((await post.deliver(forgeSeal(xml, post.thailand.keys.sealing))).outcome, 'verified');
    assert.equal(await countEvents(post.vietNam.node, 'certificate.verified', number), 1);
  });
});
