import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { toXml } from '../../src/documents/codec.ts';
import { readXml } from '../../src/documents/read-xml.ts';
import { readOwnForm } from '../../src/seal/read-own-form.ts';
import { sealDocument } from '../../src/seal/seal.ts';
import { verifySeal } from '../../src/seal/verify-seal.ts';
import { exampleRcepCertificate, exampleResponse } from '../documents/examples.ts';
import { certificates } from '../documents/generators.ts';
import { forge, plainXml, sealedXml, sealer } from './sealing.ts';

/** What is found when the document is parsed, as it is where it is read on. */
function byParser(bytes: Buffer): unknown {
  const reading = readXml(bytes);
  if (!reading.ok) return 'unreadable';
  try {
    const { ok, steps, faults, signingTime, signerCertificate } = verifySeal(reading.document);
    return { ok, steps, faults, signingTime, signer: signerCertificate?.fingerprint256 };
  } finally {
    reading.document.dispose();
  }
}

function byBytes(bytes: Buffer): unknown {
  const { ok, steps, faults, signingTime, signerCertificate } = verifySeal(bytes);
  if (!readXml(bytes).ok && !ok) return 'unreadable';
  return { ok, steps, faults, signingTime, signer: signerCertificate?.fingerprint256 };
}

const swap = (found: string, put: string) => (text: string) => {
  assert.ok(text.includes(found), `${found} is not there`);
  return text.replace(found, put);
};

describe('a document as the sealer writes it', () => {
  test('is read without a parser, and found as by the parser', () => {
    const documents = [
      plainXml,
      toXml('certificate-of-origin', exampleRcepCertificate()),
      toXml('application-response', exampleResponse()),
    ];
    for (const xml of documents) {
      const sealed = sealDocument(xml, sealer);
      assert.notEqual(readOwnForm(sealed), undefined);
      assert.deepEqual(byBytes(sealed), byParser(sealed));
    }
  });

  test('is found as by the parser, whatever it holds', () => {
    fc.assert(
      fc.property(certificates, (certificate) => {
        const sealed = sealDocument(toXml('certificate-of-origin', certificate), sealer);
        assert.notEqual(readOwnForm(sealed), undefined);
        assert.deepEqual(byBytes(sealed), byParser(sealed));
      }),
      { numRuns: 50 },
    );
  });

  test('with any byte altered is found as by the parser', () => {
    const bytes = Buffer.from(sealedXml);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const altered = Buffer.from(bytes);
        altered[at] = value;
        assert.deepEqual(byBytes(altered), byParser(altered));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a seal is left to the parser that', () => {
  const bare = '<xades:SigningTime>';
  const rows: readonly (readonly [what: string, sealed: string, code: string | undefined])[] = [
    [
      'has white space in its signed information',
      sealedXml.replace('<ds:Reference Id', ' <ds:Reference Id'),
      'SEAL-SIGNATURE-WRONG',
    ],
    [
      'has an attribute more',
      sealedXml.replace('<ds:Reference Id="seal-document"', '<ds:Reference Id="seal-document" X="y"'),
      'SEAL-SIGNATURE-WRONG',
    ],
    ['has a digest in two lines', sealedXml.replace(/(<ds:DigestValue>.{10})/, '$1\n'), 'SEAL-SIGNATURE-WRONG'],
    ['has white space in its properties', sealedXml.replace(bare, `\n${bare}`), 'SEAL-PROPERTIES-ALTERED'],
    ['has an altered signing time', sealedXml.replace('T08:42:10Z<', 'T08:42:11Z<'), 'SEAL-PROPERTIES-ALTERED'],
    ['has a comment in it', sealedXml.replace('<ds:KeyInfo>', '<ds:KeyInfo><!-- x -->'), 'SEAL-STRUCTURE'],
    [
      'has its certificate as character data',
      sealedXml.replace(/(<ds:X509Certificate>)([^<]+)/, '$1<![CDATA[$2]]>'),
      'SEAL-STRUCTURE',
    ],
    [
      'has a certificate of another namespace',
      sealedXml.replace('<ds:X509Data>', '<ds:X509Data xmlns:ds="urn:x">'),
      'SEAL-KEY-INFORMATION',
    ],
    ['covers another document', sealedXml.replace('Siam Motor', 'Evil Motor'), 'DOCUMENT-ALTERED'],
    [
      'stands in a document with an Id',
      forge({ document: swap('<cbc:ID>', '<cbc:ID Id="seal-properties">') }),
      'SEAL-ID-AMBIGUOUS',
    ],
    // These hold: they look otherwise, but are what was signed.
    ['has a value in two lines', sealedXml.replace(/(<ds:SignatureValue>.{10})/, '$1\n'), undefined],
    ['has an empty-element tag', sealedXml.replace('"></ds:SignatureMethod>', '"/>'), undefined],
    ['stands over a comment', sealedXml.replace('Siam Motor', 'Siam<!-- x --> Motor'), undefined],
    ['stands over other quotes', sealedXml.replace(/ currencyID="([A-Z]{3})"/g, " currencyID='$1'"), undefined],
    ['has a signing time in another zone', forge({ signingTime: '2026-02-26T15:42:10+07:00' }), undefined],
    [
      'stands in a document that declares the namespace of signatures',
      forge({ document: swap(' xmlns:cac=', ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:cac=') }),
      undefined,
    ],
  ];
  for (const [what, sealed, code] of rows) {
    test(what, () => {
      const bytes = Buffer.from(sealed);
      assert.notEqual(sealed, sealedXml);
      assert.equal(readOwnForm(bytes), undefined);
      assert.equal(verifySeal(bytes).steps.find((one) => one.verdict === 'failed')?.code, code);
      assert.deepEqual(byBytes(bytes), byParser(bytes));
    });
  }

  test('was made by another key than the certificate says, and it is refused', () => {
    const value = Buffer.alloc(64, 7).toString('base64');
    const sealed = Buffer.from(sealedXml.replace(/(<ds:SignatureValue>)[^<]+/, `$1${value}`));
    assert.notEqual(readOwnForm(sealed), undefined, 'the form alone says nothing of the signature');
    assert.equal(verifySeal(sealed).steps.find((one) => one.verdict === 'failed')?.code, 'SEAL-SIGNATURE-WRONG');
  });
});
