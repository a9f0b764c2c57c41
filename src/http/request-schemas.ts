import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Fault } from '../documents/fault.ts';
import type { JsonObject, JsonValue } from '../documents/json.ts';
import { schemaFaults } from '../documents/schema-faults.ts';
import { schemaFile, schemaSet } from '../documents/schema-set.ts';
import { isDay, isMoment, isUuid } from './formats.ts';

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true });
ajv.addFormat('date', isDay);
ajv.addFormat('date-time', isMoment);
ajv.addFormat('uuid', isUuid);
ajv.addFormat('binary', true);
for (const keyword of ['xml', 'says', 'example']) ajv.addKeyword(keyword);
for (const { path } of schemaSet().files)
  if (path.startsWith('documents/')) ajv.addSchema(schemaFile(path), path.slice('documents/'.length));

const compiled = new WeakMap<JsonObject, ValidateFunction>();
/** Most faults that one answer lists; a hostile body could have a million. */
const MOST_FAULTS = 200;

/** Prepares a schema, so that a mistake in it shows when the node starts and not at the first request. */
export function prepareSchema(schema: JsonObject): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const validate = ajv.compile({ ...schema });
  compiled.set(schema, validate);
  return validate;
}

/** Everything in which a value differs from a schema of the route table. */
export function faultsOf(schema: JsonObject, value: JsonValue): readonly Fault[] {
  const validate = prepareSchema(schema);
  if (validate(value)) return [];
  return schemaFaults((validate.errors ?? []).slice(0, MOST_FAULTS), value);
}

/** Whether a body's schema only names a document's, which the journey judges with all its stages. */
export function namesDocument(schema: JsonObject): boolean {
  return typeof schema['$ref'] === 'string' && Object.keys(schema).length === 1;
}
