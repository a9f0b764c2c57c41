import type { EbmsProblem } from '../signals/ebms-errors.ts';
import { shapeProblems } from './header-shape.ts';
import { attributeAt, type HeaderNode, nodes, onlyNode, textAt } from './header-tree.ts';

/** An identifier with the scheme it is taken from. */
export interface TypedValue {
  readonly value: string;
  readonly type: string | undefined;
}

/** A party of a message: several identifiers may name the same one (ebMS3 Core §5.2.2.4). */
export interface HeaderParty {
  readonly ids: readonly TypedValue[];
  readonly role: string | undefined;
}

/** A property of a message or of a part. */
export interface HeaderProperty extends TypedValue {
  readonly name: string;
}

/** A payload as the header tells of it (ebMS3 Core §5.2.2.13). */
export interface HeaderPart {
  /** As it stands; undefined means that the SOAP Body is the payload. */
  readonly href: string | undefined;
  readonly properties: readonly HeaderProperty[];
  readonly description: string | undefined;
  /** Where the schema of the payload lies. */
  readonly schema: string | undefined;
}

/** Everything that the header of a user message says; what it does not say, or says twice, is undefined. */
export interface HeaderContent {
  readonly messageId: string | undefined;
  /** As it stands. */
  readonly timestamp: string | undefined;
  readonly refToMessageId: string | undefined;
  readonly mpc: string | undefined;
  readonly from: HeaderParty;
  readonly to: HeaderParty;
  readonly agreement: (TypedValue & { readonly pmode: string | undefined }) | undefined;
  readonly service: TypedValue | undefined;
  readonly action: string | undefined;
  readonly conversationId: string | undefined;
  readonly properties: readonly HeaderProperty[];
  readonly parts: readonly HeaderPart[];
}

/**
 * The instant of an `xsd:dateTime`; without a zone it is UTC, in which ebMS has it (ebMS3 Core §5.2.2.1).
 * @returns undefined for what is no day or no time, such as 30 February
 */
export function instantOf(text: string): Date | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,12})?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', zone] = match;
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(day) > lastDay) return undefined;
  const instant = new Date(zone === undefined ? `${text}Z` : text);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

function typed(node: HeaderNode | undefined): TypedValue | undefined {
  return node === undefined || node.text === '' ? undefined : { value: node.text, type: attributeAt(node, 'type') };
}

function partyOf(info: HeaderNode | undefined, name: 'From' | 'To'): HeaderParty {
  const party = onlyNode(info, name);
  const ids = nodes(party, 'PartyId').map(typed);
  return { ids: ids.filter((id) => id !== undefined), role: textAt(party, 'Role') };
}

function propertiesOf(parent: HeaderNode | undefined): HeaderProperty[] {
  return nodes(parent, 'Property').map((node) => ({
    name: attributeAt(node, 'name') ?? '',
    value: node.text,
    type: attributeAt(node, 'type'),
  }));
}

/** Reads what a UserMessage says, whatever may be wrong with it. */
export function headerContent(message: HeaderNode): HeaderContent {
  const info = onlyNode(message, 'MessageInfo');
  const parties = onlyNode(message, 'PartyInfo');
  const collaboration = onlyNode(message, 'CollaborationInfo');
  const agreement = onlyNode(collaboration, 'AgreementRef');
  const agreed = typed(agreement);
  return {
    messageId: textAt(info, 'MessageId'),
    timestamp: textAt(info, 'Timestamp'),
    refToMessageId: textAt(info, 'RefToMessageId'),
    mpc: attributeAt(message, 'mpc'),
    from: partyOf(parties, 'From'),
    to: partyOf(parties, 'To'),
    agreement: agreed === undefined ? undefined : { ...agreed, pmode: attributeAt(agreement, 'pmode') },
    service: typed(onlyNode(collaboration, 'Service')),
    action: textAt(collaboration, 'Action'),
    conversationId: textAt(collaboration, 'ConversationId'),
    properties: propertiesOf(onlyNode(message, 'MessageProperties')),
    parts: nodes(onlyNode(message, 'PayloadInfo'), 'PartInfo').map((part) => ({
      href: attributeAt(part, 'href'),
      properties: propertiesOf(onlyNode(part, 'PartProperties')),
      description: textAt(part, 'Description'),
      schema: attributeAt(onlyNode(part, 'Schema'), 'location'),
    })),
  };
}

const invalid = (description: string): EbmsProblem => ({ code: 'EBMS:0009', description });
/** RFC 3986 §3.1: a scheme and something behind it. */
const uri = /^[A-Za-z][A-Za-z0-9+.-]*:./;

function untypedProblem(what: string, id: TypedValue | undefined): EbmsProblem[] {
  if (id === undefined || id.type !== undefined || uri.test(id.value)) return [];
  const description = `${what} "${id.value.slice(0, 200)}" has no type, so it must be a URI.`;
  return [{ code: 'EBMS:0003', description }];
}

/** MessageInfo of any unit (ebMS3 Core §5.2.2.1): ids as RFC 2822 has them, an instant as XML Schema has it. */
function messageInfoProblems(unit: HeaderNode): EbmsProblem[] {
  const info = onlyNode(unit, 'MessageInfo');
  const found: EbmsProblem[] = [];
  for (const name of ['MessageId', 'RefToMessageId'])
    if (/[\s<>]/.test(textAt(info, name) ?? ''))
      found.push(invalid(`The ${name} holds white space or angle brackets (RFC 2822).`));
  const timestamp = textAt(info, 'Timestamp');
  if (timestamp !== undefined && instantOf(timestamp) === undefined)
    found.push(invalid(`The Timestamp "${timestamp.slice(0, 60)}" is not an instant.`));
  return found;
}

function propertyProblems(place: string, properties: readonly HeaderProperty[]): EbmsProblem[] {
  const names = properties.map((property) => property.name).filter((name) => name !== '');
  return names
    .filter((name, index) => names.indexOf(name) !== index || name === '__proto__')
    .map((name) => invalid(`The property ${name.slice(0, 100)} of ${place} stands twice or is not allowed.`));
}

/** What is wrong with a user message as ebMS 3.0 Core and its schema have it, whoever is to take it. */
export function userMessageProblems(message: HeaderNode, content: HeaderContent): EbmsProblem[] {
  const cids = content.parts.flatMap(({ href }) => (href?.startsWith('cid:') === true ? [href] : []));
  return [
    ...shapeProblems(message),
    ...messageInfoProblems(message),
    ...content.from.ids.flatMap((id) => untypedProblem('The PartyId of From', id)),
    ...content.to.ids.flatMap((id) => untypedProblem('The PartyId of To', id)),
    ...untypedProblem('The Service', content.service),
    ...propertyProblems('the message', content.properties),
    ...content.parts.flatMap((part) => propertyProblems('a part', part.properties)),
    ...(new Set(cids).size === cids.length ? [] : [invalid('Two PartInfo elements name the same payload.')]),
  ];
}

/** What is wrong with a signal as ebMS 3.0 Core has it: how it is built, and that it is one thing and not several. */
export function signalProblems(signal: HeaderNode): EbmsProblem[] {
  const kinds = ['PullRequest', 'Receipt', 'Error'].filter((name) => nodes(signal, name).length > 0);
  const one =
    kinds.length === 1
      ? []
      : [
          invalid(
            kinds.length === 0
              ? 'The SignalMessage is neither PullRequest nor Receipt nor Error.'
              : `The SignalMessage is ${kinds.join(' and ')} at once.`,
          ),
        ];
  return [...shapeProblems(signal), ...messageInfoProblems(signal), ...one];
}
