import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toXml } from '../../src/documents/codec.ts';
import type { ApplicationResponse, CertificateOfOrigin } from '../../src/documents/types.ts';
import type { Directory, Member } from '../../src/federation/directory.ts';
import { sealDocument } from '../../src/seal/seal.ts';
import { VERIFICATION_STEPS, type Verification } from '../../src/verification/steps.ts';
import { type VerificationContext, verifyDocument } from '../../src/verification/verify-document.ts';
import { verifyFile } from '../../src/verification/verify-file.ts';
import { exampleCertificate, exampleResponse } from '../documents/examples.ts';
import { authority, SEALED_AT, sealedXml, sealer } from '../seal/sealing.ts';

const RECEIVED_AT = new Date('2026-03-02T00:00:00Z');

const thailand: Member = {
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
  mayIssue: [{ kind: 'certificate-of-origin', scheme: 'ATIGA-FORM-D', from: '2025-01-01T00:00:00Z' }],
};

function directoryOf(member: Partial<Member> = {}, more: Partial<Directory> = {}): Directory {
  return {
    serial: 1,
    issuedAt: '2026-01-01T00:00:00Z',
    freshUntil: '2026-12-01T00:00:00Z',
    expiresAt: '2027-12-31T00:00:00Z',
    previousDigest: null,
    members: [{ ...thailand, ...member }],
    revocations: [],
    schemaSet: { digest: '0'.repeat(64), version: '1' },
    ...more,
  };
}

const revocation = {
  country: 'TH',
  serialNumber: sealer.certificate.serialNumber,
  fingerprint256: sealer.certificate.fingerprint256,
  reason: 'key compromise',
};

function verifyBytes(bytes: string | Buffer, context: Partial<VerificationContext> = {}): Verification {
  return verifyDocument(Buffer.from(bytes), {
    directory: directoryOf(),
    at: RECEIVED_AT,
    receivingCountry: 'VN',
    known: { cancelled: false, quantityLeft: true },
    ...context,
  });
}

function sealedCertificate(change: Partial<CertificateOfOrigin>): Buffer {
  return sealDocument(toXml('certificate-of-origin', exampleCertificate(change)), sealer);
}

function sealedResponse(change: Partial<ApplicationResponse>): Buffer {
  return sealDocument(toXml('application-response', exampleResponse(change)), sealer);
}

function verdicts(verification: Verification): string {
  return verification.steps.map((one) => one.verdict[0]).join('');
}

/** Each row: what, the verification, verdicts in order (p, f, n), code of the first failed step. */
const refused: readonly (readonly [what: string, found: Verification, verdicts: string, code: string])[] = [
  ['no XML', verifyBytes('no'), 'nfnnnnnn', 'XML-MALFORMED'],
  ['another document', verifyBytes('<a><b/></a>'), 'nfnnnnnn', 'SEAL-MISSING'],
  ['an altered value', verifyBytes(sealedXml.replace('Siam', 'Slam')), 'fpnnnnnn', 'DOCUMENT-ALTERED'],
  [
    'a signer whom no authority in the directory certified',
    verifyBytes(sealedXml, { directory: directoryOf({ authorities: [] }) }),
    'ppfnpppp',
    'SIGNER-NOT-A-MEMBER',
  ],
  [
    'C3 a signer revoked before sealing',
    verifyBytes(sealedXml, {
      directory: directoryOf({}, { revocations: [{ ...revocation, revokedAt: '2026-02-01T00:00:00Z' }] }),
    }),
    'ppfnpppp',
    'CERTIFICATE-REVOKED',
  ],
  [
    'a seal from the future',
    verifyBytes(sealedXml, { at: new Date(SEALED_AT.getTime() - 6 * 60 * 1000) }),
    'ppfnpppp',
    'SEAL-SIGNING-TIME-IN-FUTURE',
  ],
  [
    'a signer that may not issue this kind',
    verifyBytes(sealedXml, { directory: directoryOf({ mayIssue: [] }) }),
    'pppfpppp',
    'ISSUANCE-NOT-GRANTED',
  ],
  [
    'C2 a document that speaks for another country',
    verifyBytes(sealedResponse({ receiver: { country: 'VN', authority: 'Viet Nam Customs' } })),
    'pppfpnnp',
    'SIGNER-COUNTRY-DIFFERS',
  ],
  [
    'a document that does not follow the rules',
    verifyBytes(sealedCertificate({ number: 'ATIGA-TH-2026-0000418-X' })),
    'ppppfnnn',
    'NUMBER-CHECK-CHARACTER',
  ],
  [
    'B2 an expired certificate',
    verifyBytes(sealedXml, { at: new Date('2027-06-01T00:00:00Z') }),
    'pppppfpp',
    'CERTIFICATE-OF-ORIGIN-EXPIRED',
  ],
  [
    'B2 a cancelled certificate',
    verifyBytes(sealedXml, { known: { cancelled: true } }),
    'ppppppfp',
    'CERTIFICATE-CANCELLED',
  ],
  [
    'B1 a certificate that is used up',
    verifyBytes(sealedXml, { known: { cancelled: false, quantityLeft: false } }),
    'ppppppfp',
    'CERTIFICATE-USED-UP',
  ],
  [
    'B2 a certificate for another country',
    verifyBytes(sealedXml, { receivingCountry: 'JP' }),
    'pppppppf',
    'ADDRESSED-ELSEWHERE',
  ],
];

describe('verification', () => {
  test('of a good certificate passes every step, in order, and gives what it says', () => {
    const found = verifyBytes(sealedXml);
    assert.equal(found.outcome, 'verified');
    assert.deepEqual(
      found.steps.map((one) => one.step),
      VERIFICATION_STEPS,
    );
    assert.equal(verdicts(found), 'pppppppp');
    assert.equal(found.kind, 'certificate-of-origin');
    assert.deepEqual(found.json, exampleCertificate());
    assert.equal(found.signerCountry, 'TH');
  });

  for (const [what, found, expected, code] of refused) {
    test(`refuses ${what}, with the reason`, () => {
      assert.equal(found.outcome, 'refused');
      assert.equal(verdicts(found), expected);
      assert.equal(found.steps.find((one) => one.verdict === 'failed')?.code, code);
      for (const one of found.steps) assert.match(one.reason, /^\S.*[.)]$/);
    });
  }

  test('C3 keeps a document valid whose signer was revoked later, and says so', () => {
    const found = verifyBytes(sealedXml, {
      directory: directoryOf({}, { revocations: [{ ...revocation, revokedAt: '2026-02-27T00:00:00Z' }] }),
    });
    assert.equal(found.outcome, 'verified');
    assert.match(found.steps[2]?.reason ?? '', /revoked later: 2026-02-27/);
  });

  test('says “not checked” of what cannot be known, never “passed”', () => {
    const found = verifyDocument(Buffer.from(sealedXml), {
      directory: directoryOf(),
      at: RECEIVED_AT,
      known: { cancelled: false },
    });
    assert.equal(verdicts(found), 'ppppppnn');
    assert.equal(found.outcome, 'verified');
  });

  test('of an answer needs no right to issue, but the answering country’s own seal', () => {
    const found = verifyBytes(
      sealedResponse({
        sender: { country: 'TH', authority: 'Department of Foreign Trade' },
        receiver: { country: 'VN', authority: 'Viet Nam Customs' },
      }),
    );
    assert.equal(verdicts(found), 'pppppnnp');
    assert.equal(found.outcome, 'verified');
  });

  test('X4 reads the whole of a value that a comment splits', () => {
    const found = verifyBytes(sealedXml.replace('Siam Motor', 'Siam<!-- x --> Motor'));
    assert.deepEqual(found.json, exampleCertificate());
    assert.equal(found.outcome, 'verified');
  });
});

describe('verification of a file', () => {
  test('without an authority leaves the signer unchecked and the outcome open', () => {
    const found = verifyFile(Buffer.from(sealedXml), { at: RECEIVED_AT });
    assert.equal(found.outcome, 'undecided');
    assert.equal(found.steps.map((one) => one.verdict[0]).join(''), 'ppnnppnn');
  });

  test('with the authority’s certificate judges the signer, not its rights', () => {
    const found = verifyFile(Buffer.from(sealedXml), { at: RECEIVED_AT, authority: authority.certificate });
    assert.equal(found.outcome, 'undecided');
    assert.equal(found.steps.map((one) => one.verdict[0]).join(''), 'pppnppnn');
  });

  test('refuses what is altered', () => {
    assert.equal(verifyFile(Buffer.from(sealedXml.replace('Siam', 'Slam')), { at: RECEIVED_AT }).outcome, 'refused');
  });
});
