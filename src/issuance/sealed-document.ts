import { toXml } from '../documents/codec.ts';
import { Refusal } from '../documents/refusal.ts';
import type { ApplicationResponse, CertificateOfOrigin } from '../documents/types.ts';
import { sealDocument } from '../seal/seal.ts';
import { verifySeal } from '../seal/verify-seal.ts';
import { verifyDocument } from '../verification/verify-document.ts';
import type { IssuanceParts } from './ports.ts';
import type { VerificationStepView } from './views.ts';

/** Sealed XML and what this node found when it checked its own work. */
export interface SealedDocument {
  readonly bytes: Buffer;
  readonly steps: readonly VerificationStepView[];
}

/**
 * Writes a certificate as XML, seals it, and verifies the sealed bytes as the importing country will: what this node
 * would refuse itself is never put out.
 * @throws the refusal `CERTIFICATE-WOULD-BE-REFUSED` with the reasons.
 */
export function sealCertificate(parts: IssuanceParts, certificate: CertificateOfOrigin, now: Date): SealedDocument {
  const bytes = sealed(parts, toXml('certificate-of-origin', certificate), now);
  const directory = parts.directory();
  if (directory === null) return { bytes, steps: ownSealSteps(bytes) };
  const verification = verifyDocument(bytes, {
    directory,
    at: now,
    receivingCountry: certificate.importingCountry,
    known: { cancelled: false },
  });
  const failed = verification.steps.filter((one) => one.verdict === 'failed');
  if (verification.outcome === 'refused') throw wouldBeRefused(failed.map((one) => one.reason));
  return { bytes, steps: verification.steps };
}

/** Writes an answer as XML and seals it. */
export function sealResponse(parts: IssuanceParts, response: ApplicationResponse, now: Date): Buffer {
  const bytes = sealed(parts, toXml('application-response', response), now);
  ownSealSteps(bytes);
  return bytes;
}

function sealed(parts: IssuanceParts, xml: string, now: Date): Buffer {
  const { privateKey, certificate } = parts.sealingKey();
  return sealDocument(xml, { privateKey, certificate, signingTime: now });
}

function ownSealSteps(bytes: Buffer): readonly VerificationStepView[] {
  const findings = verifySeal(bytes);
  if (!findings.ok) throw wouldBeRefused(findings.faults.map((one) => one.message));
  return [
    { step: 'seal', verdict: 'passed', reason: 'The seal is good and covers the whole document.' },
    { step: 'signer-certificate', verdict: 'not-checked', reason: 'This node has no federation directory yet.' },
  ];
}

function wouldBeRefused(reasons: readonly string[]): Refusal {
  return new Refusal(
    'unavailable',
    'CERTIFICATE-WOULD-BE-REFUSED',
    `The document that this node made does not pass its own verification, so nothing was issued. ${reasons.join(' ')}`,
  );
}
