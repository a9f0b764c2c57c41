import { isArray, isObject, type JsonValue } from './json.ts';

/**
 * A copy without the values that the schema found wrong; what stays has the shape of the types, with gaps. An entry of
 * a list becomes null, so that the others keep their places.
 * @param places steps of each value to take out; undefined when the whole is one
 */
export function without(json: JsonValue, places: readonly (readonly string[])[]): JsonValue | undefined {
  if (places.some((place) => place.length === 0)) return undefined;
  if (places.length === 0) return json;
  const below = new Map<string, string[][]>();
  for (const [first = '', ...rest] of places) {
    const known = below.get(first);
    if (known === undefined) below.set(first, [rest]);
    else known.push(rest);
  }
  const pruned = (name: string, value: JsonValue): JsonValue | undefined => {
    const inner = below.get(name);
    return inner === undefined ? value : without(value, inner);
  };
  if (isArray(json)) return json.map((value, index) => pruned(String(index), value) ?? null);
  if (!isObject(json)) return json;
  const kept: { [name: string]: JsonValue } = {};
  for (const [name, value] of Object.entries(json)) {
    const inner = pruned(name, value);
    if (inner !== undefined) kept[name] = inner;
  }
  return kept;
}
