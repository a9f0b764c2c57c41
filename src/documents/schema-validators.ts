import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { WcoKind } from './declaration/wco-kinds.ts';
import type { JsonValue } from './json.ts';
import { KINDS } from './kinds.ts';
import { schemaFile } from './schema-set.ts';
import type { DocumentKind, DocumentOfKind } from './types.ts';

/** The schemas themselves are judged by a test; validating and optimising them here would double the time to start. */
const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strict: true,
  validateSchema: false,
  code: { optimize: false },
});
addFormats.default(ajv, ['date']);
ajv.addKeyword('xml');
ajv.addKeyword('says');
ajv.addSchema(schemaFile('documents/common.schema.json'), 'common.schema.json');

/** The kinds that are judged here; those of the WCO are in `declaration/validate-wco.ts`. */
export type JudgedKind = Exclude<DocumentKind, WcoKind>;

function compile<K extends JudgedKind>(kind: K): ValidateFunction<DocumentOfKind[K]> {
  return ajv.compile<DocumentOfKind[K]>({ ...schemaFile(KINDS[kind].schema) });
}

const validators: { readonly [K in JudgedKind]: ValidateFunction<DocumentOfKind[K]> } = {
  'certificate-of-origin': compile('certificate-of-origin'),
  'certificate-application': compile('certificate-application'),
  'application-response': compile('application-response'),
};

/** What ajv says against a document, all of it; empty when the schema is satisfied. */
export function schemaErrors(kind: JudgedKind, json: JsonValue): readonly ErrorObject[] {
  const validate = validators[kind];
  return validate(json) ? [] : (validate.errors ?? []);
}

/** Whether a value has the shape of its kind (schema only; `validateDocument` judges the rest). */
export function isOfKind<K extends JudgedKind>(kind: K, json: JsonValue): json is DocumentOfKind[K] & JsonValue {
  return validators[kind](json);
}
