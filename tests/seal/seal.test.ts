import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { fromXml, toXml } from '../../src/documents/codec.ts';
import { canonicalBytesTakenOut, canonicalXml } from '../../src/seal/canonical-xml.ts';
import { sealDocument } from '../../src/seal/seal.ts';
import { verifySeal } from '../../src/seal/verify-seal.ts';
import { exampleCertificate, exampleRcepCertificate, exampleResponse } from '../documents/examples.ts';
import { officialJudge } from '../documents/official-schema.ts';
import { hasProgram } from '../support/programs.ts';
import { authority, plainXml, SEALED_AT, sealedXml, sealer } from './sealing.ts';

const documents = [
  ['an ATIGA certificate', toXml('certificate-of-origin', exampleCertificate())],
  ['an RCEP certificate in Japanese', toXml('certificate-of-origin', exampleRcepCertificate())],
  ['an answer', toXml('application-response', exampleResponse())],
] as const;

describe('sealing', () => {
  for (const [name, xml] of documents) {
    test(`${name} gets a seal that holds and says who sealed and when`, () => {
      const findings = verifySeal(sealDocument(xml, sealer));
      assert.deepEqual(findings.faults, []);
      assert.equal(findings.ok, true);
      assert.equal(findings.signerCertificate?.fingerprint256, sealer.certificate.fingerprint256);
      assert.equal(findings.signingTime?.getTime(), SEALED_AT.getTime());
    });

    test(`${name} is verified by xmlsec1 with the authority’s certificate, 2 of 2 references`, {
      skip: hasProgram('xmlsec1') ? false : 'xmlsec1 is not on this machine',
    }, () => {
      const folder = mkdtempSync(join(tmpdir(), 'selat-seal-'));
      try {
        writeFileSync(join(folder, 'ca.pem'), authority.certificate.toString());
        writeFileSync(join(folder, 'sealed.xml'), sealDocument(xml, sealer));
        const said = execFileSync(
          'sh',
          [
            '-c',
            `xmlsec1 --verify --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties --verification-time '2026-03-01 00:00:00' --trusted-pem ca.pem sealed.xml 2>&1`,
          ],
          { cwd: folder, encoding: 'utf8' },
        );
        assert.match(said, /SignedInfo References \(ok\/all\): 2\/2/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  const judge = officialJudge('CertificateOfOrigin');
  test(
    'a sealed certificate is valid by the official schema of UBL',
    {
      skip: judge === undefined ? 'the corpus is not there' : false,
    },
    () => judge?.(sealedXml),
  );

  test('the text given stays as it is around the seal', () => {
    const beginning = sealedXml.indexOf('<ext:UBLExtensions');
    const end = sealedXml.indexOf('</ext:UBLExtensions>') + '</ext:UBLExtensions>'.length;
    assert.equal(sealedXml.slice(0, beginning) + sealedXml.slice(end), plainXml);
  });

  test('what is signed is written in canonical form already', () => {
    const document = XmlDocument.fromString(sealedXml);
    const namespaces = { ds: 'http://www.w3.org/2000/09/xmldsig#', xades: 'http://uri.etsi.org/01903/v1.3.2#' };
    for (const path of ['//ds:SignedInfo', '//xades:SignedProperties']) {
      const element = document.get(path, namespaces);
      assert.ok(element instanceof XmlElement);
      assert.ok(sealedXml.includes(canonicalXml(element)));
      assert.ok(sealedXml.includes(canonicalBytesTakenOut(element).toString()));
    }
    document.dispose();
  });

  test('what a verified document holds is read from the document that was verified', () => {
    const document = XmlDocument.fromString(sealedXml);
    try {
      assert.equal(verifySeal(document).ok, true);
      assert.deepEqual(fromXml('certificate-of-origin', document).json, exampleCertificate());
      assert.equal(document.get('//ds:Signature', { ds: 'http://www.w3.org/2000/09/xmldsig#' }), null);
    } finally {
      document.dispose();
    }
  });

  test('a document that was indented after sealing is altered, one with other quotes is not', () => {
    assert.equal(
      verifySeal(Buffer.from(sealedXml.replace('<cbc:ID>', ' <cbc:ID>'))).steps[0]?.code,
      'DOCUMENT-ALTERED',
    );
    const requoted = sealedXml.replace(/ currencyID="([A-Z]{3})"/g, " currencyID='$1'");
    assert.notEqual(requoted, sealedXml);
    assert.equal(verifySeal(Buffer.from(requoted)).ok, true);
  });

  test('refuses to seal twice, an empty root, a DOCTYPE, and with another key than P-256', () => {
    assert.throws(() => sealDocument(sealedXml, sealer), RangeError);
    assert.throws(() => sealDocument('<a/>', sealer), RangeError);
    assert.throws(() => sealDocument('<!DOCTYPE a><a>x</a>', sealer), RangeError);
    assert.throws(() => sealDocument('not xml', sealer), RangeError);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    assert.throws(() => sealDocument(plainXml, { ...sealer, privateKey }), RangeError);
  });
});
