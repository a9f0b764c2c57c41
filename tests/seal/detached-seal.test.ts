import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Directory } from '../../src/federation/directory.ts';
import { sealDetached, verifyDetachedSeal } from '../../src/seal/detached-seal.ts';
import type { SealFindings } from '../../src/seal/judge-seal.ts';
import { verifyDetached } from '../../src/verification/verify-detached.ts';
import { hasProgram } from '../support/programs.ts';
import { authority, SEALED_AT, sealedXml, sealer } from './sealing.ts';

const content = { name: 'declaration.xml', bytes: Buffer.from('<?xml version="1.0"?>\r\n<Declaration/>\n') };
const seal = sealDetached({ ...content, mediaType: 'application/xml' }, sealer);

function verifyChanged(change: (seal: string) => string): SealFindings {
  const changed = change(seal.toString());
  assert.notEqual(changed, seal.toString(), 'the change must change something');
  return verifyDetachedSeal(content, Buffer.from(changed));
}

describe('a detached seal', () => {
  test('holds for the octets of its file, and says who sealed and when', () => {
    const findings = verifyDetachedSeal(content, seal);
    assert.deepEqual(findings.faults, []);
    assert.equal(findings.ok, true);
    assert.equal(findings.signerCertificate?.fingerprint256, sealer.certificate.fingerprint256);
    assert.equal(findings.signingTime?.getTime(), SEALED_AT.getTime());
  });

  test('holds for any octets, and for no others', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (bytes, others) => {
        const made = sealDetached({ name: 'a.bin', bytes, mediaType: 'application/octet-stream' }, sealer);
        const same = Buffer.compare(bytes, others) === 0;
        return (
          verifyDetachedSeal({ name: 'a.bin', bytes }, made).ok &&
          verifyDetachedSeal({ name: 'a.bin', bytes: others }, made).ok === same
        );
      }),
      { numRuns: 40 },
    );
  });

  test('is verified by xmlsec1 with the file beside it, 2 of 2 references', {
    skip: hasProgram('xmlsec1') ? false : 'xmlsec1 is not on this machine',
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'selat-detached-'));
    try {
      writeFileSync(join(folder, 'ca.pem'), authority.certificate.toString());
      writeFileSync(join(folder, content.name), content.bytes);
      writeFileSync(join(folder, 'seal.xml'), seal);
      const said = execFileSync(
        'sh',
        [
          '-c',
          `xmlsec1 --verify --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties --verification-time '2026-03-01 00:00:00' --trusted-pem ca.pem seal.xml 2>&1`,
        ],
        { cwd: folder, encoding: 'utf8' },
      );
      assert.match(said, /SignedInfo References \(ok\/all\): 2\/2/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const removed = /<ds:Reference Id[\s\S]*?<\/ds:Reference>/;
  const rows: readonly (readonly [what: string, findings: () => SealFindings, code: string])[] = [
    [
      'of a file with another name',
      () => verifyDetachedSeal({ ...content, name: 'other.xml' }, seal),
      'SEAL-DOCUMENT-NOT-COVERED',
    ],
    [
      'of a file with one octet more',
      () => verifyDetachedSeal({ ...content, bytes: Buffer.concat([content.bytes, Buffer.of(32)]) }, seal),
      'DOCUMENT-ALTERED',
    ],
    [
      'whose reference was pointed elsewhere after sealing',
      () => verifyChanged((text) => text.replace('URI="declaration.xml"', 'URI="https://elsewhere.example/x"')),
      'SEAL-DOCUMENT-NOT-COVERED',
    ],
    [
      'whose reference to the file was taken out',
      () => verifyChanged((text) => text.replace(removed, '')),
      'SEAL-DOCUMENT-NOT-COVERED',
    ],
    [
      'whose reference got a transform',
      () =>
        verifyChanged((text) =>
          text.replace(
            'URI="declaration.xml">',
            'URI="declaration.xml"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"></ds:Transform></ds:Transforms>',
          ),
        ),
      'SEAL-TRANSFORM-NOT-ALLOWED',
    ],
    [
      'whose signing time was changed',
      () => verifyChanged((text) => text.replace('2026-02-26T08:42:10Z', '2026-02-27T08:42:10Z')),
      'SEAL-PROPERTIES-ALTERED',
    ],
    [
      'with a SHA-1 digest method',
      () => verifyChanged((text) => text.replaceAll('xmlenc#sha256', 'xmldsig#sha1')),
      'SEAL-ALGORITHM-NOT-ALLOWED',
    ],
    [
      'with a further object in it',
      () => verifyChanged((text) => text.replace('</ds:Signature>', '<ds:Object></ds:Object></ds:Signature>')),
      'SEAL-STRUCTURE',
    ],
    ['that is an enveloped one', () => verifyDetachedSeal(content, Buffer.from(sealedXml)), 'SEAL-MISSING'],
    ['that is no XML', () => verifyDetachedSeal(content, Buffer.from('{}')), 'XML-MALFORMED'],
    [
      'with a document type declaration',
      () => verifyChanged((text) => `<!DOCTYPE x [<!ENTITY e "x">]>${text}`),
      'XML-DOCTYPE',
    ],
    [
      'that is too long',
      () => verifyDetachedSeal(content, Buffer.concat([seal, Buffer.alloc(20_000, ' ')])),
      'SEAL-STRUCTURE',
    ],
  ];
  for (const [what, findings, code] of rows)
    test(`${what} is refused`, () => {
      const found = findings();
      assert.equal(found.ok, false);
      assert.equal(found.steps.find(({ verdict }) => verdict === 'failed')?.code, code);
    });

  test('is not made with another kind of key, nor for a name or media type that needs escaping', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    assert.throws(
      () => sealDetached({ ...content, mediaType: 'application/xml' }, { ...sealer, privateKey }),
      RangeError,
    );
    for (const name of ['', '../x.xml', 'a"b.xml', 'A.xml', 'a/b.xml', '#x', 'x'])
      assert.throws(() => sealDetached({ ...content, name, mediaType: 'application/xml' }, sealer), RangeError);
    assert.throws(() => sealDetached({ ...content, mediaType: 'text/<x>' }, sealer), RangeError);
  });
});

describe('the verdict on a file with a detached seal', () => {
  const directory: Directory = {
    serial: 1,
    issuedAt: '2026-01-01T00:00:00Z',
    freshUntil: '2026-12-01T00:00:00Z',
    expiresAt: '2027-12-31T00:00:00Z',
    previousDigest: null,
    members: [
      {
        country: 'TH',
        name: 'Thailand',
        partyId: 'selat-th',
        endpoint: 'https://th.example/as4',
        profile: 'edelivery-2.0-common-usage',
        authorities: [
          {
            certificate: authority.certificate.raw.toString('base64'),
            validFrom: '2025-01-01T00:00:00Z',
            validUntil: '2034-01-01T00:00:00Z',
          },
        ],
        certificates: [],
        mayIssue: [],
      },
    ],
    revocations: [],
    schemaSet: { digest: '0'.repeat(64), version: '1' },
  };
  const at = new Date('2026-03-02T00:00:00Z');
  const codeOf = (context: Partial<Parameters<typeof verifyDetached>[2]>): (string | undefined)[] => {
    const verdict = verifyDetached(content, seal, { directory, at, sealedBy: 'TH', ...context });
    assert.equal(
      verdict.established,
      verdict.steps.every((step) => step.verdict === 'passed'),
    );
    return verdict.steps.flatMap((step) => (step.verdict === 'failed' ? [step.code] : []));
  };

  test('is good when the country that it comes from sealed it', () => assert.deepEqual(codeOf({}), []));
  test('fails when another country sealed it', () =>
    assert.deepEqual(codeOf({ sealedBy: 'VN' }), ['SIGNER-COUNTRY-DIFFERS']));
  test('fails when the signer’s country is no member', () =>
    assert.equal(codeOf({ directory: { ...directory, members: [] } }).length, 1));
  test('fails when the signer was revoked before', () => {
    const revocation = {
      country: 'TH',
      serialNumber: sealer.certificate.serialNumber,
      fingerprint256: sealer.certificate.fingerprint256,
      revokedAt: '2026-02-01T00:00:00Z',
      reason: 'key compromise',
    };
    assert.equal(codeOf({ directory: { ...directory, revocations: [revocation] } }).length, 1);
  });
  test('fails when it was sealed in the future', () =>
    assert.deepEqual(codeOf({ at: new Date('2026-02-26T08:00:00Z') }), ['SEAL-SIGNING-TIME-IN-FUTURE']));
});
