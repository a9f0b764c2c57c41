import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/documents/json.ts';
import { faultsOf } from '../../src/http/request-schemas.ts';

/** Texts from which the first that a schema takes is chosen; `real` has those that name something on the node. */
const CANDIDATES: readonly string[] = [
  ...['A text that is long enough', '1', '300', 'VN', 'USD', '85013130', '/declaration', 'watched'],
  ...['2026-11-24', '2026-11-24T08:00:00Z', '7f3f0a5e-9f0a-4b1c-8d9e-0a1b2c3d4e5f', 'Asia/Bangkok'],
];

/** A value that a schema takes: every property there is, one entry in each list. */
export function sampleOf(schema: JsonObject, real: Readonly<Record<string, JsonValue>> = {}, name = ''): JsonValue {
  const known = real[name];
  if (known !== undefined && faultsOf(schema, known).length === 0) return known;
  const { enum: choices, const: constant, properties, items } = schema;
  if (constant !== undefined) return constant;
  if (isArray(choices) && choices[0] !== undefined) return choices[0];
  const types = isArray(schema['type']) ? schema['type'] : [schema['type']];
  if (types.includes('object') && properties !== undefined && isObject(properties))
    return Object.fromEntries(
      Object.entries(properties).flatMap(([key, one]) => (isObject(one) ? [[key, sampleOf(one, real, key)]] : [])),
    );
  if (types.includes('array')) return items !== undefined && isObject(items) ? [sampleOf(items, real, name)] : [];
  if (types.includes('boolean')) return true;
  if (types.includes('integer') || types.includes('number')) return 1;
  if (types.includes('string')) return CANDIDATES.find((one) => faultsOf(schema, one).length === 0) ?? 'x';
  return {};
}

/** A place in a body: the names and positions that lead there. */
export type Place = readonly (string | number)[];

/** Every text in a body, by its place. */
export function textPlaces(value: JsonValue, at: Place = []): Place[] {
  if (typeof value === 'string') return [at];
  if (isArray(value)) return value.flatMap((one, index) => textPlaces(one, [...at, index]));
  if (isObject(value)) return Object.entries(value).flatMap(([name, one]) => textPlaces(one, [...at, name]));
  return [];
}

/** The body with another value at a place. */
export function replaced(body: JsonValue, [first, ...rest]: Place, value: JsonValue): JsonValue {
  if (first === undefined) return value;
  if (isArray(body)) return body.map((one, index) => (index === first ? replaced(one, rest, value) : one));
  if (!isObject(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, one]) => [name, name === first ? replaced(one, rest, value) : one]),
  );
}

/** Bodies as text that no route may take, whatever its schema is: threat, what, text of a good body to text. */
export const UNREADABLE: readonly (readonly [string, (json: string) => string])[] = [
  ['__proto__', (json) => json.replace('{', '{"__proto__":{"admin":true},')],
  ['constructor', (json) => json.replace('{', '{"constructor":{"prototype":{"admin":true}},')],
  ['a name twice', (json) => json.replace(/\{("[^"]+"):/, '{$1:null,$1:')],
  ['a depth of 10,000', (json) => json.replace('{', `{"x":${'['.repeat(10_000)}${']'.repeat(10_000)},`)],
  ['1e400', (json) => json.replace('{', '{"x":1e400,')],
  ['an integer over 2^53', (json) => json.replace('{', '{"x":9007199254740993,')],
  ['a NUL', (json) => json.replace(/:"([^"]*)"/, ':"$1\\u0000"').replace('{', '{"x":"\\u0000",')],
  ['half a surrogate pair', (json) => json.replace('{', '{"x":"\\ud800",')],
  ['a name nobody knows', (json) => json.replace('{', '{"unknown":1,')],
  ['nothing that is JSON', () => '<a/>'],
  ['a list', () => '[]'],
  ['null', () => 'null'],
];

/** Texts that hide something or change how others are read: no route keeps them (threats H3). */
export const HIDING: readonly (readonly [string, string])[] = [
  ['a right-to-left override', 'A reason \u202e that turns round'],
  ['a zero-width space', 'A rea\u200bson with a gap'],
  ['an escape sequence', 'A reason \u001b[31m in red'],
  ['a tag character', 'A reason \u{e0041} with a tag'],
];

/** Texts that are dangerous only where they are not kept as text (threats H3, H4, H5). */
export const TELLING: readonly (readonly [string, string])[] = [
  ['SQL', "x'); drop table declarations; --"],
  ['a pattern of SQL', '%_\\%'],
  ['markup', '<script>alert(1)</script>&quot;'],
  ['a formula', "=cmd|' /C calc'!A0"],
  ['a path', '../../../../etc/passwd'],
  ['a homoglyph', 'Ѕіаm Рrесіsіоn Моtоrѕ'],
  ['a text that is not NFC', 'Ca\u0301nh tay, e\u0301tat'],
  ['a format of JavaScript', '{{7*7}} $1 $& \\u0041 %s'],
  ['something very long', 'long '.repeat(40_000)],
];

/** Moments, days and ids that look well and that not every program can hold. */
export const ODD: readonly string[] = [
  ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-12:00', '2026-12-31T23:59:60Z'],
  ...['2026-11-24 08:00:00Z', '2026-11-24T08:00:00+08', '2026-02-30T00:00:00Z', '0000-01-01', '2026-02-30'],
  'urn:uuid:7f3f0a5e-9f0a-4b1c-8d9e-0a1b2c3d4e5f',
];
