import type { JsonValue } from '../json.ts';
import { wordsOfPointer } from '../pointer.ts';
import type { Report } from '../report.ts';
import type { Place, TextVisit } from './walk-texts.ts';

/** Dates of what has happened; others, such as the validity of a permit, may lie ahead. */
const PAST = new Set(['acceptanceDateTime', 'issueDateTime']);
/** Formats of DateTimeString (UN/EDIFACT 2379): a day, and a second with its zone. */
const DAY_FORMAT = '102';
const TIME_FORMAT = '304';
const DAY_MS = 86_400_000;

function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return to > text.length ? Number.NaN : number;
}

function hasZone(text: string, from: number): boolean {
  if (text.length === from + 1) return text.charAt(from) === 'Z';
  const sign = text.charAt(from);
  return text.length === from + 3 && (sign === '+' || sign === '-') && digits(text, from + 1, from + 3) <= 14;
}

/** The day in milliseconds from 1970, as it stands; undefined when there is no such day or time. */
function momentOf(text: string, format: string): number | undefined {
  const year = digits(text, 0, 4);
  const month = digits(text, 4, 6);
  const day = digits(text, 6, 8);
  const time = Date.UTC(year, month - 1, day);
  const made = new Date(time);
  if (Number.isNaN(time) || made.getUTCMonth() !== month - 1 || made.getUTCDate() !== day) return undefined;
  if (format === DAY_FORMAT) return text.length === 8 ? time : undefined;
  const isTime = digits(text, 8, 10) < 24 && digits(text, 10, 12) < 60 && digits(text, 12, 14) < 60;
  return isTime && hasZone(text, 14) ? time : undefined;
}

function wordsOf(pointer: string): string {
  return wordsOfPointer(pointer).replace(/^./, (first) => first.toUpperCase());
}

function reportDate(
  text: string,
  format: JsonValue | undefined,
  isPast: boolean,
  latest: number,
  place: Place,
  report: Report,
): void {
  const formatCode = typeof format === 'string' ? format : TIME_FORMAT;
  const moment = momentOf(text, formatCode);
  if (moment === undefined) {
    const pointer = place.holderPointer();
    const expected =
      formatCode === DAY_FORMAT
        ? 'format 102: a day of the calendar, YYYYMMDD'
        : 'format 304: a moment of the calendar with its zone, YYYYMMDDhhmmssZ';
    report('DATE-INVALID', pointer, `${wordsOf(pointer)} is "${text}", which is no such date.`, text, expected);
  } else if (isPast && moment > latest) {
    const pointer = place.holderPointer();
    const expected = `${new Date(latest).toISOString().slice(0, 10)} or before`;
    report('DATE-IN-FUTURE', pointer, `${wordsOf(pointer)} lies in the future.`, text, expected);
  }
}

/**
 * Judges one text after the other: amounts without currency, dates that are none, and what is said to have happened in
 * the future.
 * @param date today, `YYYY-MM-DD`; a day ahead of it is today somewhere on earth
 */
export function amountAndDateJudge(date: string, report: Report): TextVisit {
  const latest = Date.parse(`${date}T00:00:00Z`) + DAY_MS;
  return (text, name, parent, holder, place) => {
    if (holder === undefined) return;
    if (name === 'dateTimeString') {
      reportDate(text.trim(), holder['formatCode'], PAST.has(parent), latest, place, report);
    } else if (holder['currencyID'] === undefined && name.endsWith('Amount')) {
      const pointer = place.holderPointer();
      const message = `${wordsOf(pointer)} is given without its currency.`;
      report('CURRENCY-MISSING', pointer, message, text, 'an ISO 4217 code as currencyID');
    }
  };
}
