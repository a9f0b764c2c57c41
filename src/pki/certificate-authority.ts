import { createPublicKey, generateKeyPair, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { type CertificateContents, encodeCertificate, extendedKeyUsage } from './certificate-encoding.ts';
import { type CertificateUse, type KeyUsage, USE_PROFILES } from './certificate-use.ts';
import { MESSAGE_KEYS, type MessageProfile, RSA_BITS } from './message-keys.ts';
import { readCertificate } from './parsed-certificate.ts';

const generate = promisify(generateKeyPair);

/** A key and the certificate that says whose it is. */
export interface CertifiedKey {
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate;
}

export interface AuthorityDescription {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly name: string;
  readonly notBefore: Date;
  /** How long the authority lasts, in years of 365.25 days. */
  readonly years: number;
}

export interface CertificateRequest {
  readonly use: CertificateUse;
  /** ISO 3166-1 alpha-2; must be the authority's own. */
  readonly country: string;
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** DNS names and IP addresses of a TLS certificate; other uses have none. */
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

const YEAR_IN_MILLISECONDS = 365.25 * 24 * 3600 * 1000;

/** 16 random bytes, positive and of full length: RFC 5280 §4.1.2.2 allows up to 20. */
function randomSerialNumber(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/**
 * Makes a new private key of the kind that a use has in our own nodes: P-256, and for messages what their profile wants.
 * RSA keys take a tenth of a second to a second, in a thread of their own.
 */
export async function generatePrivateKey(
  use: CertificateUse | 'authority',
  profile: MessageProfile = 'edelivery-2.0-common-usage',
): Promise<KeyObject> {
  const kind = use === 'as4-signing' || use === 'as4-encryption' ? MESSAGE_KEYS[profile][use] : 'prime256v1';
  switch (kind) {
    case 'ed25519':
      return (await generate('ed25519')).privateKey;
    case 'x25519':
      return (await generate('x25519')).privateKey;
    case 'prime256v1':
      return (await generate('ec', { namedCurve: 'prime256v1' })).privateKey;
    case 'rsa':
      return (await generate('rsa', { modulusLength: RSA_BITS })).privateKey;
  }
}

/** Makes the key and the self-signed certificate of a country's authority: P-256, path length 0 (RFC 5280 §4.2.1.9). */
export async function createNationalAuthority(description: AuthorityDescription): Promise<CertifiedKey> {
  return certifyAuthority(await generatePrivateKey('authority'), description);
}

/** The self-signed certificate of an authority whose key exists already. */
export function certifyAuthority(privateKey: KeyObject, description: AuthorityDescription): CertifiedKey {
  checkCountry(description.country);
  const publicKey = publicKeyOf(privateKey);
  const name = { country: description.country, commonName: description.name };
  const certificate = signCertificate(privateKey, {
    serialNumber: randomSerialNumber(),
    issuer: name,
    subject: name,
    notBefore: description.notBefore,
    notAfter: new Date(description.notBefore.getTime() + description.years * YEAR_IN_MILLISECONDS),
    publicKey,
    issuerPublicKey: publicKey,
    extensions: [
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    ],
  });
  return { privateKey, certificate };
}

/**
 * Issues a certificate for one use. Throws a RangeError with words when the request asks for another country, for names
 * that the use does not have, or for a time beyond the authority's own.
 */
export function issueCertificate(authority: CertifiedKey, request: CertificateRequest): X509Certificate {
  checkCountry(request.country);
  const issuer = readCertificate(authority.certificate);
  if (issuer.subject.country !== request.country) {
    throw new RangeError(`The authority of ${issuer.subject.country} cannot certify a holder in ${request.country}.`);
  }
  if (request.notBefore < issuer.notBefore || request.notAfter > issuer.notAfter) {
    throw new RangeError('The certificate would be valid at a time when its authority is not.');
  }
  if (request.notAfter <= request.notBefore) throw new RangeError('The certificate would end before it begins.');
  return signCertificate(authority.privateKey, {
    serialNumber: randomSerialNumber(),
    issuer: { country: issuer.subject.country, commonName: issuer.subject.commonName },
    subject: { country: request.country, commonName: request.commonName },
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    publicKey: request.publicKey,
    issuerPublicKey: authority.certificate.publicKey,
    extensions: extensionsFor(request),
  });
}

function extensionsFor(request: CertificateRequest): CertificateContents['extensions'] {
  const profile = USE_PROFILES[request.use];
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 2, value })),
    ...(request.ipAddresses ?? []).map((ip) => ({ type: 7, ip })),
  ];
  if (request.use !== 'tls' && names.length > 0) {
    throw new RangeError(`A certificate for ${profile.words} carries no network names.`);
  }
  if (request.use === 'tls' && names.length === 0) {
    throw new RangeError('A TLS certificate needs at least one DNS name or IP address.');
  }
  const extensions: CertificateContents['extensions'][number][] = [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, ...allTrue(keyUsagesOf(request)) },
  ];
  if (profile.extendedKeyUsages.length > 0) {
    extensions.push(extendedKeyUsage(profile.extendedKeyUsages));
  }
  if (names.length > 0) extensions.push({ name: 'subjectAltName', altNames: names });
  return extensions;
}

function keyUsagesOf(request: CertificateRequest): readonly KeyUsage[] {
  const { keyUsages, rsaKeyUsages } = USE_PROFILES[request.use];
  return request.publicKey.asymmetricKeyType === 'rsa' ? (rsaKeyUsages ?? keyUsages) : keyUsages;
}

function signCertificate(privateKey: KeyObject, contents: CertificateContents): X509Certificate {
  return new X509Certificate(encodeCertificate(contents, (signed) => sign('sha256', signed, privateKey)));
}

/** The public half of a private key. */
export function publicKeyOf(privateKey: KeyObject): KeyObject {
  return createPublicKey(privateKey);
}

function allTrue(names: readonly string[]): Record<string, true> {
  return Object.fromEntries(names.map((name) => [name, true as const]));
}

function checkCountry(country: string): void {
  if (!/^[A-Z]{2}$/.test(country)) throw new RangeError(`“${country}” is not a country code of two capital letters.`);
}
