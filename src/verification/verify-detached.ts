import type { Directory } from '../federation/directory.ts';
import { judgeSigner } from '../federation/trust.ts';
import { type SealedContent, verifyDetachedSeal } from '../seal/detached-seal.ts';
import { failed, notChecked, passed, type VerificationStep } from './steps.ts';

/** The verdict on a file with a detached seal; what the file says is for its reader to judge. */
export interface DetachedVerification {
  /** Every step passed: the bytes are those that the named country sealed. */
  readonly established: boolean;
  /** unaltered, seal, signer-certificate, signer-authority, in this order. */
  readonly steps: readonly VerificationStep[];
  readonly signingTime?: Date;
}

/** Clocks of two nodes may differ by this much (threat A6). */
const CLOCK_TOLERANCE_IN_MILLISECONDS = 5 * 60 * 1000;

/**
 * Verifies a file with its detached seal: bytes unaltered, seal good, signer certified at the time of sealing by an
 * authority of the directory, and sealed by the country in whose name it comes. Pure: the moment is given.
 */
export function verifyDetached(
  content: SealedContent,
  seal: Uint8Array,
  context: {
    /** The federation directory that this node holds. */
    readonly directory: Directory;
    /** The moment of the verification. */
    readonly at: Date;
    /** ISO 3166-1 alpha-2 of the country that must have sealed it. */
    readonly sealedBy: string;
  },
): DetachedVerification {
  const findings = verifyDetachedSeal(content, seal);
  const { signerCertificate, signingTime } = findings;
  if (!findings.ok || signerCertificate === undefined || signingTime === undefined) {
    const reason = 'Not checked, because nothing under an unsound seal can be relied on.';
    const rest = [notChecked('signer-certificate', reason), notChecked('signer-authority', reason)];
    return { established: false, steps: [...findings.steps, ...rest] };
  }
  const signer = judge(context, signerCertificate, signingTime);
  const steps = [...findings.steps, ...signer];
  return { established: steps.every(({ verdict }) => verdict === 'passed'), steps, signingTime };
}

function judge(
  context: { readonly directory: Directory; readonly at: Date; readonly sealedBy: string },
  certificate: NonNullable<ReturnType<typeof verifyDetachedSeal>['signerCertificate']>,
  signingTime: Date,
): VerificationStep[] {
  const nobody = notChecked('signer-authority', 'Not checked, because it is not established who sealed it.');
  if (signingTime.getTime() > context.at.getTime() + CLOCK_TOLERANCE_IN_MILLISECONDS) {
    const reason = `The seal says that it was made ${signingTime.toISOString()}, which is still to come.`;
    return [failed('signer-certificate', 'SEAL-SIGNING-TIME-IN-FUTURE', reason), nobody];
  }
  const judgement = judgeSigner(context.directory, { certificate, use: 'sealing', at: signingTime, now: context.at });
  if (!judgement.trusted) return [failed('signer-certificate', judgement.code, judgement.reason), nobody];
  const { country, revokedLater } = judgement;
  const later = revokedLater === undefined ? '' : ` Signer revoked later: ${revokedLater.revokedAt}.`;
  return [
    passed('signer-certificate', `The signer was certified by ${country} when it sealed.${later}`),
    country === context.sealedBy
      ? passed('signer-authority', `${country} speaks for itself.`)
      : failed(
          'signer-authority',
          'SIGNER-COUNTRY-DIFFERS',
          `The file comes in the name of ${context.sealedBy}, but was sealed by ${country}.`,
        ),
  ];
}
