import { type KeyObject, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { KEY_USAGES, type KeyUsage } from './certificate-use.ts';

const { asn1 } = forge;

/** One extension as it stands in the certificate. */
export interface CertificateExtension {
  readonly id: string;
  readonly critical: boolean;
}

/** What the rules need to know of a certificate beyond what node:crypto tells. */
export interface ParsedCertificate {
  readonly certificate: X509Certificate;
  readonly publicKey: KeyObject;
  /** DER of the issuer's and of the subject's name, in hexadecimal, for comparing. */
  readonly issuerName: string;
  readonly subjectName: string;
  /** Values of the issuer's name by attribute type (object identifier). */
  readonly issuer: ReadonlyMap<string, readonly string[]>;
  readonly subject: { readonly country: string; readonly countries: readonly string[]; readonly commonName: string };
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isAuthority: boolean;
  /** Number of further authorities that may follow, or undefined when unlimited. */
  readonly pathLength: number | undefined;
  /** Undefined when the extension is absent. */
  readonly keyUsages: ReadonlySet<KeyUsage> | undefined;
  readonly extendedKeyUsages: readonly string[];
  readonly extensions: readonly CertificateExtension[];
  /** Undefined when the extension is absent (RFC 5280 §4.2.1.2). */
  readonly subjectKeyIdentifier: Buffer | undefined;
  /** Object identifier of the algorithm with which the certificate is signed. */
  readonly signatureAlgorithm: string;
}

const EXTENSION_ID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
} as const;

const memory = new WeakMap<X509Certificate, ParsedCertificate>();
const interned = new Map<string, X509Certificate>();
const INTERNED_AT_MOST = 500;

/**
 * Reads the fields of a certificate (RFC 5280 §4.1). What was read of one certificate object is remembered with it.
 * Throws a SyntaxError when the certificate is not built as RFC 5280 says.
 */
export function readCertificate(certificate: X509Certificate): ParsedCertificate {
  const known = memory.get(certificate);
  if (known !== undefined) return known;
  const parsed = parse(certificate);
  memory.set(certificate, parsed);
  return parsed;
}

/**
 * The certificate with these bytes (base64 DER without white space). The same bytes give the same object again, so that
 * a partner's certificate, which comes with every document, is read once; the last 500 are kept.
 * Throws when the bytes are not a certificate.
 */
export function certificateFromBase64(base64: string): X509Certificate {
  const known = interned.get(base64);
  if (known !== undefined) return known;
  const bytes = Buffer.from(base64, 'base64');
  const certificate = new X509Certificate(bytes);
  // OpenSSL reads past trailing bytes; what was not part of the certificate must not be carried along.
  if (!certificate.raw.equals(bytes)) throw new SyntaxError('There are bytes after the end of the certificate.');
  if (interned.size >= INTERNED_AT_MOST) interned.delete(interned.keys().next().value ?? '');
  // OpenSSL decodes the key only when it is asked for, and throws then: better here than later.
  if (certificate.publicKey.type !== 'public') throw new SyntaxError('The certificate has no public key.');
  interned.set(base64, certificate);
  return certificate;
}

function children(node: forge.asn1.Asn1 | undefined): forge.asn1.Asn1[] {
  if (node === undefined || typeof node.value === 'string')
    throw new SyntaxError('A part of the certificate is missing.');
  return node.value;
}

function text(node: forge.asn1.Asn1 | undefined): string {
  if (node === undefined || typeof node.value !== 'string')
    throw new SyntaxError('A value of the certificate is missing.');
  return node.value;
}

function hexOf(node: forge.asn1.Asn1 | undefined): string {
  if (node === undefined) throw new SyntaxError('A name of the certificate is missing.');
  return asn1.toDer(node).toHex();
}

function parse(certificate: X509Certificate): ParsedCertificate {
  const whole = children(asn1.fromDer(certificate.raw.toString('binary')));
  const fields = children(whole[0]);
  if (fields[0]?.tagClass !== asn1.Class.CONTEXT_SPECIFIC)
    throw new SyntaxError('The certificate is not of version 3.');
  const subject = readName(fields[5]);
  const countries = subject.get('2.5.4.6') ?? [];
  const wrapped = fields.find((field) => field.tagClass === asn1.Class.CONTEXT_SPECIFIC && Number(field.type) === 3);
  const extensions = wrapped === undefined ? [] : children(children(wrapped)[0]).map(readExtension);
  const values = new Map(extensions.map((one) => [one.id, one.value]));
  if (values.size !== extensions.length) throw new SyntaxError('An extension stands twice in the certificate.');
  return {
    certificate,
    publicKey: certificate.publicKey,
    issuerName: hexOf(fields[3]),
    subjectName: hexOf(fields[5]),
    issuer: readName(fields[3]),
    subject: { country: countries[0] ?? '', countries, commonName: (subject.get('2.5.4.3') ?? [])[0] ?? '' },
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    ...readBasicConstraints(values.get(EXTENSION_ID.basicConstraints)),
    keyUsages: readKeyUsages(values.get(EXTENSION_ID.keyUsage)),
    extendedKeyUsages: readExtendedKeyUsages(values.get(EXTENSION_ID.extendedKeyUsage)),
    extensions: extensions.map(({ id, critical }) => ({ id, critical })),
    subjectKeyIdentifier: readKeyIdentifier(values.get(EXTENSION_ID.subjectKeyIdentifier)),
    signatureAlgorithm: asn1.derToOid(text(children(whole[1])[0])),
  };
}

function readName(name: forge.asn1.Asn1 | undefined): Map<string, string[]> {
  const attributes = new Map<string, string[]>();
  for (const set of children(name)) {
    for (const attribute of children(set)) {
      const [id, value] = children(attribute);
      const bytes = Buffer.from(text(value), 'binary');
      const type = asn1.derToOid(text(id));
      attributes.set(type, [...(attributes.get(type) ?? []), bytes.toString('utf8')]);
    }
  }
  return attributes;
}

function readExtension(node: forge.asn1.Asn1): CertificateExtension & { value: string } {
  const parts = children(node);
  const critical = parts.length === 3 && text(parts[1]) !== '\x00';
  const value = parts[parts.length - 1];
  if (value === undefined) throw new SyntaxError('An extension of the certificate has no value.');
  // node-forge looks into octet strings that hold DER; the bytes are wanted here.
  const bytes = typeof value.value === 'string' ? value.value : asn1.toDer(children(value)[0] ?? node).getBytes();
  return { id: asn1.derToOid(text(parts[0])), critical, value: bytes };
}

function readBasicConstraints(value: string | undefined): { isAuthority: boolean; pathLength: number | undefined } {
  if (value === undefined) return { isAuthority: false, pathLength: undefined };
  const parts = children(asn1.fromDer(value));
  const flag = parts.find((part) => part.type === asn1.Type.BOOLEAN);
  const length = parts.find((part) => part.type === asn1.Type.INTEGER);
  return {
    isAuthority: flag !== undefined && text(flag) !== '\x00',
    pathLength: length === undefined ? undefined : asn1.derToInteger(text(length)),
  };
}

function readKeyUsages(value: string | undefined): ReadonlySet<KeyUsage> | undefined {
  if (value === undefined) return undefined;
  const bits = Buffer.from(value, 'binary');
  // BIT STRING: tag, length, number of unused bits, then the bits from the highest downwards.
  if (bits[0] !== 0x03 || bits.length < 4) return new Set();
  return new Set(KEY_USAGES.filter((_, index) => ((bits[3 + (index >> 3)] ?? 0) & (0x80 >> (index & 7))) !== 0));
}

function readExtendedKeyUsages(value: string | undefined): string[] {
  if (value === undefined) return [];
  return children(asn1.fromDer(value)).map((one) => asn1.derToOid(text(one)));
}

function readKeyIdentifier(value: string | undefined): Buffer | undefined {
  return value === undefined ? undefined : Buffer.from(text(asn1.fromDer(value)), 'binary');
}
