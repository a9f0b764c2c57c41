import type { XmlDocument, XmlElement } from 'libxml2-wasm';
import { elementsOf } from '../documents/xml-children.ts';
import { EbmsFailure } from './ebms-errors.ts';
import type { UserMessageHeader } from './message.ts';
import { NS } from './namespaces.ts';
import { attribute, attributeOf, children, isElement, onlyChild, onlyDescendant, wholeText } from './xml-tree.ts';

/** The elements of an envelope that everything else is read from. */
export interface Envelope {
  readonly messaging: XmlElement;
  readonly body: XmlElement;
  /** Undefined in an unsigned message. */
  readonly security: XmlElement | undefined;
}

/** What a user message's header says, with its payloads as declared. */
export interface ReadUserMessage {
  readonly header: UserMessageHeader;
  readonly parts: readonly DeclaredPart[];
}

/** A payload as the header declares it. */
export interface DeclaredPart {
  readonly contentId: string;
  readonly mimeType: string | undefined;
  readonly compressed: boolean;
}

const invalid = (words: string): EbmsFailure => new EbmsFailure('EBMS:0009', words);

/**
 * Finds Messaging, Security and Body where SOAP 1.2 and ebMS put them, and nowhere else: exactly one header and body,
 * exactly one Messaging, at most one Security.
 * @throws EbmsFailure EBMS:0009, EBMS:0002 for SOAP 1.1
 */
export function readEnvelope(document: XmlDocument): Envelope {
  const { root } = document;
  if (isElement(root, NS.soap11, 'Envelope'))
    throw new EbmsFailure(
      'EBMS:0002',
      'The message is in SOAP 1.1; AS4 uses SOAP 1.2. Send it as application/soap+xml.',
    );
  if (!isElement(root, NS.soap12, 'Envelope')) throw invalid('The message is not a SOAP 1.2 envelope.');
  const [header, body, ...others] = elementsOf(root);
  if (
    header === undefined ||
    body === undefined ||
    others.length > 0 ||
    !isElement(header, NS.soap12, 'Header') ||
    !isElement(body, NS.soap12, 'Body')
  )
    throw invalid('The envelope does not hold exactly one Header and one Body.');
  const messaging = children(header, NS.eb, 'Messaging');
  if (messaging[0] === undefined) throw invalid('The envelope has no eb:Messaging header.');
  if (messaging.length > 1) throw invalid('The envelope has more than one eb:Messaging header.');
  const security = children(header, NS.wsse, 'Security');
  if (security.length > 1) throw invalid('The envelope has more than one wsse:Security header.');
  for (const element of elementsOf(header)) {
    const understood = [messaging[0], security[0]].some((known) => known?.isSameNode(element));
    const must = attributeOf(element, NS.soap12, 'mustUnderstand');
    if (!understood && (must === 'true' || must === '1'))
      throw new EbmsFailure(
        'EBMS:0008',
        `The header ${element.name} must be understood, and this access point does not know it.`,
      );
  }
  return { messaging: messaging[0], body, security: security[0] };
}

function required(parent: XmlElement | undefined, ...names: readonly string[]): string {
  const element = onlyDescendant(parent, NS.eb, ...names);
  const text = element === undefined ? '' : wholeText(element).trim();
  if (text === '') throw invalid(`The header has no ${names.join('/')}, or more than one.`);
  if (text.length > 1_000) throw invalid(`${names.join('/')} has more than 1,000 characters.`);
  return text;
}

function timestampOf(text: string): Date {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?$/.test(text);
  const hasZone = /(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const timestamp = new Date(isTime ? (hasZone ? text : `${text}Z`) : Number.NaN);
  if (Number.isNaN(timestamp.getTime())) throw invalid(`The Timestamp "${text.slice(0, 60)}" is not an instant.`);
  return timestamp;
}

/** MessageInfo of a user or signal message (ebMS3 Core §5.2.2.1). */
export function readMessageInfo(message: XmlElement): {
  messageId: string;
  timestamp: Date;
  refToMessageId: string | undefined;
} {
  const info = onlyChild(message, NS.eb, 'MessageInfo');
  if (info === undefined) throw invalid('The message has no MessageInfo.');
  const messageId = required(info, 'MessageId');
  if (/[\s<>]/.test(messageId)) throw invalid('The MessageId holds white space or angle brackets (RFC 2822).');
  const ref = children(info, NS.eb, 'RefToMessageId')[0];
  return {
    messageId,
    timestamp: timestampOf(required(info, 'Timestamp')),
    refToMessageId: ref === undefined ? undefined : wholeText(ref).trim(),
  };
}

/** The id of the message, where it can be read at all: errors name it. */
export function messageIdOf(messaging: XmlElement): string | undefined {
  const message = elementsOf(messaging)[0];
  const id = message === undefined ? undefined : onlyDescendant(message, NS.eb, 'MessageInfo', 'MessageId');
  const text = id === undefined ? '' : wholeText(id).trim();
  return text === '' || text.length > 1_000 ? undefined : text;
}

/** The only user or signal message of the header: AS4 asks for no bundles (AS4 Profile §2.1). */
export function onlyMessage(messaging: XmlElement): { kind: 'user' | 'signal'; element: XmlElement } {
  const [message, ...others] = elementsOf(messaging);
  if (message === undefined) throw invalid('The eb:Messaging header is empty.');
  if (others.length > 0)
    throw new EbmsFailure('EBMS:0002', 'The message bundles several units; send each in a message of its own.');
  if (isElement(message, NS.eb, 'UserMessage')) return { kind: 'user', element: message };
  if (isElement(message, NS.eb, 'SignalMessage')) return { kind: 'signal', element: message };
  throw invalid(`The eb:Messaging header holds ${message.name}, which is neither UserMessage nor SignalMessage.`);
}

function readProperties(parent: XmlElement | undefined): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const element of parent === undefined ? [] : children(parent, NS.eb, 'Property')) {
    const name = attribute(element, 'name');
    if (name === undefined || name === '') throw invalid('A property has no name.');
    if (Object.hasOwn(properties, name) || name === '__proto__')
      throw invalid(`The property ${name.slice(0, 100)} stands twice or is not allowed.`);
    properties[name] = wholeText(element).trim();
  }
  return properties;
}

function readPart(part: XmlElement): DeclaredPart {
  const href = attribute(part, 'href') ?? '';
  if (!href.startsWith('cid:') || href.length < 5)
    throw new EbmsFailure(
      'EBMS:0011',
      'A payload is not in the message itself (href="cid:…"); others are not fetched.',
    );
  const properties = readProperties(onlyChild(part, NS.eb, 'PartProperties'));
  const compression = properties['CompressionType'];
  if (compression !== undefined && compression !== 'application/gzip')
    throw new EbmsFailure(
      'EBMS:0303',
      `The compression ${compression.slice(0, 60)} is not known; application/gzip is.`,
    );
  return { contentId: href.slice(4), mimeType: properties['MimeType'], compressed: compression !== undefined };
}

/**
 * Reads the header of a user message (ebMS3 Core §5.2.2): who, to whom, about what, with which payloads.
 * @throws EbmsFailure EBMS:0009, EBMS:0011, EBMS:0303
 */
export function readUserMessage(message: XmlElement): ReadUserMessage {
  const { messageId, timestamp, refToMessageId } = readMessageInfo(message);
  const collaboration = onlyChild(message, NS.eb, 'CollaborationInfo');
  const parties = onlyChild(message, NS.eb, 'PartyInfo');
  required(parties, 'From', 'Role');
  required(parties, 'To', 'Role');
  const header = {
    messageId,
    timestamp,
    ...(refToMessageId === undefined ? {} : { refToMessageId }),
    fromPartyId: required(parties, 'From', 'PartyId'),
    toPartyId: required(parties, 'To', 'PartyId'),
    service: required(collaboration, 'Service'),
    action: required(collaboration, 'Action'),
    conversationId: required(collaboration, 'ConversationId'),
    properties: readProperties(onlyChild(message, NS.eb, 'MessageProperties')),
  };
  const payloads = onlyChild(message, NS.eb, 'PayloadInfo');
  const parts = (payloads === undefined ? [] : children(payloads, NS.eb, 'PartInfo')).map(readPart);
  if (new Set(parts.map((part) => part.contentId)).size !== parts.length)
    throw invalid('Two PartInfo elements name the same payload.');
  return { header, parts };
}
