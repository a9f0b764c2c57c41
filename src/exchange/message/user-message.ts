import { randomBytes, type X509Certificate } from 'node:crypto';
import { fitsProfile } from '../../pki/message-keys.ts';
import { refuseSoap11Bytes } from '../envelope/read-envelope.ts';
import { type PartInformation, writeBody, writeEnvelope, writeUserMessage } from '../envelope/write-envelope.ts';
import type { SecurityProfileName } from '../security-profile.ts';
import { EbmsFailure } from '../signals/ebms-errors.ts';
import { decryptContent, encryptContent } from '../ws-security/content-cipher.ts';
import { type Encryption, writeEncryption } from '../ws-security/encrypt.ts';
import {
  attachmentReference,
  elementReference,
  writeSecurity,
  writeSignature,
} from '../ws-security/security-header.ts';
import { digestsSigned, digestToSign, signedFormOf } from '../ws-security/signed-form.ts';
import { compress, decompress } from './compression.ts';
import type {
  ComposedMessage,
  MessageKey,
  OpenedMessage,
  Payload,
  SignedReference,
  UserMessageHeader,
} from './message.ts';
import { type MimeLimits, type MimePart, readMultipart, readParameters, writeMultipart } from './mime.ts';
import { MESSAGE_LIMITS, type MessageLimits, type OpeningKeys, openEnvelope } from './opening.ts';

/** What a message is signed with, and for whom it is encrypted, in one profile. */
export interface SendingSecurity {
  /** eDelivery AS4 2.0 common usage when absent. */
  readonly profile?: SecurityProfileName;
  readonly signing: MessageKey;
  /** The recipient's certificate for encryption. */
  readonly recipient: X509Certificate;
}

/** A payload as it is signed: compressed where it is said, not encrypted. */
export interface PartToSign extends PartInformation {
  /** SHA-256 in base64. */
  readonly digest: string;
}

export const SOAP_PART = 'application/soap+xml; charset=UTF-8';
export const ENCRYPTED_PART = 'application/octet-stream';

/**
 * Writes the signed envelope of a user message: header, Body and payloads covered by one signature.
 * @param unique what makes the ids of the message unique
 */
export function writeSignedEnvelope(
  unique: string,
  header: UserMessageHeader,
  parts: readonly PartToSign[],
  encryptionHeader: string,
  signing: MessageKey,
): { envelope: Buffer; references: readonly SignedReference[] } {
  const messaging = writeUserMessage(`messaging-${unique}`, header, parts);
  const body = writeBody(`body-${unique}`);
  const references = [
    elementReference(`messaging-${unique}`, messaging),
    elementReference(`body-${unique}`, body),
    ...parts.map((part) => attachmentReference(part.contentId, part.digest)),
  ];
  const signature = writeSignature(`signature-${unique}`, references, signing);
  const envelope = writeEnvelope(writeSecurity(encryptionHeader + signature), messaging, body);
  return { envelope: Buffer.from(envelope), references };
}

/**
 * The encryption of a message's payloads; a message without any needs none.
 * @throws RangeError when the recipient's certificate or the signing key does not fit the profile
 */
export function encryptionOf(
  unique: string,
  parts: readonly PartInformation[],
  security: SendingSecurity,
): Encryption | undefined {
  const profile = security.profile ?? 'edelivery-2.0-common-usage';
  if (!fitsProfile(security.signing.certificate.publicKey, profile, 'as4-signing'))
    throw new RangeError(`the signing key is none of the profile ${profile}`);
  return parts.length === 0 ? undefined : writeEncryption(`encryption-${unique}`, parts, security.recipient, profile);
}

/** What the header says of each payload. */
export function describeParts(
  unique: string,
  payloads: readonly {
    readonly contentId?: string;
    readonly contentType: string;
    readonly characterSet?: string;
    readonly compressed?: boolean;
  }[],
): PartInformation[] {
  return payloads.map((payload, index) => ({
    contentId: payload.contentId ?? `payload-${index + 1}-${unique}@selat`,
    mimeType: payload.contentType,
    compressed: payload.compressed ?? true,
    characterSet: payload.characterSet,
  }));
}

/**
 * Composes a user message in memory: payloads compressed, signed with header and Body, encrypted, in this order
 * (eDelivery AS4 2.0 §3.2.6). The same call gives other bytes each time: whoever sends again sends the bytes of the first
 * time.
 * @throws RangeError when the recipient's certificate or the signing key does not fit the profile
 */
export function composeUserMessage(
  header: UserMessageHeader,
  payloads: readonly Payload[],
  security: SendingSecurity,
): ComposedMessage {
  const unique = randomBytes(12).toString('hex');
  const parts = describeParts(unique, payloads).map((part, index) => {
    const { bytes, gzip } = payloads[index] ?? { bytes: Buffer.alloc(0) };
    const signed = part.compressed ? (gzip ?? compress(bytes)) : bytes;
    return { ...part, signed, digest: digestToSign(signedFormOf(part.mimeType, part.compressed), signed) };
  });
  const encryption = encryptionOf(unique, parts, security);
  const { envelope, references } = writeSignedEnvelope(
    unique,
    header,
    parts,
    encryption?.header ?? '',
    security.signing,
  );
  const written = writeMultipart(`selat-${unique}`, [
    { contentId: `envelope-${unique}@selat`, contentType: SOAP_PART, bytes: envelope },
    ...parts.flatMap(({ contentId, signed }) =>
      encryption === undefined
        ? []
        : [{ contentId, contentType: ENCRYPTED_PART, bytes: encryptContent(encryption.contentKey, signed) }],
    ),
  ]);
  return { messageId: header.messageId, ...written, references };
}

/**
 * Whether a message is an envelope alone or has parts behind it.
 * @param body undefined for what is too large to be an envelope
 * @throws EbmsFailure EBMS:0007
 */
export function isEnvelopeAlone(contentType: string | undefined, body: Buffer | undefined): contentType is string {
  if (contentType === undefined) throw new EbmsFailure('EBMS:0007', 'The request has no Content-Type.');
  const { value } = readParameters(contentType);
  if (value === 'text/xml' && body !== undefined) refuseSoap11Bytes(body);
  return value === 'application/soap+xml';
}

/** The root of a multipart message must be the envelope. */
export function notAnEnvelope(): EbmsFailure {
  return new EbmsFailure('EBMS:0007', 'The first part is not a SOAP 1.2 envelope (application/soap+xml).');
}

function splitMessage(
  contentType: string | undefined,
  body: Buffer,
  limits: MimeLimits,
): { envelope: Buffer; attachments: MimePart[] } {
  if (isEnvelopeAlone(contentType, body)) return { envelope: body, attachments: [] };
  const [root, ...attachments] = readMultipart(contentType ?? '', body, limits);
  if (root?.contentType === 'text/xml') refuseSoap11Bytes(root.bytes);
  if (root === undefined || root.contentType !== 'application/soap+xml') throw notAnEnvelope();
  return { envelope: root.bytes, attachments };
}

/** A payload grows beyond what is to be held in memory, within the limits: the message is to be opened on disk. */
export class LargerThanMemory extends Error {}

/**
 * Opens a user message in memory: structure, header, payloads present as declared, decrypted, signature over everything
 * that is read, decompressed. Whether the signer is trusted, and whether the message is for us, is judged by the caller.
 * @param contentType the HTTP header
 * @param memoryBytes how much the payloads may have together
 * @throws EbmsFailure with the error that the sender is to get, and the message's id where it could be read;
 *   LargerThanMemory
 */
export function openUserMessage(
  contentType: string | undefined,
  body: Buffer,
  keys: OpeningKeys,
  limits: MessageLimits = MESSAGE_LIMITS,
  memoryBytes: number = limits.expansion.bytes,
): OpenedMessage {
  const { envelope, attachments } = splitMessage(contentType, body, limits.mime);
  using opening = openEnvelope(
    envelope,
    attachments.map((part) => part.contentId),
    keys,
    limits,
  );
  try {
    const signed = new Map<string, Buffer>();
    for (const { contentId = '', bytes } of attachments) {
      const key = opening.contentKeys.get(contentId) ?? Buffer.alloc(0);
      signed.set(contentId, decryptContent(key, bytes));
    }
    const verified = opening.verify(
      new Map([...signed].map(([contentId, bytes]) => [contentId, digestsSigned(opening.formOf(contentId), bytes)])),
    );
    let expanded = 0;
    const payloads = opening.parts.map(({ contentId, mimeType, characterSet, compressed }) => {
      const arrived = signed.get(contentId) ?? Buffer.alloc(0);
      const room = { ...limits.expansion, bytes: limits.expansion.bytes - expanded };
      const bytes = compressed ? decompress(arrived, room, memoryBytes - expanded) : arrived;
      if (bytes === undefined) throw new LargerThanMemory(`a payload of ${opening.header.messageId}`);
      expanded += bytes.length;
      return {
        contentId,
        contentType: mimeType ?? 'application/octet-stream',
        ...(characterSet === undefined ? {} : { characterSet }),
        bytes,
      };
    });
    return { ...opening.header, ...verified, payloads };
  } catch (error) {
    throw opening.tell(error);
  }
}
