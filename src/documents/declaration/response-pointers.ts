import { isObject, type JsonObject } from '../json.ts';
import { segmentsOf } from '../pointer.ts';
import { schemaFile } from '../schema-set.ts';

const ROOT = 'declaration';
/** Identifiers of classes are two digits and a letter; others are those of data elements. */
const CLASS = /^[0-9]{2}[A-Z]$/;

function readIdentifiers(): ReadonlyMap<string, string> {
  const { identifiers } = schemaFile('declaration-pointers.json');
  if (!isObject(identifiers)) throw new Error('schemas/declaration-pointers.json has no identifiers.');
  return new Map(Object.entries(identifiers).map(([element, identifier]) => [element, String(identifier)]));
}

const identifiers = readIdentifiers();

/**
 * A place in a declaration as a response names it: one Pointer per class on the way, the number of the entry among its
 * kin counted from 1, and the identifier of the data element on the last. As far as the vocabulary has identifiers;
 * places outside the declaration have none.
 * @param pointer JSON Pointer into the JSON form
 */
export function responsePointers(pointer: string): readonly JsonObject[] {
  const steps = segmentsOf(pointer);
  if (steps[0] !== ROOT) return [];
  const found: { sequenceNumeric: string; documentSectionCode: string; tagID?: string }[] = [];
  let parent = '';
  for (let index = 0; index < steps.length; index += 1) {
    const step = steps[index] ?? '';
    const last = found.at(-1);
    if (/^[0-9]{1,5}$/.test(step)) {
      if (last !== undefined && last.tagID === undefined) last.sequenceNumeric = String(Number(step) + 1);
      continue;
    }
    const identifier = identifiers.get(parent === '' ? step : `${parent}/${step}`);
    if (identifier === undefined) break;
    if (CLASS.test(identifier)) found.push({ sequenceNumeric: '1', documentSectionCode: identifier });
    else if (last !== undefined) {
      last.tagID = identifier;
      break;
    }
    parent = step;
  }
  return found;
}
