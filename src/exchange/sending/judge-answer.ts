import type { SignedReference } from '../message/message.ts';
import { checkProfile, profileSpoken } from '../security-profile.ts';
import { EbmsFailure } from '../signals/ebms-errors.ts';
import { checkReceiptReferences, readSignal } from '../signals/signal.ts';
import type { ExchangePartner, TrustPort } from '../trust-port.ts';
import type { HttpAnswer } from './deliver-message.ts';

/** What an answer means for the message it came for. */
export type AnswerJudgement =
  | { readonly means: 'receipted'; readonly receiptId: string; readonly bytes: Buffer }
  /** The partner says that trying again is of no use: the message itself must change. */
  | { readonly means: 'refused'; readonly code: string; readonly reason: string }
  | {
      readonly means: 'retry';
      readonly code: string;
      readonly reason: string;
      /** The partner can take nothing at the moment, whatever is sent. */
      readonly isOverloaded?: boolean;
    }
  /** Not a receipt at all, although it looks like one, or is not the partner's: somebody must look (threat A5). */
  | { readonly means: 'alarm'; readonly code: string; readonly reason: string };

/** Errors that the same bytes will meet at every try. */
const PERMANENT = new Set([
  'EBMS:0001',
  'EBMS:0002',
  'EBMS:0003',
  'EBMS:0007',
  'EBMS:0008',
  'EBMS:0009',
  'EBMS:0010',
  'EBMS:0011',
  'EBMS:0103',
  'EBMS:0303',
]);

/**
 * Judges what a partner answered to a message. Only a receipt that is signed by the partner, names the message and tells
 * the digest of every part as it was sent is one (AS4 Profile §5.1.8).
 */
export function judgeAnswer(
  answer: HttpAnswer,
  sent: { readonly messageId: string; readonly references: readonly SignedReference[] },
  partner: ExchangePartner,
  trust: TrustPort,
  now: Date,
): AnswerJudgement {
  if (answer.body.length === 0 && answer.status >= 200 && answer.status < 300)
    return {
      means: 'retry',
      code: 'EBMS:0301',
      reason: `${partner.country} answered with the status ${answer.status} and without a receipt; one that comes by itself counts.`,
    };
  if (answer.status === 503 || answer.status === 429 || answer.body.length === 0)
    return {
      means: 'retry',
      code: `HTTP-${answer.status}`,
      reason: `${partner.country} answered with the status ${answer.status}.`,
      isOverloaded: answer.status >= 429,
    };
  try {
    const signal = readSignal(answer.body, trust.signingCertificates(partner.country));
    if (signal.signerCertificate !== undefined) {
      const judgement = trust.judgeSigner({ certificate: signal.signerCertificate, use: 'as4-signing', at: now });
      if (!judgement.trusted || judgement.country !== partner.country)
        return {
          means: 'alarm',
          code: 'RECEIPT-NOT-BY-PARTNER',
          reason: judgement.trusted
            ? `The answer is signed by ${judgement.country}, not by ${partner.country}.`
            : `The answer's signer is not trusted: ${judgement.reason}`,
        };
    }
    if (signal.signatureAlgorithm !== undefined)
      checkProfile(profileSpoken(signal.signatureAlgorithm, undefined), [partner.profile, trust.ownProfile()]);
    if (signal.kind === 'error') {
      const named = [signal.refToMessageId, ...signal.errors.map((error) => error.refToMessageInError)];
      const other = named.find((id) => id !== undefined && id !== sent.messageId);
      if (other !== undefined)
        return {
          means: 'alarm',
          code: 'ERROR-FOR-ANOTHER-MESSAGE',
          reason: `The error is told of ${other.slice(0, 200)}.`,
        };
      const permanent = signal.errors.find(({ code, severity }) => PERMANENT.has(code) && severity !== 'warning');
      const code = (permanent ?? signal.errors[0])?.code ?? 'EBMS:0004';
      const told = signal.errors.map((error) => `${error.code} ${error.shortDescription}: ${error.description}`);
      const reason = `${partner.country} answered ${told.join(' ')}`;
      // An error that nobody signed ends nothing: anyone could have said it.
      const isFinal = permanent !== undefined && signal.signerCertificate !== undefined;
      return { means: isFinal ? 'refused' : 'retry', code, reason };
    }
    if (signal.refToMessageId !== sent.messageId)
      return {
        means: 'alarm',
        code: 'RECEIPT-FOR-ANOTHER-MESSAGE',
        reason: `The receipt is for ${signal.refToMessageId.slice(0, 200)}.`,
      };
    const difference = checkReceiptReferences(sent.references, signal.references);
    if (difference !== undefined) return { means: 'alarm', code: 'RECEIPT-DIGESTS', reason: difference };
    return { means: 'receipted', receiptId: signal.messageId, bytes: answer.body };
  } catch (error) {
    if (!(error instanceof EbmsFailure)) throw error;
    return {
      means: answer.status >= 500 ? 'retry' : 'alarm',
      code: error.code,
      reason: `The answer (status ${answer.status}) is not a receipt: ${error.message}`,
      isOverloaded: answer.status >= 500,
    };
  }
}
