import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { composeNextDirectory, composeRevocation } from '../../src/federation/compose-directory.ts';
import type { Directory, Member } from '../../src/federation/directory.ts';
import { parseDirectory } from '../../src/federation/directory-schema.ts';
import {
  judgeAuthority,
  judgeSigner,
  memberOf,
  partner,
  type SignerJudgement,
  TrustView,
  trustViewOf,
} from '../../src/federation/trust.ts';
import {
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import { encodeCertificate } from '../../src/pki/certificate-encoding.ts';
import type { CertificateUse } from '../../src/pki/certificate-use.ts';
import { MESSAGE_PROFILES, type MessageProfile } from '../../src/pki/message-keys.ts';
import { readCertificate } from '../../src/pki/parsed-certificate.ts';
import { certify, daysFromNow, makeFederation, makeNation, NOW, verified } from './support.ts';

const federation = await makeFederation();
const { thailand, vietNam, directory } = federation;
const japan = await makeNation('JP');

function codeOf(judgement: SignerJudgement): string {
  return judgement.trusted ? `trusted for ${judgement.country}` : judgement.code;
}

function withMember(country: string, change: (member: Member) => Partial<Member>): Directory {
  const members = directory.members.map((member) =>
    member.country === country ? { ...member, ...change(member) } : member,
  );
  return { ...directory, members };
}

function withRevocation(certificate: X509Certificate, at: Date, country = 'TH'): Directory {
  const revocation = composeRevocation(country, certificate, at, 'key lost');
  return { ...directory, revocations: [revocation] };
}

test('a published certificate is trusted for its use and country', () => {
  for (const use of ['sealing', 'as4-signing', 'as4-encryption', 'tls'] as const) {
    const judgement = judgeSigner(directory, { certificate: vietNam.certificates[use], use, at: NOW });
    assert.deepEqual(judgement, { trusted: true, country: 'VN', listed: true });
  }
});

test('a certificate that is not published is trusted when an authority of its country issued it', async () => {
  const certificate = await certify(thailand.authority, 'TH', 'sealing');
  const judgement = judgeSigner(directory, { certificate, use: 'sealing', at: NOW });
  assert.deepEqual(judgement, { trusted: true, country: 'TH', listed: false });
});

describe('C1, C2: not trusted', async () => {
  const impostor = await createNationalAuthority({
    country: 'TH',
    name: 'Customs of TH',
    notBefore: daysFromNow(-365),
    years: 10,
  });
  const sealing = publicKeyOf(await generatePrivateKey('sealing'));
  const issuerName = { country: 'TH', commonName: readCertificate(thailand.authority.certificate).subject.commonName };
  const contents = {
    serialNumber: Buffer.from('01a2', 'hex'),
    issuer: issuerName,
    subject: { country: 'VN', commonName: 'Customs of VN' },
    notBefore: daysFromNow(-1),
    notAfter: daysFromNow(1),
    publicKey: sealing,
    issuerPublicKey: publicKeyOf(thailand.authority.privateKey),
    extensions: [],
  };
  const foreigner = new X509Certificate(
    encodeCertificate(contents, (signed) => sign('sha256', signed, thailand.authority.privateKey)),
  );
  const early = await certify(thailand.authority, 'TH', 'sealing', daysFromNow(1), daysFromNow(2));
  const late = await certify(thailand.authority, 'TH', 'sealing', daysFromNow(-3), daysFromNow(-1));
  const cases: readonly (readonly [name: string, certificate: X509Certificate, use: CertificateUse, code: string])[] = [
    ['a certificate by which A vouches for B', foreigner, 'sealing', 'CERTIFICATE-COUNTRY-DIFFERS'],
    ['a country that is no member', japan.certificates.sealing, 'sealing', 'SIGNER-NOT-A-MEMBER'],
    [
      'an authority of the same name with another key',
      await certify(impostor, 'TH', 'sealing'),
      'sealing',
      'CERTIFICATE-SIGNATURE-WRONG',
    ],
    ['the authority itself', thailand.authority.certificate, 'sealing', 'CERTIFICATE-USE-WRONG'],
    ['a key for another use', thailand.certificates.tls, 'sealing', 'CERTIFICATE-USE-WRONG'],
    ['a certificate that begins later', early, 'sealing', 'CERTIFICATE-NOT-YET-VALID'],
    ['a certificate that has ended', late, 'sealing', 'CERTIFICATE-EXPIRED'],
  ];
  for (const [name, certificate, use, code] of cases) {
    test(name, () => assert.equal(codeOf(judgeSigner(directory, { certificate, use, at: NOW })), code));
  }

  test('a published certificate that does not chain, even if a directory with it were accepted', async () => {
    const stray = await certify(impostor, 'TH', 'sealing');
    const forged = withMember('TH', () => ({
      certificates: [{ use: 'sealing', certificate: stray.raw.toString('base64') }],
    }));
    assert.equal(
      codeOf(judgeSigner(forged, { certificate: stray, use: 'sealing', at: NOW })),
      'CERTIFICATE-SIGNATURE-WRONG',
    );
  });

  test('an authority outside the time for which the federation recognises it', () => {
    const ended = withMember('TH', ({ authorities }) => ({
      authorities: authorities.map((authority) => ({ ...authority, validUntil: '2026-03-01T00:00:00Z' })),
    }));
    const certificate = thailand.certificates.sealing;
    assert.equal(codeOf(judgeSigner(ended, { certificate, use: 'sealing', at: NOW })), 'SIGNER-AUTHORITY-NOT-IN-FORCE');
    assert.equal(codeOf(judgeSigner(ended, { certificate, use: 'sealing', at: daysFromNow(-20) })), 'trusted for TH');
    assert.deepEqual(partner(ended, 'TH', NOW)?.tlsAuthorities, []);
  });
});

describe('C3: revocation counts from its own instant on', () => {
  const certificate = thailand.certificates.sealing;
  const view = trustViewOf(withRevocation(certificate, NOW));
  const at = (instant: Date) => view.judgeSigner({ certificate, use: 'sealing', at: instant });

  test('sealed before: trusted, and told that the signer was revoked later', () => {
    assert.deepEqual(at(daysFromNow(-1)), {
      trusted: true,
      country: 'TH',
      listed: true,
      revokedLater: { revokedAt: '2026-03-10T08:00:00Z', reason: 'key lost' },
    });
  });
  test('sealed at that instant or after: not trusted, also when the certificate was just found good', () => {
    assert.equal(at(daysFromNow(-1)).trusted, true);
    assert.equal(codeOf(at(NOW)), 'CERTIFICATE-REVOKED');
    assert.equal(codeOf(at(daysFromNow(1))), 'CERTIFICATE-REVOKED');
    assert.equal(at(daysFromNow(-1)).trusted, true);
  });
  test('a revoked authority takes with it what it issued', () => {
    const fallen = withRevocation(thailand.authority.certificate, NOW);
    assert.equal(codeOf(judgeSigner(fallen, { certificate, use: 'sealing', at: NOW })), 'SIGNER-AUTHORITY-REVOKED');
    assert.equal(judgeSigner(fallen, { certificate, use: 'sealing', at: daysFromNow(-1) }).trusted, true);
  });
  test("a country cannot revoke another country's certificate", () => {
    const meddling = withRevocation(certificate, daysFromNow(-10), 'VN');
    assert.deepEqual(judgeSigner(meddling, { certificate, use: 'sealing', at: NOW }), {
      trusted: true,
      country: 'TH',
      listed: true,
    });
  });
});

describe('freshness', async () => {
  const unlisted = await certify(thailand.authority, 'TH', 'sealing');
  const query = { certificate: unlisted, use: 'sealing' as const, at: NOW };
  const late = daysFromNow(30);

  test('the state goes from fresh to stale to expired at its instants', () => {
    const view = new TrustView(directory);
    const before = (date: Date) => new Date(date.getTime() - 1);
    assert.equal(view.state(NOW), 'fresh');
    assert.equal(view.state(before(daysFromNow(7))), 'fresh');
    assert.equal(view.state(daysFromNow(7)), 'stale');
    assert.equal(view.state(before(late)), 'stale');
    assert.equal(view.state(late), 'expired');
  });
  test('after the directory expired a key that was not known is not trusted', () => {
    assert.equal(codeOf(new TrustView(directory).judgeSigner({ ...query, now: late })), 'DIRECTORY-EXPIRED-NEW-KEY');
    assert.equal(codeOf(new TrustView(directory).judgeSigner({ ...query, at: late })), 'DIRECTORY-EXPIRED-NEW-KEY');
  });
  test('published keys and keys that were trusted before go on to be trusted', () => {
    const view = new TrustView(directory);
    assert.equal(view.judgeSigner({ ...query, now: daysFromNow(10) }).trusted, true);
    assert.equal(view.judgeSigner({ ...query, now: late }).trusted, true);
    assert.equal(
      view.judgeSigner({ certificate: thailand.certificates.sealing, use: 'sealing', at: late }).trusted,
      true,
    );
    assert.notEqual(view.partner('TH', late)?.encryptionCertificate, undefined);
  });
  test('known keys are handed out once, for the store, and taken back in by another view', () => {
    const view = new TrustView(directory);
    view.judgeSigner(query);
    view.judgeSigner(query);
    const known = view.takeNewlyKnown();
    assert.deepEqual(known, [unlisted.fingerprint256]);
    assert.deepEqual(view.takeNewlyKnown(), []);
    assert.equal(new TrustView(directory, known).judgeSigner({ ...query, at: late }).trusted, true);
  });
});

test('C6: in the overlap of two keys both are trusted, and the newer one is encrypted to', async () => {
  const newer = await certify(vietNam.authority, 'VN', 'as4-encryption', daysFromNow(1), daysFromNow(200));
  const older = vietNam.certificates['as4-encryption'];
  const changes = [
    { change: 'replace-certificates', country: 'VN', use: 'as4-encryption', certificates: [older, newer] },
  ] as const;
  const rotated = composeNextDirectory(verified(federation, directory), changes, NOW);
  const encryptedTo = (at: Date) => partner(rotated, 'VN', at)?.encryptionCertificate?.fingerprint256;
  assert.equal(encryptedTo(NOW), older.fingerprint256);
  assert.equal(encryptedTo(daysFromNow(2)), newer.fingerprint256);
  for (const certificate of [older, newer]) {
    assert.equal(judgeSigner(rotated, { certificate, use: 'as4-encryption', at: daysFromNow(2) }).trusted, true);
  }
});

describe('a partner is encrypted to in its own profile:', async () => {
  const issued = await Promise.all(
    MESSAGE_PROFILES.map(async (profile) => {
      const begin = daysFromNow(-20);
      const end = daysFromNow(20);
      const signing = await certify(vietNam.authority, 'VN', 'as4-signing', begin, end, profile);
      const encryption = await certify(vietNam.authority, 'VN', 'as4-encryption', begin, end, profile);
      return { profile, signing, encryption };
    }),
  );
  const weak = issueCertificate(vietNam.authority, {
    use: 'as4-encryption',
    country: 'VN',
    commonName: 'weak',
    publicKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
    notBefore: daysFromNow(-1),
    notAfter: daysFromNow(20),
  });
  const inProfile = (profile: MessageProfile, more: Member['certificates'] = []): Directory =>
    withMember('VN', () => ({
      profile,
      certificates: [
        ...issued.flatMap(({ signing, encryption }) => [
          { use: 'as4-signing' as const, certificate: signing.raw.toString('base64') },
          { use: 'as4-encryption' as const, certificate: encryption.raw.toString('base64') },
        ]),
        ...more,
      ],
    }));

  for (const { profile, encryption } of issued)
    test(`${profile}, with the certificate whose key fits`, () => {
      const found = partner(inProfile(profile), 'VN', NOW);
      assert.equal(found?.profile, profile);
      assert.equal(found?.encryptionCertificate?.fingerprint256, encryption.fingerprint256);
    });

  test('not with an RSA key of less than 3072 bits, although it began last', () => {
    const more = [{ use: 'as4-encryption' as const, certificate: weak.raw.toString('base64') }];
    const found = partner(inProfile('edelivery-1.15', more), 'VN', NOW);
    assert.equal(found?.encryptionCertificate?.fingerprint256, issued[2]?.encryption.fingerprint256);
  });

  test('not at all where it publishes no certificate that fits', () => {
    const other = withMember('VN', () => ({ profile: 'edelivery-1.15' }));
    assert.equal(partner(other, 'VN', NOW)?.encryptionCertificate, undefined);
  });

  test('and every certificate with which it may sign is found', () => {
    const view = new TrustView(inProfile('edelivery-1.15'));
    assert.deepEqual(
      view.signingCertificates('VN').map((each) => each.fingerprint256),
      issued.map(({ signing }) => signing.fingerprint256),
    );
    assert.deepEqual(view.signingCertificates('JP'), []);
  });
});

test('a partner is told with endpoint, profile and the authorities for TLS', () => {
  const found = partner(directory, 'VN', NOW);
  assert.equal(found?.endpoint, 'https://as4.customs-vn.example/as4');
  assert.equal(found?.partyId, 'customs-vn');
  assert.deepEqual(
    found?.tlsAuthorities.map((authority) => authority.fingerprint256),
    [vietNam.authority.certificate.fingerprint256],
  );
  assert.equal(partner(directory, 'JP', NOW), undefined);
  assert.equal(memberOf(directory, 'TH')?.name, 'Customs of TH');
  assert.equal(trustViewOf(directory).countryOfParty('customs-th'), 'TH');
  assert.equal(trustViewOf(directory).countryOfParty('customs-jp'), undefined);
  assert.equal(trustViewOf(directory).tlsAuthorities(NOW).length, 2);
});

test('whether a partner pulls its messages is what the directory says, and is part of its form', () => {
  const pulling = withMember('VN', () => ({ pull: true }));
  assert.equal(partner(pulling, 'VN', NOW)?.pull, true);
  assert.equal(partner(directory, 'VN', NOW)?.pull, undefined);
  const parsing = parseDirectory(JSON.parse(JSON.stringify(pulling)));
  assert.ok(parsing.ok);
  assert.equal(memberOf(parsing.directory, 'VN')?.pull, true);
});

describe('leave to issue is judged at the time of signing', () => {
  const limited = withMember('TH', () => ({
    mayIssue: [
      { kind: 'certificate-of-origin', scheme: 'RCEP', from: '2026-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' },
    ],
  }));
  const ask = (more: object, instant: string) =>
    judgeAuthority(limited, {
      country: 'TH',
      kind: 'certificate-of-origin',
      scheme: 'RCEP',
      at: new Date(instant),
      ...more,
    });
  const cases: readonly (readonly [name: string, more: object, at: string, code: string | undefined])[] = [
    ['at its first instant', {}, '2026-01-01T00:00:00Z', undefined],
    ['before it', {}, '2025-12-31T23:59:59Z', 'ISSUANCE-NOT-YET-GRANTED'],
    ['at its end', {}, '2026-02-01T00:00:00Z', 'ISSUANCE-NO-LONGER-GRANTED'],
    ['for another scheme', { scheme: 'ATIGA-FORM-D' }, '2026-01-15T00:00:00Z', 'ISSUANCE-NOT-GRANTED'],
    ['for another kind', { kind: 'declaration' }, '2026-01-15T00:00:00Z', 'ISSUANCE-NOT-GRANTED'],
    ['for a country that is no member', { country: 'JP' }, '2026-01-15T00:00:00Z', 'MEMBER-UNKNOWN'],
  ];
  for (const [name, more, instant, code] of cases) {
    test(name, () => {
      const judgement = ask(more, instant);
      assert.equal(judgement.granted ? undefined : judgement.code, code);
    });
  }
});
