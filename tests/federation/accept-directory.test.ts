import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Acceptance, acceptDirectory } from '../../src/federation/accept-directory.ts';
import { composeNextDirectory } from '../../src/federation/compose-directory.ts';
import type { Directory, Member, VerifiedDirectory } from '../../src/federation/directory.ts';
import { writeCertificate } from '../../src/federation/member-certificates.ts';
import { certifyAuthority, createNationalAuthority } from '../../src/pki/certificate-authority.ts';
import { certify, daysFromNow, makeFederation, makeNation, NOW, verified } from './support.ts';

const federation = await makeFederation();
const { thailand, vietNam, directory } = federation;
const first = verified(federation, directory);
const next = (former: VerifiedDirectory, more: Partial<Directory> = {}, at = NOW): VerifiedDirectory =>
  verified(federation, { ...composeNextDirectory(former, [], at), ...more });
const second = next(first);
const third = next(second);

function codeOf(acceptance: Acceptance): string {
  return acceptance.outcome === 'refused' ? acceptance.code : acceptance.outcome;
}

test('the first directory is accepted on the anchor alone, whatever came before it', () => {
  assert.equal(acceptDirectory(null, first, NOW).outcome, 'accepted');
  assert.equal(acceptDirectory(null, third, NOW).outcome, 'accepted');
});

test('the next serial that names the digest of the held one is accepted', () => {
  assert.equal(acceptDirectory(first, second, NOW).outcome, 'accepted');
});

test('the held directory once more changes nothing', () => {
  assert.equal(acceptDirectory(first, first, daysFromNow(400)).outcome, 'already-held');
});

test('a node that missed versions catches up over them, in whatever order they come', () => {
  const fourth = next(third);
  assert.equal(acceptDirectory(first, { ...fourth, intermediates: [third, second] }, NOW).outcome, 'accepted');
});

test('a directory takes the place of one that has expired', () => {
  const at = daysFromNow(100);
  assert.equal(acceptDirectory(first, next(first, {}, at), at).outcome, 'accepted');
});

describe('C4: a directory is refused and alarmed', () => {
  const otherSecond = next(first, { freshUntil: '2026-03-11T00:00:00Z' });
  const cases: readonly (readonly [name: string, acceptance: Acceptance, code: string])[] = [
    ['with a lower serial', acceptDirectory(second, first, NOW), 'DIRECTORY-ROLLBACK'],
    ['with the same serial and other content', acceptDirectory(second, otherSecond, NOW), 'DIRECTORY-FORK'],
    ['that follows another one', acceptDirectory(otherSecond, third, NOW), 'DIRECTORY-CHAIN-BROKEN'],
    ['that follows none', acceptDirectory(first, next(first, { previousDigest: null }), NOW), 'DIRECTORY-CHAIN-BROKEN'],
    [
      'whose intermediate version is a fork',
      acceptDirectory(first, { ...third, intermediates: [otherSecond] }, NOW),
      'DIRECTORY-CHAIN-BROKEN',
    ],
    ['that has expired', acceptDirectory(first, second, daysFromNow(31)), 'DIRECTORY-EXPIRED'],
    ['that expires this instant', acceptDirectory(null, first, daysFromNow(30)), 'DIRECTORY-EXPIRED'],
    [
      'issued six minutes from now',
      acceptDirectory(first, next(first, {}, new Date(NOW.getTime() + 6 * 60_000)), NOW),
      'DIRECTORY-FUTURE',
    ],
    [
      'issued before the one it follows',
      acceptDirectory(first, next(first, {}, daysFromNow(-1)), NOW),
      'DIRECTORY-DATES',
    ],
    [
      'that is fresh longer than it lasts',
      acceptDirectory(null, verified(federation, { ...directory, freshUntil: '2027-01-01T00:00:00Z' }), NOW),
      'DIRECTORY-DATES',
    ],
  ];
  for (const [name, acceptance, code] of cases) {
    test(name, () => {
      assert.equal(codeOf(acceptance), code);
      assert.ok(acceptance.outcome === 'refused' && acceptance.alarm);
    });
  }
});

test('a gap in the serials is refused without alarm: the versions between are to be fetched', () => {
  const acceptance = acceptDirectory(first, third, NOW);
  assert.equal(codeOf(acceptance), 'DIRECTORY-VERSIONS-MISSING');
  assert.ok(acceptance.outcome === 'refused' && !acceptance.alarm);
});

test('a directory issued four minutes from now is accepted, because clocks differ', () => {
  const soon = next(first, {}, new Date(NOW.getTime() + 4 * 60_000));
  assert.equal(acceptDirectory(first, soon, NOW).outcome, 'accepted');
});

describe('members that are not sound refuse the directory, with the place', async () => {
  const malaysia = await makeNation('MY');
  const foreign = await createNationalAuthority({ country: 'VN', name: 'X', notBefore: daysFromNow(-1), years: 5 });
  const twin = await createNationalAuthority({ country: 'TH', name: 'Twin', notBefore: daysFromNow(-1), years: 5 });
  const stray = await certify(twin, 'TH', 'sealing', daysFromNow(0), daysFromNow(10));
  const borrowed = certifyAuthority(thailand.authority.privateKey, {
    country: 'MY',
    name: 'Customs of MY',
    notBefore: daysFromNow(-1),
    years: 5,
  });
  const plain = thailand.member.authorities[0];
  assert.ok(plain);
  const change = (more: Partial<Member>): Member[] => [{ ...malaysia.member, ...more }];
  const authority = (certificate: string) => ({ ...plain, certificate });
  const cases: readonly (readonly [name: string, members: readonly Member[], code: string, pointer: string])[] = [
    ['a country twice', [{ ...thailand.member, partyId: 'another' }], 'MEMBER-DUPLICATE', '/members/2/country'],
    ['a party twice', change({ partyId: vietNam.member.partyId }), 'MEMBER-DUPLICATE', '/members/2/partyId'],
    ['an endpoint without TLS', change({ endpoint: 'http://a.example/as4' }), 'MEMBER-ENDPOINT', '/members/2/endpoint'],
    [
      'an endpoint with a password',
      change({ endpoint: 'https://a:b@a.example/' }),
      'MEMBER-ENDPOINT',
      '/members/2/endpoint',
    ],
    ...[
      'localhost',
      'LOCALHOST.',
      'a.localhost',
      'database',
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f.1',
      '10.1.2.3',
      '172.20.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '[::1]',
      '[::]',
      '[fe80::1]',
      '[fd00::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
    ].map(
      (host) =>
        [
          `an endpoint at ${host}`,
          change({ endpoint: `https://${host}/as4` }),
          'MEMBER-ENDPOINT-LOCAL',
          '/members/2/endpoint',
        ] as const,
    ),
    ['pages at no address', change({ pagesUrl: 'https://u:p@x.example' }), 'MEMBER-ADDRESS', '/members/2/pagesUrl'],
    [
      "another country's authority (C2)",
      change({ authorities: [authority(writeCertificate(foreign.certificate))] }),
      'MEMBER-AUTHORITY-FOREIGN',
      '/members/2/authorities/0/certificate',
    ],
    [
      "an authority with another member's key",
      change({ authorities: [authority(writeCertificate(borrowed.certificate))] }),
      'MEMBER-AUTHORITY-SHARED',
      '/members/2/authorities/0/certificate',
    ],
    [
      'an authority that is none',
      change({ authorities: [authority(writeCertificate(malaysia.certificates.tls))] }),
      'MEMBER-AUTHORITY-NOT-CA',
      '/members/2/authorities/0/certificate',
    ],
    [
      'an authority that cannot be read',
      change({ authorities: [authority('A'.repeat(400))] }),
      'MEMBER-CERTIFICATE-MALFORMED',
      '/members/2/authorities/0/certificate',
    ],
    [
      'bytes behind an authority',
      change({
        authorities: [
          authority(Buffer.concat([malaysia.authority.certificate.raw, Buffer.from([0])]).toString('base64')),
        ],
      }),
      'MEMBER-CERTIFICATE-MALFORMED',
      '/members/2/authorities/0/certificate',
    ],
    [
      'a certificate of an authority that is not listed',
      change({ certificates: [{ use: 'sealing', certificate: writeCertificate(stray) }] }),
      'MEMBER-CERTIFICATE-FOREIGN',
      '/members/2/certificates/0/certificate',
    ],
    [
      'a certificate of another member',
      change({ certificates: [{ use: 'tls', certificate: writeCertificate(thailand.certificates.tls) }] }),
      'MEMBER-CERTIFICATE-FOREIGN',
      '/members/2/certificates/0/certificate',
    ],
    [
      'leave to issue that ends before it begins',
      change({ mayIssue: [{ kind: 'k', scheme: 's', from: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }] }),
      'MEMBER-DATES',
      '/members/2/mayIssue/0',
    ],
  ];
  for (const [name, members, code, pointer] of cases) {
    test(name, () => {
      const candidate = next(first, { members: [...directory.members, ...members] });
      const acceptance = acceptDirectory(first, candidate, NOW);
      assert.ok(acceptance.outcome === 'refused' && acceptance.alarm);
      assert.ok(
        acceptance.faults.some((fault) => fault.code === code && fault.pointer === pointer),
        JSON.stringify(acceptance.faults),
      );
    });
  }

  test('a region on one machine may allow local endpoints', () => {
    const members = change({ endpoint: 'https://localhost:8444/as4' });
    const candidate = next(first, { members: [...directory.members, ...members] });
    assert.equal(acceptDirectory(first, candidate, NOW, { localEndpoints: 'allowed' }).outcome, 'accepted');
  });
});
