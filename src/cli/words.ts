import { isArray, isObject, type JsonObject, type JsonValue } from '../documents/json.ts';

/** Text of others for a terminal: without characters that steer it or hide something. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '�');
}

/** A member as text that a terminal can show; empty where there is none. */
export function textOf(value: JsonValue | undefined, name: string): string {
  const member = memberOf(value, name);
  return typeof member === 'string' ? visible(member) : typeof member === 'number' ? String(member) : '';
}

/** A member of an object; undefined where there is none. */
export function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A whole number that stands under a name; 0 where there is none. */
export function numberOf(value: JsonValue | undefined, name: string): number {
  const member = memberOf(value, name);
  return typeof member === 'number' ? member : 0;
}

/** The objects of a list under a name. */
export function listOf(value: JsonValue | undefined, name: string): JsonObject[] {
  const member = memberOf(value, name);
  return isArray(member) ? member.filter((each) => isObject(each)) : [];
}

/** Prints an answer as one JSON line. */
export function printJson(value: JsonValue): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Prints words. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** A moment as people read it, to the second in UTC; a dash where there is none. */
export function momentText(value: JsonValue | undefined, name: string): string {
  const text = textOf(value, name);
  return text === '' ? '–' : `${text.slice(0, 19).replace('T', ' ')}Z`;
}

/** How long ago a moment was, in the largest unit that fits. */
export function ageText(value: JsonValue | undefined, name: string, now: Date): string {
  const at = Date.parse(textOf(value, name));
  if (Number.isNaN(at)) return '–';
  const seconds = Math.max(0, Math.round((now.getTime() - at) / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** Rows in columns, the first row being the headings. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
