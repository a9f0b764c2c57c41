import type { Chance, Node } from './wco-generator.ts';

export const METADATA = 'urn:wco:datamodel:WCO:DocumentMetaData-DMS:2';
export const DECLARATION = 'urn:wco:datamodel:WCO:DEC-DMS:2';
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** A declaration in few words, with what is given at its places. */
export function small({
  before = '',
  root = '',
  inside = '',
  id = '<FunctionalReferenceID>A</FunctionalReferenceID>',
  after = '',
} = {}): string {
  return `${before}<MetaData xmlns="${METADATA}" xmlns:xsi="${XSI}"${root}><WCOTypeName>DEC</WCOTypeName><Declaration xmlns="${DECLARATION}"><FunctionCode>9</FunctionCode>${id}<TypeCode>IMA</TypeCode>${inside}</Declaration></MetaData>${after}`;
}

/** Documents in plain form that have, on little space, everything that a plain document may have. */
export const PLAIN_SAMPLES: readonly string[] = [
  small(),
  `\ufeff<?xml version="1.0" encoding="UTF-8" standalone="no"?>\r\n<!-- é - -> -->\r\n<md:MetaData xmlns:md='${METADATA}'\r\n\txmlns="${DECLARATION}" xmlns:xsi="${XSI}" xsi:schemaLocation="a\r\n b > '"><md:WCOTypeName >D'E"C</md:WCOTypeName\n><Declaration/></md:MetaData>`.replace(
    'md:WCOTypeName\n>',
    'md:WCOTypeName>',
  ),
  `<?xml version="1.0"?><m:MetaData xmlns:m="${METADATA}"><!----><m:WCOTypeName>\r a\r\n&amp;lt; ] ]]\t></m:WCOTypeName><d:Declaration xmlns:d="${DECLARATION}" xmlns:x1="${XSI}" x1:noNamespaceSchemaLocation=''><d:FunctionCode listID=' a\tb ' xmlns:y="urn:y">9</d:FunctionCode><d:InvoiceAmount currencyID="EUR">1.0</d:InvoiceAmount><Amendment xmlns="${DECLARATION}"><ChangeReasonCode>é&gt;😀</ChangeReasonCode></Amendment><d:Amendment  /></d:Declaration></m:MetaData>\n<!-- - -->\t\r`,
];

/** Writes a tree as plain XML in one of the ways in which one may write it; in values it may have what is not plain. */
export function plainlyWritten(node: Node, chance: Chance, outer: ReadonlyMap<string, string> = new Map()): string {
  const scope = new Map(outer);
  let prefix = [...scope].find(([, namespace]) => namespace === node.namespace)?.[0];
  let tag = '';
  const attribute = (name: string, value: string): void => {
    const quote = value.includes('"') ? "'" : '"';
    tag += `${chance.of([' ', ' ', '\t', '\r\n '])}${name}=${quote}${value}${quote}`;
  };
  if (prefix === undefined || chance.is(10)) {
    prefix = chance.of(['', 'a', 'b', 'p1', '_.-']);
    scope.set(prefix, node.namespace);
    attribute(prefix === '' ? 'xmlns' : `xmlns:${prefix}`, node.namespace);
  }
  for (const [name, value] of node.attributes) attribute(name, value);
  if (chance.is(10)) {
    if (!scope.has('i')) attribute('xmlns:i', XSI);
    scope.set('i', XSI);
    attribute('i:schemaLocation', chance.of(['', 'a b', '\n']));
  }
  const name = prefix === '' ? node.local : `${prefix}:${node.local}`;
  const gap = (): string => (node.hasElements ? chance.of(['', '', '\r\n  ', ' ', '<!---> - é-->', '<!---->']) : '');
  const text = node.text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const children = node.children.map((child) => gap() + plainlyWritten(child, chance, scope)).join('');
  const inner = (chance.is(50) ? text.replaceAll('>', '&gt;') : text) + children + gap();
  const end = chance.of(['', '', ' ', '\n']);
  return inner === '' && chance.is(50) ? `<${name}${tag}${end}/>` : `<${name}${tag}${end}>${inner}</${name}>`;
}

const SNIPPETS: readonly string[] = [
  ...['<', '>', '&', '"', "'", '/', '=', '-', '--', '!', '?', ':', ';', '#', ']', '[', ' ', '\t', '\n', '\r', '\r\n'],
  ...['<!--', '-->', '<!---->', '<!-- -->', ']]>', '<![CDATA[', '<![CDATA[ ]]>', '<?x y?>', '<?xml version="1.0"?>'],
  ...['&amp;', '&lt;', '&gt;', '&quot;', '&apos;', '&#13;', '&#x20;', '&#0;', '&#xD800;', '&x;', '&amp', '&AMP;'],
  ...[
    '<!DOCTYPE a>',
    '</',
    '/>',
    '<a/>',
    '<a>',
    '</a>',
    '<ID>',
    '</ID>',
    '<ID/>',
    '<ID>1</ID>',
    'xml',
    'A',
    'z',
    '_',
    '.',
  ],
  ...[
    ' a=""',
    ' xmlns=""',
    ' xmlns="urn:a"',
    ' xmlns:a="urn:a"',
    ' xmlns:a=""',
    ' xmlns:xml="urn:a"',
    ' xml:lang="en"',
  ],
  ...[
    ' xml:space="preserve"',
    ' xsi:nil="true"',
    ' xsi:schemaLocation="a"',
    ' xsi:type="a"',
    ' listID="a"',
    ' listID=a',
  ],
  ...[` xmlns:b="${XSI}" b:schemaLocation="a"`, ` xmlns:xsi="${XSI}"`, ` xmlns="${DECLARATION}"`, ' xmlns:xsi="urn:a"'],
  ...['é', '😀', '\ufffe', '\uffff', '\ufffd', '\u{1ffff}', '\u0085', '\u2028', '\ufeff', '\u00a0', '\u0300'],
  ...['\u0000', '\u0001', '\u000b', '\u000c', '\u001f', '\u007f', '\u009f'],
];

function place(bytes: Buffer, chance: Chance): number {
  const at = chance.number(bytes.length + 1);
  if (chance.is(50)) return at;
  const near = bytes.indexOf(chance.of(['<', '>', '"', '=', ' ', '-', '&', ':', '\r', ']', '/']), at);
  return near < 0 ? at : Math.max(0, Math.min(bytes.length, near + chance.number(3) - 1 + chance.number(2)));
}

/** The bytes with one change: something put in, taken out, written over, moved or doubled. */
export function changed(bytes: Buffer, chance: Chance): Buffer {
  const at = place(bytes, chance);
  const length = chance.is(70) ? 1 : 1 + chance.number(30);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const piece = Buffer.from(chance.of(SNIPPETS));
  const other = place(bytes, chance);
  switch (chance.number(7)) {
    case 0:
      return Buffer.concat([before, after.subarray(length)]);
    case 1:
      return Buffer.concat([before, piece, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, bytes.subarray(other, other + length), after]);
    case 3:
      return Buffer.concat([before, Buffer.from([chance.number(256)]), after.subarray(1)]);
    case 4:
      return Buffer.concat([before, after.subarray(0, length), after]);
    default:
      return Buffer.concat([before, piece, after]);
  }
}
