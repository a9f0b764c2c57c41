import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { ElementsShape, Place, TextShape, WcoShape } from './wco-shape.ts';
import { escapedAttribute, escapedText } from './xml-text.ts';

function textOf(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  throw new Error('Only valid documents can be written: a text was expected.');
}

function writeText(parts: string[], place: Place, shape: TextShape, value: JsonValue): void {
  parts.push('<', place.qualified);
  let text = value;
  if (isObject(value)) {
    for (const name of shape.attributes) {
      const attribute = value[name];
      if (attribute !== undefined) parts.push(' ', name, '="', escapedAttribute(textOf(attribute)), '"');
    }
    text = textOf(value['value']);
  }
  parts.push('>', escapedText(textOf(text)), '</', place.qualified, '>');
}

function writeElements(parts: string[], shape: ElementsShape, value: JsonObject): void {
  for (const place of shape.places) {
    const held = value[place.property];
    if (held === undefined) continue;
    const entries: readonly JsonValue[] = place.repeats && isArray(held) ? held : [held];
    for (const entry of entries) {
      if (place.shape.kind === 'text') writeText(parts, place, place.shape, entry);
      else {
        parts.push('<', place.qualified, '>');
        writeElements(parts, place.shape, isObject(entry) ? entry : {});
        parts.push('</', place.qualified, '>');
      }
    }
  }
}

/**
 * Writes a WCO document as XML: UTF-8 declaration, namespaces declared once at the root, no white space between
 * elements. The same document always gives the same text.
 * @param json valid by its schema
 * @throws Error when a text is missing where the schema demands one
 */
export function writeWco(shape: WcoShape, json: JsonObject): string {
  const parts = ['<?xml version="1.0" encoding="UTF-8"?><', shape.root.qualified];
  for (const [prefix, namespace] of shape.namespaces) parts.push(' xmlns:', prefix, '="', namespace, '"');
  parts.push('>');
  writeElements(parts, shape.elements, json);
  parts.push('</', shape.root.qualified, '>');
  return parts.join('');
}
