/** XML 1.0 §2.3. */
const XML_SPACE = /[ \t\n\r]/;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const REFERENCE = /&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));/g;

/** A text with its references read: characters by number, and the five entities that XML itself has. */
export function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (whole, hexadecimal?: string, decimal?: string, name?: string) => {
    if (hexadecimal !== undefined) return String.fromCodePoint(Number.parseInt(hexadecimal, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name ?? ''] ?? whole;
  });
}

/** The value of an attribute as XML hands it on: white space as spaces, unless it was written as a reference. */
export function attributeValue(raw: string): string {
  return unescaped(XML_SPACE.test(raw) ? raw.replace(/[\t\n\r]/g, ' ') : raw);
}

const NEEDS_ESCAPE = /[&<>\r]/;
const NEEDS_ESCAPE_IN_ATTRIBUTE = /[&<>"\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function reference(character: string): string {
  return ESCAPES[character] ?? character;
}

/** A text as it stands between tags. */
export function escapedText(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(/[&<>\r]/g, reference) : text;
}

/** A text as it stands between quotation marks. */
export function escapedAttribute(text: string): string {
  return NEEDS_ESCAPE_IN_ATTRIBUTE.test(text) ? text.replace(/[&<>"\t\n\r]/g, reference) : text;
}
