import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Fault } from '../documents/fault.ts';
import type { JsonValue } from '../documents/json.ts';
import { schemaFile } from '../documents/schema-set.ts';
import type { Directory } from './directory.ts';

const ajv = new Ajv2020({ allErrors: true, strict: true, validateSchema: false });
addFormats.default(ajv, ['date-time']);
const validate = ajv.compile<Directory>(schemaFile('federation/directory.schema.json'));

const MOST_FAULTS = 50;

/** A value that has the form of a directory, or every place where it has not. */
export type DirectoryParsing =
  | { readonly ok: true; readonly directory: Directory }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Reads a JSON value as a directory, by `schemas/federation/directory.schema.json`. */
export function parseDirectory(value: JsonValue): DirectoryParsing {
  const candidate: unknown = value;
  if (validate(candidate)) return { ok: true, directory: candidate };
  return { ok: false, faults: (validate.errors ?? []).slice(0, MOST_FAULTS).map(faultOf) };
}

function faultOf(error: ErrorObject): Fault {
  const unknown: unknown = error.params['additionalProperty'];
  const found = typeof unknown === 'string' ? { found: unknown.slice(0, 200) } : {};
  return {
    code: 'DIRECTORY-SCHEMA',
    pointer: error.instancePath,
    message: `The directory does not have the form of its schema here: ${error.message ?? error.keyword}.`,
    ...found,
  };
}
