import { isArray, isObject, type JsonValue } from './json.ts';
import { escapeSegment, wordsOfPointer } from './pointer.ts';
import type { Report } from './report.ts';

const PLAIN = /^[ -~]*$/;
/** C0 and C1 controls and DEL, line feed aside (Unicode general category Cc); half surrogates; non-characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/u;
/** What cannot be seen or turns the direction of writing (UAX #9), as Unicode lists it; separators; annotations. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/u;
/** A word with Latin letters next to Cyrillic or Greek ones, which look alike (UTS #39). */
const MIXED = /(?=\p{L}*\p{Script=Latin})(?=\p{L}*[\p{Script=Cyrillic}\p{Script=Greek}])\p{L}+/u;
/** Texts that may have several lines. */
const MULTI_LINE = /\/(description|remarks|reason)$/;
/** Longer ones are refused for their length; looking for mixed scripts takes time with the square of it. */
const LONGEST_NAME = 400;
/** Names, by which people and programs recognise a firm or an authority. */
const NAME = /\/(name|company|authority|signatory|officer)$/;

function character(text: string, pattern: RegExp): string {
  const code = pattern.exec(text)?.[0]?.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * Reports what is wrong with the characters of one text (see `reportTexts`).
 * @param isMultiLine whether it may have line breaks
 */
export function reportText(
  text: string,
  pointer: string,
  isNormalForm: boolean,
  isMultiLine: boolean,
  report: Report,
): void {
  if (PLAIN.test(text)) return;
  const place = wordsOfPointer(pointer).replace(/^./, (first) => first.toUpperCase());
  const line = text.includes('\n') && !isMultiLine;
  if (line || CONTROL.test(text)) {
    const which = line ? 'U+000A (a line break)' : character(text, CONTROL);
    report('TEXT-CONTROL-CHARACTER', pointer, `${place} holds the control character ${which}; take it out.`, which);
  }
  if (INVISIBLE.test(text)) {
    const which = character(text, INVISIBLE);
    const message = `${place} holds ${which}, which cannot be seen or turns the direction of writing; take it out.`;
    report('TEXT-INVISIBLE-CHARACTER', pointer, message, which);
  }
  if (isNormalForm && text.normalize('NFC') !== text) {
    const message = `${place} is not in Unicode normal form C: accents must be one character with their letter.`;
    report('TEXT-NOT-NORMALISED', pointer, message, text, text.normalize('NFC'));
  }
  if (NAME.test(pointer) && text.length <= LONGEST_NAME) {
    const mixed = MIXED.exec(text)?.[0];
    if (mixed !== undefined) {
      const message = `${place} has a word that mixes Latin letters with others that look like them: "${mixed}".`;
      report('TEXT-MIXED-SCRIPTS', pointer, message, mixed, 'letters of one script in a word');
    }
  }
}

/**
 * Reports texts that could deceive or harm: control and invisible characters, bidirectional controls, look-alike
 * scripts in names, and (with `isNormalForm`) texts that are not NFC. Threat H3.
 */
export function reportTexts(json: JsonValue, isNormalForm: boolean, report: Report, pointer = ''): void {
  if (typeof json === 'string') reportText(json, pointer, isNormalForm, MULTI_LINE.test(pointer), report);
  else if (isArray(json)) {
    for (const [index, entry] of json.entries()) reportTexts(entry, isNormalForm, report, `${pointer}/${index}`);
  } else if (isObject(json)) {
    for (const name in json) {
      const value = json[name];
      if (value !== undefined) reportTexts(value, isNormalForm, report, `${pointer}/${escapeSegment(name)}`);
    }
  }
}

/** The same JSON with every text in Unicode normal form C; what a node does to an application on receipt. */
export function normaliseTexts<T extends JsonValue>(json: T): T;
export function normaliseTexts(json: JsonValue): JsonValue {
  if (typeof json === 'string') return PLAIN.test(json) ? json : json.normalize('NFC');
  if (isArray(json)) return json.map((entry) => normaliseTexts(entry));
  if (!isObject(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, normaliseTexts(value)]));
}
