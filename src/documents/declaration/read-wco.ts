import type { Fault } from '../fault.ts';
import type { FaultCode } from '../fault-codes.ts';
import type { JsonObject } from '../json.ts';
import { escapeSegment, shown } from '../pointer.ts';
import type { XmlPlace } from '../xml-places.ts';
import { type ElementPlace, linesIn, locateIn } from './wco-places.ts';
import { type ElementsShape, expandedName, type Place, type TextShape, type WcoShape } from './wco-shape.ts';
import { attributeValue, unescaped } from './xml-text.ts';

type GrowingValue = string | Growing | GrowingValue[];
interface Growing {
  [name: string]: GrowingValue;
}

/** What was read of a document. */
export interface WcoContent {
  readonly json: JsonObject;
  /** What the document should not have had, with pointer, XPath and line. */
  readonly faults: readonly Fault[];
  /** Where a value, or else the nearest one that holds it, stands in the XML. */
  locate(pointer: string): XmlPlace;
}

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const XML = 'http://www.w3.org/XML/1998/namespace';
const MOST_FAULTS = 200;
const BLANK = /^[ \t\r\n]*$/;
const NONE: ReadonlyMap<string, string> = new Map();

/** The prefixes that an element declares, and the names that were met under them. */
interface Scope {
  readonly declared: ReadonlyMap<string, string>;
  /** Where the others are declared: not copied, which would take hostile documents the square of their size. */
  readonly outer: Scope | undefined;
  readonly names: Map<string, string>;
}

/** The first fault of a reading that only looks whether there is one. */
class NotClean extends Error {}

interface Tag {
  readonly name: string;
  readonly isEmpty: boolean;
  readonly attributes: ReadonlyMap<string, string>;
  readonly scope: Scope;
  readonly position: number;
}

/**
 * Reads a text that libxml2 found to be well-formed, so that the walk only has to tell the parts of the mark-up apart.
 * Without `isTracing` it stops at the first fault and notes no places.
 */
class Reader {
  readonly faults: Fault[] = [];
  readonly #text: string;
  readonly #shape: WcoShape;
  readonly #isTracing: boolean;
  readonly #lineOf: (position: number) => number;
  #at = 0;

  constructor(text: string, shape: WcoShape, isTracing: boolean, lineOf: (position: number) => number) {
    this.#text = text;
    this.#shape = shape;
    this.#isTracing = isTracing;
    this.#lineOf = lineOf;
  }

  #fault(code: FaultCode, pointer: string, xpath: string, position: number, message: string, found?: string): void {
    if (!this.#isTracing) throw new NotClean();
    if (this.faults.length >= MOST_FAULTS) return;
    const line = this.#lineOf(position);
    this.faults.push({ code, pointer, xpath, line, message, ...(found === undefined ? {} : { found: shown(found) }) });
  }

  /** Behind the comment or processing instruction that begins here; -1 when none does. */
  #aside(open: number): number {
    const next = this.#text.charCodeAt(open + 1);
    if (next === 0x3f /* ? */) return this.#text.indexOf('?>', open + 2) + 2;
    if (next === 0x21 /* ! */ && this.#text.startsWith('<!--', open)) return this.#text.indexOf('-->', open + 4) + 3;
    return -1;
  }

  /** Reads the start tag at the position of the walk. */
  #tag(outer: Scope): Tag {
    const text = this.#text;
    const position = this.#at;
    const bare = text.indexOf('>', position);
    const word = text.slice(position + 1, bare);
    if (outer.names.has(word)) {
      this.#at = bare + 1;
      return { name: word, isEmpty: false, attributes: NONE, scope: outer, position };
    }
    let end = position + 1;
    for (;;) {
      const code = text.charCodeAt(end);
      if (code === 0x3e || code === 0x2f || code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d) break;
      end += 1;
    }
    const name = text.slice(position + 1, end);
    if (text.charCodeAt(end) === 0x3e) {
      this.#at = end + 1;
      return { name, isEmpty: false, attributes: NONE, scope: outer, position };
    }
    let close = end;
    for (let quote = 0; ; close += 1) {
      const code = text.charCodeAt(close);
      if (quote !== 0) {
        if (code === quote) quote = 0;
      } else if (code === 0x22 || code === 0x27) quote = code;
      else if (code === 0x3e) break;
    }
    const isEmpty = text.charCodeAt(close - 1) === 0x2f;
    this.#at = close + 1;
    const inside = text.slice(end, isEmpty ? close - 1 : close);
    let attributes: Map<string, string> | undefined;
    let prefixes: Map<string, string> | undefined;
    for (let at = 0; ; ) {
      const equals = inside.indexOf('=', at);
      if (equals < 0) break;
      const attribute = inside.slice(at, equals).trim();
      let open = equals + 1;
      while (inside.charCodeAt(open) !== 0x22 && inside.charCodeAt(open) !== 0x27) open += 1;
      const ends = inside.indexOf(inside.charCodeAt(open) === 0x22 ? '"' : "'", open + 1);
      const value = attributeValue(inside.slice(open + 1, ends));
      at = ends + 1;
      if (attribute === 'xmlns' || attribute.startsWith('xmlns:')) {
        prefixes ??= new Map();
        prefixes.set(attribute === 'xmlns' ? '' : attribute.slice(6), value);
      } else {
        attributes ??= new Map();
        attributes.set(attribute, value);
      }
    }
    const scope = prefixes === undefined ? outer : { declared: prefixes, outer, names: new Map<string, string>() };
    return { name, isEmpty, attributes: attributes ?? NONE, scope, position };
  }

  #namespace(scope: Scope, prefix: string): string {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
      const found = at.declared.get(prefix);
      if (found !== undefined) return found;
    }
    return '';
  }

  #expanded({ name, scope }: Tag): string {
    const held = scope.names.get(name);
    if (held !== undefined) return held;
    const colon = name.indexOf(':');
    const prefix = colon < 0 ? '' : name.slice(0, colon);
    const expanded = expandedName(this.#namespace(scope, prefix), name.slice(colon + 1));
    scope.names.set(name, expanded);
    return expanded;
  }

  /** The attributes that are known; the others are faults. Where schemas are said to lie is never looked at. */
  #attributes(tag: Tag, known: readonly string[], pointer: string, xpath: string): ReadonlyMap<string, string> {
    if (tag.attributes.size === 0) return NONE;
    const values = new Map<string, string>();
    for (const [name, value] of tag.attributes) {
      if (known.includes(name)) {
        values.set(name, value);
        continue;
      }
      const colon = name.indexOf(':');
      const local = name.slice(colon + 1);
      const isXsi = colon > 0 && this.#namespace(tag.scope, name.slice(0, colon)) === XSI;
      if (isXsi && (local === 'schemaLocation' || local === 'noNamespaceSchemaLocation')) continue;
      const message = `The attribute ${name} of ${tag.name} is not part of this document.`;
      this.#fault('XML-ATTRIBUTE-UNKNOWN', pointer, xpath, tag.position, message, value);
    }
    return values;
  }

  /** Passes over an element that is not known, to behind its end tag. */
  #skip(tag: Tag): void {
    if (tag.isEmpty) return;
    const text = this.#text;
    for (let depth = 1; depth > 0; ) {
      const open = text.indexOf('<', this.#at);
      const aside = this.#aside(open);
      if (aside >= 0) this.#at = aside;
      else if (text.charCodeAt(open + 1) === 0x21) this.#at = text.indexOf(']]>', open) + 3;
      else if (text.charCodeAt(open + 1) === 0x2f) {
        this.#at = text.indexOf('>', open) + 1;
        depth -= 1;
      } else {
        this.#at = open;
        if (!this.#tag(tag.scope).isEmpty) depth += 1;
      }
    }
  }

  /** The whole text of an element, comments and processing instructions aside; to behind its end tag. */
  #content(tag: Tag, pointer: string, xpath: string): string {
    if (tag.isEmpty) return '';
    const text = this.#text;
    let content = '';
    for (;;) {
      const start = this.#at;
      const open = text.indexOf('<', start);
      const piece = open > start ? unescaped(text.slice(start, open)) : '';
      content = content === '' ? piece : content + piece;
      const next = text.charCodeAt(open + 1);
      if (next === 0x2f /* / */) {
        this.#at = text.indexOf('>', open) + 1;
        return content;
      }
      const aside = this.#aside(open);
      if (aside >= 0) this.#at = aside;
      else if (next === 0x21 /* ! */) {
        const end = text.indexOf(']]>', open);
        content += text.slice(open + '<![CDATA['.length, end);
        this.#at = end + 3;
      } else {
        this.#at = open;
        const child = this.#tag(tag.scope);
        this.#unknown(child, pointer, xpath);
        this.#skip(child);
      }
    }
  }

  #step(tag: Tag): string {
    const local = tag.name.slice(tag.name.indexOf(':') + 1);
    const colon = tag.name.indexOf(':');
    const namespace = this.#namespace(tag.scope, colon < 0 ? '' : tag.name.slice(0, colon));
    const prefix = this.#shape.prefixes.get(namespace);
    return prefix === undefined ? `*[local-name()='${local}']` : `${prefix}:${local}`;
  }

  #unknown(tag: Tag, pointer: string, xpath: string): void {
    if (!this.#isTracing) throw new NotClean();
    const message = `The element ${tag.name} is not part of this document.`;
    const found = this.#expanded(tag).replace(/^\{\}/, '');
    this.#fault('XML-ELEMENT-UNKNOWN', pointer, `${xpath}/${this.#step(tag)}`, tag.position, message, found);
  }

  #strayText(start: number, end: number, tag: Tag, pointer: string, xpath: string, isRaw: boolean): void {
    for (let at = start; at < end; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d) continue;
      const piece = this.#text.slice(start, end);
      if (BLANK.test(isRaw ? piece : unescaped(piece))) return;
      const message = `Text stands in ${tag.name}, where only elements may stand.`;
      this.#fault('XML-TEXT-NOT-ALLOWED', pointer, xpath, at, message, piece.trim());
      return;
    }
  }

  /** Reads the children of an element up to behind its end tag. */
  #elements(tag: Tag, shape: ElementsShape, pointer: string, xpath: string, place: ElementPlace | undefined): Growing {
    const value: Growing = {};
    this.#attributes(tag, [], pointer, xpath);
    if (tag.isEmpty) return value;
    const text = this.#text;
    let position = 0;
    for (;;) {
      const open = text.indexOf('<', this.#at);
      if (open > this.#at) this.#strayText(this.#at, open, tag, pointer, xpath, false);
      const next = text.charCodeAt(open + 1);
      if (next === 0x2f /* / */) {
        this.#at = text.indexOf('>', open) + 1;
        return value;
      }
      if (next === 0x3f || next === 0x21) {
        const aside = this.#aside(open);
        this.#at = aside >= 0 ? aside : text.indexOf(']]>', open) + 3;
        if (aside < 0) this.#strayText(open + '<![CDATA['.length, this.#at - 3, tag, pointer, xpath, true);
        continue;
      }
      this.#at = open;
      const child = this.#tag(tag.scope);
      const index = shape.byName.get(this.#expanded(child));
      const entry = index === undefined ? undefined : shape.places[index];
      if (index === undefined || entry === undefined) {
        this.#unknown(child, pointer, xpath);
        this.#skip(child);
      } else if (index < position) {
        this.#misplaced(child, entry, Object.hasOwn(value, entry.property), pointer, xpath);
        this.#skip(child);
      } else {
        position = entry.repeats ? index : index + 1;
        this.#child(child, entry, value, pointer, xpath, place);
      }
    }
  }

  #misplaced(child: Tag, entry: Place, isRepeated: boolean, pointer: string, xpath: string): void {
    const at = this.#isTracing ? `${xpath}/${entry.qualified}` : '';
    if (isRepeated && !entry.repeats) {
      const message = `The element ${child.name} stands more often than allowed.`;
      this.#fault('XML-ELEMENT-REPEATED', pointer, at, child.position, message);
    } else {
      const message = `The element ${child.name} stands at the wrong place: the order of elements is fixed.`;
      this.#fault('XML-ELEMENT-ORDER', pointer, at, child.position, message);
    }
  }

  #child(
    tag: Tag,
    entry: Place,
    value: Growing,
    pointer: string,
    xpath: string,
    place: ElementPlace | undefined,
  ): void {
    const held = value[entry.property];
    const list = Array.isArray(held) ? held : undefined;
    let here = '';
    let path = '';
    let own: ElementPlace | undefined;
    if (this.#isTracing) {
      const count = list?.length ?? 0;
      here = `${pointer}/${escapeSegment(entry.property)}${entry.repeats ? `/${count}` : ''}`;
      path = `${xpath}/${entry.qualified}${entry.repeats ? `[${count + 1}]` : ''}`;
      own = { xpath: path, position: tag.position, members: new Map(), attributes: [...tag.attributes.keys()] };
      const places = place?.members.get(entry.property);
      if (!entry.repeats) place?.members.set(entry.property, own);
      else if (Array.isArray(places)) places.push(own);
      else place?.members.set(entry.property, [own]);
    }
    const { shape } = entry;
    const content =
      shape.kind === 'text' ? this.#leaf(tag, shape, here, path) : this.#elements(tag, shape, here, path, own);
    if (!entry.repeats) value[entry.property] = content;
    else if (list === undefined) value[entry.property] = [content];
    else list.push(content);
  }

  #leaf(tag: Tag, shape: TextShape, pointer: string, xpath: string): GrowingValue {
    const attributes = this.#attributes(tag, shape.attributes, pointer, xpath);
    const content = this.#content(tag, pointer, xpath);
    if (attributes.size === 0 && !shape.isObject) return content;
    const value: Growing = { value: content };
    for (const [name, each] of attributes) value[name] = each;
    return value;
  }

  /** Reads the whole document. */
  document(): { readonly json: JsonObject; readonly place: ElementPlace | undefined } {
    for (let open = this.#text.indexOf('<'); ; open = this.#text.indexOf('<', this.#at)) {
      this.#at = open;
      const aside = this.#aside(open);
      if (aside < 0) break;
      this.#at = aside;
    }
    const { root, elements } = this.#shape;
    const tag = this.#tag({ declared: new Map([['xml', XML]]), outer: undefined, names: new Map() });
    const xpath = `/${root.qualified}`;
    const place = this.#isTracing ? { xpath, position: tag.position, members: new Map(), attributes: [] } : undefined;
    if (this.#expanded(tag) !== root.expanded) this.#unknown(tag, '', '');
    return { json: this.#elements(tag, elements, '', xpath, place), place };
  }
}

/**
 * Reads a WCO document. White space between elements, comments, processing instructions, prefixes and
 * xsi:schemaLocation are aside; everything else that the shape does not know is a fault. Each text is kept exactly as
 * it is written. Whether the texts are what they must be, and nothing is missing, the schema judges afterwards.
 * @param text well-formed by libxml2 (`readXml`), with the root element of the shape, without DOCTYPE
 */
export function readWco(shape: WcoShape, text: string): WcoContent {
  const plain = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  let traced:
    | { readonly json: JsonObject; readonly faults: readonly Fault[]; readonly place: ElementPlace }
    | undefined;
  const lineOf = (() => {
    let lines: ((position: number) => number) | undefined;
    return (position: number): number => {
      lines ??= linesIn(plain);
      return lines(position);
    };
  })();
  function trace(): { readonly json: JsonObject; readonly faults: readonly Fault[]; readonly place: ElementPlace } {
    if (traced !== undefined) return traced;
    const reader = new Reader(plain, shape, true, lineOf);
    const { json, place } = reader.document();
    if (place === undefined) throw new Error('A traced reading has a place.');
    traced = { json, faults: reader.faults, place };
    return traced;
  }
  const locate = (pointer: string): XmlPlace => locateIn(trace().place, pointer, lineOf);
  try {
    const { json } = new Reader(plain, shape, false, lineOf).document();
    return { json, faults: [], locate };
  } catch (error) {
    if (!(error instanceof NotClean)) throw error;
    const { json, faults } = trace();
    return { json, faults, locate };
  }
}
