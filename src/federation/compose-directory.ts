import type { X509Certificate } from 'node:crypto';
import type { CertificateUse } from '../pki/certificate-use.ts';
import type {
  Directory,
  DirectoryCertificate,
  DirectoryIssuance,
  Member,
  Revocation,
  VerifiedDirectory,
} from './directory.ts';
import { writeCertificate } from './member-certificates.ts';

/** How long a version is fresh and in force, in milliseconds from its issue. */
export interface DirectoryLifetime {
  readonly freshMilliseconds: number;
  readonly validMilliseconds: number;
}

const DAY = 24 * 60 * 60 * 1000;

/** Fresh for a week, in force for thirty days. */
export const DEFAULT_LIFETIME: DirectoryLifetime = { freshMilliseconds: 7 * DAY, validMilliseconds: 30 * DAY };

/** A member told in certificates; see {@link composeMember}. */
export interface MemberDescription
  extends Pick<Member, 'country' | 'name' | 'partyId' | 'endpoint' | 'profile' | 'pull' | 'pagesUrl'> {
  /** Recognised for as long as they last. */
  readonly authorities: readonly X509Certificate[];
  readonly certificates: readonly { readonly use: CertificateUse; readonly certificate: X509Certificate }[];
  readonly mayIssue: readonly DirectoryIssuance[];
}

/** One change from a version to the next. */
export type DirectoryChange =
  | { readonly change: 'add-member'; readonly member: Member }
  | { readonly change: 'remove-member'; readonly country: string }
  | { readonly change: 'replace-member'; readonly member: Member }
  | {
      readonly change: 'replace-certificates';
      readonly country: string;
      readonly use: CertificateUse;
      readonly certificates: readonly X509Certificate[];
    }
  | { readonly change: 'revoke'; readonly revocation: Revocation }
  | { readonly change: 'schema-set'; readonly schemaSet: Directory['schemaSet'] };

/** A change that does not fit the version it is made to. */
export class DirectoryChangeError extends Error {
  readonly code = 'DIRECTORY-CHANGE';

  constructor(message: string) {
    super(message);
    this.name = 'DirectoryChangeError';
  }
}

/** The first version of a federation. */
export function composeFirstDirectory(
  members: readonly Member[],
  schemaSet: Directory['schemaSet'],
  now: Date,
  lifetime: DirectoryLifetime = DEFAULT_LIFETIME,
): Directory {
  const first = {
    serial: 1,
    previousDigest: null,
    ...datesFrom(now, lifetime),
    revocations: [],
    schemaSet,
    members: [],
  };
  return members.reduce<Directory>((directory, member) => addMember(directory, member), first);
}

/**
 * The version after the former one: the changes in their order, the next serial, the former's digest, new dates. Without
 * changes it only renews the dates. Revocations are carried on for ever: documents of the past are judged by them.
 * @throws DirectoryChangeError when a change does not fit
 */
export function composeNextDirectory(
  former: VerifiedDirectory,
  changes: readonly DirectoryChange[],
  now: Date,
  lifetime: DirectoryLifetime = DEFAULT_LIFETIME,
): Directory {
  const base: Directory = {
    ...former.directory,
    serial: former.directory.serial + 1,
    previousDigest: former.digest,
    ...datesFrom(now, lifetime),
  };
  return changes.reduce<Directory>(applyChange, base);
}

/** A member of a directory, from its certificates. */
export function composeMember(description: MemberDescription): Member {
  const { authorities, certificates, pagesUrl, ...plain } = description;
  return {
    ...plain,
    ...(pagesUrl === undefined ? {} : { pagesUrl }),
    authorities: authorities.map((certificate) => ({
      certificate: writeCertificate(certificate),
      validFrom: writeInstant(certificate.validFromDate),
      validUntil: writeInstant(certificate.validToDate),
    })),
    certificates: certificates.map(({ use, certificate }) => ({ use, certificate: writeCertificate(certificate) })),
  };
}

/** The revocation of a certificate from an instant on. */
export function composeRevocation(
  country: string,
  certificate: X509Certificate,
  revokedAt: Date,
  reason: string,
): Revocation {
  return {
    country,
    serialNumber: certificate.serialNumber,
    fingerprint256: certificate.fingerprint256,
    revokedAt: writeInstant(revokedAt),
    reason,
  };
}

/** An instant as directories write it: UTC, whole seconds (rounded down). */
export function writeInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

function applyChange(directory: Directory, change: DirectoryChange): Directory {
  switch (change.change) {
    case 'add-member':
      return addMember(directory, change.member);
    case 'remove-member':
      memberIn(directory, change.country);
      return { ...directory, members: directory.members.filter(({ country }) => country !== change.country) };
    case 'replace-member':
      return replaceMember(directory, change.member.country, () => change.member);
    case 'replace-certificates':
      return replaceMember(directory, change.country, (member) => {
        const others = member.certificates.filter(({ use }) => use !== change.use);
        const replacing = change.certificates.map(
          (certificate): DirectoryCertificate => ({ use: change.use, certificate: writeCertificate(certificate) }),
        );
        return { ...member, certificates: [...others, ...replacing] };
      });
    case 'revoke':
      return revoke(directory, change.revocation);
    case 'schema-set':
      return { ...directory, schemaSet: change.schemaSet };
  }
}

function addMember(directory: Directory, member: Member): Directory {
  for (const other of directory.members) {
    if (other.country === member.country) throw new DirectoryChangeError(`${member.country} is a member already.`);
    if (other.partyId === member.partyId) {
      throw new DirectoryChangeError(`${other.country} has the party identifier ${member.partyId} already.`);
    }
  }
  return { ...directory, members: [...directory.members, member] };
}

function replaceMember(directory: Directory, country: string, replace: (member: Member) => Member): Directory {
  memberIn(directory, country);
  const members = directory.members.map((member) => (member.country === country ? replace(member) : member));
  return { ...directory, members };
}

function revoke(directory: Directory, revocation: Revocation): Directory {
  memberIn(directory, revocation.country);
  const same = directory.revocations.find(({ fingerprint256 }) => fingerprint256 === revocation.fingerprint256);
  if (same !== undefined) {
    throw new DirectoryChangeError(`The certificate ${same.serialNumber} was revoked at ${same.revokedAt} already.`);
  }
  return { ...directory, revocations: [...directory.revocations, revocation] };
}

function memberIn(directory: Directory, country: string): Member {
  const member = directory.members.find((each) => each.country === country);
  if (member === undefined) throw new DirectoryChangeError(`${country} is not a member of the federation.`);
  return member;
}

function datesFrom(now: Date, lifetime: DirectoryLifetime): Pick<Directory, 'issuedAt' | 'freshUntil' | 'expiresAt'> {
  return {
    issuedAt: writeInstant(now),
    freshUntil: writeInstant(new Date(now.getTime() + lifetime.freshMilliseconds)),
    expiresAt: writeInstant(new Date(now.getTime() + lifetime.validMilliseconds)),
  };
}
