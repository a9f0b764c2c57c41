import { randomBytes } from 'node:crypto';
import { NS } from '../envelope/namespaces.ts';
import { writeBody, writeEnvelope, writeSignalMessage } from '../envelope/write-envelope.ts';
import type { MessageKey, SignedReference } from '../message/message.ts';
import { elementReference, writeReference, writeSecurity, writeSignature } from '../ws-security/security-header.ts';

/** Who signs a signal, and when. */
export interface SignalTerms {
  /** Of the signal itself. */
  readonly messageId: string;
  readonly timestamp: Date;
  readonly signing: MessageKey;
}

/** Signs a signal's header and empty body and puts the envelope around them. */
export function writeSignedSignal(
  info: { readonly messageId: string; readonly timestamp: Date; readonly refToMessageId: string | undefined },
  content: string,
  signing: MessageKey,
): Buffer {
  const unique = randomBytes(12).toString('hex');
  const messaging = writeSignalMessage(`messaging-${unique}`, info, content);
  const body = writeBody(`body-${unique}`);
  const references = [elementReference(`messaging-${unique}`, messaging), elementReference(`body-${unique}`, body)];
  const signature = writeSignature(`signature-${unique}`, references, signing);
  return Buffer.from(writeEnvelope(writeSecurity(signature), messaging, body));
}

/** What a receipt tells: one entry for each reference of the message's signature. */
export function writeReceiptContent(references: readonly SignedReference[]): string {
  const parts = references.map(
    (reference) =>
      `<ebbp:MessagePartNRInformation>${writeReference(reference).replace('<ds:Reference ', `<ds:Reference xmlns:ds="${NS.ds}" `)}</ebbp:MessagePartNRInformation>`,
  );
  return `<eb:Receipt><ebbp:NonRepudiationInformation xmlns:ebbp="${NS.ebbp}">${parts.join('')}</ebbp:NonRepudiationInformation></eb:Receipt>`;
}

/**
 * Composes the signed receipt of a message: non-repudiation information with one entry for each reference of the
 * message's signature, told again as it stood there (AS4 Profile §5.1.8, ebBP signals 2.0).
 * @returns a SOAP 1.2 envelope, to be sent as application/soap+xml
 */
export function composeReceipt(
  of: { readonly messageId: string; readonly references: readonly SignedReference[] },
  terms: SignalTerms,
): Buffer {
  return writeSignedSignal(
    { messageId: terms.messageId, timestamp: terms.timestamp, refToMessageId: of.messageId },
    writeReceiptContent(of.references),
    terms.signing,
  );
}
