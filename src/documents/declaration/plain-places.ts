import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { ElementPlace } from './wco-places.ts';
import type { Place, WcoShape } from './wco-shape.ts';

/**
 * Where the elements stand of a document that was read without a fault: its JSON form has them in the order of the
 * document, so that the place of each is known by counting, without reading the document again.
 * @param positions of all start tags, in their order
 */
export function placesOf(shape: WcoShape, json: JsonObject, positions: readonly number[]): ElementPlace {
  let count = 0;

  function element(value: JsonValue, { shape: own }: Pick<Place, 'shape'>, xpath: string): ElementPlace {
    const position = positions[count] ?? 0;
    count += 1;
    const members = new Map<string, ElementPlace | ElementPlace[]>();
    if (!isObject(value)) return { xpath, position, members, attributes: [] };
    if (own.kind === 'text') {
      return { xpath, position, members, attributes: Object.keys(value).filter((name) => name !== 'value') };
    }
    for (const property in value) {
      const held = value[property];
      const place = own.byProperty.get(property);
      if (held === undefined || place === undefined) continue;
      const path = `${xpath}/${place.qualified}`;
      if (!isArray(held)) members.set(property, element(held, place, path));
      else
        members.set(
          property,
          held.map((entry, index) => element(entry, place, `${path}[${index + 1}]`)),
        );
    }
    return { xpath, position, members, attributes: [] };
  }

  return element(json, shape.root, `/${shape.root.qualified}`);
}
