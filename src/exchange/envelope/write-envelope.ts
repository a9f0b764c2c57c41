import type { UserMessageHeader } from '../message/message.ts';
import { NS } from './namespaces.ts';
import { escapeAttribute, escapeText } from './xml-text.ts';

/** What the header says of one payload (ebMS3 Core §5.2.2.13; AS4 Profile §3.1 for the compression). */
export interface PartInformation {
  readonly contentId: string;
  readonly mimeType: string;
  readonly compressed: boolean;
  readonly characterSet: string | undefined;
}

/** Roles of the two-party exchange (eDelivery AS4 §3.2.3). */
export const ROLE = {
  initiator: 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/initiator',
  responder: 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/responder',
} as const;

/** Type of our party identifiers. */
export const PARTY_TYPE = 'urn:oasis:names:tc:ebcore:partyid-type:unregistered';
/** The agreement under which nodes exchange. */
export const AGREEMENT = 'urn:selat:agreement:1';

/*
 * Every element that is signed is written as its own exclusive canonical form (https://www.w3.org/TR/xml-exc-c14n/):
 * namespaces declared where they are first used, in the order of their prefixes; attributes in the order of their
 * namespaces; no empty-element tags. So what was written is digested as it stands, and need not be parsed again.
 */

/** An element with text, in the eb namespace. */
function eb(name: string, text: string, attributes = ''): string {
  return `<eb:${name}${attributes}>${escapeText(text)}</eb:${name}>`;
}

function property(name: string, value: string): string {
  return eb('Property', value, ` name="${escapeAttribute(name)}"`);
}

/** `eb:MessageInfo`; timestamps in UTC (ebMS3 Core §5.2.2.1). */
function messageInfo(messageId: string, timestamp: Date, refToMessageId: string | undefined): string {
  const ref = refToMessageId === undefined ? '' : eb('RefToMessageId', refToMessageId);
  return `<eb:MessageInfo>${eb('Timestamp', timestamp.toISOString())}${eb('MessageId', messageId)}${ref}</eb:MessageInfo>`;
}

function party(name: 'From' | 'To', partyId: string, role: string): string {
  return `<eb:${name}>${eb('PartyId', partyId, ` type="${PARTY_TYPE}"`)}${eb('Role', role)}</eb:${name}>`;
}

function partInfo(part: PartInformation): string {
  const properties = [
    property('MimeType', part.mimeType),
    ...(part.characterSet === undefined ? [] : [property('CharacterSet', part.characterSet)]),
    ...(part.compressed ? [property('CompressionType', 'application/gzip')] : []),
  ];
  return `<eb:PartInfo href="cid:${escapeAttribute(part.contentId)}"><eb:PartProperties>${properties.join('')}</eb:PartProperties></eb:PartInfo>`;
}

function messaging(id: string, content: string, more = ''): string {
  return `<eb:Messaging xmlns:S12="${NS.soap12}" xmlns:eb="${NS.eb}"${more} xmlns:wsu="${NS.wsu}" wsu:Id="${id}" S12:mustUnderstand="true">${content}</eb:Messaging>`;
}

/** The `eb:Messaging` header of a user message, in canonical form. */
export function writeUserMessage(id: string, header: UserMessageHeader, parts: readonly PartInformation[]): string {
  const properties = Object.entries(header.properties).map(([name, value]) => property(name, value));
  return messaging(
    id,
    [
      '<eb:UserMessage>',
      messageInfo(header.messageId, header.timestamp, header.refToMessageId),
      `<eb:PartyInfo>${party('From', header.fromPartyId, ROLE.initiator)}${party('To', header.toPartyId, ROLE.responder)}</eb:PartyInfo>`,
      `<eb:CollaborationInfo>${eb('AgreementRef', AGREEMENT)}${eb('Service', header.service)}${eb('Action', header.action)}${eb('ConversationId', header.conversationId)}</eb:CollaborationInfo>`,
      properties.length === 0 ? '' : `<eb:MessageProperties>${properties.join('')}</eb:MessageProperties>`,
      parts.length === 0 ? '' : `<eb:PayloadInfo>${parts.map(partInfo).join('')}</eb:PayloadInfo>`,
      '</eb:UserMessage>',
    ].join(''),
  );
}

/** The `eb:Messaging` header of a signal message, in canonical form; `content` follows its MessageInfo. */
export function writeSignalMessage(
  id: string,
  info: { readonly messageId: string; readonly timestamp: Date; readonly refToMessageId: string | undefined },
  content: string,
): string {
  return messaging(
    id,
    `<eb:SignalMessage>${messageInfo(info.messageId, info.timestamp, info.refToMessageId)}${content}</eb:SignalMessage>`,
  );
}

/** The empty SOAP body, in canonical form. */
export function writeBody(id: string): string {
  return `<S12:Body xmlns:S12="${NS.soap12}" xmlns:wsu="${NS.wsu}" wsu:Id="${id}"></S12:Body>`;
}

/** The envelope around a security header (empty when nothing is signed), a Messaging header and a body. */
export function writeEnvelope(security: string, messagingHeader: string, body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<S12:Envelope xmlns:S12="${NS.soap12}"><S12:Header>${security}${messagingHeader}</S12:Header>${body}</S12:Envelope>`;
}
