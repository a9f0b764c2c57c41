import { EXCLUSIVE_CANONICALISATION, SHA256_DIGEST } from './canonical-xml.ts';

/** Namespaces of a seal and of its place in a UBL document (UBL 2.x, signature extension; XML Signature; XAdES 1.3.2). */
export const NAMESPACE = {
  extensions: 'urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2',
  signatures: 'urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2',
  signatureInformation: 'urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2',
  xmlSignature: 'http://www.w3.org/2000/09/xmldsig#',
  xades: 'http://uri.etsi.org/01903/v1.3.2#',
} as const;

/** Enveloped-signature transform (XML Signature 1.1 §6.6.4). */
export const ENVELOPED_SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
/** ECDSA over SHA-256 (RFC 6931 §2.3.6); here always on P-256. */
export const ECDSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';
/** Type of the reference to SignedProperties (ETSI EN 319 132-1 §4.4.2). */
export const SIGNED_PROPERTIES_TYPE = 'http://uri.etsi.org/01903#SignedProperties';

const SEAL_ID = 'seal';
const DOCUMENT_REFERENCE_ID = 'seal-document';
const PROPERTIES_ID = 'seal-properties';

const DS = `xmlns:ds="${NAMESPACE.xmlSignature}"`;
const CANONICALISE = `<ds:Transform Algorithm="${EXCLUSIVE_CANONICALISATION}"></ds:Transform>`;
const DIGEST_METHOD = `<ds:DigestMethod Algorithm="${SHA256_DIGEST}"></ds:DigestMethod>`;

/** What stands before the signature in the document: the UBL place, each namespace declared where it is first used. */
export const PLACE_BEGINS =
  `<ext:UBLExtensions xmlns:ext="${NAMESPACE.extensions}"><ext:UBLExtension><ext:ExtensionContent>` +
  `<sig:UBLDocumentSignatures xmlns:sig="${NAMESPACE.signatures}">` +
  `<sac:SignatureInformation xmlns:sac="${NAMESPACE.signatureInformation}">`;

/** What stands after it. */
export const PLACE_ENDS =
  '</sac:SignatureInformation></sig:UBLDocumentSignatures></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>';

/**
 * `xades:SignedProperties` in exclusive canonical form (EN 319 132-1 §4.3.1, baseline B): signing time, digest of the
 * signer's certificate, form of the document. Times, base64 and media types need no escaping.
 */
export function signedProperties(
  signingTime: string,
  certificateDigest: string,
  mediaType = 'application/xml',
): string {
  return (
    `<xades:SignedProperties xmlns:xades="${NAMESPACE.xades}" Id="${PROPERTIES_ID}">` +
    `<xades:SignedSignatureProperties><xades:SigningTime>${signingTime}</xades:SigningTime>` +
    '<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>' +
    `<ds:DigestMethod ${DS} Algorithm="${SHA256_DIGEST}"></ds:DigestMethod>` +
    `<ds:DigestValue ${DS}>${certificateDigest}</ds:DigestValue>` +
    '</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>' +
    `<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#${DOCUMENT_REFERENCE_ID}">` +
    `<xades:MimeType>${mediaType}</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>` +
    '</xades:SignedProperties>'
  );
}

/** `ds:SignedInfo` in exclusive canonical form: the document as a whole, and the signed properties. */
export function signedInfo(documentDigest: string, propertiesDigest: string): string {
  const transforms =
    `<ds:Transforms><ds:Transform Algorithm="${ENVELOPED_SIGNATURE}"></ds:Transform>` +
    `${CANONICALISE}</ds:Transforms>`;
  return signedInfoOf('', transforms, documentDigest, propertiesDigest);
}

/**
 * `ds:SignedInfo` of a detached seal: the octets of a file beside it, as they are (XML Signature 1.1 §4.4.3.1: a URI
 * that is no fragment gives octets), and the signed properties.
 * @param name of the file, a relative reference without characters that need escaping
 */
export function detachedSignedInfo(name: string, contentDigest: string, propertiesDigest: string): string {
  return signedInfoOf(name, '', contentDigest, propertiesDigest);
}

function signedInfoOf(uri: string, transforms: string, digest: string, propertiesDigest: string): string {
  return (
    `<ds:SignedInfo ${DS}><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_CANONICALISATION}">` +
    `</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="${ECDSA_SHA256}"></ds:SignatureMethod>` +
    `<ds:Reference Id="${DOCUMENT_REFERENCE_ID}" URI="${uri}">${transforms}` +
    `${DIGEST_METHOD}<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>` +
    `<ds:Reference Type="${SIGNED_PROPERTIES_TYPE}" URI="#${PROPERTIES_ID}"><ds:Transforms>${CANONICALISE}` +
    `</ds:Transforms>${DIGEST_METHOD}<ds:DigestValue>${propertiesDigest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`
  );
}

/** `ds:Signature` with everything in it. */
export function signature(parts: {
  readonly signedInfo: string;
  readonly value: string;
  readonly certificate: string;
  readonly signedProperties: string;
}): string {
  return (
    `<ds:Signature ${DS} Id="${SEAL_ID}">${parts.signedInfo}<ds:SignatureValue>${parts.value}</ds:SignatureValue>` +
    `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${parts.certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>` +
    `<ds:Object><xades:QualifyingProperties xmlns:xades="${NAMESPACE.xades}" Target="#${SEAL_ID}">` +
    `${parts.signedProperties}</xades:QualifyingProperties></ds:Object></ds:Signature>`
  );
}
