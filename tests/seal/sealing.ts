import { type KeyObject, sign, type X509Certificate } from 'node:crypto';
import { XmlDocument } from 'libxml2-wasm';
import { toXml } from '../../src/documents/codec.ts';
import {
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import { canonicalXml, digestOf } from '../../src/seal/canonical-xml.ts';
import { certificateDigest, sealDocument } from '../../src/seal/seal.ts';
import { PLACE_BEGINS, PLACE_ENDS, signature, signedInfo, signedProperties } from '../../src/seal/seal-form.ts';
import { exampleCertificate } from '../documents/examples.ts';

/** When everything in these tests is sealed. */
export const SEALED_AT = new Date('2026-02-26T08:42:10Z');

export const authority = await createNationalAuthority({
  country: 'TH',
  name: 'Thailand national authority',
  notBefore: new Date('2025-01-01T00:00:00Z'),
  years: 10,
});

const privateKey = await generatePrivateKey('sealing');

/** A sealing certificate of Thailand for the given key. */
export function sealingCertificate(key: KeyObject): X509Certificate {
  return issueCertificate(authority, {
    use: 'sealing',
    country: 'TH',
    commonName: 'Department of Foreign Trade',
    publicKey: publicKeyOf(key),
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2027-12-31T00:00:00Z'),
  });
}

/** Thailand's sealing key at {@link SEALED_AT}. */
export const sealer = { privateKey, certificate: sealingCertificate(privateKey), signingTime: SEALED_AT };

/** A certificate of origin as XML without a seal. */
export const plainXml = toXml('certificate-of-origin', exampleCertificate());

/** The same, sealed. */
export const sealedXml = sealDocument(plainXml, sealer).toString();

/** What a forger with a good key may do otherwise than the sealer does. */
export interface Forgery {
  readonly info?: (info: string) => string;
  readonly properties?: (properties: string) => string;
  readonly certificate?: X509Certificate;
  readonly key?: KeyObject;
  readonly signingTime?: string;
  readonly whole?: (signature: string) => string;
  /** What is done to the document before it is digested. */
  readonly document?: (xml: string) => string;
}

/** Seals like the sealer, with a signature that fits, but for the differences asked for. */
export function forge(forgery: Forgery): string {
  const certificate = forgery.certificate ?? sealer.certificate;
  const alter = (text: string, by: ((text: string) => string) | undefined): string => by?.(text) ?? text;
  const xml = alter(plainXml, forgery.document);
  const at = xml.indexOf('>', xml.indexOf('<CertificateOfOrigin')) + 1;
  const [before, after] = [xml.slice(0, at) + PLACE_BEGINS, PLACE_ENDS + xml.slice(at)];
  const document = XmlDocument.fromString(before + after);
  const documentDigest = digestOf(canonicalXml(document));
  document.dispose();
  const properties = alter(
    signedProperties(forgery.signingTime ?? '2026-02-26T08:42:10Z', certificateDigest(certificate)),
    forgery.properties,
  );
  const info = alter(signedInfo(documentDigest, digestOf(properties)), forgery.info);
  const key = forgery.key ?? sealer.privateKey;
  const value = sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.from(info), {
    key,
    dsaEncoding: 'ieee-p1363',
  });
  const made = signature({
    signedInfo: info,
    value: value.toString('base64'),
    certificate: certificate.raw.toString('base64'),
    signedProperties: properties,
  });
  return before + alter(made, forgery.whole) + after;
}

/** The `ds:Signature` of a sealed document. */
export function signatureOf(sealed: string): string {
  return sealed.slice(sealed.indexOf('<ds:Signature '), sealed.indexOf('</ds:Signature>') + '</ds:Signature>'.length);
}
