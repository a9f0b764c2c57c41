import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Fault } from '../documents/fault.ts';
import type { Directory, Member } from './directory.ts';
import { countryOfCertificate, parseCertificate } from './member-certificates.ts';

/** What the operator of this node allows of members. */
export interface MemberRules {
  /**
   * Whether endpoints may lie on this machine or in its private networks: only for regions on one machine. Elsewhere a
   * directory must not be able to make a node call its own surroundings (H4).
   */
  readonly localEndpoints: 'allowed' | 'refused';
}

/**
 * Judges the members of a directory in themselves: one per country and party, endpoints that may be called, readable
 * certificates, each authority of its own country (C2), each published certificate issued by its own member's authority.
 * @returns every fault, with the place in the directory
 */
export function judgeMembers(directory: Directory, rules: MemberRules): Fault[] {
  const faults: Fault[] = [];
  const report: Report = (code, pointer, message, found) => {
    faults.push({ code, pointer, message, ...(found === undefined ? {} : { found: found.slice(0, 200) }) });
  };
  const taken = { countries: new Set<string>(), parties: new Set<string>(), authorityKeys: new Map<string, string>() };
  for (const [index, member] of directory.members.entries()) {
    const place = `/members/${index}`;
    if (taken.countries.has(member.country)) {
      report('MEMBER-DUPLICATE', `${place}/country`, `${member.country} stands twice among the members.`);
    }
    if (taken.parties.has(member.partyId)) {
      report('MEMBER-DUPLICATE', `${place}/partyId`, 'Two members have the same party identifier.', member.partyId);
    }
    taken.countries.add(member.country);
    taken.parties.add(member.partyId);
    judgeEndpoint(member.endpoint, `${place}/endpoint`, rules, report);
    if (member.pagesUrl !== undefined && readAddress(member.pagesUrl) === undefined) {
      report('MEMBER-ADDRESS', `${place}/pagesUrl`, 'The address of the pages is not an address.', member.pagesUrl);
    }
    const authorities = judgeAuthorities(member, place, taken.authorityKeys, report);
    judgeCertificates(member, place, authorities, report);
    for (const [position, grant] of member.mayIssue.entries()) {
      if (grant.until !== undefined && Date.parse(grant.until) <= Date.parse(grant.from)) {
        report('MEMBER-DATES', `${place}/mayIssue/${position}`, 'The leave to issue ends before it begins.');
      }
    }
  }
  return faults;
}

type Report = (code: string, pointer: string, message: string, found?: string) => void;

function judgeEndpoint(endpoint: string, pointer: string, rules: MemberRules, report: Report): void {
  const url = readAddress(endpoint);
  if (url === undefined || url.protocol !== 'https:') {
    report(
      'MEMBER-ENDPOINT',
      pointer,
      'The endpoint is not an https address without user, password and fragment.',
      endpoint,
    );
  } else if (rules.localEndpoints === 'refused' && isLocalHost(url.hostname)) {
    report('MEMBER-ENDPOINT-LOCAL', pointer, 'The endpoint lies on this machine or in a private network.', endpoint);
  }
}

function readAddress(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '' || url.hostname === '')
    return undefined;
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

/** Loopback, link-local, private and unspecified addresses (RFC 6890), and names that never leave the machine or site. */
const LOCAL_IPV4 = [
  /^0\./,
  /^10\./,
  /^127\./,
  /^169\.254\./,
  /^172\.(1[6-9]|2\d|3[01])\./,
  /^192\.168\./,
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
];
const LOCAL_NAME = /(^|\.)(localhost|local|internal|localdomain|home\.arpa)\.?$/;

function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  switch (isIP(host)) {
    case 4:
      return LOCAL_IPV4.some((range) => range.test(host)) || Number(host.split('.')[0]) >= 224;
    case 6:
      // Of IPv6 only global unicast (2000::/3), without tunnels that carry an IPv4 address (6to4, Teredo).
      return !/^[23][0-9a-f]{3}:/.test(host) || /^2002:|^2001:(0:|:)/.test(host);
    default:
      return LOCAL_NAME.test(host) || !host.includes('.');
  }
}

function judgeAuthorities(member: Member, place: string, keys: Map<string, string>, report: Report): X509Certificate[] {
  const authorities: X509Certificate[] = [];
  for (const [position, entry] of member.authorities.entries()) {
    const pointer = `${place}/authorities/${position}`;
    if (Date.parse(entry.validUntil) <= Date.parse(entry.validFrom)) {
      report('MEMBER-DATES', pointer, 'The authority is recognised until before it begins.');
    }
    const read = readCertificateOf(entry.certificate);
    if (read === undefined) {
      report(
        'MEMBER-CERTIFICATE-MALFORMED',
        `${pointer}/certificate`,
        'The certificate of the authority cannot be read.',
      );
      continue;
    }
    if (!read.certificate.ca) {
      report('MEMBER-AUTHORITY-NOT-CA', `${pointer}/certificate`, 'The certificate is not one of an authority.');
    }
    if (read.country !== member.country) {
      report(
        'MEMBER-AUTHORITY-FOREIGN',
        `${pointer}/certificate`,
        `The certificate of the authority names ${read.country ?? 'no single country'}; the member is ${member.country}.`,
      );
    }
    const holder = keys.get(read.key);
    if (holder !== undefined && holder !== member.country) {
      report('MEMBER-AUTHORITY-SHARED', `${pointer}/certificate`, `${holder} has an authority with the same key.`);
    }
    keys.set(read.key, member.country);
    authorities.push(read.certificate);
  }
  return authorities;
}

function judgeCertificates(
  member: Member,
  place: string,
  authorities: readonly X509Certificate[],
  report: Report,
): void {
  for (const [position, entry] of member.certificates.entries()) {
    const pointer = `${place}/certificates/${position}/certificate`;
    const read = readCertificateOf(entry.certificate);
    if (read === undefined) {
      report('MEMBER-CERTIFICATE-MALFORMED', pointer, 'The certificate cannot be read.');
      continue;
    }
    const { certificate } = read;
    if (read.country !== member.country || !authorities.some((authority) => issued(authority, certificate))) {
      report(
        'MEMBER-CERTIFICATE-FOREIGN',
        pointer,
        `The certificate was not issued by an authority of ${member.country} for ${member.country}.`,
      );
    }
  }
}

function issued(authority: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function readCertificateOf(
  base64: string,
): { certificate: X509Certificate; country: string | undefined; key: string } | undefined {
  try {
    const certificate = parseCertificate(base64);
    const key = certificate.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    return { certificate, country: countryOfCertificate(certificate), key };
  } catch {
    return undefined;
  }
}
