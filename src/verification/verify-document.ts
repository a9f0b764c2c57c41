import type { Directory } from '../federation/directory.ts';
import { judgeAuthority, judgeSigner } from '../federation/trust.ts';
import { type Circumstances, examine, isEstablished, type SignerJudge } from './examine.ts';
import { failed, passed, type Verification } from './steps.ts';

export type { Verification, VerificationStep } from './steps.ts';

/** What a document is verified against. */
export interface VerificationContext extends Circumstances {
  /** The federation directory that this node holds. */
  readonly directory: Directory;
}

/**
 * Verifies a sealed document: unaltered, seal, signer’s certificate at the time of sealing, signer’s right to issue this
 * kind at that time, schema, agreement and validity, not cancelled, addressed to us (documents.md, “Verification”). After
 * a failed step, those that would rest on it are “not checked”. `verified` needs every step passed that can be judged
 * from document and directory. Pure: the moment is given, nothing is stored.
 */
export function verifyDocument(bytes: Uint8Array, context: VerificationContext): Verification {
  const found = examine(bytes, judgeByDirectory(context.directory, context.at), context);
  return { outcome: isEstablished(found) ? 'verified' : 'refused', ...found };
}

function judgeByDirectory(directory: Directory, now: Date): SignerJudge {
  return {
    certificate(certificate, signingTime) {
      const step = 'signer-certificate';
      const judgement = judgeSigner(directory, { certificate, use: 'sealing', at: signingTime, now });
      if (!judgement.trusted) return { step: failed(step, judgement.code, judgement.reason) };
      const { country, revokedLater } = judgement;
      const later =
        revokedLater === undefined
          ? ''
          : ` Signer revoked later: ${revokedLater.revokedAt} (${revokedLater.reason}); what was sealed before stays valid.`;
      return { step: passed(step, `The signer was certified by ${country} when it sealed.${later}`), country };
    },
    authority(question) {
      const step = 'signer-authority';
      const judgement = judgeAuthority(directory, question);
      return judgement.granted
        ? passed(step, `${question.country} may issue this kind of document under ${question.scheme}.`)
        : failed(step, judgement.code, judgement.reason);
    },
  };
}
