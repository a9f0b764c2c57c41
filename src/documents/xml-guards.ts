import { isUtf8 } from 'node:buffer';
import type { Fault } from './fault.ts';
import type { FaultCode } from './fault-codes.ts';

/** What an XML input may be at most; sizes in bytes. */
export interface XmlLimits {
  readonly bytes: number;
  /** Elements inside each other. */
  readonly depth: number;
  readonly elements: number;
  /** Attributes of one element, namespace declarations among them. */
  readonly attributes: number;
  readonly name: number;
  /** One text, attribute value, comment, CDATA section or processing instruction. */
  readonly text: number;
}

export const XML_LIMITS: XmlLimits = {
  bytes: 10 * 1024 * 1024,
  depth: 64,
  elements: 100_000,
  attributes: 64,
  name: 256,
  text: 1024 * 1024,
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 §2.2 forbids
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;
const DECLARATION = /^<\?xml[ \t\r\n]+([^?]*)\?>/;
const QUOTE = /["']/g;
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** The line, counted from 1, of a position in a text. */
function lineOf(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

function fault(code: FaultCode, message: string, more: Partial<Fault> = {}): Fault {
  return { code, pointer: '', message, ...more };
}

function encodingFault(bytes: Uint8Array): Fault | undefined {
  const [first = 1, second = 1] = bytes;
  const isWide = (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe) || !first || !second;
  if (isWide) {
    const message = 'The document is in UTF-16 or UTF-32; save it as UTF-8.';
    return fault('ENCODING-NOT-UTF-8', message, { expected: 'UTF-8' });
  }
  if (isUtf8(bytes)) return undefined;
  return fault('ENCODING-NOT-UTF-8', 'The bytes of the document are not valid UTF-8.', { expected: 'UTF-8' });
}

function declarationFault(text: string): Fault | undefined {
  const declaration = DECLARATION.exec(text)?.[1];
  if (declaration === undefined) return undefined;
  const version = /version[ \t\r\n]*=[ \t\r\n]*["']([^"']*)["']/.exec(declaration)?.[1];
  if (version !== undefined && version !== '1.0') {
    const message = `The document says that it is XML ${version}.`;
    return fault('XML-VERSION', message, { line: 1, found: version.slice(0, 40), expected: '1.0' });
  }
  const encoding = /encoding[ \t\r\n]*=[ \t\r\n]*["']([^"']*)["']/.exec(declaration)?.[1];
  if (encoding === undefined || encoding.toLowerCase() === 'utf-8') return undefined;
  const message = `The document says that its encoding is ${encoding.slice(0, 40)}.`;
  return fault('ENCODING-NOT-UTF-8', message, { line: 1, found: encoding.slice(0, 40), expected: 'UTF-8' });
}

/**
 * Walks once over the mark-up without understanding it, to count what the parser would have to build. What is not
 * well-formed is left to the parser to report.
 */
class Scan {
  readonly #text: string;
  readonly #limits: XmlLimits;
  #depth = 0;
  #elements = 0;
  /** The first quote of either kind that the walk has not passed yet. */
  #quote = 0;

  constructor(text: string, limits: XmlLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  fault(): Fault | undefined {
    const text = this.#text;
    let at = 0;
    for (let open = text.indexOf('<'); open >= 0; open = text.indexOf('<', at)) {
      if (open - at > this.#limits.text) return this.#tooLong(at);
      const found = this.#markup(open);
      if (typeof found !== 'number') return found;
      if (found < 0) return undefined;
      at = found;
    }
    return undefined;
  }

  #at(code: FaultCode, position: number, message: string, limit?: number): Fault {
    const line = lineOf(this.#text, position);
    return fault(code, message, limit === undefined ? { line } : { line, expected: `at most ${limit}` });
  }

  #tooLong(position: number): Fault {
    const { text } = this.#limits;
    return this.#at('XML-TEXT-TOO-LONG', position, `A text, value or comment is longer than ${text} bytes.`, text);
  }

  /** The position behind the mark-up that begins at `open`; negative when it does not end. */
  #markup(open: number): number | Fault {
    const text = this.#text;
    const next = text.charCodeAt(open + 1);
    if (next === 0x2f /* / */) {
      this.#depth -= 1;
      return text.indexOf('>', open) + 1 || -1;
    }
    if (next === 0x21 /* ! */) {
      if (text.startsWith('<!--', open)) return this.#closed(open, 4, '-->');
      if (text.startsWith('<![CDATA[', open)) return this.#closed(open, 9, ']]>');
      return this.#at('XML-DOCTYPE', open, 'The document has a document type declaration (DOCTYPE); take it out.');
    }
    if (next === 0x3f /* ? */) return this.#closed(open, 2, '?>');
    return this.#startTag(open);
  }

  #closed(open: number, length: number, mark: string): number | Fault {
    const end = this.#text.indexOf(mark, open + length);
    if (end < 0) return -1;
    return end - open > this.#limits.text ? this.#tooLong(open) : end + mark.length;
  }

  #startTag(open: number): number | Fault {
    const text = this.#text;
    this.#elements += 1;
    this.#depth += 1;
    const { elements, depth, attributes, name } = this.#limits;
    if (this.#elements > elements) {
      return this.#at('XML-TOO-MANY-ELEMENTS', open, `There are more than ${elements} elements.`, elements);
    }
    if (this.#depth > depth) {
      return this.#at('XML-TOO-DEEP', open, `Elements stand more than ${depth} deep inside each other.`, depth);
    }
    const close = this.#endOfBareTag(open);
    if (close > 0) {
      if (text.charCodeAt(close - 1) === 0x2f) this.#depth -= 1;
      return close + 1;
    }
    let count = 0;
    let word = open + 1;
    for (let at = open + 1; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0x22 /* " */ || code === 0x27 /* ' */) {
        count += 1;
        if (count > attributes) {
          const message = `An element has more than ${attributes} attributes.`;
          return this.#at('XML-TOO-MANY-ATTRIBUTES', open, message, attributes);
        }
        const close = text.indexOf(code === 0x22 ? '"' : "'", at + 1);
        if (close < 0) return -1;
        if (close - at > this.#limits.text) return this.#tooLong(at);
        at = close;
        word = at + 1;
      } else if (code === 0x3e /* > */) {
        if (text.charCodeAt(at - 1) === 0x2f) this.#depth -= 1;
        return at + 1;
      } else if (SPACE.has(code) || code === 0x3d /* = */) {
        word = at + 1;
      } else if (at - word >= name) {
        return this.#at('XML-NAME-TOO-LONG', open, `A name is longer than ${name} bytes.`, name);
      }
    }
    return -1;
  }

  /** The end of a start tag without quotes that is too short to hold a name too long; 0 where it must be looked at. */
  #endOfBareTag(open: number): number {
    const close = this.#text.indexOf('>', open);
    if (close - open > this.#limits.name) return 0;
    if (this.#quote < open) this.#quote = this.#nextQuote(open);
    return close > 0 && this.#quote > close ? close : 0;
  }

  #nextQuote(from: number): number {
    QUOTE.lastIndex = from;
    return QUOTE.exec(this.#text)?.index ?? Number.POSITIVE_INFINITY;
  }
}

/**
 * What must be refused before an XML parser sees it: size, encoding other than UTF-8, control characters, DOCTYPE,
 * XML 1.1, and everything beyond the limits. One pass, in time proportional to the size. Threats X1, X2, X3.
 */
export function guardXml(bytes: Uint8Array, limits: XmlLimits): Fault | undefined {
  if (bytes.length === 0) return fault('BYTES-EMPTY', 'The file is empty.');
  if (bytes.length > limits.bytes) {
    const message = `The document has ${bytes.length} bytes; at most ${limits.bytes} are read.`;
    return fault('BYTES-TOO-LARGE', message, { found: String(bytes.length), expected: `at most ${limits.bytes}` });
  }
  const wrongEncoding = encodingFault(bytes);
  if (wrongEncoding !== undefined) return wrongEncoding;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = buffer.toString('latin1', hasMark ? 3 : 0);
  const control = CONTROL.exec(text);
  if (control !== null) {
    const which = `U+00${text.charCodeAt(control.index).toString(16).toUpperCase().padStart(2, '0')}`;
    const message = `The document holds the control character ${which}, which XML does not allow.`;
    return fault('XML-CONTROL-CHARACTER', message, { line: lineOf(text, control.index), found: which });
  }
  return declarationFault(text) ?? new Scan(text, limits).fault();
}
