import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { wordsOfPointer } from '../pointer.ts';
import type { Report } from '../report.ts';
import { Place } from './walk-texts.ts';

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

class Rules {
  readonly #report: Report;
  /** The last day that what has happened can be dated: a day ahead somewhere on earth. */
  readonly #latest: number;
  readonly #place = new Place();

  constructor(date: string, report: Report) {
    this.#report = report;
    this.#latest = Date.parse(`${date}T00:00:00Z`) + DAY_MS;
  }

  walk(value: JsonValue, name: string, parent: string): void {
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index += 1) {
        this.#place.enter(index);
        this.walk(value[index], name, parent);
        this.#place.leave();
      }
    } else if (isObject(value)) {
      const content = value['value'];
      if (typeof content === 'string') this.#leaf(value, content, name, parent);
      else {
        for (const member in value) {
          const inner = value[member];
          if (typeof inner !== 'object' || inner === null) continue;
          this.#place.enter(member);
          this.walk(inner, member, name);
          this.#place.leave();
        }
      }
    }
  }

  #words(): string {
    return wordsOfPointer(this.#place.pointer()).replace(/^./, (first) => first.toUpperCase());
  }

  #leaf(value: JsonObject, content: string, name: string, parent: string): void {
    if (name.endsWith('Amount')) {
      if (value['currencyID'] === undefined) {
        const message = `${this.#words()} is given without its currency.`;
        this.#report('CURRENCY-MISSING', this.#place.pointer(), message, content, 'an ISO 4217 code as currencyID');
      }
    } else if (name === 'dateTimeString') this.#date(content.trim(), value['formatCode'], parent);
  }

  #date(text: string, format: JsonValue | undefined, parent: string): void {
    const pointer = this.#place.pointer();
    const formatCode = typeof format === 'string' ? format : TIME_FORMAT;
    const moment = momentOf(text, formatCode);
    if (moment === undefined) {
      const expected =
        formatCode === DAY_FORMAT
          ? 'format 102: a day of the calendar, YYYYMMDD'
          : 'format 304: a moment of the calendar with its zone, YYYYMMDDhhmmssZ';
      this.#report('DATE-INVALID', pointer, `${this.#words()} is "${text}", which is no such date.`, text, expected);
    } else if (PAST.has(parent) && moment > this.#latest) {
      const expected = `${new Date(this.#latest).toISOString().slice(0, 10)} or before`;
      this.#report('DATE-IN-FUTURE', pointer, `${this.#words()} lies in the future.`, text, expected);
    }
  }
}

/**
 * Reports amounts without currency, dates that are none, and what is said to have happened in the future.
 * @param date today, `YYYY-MM-DD`
 */
export function reportAmountsAndDates(json: JsonObject, date: string, report: Report): void {
  new Rules(date, report).walk(json, '', '');
}
