import type { ErrorObject } from 'ajv/dist/2020.js';
import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { escapeSegment } from '../pointer.ts';
import { MOST_WCO_ENTRIES } from './wco-kinds.ts';
import type { ElementsShape, Place, TextShape, WcoShape } from './wco-shape.ts';

/** One more than a check lists, so that it is seen that there are more. */
const MOST_ERRORS = 201;

const patterns = new WeakMap<JsonObject, RegExp>();

function patternOf(schema: JsonObject): RegExp | undefined {
  const held = patterns.get(schema);
  if (held !== undefined) return held;
  const { pattern } = schema;
  if (typeof pattern !== 'string') return undefined;
  const made = new RegExp(pattern, 'u');
  patterns.set(schema, made);
  return made;
}

/** Whether a text has more characters (Unicode code points) than a limit; bounded by the limit. */
function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  if (text.length > limit * 2) return true;
  return [...text].length > limit;
}

/** Collects what the schema has against a document; see `wcoSchemaErrors`. */
class Walk {
  readonly errors: ErrorObject[] = [];

  #error(keyword: string, instancePath: string, params: Record<string, unknown>, parentSchema: JsonObject): void {
    if (this.errors.length >= MOST_ERRORS) return;
    this.errors.push({ keyword, instancePath, schemaPath: '', params, parentSchema: { ...parentSchema } });
  }

  #names(value: JsonObject, schema: JsonObject, pointer: string): void {
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const required = isArray(schema['required']) ? schema['required'] : [];
    for (const name of required) {
      if (typeof name !== 'string' || Object.hasOwn(value, name)) continue;
      this.#error('required', pointer, { missingProperty: name }, {});
    }
    for (const name in value) {
      if (this.errors.length >= MOST_ERRORS) return;
      if (!Object.hasOwn(properties, name)) {
        this.#error('additionalProperties', pointer, { additionalProperty: name }, {});
      }
    }
  }

  elements(value: JsonValue | undefined, shape: ElementsShape, pointer: string): void {
    if (!isObject(value)) {
      this.#error('type', pointer, { type: 'object' }, {});
      return;
    }
    this.#names(value, shape.schema, pointer);
    for (const place of shape.places) {
      if (this.errors.length >= MOST_ERRORS) return;
      if (!Object.hasOwn(value, place.property)) continue;
      const held = value[place.property];
      const here = `${pointer}/${escapeSegment(place.property)}`;
      if (place.repeats) this.#list(held, place, here);
      else this.#shape(held, place.shape, here);
    }
  }

  #list(held: JsonValue | undefined, place: Place, pointer: string): void {
    if (!isArray(held)) {
      this.#error('type', pointer, { type: 'array' }, {});
      return;
    }
    const most = Math.min(place.most ?? MOST_WCO_ENTRIES, MOST_WCO_ENTRIES);
    if (held.length === 0) this.#error('minItems', pointer, { limit: 1 }, {});
    if (held.length > most) {
      this.#error('maxItems', pointer, { limit: most }, {});
      return;
    }
    for (const [index, entry] of held.entries()) {
      if (this.errors.length >= MOST_ERRORS) return;
      this.#shape(entry, place.shape, `${pointer}/${index}`);
    }
  }

  #shape(value: JsonValue | undefined, shape: TextShape | ElementsShape, pointer: string): void {
    if (shape.kind === 'elements') this.elements(value, shape, pointer);
    else this.#text(value, shape, pointer);
  }

  #text(value: JsonValue | undefined, shape: TextShape, pointer: string): void {
    const { schema, isObject: mustBeObject, attributes } = shape;
    if (typeof value === 'string' && !mustBeObject) {
      this.#facets(value, schema, pointer);
      return;
    }
    if (!isObject(value) || attributes.length === 0) {
      this.#error('type', pointer, { type: mustBeObject ? 'object' : 'string' }, {});
      return;
    }
    this.#names(value, schema, pointer);
    const isLone = Object.keys(value).length === 1 && Object.hasOwn(value, 'value');
    if (!mustBeObject && isLone) this.#error('type', pointer, { type: 'string' }, {});
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    for (const [name, property] of Object.entries(properties)) {
      if (!isObject(property) || !Object.hasOwn(value, name)) continue;
      const held = value[name];
      if (typeof held === 'string') this.#facets(held, property, `${pointer}/${name}`);
      else this.#error('type', `${pointer}/${name}`, { type: 'string' }, property);
    }
  }

  #facets(text: string, schema: JsonObject, pointer: string): void {
    const { minLength, maxLength, enum: choices } = schema;
    if (typeof maxLength === 'number' && isLonger(text, maxLength)) {
      this.#error('maxLength', pointer, { limit: maxLength }, schema);
    } else if (typeof minLength === 'number' && minLength > 0 && !isLonger(text, minLength - 1)) {
      this.#error('minLength', pointer, { limit: minLength }, schema);
    } else if (patternOf(schema)?.test(text) === false) this.#error('pattern', pointer, {}, schema);
    else if (isArray(choices) && !choices.includes(text)) {
      this.#error('enum', pointer, { allowedValues: choices }, schema);
    }
  }
}

/**
 * What the schema has against a document, in ajv's words, 201 errors at most. ajv itself takes time with the square of
 * the errors of a long list; this walk ends, and only looks for what ajv has found to be there.
 */
export function wcoSchemaErrors(shape: WcoShape, json: JsonValue): readonly ErrorObject[] {
  const walk = new Walk();
  walk.elements(json, shape.elements, '');
  return walk.errors;
}
