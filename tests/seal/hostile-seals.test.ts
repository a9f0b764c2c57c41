import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { verifySeal } from '../../src/seal/verify-seal.ts';
import { forge, plainXml, sealedXml, sealer, sealingCertificate, signatureOf } from './sealing.ts';

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const ECDSA = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

const seal = signatureOf(sealedXml);
const rootTag = plainXml.slice(0, plainXml.indexOf('>', plainXml.indexOf('<CertificateOfOrigin')) + 1);
const declaration = rootTag.slice(0, rootTag.indexOf('<CertificateOfOrigin'));
const genuine = sealedXml.slice(declaration.length);
const evil = plainXml.slice(declaration.length).replace('Siam Motor Works', 'Evil Motor Works');
const place = (content: string): string =>
  `${sealedXml.slice(sealedXml.indexOf('<ext:UBLExtensions'), sealedXml.indexOf('<ds:Signature '))}${content}${sealedXml.slice(
    sealedXml.indexOf('</ds:Signature>') + '</ds:Signature>'.length,
    sealedXml.indexOf('</ext:UBLExtensions>') + '</ext:UBLExtensions>'.length,
  )}`;
/** The evil document with this behind its start tag. */
const evilWith = (inserted: string, atEnd = ''): string =>
  evil
    .replace(/^<[^>]+>/, (tag) => tag + inserted)
    .replace(/<\/CertificateOfOrigin>$/, `${atEnd}</CertificateOfOrigin>`);
const swap = (found: string, put: string) => (text: string) => {
  assert.ok(text.includes(found), `${found} is not in the seal`);
  return text.replace(found, put);
};
const twoReferences = /(<ds:Reference Id[\s\S]*?<\/ds:Reference>)(<ds:Reference Type[\s\S]*?<\/ds:Reference>)/;
const { privateKey: rsaKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const { privateKey: strangeKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const { privateKey: otherKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

/** Each row: threat, what was done, the bytes, the code of the first failed step. */
const rows: readonly (readonly [threat: string, what: string, sealed: string, code: string])[] = [
  // The eight shapes of signature wrapping, with the seal enveloped in UBL.
  [
    'S1',
    'XSW1: the genuine document inside the signature of the evil one',
    evilWith(place(seal.replace('</ds:Signature>', `${genuine}</ds:Signature>`))),
    'SEAL-ID-AMBIGUOUS',
  ],
  [
    'S1',
    'XSW2: the genuine document beside the detached signature',
    evilWith(place(seal) + genuine),
    'SEAL-MORE-THAN-ONE',
  ],
  ['S1', 'XSW3: the genuine document as first child of the evil one', evilWith(genuine), 'SEAL-MISPLACED'],
  [
    'S1',
    'XSW4: the evil document around the genuine one',
    genuine.replace(/^(<[^>]+>)([\s\S]*)(<\/[^>]+>)$/, `$1${genuine}$3`),
    'SEAL-MISPLACED',
  ],
  [
    'S1',
    'XSW5: evil document, the genuine one without its seal at the end',
    evilWith(place(seal), plainXml.slice(declaration.length)),
    'DOCUMENT-ALTERED',
  ],
  [
    'S1',
    'XSW6: the genuine document in an Object of the signature',
    evilWith(place(seal.replace('<ds:Object>', `<ds:Object>${plainXml.slice(declaration.length)}`))),
    'SEAL-STRUCTURE',
  ],
  [
    'S1',
    'XSW7: the genuine document in a further extension',
    evilWith(
      place(seal).replace(
        '</ext:UBLExtensions>',
        `<ext:UBLExtension><ext:ExtensionContent>${genuine}</ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>`,
      ),
    ),
    'SEAL-MISPLACED',
  ],
  [
    'S1',
    'XSW8: the genuine document in a second Object',
    evilWith(place(seal.replace('</ds:Signature>', `<ds:Object>${genuine}</ds:Object></ds:Signature>`))),
    'SEAL-ID-AMBIGUOUS',
  ],
  [
    'S1',
    'two elements of the seal with one Id',
    forge({ info: swap('Id="seal-document"', 'Id="seal"') }),
    'SEAL-ID-AMBIGUOUS',
  ],
  [
    'S1',
    'an Id in the document',
    forge({ document: swap('<cbc:ID>', '<cbc:ID Id="seal-properties">') }),
    'SEAL-ID-AMBIGUOUS',
  ],
  [
    'S1',
    'an xml:id in the document',
    forge({ document: swap('<cbc:ID>', '<cbc:ID xml:id="seal-properties">') }),
    'SEAL-ID-AMBIGUOUS',
  ],
  [
    'S1',
    'signed properties once more, in an extension',
    forge({
      document: swap(
        '</CertificateOfOrigin>',
        '<x:SignedProperties xmlns:x="http://uri.etsi.org/01903/v1.3.2#"></x:SignedProperties></CertificateOfOrigin>',
      ),
    }),
    'SEAL-MORE-THAN-ONE',
  ],
  ['S1', 'two signatures in the place', sealedXml.replace(seal, seal + seal), 'SEAL-MISPLACED'],
  ['S2', 'no seal', plainXml, 'SEAL-MISSING'],
  ['S2', 'an empty place', sealedXml.replace(seal, ''), 'SEAL-MISSING'],
  [
    'S2',
    'a seal over another document',
    plainXml.replace(rootTag, rootTag + place(seal)).replace('Siam', 'Slam'),
    'DOCUMENT-ALTERED',
  ],
  ['S2', 'a seal over one element', forge({ info: swap('URI=""', 'URI="#seal"') }), 'SEAL-DOCUMENT-NOT-COVERED'],
  ['S2', 'a seal without references', forge({ info: (text) => text.replace(twoReferences, '') }), 'SEAL-REFERENCES'],
  ['S2', 'a third reference', forge({ info: (text) => text.replace(twoReferences, '$1$2$2') }), 'SEAL-REFERENCES'],
  [
    'S2',
    'a reference to a file',
    forge({ info: swap('URI=""', 'URI="file:///etc/passwd"') }),
    'SEAL-DOCUMENT-NOT-COVERED',
  ],
  [
    'S2',
    'an element added',
    sealedXml.replace('</CertificateOfOrigin>', '<cbc:Note>x</cbc:Note></CertificateOfOrigin>'),
    'DOCUMENT-ALTERED',
  ],
  ['S2', 'a value changed', sealedXml.replace('Siam Motor', 'Evil Motor'), 'DOCUMENT-ALTERED'],
  [
    'S2',
    'an instruction before the root',
    sealedXml.replace('<CertificateOfOrigin', '<?go on?><CertificateOfOrigin'),
    'DOCUMENT-ALTERED',
  ],
  [
    'S3',
    'ECDSA with SHA-1',
    forge({ info: swap(ECDSA, 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1') }),
    'SEAL-ALGORITHM-NOT-ALLOWED',
  ],
  [
    'S3',
    'RSA with SHA-1',
    forge({ info: swap(ECDSA, 'http://www.w3.org/2000/09/xmldsig#rsa-sha1') }),
    'SEAL-ALGORITHM-NOT-ALLOWED',
  ],
  [
    'S3',
    'HMAC',
    forge({ info: swap(ECDSA, 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256') }),
    'SEAL-ALGORITHM-NOT-ALLOWED',
  ],
  ['S3', 'no algorithm', forge({ info: swap(ECDSA, 'none') }), 'SEAL-ALGORITHM-NOT-ALLOWED'],
  [
    'S3',
    'a digest by SHA-1',
    forge({ info: swap(SHA256, 'http://www.w3.org/2000/09/xmldsig#sha1') }),
    'SEAL-ALGORITHM-NOT-ALLOWED',
  ],
  [
    'S3',
    'a digest by MD5',
    forge({ info: swap(SHA256, 'http://www.w3.org/2001/04/xmldsig-more#md5') }),
    'SEAL-ALGORITHM-NOT-ALLOWED',
  ],
  [
    'S3',
    'RSA of 1024 bits under the allowed name',
    forge({ key: rsaKey, certificate: sealingCertificate(rsaKey) }),
    'SEAL-KEY-NOT-ALLOWED',
  ],
  [
    'S3',
    'a curve that is not allowed',
    forge({ key: strangeKey, certificate: sealingCertificate(strangeKey) }),
    'SEAL-KEY-NOT-ALLOWED',
  ],
  [
    'S3',
    'a signature in DER',
    sealedXml.replace(/<ds:SignatureValue>[^<]+/, '<ds:SignatureValue>MEQCIAAA'),
    'SEAL-SIGNATURE-WRONG',
  ],
  [
    'S3',
    'a signature of zeros',
    sealedXml.replace(/<ds:SignatureValue>[^<]+/, `<ds:SignatureValue>${Buffer.alloc(64).toString('base64')}`),
    'SEAL-SIGNATURE-WRONG',
  ],
  [
    'S4',
    'an XSLT transform',
    forge({ info: swap(ENVELOPED, 'http://www.w3.org/TR/1999/REC-xslt-19991116') }),
    'SEAL-TRANSFORM-NOT-ALLOWED',
  ],
  [
    'S4',
    'an XPath transform with its expression',
    forge({
      info: swap(
        `Algorithm="${ENVELOPED}">`,
        'Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>self::text()</ds:XPath>',
      ),
    }),
    'SEAL-TRANSFORM-NOT-ALLOWED',
  ],
  [
    'S4',
    'a base64 transform',
    forge({ info: swap(ENVELOPED, 'http://www.w3.org/2000/09/xmldsig#base64') }),
    'SEAL-TRANSFORM-NOT-ALLOWED',
  ],
  [
    'S4',
    'a thousand transforms',
    forge({
      info: swap(
        '<ds:Transforms>',
        `<ds:Transforms>${`<ds:Transform Algorithm="${EXCLUSIVE}"></ds:Transform>`.repeat(1000)}`,
      ),
    }),
    'SEAL-TRANSFORM-NOT-ALLOWED',
  ],
  [
    'S4',
    'inclusive canonicalisation of the document',
    forge({
      info: swap(
        `<ds:Transform Algorithm="${EXCLUSIVE}">`,
        '<ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315">',
      ),
    }),
    'SEAL-TRANSFORM-NOT-ALLOWED',
  ],
  [
    'S4',
    'inclusive canonicalisation of the signed information',
    forge({
      info: swap(
        `Method Algorithm="${EXCLUSIVE}"`,
        'Method Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"',
      ),
    }),
    'SEAL-ALGORITHM-NOT-ALLOWED',
  ],
  [
    'S5',
    'a key value instead of a certificate',
    forge({ whole: (text) => text.replace(/<ds:X509Data>.*<\/ds:X509Data>/, '<ds:KeyValue><ds:X/></ds:KeyValue>') }),
    'SEAL-KEY-INFORMATION',
  ],
  [
    'S5',
    'a key value beside the certificate',
    forge({ whole: swap('<ds:KeyInfo>', '<ds:KeyInfo><ds:KeyValue></ds:KeyValue>') }),
    'SEAL-KEY-INFORMATION',
  ],
  [
    'S5',
    'a retrieval method',
    forge({
      whole: swap('<ds:KeyInfo>', '<ds:KeyInfo><ds:RetrievalMethod URI="http://127.0.0.1/key"></ds:RetrievalMethod>'),
    }),
    'SEAL-KEY-INFORMATION',
  ],
  [
    'S5',
    'a second certificate',
    forge({ whole: (text) => text.replace(/(<ds:X509Certificate>.*<\/ds:X509Certificate>)/, '$1$1') }),
    'SEAL-KEY-INFORMATION',
  ],
  [
    'S5',
    'no certificate at all',
    forge({ whole: (text) => text.replace(/<ds:KeyInfo>.*<\/ds:KeyInfo>/, '') }),
    'SEAL-STRUCTURE',
  ],
  [
    'S5',
    'another certificate',
    forge({
      whole: (text) =>
        text.replace(/(<ds:X509Certificate>)[^<]+/, `$1${sealingCertificate(otherKey).raw.toString('base64')}`),
    }),
    'SEAL-SIGNATURE-WRONG',
  ],
  [
    'S5',
    'another certificate of the same key',
    forge({
      whole: (text) =>
        text.replace(
          /(<ds:X509Certificate>)[^<]+/,
          `$1${sealingCertificate(sealer.privateKey).raw.toString('base64')}`,
        ),
    }),
    'SEAL-CERTIFICATE-DIFFERS',
  ],
  [
    'S5',
    'a certificate that is none',
    forge({ whole: (text) => text.replace(/(<ds:X509Certificate>)[^<]+/, '$1AAAA') }),
    'SEAL-CERTIFICATE-UNREADABLE',
  ],
  [
    'S6',
    'signed properties that are not covered',
    forge({ info: (text) => text.replace(twoReferences, '$1') }),
    'SEAL-PROPERTIES-NOT-COVERED',
  ],
  [
    'S6',
    'a reference to properties of another name',
    forge({ info: swap('URI="#seal-properties"', 'URI="#other"') }),
    'SEAL-PROPERTIES-NOT-COVERED',
  ],
  [
    'S6',
    'altered signing time',
    sealedXml.replace('>2026-02-26T08:42:10Z<', '>2026-02-27T08:42:10Z<'),
    'SEAL-PROPERTIES-ALTERED',
  ],
  [
    'S6',
    'digest of another certificate',
    forge({
      properties: (text) => text.replace(/(<ds:DigestValue [^>]+>)[^<]+/, `$1${Buffer.alloc(32).toString('base64')}`),
    }),
    'SEAL-CERTIFICATE-DIFFERS',
  ],
  [
    'S6',
    'sealed before the certificate began',
    forge({ signingTime: '2025-12-31T23:59:59Z' }),
    'SEAL-SIGNING-TIME-OUTSIDE-VALIDITY',
  ],
  [
    'S6',
    'sealed after the certificate ended',
    forge({ signingTime: '2028-01-01T00:00:00Z' }),
    'SEAL-SIGNING-TIME-OUTSIDE-VALIDITY',
  ],
  ['S6', 'a signing time without zone', forge({ signingTime: '2026-02-26T08:42:10' }), 'SEAL-SIGNING-TIME'],
  ['S6', 'a signing time that is no time', forge({ signingTime: 'yesterday' }), 'SEAL-SIGNING-TIME'],
  [
    'S6',
    'no signing time',
    forge({ properties: (text) => text.replace(/<xades:SigningTime>.*<\/xades:SigningTime>/, '') }),
    'SEAL-STRUCTURE',
  ],
  [
    'S6',
    'unsigned properties',
    forge({
      whole: swap(
        '</xades:QualifyingProperties>',
        '<xades:UnsignedProperties></xades:UnsignedProperties></xades:QualifyingProperties>',
      ),
    }),
    'SEAL-STRUCTURE',
  ],
  [
    'S6',
    'properties of another signature',
    forge({ whole: swap('Target="#seal"', 'Target="#other"') }),
    'SEAL-STRUCTURE',
  ],
  [
    'X4',
    'a comment that splits a digest',
    sealedXml.replace(/(<ds:DigestValue>.{10})/, '$1<!-- -->'),
    'SEAL-STRUCTURE',
  ],
  [
    'X4',
    'an instruction that splits the certificate',
    sealedXml.replace(/(<ds:X509Certificate>.{10})/, '$1<?x y?>'),
    'SEAL-STRUCTURE',
  ],
  [
    'X4',
    'character data that splits the signature',
    sealedXml.replace(/<ds:SignatureValue>(.{10})/, '<ds:SignatureValue><![CDATA[$1]]>'),
    'SEAL-STRUCTURE',
  ],
  [
    'X1',
    'a DOCTYPE',
    sealedXml.replace('<CertificateOfOrigin', '<!DOCTYPE CertificateOfOrigin><CertificateOfOrigin'),
    'XML-DOCTYPE',
  ],
  ['X1', 'no XML', 'MZ', 'XML-MALFORMED'],
];

describe('a seal is refused that has', () => {
  for (const [threat, what, sealed, code] of rows) {
    test(`${threat} ${what}`, () => {
      const findings = verifySeal(Buffer.from(sealed));
      assert.equal(findings.ok, false);
      assert.equal(findings.steps.find((one) => one.verdict === 'failed')?.code, code);
      assert.ok(findings.faults.length > 0);
    });
  }

  test('nothing wrong in the forger’s workshop itself', () => {
    assert.deepEqual(verifySeal(Buffer.from(forge({}))).faults, []);
  });

  test('X4 no comment in a value of the document that would be read in part', () => {
    const sealed = sealedXml.replace('Siam Motor', 'Siam<!-- x --> Motor');
    assert.equal(verifySeal(Buffer.from(sealed)).ok, true, 'comments are no part of what is covered');
  });

  test('any one byte of the sealed document altered', () => {
    const bytes = Buffer.from(sealedXml);
    for (let at = declaration.length; at < bytes.length; at += 97) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 0x01;
      assert.equal(verifySeal(altered).ok, false, `byte ${at}`);
    }
  });
});
