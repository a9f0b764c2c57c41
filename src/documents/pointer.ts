import { isArray, isObject, type JsonValue } from './json.ts';

/** One step of a JSON Pointer, escaped (RFC 6901 §3). */
export function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The steps of a JSON Pointer, unescaped; none for the whole document. */
export function segmentsOf(pointer: string): readonly string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value that steps lead to, undefined when there is none. */
export function valueAt(value: JsonValue | undefined, segments: readonly string[]): JsonValue | undefined {
  let at = value;
  for (const segment of segments) {
    if (isArray(at)) at = at[Number(segment)];
    else if (isObject(at)) at = Object.hasOwn(at, segment) ? at[segment] : undefined;
    else return undefined;
  }
  return at;
}

/** `harmonizedSystemCode` → `harmonized system code`. */
function wordsOfName(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

/** A pointer in words: `/goodsItems/0/packages/count` → `goods items 1, packages, count`. */
export function wordsOfPointer(pointer: string): string {
  const words: string[] = [];
  for (const segment of segmentsOf(pointer)) {
    const last = words.length - 1;
    if (/^[0-9]+$/.test(segment) && last >= 0) words[last] = `${words[last]} ${Number(segment) + 1}`;
    else words.push(wordsOfName(segment));
  }
  return words.length === 0 ? 'the document' : words.join(', ');
}

/** A value as shown in a fault: at most 200 characters. */
export function shown(value: JsonValue | undefined): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
