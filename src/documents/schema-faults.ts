import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Fault } from './fault.ts';
import type { FaultCode } from './fault-codes.ts';
import type { JsonValue } from './json.ts';
import { escapeSegment, segmentsOf, shown, valueAt, wordsOfPointer } from './pointer.ts';

interface Words {
  readonly code: FaultCode;
  /** Continues the name of the place: `… is missing`. */
  readonly says: string;
  readonly expected?: string;
}

const KINDS_OF_VALUE: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with named values',
  null: 'nothing',
};

function kindOfValue(value: JsonValue | undefined): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : (KINDS_OF_VALUE[typeof value] ?? 'something else');
}

/** What the schema itself says is expected, in words. */
function expectation(error: ErrorObject): string | undefined {
  const says: unknown = error.parentSchema?.['says'];
  return typeof says === 'string' ? says : undefined;
}

function wordsOf(error: ErrorObject, found: JsonValue | undefined): Words {
  const expected = expectation(error);
  const more = expected === undefined ? {} : { expected };
  const { keyword, params } = error;
  switch (keyword) {
    case 'required':
      return { code: 'SCHEMA-REQUIRED', says: 'is missing' };
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return { code: 'SCHEMA-UNKNOWN-PROPERTY', says: 'is not part of this document' };
    case 'type': {
      const kind = KINDS_OF_VALUE[String(params['type'])] ?? String(params['type']);
      const says = `is ${kindOfValue(found)} and should be ${kind}`;
      return { code: 'SCHEMA-TYPE', says, expected: expected ?? kind };
    }
    case 'enum': {
      const allowed: unknown = params['allowedValues'];
      const list = Array.isArray(allowed) ? allowed.join(', ') : '';
      return { code: 'SCHEMA-CHOICE', says: 'is none of the possible values', expected: `one of: ${list}` };
    }
    case 'const':
      return { code: 'SCHEMA-CHOICE', says: 'is not the value it must have', ...more };
    case 'minLength':
      return { code: 'SCHEMA-LENGTH', says: found === '' ? 'is empty' : 'is too short', ...more };
    case 'maxLength':
      return { code: 'SCHEMA-LENGTH', says: `is longer than ${String(params['limit'])} characters`, ...more };
    case 'minimum':
    case 'maximum':
      return { code: 'SCHEMA-RANGE', says: keyword === 'minimum' ? 'is too small' : 'is too large', ...more };
    case 'minItems':
      return { code: 'SCHEMA-COUNT', says: `needs ${String(params['limit'])} or more entries`, ...more };
    case 'maxItems':
      return { code: 'SCHEMA-COUNT', says: `has more than ${String(params['limit'])} entries`, ...more };
    case 'uniqueItems':
      return { code: 'SCHEMA-DUPLICATE', says: 'has the same entry twice', ...more };
    case 'pattern':
    case 'format':
      return { code: 'SCHEMA-FORMAT', says: `is not ${expected ?? 'written as expected'}`, ...more };
    default:
      return { code: 'SCHEMA-OTHER', says: 'breaks a rule of the schema', ...more };
  }
}

/** The name of a property that an error is about, when it is not about the value at its own place. */
function memberOf(error: ErrorObject): string | undefined {
  const { params } = error;
  const name: unknown = params['missingProperty'] ?? params['additionalProperty'] ?? params['unevaluatedProperty'];
  return typeof name === 'string' ? name : undefined;
}

/**
 * Turns what ajv says into faults in a trader's words, one for each place at most.
 * @param json the document that was judged
 */
export function schemaFaults(errors: readonly ErrorObject[], json: JsonValue): readonly Fault[] {
  const faults = new Map<string, Fault>();
  for (const error of errors) {
    const member = memberOf(error);
    const pointer = error.instancePath + (member === undefined ? '' : `/${escapeSegment(member)}`);
    if (faults.has(pointer)) continue;
    const found = valueAt(json, segmentsOf(pointer));
    const { code, says, expected } = wordsOf(error, found);
    faults.set(pointer, {
      code,
      pointer,
      message: `${wordsOfPointer(pointer)} ${says}.`.replace(/^./, (first) => first.toUpperCase()),
      ...(found === undefined ? {} : { found: shown(found) }),
      ...(expected === undefined ? {} : { expected }),
    });
  }
  return [...faults.values()];
}
