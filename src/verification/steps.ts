import type { Fault } from '../documents/fault.ts';
import type { JsonObject } from '../documents/json.ts';
import type { DocumentKind } from '../documents/types.ts';

/** The steps of a verification, in the order in which they are taken and shown. */
export const VERIFICATION_STEPS = [
  'unaltered',
  'seal',
  'signer-certificate',
  'signer-authority',
  'schema',
  'agreement-and-validity',
  'not-cancelled-and-quantity',
  'addressed-to-us',
] as const;

export type VerificationStepName = (typeof VERIFICATION_STEPS)[number];

/** One step with its verdict. “Not checked” is a verdict of its own and is never shown as good. */
export interface VerificationStep {
  readonly step: VerificationStepName;
  readonly verdict: 'passed' | 'failed' | 'not-checked';
  /** A sentence for the officer. */
  readonly reason: string;
  /** Stable code of what failed. */
  readonly code?: string;
}

/** The verdict on a sealed document. */
export interface Verification<Outcome extends string = 'verified' | 'refused'> {
  readonly outcome: Outcome;
  /** Null where the bytes are no document that the node knows. */
  readonly kind: DocumentKind | null;
  /** What the document says, as far as it could be read; of a refused document this is a claim and no more. */
  readonly json?: JsonObject;
  /** All steps, in order. */
  readonly steps: readonly VerificationStep[];
  /** Every fault that was found in the document itself, with pointer, XPath and line. */
  readonly faults: readonly Fault[];
  /** The country for which the signer speaks, where that was established. */
  readonly signerCountry?: string;
  readonly signingTime?: Date;
}

/** A step that passed. */
export function passed(step: VerificationStepName, reason: string): VerificationStep {
  return { step, verdict: 'passed', reason };
}

/** A step that failed. */
export function failed(step: VerificationStepName, code: string, reason: string): VerificationStep {
  return { step, verdict: 'failed', reason, code };
}

/** A step that was not taken, and why. */
export function notChecked(step: VerificationStepName, reason: string): VerificationStep {
  return { step, verdict: 'not-checked', reason };
}
