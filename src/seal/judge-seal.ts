import type { X509Certificate } from 'node:crypto';
import { type XmlElement, XmlXPath } from 'libxml2-wasm';
import type { Fault } from '../documents/fault.ts';
import { certificateFromBase64 } from '../pki/parsed-certificate.ts';
import { verifyP256 } from './ecdsa-signature.ts';
import type { SealToJudge } from './read-own-form.ts';
import type { SealClaims } from './read-seal.ts';
import { certificateDigest } from './seal.ts';
import { SealFault } from './seal-fault.ts';

/** One step of the verification of a seal. */
export interface SealStep {
  readonly step: 'unaltered' | 'seal';
  readonly verdict: 'passed' | 'failed' | 'not-checked';
  /** A sentence for the officer. */
  readonly reason: string;
  readonly code?: string;
}

/** The cryptographic truth about a seal; whether the signer is to be trusted is for the federation to say. */
export interface SealFindings {
  /** Both steps passed. */
  readonly ok: boolean;
  readonly signerCertificate?: X509Certificate;
  readonly signingTime?: Date;
  readonly steps: readonly SealStep[];
  readonly faults: readonly Fault[];
}

const IDENTIFIERS = XmlXPath.compile(
  "descendant-or-self::*/@*[local-name() = 'Id' or local-name() = 'ID' or local-name() = 'id' or local-name() = 'iD']",
);

/** @throws a SealFault when two elements of a seal have the same Id */
export function checkUnique(signature: XmlElement): void {
  const identifiers = signature.find(IDENTIFIERS).map((one) => one.content);
  if (new Set(identifiers).size === identifiers.length) return;
  throw new SealFault('SEAL-ID-AMBIGUOUS', 'Two elements of the seal have the same Id.', signature.line);
}

/** A document whose bytes are no XML that is read at all. */
export function unreadableSeal(faults: readonly Fault[]): SealFindings {
  return {
    ok: false,
    steps: [
      { step: 'unaltered', verdict: 'not-checked', reason: 'The document cannot be read.' },
      { step: 'seal', verdict: 'failed', reason: 'The document cannot be read.', code: faults[0]?.code ?? 'XML' },
    ],
    faults,
  };
}

/** Compares what a seal says with the bytes and digests that were found. */
export function judgeSeal({ seal, signedInfo, propertiesDigest, documentDigest }: SealToJudge): SealFindings {
  const unaltered: SealStep =
    documentDigest === seal.documentDigest
      ? { step: 'unaltered', verdict: 'passed', reason: 'The document is as it was when it was sealed.' }
      : {
          step: 'unaltered',
          verdict: 'failed',
          reason: 'The document was altered after it was sealed: its digest is not the one in the seal.',
          code: 'DOCUMENT-ALTERED',
        };
  const signerCertificate = readCertificate(seal.certificate);
  const fault = judgeSignature(seal, signedInfo, propertiesDigest, signerCertificate);
  const ofSeal: SealStep =
    fault === undefined
      ? { step: 'seal', verdict: 'passed', reason: 'The seal is good and covers the whole document.' }
      : { step: 'seal', verdict: 'failed', reason: fault.message, code: fault.code };
  const steps = [unaltered, ofSeal];
  return {
    ok: steps.every((one) => one.verdict === 'passed'),
    signerCertificate,
    signingTime: seal.signingTime,
    steps,
    faults: steps.flatMap((one) =>
      one.code === undefined ? [] : [{ code: one.code, pointer: '', message: one.reason }],
    ),
  };
}

function readCertificate(base64: string): X509Certificate {
  try {
    return certificateFromBase64(base64);
  } catch {
    throw new SealFault('SEAL-CERTIFICATE-UNREADABLE', 'The certificate in the seal cannot be read.');
  }
}

function judgeSignature(
  seal: SealClaims,
  signedInfo: Buffer,
  propertiesDigest: string,
  certificate: X509Certificate,
): SealFault | undefined {
  if (certificate.publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    return new SealFault('SEAL-KEY-NOT-ALLOWED', 'The key of the seal is not a P-256 key.');
  }
  const value = Buffer.from(seal.value, 'base64');
  if (!verifyP256(signedInfo, certificate.publicKey, value)) {
    return new SealFault('SEAL-SIGNATURE-WRONG', 'The signature does not fit the certificate in the seal.');
  }
  if (propertiesDigest !== seal.propertiesDigest) {
    return new SealFault('SEAL-PROPERTIES-ALTERED', 'Signing time or certificate of the seal were altered.');
  }
  if (certificateDigest(certificate) !== seal.certificateDigest) {
    return new SealFault(
      'SEAL-CERTIFICATE-DIFFERS',
      'The certificate in the seal is not the one that was sealed with.',
    );
  }
  if (seal.signingTime < certificate.validFromDate || seal.signingTime > certificate.validToDate) {
    return new SealFault(
      'SEAL-SIGNING-TIME-OUTSIDE-VALIDITY',
      `Sealed ${seal.signingTime.toISOString()}, when the certificate was not valid.`,
    );
  }
  return undefined;
}

/** A seal that is not built as it must be. */
export function refusedSeal(fault: SealFault): SealFindings {
  return {
    ok: false,
    steps: [
      { step: 'unaltered', verdict: 'not-checked', reason: 'Without a sound seal nothing says how the document was.' },
      { step: 'seal', verdict: 'failed', reason: fault.message, code: fault.code },
    ],
    faults: [
      {
        code: fault.code,
        pointer: '',
        message: fault.message,
        ...(fault.line === undefined || fault.line <= 0 ? {} : { line: fault.line }),
      },
    ],
  };
}
