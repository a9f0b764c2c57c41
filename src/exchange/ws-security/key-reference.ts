import { hash, type X509Certificate } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { elementsOf } from '../../documents/xml-children.ts';
import { isIssuerName } from '../../pki/certificate-name.ts';
import { certificateFromBase64, readCertificate } from '../../pki/parsed-certificate.ts';
import { NS, WSS } from '../envelope/namespaces.ts';
import { attribute, base64Of, children, isElement, onlyChild, wholeText } from '../envelope/xml-tree.ts';

/** How a message names a certificate (WSS X.509 Token Profile 1.1 §3.2, §3.3): by a token in it, or by what it is. */
export type KeyReference =
  | { readonly by: 'token'; readonly id: string }
  | { readonly by: 'issuer-serial'; readonly issuer: string; readonly serialNumber: string }
  | { readonly by: 'subject-key-identifier'; readonly identifier: Buffer }
  | { readonly by: 'thumbprint'; readonly sha1: Buffer };

/** In words, for those who must set their access point. */
export function describeReference(reference: KeyReference): string {
  switch (reference.by) {
    case 'token':
      return `a token (#${reference.id.slice(0, 100)})`;
    case 'issuer-serial':
      return `issuer and serial number (${reference.issuer.slice(0, 200)}, ${reference.serialNumber})`;
    case 'subject-key-identifier':
      return `the subject key identifier ${reference.identifier.toString('hex').slice(0, 80)}`;
    case 'thumbprint':
      return `the thumbprint ${reference.sha1.toString('hex')}`;
  }
}

/** A serial number in decimal as upper-case hexadecimal without leading zeros. */
function serialOf(text: string): string | undefined {
  const digits = text.trim();
  return /^\d{1,60}$/.test(digits) ? BigInt(digits).toString(16).toUpperCase() : undefined;
}

function readX509Data(data: XmlElement): KeyReference | undefined {
  const [only, ...others] = elementsOf(data);
  if (only === undefined || others.length > 0) return undefined;
  if (isElement(only, NS.ds, 'X509SKI')) {
    const identifier = base64Of(only);
    return identifier === undefined ? undefined : { by: 'subject-key-identifier', identifier };
  }
  if (!isElement(only, NS.ds, 'X509IssuerSerial')) return undefined;
  const issuer = onlyChild(only, NS.ds, 'X509IssuerName');
  const serial = onlyChild(only, NS.ds, 'X509SerialNumber');
  const serialNumber = serial === undefined ? undefined : serialOf(wholeText(serial));
  return issuer === undefined || serialNumber === undefined
    ? undefined
    : { by: 'issuer-serial', issuer: wholeText(issuer), serialNumber };
}

function readKeyIdentifier(element: XmlElement): KeyReference | undefined {
  const bytes = base64Of(element);
  if (bytes === undefined || bytes.length === 0) return undefined;
  switch (attribute(element, 'ValueType')) {
    case WSS.subjectKeyIdentifier:
      return { by: 'subject-key-identifier', identifier: bytes };
    case WSS.thumbprintSha1:
      return { by: 'thumbprint', sha1: bytes };
    default:
      return undefined;
  }
}

/**
 * Reads what a KeyInfo holds: a `wsse:SecurityTokenReference` with one reference in it, or a `ds:X509Data` that only
 * names a certificate. Undefined for everything else: values of keys, certificates that stand in it, addresses.
 */
export function readKeyReference(element: XmlElement): KeyReference | undefined {
  if (isElement(element, NS.ds, 'X509Data')) return readX509Data(element);
  if (!isElement(element, NS.wsse, 'SecurityTokenReference')) return undefined;
  const [only, ...others] = elementsOf(element);
  if (only === undefined || others.length > 0) return undefined;
  if (isElement(only, NS.ds, 'X509Data')) return readX509Data(only);
  if (isElement(only, NS.wsse, 'KeyIdentifier')) return readKeyIdentifier(only);
  const uri = isElement(only, NS.wsse, 'Reference') ? attribute(only, 'URI') : undefined;
  return uri?.startsWith('#') === true ? { by: 'token', id: uri.slice(1) } : undefined;
}

/** Whether a reference that is none to a token names this certificate. */
export function namesCertificate(reference: KeyReference, certificate: X509Certificate): boolean {
  switch (reference.by) {
    case 'token':
      return false;
    case 'issuer-serial':
      return (
        certificate.serialNumber.replace(/^0+/, '').toUpperCase() === reference.serialNumber &&
        isIssuerName(reference.issuer, certificate)
      );
    case 'subject-key-identifier':
      return readCertificate(certificate).subjectKeyIdentifier?.equals(reference.identifier) === true;
    case 'thumbprint':
      return hash('sha1', certificate.raw, 'hex') === reference.sha1.toString('hex');
  }
}

/** Whether an element is an X.509 certificate as token directly in this security header. */
export function isCertificateToken(token: XmlElement, security: XmlElement): boolean {
  return (
    attribute(token, 'ValueType') === WSS.x509v3 &&
    children(security, NS.wsse, 'BinarySecurityToken').some((each) => each.isSameNode(token))
  );
}

/** A certificate from its bytes, read once for all messages that carry it; undefined when they are none. */
export function certificateOf(der: Buffer): X509Certificate | undefined {
  try {
    return certificateFromBase64(der.toString('base64'));
  } catch {
    return undefined;
  }
}
