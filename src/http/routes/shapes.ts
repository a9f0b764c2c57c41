import type { JsonObject } from '../../documents/json.ts';

/** A line of text for people: no control characters, none that reorder or hide others (threats H3). */
export const LINE: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  pattern: '^(?=.*\\S)[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}]+$',
  says: 'a line of 1 to 200 characters, all of them visible',
};
/** Text for people over several lines: no control characters but line breaks and tabs, none that hide others (threats H3). */
export const PARAGRAPHS: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 4000,
  pattern: '^(?=[\\s\\S]*\\S)(?:[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}]|[\\n\\r\\t])+$',
  says: 'a text of 1 to 4000 characters, all of them visible',
};
/** A reason or explanation over several lines, as {@link PARAGRAPHS}. */
export const WORDS: JsonObject = {
  ...PARAGRAPHS,
  maxLength: 2000,
  says: 'a text of 1 to 2,000 characters, all of them visible',
};
export const ID: JsonObject = { type: 'string', format: 'uuid', says: 'an id (UUID)' };
export const MOMENT: JsonObject = {
  type: 'string',
  format: 'date-time',
  says: 'a moment with its zone, such as 2026-12-31T23:59:59Z',
};
export const COUNTRY: JsonObject = {
  type: 'string',
  pattern: '^[A-Z]{2}$',
  says: 'a country as two capital letters (ISO 3166-1 alpha-2), such as TH',
};

/** The value or null. */
export function orNull(schema: JsonObject): JsonObject {
  return { ...schema, type: [String(schema['type']), 'null'] };
}

/** An object with exactly these properties; all are required but those in `optional`. */
export function objectOf(
  properties: { readonly [name: string]: JsonObject },
  optional: readonly string[] = [],
): JsonObject {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    properties,
  };
}

/** A list under a name, as every list of the API comes. */
export function listOf(items: JsonObject): JsonObject {
  return objectOf({ items: { type: 'array', items } });
}
