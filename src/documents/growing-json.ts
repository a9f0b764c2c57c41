import type { JsonValue } from './json.ts';
import { escapeSegment } from './pointer.ts';

/** A JSON object while it is being read. */
export interface Growing {
  [name: string]: JsonValue | Growing | GrowingList;
}
type GrowingList = (string | number | Growing)[];

function isGrowing(value: JsonValue | Growing | GrowingList | undefined): value is Growing {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Puts a value where its property is, making the objects on the way; returns its JSON Pointer.
 * @param property names from `value` downwards
 * @param repeats whether the property is an array to which the value is added
 * @param pointer where `value` itself is
 */
export function putAt(
  value: Growing,
  property: readonly string[],
  repeats: boolean,
  content: string | number | Growing,
  pointer: string,
): string {
  let at = value;
  let here = pointer;
  for (const [index, name] of property.entries()) {
    here += `/${escapeSegment(name)}`;
    const held = at[name];
    if (index < property.length - 1) {
      const next: Growing = isGrowing(held) ? held : {};
      at[name] = next;
      at = next;
    } else if (!repeats) {
      at[name] = content;
    } else {
      const list: GrowingList = Array.isArray(held) ? held : [];
      at[name] = list;
      list.push(content);
      here += `/${list.length - 1}`;
    }
  }
  return here;
}
