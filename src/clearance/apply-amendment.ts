import { isArray, isObject, type JsonObject, type JsonValue } from '../documents/json.ts';

/** What an amendment says about itself; the rest of its declaration is what the amended one shall say. */
const ABOUT_THE_REQUEST = new Set(['functionCode', 'functionalReferenceID', 'id', 'typeCode', 'amendment']);
/** StatementTypeCode of the reason of a request. */
const REASON = 'AES';
/** What tells the members of a list apart. */
const KEY = 'sequenceNumeric';

/**
 * A declaration with what a request to amend (function 13, type COR) says put in place of what it said: objects part by
 * part, members of a list by their sequence number, everything else as a whole. A request of this kind adds and
 * replaces; what shall go is left out of a declaration that is sent whole.
 * @param current content of MetaData of the declaration as it stands
 * @param request content of MetaData of the request
 */
export function applyAmendment(current: JsonObject, request: JsonObject): JsonObject {
  const asked = isObject(request['declaration']) ? request['declaration'] : {};
  const changes = Object.fromEntries(
    Object.entries(asked).flatMap(([name, value]): [string, JsonValue][] => {
      if (ABOUT_THE_REQUEST.has(name)) return [];
      if (name !== 'additionalInformation' || !isArray(value)) return [[name, value]];
      const rest = value.filter((each) => !isObject(each) || each['statementTypeCode'] !== REASON);
      return rest.length === 0 ? [] : [[name, rest]];
    }),
  );
  return { ...current, declaration: merged(current['declaration'], changes) };
}

function merged(before: JsonValue | undefined, after: JsonValue): JsonValue {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return Object.fromEntries(
      [...names].map((name): [string, JsonValue] => {
        const change = after[name];
        return [name, change === undefined ? (before[name] ?? null) : merged(before[name], change)];
      }),
    );
  }
  if (isArray(before) && isArray(after) && [...before, ...after].every((each) => keyOf(each) !== null))
    return mergedLists(before, after);
  return after;
}

function mergedLists(before: readonly JsonValue[], after: readonly JsonValue[]): JsonValue[] {
  const changes = new Map(after.map((each) => [keyOf(each), each]));
  const kept = before.map((each) => {
    const change = changes.get(keyOf(each));
    return change === undefined ? each : merged(each, change);
  });
  const known = new Set(before.map(keyOf));
  return [...kept, ...after.filter((each) => !known.has(keyOf(each)))];
}

function keyOf(value: JsonValue): string | null {
  const key = isObject(value) ? value[KEY] : undefined;
  return typeof key === 'string' ? key : null;
}
