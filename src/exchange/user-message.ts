import { randomBytes, type X509Certificate } from 'node:crypto';
import { readXml } from '../documents/read-xml.ts';
import { fitsProfile } from '../pki/message-keys.ts';
import { compress, decompress, EXPANSION_LIMITS } from './compression.ts';
import { EbmsFailure } from './ebms-errors.ts';
import { visibleSecurityProblems } from './header-security.ts';
import type { ComposedMessage, MessageKey, OpenedMessage, Payload, UserMessageHeader } from './message.ts';
import { type MimePart, readMultipart, readParameters, writeMultipart } from './mime.ts';
import {
  type DeclaredPart,
  messageIdOf,
  onlyMessage,
  readEnvelope,
  readUserMessage,
  refuseSoap11Bytes,
} from './read-envelope.ts';
import { profileSpoken, type SecurityProfileName } from './security-profile.ts';
import { SignalArrived } from './signal.ts';
import { writeBody, writeEnvelope, writeUserMessage } from './write-envelope.ts';
import { decryptContent, encryptContent } from './ws-security/content-cipher.ts';
import { keyEstablishmentOf, readContentKeys } from './ws-security/content-keys.ts';
import { writeEncryption } from './ws-security/encrypt.ts';
import {
  attachmentReference,
  digestOf,
  elementReference,
  writeSecurity,
  writeSignature,
} from './ws-security/security-header.ts';
import { verifySignature } from './ws-security/verify-signature.ts';

/** What a message is signed with, and for whom it is encrypted, in one profile. */
export interface SendingSecurity {
  /** eDelivery AS4 2.0 common usage when absent. */
  readonly profile?: SecurityProfileName;
  readonly signing: MessageKey;
  /** The recipient's certificate for encryption. */
  readonly recipient: X509Certificate;
}

/**
 * Composes a user message: payloads compressed, signed with header and Body, encrypted, in this order (eDelivery AS4 2.0
 * §3.2.6). The same call gives other bytes each time: whoever sends again sends the bytes of the first time.
 * @throws RangeError when the recipient's certificate or the signing key does not fit the profile
 */
export function composeUserMessage(
  header: UserMessageHeader,
  payloads: readonly Payload[],
  security: SendingSecurity,
): ComposedMessage {
  const profile = security.profile ?? 'edelivery-2.0-common-usage';
  if (!fitsProfile(security.signing.certificate.publicKey, profile, 'as4-signing'))
    throw new RangeError(`the signing key is none of the profile ${profile}`);
  const unique = randomBytes(12).toString('hex');
  const parts = payloads.map((payload, index) => ({
    contentId: payload.contentId ?? `payload-${index + 1}-${unique}@selat`,
    mimeType: payload.contentType,
    compressed: true,
    bytes: compress(payload.bytes),
  }));
  const messaging = writeUserMessage(`messaging-${unique}`, header, parts);
  const body = writeBody(`body-${unique}`);
  const references = [
    elementReference(`messaging-${unique}`, messaging),
    elementReference(`body-${unique}`, body),
    ...parts.map((part) => attachmentReference(part.contentId, digestOf(part.bytes))),
  ];
  const signature = writeSignature(`signature-${unique}`, references, security.signing);
  const encryption =
    parts.length === 0 ? undefined : writeEncryption(`encryption-${unique}`, parts, security.recipient, profile);
  const envelope = writeEnvelope(writeSecurity((encryption?.header ?? '') + signature), messaging, body);
  const written = writeMultipart(`selat-${unique}`, [
    {
      contentId: `envelope-${unique}@selat`,
      contentType: 'application/soap+xml; charset=UTF-8',
      bytes: Buffer.from(envelope),
    },
    ...parts.map(({ contentId, bytes }) => ({
      contentId,
      contentType: 'application/octet-stream',
      bytes: encryption === undefined ? bytes : encryptContent(encryption.contentKey, bytes),
    })),
  ]);
  return { messageId: header.messageId, ...written, references };
}

const nothing = Buffer.alloc(0);

function splitMessage(contentType: string | undefined, body: Buffer): { envelope: Buffer; attachments: MimePart[] } {
  if (contentType === undefined) throw new EbmsFailure('EBMS:0007', 'The request has no Content-Type.');
  const { value } = readParameters(contentType);
  if (value === 'application/soap+xml') return { envelope: body, attachments: [] };
  if (value === 'text/xml') refuseSoap11Bytes(body);
  const [root, ...attachments] = readMultipart(contentType, body);
  if (root?.contentType === 'text/xml') refuseSoap11Bytes(root.bytes);
  if (root === undefined || root.contentType !== 'application/soap+xml')
    throw new EbmsFailure('EBMS:0007', 'The first part is not a SOAP 1.2 envelope (application/soap+xml).');
  return { envelope: root.bytes, attachments };
}

/** The payloads by Content-ID; those in the message and those that the header declares must be the same ones. */
function matchParts(declared: readonly DeclaredPart[], attachments: readonly MimePart[]): Map<string, Buffer> {
  const present = new Map<string, Buffer>();
  for (const { contentId, bytes } of attachments) {
    if (contentId === undefined) throw new EbmsFailure('EBMS:0007', 'A payload has no Content-ID.');
    if (!declared.some((part) => part.contentId === contentId))
      throw new EbmsFailure('EBMS:0007', `The part ${contentId.slice(0, 100)} is not declared in PayloadInfo.`);
    present.set(contentId, bytes);
  }
  for (const { contentId } of declared)
    if (!present.has(contentId))
      throw new EbmsFailure('EBMS:0011', `The payload ${contentId.slice(0, 100)} is declared but not in the message.`);
  return present;
}

/**
 * Opens a user message: structure, header, payloads present as declared, decrypted, signature over everything that is
 * read, decompressed. Whether the signer is trusted, and whether the message is for us, is judged by the caller.
 * @param contentType the HTTP header
 * @param signers certificates that the directory lists for the sender, for a message that only names its signer's
 * @throws EbmsFailure with the error that the sender is to get, and the message's id where it could be read
 */
export function openUserMessage(
  contentType: string | undefined,
  body: Buffer,
  keys: { readonly decryption: readonly MessageKey[] },
  signers: readonly X509Certificate[] = [],
): OpenedMessage {
  const { envelope, attachments } = splitMessage(contentType, body);
  const reading = readXml(envelope);
  if (!reading.ok)
    throw new EbmsFailure('EBMS:0009', `The SOAP envelope cannot be read: ${reading.faults[0]?.message ?? 'not XML'}`);
  using document = reading.document;
  const { messaging, body: soapBody, security } = readEnvelope(document);
  const messageId = messageIdOf(messaging);
  try {
    const { kind, element } = onlyMessage(messaging);
    if (kind === 'signal') throw new SignalArrived(envelope, messageId);
    const { header, parts } = readUserMessage(element, () => visibleSecurityProblems(security));
    const present = matchParts(parts, attachments);
    if (security === undefined) throw new EbmsFailure('EBMS:0103', 'The message has no wsse:Security header.');
    const contentKeys =
      present.size === 0 ? new Map<string, Buffer>() : readContentKeys(security, present.keys(), keys.decryption);
    if (contentKeys === undefined) throw new EbmsFailure('EBMS:0103', 'The payloads are not encrypted.');
    const plain = new Map([...contentKeys].map(([id, key]) => [id, decryptContent(key, present.get(id) ?? nothing)]));
    const { signatureAlgorithm, ...verified } = verifySignature(document, security, {
      elements: [messaging, soapBody],
      attachmentDigests: new Map([...plain].map(([id, bytes]) => [id, digestOf(bytes)])),
      signers,
    });
    const profile = profileSpoken(signatureAlgorithm, keyEstablishmentOf(security));
    let room = EXPANSION_LIMITS.bytes;
    return {
      ...header,
      ...verified,
      profile,
      payloads: parts.map((part) => {
        const arrived = plain.get(part.contentId) ?? nothing;
        const bytes = part.compressed ? decompress(arrived, { ...EXPANSION_LIMITS, bytes: room }) : arrived;
        room -= bytes.length;
        return {
          contentId: part.contentId,
          contentType: part.mimeType ?? 'application/octet-stream',
          bytes,
        };
      }),
    };
  } catch (error) {
    throw error instanceof EbmsFailure ? error.of(messageId) : error;
  }
}
