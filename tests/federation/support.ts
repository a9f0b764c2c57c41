import type { X509Certificate } from 'node:crypto';
import { composeFirstDirectory, composeMember } from '../../src/federation/compose-directory.ts';
import type { Directory, Member, VerifiedDirectory } from '../../src/federation/directory.ts';
import type { FederationAnchor } from '../../src/federation/federation-anchor.ts';
import { type FederationKey, generateFederationKey, publicPartOf } from '../../src/federation/federation-keys.ts';
import { readDirectory } from '../../src/federation/read-directory.ts';
import { signDirectory, writeSignedDirectory } from '../../src/federation/sign-directory.ts';
import {
  type CertifiedKey,
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import { CERTIFICATE_USES, type CertificateUse } from '../../src/pki/certificate-use.ts';
import type { MessageProfile } from '../../src/pki/message-keys.ts';

export const DAY = 24 * 60 * 60 * 1000;
export const NOW = new Date('2026-03-10T08:00:00Z');

export function daysFromNow(days: number): Date {
  return new Date(NOW.getTime() + days * DAY);
}

/** A country with an authority and one certificate for each use. */
export interface Nation {
  readonly country: string;
  readonly authority: CertifiedKey;
  readonly certificates: Readonly<Record<CertificateUse, X509Certificate>>;
  readonly member: Member;
}

export async function certify(
  authority: CertifiedKey,
  country: string,
  use: CertificateUse,
  notBefore = daysFromNow(-100),
  notAfter = daysFromNow(300),
  profile?: MessageProfile,
): Promise<X509Certificate> {
  return issueCertificate(authority, {
    use,
    country,
    commonName: `${use} of ${country}`,
    publicKey: publicKeyOf(await generatePrivateKey(use, profile)),
    notBefore,
    notAfter,
    ...(use === 'tls' ? { dnsNames: ['node.example'] } : {}),
  });
}

export async function makeNation(country: string): Promise<Nation> {
  const authority = await createNationalAuthority({
    country,
    name: `Customs of ${country}`,
    notBefore: daysFromNow(-365),
    years: 10,
  });
  const pairs = await Promise.all(
    CERTIFICATE_USES.map(async (use) => [use, await certify(authority, country, use)] as const),
  );
  const certificates = {
    sealing: pairs[0]?.[1] ?? authority.certificate,
    'as4-signing': pairs[1]?.[1] ?? authority.certificate,
    'as4-encryption': pairs[2]?.[1] ?? authority.certificate,
    tls: pairs[3]?.[1] ?? authority.certificate,
  };
  const member = composeMember({
    country,
    name: `Customs of ${country}`,
    partyId: `customs-${country.toLowerCase()}`,
    endpoint: `https://as4.customs-${country.toLowerCase()}.example/as4`,
    profile: 'edelivery-2.0-common-usage',
    authorities: [authority.certificate],
    certificates: CERTIFICATE_USES.map((use) => ({ use, certificate: certificates[use] })),
    mayIssue: [{ kind: 'certificate-of-origin', scheme: 'RCEP', from: '2026-01-01T00:00:00Z' }],
  });
  return { country, authority, certificates, member };
}

/** A federation of two countries with three keys, two of which must sign. */
export interface Federation {
  readonly thailand: Nation;
  readonly vietNam: Nation;
  readonly keys: readonly FederationKey[];
  readonly anchor: FederationAnchor;
  readonly directory: Directory;
}

export async function makeFederation(): Promise<Federation> {
  const [thailand, vietNam] = await Promise.all([makeNation('TH'), makeNation('VN')]);
  const keys = await Promise.all([generateFederationKey(), generateFederationKey(), generateFederationKey()]);
  const schemaSet = { digest: 'ab'.repeat(32), version: '1.0.0' };
  return {
    thailand,
    vietNam,
    keys,
    anchor: { threshold: 2, keys: keys.map(publicPartOf) },
    directory: composeFirstDirectory([thailand.member, vietNam.member], schemaSet, NOW),
  };
}

/** The signed bytes of a directory, by the first two of the federation's keys. */
export function signedBytes(federation: Federation, directory: Directory): Buffer {
  return writeSignedDirectory(signDirectory(directory, federation.keys.slice(0, 2)));
}

/** A directory as a node has it after reading. */
export function verified(federation: Federation, directory: Directory): VerifiedDirectory {
  const reading = readDirectory(signedBytes(federation, directory), federation.anchor);
  if (!reading.ok) throw new Error(`the directory of the test does not verify: ${JSON.stringify(reading.faults)}`);
  return { directory: reading.directory, digest: reading.digest };
}
