import type { JsonObject } from '../src/documents/json.ts';
import type { ValueRule } from './xsd-values.ts';

/** White space of XML Schema; the types other than string have it taken off at both ends before they are judged. */
const SPACE = '[ \\t\\n\\r]';
const INK = '[^ \\t\\n\\r]';
/** "Something that can be seen, on one line" as the vocabulary writes it. */
const NOT_BLANK = '.*[^\\s].*';

/** A pattern of XML Schema, without anchors, in the words of ECMAScript. */
function translated(pattern: string): string {
  if (/\\[^d]/.test(pattern)) throw new Error(`The pattern ${pattern} cannot be translated.`);
  return pattern.replaceAll('\\d', '\\p{Nd}').replaceAll('.', '[^\\n\\r]').replaceAll('[-+]', '[\\-+]');
}

/** A text whose white space counts once between words and not at the ends, of `least` to `most` characters. */
function collapsed(least: number, most: number | undefined): string {
  const more = most === undefined ? `{${Math.max(least - 1, 0)},}` : `{${Math.max(least - 1, 0)},${most - 1}}`;
  const words = `${INK}(?:${INK}|${SPACE}+(?=${INK}))${more}${SPACE}*`;
  return least === 0 ? `^${SPACE}*(?:${words})?$` : `^${SPACE}*${words}$`;
}

function tokenSchema(rule: ValueRule): JsonObject {
  const { length, choices } = rule;
  const patterns = rule.patterns.filter((pattern) => pattern !== NOT_BLANK);
  const isFilled = patterns.length < rule.patterns.length;
  const least = length ?? rule.minLength ?? (isFilled ? 1 : 0);
  const most = length ?? rule.maxLength;
  const says = sizeInWords('a code', least, most);
  if (choices !== undefined) {
    const others = patterns.length > 0 || most !== undefined || least > 0;
    const fitting = others
      ? choices.filter((choice) => choice.length >= least && choice.length <= (most ?? choice.length))
      : choices;
    return {
      type: 'string',
      pattern: `^${SPACE}*(?:${fitting.join('|')})${SPACE}*$`,
      says: `one of: ${fitting.join(', ')}`,
    };
  }
  if (patterns.length === 0) {
    if (least === 0 && most === undefined) return { type: 'string' };
    return { type: 'string', pattern: collapsed(least, most), says };
  }
  const [pattern = '', ...others] = patterns;
  const unit = /^\(?(\[[a-zA-Z0-9-]+\])\)?\*$/.exec(pattern)?.[1];
  if (others.length > 0 || unit === undefined) throw new Error(`The patterns ${patterns.join(', ')} are not known.`);
  const kind = unit === '[0-9]' ? 'a code of digits' : 'a code of letters A to Z';
  return {
    type: 'string',
    pattern: `^${SPACE}*${unit}{${least},${most ?? ''}}${SPACE}*$`,
    says: sizeInWords(kind, least, most),
  };
}

function sizeInWords(what: string, least: number, most: number | undefined): string {
  if (most === undefined) return least === 0 ? what : `${what}, not blank`;
  const count = most === 1 ? '1 character' : `${most} characters`;
  if (least === most) return `${what} of ${count}`;
  return `${what} of at most ${count}${least > 0 ? ', not blank' : ''}`;
}

function stringSchema(rule: ValueRule): JsonObject {
  const { length, choices } = rule;
  if (choices !== undefined) return { type: 'string', enum: choices, says: `one of: ${choices.join(', ')}` };
  const minLength = length ?? rule.minLength;
  const maxLength = length ?? rule.maxLength;
  const patterns = rule.patterns.filter((pattern) => pattern !== NOT_BLANK).map(translated);
  const isFilled = patterns.length < rule.patterns.length;
  if (patterns.length > 1) throw new Error('A text has several patterns.');
  const [pattern] = patterns;
  const isDate = pattern?.includes('20\\p{Nd}') === true;
  const filled = isFilled ? { pattern: `^(?=[^\\n\\r]*$)${SPACE}*${INK}` } : {};
  return {
    type: 'string',
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(pattern === undefined ? filled : { pattern: `^(?:${pattern})$` }),
    ...(minLength === undefined && maxLength === undefined && rule.patterns.length === 0
      ? {}
      : {
          says: isDate
            ? 'a date 20YYMMDD, or with time 20YYMMDDhhmmss and zone Z, +hh or -hh'
            : sizeInWords(isFilled ? 'a text on one line' : 'a text', isFilled ? 1 : (minLength ?? 0), maxLength),
        }),
  };
}

function decimalSchema({ totalDigits, fractionDigits, patterns }: ValueRule): JsonObject {
  if (patterns.length > 0) throw new Error('A number has a pattern.');
  const whole = totalDigits === undefined ? '[0-9]*' : `[0-9]{0,${totalDigits}}`;
  const rest = fractionDigits === undefined ? '[0-9]*' : `[0-9]{0,${fractionDigits}}0*`;
  const total = totalDigits === undefined ? '' : `(?=\\.?(?:[0-9]\\.?){0,${totalDigits}}(?:\\.?0*)${SPACE}*$)`;
  const digits = totalDigits === undefined ? 'a decimal number' : `a decimal number of at most ${totalDigits} digits`;
  const fraction = fractionDigits === undefined ? '' : `, ${fractionDigits} of them behind the point`;
  return {
    type: 'string',
    pattern: `^${SPACE}*[+-]?(?=\\.?[0-9])0*(?!0)${total}${whole}(?:\\.${rest})?${SPACE}*$`,
    says: fractionDigits === 0 ? digits.replace('decimal', 'whole') : `${digits}${fraction}`,
  };
}

/** The JSON Schema of a text as XML Schema has it. The text is kept as written, white space with it. */
export function valueSchema(rule: ValueRule): JsonObject {
  switch (rule.primitive) {
    case 'string':
      return stringSchema(rule);
    case 'token':
      return tokenSchema(rule);
    case 'decimal':
      return decimalSchema(rule);
    case 'language':
      return {
        type: 'string',
        pattern: `^${SPACE}*[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*${SPACE}*$`,
        says: 'a language, such as en or en-GB',
      };
    case 'anyURI':
      return { type: 'string' };
  }
}
