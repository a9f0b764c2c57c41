import { EBMS_ERRORS, type EbmsFailure } from './ebms-errors.ts';
import type { MessageKey } from './message.ts';
import { writeSignedSignal } from './receipt.ts';
import { writeBody, writeEnvelope, writeSignalMessage } from './write-envelope.ts';
import { escapeAttribute, escapeText } from './xml-text.ts';

/**
 * Composes the error signal that answers a message (ebMS3 Core §6.2): signed when a key is given.
 * @returns a SOAP 1.2 envelope, to be sent as application/soap+xml
 */
export function composeError(
  failure: EbmsFailure,
  terms: { readonly messageId: string; readonly timestamp: Date; readonly signing?: MessageKey },
): Buffer {
  const { name, severity, category } = EBMS_ERRORS[failure.code];
  const ref = failure.refToMessageId;
  const about = ref === undefined ? '' : ` refToMessageInError="${escapeAttribute(ref)}"`;
  // Attributes in the order of their names, as the canonical form has them.
  const content = `<eb:Error category="${category}" errorCode="${failure.code}"${about} severity="${severity}" shortDescription="${name}"><eb:Description xml:lang="en">${escapeText(failure.message)}</eb:Description></eb:Error>`;
  const info = { messageId: terms.messageId, timestamp: terms.timestamp, refToMessageId: ref };
  if (terms.signing !== undefined) return writeSignedSignal(info, content, terms.signing);
  return Buffer.from(writeEnvelope('', writeSignalMessage('messaging', info, content), writeBody('body')));
}
