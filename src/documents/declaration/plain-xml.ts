import type { XmlLimits } from '../xml-guards.ts';
import { unescaped } from './xml-text.ts';

/**
 * The parts of XML of which one look is enough to know that libxml2 takes them, and what it makes of them. For whatever
 * is not in plain form there is no answer here, and the document is parsed.
 *
 * Plain form: UTF-8, perhaps with byte order mark; the XML declaration as nearly everybody writes it, or none; elements,
 * attributes without a reference, comments, texts in which the only references are those to XML's own five entities. No
 * DOCTYPE, no processing instruction, no CDATA section; names of ASCII; no white space in tags but before attributes and
 * at the end; namespaces that are simple absolute URIs.
 */

/** What a method answers when it met something that is not plain. */
export const NOT_PLAIN = -1;

/** Longer texts and the like are never plain: libxml2 has limits of its own, and the longest of them is far off. */
const LONGEST_TEXT = 1_000_000;
const LONGEST_NAME = 1_000;

const [TAB, LINE_FEED, RETURN, SPACE, BANG, QUOTE, AMPERSAND, APOSTROPHE, SLASH, LESS, EQUALS, GREATER, BRACKET] =
  Buffer.from('\t\n\r !"&\'/<=>]');
const FIRST_BEYOND_ASCII = 0x80;
/** U+FFFE and U+FFFF, which XML forbids, begin with these bytes; the third is this one or the next. */
const [FIRST_OF_NON_CHARACTER, SECOND_OF_NON_CHARACTER, THIRD_OF_NON_CHARACTER] = [0xef, 0xbf, 0xbe];

const DECLARATION =
  /^<\?xml version="1\.0"(?: encoding="(?:UTF-8|utf-8)")?(?: standalone="(?:yes|no)")?[ \t\r\n]{0,9}\?>/;
const LONGEST_DECLARATION = 100;
const REFERENCE = /&(?:amp|lt|gt|quot|apos);/y;
const LINE_END = /\r\n?/g;
const SPACE_IN_VALUE = /\r\n?|[\t\n]/g;
const PREFIX = /^(?!xml)[a-z_][a-z0-9._-]*$/i;
const NAMESPACE = /^(?:urn:[A-Za-z0-9:._-]+|https?:\/\/[A-Za-z0-9.-]+(?:\/[A-Za-z0-9._-]+)*\/?)$/;
/** Those that XML and its namespaces have for themselves (Namespaces in XML 1.0, §3). */
const RESERVED = new Set(['http://www.w3.org/XML/1998/namespace', 'http://www.w3.org/2000/xmlns/']);

function table(characters: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (characters.test(String.fromCharCode(byte)) ? 1 : 0));
}

/** Tables instead of comparisons: each byte of a document is looked at once, and this is most of the time. */
const IS_NAME = table(/[A-Za-z0-9._:-]/);
const IS_CHARACTER = table(/[\t\n\r -\xee\xf0-\xff]/);
const IS_ASCII_TEXT = table(/[\t\n -%'-;=?-\x7f]/);
const IS_ASCII_VALUE = IS_ASCII_TEXT.map((is, byte) => (byte === QUOTE || byte === APOSTROPHE ? 0 : is));

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === TAB || byte === RETURN;
}

/** Namespaces in force, and the names of elements that were met under them. */
export class Scope {
  /** Name as written to expanded name, for whoever looks names up. */
  readonly names = new Map<string, string>();
  /** What all start tags have in common that are a name only. */
  readonly bareTag: PlainTag = { scope: this, attributes: undefined, isEmpty: false };
  readonly #declared: ReadonlyMap<string, string>;
  readonly #outer: Scope | undefined;

  /** @param declared prefix ('' for none) to namespace */
  constructor(declared: ReadonlyMap<string, string>, outer?: Scope) {
    this.#declared = declared;
    this.#outer = outer;
  }

  /** The namespace of a prefix; looked up outwards, since copies would take hostile documents the square of their size. */
  namespaceOf(prefix: string): string | undefined {
    return this.#declared.get(prefix) ?? this.#outer?.namespaceOf(prefix);
  }
}

/** A start tag, its name aside. */
export interface PlainTag {
  readonly scope: Scope;
  /** Name as written to value, in their order, declarations of namespaces aside; undefined when there is none. */
  readonly attributes: ReadonlyMap<string, string> | undefined;
  readonly isEmpty: boolean;
}

/** Goes over the bytes of a document, which must be valid UTF-8, once and in their order. */
export class PlainXml {
  /** Where it is. */
  at: number;
  readonly bytes: Buffer;
  /** Every byte as one character, so that positions in both are the same. */
  readonly #text: string;
  readonly #limits: XmlLimits;
  readonly #longest: number;

  constructor(bytes: Buffer, limits: XmlLimits) {
    this.bytes = bytes;
    this.#text = bytes.toString('latin1');
    this.#limits = limits;
    this.#longest = Math.min(limits.text, LONGEST_TEXT);
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    const start = hasMark ? 3 : 0;
    const declaration = DECLARATION.exec(this.#text.slice(start, start + LONGEST_DECLARATION))?.[0].length ?? 0;
    this.at = declaration > this.#longest ? start : start + declaration;
  }

  /** Passes white space and comments: to the next tag, or to the end of the bytes. False: something else stands here. */
  passGap(): boolean {
    const { bytes } = this;
    for (;;) {
      let at = this.at;
      while (isSpace(bytes[at])) at += 1;
      if (at - this.at > this.#longest) return false;
      this.at = at;
      if (bytes[at] !== LESS) return at === bytes.length;
      if (bytes[at + 1] !== BANG) return true;
      if (!this.#passComment()) return false;
    }
  }

  #passComment(): boolean {
    const open = this.at;
    if (!this.#text.startsWith('<!--', open)) return false;
    const end = this.#text.indexOf('--', open + 4);
    if (end < 0 || end - open > this.#longest || this.bytes[end + 2] !== GREATER) return false;
    for (let at = open + 4; at < end; at += 1) {
      if (IS_CHARACTER[this.bytes[at] ?? 0] === 1) continue;
      if (this.bytes[at] !== FIRST_OF_NON_CHARACTER || this.#isNonCharacter(at)) return false;
    }
    this.at = end + 3;
    return true;
  }

  #isNonCharacter(at: number): boolean {
    const { bytes } = this;
    return (
      bytes[at] === FIRST_OF_NON_CHARACTER &&
      bytes[at + 1] === SECOND_OF_NON_CHARACTER &&
      (bytes[at + 2] ?? 0) >= THIRD_OF_NON_CHARACTER
    );
  }

  /** Whether an end tag begins here. */
  isAtEndTag(): boolean {
    return this.bytes[this.at + 1] === SLASH;
  }

  /** Passes the end tag of the element whose name in its start tag stands from `begin` to `end`; false: it is another. */
  passEndTag(begin: number, end: number): boolean {
    const { bytes } = this;
    const open = this.at;
    if (bytes[open + 1] !== SLASH) return false;
    const shift = open + 2 - begin;
    for (let at = begin; at < end; at += 1) if (bytes[at] !== bytes[at + shift]) return false;
    this.at = end + shift + 1;
    return bytes[end + shift] === GREATER;
  }

  /** Where the name that begins here ends. That it is one by its form is not said: it must be one that is known. */
  endOfName(begin: number): number {
    let end = begin;
    while (IS_NAME[this.bytes[end] ?? 0] === 1) end += 1;
    return end - begin + 2 > Math.min(this.#limits.name, LONGEST_NAME) ? NOT_PLAIN : end;
  }

  /** What stands between two positions, of which all is ASCII. */
  ascii(begin: number, end: number): string {
    return this.#text.slice(begin, end);
  }

  /** Passes a text up to the next tag; undefined: it is not plain. */
  readText(): string | undefined {
    const { bytes } = this;
    const begin = this.at;
    let at = begin;
    let isAscii = true;
    let hasReturn = false;
    let hasReference = false;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) return undefined;
      if (IS_ASCII_TEXT[byte] === 1) at += 1;
      else if (byte === LESS) break;
      else if (byte >= FIRST_BEYOND_ASCII) {
        if (this.#isNonCharacter(at)) return undefined;
        isAscii = false;
        at += 1;
      } else if (byte === AMPERSAND) {
        REFERENCE.lastIndex = at;
        if (!REFERENCE.test(this.#text)) return undefined;
        hasReference = true;
        at = REFERENCE.lastIndex;
      } else if (byte === RETURN) {
        hasReturn = true;
        at += 1;
      } else {
        if (byte !== GREATER || (bytes[at - 1] === BRACKET && bytes[at - 2] === BRACKET)) return undefined;
        at += 1;
      }
    }
    if (at - begin > this.#longest) return undefined;
    this.at = at;
    let text = isAscii ? this.#text.slice(begin, at) : bytes.toString('utf8', begin, at);
    if (hasReturn) text = text.replace(LINE_END, '\n');
    return hasReference ? unescaped(text) : text;
  }

  /** Passes what stands in a start tag behind its name; undefined: it is not plain. */
  readTag(nameEnd: number, outer: Scope): PlainTag | undefined {
    const { bytes } = this;
    this.at = nameEnd;
    if (bytes[nameEnd] === GREATER) {
      this.at = nameEnd + 1;
      return outer.bareTag;
    }
    let attributes: Map<string, string> | undefined;
    let prefixes: Map<string, string> | undefined;
    for (let count = 0; count <= this.#limits.attributes; count += 1) {
      let begin = this.at;
      while (isSpace(bytes[begin])) begin += 1;
      const isEmpty = bytes[begin] === SLASH;
      if (isEmpty || bytes[begin] === GREATER) {
        this.at = begin + (isEmpty ? 2 : 1);
        if (bytes[this.at - 1] !== GREATER) return undefined;
        const scope = prefixes === undefined ? outer : new Scope(prefixes, outer);
        return { scope, attributes, isEmpty };
      }
      const end = this.endOfName(begin);
      if (begin === this.at || end === NOT_PLAIN || bytes[end] !== EQUALS) return undefined;
      this.at = end + 1;
      const value = this.#readValue();
      if (value === undefined) return undefined;
      const name = this.ascii(begin, end);
      if (name === 'xmlns' || name.startsWith('xmlns:')) {
        const prefix = name.slice(6);
        prefixes ??= new Map();
        if (prefixes.has(prefix) || !NAMESPACE.test(value) || RESERVED.has(value)) return undefined;
        if (name !== 'xmlns' && !PREFIX.test(prefix)) return undefined;
        prefixes.set(prefix, value);
      } else {
        attributes ??= new Map();
        if (attributes.has(name)) return undefined;
        attributes.set(name, value);
      }
    }
    return undefined;
  }

  /** Passes an attribute's value with its quotation marks; undefined: it is not plain. */
  #readValue(): string | undefined {
    const { bytes } = this;
    const quote = bytes[this.at];
    if (quote !== QUOTE && quote !== APOSTROPHE) return undefined;
    const begin = this.at + 1;
    let at = begin;
    let isAscii = true;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) return undefined;
      if (IS_ASCII_VALUE[byte] === 1 || byte === GREATER || byte === RETURN) at += 1;
      else if (byte === quote) break;
      else if (byte === QUOTE || byte === APOSTROPHE) at += 1;
      else if (byte >= FIRST_BEYOND_ASCII && !this.#isNonCharacter(at)) {
        isAscii = false;
        at += 1;
      } else return undefined;
    }
    if (at - begin + 2 > this.#longest) return undefined;
    this.at = at + 1;
    const value = isAscii ? this.#text.slice(begin, at) : bytes.toString('utf8', begin, at);
    return value.replace(SPACE_IN_VALUE, ' ');
  }
}
