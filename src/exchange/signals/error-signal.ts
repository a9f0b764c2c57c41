import { composeFault } from '../envelope/soap-fault.ts';
import { writeBody, writeEnvelope, writeSignalMessage } from '../envelope/write-envelope.ts';
import { escapeAttribute, escapeText } from '../envelope/xml-text.ts';
import type { MessageKey } from '../message/message.ts';
import { EBMS_ERRORS, type EbmsFailure, type EbmsProblem } from './ebms-errors.ts';
import { writeSignedSignal } from './receipt.ts';

/** What an error signal is made with; it is signed when a key is given. */
export interface ErrorTerms {
  readonly messageId: string;
  readonly timestamp: Date;
  readonly signing?: MessageKey;
}

/**
 * An `eb:Error` in canonical form: attributes in the order of their names. Whatever stopped the message is a failure,
 * also where the standard recommends a warning for the code (ebMS3 Core §6.2.5: a warning stops nothing).
 */
function writeError({ code, description }: EbmsProblem, ref: string | undefined): string {
  const { name, category, origin } = EBMS_ERRORS[code];
  const severity = code === 'EBMS:0006' ? 'warning' : 'failure';
  const about = ref === undefined ? '' : ` refToMessageInError="${escapeAttribute(ref)}"`;
  return `<eb:Error category="${category}" errorCode="${code}" origin="${origin}"${about} severity="${severity}" shortDescription="${name}"><eb:Description xml:lang="en">${escapeText(description)}</eb:Description></eb:Error>`;
}

function writeErrors(failure: EbmsFailure): string {
  return failure.problems.map((problem) => writeError(problem, failure.refToMessageId)).join('');
}

/**
 * Composes the error signal that answers a message (ebMS3 Core §6.2), with everything that was found wrong.
 * @returns a SOAP 1.2 envelope, to be sent as application/soap+xml
 */
export function composeError(failure: EbmsFailure, terms: ErrorTerms): Buffer {
  const content = writeErrors(failure);
  const info = { messageId: terms.messageId, timestamp: terms.timestamp, refToMessageId: failure.refToMessageId };
  if (terms.signing !== undefined) return writeSignedSignal(info, content, terms.signing);
  return Buffer.from(writeEnvelope('', writeSignalMessage('messaging', info, content), writeBody('body')));
}

/** An answer as it goes over HTTP. */
export interface FailureAnswer {
  readonly status: number;
  /** Value of the Content-Type header. */
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * The answer to a message that is refused: the error signal, with status 200 because it is no SOAP fault; or, where SOAP
 * 1.2 demands one, the fault with the error signal in its header (ebMS3 Core §6.6), with the status of SOAP's HTTP
 * binding.
 */
export function composeFailureAnswer(failure: EbmsFailure, terms: ErrorTerms): FailureAnswer {
  if (failure.fault === undefined)
    return {
      status: 200,
      contentType: 'application/soap+xml; charset=UTF-8',
      body: composeError(failure, terms),
    };
  const info = { messageId: terms.messageId, timestamp: terms.timestamp, refToMessageId: failure.refToMessageId };
  return composeFault(failure.fault, failure.message, { info, content: writeErrors(failure), signing: terms.signing });
}
