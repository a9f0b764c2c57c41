import type { KeyObject, X509Certificate } from 'node:crypto';
import { type CertificateUse, type KeyUsage, USE_PROFILES } from './certificate-use.ts';
import { LEAST_RSA_BITS } from './message-keys.ts';
import { type ParsedCertificate, readCertificate } from './parsed-certificate.ts';

/** Why a certificate is not trusted: one code for each case, stable for programs and for the manual. */
export type CertificateDistrust =
  | 'CERTIFICATE-UNREADABLE'
  | 'CERTIFICATE-COUNTRY-DIFFERS'
  | 'CERTIFICATE-ISSUER-UNKNOWN'
  | 'CERTIFICATE-ISSUER-NOT-AUTHORITY'
  | 'CERTIFICATE-PATH-TOO-LONG'
  | 'CERTIFICATE-SIGNATURE-WRONG'
  | 'CERTIFICATE-ALGORITHM-NOT-ALLOWED'
  | 'CERTIFICATE-KEY-WEAK'
  | 'CERTIFICATE-CRITICAL-EXTENSION-UNKNOWN'
  | 'CERTIFICATE-USE-WRONG'
  | 'CERTIFICATE-NOT-YET-VALID'
  | 'CERTIFICATE-EXPIRED'
  | 'CERTIFICATE-REVOKED'
  | 'AUTHORITY-COUNTRY-DIFFERS'
  | 'AUTHORITY-NOT-YET-VALID'
  | 'AUTHORITY-EXPIRED';

export interface CertificateRevocation {
  readonly country: string;
  /** Hexadecimal, as X509Certificate.serialNumber; compared without regard to case and leading zeros. */
  readonly serialNumber: string;
  /** SHA-256 of the certificate, hexadecimal pairs joined by colons, as X509Certificate.fingerprint256. */
  readonly fingerprint256: string;
  /** ISO 8601 with zone. */
  readonly revokedAt: string;
  readonly reason: string;
}

export interface CertificateQuestion {
  readonly certificate: X509Certificate;
  /** The authorities that the directory names for `country`, and no others. */
  readonly authorities: readonly X509Certificate[];
  /** Certificates that came along and may stand between; they are never trusted for themselves. */
  readonly intermediates?: readonly X509Certificate[];
  readonly use: CertificateUse;
  /** The moment for which trust is asked: of sealing, not of reading. */
  readonly at: Date;
  /** Country of the member whose certificate this is said to be. */
  readonly country: string;
  readonly revocations: readonly CertificateRevocation[];
}

export type CertificateJudgement =
  | {
      readonly trusted: true;
      readonly authority: X509Certificate;
      readonly revokedLater?: { at: Date; reason: string };
    }
  | { readonly trusted: false; readonly code: CertificateDistrust; readonly reason: string };

type Distrust = Extract<CertificateJudgement, { trusted: false }>;

/** Extensions that this file acts on; any other that is critical must be refused (RFC 5280 §4.2). */
const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set(['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.37']);

/** ECDSA with SHA-256, -384, -512; Ed25519; RSA with SHA-256, -384, -512. */
const SIGNATURE_ALGORITHMS: ReadonlySet<string> = new Set([
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
]);

/**
 * Judges whether a certificate may be trusted for one use at one moment: issued directly by an authority of its own
 * country (RFC 5280 §6, confined as the federation directory confines it), for this use, within its time, with a strong
 * key, and not revoked before that moment. A revocation after that moment leaves it trusted and is told beside it.
 */
export function judgeCertificate(question: CertificateQuestion): CertificateJudgement {
  const leaf = readSafely(question.certificate);
  if (leaf === undefined)
    return distrust('CERTIFICATE-UNREADABLE', 'The certificate is not built as RFC 5280 requires.');
  const found = findAuthority(leaf, question);
  if ('code' in found) return found;
  const wrong =
    judgeCountries(leaf, found, question.country) ??
    judgeSignature(leaf, found) ??
    judgeKey(leaf.certificate.publicKey, question.use) ??
    judgeExtensions(leaf, found) ??
    judgeUse(leaf, question.use) ??
    judgeTime(leaf, found, question.at);
  if (wrong !== undefined) return wrong;
  return judgeRevocation(leaf.certificate, found.certificate, question);
}

function distrust(code: CertificateDistrust, reason: string): Distrust {
  return { trusted: false, code, reason };
}

function readSafely(certificate: X509Certificate): ParsedCertificate | undefined {
  try {
    return readCertificate(certificate);
  } catch {
    return undefined;
  }
}

function readAll(certificates: readonly X509Certificate[]): ParsedCertificate[] {
  return certificates.map(readSafely).filter((one) => one !== undefined);
}

function findAuthority(leaf: ParsedCertificate, question: CertificateQuestion): ParsedCertificate | Distrust {
  const authorities = readAll(question.authorities);
  const candidates = authorities.filter((authority) => authority.subjectName === leaf.issuerName);
  // Two authorities may bear one name when a key was renewed: the one whose key fits is the issuer.
  const issuer = candidates.find((candidate) => isSignedBy(leaf, candidate)) ?? candidates[0];
  if (issuer !== undefined) {
    return signsCertificates(issuer)
      ? issuer
      : distrust(
          'CERTIFICATE-ISSUER-NOT-AUTHORITY',
          'The certificate was issued by one that may not issue certificates.',
        );
  }
  const between = readAll(question.intermediates ?? []).find((one) => one.subjectName === leaf.issuerName);
  if (between !== undefined && authorities.some((authority) => authority.subjectName === between.issuerName)) {
    return signsCertificates(between)
      ? distrust(
          'CERTIFICATE-PATH-TOO-LONG',
          'A further authority stands between the certificate and the national one.',
        )
      : distrust(
          'CERTIFICATE-ISSUER-NOT-AUTHORITY',
          'The certificate was issued by one that may not issue certificates.',
        );
  }
  return distrust(
    'CERTIFICATE-ISSUER-UNKNOWN',
    `The issuer of the certificate is no authority that the directory names for ${question.country}.`,
  );
}

function signsCertificates(authority: ParsedCertificate): boolean {
  return authority.isAuthority && (authority.keyUsages === undefined || authority.keyUsages.has('keyCertSign'));
}

/** Signatures found right, per certificate: the bytes never change, so the answer never does. */
const signedBy = new WeakMap<X509Certificate, WeakSet<X509Certificate>>();

function isSignedBy(leaf: ParsedCertificate, authority: ParsedCertificate): boolean {
  const known = signedBy.get(leaf.certificate);
  if (known?.has(authority.certificate) === true) return true;
  if (!leaf.certificate.verify(authority.certificate.publicKey)) return false;
  if (known === undefined) signedBy.set(leaf.certificate, new WeakSet([authority.certificate]));
  else known.add(authority.certificate);
  return true;
}

function judgeCountries(leaf: ParsedCertificate, issuer: ParsedCertificate, country: string): Distrust | undefined {
  if (issuer.subject.countries.length !== 1 || issuer.subject.country !== country) {
    return distrust('AUTHORITY-COUNTRY-DIFFERS', `The authority names ${naming(issuer)}, not ${country}.`);
  }
  if (leaf.subject.countries.length !== 1 || leaf.subject.country !== country) {
    return distrust(
      'CERTIFICATE-COUNTRY-DIFFERS',
      `The certificate names ${naming(leaf)}; the authority of ${country} can speak for ${country} only.`,
    );
  }
  return undefined;
}

function naming(certificate: ParsedCertificate): string {
  const countries = certificate.subject.countries.map((one) => one.replace(/[^A-Za-z]/g, '?').slice(0, 8));
  return countries.length === 0 ? 'no country' : countries.slice(0, 3).join(' and ');
}

function judgeSignature(leaf: ParsedCertificate, issuer: ParsedCertificate): Distrust | undefined {
  if (!SIGNATURE_ALGORITHMS.has(leaf.signatureAlgorithm)) {
    return distrust(
      'CERTIFICATE-ALGORITHM-NOT-ALLOWED',
      'The certificate is signed with an algorithm that is not allowed.',
    );
  }
  return isSignedBy(leaf, issuer)
    ? undefined
    : distrust('CERTIFICATE-SIGNATURE-WRONG', 'The certificate was not signed by the authority whose name it bears.');
}

function judgeKey(key: KeyObject, use: CertificateUse): Distrust | undefined {
  const profile = USE_PROFILES[use];
  const type = key.asymmetricKeyType;
  const name = type === 'ec' ? key.asymmetricKeyDetails?.namedCurve : type;
  if (type === 'rsa' && profile.rsaKeyUsages !== undefined) {
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (bits >= LEAST_RSA_BITS) return undefined;
    return distrust('CERTIFICATE-KEY-WEAK', `The RSA key has ${bits} bits; at least ${LEAST_RSA_BITS} are needed.`);
  }
  if (profile.keys.some((allowed) => allowed === name)) return undefined;
  return distrust(
    'CERTIFICATE-KEY-WEAK',
    `A key of the kind “${name ?? 'unknown'}” is not allowed for ${profile.words}.`,
  );
}

function judgeExtensions(leaf: ParsedCertificate, issuer: ParsedCertificate): Distrust | undefined {
  const unknown = [...leaf.extensions, ...issuer.extensions].find(
    (one) => one.critical && !KNOWN_EXTENSIONS.has(one.id),
  );
  if (unknown === undefined) return undefined;
  return distrust(
    'CERTIFICATE-CRITICAL-EXTENSION-UNKNOWN',
    `The certificate has a critical extension (${unknown.id}) that is not known here.`,
  );
}

function judgeUse(leaf: ParsedCertificate, use: CertificateUse): Distrust | undefined {
  const profile = USE_PROFILES[use];
  const needed = leaf.publicKey.asymmetricKeyType === 'rsa' ? profile.rsaKeyUsages : profile.keyUsages;
  const usages: ReadonlySet<KeyUsage> = leaf.keyUsages ?? new Set();
  const fits =
    !leaf.isAuthority &&
    needed?.every((usage) => usages.has(usage)) === true &&
    !profile.forbidden.some((usage) => usages.has(usage)) &&
    extendedKeyUsagesFit(leaf.extendedKeyUsages, use);
  return fits ? undefined : distrust('CERTIFICATE-USE-WRONG', `The certificate was not issued for ${profile.words}.`);
}

function extendedKeyUsagesFit(found: readonly string[], use: CertificateUse): boolean {
  const needed: readonly string[] = USE_PROFILES[use].extendedKeyUsages;
  // A document signing certificate seals and does nothing else, whatever further usages it lists.
  const onlyNeeded = use !== 'sealing' || found.every((one) => needed.includes(one));
  return needed.length === 0 ? found.length === 0 : onlyNeeded && needed.every((one) => found.includes(one));
}

function judgeTime(leaf: ParsedCertificate, issuer: ParsedCertificate, at: Date): Distrust | undefined {
  const moment = at.toISOString();
  if (Number.isNaN(leaf.notBefore.getTime()) || Number.isNaN(leaf.notAfter.getTime())) {
    return distrust('CERTIFICATE-UNREADABLE', 'The validity of the certificate cannot be read.');
  }
  if (at < leaf.notBefore) {
    return distrust(
      'CERTIFICATE-NOT-YET-VALID',
      `The certificate begins ${leaf.notBefore.toISOString()}, after ${moment}.`,
    );
  }
  if (at > leaf.notAfter) {
    return distrust('CERTIFICATE-EXPIRED', `The certificate ended ${leaf.notAfter.toISOString()}, before ${moment}.`);
  }
  if (at < issuer.notBefore) {
    return distrust(
      'AUTHORITY-NOT-YET-VALID',
      `The authority begins ${issuer.notBefore.toISOString()}, after ${moment}.`,
    );
  }
  if (at > issuer.notAfter) {
    return distrust('AUTHORITY-EXPIRED', `The authority ended ${issuer.notAfter.toISOString()}, before ${moment}.`);
  }
  return undefined;
}

function judgeRevocation(
  certificate: X509Certificate,
  authority: X509Certificate,
  question: CertificateQuestion,
): CertificateJudgement {
  const entries = question.revocations.filter(
    (one) => one.country === question.country && (names(one, certificate) || names(one, authority)),
  );
  const moments = entries.map((one) => ({ at: new Date(one.revokedAt), reason: one.reason }));
  // An entry whose time cannot be read counts from the beginning: the safe reading.
  const before = moments.find((one) => Number.isNaN(one.at.getTime()) || one.at <= question.at);
  if (before !== undefined) {
    const since = Number.isNaN(before.at.getTime()) ? '' : ` on ${before.at.toISOString()}`;
    return distrust(
      'CERTIFICATE-REVOKED',
      `The certificate was revoked${since} (${before.reason}), before it was used.`,
    );
  }
  const first = moments.sort((one, other) => one.at.getTime() - other.at.getTime())[0];
  return first === undefined ? { trusted: true, authority } : { trusted: true, authority, revokedLater: first };
}

function names(revocation: CertificateRevocation, certificate: X509Certificate): boolean {
  return (
    revocation.fingerprint256.toUpperCase() === certificate.fingerprint256 ||
    (plainSerial(revocation.serialNumber) === plainSerial(certificate.serialNumber) && revocation.fingerprint256 === '')
  );
}

function plainSerial(serialNumber: string): string {
  return serialNumber.toUpperCase().replace(/^0+/, '');
}
