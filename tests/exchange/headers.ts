import fc from 'fast-check';
import { NS } from '../../src/exchange/envelope/namespaces.ts';
import { escapeAttribute, escapeText } from '../../src/exchange/envelope/xml-text.ts';

/** What a generated header says; every field is what a reader must find. */
export interface GeneratedHeader {
  readonly messageId: string;
  readonly timestamp: { readonly text: string; readonly at: number };
  readonly refToMessageId: string | undefined;
  readonly mpc: string | undefined;
  readonly from: readonly { readonly value: string; readonly type: string | undefined }[];
  readonly to: readonly { readonly value: string; readonly type: string | undefined }[];
  readonly agreement:
    | { readonly value: string; readonly type: string | undefined; readonly pmode: string | undefined }
    | undefined;
  readonly service: { readonly value: string; readonly type: string | undefined };
  readonly action: string;
  readonly conversationId: string;
  readonly properties: readonly { readonly name: string; readonly value: string; readonly type: string | undefined }[];
  readonly parts: readonly {
    readonly contentId: string;
    readonly mimeType: string;
    readonly compressed: boolean;
    readonly characterSet: string | undefined;
    readonly described: boolean;
  }[];
}

/** How it is written: none of it changes what it says. */
export interface HeaderStyle {
  /** Prefixes of SOAP and ebMS; an empty one is the default namespace. */
  readonly soap: string;
  readonly eb: string;
  /** White space around values, and comments between elements. */
  readonly spacious: boolean;
  /** Whether the elements that may stand in any order stand the other way round. */
  readonly reversed: boolean;
  readonly mustUnderstand: string | undefined;
  readonly id: 'wsu:Id' | 'id' | 'xml:id' | undefined;
  /** Whether there are headers for others, and of other namespaces, beside it. */
  readonly company: boolean;
}

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .map((value) => value.replace(/[^\x20-\ud7ff\ue000-\ufffd]/gu, '').trim())
  .filter((value) => value !== '' && value !== '__proto__');
const id = fc.stringMatching(/^[a-zA-Z0-9-]{1,30}@[a-z0-9.]{1,20}$/);
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const uri = text.map((value) => `urn:x:${value}`);
const typed = fc.oneof(fc.record({ value: uri, type: fc.constant(undefined) }), fc.record({ value: text, type: text }));
const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
const timestamp = fc.oneof(
  day.map((at) => ({ text: at.toISOString(), at: at.getTime() })),
  day.map((at) => ({ text: at.toISOString().slice(0, -5), at: Math.floor(at.getTime() / 1_000) * 1_000 })),
  day.map((at) => ({
    text: `${new Date(at.getTime() + 19_800_000).toISOString().slice(0, -1)}+05:30`,
    at: at.getTime(),
  })),
  day.map((at) => ({ text: at.toISOString().replace('Z', '4567Z'), at: at.getTime() })),
);

/** A legal user message header of any content. */
export const legalHeader: fc.Arbitrary<GeneratedHeader> = fc.record({
  messageId: id,
  timestamp,
  refToMessageId: optional(id),
  mpc: optional(fc.constant('http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/defaultMPC')),
  from: fc.array(typed, { minLength: 1, maxLength: 3 }),
  to: fc.array(typed, { minLength: 1, maxLength: 3 }),
  agreement: optional(fc.record({ value: text, type: optional(text), pmode: optional(text) })),
  service: typed,
  action: text,
  conversationId: text,
  properties: fc.uniqueArray(fc.record({ name: text, value: fc.oneof(text, fc.constant('')), type: optional(text) }), {
    maxLength: 4,
    selector: ({ name }) => name,
  }),
  parts: fc.uniqueArray(
    fc.record({
      contentId: id,
      mimeType: fc.constantFrom('application/xml', 'image/png', 'text/plain'),
      compressed: fc.boolean(),
      characterSet: optional(fc.constantFrom('utf-8', 'UTF-8', 'iso-8859-1')),
      described: fc.boolean(),
    }),
    { maxLength: 4, selector: ({ contentId }) => contentId },
  ),
});

/** Any legal way to write it. */
export const headerStyle: fc.Arbitrary<HeaderStyle> = fc.record({
  soap: fc.constantFrom('S12', 'soap', 'env', ''),
  eb: fc.constantFrom('eb', 'eb3', 'ns2', ''),
  spacious: fc.boolean(),
  reversed: fc.boolean(),
  mustUnderstand: optional(fc.constantFrom('true', '1', 'false', '0')),
  id: optional(fc.constantFrom('wsu:Id', 'id', 'xml:id')),
  company: fc.boolean(),
});

/** Writes a whole envelope with this header. */
export function writeHeader(header: GeneratedHeader, style: HeaderStyle): string {
  const soap = (name: string): string => (style.soap === '' ? name : `${style.soap}:${name}`);
  const eb = (name: string): string => (style.eb === '' ? name : `${style.eb}:${name}`);
  const gap = style.spacious ? '\n\t<!-- between -->  ' : '';
  const attributes = (values: Readonly<Record<string, string | undefined>>): string =>
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}="${escapeAttribute(value ?? '')}"`)
      .join('');
  const leaf = (name: string, value: string, of: Readonly<Record<string, string | undefined>> = {}): string =>
    `<${eb(name)}${attributes(of)}>${style.spacious ? `\n  ${escapeText(value)}\t` : escapeText(value)}</${eb(name)}>`;
  const inside = (
    name: string,
    content: readonly string[],
    of: Readonly<Record<string, string | undefined>> = {},
  ): string =>
    `<${eb(name)}${attributes(of)}>${gap}${(style.reversed ? content.toReversed() : content).join(gap)}${gap}</${eb(name)}>`;
  const party = (name: string, ids: GeneratedHeader['from']): string =>
    inside(name, [...ids.map(({ value, type }) => leaf('PartyId', value, { type })), leaf('Role', 'urn:role')]);
  const part = ({
    contentId,
    mimeType,
    compressed,
    characterSet,
    described,
  }: GeneratedHeader['parts'][number]): string =>
    inside(
      'PartInfo',
      [
        ...(described
          ? [
              `<${eb('Schema')} location="urn:schema" version="1"/>`,
              `<${eb('Description')} xml:lang="en">words</${eb('Description')}>`,
            ]
          : []),
        inside('PartProperties', [
          leaf('Property', mimeType, { name: 'MimeType' }),
          ...(compressed ? [leaf('Property', 'application/gzip', { name: 'CompressionType' })] : []),
          ...(characterSet === undefined ? [] : [leaf('Property', characterSet, { name: 'CharacterSet' })]),
        ]),
      ],
      { href: `cid:${contentId}` },
    );
  const { agreement, refToMessageId } = header;
  const units = inside(
    'UserMessage',
    [
      inside('MessageInfo', [
        leaf('Timestamp', header.timestamp.text),
        leaf('MessageId', header.messageId),
        ...(refToMessageId === undefined ? [] : [leaf('RefToMessageId', refToMessageId)]),
      ]),
      inside('PartyInfo', [party('From', header.from), party('To', header.to)]),
      inside('CollaborationInfo', [
        ...(agreement === undefined
          ? []
          : [leaf('AgreementRef', agreement.value, { type: agreement.type, pmode: agreement.pmode })]),
        leaf('Service', header.service.value, { type: header.service.type }),
        leaf('Action', header.action),
        leaf('ConversationId', header.conversationId),
      ]),
      ...(header.properties.length === 0
        ? []
        : [
            inside(
              'MessageProperties',
              header.properties.map(({ name, value, type }) => leaf('Property', value, { name, type })),
            ),
          ]),
      ...(header.parts.length === 0 ? [] : [inside('PayloadInfo', header.parts.map(part))]),
    ],
    { mpc: header.mpc },
  );
  const declared = (prefix: string, namespace: string): string =>
    ` xmlns${prefix === '' ? '' : `:${prefix}`}="${namespace}"`;
  const own = style.id === undefined ? '' : ` ${style.id}="messaging"`;
  const must = style.mustUnderstand === undefined ? '' : ` m:mustUnderstand="${style.mustUnderstand}"`;
  const company = style.company
    ? `<o:other xmlns:o="urn:other"/><o:must xmlns:o="urn:other" m:mustUnderstand="true" m:role="urn:somebody-else"/><wsse:Security xmlns:wsse="${NS.wsse}" m:role="urn:somebody-else"/>`
    : '';
  return `<${soap('Envelope')}${declared(style.soap, NS.soap12)} xmlns:m="${NS.soap12}" xmlns:wsu="${NS.wsu}"><${soap('Header')}>${gap}${company}<${eb('Messaging')}${declared(style.eb, NS.eb)}${own}${must}>${gap}${units}${style.company ? '<o:beside xmlns:o="urn:other"/>' : ''}</${eb('Messaging')}></${soap('Header')}><${soap('Body')}/></${soap('Envelope')}>`;
}
