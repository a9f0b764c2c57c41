import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Fault } from '../fault.ts';
import { isArray, isObject, type JsonValue } from '../json.ts';
import { escapeSegment, wordsOfPointer } from '../pointer.ts';
import { schemaFaults } from '../schema-faults.ts';
import { MOST_WCO_ENTRIES, type WcoKind, wcoSchemaOf, wcoShapeOf } from './wco-kinds.ts';
import { wcoSchemaErrors } from './wco-schema-errors.ts';

/** What no XML document can hold (XML 1.0 §2.2), and no text that is to be written as one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/u;

const validators = new Map<WcoKind, ValidateFunction>();

/** Compiled when first needed: it takes longer than everything else at start. The first error is enough here. */
function validatorOf(kind: WcoKind): ValidateFunction {
  const held = validators.get(kind);
  if (held !== undefined) return held;
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    strictTypes: false,
    validateSchema: false,
    code: { optimize: false },
  });
  ajv.addKeyword('xml');
  ajv.addKeyword('says');
  const made = ajv.compile({ ...wcoSchemaOf(kind) });
  validators.set(kind, made);
  return made;
}

function tooMany(json: JsonValue, pointer: string): Fault | undefined {
  if (isArray(json)) {
    if (json.length > MOST_WCO_ENTRIES) {
      const message = `${wordsOfPointer(pointer)} has ${json.length} entries; at most ${MOST_WCO_ENTRIES} are taken.`;
      return {
        code: 'SCHEMA-COUNT',
        pointer,
        message: message.replace(/^./, (first) => first.toUpperCase()),
        found: String(json.length),
        expected: `at most ${MOST_WCO_ENTRIES}`,
      };
    }
    for (let index = 0; index < json.length; index += 1) {
      const entry = json[index];
      if (typeof entry !== 'object' || entry === null) continue;
      const found = tooMany(entry, `${pointer}/${index}`);
      if (found !== undefined) return found;
    }
  } else if (isObject(json)) {
    for (const name in json) {
      const value = json[name];
      if (typeof value !== 'object' || value === null) continue;
      const found = tooMany(value, `${pointer}/${escapeSegment(name)}`);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Whether a document has a list that is longer than any may be. */
function hasLongList(json: JsonValue): boolean {
  if (isArray(json)) return json.length > MOST_WCO_ENTRIES || json.some(hasLongList);
  if (!isObject(json)) return false;
  for (const name in json) {
    const value = json[name];
    if (typeof value === 'object' && value !== null && hasLongList(value)) return true;
  }
  return false;
}

function reportUnwritable(json: JsonValue, pointer: string, faults: Fault[]): void {
  if (typeof json === 'string') {
    const found = NOT_XML.exec(json);
    if (found === null || faults.length > 200) return;
    const which = `U+${(found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    const message = `${wordsOfPointer(pointer)} holds the control character ${which}, which XML does not allow.`;
    faults.push({
      code: 'TEXT-CONTROL-CHARACTER',
      pointer,
      message: message.replace(/^./, (first) => first.toUpperCase()),
      found: which,
    });
  } else if (isArray(json)) {
    for (const [index, entry] of json.entries()) reportUnwritable(entry, `${pointer}/${index}`, faults);
  } else if (isObject(json)) {
    for (const [name, value] of Object.entries(json)) {
      reportUnwritable(value, `${pointer}/${escapeSegment(name)}`, faults);
    }
  }
}

/**
 * Judges a WCO document by its schema: every fault, with JSON Pointer, in bounded time whatever the document. The texts
 * of one that came as JSON are also judged by what XML can hold.
 * @param form in which the document came
 */
export function wcoSchemaFaults(kind: WcoKind, json: JsonValue, form: 'xml' | 'json'): readonly Fault[] {
  if (hasLongList(json)) {
    const found = tooMany(json, '');
    if (found !== undefined) return [found];
  }
  const faults: Fault[] = [];
  if (!validatorOf(kind)(json)) {
    faults.push(...schemaFaults(wcoSchemaErrors(wcoShapeOf(kind), json), json));
    if (faults.length === 0) {
      faults.push({ code: 'SCHEMA-OTHER', pointer: '', message: 'The document breaks a rule of the schema.' });
    }
  }
  if (form === 'json') reportUnwritable(json, '', faults);
  return faults;
}
