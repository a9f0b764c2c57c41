import { createHash, type KeyObject } from 'node:crypto';
import forge from 'node-forge';

const { asn1, pki } = forge;
const { Class, Type } = asn1;

/** Object identifier of ecdsa-with-SHA256 (RFC 5758 §3.2): the one algorithm a national authority signs with. */
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

const OBJECT_IDENTIFIER = { commonName: '2.5.4.3', countryName: '2.5.4.6' } as const;

/** An extension in the words of node-forge: `basicConstraints`, `keyUsage`, `extKeyUsage`, `subjectAltName`. */
export type ForgeExtension = { readonly name: string; readonly critical?: boolean } & Readonly<Record<string, unknown>>;

/** The extension that lists extended key usages; node-forge wants those it knows by name and the others by number. */
export function extendedKeyUsage(identifiers: readonly string[]): ForgeExtension {
  return {
    name: 'extKeyUsage',
    ...Object.fromEntries(identifiers.map((identifier) => [pki.oids[identifier] ?? identifier, true])),
  };
}

/** What stands in a certificate besides the signature. */
export interface CertificateContents {
  /** Positive serial number, big-endian, without sign bit. */
  readonly serialNumber: Buffer;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  readonly issuerPublicKey: KeyObject;
  readonly extensions: readonly ForgeExtension[];
}

/** The two attributes that name a holder here: the country (ISO 3166-1 alpha-2) and the common name. */
export interface DistinguishedName {
  readonly country: string;
  readonly commonName: string;
}

function constructed(type: forge.asn1.Type, value: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, type, true, value);
}

function primitive(type: forge.asn1.Type, value: string): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, type, false, value);
}

function objectIdentifier(oid: string): forge.asn1.Asn1 {
  return primitive(Type.OID, asn1.oidToDer(oid).getBytes());
}

function derOf(value: forge.asn1.Asn1): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'binary');
}

function publicKeyInfo(key: KeyObject): forge.asn1.Asn1 {
  return asn1.fromDer(key.export({ format: 'der', type: 'spki' }).toString('binary'));
}

/** SHA-1 of the subject's public key bits: method 1 of RFC 5280 §4.2.1.2. A name for a key, not a protection. */
function keyIdentifier(key: KeyObject): string {
  const info = key.export({ format: 'der', type: 'spki' });
  const algorithmAndBits = asn1.fromDer(info.toString('binary'), { decodeBitStrings: false } as never).value;
  const bits = typeof algorithmAndBits === 'string' ? undefined : algorithmAndBits[1]?.value;
  if (typeof bits !== 'string') throw new TypeError('The public key has no SubjectPublicKeyInfo of RFC 5280.');
  return createHash('sha1')
    .update(Buffer.from(bits.slice(1), 'binary'))
    .digest('binary');
}

function time(moment: Date): forge.asn1.Asn1 {
  // RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050.
  return moment.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(moment))
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(moment));
}

function distinguishedName(name: DistinguishedName): forge.asn1.Asn1 {
  return pki.distinguishedNameToAsn1({
    attributes: [
      {
        type: OBJECT_IDENTIFIER.countryName,
        value: name.country,
        valueTagClass: Number(Type.PRINTABLESTRING),
      },
      { type: OBJECT_IDENTIFIER.commonName, value: name.commonName, valueTagClass: Number(Type.UTF8) },
    ],
  });
}

function extension(id: string, critical: boolean, value: Buffer): forge.asn1.Asn1 {
  const parts = [objectIdentifier(id)];
  if (critical) parts.push(primitive(Type.BOOLEAN, '\xff'));
  parts.push(primitive(Type.OCTETSTRING, value.toString('binary')));
  return constructed(Type.SEQUENCE, parts);
}

/** node-forge fills in the value of an extension that it is told by name. */
function encodeByForge(described: readonly ForgeExtension[]): forge.asn1.Asn1[] {
  const holder = pki.createCertificate();
  holder.setExtensions(described.map((one) => ({ ...one })));
  return holder.extensions.map((filled: { id: string; critical?: boolean; value: string | forge.asn1.Asn1 }) =>
    extension(
      filled.id,
      filled.critical === true,
      typeof filled.value === 'string' ? Buffer.from(filled.value, 'binary') : derOf(filled.value),
    ),
  );
}

function encodeExtensions(contents: CertificateContents): forge.asn1.Asn1 {
  const subjectKey = primitive(Type.OCTETSTRING, keyIdentifier(contents.publicKey));
  const authorityKey = constructed(Type.SEQUENCE, [
    asn1.create(Class.CONTEXT_SPECIFIC, 0 as forge.asn1.Type, false, keyIdentifier(contents.issuerPublicKey)),
  ]);
  return asn1.create(Class.CONTEXT_SPECIFIC, 3 as forge.asn1.Type, true, [
    constructed(Type.SEQUENCE, [
      ...encodeByForge(contents.extensions),
      extension('2.5.29.14', false, derOf(subjectKey)),
      extension('2.5.29.35', false, derOf(authorityKey)),
    ]),
  ]);
}

/**
 * Writes a certificate of RFC 5280 version 3 in DER. `sign` is given the DER of the part to be signed and returns an
 * ECDSA signature in DER (SHA-256).
 */
export function encodeCertificate(contents: CertificateContents, sign: (signed: Buffer) => Buffer): Buffer {
  const algorithm = (): forge.asn1.Asn1 => constructed(Type.SEQUENCE, [objectIdentifier(ECDSA_WITH_SHA256)]);
  const toBeSigned = constructed(Type.SEQUENCE, [
    asn1.create(Class.CONTEXT_SPECIFIC, 0 as forge.asn1.Type, true, [primitive(Type.INTEGER, '\x02')]),
    primitive(Type.INTEGER, contents.serialNumber.toString('binary')),
    algorithm(),
    distinguishedName(contents.issuer),
    constructed(Type.SEQUENCE, [time(contents.notBefore), time(contents.notAfter)]),
    distinguishedName(contents.subject),
    publicKeyInfo(contents.publicKey),
    encodeExtensions(contents),
  ]);
  const signature = sign(derOf(toBeSigned));
  return derOf(
    constructed(Type.SEQUENCE, [
      toBeSigned,
      algorithm(),
      primitive(Type.BITSTRING, `\x00${signature.toString('binary')}`),
    ]),
  );
}
