import type { X509Certificate } from 'node:crypto';
import { judgeCertificate } from '../pki/certificate-path.ts';
import { readCertificate } from '../pki/parsed-certificate.ts';
import { type Circumstances, examine, hasFailed, isEstablished, type SignerJudge } from './examine.ts';
import { failed, notChecked, passed, type Verification } from './steps.ts';

/** `undecided`: nothing is wrong, but without a directory it is not established that the signer was entitled. */
export type FileOutcome = 'verified' | 'refused' | 'undecided';

export interface FileContext extends Circumstances {
  /** The national authority that the reader trusts by own decision, from a file; absent, the signer is not judged. */
  readonly authority?: X509Certificate;
}

/**
 * Verifies a sealed document where no federation directory is at hand, as an integrator does on the own desk: seal and
 * content as `verifyDocument`, the signer’s certificate by the one authority that is given, its rights not at all.
 */
export function verifyFile(bytes: Uint8Array, context: FileContext): Verification<FileOutcome> {
  const found = examine(bytes, context.authority === undefined ? judgeNobody : judgeByOne(context.authority), context);
  if (hasFailed(found.steps)) return { outcome: 'refused', ...found };
  return { outcome: isEstablished(found) ? 'verified' : 'undecided', ...found };
}

const NO_DIRECTORY = 'Not checked: without the federation directory it is not known what the signer may issue.';

const judgeNobody: SignerJudge = {
  certificate(certificate) {
    const name = certificate.subject.replaceAll('\n', ', ').slice(0, 200);
    const reason = `Not checked: neither directory nor authority was given. The certificate calls its holder “${name}”.`;
    return { step: notChecked('signer-certificate', reason) };
  },
  authority: () => notChecked('signer-authority', NO_DIRECTORY),
};

function judgeByOne(authority: X509Certificate): SignerJudge {
  return {
    certificate(certificate, signingTime) {
      const { country } = readCertificate(authority).subject;
      const judgement = judgeCertificate({
        certificate,
        authorities: [authority],
        use: 'sealing',
        at: signingTime,
        country,
        revocations: [],
      });
      const step = 'signer-certificate';
      return judgement.trusted
        ? { step: passed(step, `The signer was certified by the given authority of ${country}.`), country }
        : { step: failed(step, judgement.code, judgement.reason) };
    },
    authority: () => notChecked('signer-authority', NO_DIRECTORY),
  };
}
