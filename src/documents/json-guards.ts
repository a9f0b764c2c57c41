import { Decimal } from 'decimal.js';
import type { Fault } from './fault.ts';
import type { FaultCode } from './fault-codes.ts';
import { escapeSegment, shown } from './pointer.ts';

/** What a JSON input may be at most. */
export interface JsonLimits {
  readonly bytes: number;
  /** Objects and arrays inside each other. */
  readonly depth: number;
  /** Objects, arrays, texts, numbers, names. */
  readonly values: number;
}

export const JSON_LIMITS: JsonLimits = { bytes: 10 * 1024 * 1024, depth: 32, values: 200_000 };

/** Names that reach the prototypes of JavaScript's objects. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const NUMBER = /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const MOST_FAULTS = 50;

/** Where the scan is: in an object (names seen) or in an array. */
interface Frame {
  readonly names: Set<string> | undefined;
  name: string;
  index: number;
}

/** Whether a number survives reading and writing by programs that hold numbers as IEEE 754 doubles (RFC 8259 §6). */
function isExact(token: string): boolean {
  const value = Number(token);
  if (!Number.isFinite(value)) return false;
  if (/^-?[0-9]+$/.test(token)) return Number.isSafeInteger(value);
  return new Decimal(token).equals(new Decimal(value));
}

/**
 * What of a large text would cost the parser seconds: millions of objects, arrays or entries, or a great depth, counted
 * without understanding the text. Undefined when there is nothing of that; `JsonScan` then finds the exact places.
 */
export function excessOf(bytes: Uint8Array, limits: JsonLimits): Fault | undefined {
  let depth = 0;
  let opened = 0;
  let commas = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const code = bytes[at];
    if (code === 0x22 /* " */) {
      for (at += 1; at < bytes.length && bytes[at] !== 0x22; at += 1) if (bytes[at] === 0x5c /* \ */) at += 1;
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) {
      depth += 1;
      opened += 1;
      if (depth > limits.depth) {
        const message = `Objects and arrays stand more than ${limits.depth} deep inside each other.`;
        return { code: 'JSON-TOO-DEEP', pointer: '', message };
      }
    } else if (code === 0x7d /* } */ || code === 0x5d /* ] */) depth -= 1;
    else if (code === 0x2c /* , */) commas += 1;
    if (opened > limits.values || commas > limits.values)
      return { code: 'JSON-TOO-MANY-VALUES', pointer: '', message: `There are more than ${limits.values} values.` };
  }
  return undefined;
}

/**
 * Walks once over a text that is JSON already, for what `JSON.parse` lets pass: a name twice in an object, names that
 * reach prototypes, depth, numbers that lose digits, NUL and half surrogate pairs. Threat H2.
 */
export class JsonScan {
  readonly faults: Fault[] = [];
  readonly #text: string;
  readonly #limits: JsonLimits;
  readonly #frames: Frame[] = [];
  #values = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  #fault(code: FaultCode, position: number, message: string, found?: string): void {
    let line = 1;
    for (let at = this.#text.indexOf('\n'); at >= 0 && at < position; at = this.#text.indexOf('\n', at + 1)) line += 1;
    const pointer = this.#frames
      .map(({ names, name, index }) => `/${names === undefined ? index : escapeSegment(name)}`)
      .join('');
    this.faults.push({ code, pointer, line, message, ...(found === undefined ? {} : { found: shown(found) }) });
  }

  /** Scans to the end, or until the faults are too many to go on. */
  run(): readonly Fault[] {
    const text = this.#text;
    for (let at = 0; at < text.length && this.faults.length < MOST_FAULTS; ) {
      const code = text.charCodeAt(at);
      if (code === 0x22 /* " */) at = this.#string(at);
      else if (code === 0x7b /* { */ || code === 0x5b /* [ */) {
        if (!this.#open(code === 0x7b, at)) break;
        at += 1;
      } else if (code === 0x7d /* } */ || code === 0x5d /* ] */) {
        this.#frames.pop();
        at += 1;
      } else if (code === 0x2c /* , */) {
        const frame = this.#frames.at(-1);
        if (frame !== undefined) frame.index += 1;
        at += 1;
      } else if (code === 0x2d /* - */ || (code >= 0x30 && code <= 0x39)) at = this.#number(at);
      else at += 1;
      if (this.#values > this.#limits.values) {
        const message = `There are more than ${this.#limits.values} values.`;
        this.#fault('JSON-TOO-MANY-VALUES', at, message);
        break;
      }
    }
    return this.faults;
  }

  #open(isObject: boolean, at: number): boolean {
    this.#values += 1;
    if (this.#frames.length >= this.#limits.depth) {
      const message = `Objects and arrays stand more than ${this.#limits.depth} deep inside each other.`;
      this.#fault('JSON-TOO-DEEP', at, message);
      return false;
    }
    this.#frames.push({ names: isObject ? new Set() : undefined, name: '', index: 0 });
    return true;
  }

  #number(at: number): number {
    this.#values += 1;
    NUMBER.lastIndex = at;
    const token = NUMBER.exec(this.#text)?.[0] ?? '';
    if (token.length > 15 || /[.eE]/.test(token)) {
      if (!isExact(token)) {
        const message = 'This number cannot be kept exactly; write it as text, between quotation marks.';
        this.#fault('JSON-NUMBER-UNSAFE', at, message, token);
      }
    }
    return at + Math.max(token.length, 1);
  }

  /** A text or a name; returns the position behind it. */
  #string(at: number): number {
    const text = this.#text;
    this.#values += 1;
    let end = text.indexOf('"', at + 1);
    for (;;) {
      let backslashes = 0;
      while (text.charCodeAt(end - 1 - backslashes) === 0x5c /* \ */) backslashes += 1;
      if (backslashes % 2 === 0) break;
      end = text.indexOf('"', end + 1);
    }
    const raw = text.slice(at + 1, end);
    const value: string = raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw;
    const isName = this.#isFollowedByColon(end + 1);
    const frame = this.#frames.at(-1);
    if (isName && frame?.names !== undefined) {
      frame.name = value;
      if (FORBIDDEN.has(value)) {
        this.#fault('JSON-FORBIDDEN-NAME', at, `No object here may have the name "${value}".`, value);
      } else if (frame.names.has(value)) {
        this.#fault('JSON-DUPLICATE-NAME', at, `The name "${shown(value)}" stands twice in one object.`, value);
      }
      frame.names.add(value);
    }
    if (value.includes('\0') || !value.isWellFormed()) {
      const message = 'A text holds a NUL character or half of a surrogate pair.';
      this.#fault('JSON-TEXT-UNSAFE', at, message);
    }
    return end + 1;
  }

  #isFollowedByColon(position: number): boolean {
    let at = position;
    let code = this.#text.charCodeAt(at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      at += 1;
      code = this.#text.charCodeAt(at);
    }
    return code === 0x3a /* : */;
  }
}
