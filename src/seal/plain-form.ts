import { isUtf8 } from 'node:buffer';

/**
 * The exclusive canonical form (Exclusive XML Canonicalization 1.0, without comments) of documents in the plain form that
 * our own codec writes, made by one walk over the bytes. Whatever is not in that form gets no answer here, and is parsed.
 *
 * Plain form: UTF-8; one root without prefix; namespaces declared at the root only; no white space in tags that need not
 * be there; attributes in double quotes, without prefix, in their order, none of them an Id; no references but `&amp;`,
 * `&lt;` and in texts `&gt;`, which are written wherever they can be; no comments, instructions, CDATA, empty-element tags.
 */

/** How a document in plain form begins; the declaration is no part of the canonical form. */
export interface PlainBeginning {
  /** The root's start tag in canonical form: without the namespaces that it does not use itself. */
  readonly canonicalTag: string;
  readonly name: string;
  readonly prefixes: readonly PlainPrefix[];
  readonly namespaces: readonly string[];
  /** Where the start tag ends. */
  readonly end: number;
}

interface PlainPrefix {
  readonly name: Buffer;
  /** As it is written where the prefix is first used, with a space before it. */
  readonly declaration: Buffer;
}

const BEGINNING =
  /^(?:<\?xml version="1\.0" encoding="UTF-8"\?>\n?)?<([A-Za-z][A-Za-z0-9]{0,99})((?: xmlns(?::[a-z]{1,20})?="[^"]{1,200}"){1,10})>/;
const LONGEST_BEGINNING = 3000;
const DECLARATION = / xmlns(?::([a-z]{1,20}))?="([^"]*)"/g;
/** Absolute, and without a character that would be escaped. */
const NAMESPACE_NAME = /^(?:urn:|http:\/\/)[A-Za-z0-9:._/#-]+$/;

/** Reads the beginning of a document in plain form: declaration as we write it, root without prefix, namespaces. */
export function plainBeginning(bytes: Buffer): PlainBeginning | undefined {
  const found = BEGINNING.exec(bytes.toString('latin1', 0, LONGEST_BEGINNING));
  const [whole, name, attributes] = found ?? [];
  if (whole === undefined || name === undefined || attributes === undefined) return undefined;
  const declarations = new Map<string, string>();
  const namespaces: string[] = [];
  for (const [declaration, prefix = '', namespace = ''] of attributes.matchAll(DECLARATION)) {
    if (declarations.has(prefix) || prefix.startsWith('xml') || !NAMESPACE_NAME.test(namespace)) return undefined;
    declarations.set(prefix, declaration);
    namespaces.push(namespace);
  }
  const ofRoot = declarations.get('');
  if (ofRoot === undefined) return undefined;
  declarations.delete('');
  const prefixes = Array.from(declarations, ([prefix, declaration]) => ({
    name: Buffer.from(prefix),
    declaration: Buffer.from(declaration),
  }));
  return { canonicalTag: `<${name}${ofRoot}>`, name, prefixes, namespaces, end: whole.length };
}

/**
 * The exclusive canonical form of the document that consists of this beginning, of `inserted` and of what stands in the
 * bytes from `start` on; undefined when that is not in plain form, which is proven for every byte and never assumed.
 * @param beginning of these bytes
 * @param inserted whole elements in canonical form that declare what they use
 */
export function canonicalPlainForm(
  bytes: Buffer,
  beginning: PlainBeginning,
  inserted: string,
  start: number,
): Buffer | undefined {
  return isUtf8(bytes) ? new PlainWalk(bytes, beginning).walk(inserted, start) : undefined;
}

const MOST_ELEMENTS = 50_000;
const MOST_DEPTH = 50;
const MOST_ATTRIBUTES = 20;
const LONGEST_NAME = 200;
const LONGEST_TEXT = 500_000;

const [TAB, LINE_FEED, SPACE, QUOTE, AMPERSAND, SLASH, COLON, LESS, EQUALS, GREATER] = Buffer.from('\t\n "&/:<=>');
const AMPERSAND_REFERENCE = Buffer.from('&amp;');
const LESS_REFERENCE = Buffer.from('&lt;');
const GREATER_REFERENCE = Buffer.from('&gt;');
/** U+FFFE and U+FFFF, which XML forbids, begin with these bytes. */
const [FIRST_OF_NON_CHARACTER, SECOND_OF_NON_CHARACTER, THIRD_OF_NON_CHARACTER] = [0xef, 0xbf, 0xbe];

/** Bytes that stand in a text as they are, whatever comes next; `\r` is none, for a parser changes it. */
const IS_TEXT = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === TAB || byte === LINE_FEED) return 1;
  const needsThought = [LESS, GREATER, AMPERSAND, FIRST_OF_NON_CHARACTER].includes(byte);
  return byte < 0x20 || needsThought ? 0 : 1;
});
const IS_VALUE = IS_TEXT.map((is, byte) => (byte === TAB || byte === LINE_FEED || byte === QUOTE ? 0 : is));
const IS_LETTER = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0));
const IS_LETTER_OR_DIGIT = IS_LETTER.map((is, byte) => (byte >= 0x30 && byte <= 0x39 ? 1 : is));

/** Where the walk is: an index, or that what stands there is not plain. */
const NOT_PLAIN = -1;

class PlainWalk {
  readonly #bytes: Buffer;
  readonly #beginning: PlainBeginning;
  /** Where the name of each open element begins and ends. */
  readonly #nameBegins = new Int32Array(MOST_DEPTH);
  readonly #nameEnds = new Int32Array(MOST_DEPTH);
  /** Which prefix each open element was the first to use, counted from 1; 0 for none. */
  readonly #declares = new Int32Array(MOST_DEPTH);
  readonly #inScope: Uint8Array;
  #depth = 0;

  constructor(bytes: Buffer, beginning: PlainBeginning) {
    this.#bytes = bytes;
    this.#beginning = beginning;
    this.#inScope = new Uint8Array(beginning.prefixes.length + 1);
  }

  walk(inserted: string, start: number): Buffer | undefined {
    const bytes = this.#bytes;
    const output: Buffer[] = [Buffer.from(this.#beginning.canonicalTag + inserted)];
    let copied = start;
    let at = start;
    for (let elements = 0; elements < MOST_ELEMENTS; ) {
      at = this.#text(at);
      if (at === NOT_PLAIN) return undefined;
      if (bytes[at + 1] === SLASH) {
        if (this.#depth === 0) {
          if (!this.#isEndOfRoot(at)) return undefined;
          output.push(bytes.subarray(copied));
          return Buffer.concat(output);
        }
        at = this.#endTag(at);
      } else {
        elements += 1;
        const begin = at;
        at = this.#startTag(begin);
        const prefix = this.#beginning.prefixes[(this.#declares[this.#depth - 1] ?? 0) - 1];
        if (at !== NOT_PLAIN && prefix !== undefined) {
          const nameEnd = this.#nameEnds[this.#depth - 1] ?? 0;
          output.push(bytes.subarray(copied, nameEnd), prefix.declaration);
          copied = nameEnd;
        }
      }
      if (at === NOT_PLAIN) return undefined;
    }
    return undefined;
  }

  /** From the beginning of a text to the `<` behind it. */
  #text(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) return NOT_PLAIN;
      if (IS_TEXT[byte] === 1) at += 1;
      else if (byte === LESS) return at - from > LONGEST_TEXT ? NOT_PLAIN : at;
      else {
        const next = this.#isAt(GREATER_REFERENCE, at) ? at + GREATER_REFERENCE.length : this.#character(at);
        if (next === NOT_PLAIN) return NOT_PLAIN;
        at = next;
      }
    }
  }

  /** Past a reference that is written in texts and values alike, or past a byte outside ASCII. */
  #character(at: number): number {
    if (this.#isAt(AMPERSAND_REFERENCE, at)) return at + AMPERSAND_REFERENCE.length;
    if (this.#isAt(LESS_REFERENCE, at)) return at + LESS_REFERENCE.length;
    const bytes = this.#bytes;
    if (bytes[at] !== FIRST_OF_NON_CHARACTER) return NOT_PLAIN;
    const isNone = bytes[at + 1] === SECOND_OF_NON_CHARACTER && (bytes[at + 2] ?? 0) >= THIRD_OF_NON_CHARACTER;
    return isNone ? NOT_PLAIN : at + 1;
  }

  #isAt(reference: Buffer, from: number): boolean {
    const bytes = this.#bytes;
    for (let at = 0; at < reference.length; at += 1) if (bytes[from + at] !== reference[at]) return false;
    return true;
  }

  #isEndOfRoot(at: number): boolean {
    return this.#bytes.toString('latin1', at, at + LONGEST_NAME) === `</${this.#beginning.name}>`;
  }

  /** Past an end tag, which must be that of the element that is open. */
  #endTag(open: number): number {
    const bytes = this.#bytes;
    this.#depth -= 1;
    const begin = this.#nameBegins[this.#depth] ?? 0;
    const length = (this.#nameEnds[this.#depth] ?? 0) - begin;
    for (let at = 0; at < length; at += 1) if (bytes[open + 2 + at] !== bytes[begin + at]) return NOT_PLAIN;
    this.#inScope[this.#declares[this.#depth] ?? 0] = 0;
    return bytes[open + 2 + length] === GREATER ? open + length + 3 : NOT_PLAIN;
  }

  #startTag(open: number): number {
    const bytes = this.#bytes;
    const begin = open + 1;
    if (this.#depth >= MOST_DEPTH) return NOT_PLAIN;
    let end = this.#name(begin);
    let prefix = 0;
    if (end !== NOT_PLAIN && bytes[end] === COLON) {
      prefix = this.#prefix(begin, end);
      end = prefix === 0 ? NOT_PLAIN : this.#name(end + 1);
    }
    if (end === NOT_PLAIN) return NOT_PLAIN;
    const declares = this.#inScope[prefix] === 1 ? 0 : prefix;
    if (declares !== 0) this.#inScope[declares] = 1;
    this.#nameBegins[this.#depth] = begin;
    this.#nameEnds[this.#depth] = end;
    this.#declares[this.#depth] = declares;
    this.#depth += 1;
    return bytes[end] === GREATER ? end + 1 : this.#attributes(end);
  }

  /** Past a name of letters and digits. */
  #name(begin: number): number {
    const bytes = this.#bytes;
    if (IS_LETTER[bytes[begin] ?? 0] !== 1) return NOT_PLAIN;
    let at = begin + 1;
    while (IS_LETTER_OR_DIGIT[bytes[at] ?? 0] === 1) at += 1;
    return at - begin > LONGEST_NAME ? NOT_PLAIN : at;
  }

  /** Which of the root's prefixes this is, counted from 1; 0 for none. */
  #prefix(begin: number, end: number): number {
    const { prefixes } = this.#beginning;
    for (let place = 0; place < prefixes.length; place += 1) {
      const name = prefixes[place]?.name;
      if (name?.length === end - begin && this.#isAt(name, begin)) return place + 1;
    }
    return 0;
  }

  /** Past the attributes of a start tag and its `>`: in canonical order, each once, no declaration, no Id. */
  #attributes(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    let last = '';
    for (let count = 0; count < MOST_ATTRIBUTES && bytes[at] === SPACE; count += 1) {
      const end = this.#name(at + 1);
      if (end === NOT_PLAIN || bytes[end] !== EQUALS || bytes[end + 1] !== QUOTE) return NOT_PLAIN;
      const name = bytes.toString('latin1', at + 1, end);
      if (name <= last || name === 'xmlns' || name.toLowerCase() === 'id') return NOT_PLAIN;
      last = name;
      const close = this.#value(end + 2);
      if (close === NOT_PLAIN) return NOT_PLAIN;
      at = close + 1;
    }
    return bytes[at] === GREATER ? at + 1 : NOT_PLAIN;
  }

  /** From the beginning of an attribute's value to the quote behind it. */
  #value(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) return NOT_PLAIN;
      if (IS_VALUE[byte] === 1) at += 1;
      else if (byte === QUOTE) return at - from > LONGEST_TEXT ? NOT_PLAIN : at;
      else {
        const next = this.#character(at);
        if (next === NOT_PLAIN) return NOT_PLAIN;
        at = next;
      }
    }
  }
}
