import type { XmlDocument, XmlElement } from 'libxml2-wasm';
import { readXml } from '../../documents/read-xml.ts';
import { elementsOf } from '../../documents/xml-children.ts';
import type { UserMessageHeader } from '../message/message.ts';
import { EbmsFailure, type EbmsProblem, refuseFor } from '../signals/ebms-errors.ts';
import { visibleSecurityProblems } from './header-security.ts';
import { partProperty, placeOf, supportProblems } from './header-support.ts';
import { onlyNode, readNode, textAt } from './header-tree.ts';
import { NS } from './namespaces.ts';
import { notUnderstood, securityForUs } from './soap-headers.ts';
import {
  type HeaderContent,
  headerContent,
  instantOf,
  signalProblems,
  userMessageProblems,
} from './user-message-header.ts';
import { children, isElement, onlyDescendant, wholeText } from './xml-tree.ts';

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
  /** Of the payload before compression, as declared. */
  readonly characterSet: string | undefined;
}

const invalid = (words: string): EbmsProblem => ({ code: 'EBMS:0009', description: words });

/** The message units of a Messaging header; elements of other namespaces may stand beside them. */
export function unitsOf(messaging: XmlElement): XmlElement[] {
  return elementsOf(messaging).filter((element) => element.namespaceUri === NS.eb);
}

/** The id of the message, where it can be read at all: errors name it. */
export function messageIdOf(messaging: XmlElement): string | undefined {
  const message = unitsOf(messaging)[0];
  const id = message === undefined ? undefined : onlyDescendant(message, NS.eb, 'MessageInfo', 'MessageId');
  const text = id === undefined ? '' : wholeText(id).trim();
  return text === '' || text.length > 1_000 ? undefined : text;
}

/**
 * What is wrong with how units are put together: ebMS3 Core §5.2.4 allows no second user message and no second signal of
 * a kind; what it does allow beyond one unit, the AS4 Profile does not ask an access point to take.
 */
function bundleProblem(units: readonly XmlElement[]): EbmsProblem | undefined {
  if (units.length === 0) return invalid('The eb:Messaging header is empty.');
  const strange = units.find((unit) => unit.name !== 'UserMessage' && unit.name !== 'SignalMessage');
  if (strange !== undefined)
    return invalid(
      `The eb:Messaging header holds ${strange.name.slice(0, 100)}, which is neither UserMessage nor SignalMessage.`,
    );
  if (units.length === 1) return undefined;
  const kinds = units.map((unit) =>
    unit.name === 'UserMessage'
      ? unit.name
      : (['PullRequest', 'Receipt', 'Error'].find((name) => children(unit, NS.eb, name).length > 0) ?? unit.name),
  );
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined)
    return invalid(
      `The message bundles more than one ${twice}, which ebMS forbids; send each in a message of its own.`,
    );
  return {
    code: 'EBMS:0008',
    description: `The message bundles several units (${kinds.join(', ')}), which AS4 does not ask for; send each in a message of its own.`,
  };
}

/** Everything that is wrong with a Messaging header, without looking at anything beside it. */
export function messagingProblems(messaging: XmlElement | undefined): EbmsProblem[] {
  if (messaging === undefined) return [invalid('The envelope has no eb:Messaging header.')];
  const units = unitsOf(messaging);
  const bundle = bundleProblem(units);
  if (bundle !== undefined || units[0] === undefined) return bundle === undefined ? [] : [bundle];
  const unit = readNode(units[0]);
  if (unit.name === 'SignalMessage') return signalProblems(unit);
  const content = headerContent(unit);
  return [...userMessageProblems(unit, content), ...supportProblems(content)];
}

/** SOAP 1.1 is answered as SOAP 1.2 has it (Part 1, Appendix A), and all that is wrong besides is told with it. */
function refuseSoap11(root: XmlElement): void {
  const header = children(root, NS.soap11, 'Header')[0];
  const messaging = header === undefined ? undefined : children(header, NS.eb, 'Messaging')[0];
  const version: EbmsProblem = {
    code: 'EBMS:0002',
    description: 'The message is in SOAP 1.1; AS4 uses SOAP 1.2. Send it as application/soap+xml.',
  };
  refuseFor([version, ...messagingProblems(messaging)], messaging === undefined ? undefined : messageIdOf(messaging), {
    kind: 'version-mismatch',
    answerIn: 'soap11',
  });
}

/**
 * Refuses bytes of the media type of SOAP 1.1 (text/xml) that are an envelope of SOAP 1.1; leaves others to who reads
 * their media type.
 * @throws EbmsFailure EBMS:0002, and all that is wrong besides
 */
export function refuseSoap11Bytes(bytes: Buffer): void {
  const reading = readXml(bytes);
  if (!reading.ok) return;
  using document = reading.document;
  if (isElement(document.root, NS.soap11, 'Envelope')) refuseSoap11(document.root);
}

/**
 * Finds Messaging, Security and Body where SOAP 1.2 and ebMS put them, and nowhere else: exactly one header and body,
 * exactly one Messaging, at most one Security that is for us.
 * @throws EbmsFailure EBMS:0009; with the SOAP fault that SOAP 1.2 demands for another envelope (EBMS:0002 where it is
 *   SOAP 1.1) and for a header that must be understood and is not (EBMS:0008)
 */
export function readEnvelope(document: XmlDocument): Envelope {
  const { root } = document;
  if (isElement(root, NS.soap11, 'Envelope')) refuseSoap11(root);
  if (!isElement(root, NS.soap12, 'Envelope'))
    refuseFor([invalid('The message is not a SOAP 1.2 envelope.')], undefined, {
      kind: 'version-mismatch',
      answerIn: 'soap12',
    });
  const [header, body, ...others] = elementsOf(root);
  if (
    header === undefined ||
    body === undefined ||
    others.length > 0 ||
    !isElement(header, NS.soap12, 'Header') ||
    !isElement(body, NS.soap12, 'Body')
  )
    throw new EbmsFailure('EBMS:0009', 'The envelope does not hold exactly one Header and one Body.');
  const [messaging, ...otherMessaging] = children(header, NS.eb, 'Messaging');
  const messageId = messaging === undefined ? undefined : messageIdOf(messaging);
  const strange = notUnderstood(header);
  refuseFor(
    strange.map(({ name }) => ({
      code: 'EBMS:0008',
      description: `The header ${name.slice(0, 100)} must be understood, and this access point does not know it.`,
    })),
    messageId,
    { kind: 'must-understand', notUnderstood: strange },
  );
  const security = securityForUs(header);
  const problems = [
    ...(messaging === undefined ? [invalid('The envelope has no eb:Messaging header.')] : []),
    ...(otherMessaging.length > 0 ? [invalid('The envelope has more than one eb:Messaging header.')] : []),
    ...(security.length > 1 ? [invalid('The envelope has more than one wsse:Security header.')] : []),
  ];
  refuseFor(problems, messageId);
  if (messaging === undefined) throw new TypeError('a missing header was refused before');
  return { messaging, body, security: security[0] };
}

/** The only user or signal message of the header: AS4 asks for no bundles (AS4 Profile §2.1). */
export function onlyMessage(messaging: XmlElement): { kind: 'user' | 'signal'; element: XmlElement } {
  const units = unitsOf(messaging);
  const problem = bundleProblem(units);
  const [unit] = units;
  if (problem !== undefined || unit === undefined)
    throw new EbmsFailure(problem?.code ?? 'EBMS:0009', problem?.description ?? 'The eb:Messaging header is empty.');
  return { kind: unit.name === 'UserMessage' ? 'user' : 'signal', element: unit };
}

/**
 * MessageInfo of a signal message (ebMS3 Core §5.2.2.1).
 * @throws EbmsFailure EBMS:0009 with everything in which the signal is not built as ebMS has it
 */
export function readMessageInfo(message: XmlElement): {
  messageId: string;
  timestamp: Date;
  refToMessageId: string | undefined;
} {
  const node = readNode(message);
  refuseFor(signalProblems(node), undefined);
  const info = onlyNode(node, 'MessageInfo');
  return {
    messageId: present(textAt(info, 'MessageId')),
    timestamp: present(instantOf(textAt(info, 'Timestamp') ?? '')),
    refToMessageId: textAt(info, 'RefToMessageId'),
  };
}

/** A value without which the header was refused. */
function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new EbmsFailure('EBMS:0009', 'The header lacks a value.');
  return value;
}

/** What is wrong with the header comes first, then security, then values: as a message is taken apart. */
function inOrder(problems: readonly EbmsProblem[]): EbmsProblem[] {
  const rank = ({ code }: EbmsProblem): number => (code === 'EBMS:0009' ? 0 : code.startsWith('EBMS:01') ? 1 : 2);
  return problems.toSorted((one, other) => rank(one) - rank(other));
}

/** eDelivery AS4 2.0 has the Body empty; where a part says that it is the payload, that was told already. */
function bodyProblems(body: XmlElement, content: HeaderContent): EbmsProblem[] {
  if (elementsOf(body).length === 0 || content.parts.some((part) => placeOf(part) === 'body')) return [];
  const description = 'The SOAP Body is not empty. Leave it empty and send every payload as an attachment.';
  return [{ code: 'EBMS:0008', description }];
}

/**
 * Reads the header of a user message (ebMS3 Core §5.2.2): who, to whom, about what, with which payloads.
 * @param within the envelope around it, whose Body must be empty; what can be seen to be wrong with its security is told
 *   too when the message is refused
 * @throws EbmsFailure with everything that is wrong: EBMS:0001, EBMS:0003, EBMS:0008, EBMS:0009, EBMS:0011, EBMS:0103,
 *   EBMS:0303
 */
export function readUserMessage(message: XmlElement, within?: Envelope): ReadUserMessage {
  const node = readNode(message);
  const content = headerContent(node);
  const problems = [
    ...userMessageProblems(node, content),
    ...supportProblems(content),
    ...(within === undefined ? [] : bodyProblems(within.body, content)),
  ];
  if (problems.length > 0) {
    const besides = within === undefined ? [] : visibleSecurityProblems(within.security);
    refuseFor(inOrder([...problems, ...besides]), undefined);
  }
  const { refToMessageId } = content;
  const [from, ...furtherFrom] = content.from.ids.map((id) => id.value);
  const [to, ...furtherTo] = content.to.ids.map((id) => id.value);
  const header = {
    messageId: present(content.messageId),
    timestamp: present(instantOf(content.timestamp ?? '')),
    ...(refToMessageId === undefined ? {} : { refToMessageId }),
    fromPartyId: present(from),
    toPartyId: present(to),
    ...(furtherFrom.length === 0 ? {} : { furtherFromPartyIds: furtherFrom }),
    ...(furtherTo.length === 0 ? {} : { furtherToPartyIds: furtherTo }),
    service: present(content.service).value,
    action: present(content.action),
    conversationId: present(content.conversationId),
    properties: Object.fromEntries(content.properties.map(({ name, value }) => [name, value])),
  };
  const parts = content.parts.map((part) => ({
    contentId: (part.href ?? '').slice(4),
    mimeType: partProperty(part, 'MimeType'),
    compressed: partProperty(part, 'CompressionType') !== undefined,
    characterSet: partProperty(part, 'CharacterSet'),
  }));
  return { header, parts };
}
