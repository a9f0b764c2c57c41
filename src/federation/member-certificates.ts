import type { X509Certificate } from 'node:crypto';
import { certificateFromBase64, readCertificate } from '../pki/parsed-certificate.ts';

/**
 * Reads a certificate as the directory carries it: DER in base64, one certificate, nothing behind it.
 * @throws Error when it is not that
 */
export function parseCertificate(base64: string): X509Certificate {
  const certificate = certificateFromBase64(base64);
  if (writeCertificate(certificate) !== base64) throw new SyntaxError('The base64 is not in its one canonical form.');
  return certificate;
}

/** Writes a certificate as the directory carries it. */
export function writeCertificate(certificate: X509Certificate): string {
  return certificate.raw.toString('base64');
}

/**
 * The country in the subject of a certificate; undefined when it names none or several.
 * @throws SyntaxError when the certificate is not built as RFC 5280 says
 */
export function countryOfCertificate(certificate: X509Certificate): string | undefined {
  const { countries } = readCertificate(certificate).subject;
  return countries.length === 1 ? countries[0] : undefined;
}

/** Adds a value to the list under a key. */
export function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
