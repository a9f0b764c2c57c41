import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  type CertifiedKey,
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import { type CertificateContents, encodeCertificate } from '../../src/pki/certificate-encoding.ts';
import { type CertificateQuestion, judgeCertificate } from '../../src/pki/certificate-path.ts';
import { CERTIFICATE_USES, type CertificateUse } from '../../src/pki/certificate-use.ts';
import { MESSAGE_PROFILES } from '../../src/pki/message-keys.ts';

const BEGIN = new Date('2026-01-01T00:00:00Z');
const END = new Date('2027-12-31T00:00:00Z');
const AT = new Date('2026-06-01T00:00:00Z');

const authorityOf = (country: string, name = `${country} authority`): Promise<CertifiedKey> =>
  createNationalAuthority({ country, name, notBefore: new Date('2025-01-01T00:00:00Z'), years: 10 });

const thai = await authorityOf('TH');
const sameNameOtherKey = await authorityOf('TH');
const vietnamese = await authorityOf('VN');
const keys = new Map<CertificateUse, KeyObject>();
for (const use of CERTIFICATE_USES) keys.set(use, publicKeyOf(await generatePrivateKey(use)));
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey;
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey;
const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;

function keyFor(use: CertificateUse): KeyObject {
  const key = keys.get(use);
  assert.ok(key !== undefined);
  return key;
}

function issue(use: CertificateUse, publicKey = keyFor(use), by = thai): X509Certificate {
  return issueCertificate(by, {
    use,
    country: 'TH',
    commonName: `Thailand ${use}`,
    publicKey,
    notBefore: BEGIN,
    notAfter: END,
    ...(use === 'tls' ? { dnsNames: ['th.example'] } : {}),
  });
}

/** A certificate that our own authority would never issue. */
function craft(contents: Partial<CertificateContents>, by = thai): X509Certificate {
  const whole: CertificateContents = {
    serialNumber: Buffer.from('4200', 'hex'),
    issuer: {
      country: by === vietnamese ? 'VN' : 'TH',
      commonName: by === vietnamese ? 'VN authority' : 'TH authority',
    },
    subject: { country: 'TH', commonName: 'Thailand sealing' },
    notBefore: BEGIN,
    notAfter: END,
    publicKey: keyFor('sealing'),
    issuerPublicKey: by.certificate.publicKey,
    extensions: SEALING,
    ...contents,
  };
  return new X509Certificate(encodeCertificate(whole, (signed) => sign('sha256', signed, by.privateKey)));
}

const SEALING: CertificateContents['extensions'] = [
  { name: 'basicConstraints', critical: true, cA: false },
  { name: 'keyUsage', critical: true, digitalSignature: true, nonRepudiation: true },
  { name: 'extKeyUsage', '1.3.6.1.5.5.7.3.36': true },
];
const AUTHORITY: CertificateContents['extensions'] = [
  { name: 'basicConstraints', critical: true, cA: true },
  { name: 'keyUsage', critical: true, keyCertSign: true },
];

const sealing = issue('sealing');
const revocation = {
  country: 'TH',
  serialNumber: sealing.serialNumber,
  fingerprint256: sealing.fingerprint256,
  reason: 'key compromise',
};

function judge(question: Partial<CertificateQuestion>): ReturnType<typeof judgeCertificate> {
  return judgeCertificate({
    certificate: sealing,
    authorities: [thai.certificate],
    use: 'sealing',
    at: AT,
    country: 'TH',
    revocations: [],
    ...question,
  });
}

const intermediate = await generatePrivateKey('authority');
const between: CertifiedKey = {
  privateKey: intermediate,
  certificate: craft({
    subject: { country: 'TH', commonName: 'Between' },
    publicKey: publicKeyOf(intermediate),
    extensions: AUTHORITY,
  }),
};
const belowBetween = craft({ issuer: { country: 'TH', commonName: 'Between' } }, between);
const notAuthority: CertifiedKey = {
  privateKey: intermediate,
  certificate: craft({ subject: { country: 'TH', commonName: 'Between' }, publicKey: publicKeyOf(intermediate) }),
};

const refused: readonly (readonly [what: string, question: Partial<CertificateQuestion>, code: string])[] = [
  ['expired', { at: new Date('2028-01-01T00:00:00Z') }, 'CERTIFICATE-EXPIRED'],
  ['not yet valid', { at: new Date('2025-12-31T00:00:00Z') }, 'CERTIFICATE-NOT-YET-VALID'],
  ['revoked before', { revocations: [{ ...revocation, revokedAt: '2026-05-31T00:00:00Z' }] }, 'CERTIFICATE-REVOKED'],
  ['revoked at an unreadable time', { revocations: [{ ...revocation, revokedAt: 'soon' }] }, 'CERTIFICATE-REVOKED'],
  [
    'of an authority that was revoked before',
    {
      revocations: [
        { ...revocation, fingerprint256: thai.certificate.fingerprint256, revokedAt: '2026-01-01T00:00:00Z' },
      ],
    },
    'CERTIFICATE-REVOKED',
  ],
  ['a TLS certificate asked to seal', { certificate: issue('tls') }, 'CERTIFICATE-USE-WRONG'],
  ['a sealing certificate asked to sign AS4', { use: 'as4-signing' }, 'CERTIFICATE-USE-WRONG'],
  [
    'a sealing certificate with a further extended key usage',
    {
      certificate: craft({
        extensions: [...SEALING.slice(0, 2), { name: 'extKeyUsage', serverAuth: true, '1.3.6.1.5.5.7.3.36': true }],
      }),
    },
    'CERTIFICATE-USE-WRONG',
  ],
  [
    'a sealing certificate without nonRepudiation',
    {
      certificate: craft({
        extensions: [{ name: 'keyUsage', critical: true, digitalSignature: true }, ...SEALING.slice(2)],
      }),
    },
    'CERTIFICATE-USE-WRONG',
  ],
  [
    'an authority asked to seal',
    { certificate: craft({ extensions: [...AUTHORITY, ...SEALING.slice(2)] }) },
    'CERTIFICATE-USE-WRONG',
  ],
  ['issued by another country', { authorities: [vietnamese.certificate] }, 'CERTIFICATE-ISSUER-UNKNOWN'],
  [
    'issued under the authority’s name with another key',
    { certificate: issue('sealing', keyFor('sealing'), sameNameOtherKey) },
    'CERTIFICATE-SIGNATURE-WRONG',
  ],
  [
    'issued by one that is not an authority',
    { certificate: belowBetween, authorities: [notAuthority.certificate] },
    'CERTIFICATE-ISSUER-NOT-AUTHORITY',
  ],
  [
    'issued by a holder under the authority',
    { certificate: belowBetween, intermediates: [notAuthority.certificate] },
    'CERTIFICATE-ISSUER-NOT-AUTHORITY',
  ],
  [
    'below a further authority',
    { certificate: belowBetween, intermediates: [between.certificate] },
    'CERTIFICATE-PATH-TOO-LONG',
  ],
  [
    'with an unknown critical extension',
    {
      certificate: craft({
        extensions: [...SEALING, { name: 'nsComment', id: '1.2.3.4', critical: true, value: '\x05\x00' }],
      }),
    },
    'CERTIFICATE-CRITICAL-EXTENSION-UNKNOWN',
  ],
  [
    'of a country named by another country’s authority',
    { certificate: craft({}, vietnamese), authorities: [vietnamese.certificate], country: 'VN' },
    'CERTIFICATE-COUNTRY-DIFFERS',
  ],
  [
    'of an authority that stands under a wrong country',
    { authorities: [thai.certificate], country: 'VN' },
    'AUTHORITY-COUNTRY-DIFFERS',
  ],
  ['with a key on a curve that is not allowed', { certificate: issue('sealing', secp256k1) }, 'CERTIFICATE-KEY-WEAK'],
  ['with a P-384 key', { certificate: issue('sealing', p384) }, 'CERTIFICATE-KEY-WEAK'],
  [
    'with an RSA key that is too short',
    { certificate: issue('as4-signing', rsa1024), use: 'as4-signing' },
    'CERTIFICATE-KEY-WEAK',
  ],
  [
    'of an authority that had not begun',
    { certificate: craft({ notBefore: new Date('2024-01-01T00:00:00Z') }), at: new Date('2024-06-01T00:00:00Z') },
    'AUTHORITY-NOT-YET-VALID',
  ],
  [
    'of an authority that had ended',
    { certificate: craft({ notAfter: new Date('2060-01-01T00:00:00Z') }), at: new Date('2050-06-01T00:00:00Z') },
    'AUTHORITY-EXPIRED',
  ],
];

describe('a certificate for messages is trusted', () => {
  for (const profile of MESSAGE_PROFILES)
    for (const use of ['as4-signing', 'as4-encryption'] as const)
      test(`for ${use} in ${profile}, and for nothing else`, async () => {
        const certificate = issue(use, publicKeyOf(await generatePrivateKey(use, profile)));
        assert.deepEqual(
          CERTIFICATE_USES.filter((other) => judge({ certificate, use: other }).trusted),
          [use],
        );
      });

  test('with the key usage of its kind of key only (RFC 5280 §4.2.1.3)', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey;
    const usage = (publicKey: KeyObject, name: string): X509Certificate =>
      craft({
        publicKey,
        extensions: [
          { name: 'basicConstraints', critical: true, cA: false },
          { name: 'keyUsage', critical: true, [name]: true },
        ],
      });
    const trusted = (certificate: X509Certificate): boolean => judge({ certificate, use: 'as4-encryption' }).trusted;
    assert.equal(trusted(usage(rsa, 'keyEncipherment')), true);
    assert.equal(trusted(usage(rsa, 'keyAgreement')), false);
    assert.equal(trusted(usage(keyFor('as4-encryption'), 'keyAgreement')), true);
    assert.equal(trusted(usage(keyFor('as4-encryption'), 'keyEncipherment')), false);
  });
});

describe('a certificate is trusted', () => {
  for (const use of CERTIFICATE_USES) {
    test(`for ${use} when its country’s authority issued it for that`, () => {
      assert.equal(judge({ certificate: issue(use), use }).trusted, true);
    });

    test(`for ${use} and nothing else`, () => {
      const others = CERTIFICATE_USES.filter((other) => other !== use);
      assert.deepEqual(
        others.filter((other) => judge({ certificate: issue(use), use: other }).trusted),
        [],
      );
    });
  }

  test('C3 when it was revoked later, which is told', () => {
    const judgement = judge({ revocations: [{ ...revocation, revokedAt: '2026-06-02T00:00:00Z' }] });
    assert.ok(judgement.trusted);
    assert.deepEqual(judgement.revokedLater, { at: new Date('2026-06-02T00:00:00Z'), reason: 'key compromise' });
  });

  test('when a certificate of the same number was revoked in another country', () => {
    assert.equal(
      judge({ revocations: [{ ...revocation, country: 'VN', revokedAt: '2026-01-02T00:00:00Z' }] }).trusted,
      true,
    );
  });

  test('when its authority’s key was renewed under the same name', () => {
    assert.equal(judge({ authorities: [sameNameOtherKey.certificate, thai.certificate] }).trusted, true);
  });
});

describe('a certificate is not trusted that is', () => {
  for (const [what, question, code] of refused) {
    test(`C1/C2 ${what}`, () => {
      const judgement = judge(question);
      assert.equal(judgement.trusted, false);
      assert.ok(!judgement.trusted);
      assert.equal(judgement.code, code);
      assert.match(judgement.reason, /^[A-Z].*\.$/);
    });
  }
});
