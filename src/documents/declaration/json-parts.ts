import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { DecimalAmount, DecimalMeasure } from './facts.ts';

const NOTHING: JsonObject = Object.freeze({});
const NONE: readonly JsonValue[] = Object.freeze([]);

/** A property that holds an object; an empty object when it is missing or something else. */
export function partOf(json: JsonObject, name: string): JsonObject {
  const value = json[name];
  return isObject(value) ? value : NOTHING;
}

/** A property that holds a list; an empty one when it is missing or something else. */
export function listOf(json: JsonObject, name: string): readonly JsonValue[] {
  const value = json[name];
  return isArray(value) ? value : NONE;
}

/** A text, also where it stands with attributes in an object; without white space at its ends; null when empty. */
export function textOf(json: JsonObject, name: string): string | null {
  const value = json[name];
  const text = isObject(value) ? value['value'] : value;
  if (typeof text !== 'string') return null;
  const trimmed = text.trim();
  return trimmed === '' ? null : trimmed;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/**
 * A decimal number of XML Schema as people write it: `+5`, `.5` and `05.` become `5`, `0.5` and `5`. Null when the text
 * is no decimal number.
 */
export function decimalOf(text: string | null): string | null {
  if (text === null) return null;
  let isPlain = isDigit(text.charCodeAt(text.length - 1));
  let points = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) continue;
    if (code === 0x2e /* . */ && at > 0 && points === 0) points += 1;
    else isPlain = false;
  }
  if (isPlain && (text.charCodeAt(0) !== 0x30 || text.length === 1 || text.charCodeAt(1) === 0x2e)) return text;
  const parts = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?$/.exec(text);
  const [, sign = '', whole = '', rest = ''] = parts ?? [];
  if (parts === null || !/[0-9]/.test(text)) return null;
  return `${sign === '-' ? '-' : ''}${whole === '' ? '0' : whole}${rest === '' ? '' : `.${rest}`}`;
}

/** An amount with its currency; null when either is missing. */
export function amountOf(json: JsonObject, name: string): DecimalAmount | null {
  const value = json[name];
  if (!isObject(value)) return null;
  const amount = decimalOf(textOf(value, 'value'));
  const currency = textOf(value, 'currencyID');
  return amount === null || currency === null ? null : { amount, currency };
}

/** A measure or quantity with its unit, where one is given. */
export function measureOf(json: JsonObject, name: string): DecimalMeasure | null {
  const value = json[name];
  if (!isObject(value)) return null;
  const decimal = decimalOf(textOf(value, 'value'));
  return decimal === null ? null : { value: decimal, unit: textOf(value, 'unitCode') };
}
