import type { X509Certificate } from 'node:crypto';
import { judgeCertificate } from '../pki/certificate-path.ts';
import type { CertificateUse } from '../pki/certificate-use.ts';
import type { Directory, Revocation } from './directory.ts';
import { append, countryOfCertificate, parseCertificate } from './member-certificates.ts';

/** A good judgement of a certificate for one use, true for every instant in [from, until), in milliseconds. */
export interface Verdict {
  readonly country: string;
  readonly from: number;
  readonly until: number;
}

/** Why a certificate is not trusted. */
export interface Distrust {
  readonly trusted: false;
  readonly code: string;
  readonly reason: string;
}

/** An authority of one member, with its times in milliseconds: recognised from (inclusive) and until (exclusive). */
interface KnownAuthority {
  readonly country: string;
  readonly certificate: X509Certificate;
  readonly from: number;
  readonly until: number;
  readonly revocation: Revocation | undefined;
}

/** The authorities of all members and what they revoked: says of a certificate which country it speaks for, if any. */
export class MemberAuthorities {
  readonly #byCountry = new Map<string, KnownAuthority[]>();
  readonly #byName = new Map<string, KnownAuthority[]>();
  readonly #revocations = new Map<string, Revocation>();
  readonly #revocationsByCountry = new Map<string, Revocation[]>();

  constructor(directory: Directory) {
    for (const revocation of directory.revocations) {
      const key = `${revocation.country} ${revocation.fingerprint256}`;
      const former = this.#revocations.get(key);
      // Of two entries for one certificate the earlier one counts.
      if (former === undefined || Date.parse(revocation.revokedAt) < Date.parse(former.revokedAt)) {
        this.#revocations.set(key, revocation);
      }
      append(this.#revocationsByCountry, revocation.country, revocation);
    }
    for (const member of directory.members) {
      for (const entry of member.authorities) {
        const certificate = parseCertificate(entry.certificate);
        const authority: KnownAuthority = {
          country: member.country,
          certificate,
          from: Math.max(Date.parse(entry.validFrom), certificate.validFromDate.getTime()),
          until: Math.min(Date.parse(entry.validUntil), certificate.validToDate.getTime()),
          revocation: this.revocationOf(certificate, member.country),
        };
        append(this.#byCountry, member.country, authority);
        append(this.#byName, certificate.subject, authority);
      }
    }
  }

  /** The revocation of a certificate by its own country; another country's entry has no effect (C2). */
  revocationOf(certificate: X509Certificate, country: string): Revocation | undefined {
    return this.#revocations.size === 0 ? undefined : this.#revocations.get(`${country} ${certificate.fingerprint256}`);
  }

  /** The authorities in force at an instant, of one country or of all. */
  inForce(at: Date, country?: string): X509Certificate[] {
    const instant = at.getTime();
    const authorities =
      country === undefined ? [...this.#byCountry.values()].flat() : (this.#byCountry.get(country) ?? []);
    return authorities
      .filter((authority) => isInForce(authority, instant) && !isRevoked(authority, instant))
      .map(({ certificate }) => certificate);
  }

  /** Judges a certificate: which authority issued it, whether that one counts at the instant, then the path rules. */
  judge(query: { certificate: X509Certificate; use: CertificateUse; at: Date }): Verdict | Distrust {
    const { certificate, use, at } = query;
    const instant = at.getTime();
    const named = (this.#byName.get(certificate.issuer) ?? []).filter((authority) =>
      certificate.checkIssued(authority.certificate),
    );
    // With one authority of that name and key id the path rules check the signature; among several it decides.
    const issuers =
      named.length < 2 ? named : named.filter((authority) => isSignedBy(certificate, authority.certificate));
    const issuer = issuers.find((authority) => isInForce(authority, instant)) ?? issuers[0];
    if (issuer === undefined) return this.#judgeStranger(query);
    const { country, revocation: fallen } = issuer;
    if (!isInForce(issuer, instant)) {
      return distrust(
        'SIGNER-AUTHORITY-NOT-IN-FORCE',
        `The authority of ${country} that issued the certificate was not in force at ${at.toISOString()}.`,
      );
    }
    if (fallen !== undefined && isRevoked(issuer, instant)) {
      return distrust(
        'SIGNER-AUTHORITY-REVOKED',
        `The authority of ${country} that issued the certificate was revoked at ${fallen.revokedAt}: ${fallen.reason}.`,
      );
    }
    const revocations = this.#revocationsByCountry.get(country) ?? [];
    const authorities = [issuer.certificate];
    const judgement = judgeCertificate({ certificate, authorities, use, at, country, revocations });
    if (!judgement.trusted) return distrust(judgement.code, judgement.reason);
    return {
      country,
      from: Math.max(issuer.from, certificate.validFromDate.getTime()),
      until: Math.min(
        issuer.until,
        certificate.validToDate.getTime(),
        revokedFrom(this.revocationOf(certificate, country)),
        revokedFrom(fallen),
      ),
    };
  }

  /** A certificate that no authority in the directory issued: the path rules say what is wrong with it. */
  #judgeStranger({ certificate, use, at }: { certificate: X509Certificate; use: CertificateUse; at: Date }): Distrust {
    const country = countryNamedBy(certificate);
    const authorities = this.#byCountry.get(country ?? '');
    if (country === undefined || authorities === undefined) {
      return distrust('SIGNER-NOT-A-MEMBER', 'The certificate names no country that is a member of the federation.');
    }
    const judgement = judgeCertificate({
      certificate,
      authorities: authorities.map((authority) => authority.certificate),
      use,
      at,
      country,
      revocations: this.#revocationsByCountry.get(country) ?? [],
    });
    return judgement.trusted
      ? distrust('CERTIFICATE-ISSUER-UNKNOWN', `No authority of ${country} in the directory issued the certificate.`)
      : distrust(judgement.code, judgement.reason);
  }
}

function isInForce(authority: KnownAuthority, instant: number): boolean {
  return instant >= authority.from && instant < authority.until;
}

function isRevoked(authority: KnownAuthority, instant: number): boolean {
  return instant >= revokedFrom(authority.revocation);
}

function revokedFrom(revocation: Revocation | undefined): number {
  return revocation === undefined ? Number.POSITIVE_INFINITY : Date.parse(revocation.revokedAt);
}

/** The country in a certificate's subject; undefined also when the certificate cannot be read. */
function countryNamedBy(certificate: X509Certificate): string | undefined {
  try {
    return countryOfCertificate(certificate);
  } catch {
    return undefined;
  }
}

/** Whether an authority signed a certificate; a key that cannot verify it did not. */
function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  try {
    return certificate.verify(authority.publicKey);
  } catch {
    return false;
  }
}

function distrust(code: string, reason: string): Distrust {
  return { trusted: false, code, reason };
}
