import type { X509Certificate } from 'node:crypto';

/** A certificate for people and programs to look at; nothing is said of trust. */
export interface InspectedCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  /** SHA-256, hexadecimal pairs joined by colons. */
  readonly fingerprint: string;
  /** Such as `RSA 3072` or `Ed25519`. */
  readonly key: string;
}

const names: Readonly<Record<string, string>> = { ed25519: 'Ed25519', x25519: 'X25519', ed448: 'Ed448', rsa: 'RSA' };

function keyOf(certificate: X509Certificate): string {
  try {
    const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = certificate.publicKey;
    if (type === 'ec') return `EC ${details?.namedCurve ?? 'on an unnamed curve'}`;
    return details?.modulusLength === undefined
      ? (names[type] ?? type)
      : `${names[type] ?? type} ${details.modulusLength}`;
  } catch {
    return 'of a kind that cannot be read';
  }
}

/** What a certificate says. */
export function inspectCertificate(certificate: X509Certificate): InspectedCertificate {
  const name = (text: string | undefined): string => (text ?? '').split('\n').join(', ');
  return {
    subject: name(certificate.subject),
    issuer: name(certificate.issuer),
    serialNumber: certificate.serialNumber,
    validFrom: instant(certificate.validFrom),
    validTo: instant(certificate.validTo),
    fingerprint: certificate.fingerprint256,
    key: keyOf(certificate),
  };
}

function instant(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toISOString();
}
