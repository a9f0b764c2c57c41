import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import type { MessageKey } from '../../src/exchange/message/message.ts';
import { composeNextDirectory, composeRevocation } from '../../src/federation/compose-directory.ts';
import { DirectoryKeeper } from '../../src/federation/directory-keeper.ts';
import { loadAnchor } from '../../src/federation/federation-anchor.ts';
import { loadFederationKey } from '../../src/federation/federation-keys.ts';
import { signDirectory, writeSignedDirectory } from '../../src/federation/sign-directory.ts';
import {
  type CertifiedKey,
  certifyAuthority,
  createNationalAuthority,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import { type CertificateContents, encodeCertificate } from '../../src/pki/certificate-encoding.ts';
import type { CertificateUse } from '../../src/pki/certificate-use.ts';
import { readCertificate } from '../../src/pki/parsed-certificate.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { SealPost, type Side, sideOf } from './seal-post.ts';
import { eventually, forgeSeal, messageBetween, postAs4, unsealedCertificate } from './support.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const ago = (milliseconds: number): Date => new Date(Date.now() - milliseconds);

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const strangeKeys: readonly (readonly [string, KeyObject])[] = [
  ['a key on secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey],
  ['a key on P-384', generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey],
  ['an RSA key of 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey],
  ['an RSA key of 2048 bits, which seals may not have', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
];

const COMMON_NAME = 'Department of Foreign Trade';
const SEALING: CertificateContents['extensions'] = [
  { name: 'basicConstraints', critical: true, cA: false },
  { name: 'keyUsage', critical: true, digitalSignature: true, nonRepudiation: true },
  { name: 'extKeyUsage', '1.3.6.1.5.5.7.3.36': true },
];
const AUTHORITY: CertificateContents['extensions'] = [
  { name: 'basicConstraints', critical: true, cA: true },
  { name: 'keyUsage', critical: true, keyCertSign: true },
];

/** A certificate as a national authority issues it. */
function issue(
  authority: CertifiedKey,
  terms: { country?: string; use?: CertificateUse; key?: KeyObject; notBefore?: Date; notAfter?: Date } = {},
): X509Certificate {
  const { country = 'TH', use = 'sealing', key = privateKey } = terms;
  return issueCertificate(authority, {
    use,
    country,
    commonName: COMMON_NAME,
    publicKey: publicKeyOf(key),
    notBefore: terms.notBefore ?? ago(5 * MINUTE),
    notAfter: terms.notAfter ?? new Date(Date.now() + DAY),
    ...(use === 'tls' ? { dnsNames: ['x.example'] } : {}),
  });
}

/** A certificate as no authority should issue it. */
function craft(by: CertifiedKey, contents: Partial<CertificateContents>): X509Certificate {
  const issuer = readCertificate(by.certificate).subject;
  const whole: CertificateContents = {
    serialNumber: Buffer.from('4200', 'hex'),
    issuer: { country: issuer.country, commonName: issuer.commonName },
    subject: { country: 'TH', commonName: COMMON_NAME },
    notBefore: ago(5 * MINUTE),
    notAfter: new Date(Date.now() + DAY),
    publicKey: publicKeyOf(privateKey),
    issuerPublicKey: by.certificate.publicKey,
    extensions: SEALING,
    ...contents,
  };
  return new X509Certificate(encodeCertificate(whole, (signed) => sign('sha256', signed, by.privateKey)));
}

/** An authority that Thailand's authority made, which only the directory could make one. */
function subordinate(thai: CertifiedKey, commonName: string): CertifiedKey {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const subject = { country: 'TH', commonName };
  return { privateKey: key, certificate: craft(thai, { subject, publicKey: publicKeyOf(key), extensions: AUTHORITY }) };
}

/** Threat, what seals, step and code, and how it comes by a certificate of Thailand, with the authorities' keys at hand. */
type HostileSigner = readonly [
  string,
  string,
  string,
  (thai: CertifiedKey, japanese: CertifiedKey) => X509Certificate | Promise<X509Certificate>,
];

const SIGNERS: readonly HostileSigner[] = [
  [
    'C1',
    'an authority that nobody knows',
    'signer-certificate CERTIFICATE-ISSUER-UNKNOWN',
    async () => issue(await createNationalAuthority({ country: 'TH', name: 'Nobody', notBefore: ago(DAY), years: 5 })),
  ],
  [
    'C1',
    'an authority that has the name of Thailand’s',
    'signer-certificate CERTIFICATE-SIGNATURE-WRONG',
    async (thai) =>
      issue(
        await createNationalAuthority({
          country: 'TH',
          name: readCertificate(thai.certificate).subject.commonName,
          notBefore: ago(DAY),
          years: 5,
        }),
      ),
  ],
  [
    'C1',
    'a certificate that has ended',
    'seal SEAL-SIGNING-TIME-OUTSIDE-VALIDITY',
    (thai) => issue(thai, { notAfter: ago(MINUTE) }),
  ],
  [
    'C1',
    'a certificate that has not begun',
    'seal SEAL-SIGNING-TIME-OUTSIDE-VALIDITY',
    (thai) => issue(thai, { notBefore: new Date(Date.now() + DAY), notAfter: new Date(Date.now() + 2 * DAY) }),
  ],
  ['C1', 'a certificate for TLS', 'signer-certificate CERTIFICATE-USE-WRONG', (thai) => issue(thai, { use: 'tls' })],
  [
    'C1',
    'a certificate for signing messages',
    'signer-certificate CERTIFICATE-USE-WRONG',
    (thai) => issue(thai, { use: 'as4-signing' }),
  ],
  [
    'C1',
    'a certificate without the use of sealing documents',
    'signer-certificate CERTIFICATE-USE-WRONG',
    (thai) => craft(thai, { extensions: SEALING.slice(0, 2) }),
  ],
  [
    'C1',
    'a certificate that serves another use too',
    'signer-certificate CERTIFICATE-USE-WRONG',
    (thai) =>
      craft(thai, {
        extensions: [...SEALING.slice(0, 2), { name: 'extKeyUsage', '1.3.6.1.5.5.7.3.36': true, serverAuth: true }],
      }),
  ],
  [
    'C1',
    'a certificate that may issue certificates',
    'signer-certificate CERTIFICATE-USE-WRONG',
    (thai) => craft(thai, { extensions: AUTHORITY }),
  ],
  [
    'C1',
    'a certificate with a critical extension that nobody knows',
    'signer-certificate CERTIFICATE-CRITICAL-EXTENSION-UNKNOWN',
    (thai) =>
      craft(thai, {
        extensions: [...SEALING, { name: 'unknown', id: '1.3.6.1.4.1.99999.1', critical: true, value: '\x05\x00' }],
      }),
  ],
  [
    'C1',
    'a certificate by an authority below Thailand’s: the path is too long',
    'signer-certificate CERTIFICATE-ISSUER-UNKNOWN',
    (thai) => craft(subordinate(thai, 'Below'), {}),
  ],
  [
    'C1',
    'a certificate by an authority below Thailand’s that has its name',
    'signer-certificate CERTIFICATE-SIGNATURE-WRONG',
    (thai) => craft(subordinate(thai, readCertificate(thai.certificate).subject.commonName), {}),
  ],
  [
    'C1',
    'a certificate by a holder who is no authority',
    'signer-certificate CERTIFICATE-ISSUER-UNKNOWN',
    (thai) => craft({ privateKey, certificate: issue(thai) }, {}),
  ],
  [
    'C2',
    'a certificate that Japan’s authority issued for Japan',
    'signer-authority SIGNER-COUNTRY-DIFFERS',
    (_thai, japanese) => issue(japanese, { country: 'JP' }),
  ],
  [
    'C2',
    'a certificate that Japan’s authority issued for Thailand',
    'signer-certificate CERTIFICATE-COUNTRY-DIFFERS',
    (_thai, japanese) => craft(japanese, {}),
  ],
  [
    'C2',
    'a certificate that Japan’s key issued under the name of Thailand’s authority',
    'signer-certificate CERTIFICATE-SIGNATURE-WRONG',
    (thai, japanese) =>
      issue(
        certifyAuthority(japanese.privateKey, {
          country: 'TH',
          name: readCertificate(thai.certificate).subject.commonName,
          notBefore: ago(DAY),
          years: 5,
        }),
      ),
  ],
];

describe('hostile signers of seals in good AS4 messages', () => {
  let region: TestRegion;
  let post: SealPost;
  let japan: Side;
  before(async () => {
    region = await startTestRegion(['TH', 'VN', 'JP']);
    post = await SealPost.open(region);
    japan = await sideOf(region, 'JP');
  });
  after(() => region.end());

  for (const [threat, what, expected, make] of SIGNERS)
    test(`${threat}: sealed with ${what} is refused with its own reason, shown so and answered`, async () => {
      const { number, xml } = unsealedCertificate();
      const certificate = await make(post.thailand.keys.authority, japan.keys.authority);
      assert.equal(await post.refusedAt(number, forgeSeal(xml, { privateKey, certificate })), expected);
    });

  test('C1: sealed with the key of the authority itself is refused at the signer, shown so and answered', async () => {
    const { number, xml } = unsealedCertificate();
    const found = await post.refusedAt(number, forgeSeal(xml, post.thailand.keys.authority));
    assert.equal(found, 'signer-certificate CERTIFICATE-USE-WRONG');
  });

  for (const [what, key] of strangeKeys)
    test(`S3: sealed with ${what}, certified by Thailand, is refused at the seal, shown so and answered`, async () => {
      const { number, xml } = unsealedCertificate();
      const certificate = issue(post.thailand.keys.authority, { key });
      const found = await post.refusedAt(number, forgeSeal(xml, { privateKey: key, certificate }));
      assert.equal(found, 'seal SEAL-KEY-NOT-ALLOWED');
    });

  describe('after a directory that revokes certificates was accepted', () => {
    const revokedAt = ago(MINUTE);
    const messageKey = generateKeyPairSync('ed25519').privateKey;
    let sealer: MessageKey;
    let messenger: MessageKey;
    const send = async (): Promise<string | null> => {
      const { thailand, vietNam } = post;
      const sealed = forgeSeal(unsealedCertificate().xml, thailand.keys.sealing);
      const message = messageBetween(thailand, vietNam, [sealed], { signing: messenger });
      return (await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body)).error;
    };
    before(async () => {
      const { authority } = post.thailand.keys;
      sealer = { privateKey, certificate: issue(authority) };
      messenger = { privateKey: messageKey, certificate: issue(authority, { use: 'as4-signing', key: messageKey }) };
      assert.equal((await post.deliver(forgeSeal(unsealedCertificate().xml, sealer))).outcome, 'verified');
      assert.equal(await send(), null);
      // A second process on the node's database, as with two gateways: what it accepts, the running node takes over.
      const keeper = await DirectoryKeeper.open({
        pool: post.vietNam.node.pool,
        anchor: await loadAnchor(region.folder.anchor),
        clock: () => new Date(),
        log: pino<never>({ level: 'silent' }),
        rules: { localEndpoints: 'allowed' },
      });
      assert.ok(keeper.held);
      const next = composeNextDirectory(
        keeper.held,
        [sealer, messenger].map(({ certificate }) => ({
          change: 'revoke',
          revocation: composeRevocation('TH', certificate, revokedAt, 'the key was stolen'),
        })),
        new Date(),
      );
      const keys = await Promise.all(
        [1, 2].map((number) => loadFederationKey(join(region.folder.federation, `operator-${number}.key.pem`))),
      );
      const considered = await keeper.consider(writeSignedDirectory(signDirectory(next, keys)), 'test');
      assert.equal(considered.outcome, 'accepted', JSON.stringify(considered));
      await keeper.close();
      await eventually('the running node holds it', async () => {
        const ready = await fetch(new URL('/health/ready', region.address('VN')));
        return (await ready.text()).includes(`"serial":${next.serial}`);
      });
    });

    test('C1: what was sealed after the revocation is refused at the signer, shown so and answered', async () => {
      const { number, xml } = unsealedCertificate();
      const found = await post.refusedAt(number, forgeSeal(xml, sealer));
      assert.equal(found, 'signer-certificate CERTIFICATE-REVOKED');
    });

    test('C3: what was sealed before the revocation stays valid, shown as revoked later', async () => {
      const { number, xml } = unsealedCertificate(ago(2 * MINUTE));
      const delivered = await post.deliver(forgeSeal(xml, sealer, { signingTime: ago(2 * MINUTE) }));
      assert.deepEqual([delivered.outcome, delivered.failure], ['verified', '']);
      assert.match(await post.verificationOf(number), /Signer revoked later: .*the key was stolen/);
    });

    test('C1: a message that was signed with a revoked key is answered with EBMS:0101', async () => {
      assert.equal(await send(), 'EBMS:0101');
    });
  });
});
