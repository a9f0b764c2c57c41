import type { Pool } from '../../store/pool.ts';
import type { SignedReference } from '../message/message.ts';
import type { ExchangeMeter } from '../meter.ts';
import { type AnswerJudgement, judgeAnswer } from '../sending/judge-answer.ts';
import { giveUp, raiseAlarm, type Settlement } from '../sending/settle.ts';
import { EbmsFailure } from '../signals/ebms-errors.ts';
import { readSignal, type Signal } from '../signals/signal.ts';
import type { TrustPort } from '../trust-port.ts';
import { findSent, noteReason, type SentMessage } from './signal-queries.ts';

/** What the taking of signals works with. */
export interface SignalParts {
  readonly pool: Pool;
  readonly trust: TrustPort;
  readonly clock: () => Date;
  readonly settlement: Settlement;
  readonly meter?: ExchangeMeter;
}

/** What a judgement that raises an alarm is called towards the partner. */
const TOLD: Readonly<Record<string, 'EBMS:0101' | 'EBMS:0103'>> = {
  'RECEIPT-NOT-BY-PARTNER': 'EBMS:0101',
  'EBMS:0101': 'EBMS:0101',
  'EBMS:0103': 'EBMS:0103',
};

/** Keeps for people that a partner sent a signal that cannot be, and refuses it. */
async function refuse(
  parts: SignalParts,
  caller: string,
  failure: EbmsFailure,
  why: { readonly code: string; readonly reason: string } = { code: failure.code, reason: failure.message },
): Promise<never> {
  const id = failure.refToMessageId;
  await raiseAlarm(
    parts.pool,
    {
      messageId: id !== undefined && /^[!-~]{1,250}$/.test(id) ? id : `unreadable signal from ${caller}`,
      conversation: undefined,
      partner: caller,
    },
    why,
    parts.clock(),
  );
  throw failure;
}

function open(parts: SignalParts, envelope: Buffer, messageId: string | undefined, caller: string): Signal {
  try {
    return readSignal(envelope, parts.trust.signingCertificates(caller));
  } catch (error) {
    throw error instanceof EbmsFailure ? error.of(messageId) : error;
  }
}

/** What an error signal says, in one sentence. */
function wordsOf(signal: Signal): string {
  if (signal.kind !== 'error') return '';
  return signal.errors
    .map(({ code, shortDescription, description }) => `${code} ${shortDescription}: ${description}`)
    .join(' ');
}

/** The message of ours that a signal is about. */
async function sentFor(parts: SignalParts, signal: Signal, caller: string): Promise<SentMessage> {
  const ref = signal.refToMessageId;
  if (ref === undefined)
    return refuse(
      parts,
      caller,
      new EbmsFailure(
        'EBMS:0003',
        'The error refers to no message: neither RefToMessageId nor refToMessageInError names one.',
        signal.messageId,
      ),
      { code: 'ERROR-WITHOUT-MESSAGE', reason: `${caller} tells an error of no message: ${wordsOf(signal)}` },
    );
  const sent = await findSent(parts.pool, ref);
  if (sent !== undefined && sent.partner === caller) return sent;
  const reason = `${caller} sent a ${signal.kind} for ${ref.slice(0, 200)}, which is no message that was sent to it.`;
  return refuse(
    parts,
    caller,
    new EbmsFailure(
      'EBMS:0001',
      `The message ${ref.slice(0, 200)} is not known here as one that was sent to you.`,
      signal.messageId,
    ),
    { code: 'SIGNAL-FOR-UNKNOWN-MESSAGE', reason },
  );
}

async function follow(
  parts: SignalParts,
  judgement: AnswerJudgement,
  signal: Signal,
  sent: SentMessage,
  at: Date,
): Promise<void> {
  const { pool, settlement } = parts;
  const about = { messageId: sent.messageId, conversation: sent.conversation, partner: sent.partner };
  switch (judgement.means) {
    case 'receipted':
      if (sent.state === 'receipted')
        return raiseAlarm(
          pool,
          about,
          { code: 'RECEIPT-AGAIN', reason: `${sent.partner} sent a receipt for a message that has one already.` },
          at,
        );
      await settlement.keep({
        ...about,
        receiptId: judgement.receiptId,
        bytes: judgement.bytes,
        sentAt: sent.lastAttemptAt ?? at,
        at,
      });
      return parts.meter?.tried(sent.partner, 'receipted', '', at.getTime() - (sent.lastAttemptAt ?? at).getTime());
    case 'refused':
    case 'retry':
      if (sent.state === 'receipted')
        return raiseAlarm(
          pool,
          about,
          { code: 'ERROR-AFTER-RECEIPT', reason: `${judgement.reason} The message has a receipt; the receipt stands.` },
          at,
        );
      return judgement.means === 'refused'
        ? giveUp(pool, about, judgement, at)
        : noteReason(pool, sent.messageId, judgement);
    case 'alarm': {
      await raiseAlarm(pool, about, judgement, at);
      throw new EbmsFailure(TOLD[judgement.code] ?? 'EBMS:0302', judgement.reason, signal.messageId);
    }
  }
}

/**
 * Takes a receipt or an error that came as a request of its own (ebMS3 Core §6.6, AS4 Profile §5.1.8: the asynchronous
 * reply), and judges it exactly like one that is the answer to a message: a late receipt counts, a false one is alarmed.
 * @param envelope the SOAP envelope
 * @param messageId of the signal, where it could be read
 * @param caller the country at the other end of TLS
 * @throws EbmsFailure for a signal that cannot be taken: EBMS:0001 for a message that was not sent to the caller,
 *   EBMS:0003 for an error that names none, EBMS:0101, EBMS:0103 and EBMS:0302 for false ones; a Refusal `unavailable`
 *   when nothing can be kept now
 */
export async function receiveSignal(
  parts: SignalParts,
  envelope: Buffer,
  messageId: string | undefined,
  caller: string,
): Promise<void> {
  let signal: Signal;
  try {
    signal = open(parts, envelope, messageId, caller);
  } catch (error) {
    if (error instanceof EbmsFailure) return refuse(parts, caller, error);
    throw error;
  }
  const at = parts.clock();
  const sent = await sentFor(parts, signal, caller);
  const partner = parts.trust.partner(caller, at);
  if (partner === undefined)
    return refuse(parts, caller, new EbmsFailure('EBMS:0101', `${caller} is not in the directory.`, signal.messageId));
  const told: { readonly messageId: string; readonly references: readonly SignedReference[] } = sent;
  const judgement = judgeAnswer({ status: 200, body: envelope }, told, partner, parts.trust, at);
  await follow(parts, judgement, signal, sent, at);
}
