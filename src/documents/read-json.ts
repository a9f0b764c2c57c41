import { isUtf8 } from 'node:buffer';
import type { Fault } from './fault.ts';
import type { JsonValue } from './json.ts';
import { excessOf, JSON_LIMITS, type JsonLimits, JsonScan } from './json-guards.ts';

/** A JSON input that was read, or why it was not. */
export type JsonReading =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly faults: readonly Fault[] };

function refused(code: 'BYTES-EMPTY' | 'BYTES-TOO-LARGE' | 'ENCODING-NOT-UTF-8', message: string): JsonReading {
  return { ok: false, faults: [{ code, pointer: '', message }] };
}

/** Texts of more bytes are looked over before they are parsed. */
const LARGE = 1024 * 1024;

/** What the parser says, with the line it gives; its other words are for programmers. */
function syntaxFault(error: SyntaxError, text: string): Fault {
  const position = Number(/at position ([0-9]+)/.exec(error.message)?.[1] ?? text.length);
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  const column = position - before.lastIndexOf('\n');
  const rest = text.slice(position, position + 20);
  return {
    code: 'JSON-MALFORMED',
    pointer: '',
    line,
    message: `The text is not JSON from line ${line}, character ${column} on.`,
    found: rest === '' ? 'the end of the text' : rest,
  };
}

/**
 * Reads JSON strictly (RFC 8259, UTF-8; I-JSON, RFC 7493): beyond syntax it refuses names that stand twice in an
 * object, `__proto__` and its like, depth, numbers that a double cannot keep, NUL and half surrogates, each with
 * pointer and line. `JSON.parse` makes the value, one linear scan looks for the rest.
 * @param limits what differs from `JSON_LIMITS`
 */
export function readJson(bytes: Uint8Array, limits: Partial<JsonLimits> = {}): JsonReading {
  const all = { ...JSON_LIMITS, ...limits };
  if (bytes.length === 0) return refused('BYTES-EMPTY', 'The text is empty.');
  if (bytes.length > all.bytes) {
    return refused('BYTES-TOO-LARGE', `The text has ${bytes.length} bytes; at most ${all.bytes} are read.`);
  }
  if (!isUtf8(bytes)) return refused('ENCODING-NOT-UTF-8', 'The bytes of the text are not valid UTF-8.');
  const excess = bytes.length > LARGE ? excessOf(bytes, all) : undefined;
  if (excess !== undefined) return { ok: false, faults: [excess] };
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', hasMark ? 3 : 0);
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false, faults: [syntaxFault(error, text)] };
  }
  const faults = new JsonScan(text, all).run();
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value };
}
