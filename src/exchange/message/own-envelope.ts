import { isAscii } from 'node:buffer';
import type { DeclaredPart } from '../envelope/read-envelope.ts';
import {
  type PartInformation,
  writeBody,
  writeEnvelope,
  writeSignalMessage,
  writeUserMessage,
} from '../envelope/write-envelope.ts';
import { writeReceiptContent } from '../signals/receipt.ts';
import {
  type OwnEncryption,
  type OwnSignature,
  readOwnEncryption,
  readOwnSignature,
} from '../ws-security/own-security.ts';
import { attachmentReference, elementReference, writeSecurity } from '../ws-security/security-header.ts';
import type { SignedReference, UserMessageHeader } from './message.ts';
import { OwnText, otherwise, ownBase64, ownInstant, ownMessageId, ownValue, readOwn } from './own-text.ts';

/*
 * Envelopes that our own writers wrote, read without a parser. What an envelope says is taken out of its text in one pass
 * and written again by the writers that compose messages; only where this gives the text that came, byte for byte, is it
 * taken. The writers write exclusive canonical form, so that the digests of header and Body are those of what was written.
 * Values are those that a parser would give without a change. Anything else is left to the parser: so this may say what
 * holds, and never what does not.
 */

/** Far less than the limits of the parser. */
const MOST_BYTES = 64 * 1024;
const BEGINNING = writeEnvelope('', '', '').split('<S12:Header>', 1)[0] ?? '';
/** Where the ids of the elements, all made of one, stand last. */
const END = '"></S12:Body></S12:Envelope>';
const UNIQUE_CHARACTERS = 24;
const SECURITY_ENDS = '</wsse:Security>';
/** RFC 3986 §3.1: a service without a type must be a URI. */
const SERVICE = /^[A-Za-z][A-Za-z0-9+.-]*:./;
const CHARACTER_SET = /^[A-Za-z][A-Za-z0-9._-]{0,39}$/;
const MOST_PARTS = 60;

/** An envelope in its pieces. */
interface Pieces {
  readonly text: string;
  readonly unique: string;
  readonly security: OwnText;
  readonly messaging: OwnText;
}

function takeApart(envelope: Buffer): Pieces {
  if (envelope.length > MOST_BYTES || !isAscii(envelope)) return otherwise();
  const text = envelope.toString('latin1');
  const securityEnd = text.indexOf(SECURITY_ENDS);
  const unique = text.slice(-END.length - UNIQUE_CHARACTERS, -END.length);
  if (!text.startsWith(BEGINNING) || securityEnd < 0 || !/^[0-9a-f]{24}$/.test(unique)) return otherwise();
  return {
    text,
    unique,
    security: new OwnText(text.slice(0, securityEnd)),
    messaging: new OwnText(text.slice(securityEnd)),
  };
}

/** The signature over what was written again, when all of it together is the text that came. */
function signatureOver(
  pieces: Pieces,
  messaging: string,
  more: { readonly encryption: string; readonly attachments: readonly string[] },
): OwnSignature {
  const { unique, text } = pieces;
  const body = writeBody(`body-${unique}`);
  const signature = readOwnSignature(pieces.security, `signature-${unique}`, (digests) => [
    elementReference(`messaging-${unique}`, messaging),
    elementReference(`body-${unique}`, body),
    ...more.attachments.map((contentId, index) => attachmentReference(contentId, digests[index + 2] ?? otherwise())),
  ]);
  const again = writeEnvelope(writeSecurity(more.encryption + signature.written), messaging, body);
  return again === text ? signature : otherwise();
}

function eb(text: OwnText, name: string): string {
  return text.between(`<eb:${name}>`, `</eb:${name}>`);
}

function readHeader(text: OwnText): UserMessageHeader {
  const timestamp = ownInstant(eb(text, 'Timestamp'));
  const messageId = ownMessageId(eb(text, 'MessageId'));
  const refToMessageId = text.goesOnWith('<eb:RefToMessageId>') ? ownMessageId(eb(text, 'RefToMessageId')) : undefined;
  const partyId = (): string => {
    const party = text.between('<eb:PartyId ', '</eb:PartyId>');
    return ownValue(party.slice(party.indexOf('>') + 1));
  };
  const fromPartyId = partyId();
  const toPartyId = partyId();
  const service = ownValue(eb(text, 'Service'));
  const action = ownValue(eb(text, 'Action'));
  const conversationId = ownValue(eb(text, 'ConversationId'));
  text.between('</eb:CollaborationInfo>', '');
  const properties = text.goesOnWith('<eb:MessageProperties>') ? readProperties(eb(text, 'MessageProperties')) : {};
  if (!SERVICE.test(service)) return otherwise();
  return {
    messageId,
    timestamp,
    ...(refToMessageId === undefined ? {} : { refToMessageId }),
    fromPartyId,
    toPartyId,
    service,
    action,
    conversationId,
    properties,
  };
}

function readProperties(text: string): Record<string, string> {
  const found = [...text.matchAll(/<eb:Property name="([^"]*)">([^<]*)</g)];
  const entries = found.map(([, name = '', value = '']) => [ownValue(name), ownValue(value)] as const);
  return entries.some(([name]) => name === '__proto__') ? otherwise() : Object.fromEntries(entries);
}

function readParts(text: OwnText): PartInformation[] {
  if (!text.goesOnWith('<eb:PayloadInfo>')) return [];
  const parts = eb(text, 'PayloadInfo')
    .split('<eb:PartInfo href="cid:')
    .slice(1)
    .map((part) => {
      const properties = readProperties(part);
      const { MimeType: mimeType = otherwise(), CharacterSet: characterSet } = properties;
      if (characterSet !== undefined && !CHARACTER_SET.test(characterSet)) return otherwise();
      const contentId = ownValue(part.slice(0, part.indexOf('"')));
      return { contentId, mimeType, compressed: properties['CompressionType'] !== undefined, characterSet };
    });
  const distinct = new Set(parts.map(({ contentId }) => contentId));
  return distinct.size === parts.length && parts.length <= MOST_PARTS ? parts : otherwise();
}

/** A user message as our composer wrote it; signature and payloads are still to be verified. */
export interface OwnUserMessage {
  readonly header: UserMessageHeader;
  readonly parts: readonly DeclaredPart[];
  /** Undefined for a message without payloads. */
  readonly encryption: OwnEncryption | undefined;
  readonly signature: OwnSignature;
}

/**
 * Reads an envelope of which every byte is as `writeSignedEnvelope` writes it; undefined for any other. The signature's
 * references to header and Body hold then; their value, and the digests of payloads, are still to be verified.
 */
export function readOwnUserMessage(envelope: Buffer): OwnUserMessage | undefined {
  return readOwn(() => {
    const pieces = takeApart(envelope);
    const header = readHeader(pieces.messaging);
    const parts = readParts(pieces.messaging);
    const { unique } = pieces;
    const encryption =
      parts.length === 0 ? undefined : readOwnEncryption(pieces.security, `encryption-${unique}`, parts);
    const signature = signatureOver(pieces, writeUserMessage(`messaging-${unique}`, header, parts), {
      encryption: encryption?.written ?? '',
      attachments: parts.map(({ contentId }) => contentId),
    });
    return { header, parts, encryption, signature };
  });
}

/** A receipt as our composer wrote it; its signature is still to be verified. */
export interface OwnReceipt {
  readonly messageId: string;
  readonly timestamp: Date;
  readonly refToMessageId: string;
  /** What it tells of the message that it is for. */
  readonly references: readonly SignedReference[];
  readonly signature: OwnSignature;
}

/** Reads a receipt of which every byte is as `composeReceipt` writes it; undefined for any other. */
export function readOwnReceipt(envelope: Buffer): OwnReceipt | undefined {
  return readOwn(() => {
    const pieces = takeApart(envelope);
    const { messaging, unique } = pieces;
    const timestamp = ownInstant(eb(messaging, 'Timestamp'));
    const messageId = ownMessageId(eb(messaging, 'MessageId'));
    const refToMessageId = ownMessageId(eb(messaging, 'RefToMessageId'));
    const references = eb(messaging, 'Receipt').split('<ebbp:MessagePartNRInformation>').slice(1).map(readTold);
    const info = { messageId, timestamp, refToMessageId };
    const written = writeSignalMessage(`messaging-${unique}`, info, writeReceiptContent(references));
    const signature = signatureOver(pieces, written, { encryption: '', attachments: [] });
    return { ...info, references, signature };
  });
}

/** An entry of a receipt, as it is for an element or a payload of a message of ours. */
function readTold(part: string): SignedReference {
  const told = new OwnText(part);
  const uri = ownValue(told.between(' URI="', '"'));
  const digest = ownBase64(told.between('<ds:DigestValue>', '<'));
  if (uri.startsWith('cid:')) return attachmentReference(uri.slice(4), digest);
  return { ...elementReference(uri.slice(1), ''), uri, digest };
}
