import { isArray, isObject, type JsonObject, type JsonValue } from '../documents/json.ts';

/** What stands under a name of an answer; undefined where there is nothing. */
export function fieldOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A text of an answer, found by the names on the way to it; empty where there is none. */
export function textAt(value: JsonValue | undefined, ...path: readonly string[]): string {
  const found = path.reduce<JsonValue | undefined>(fieldOf, value);
  return typeof found === 'string' ? found : '';
}

/** A whole number of an answer; 0 where there is none. */
export function numberAt(value: JsonValue | undefined, ...path: readonly string[]): number {
  const found = path.reduce<JsonValue | undefined>(fieldOf, value);
  return typeof found === 'number' ? found : 0;
}

/** The objects of a list of an answer. */
export function entriesAt(value: JsonValue | undefined, ...path: readonly string[]): readonly JsonObject[] {
  const found = path.reduce<JsonValue | undefined>(fieldOf, value);
  return isArray(found) ? found.filter((entry) => isObject(entry)) : [];
}
