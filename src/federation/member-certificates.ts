import { X509Certificate } from 'node:crypto';

/**
 * Reads a certificate as the directory carries it: DER in base64, one certificate, nothing behind it.
 * @throws Error when it is not that
 */
export function parseCertificate(base64: string): X509Certificate {
  const der = Buffer.from(base64, 'base64');
  if (der.length === 0 || der.toString('base64') !== base64) throw new Error('not base64 in its canonical form');
  const certificate = new X509Certificate(der);
  if (!certificate.raw.equals(der)) throw new Error('not exactly one certificate in DER');
  return certificate;
}

/** Writes a certificate as the directory carries it. */
export function writeCertificate(certificate: X509Certificate): string {
  return certificate.raw.toString('base64');
}

/** The country in the subject of a certificate; undefined when it names none or several. */
export function countryOfCertificate(certificate: X509Certificate): string | undefined {
  const country: unknown = certificate.toLegacyObject().subject?.C;
  return typeof country === 'string' ? country : undefined;
}
