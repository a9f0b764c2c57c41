import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import canonicalize from 'canonicalize';
import type { Fault } from './fault.ts';
import type { JsonValue } from './json.ts';
import type { PaperKind, PaperOfKind } from './paper-types.ts';
import { readJson } from './read-json.ts';
import { gather } from './report.ts';
import { schemaFaults } from './schema-faults.ts';
import { schemaFile } from './schema-set.ts';
import { reportTexts } from './texts.ts';

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, validateSchema: false });
addFormats.default(ajv, ['date', 'date-time', 'uuid']);
ajv.addKeyword('xml');
ajv.addKeyword('says');

/** Far more than any paper has. */
const LARGEST_PAPER = 1024 * 1024;
const validators = new Map<PaperKind, ValidateFunction>();

function validatorOf(kind: PaperKind): ValidateFunction {
  const known = validators.get(kind);
  if (known !== undefined) return known;
  if (ajv.getSchema('documents/common.schema.json') === undefined)
    ajv.addSchema(schemaFile('documents/common.schema.json'), 'documents/common.schema.json');
  const path = `papers/${kind}.schema.json`;
  const made = ajv.compile({ ...schemaFile(path), $id: path });
  validators.set(kind, made);
  return made;
}

/** A paper that was read, or everything that is wrong with it. */
export type PaperReading<K extends PaperKind> =
  | { readonly ok: true; readonly paper: PaperOfKind[K] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** The canonical form of a paper (RFC 8785), in which it is sealed and sent. */
export function writePaper<K extends PaperKind>(paper: PaperOfKind[K]): Buffer {
  const text = canonicalize(paper);
  if (text === undefined) throw new Error('A paper always has a canonical form.');
  return Buffer.from(text);
}

/** Reads a paper of a kind: strict JSON, its schema, its texts. Pure; whether it is sealed is for others to say. */
export function readPaper<K extends PaperKind>(kind: K, bytes: Uint8Array): PaperReading<K> {
  const reading = readJson(bytes, { bytes: LARGEST_PAPER });
  if (!reading.ok) return reading;
  const { value } = reading;
  if (!isPaper(kind, value)) return { ok: false, faults: schemaFaults(validatorOf(kind).errors ?? [], value) };
  const faults: Fault[] = [];
  reportTexts(value, true, gather(faults));
  return faults.length > 0 ? { ok: false, faults } : { ok: true, paper: value };
}

function isPaper<K extends PaperKind>(kind: K, value: JsonValue): value is PaperOfKind[K] & JsonValue {
  return validatorOf(kind)(value);
}
