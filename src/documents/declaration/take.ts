import type { Fault } from '../fault.ts';
import { isObject, type JsonValue } from '../json.ts';
import { linesOf } from '../json-lines.ts';
import { readJson } from '../read-json.ts';
import { capped } from '../validate.ts';
import type { DeclarationFacts } from './facts.ts';
import { judgeDeclaration } from './judge-declaration.ts';
import { readWcoXml, wcoKindOfJson } from './read-wco-document.ts';
import type { DeclarationContentType, DeclarationTaking, TakingContext } from './taking.ts';
import { wcoSchemaFaults } from './validate-wco.ts';
import { WCO_JSON_LIMITS } from './wco-kinds.ts';
import { wcoLabel } from './wco-labels.ts';

/** After more faults of the schema than this nothing further is judged. */
const MOST_FAULTS = 200;
const UNREADABLE = 'unreadable declaration';

/** What was found in the JSON form: every fault of it, and the facts unless the schema found too many faults. */
function judge(
  json: JsonValue,
  form: 'xml' | 'json',
  context: TakingContext,
): { readonly faults: readonly Fault[]; readonly facts: DeclarationFacts | undefined } {
  const found = wcoSchemaFaults('declaration', json, form);
  if (found.length > MOST_FAULTS) return { faults: found, facts: undefined };
  const { faults, facts } = judgeDeclaration(json, found, context);
  return { faults: [...found, ...faults], facts };
}

function refused(form: 'xml' | 'json', faults: readonly Fault[], json?: JsonValue): DeclarationTaking {
  const label = json === undefined ? UNREADABLE : wcoLabel('declaration', json);
  return { ok: false, form, label, faults: capped(faults) };
}

function otherKind(found: string): Fault {
  const message = `This is ${found}, which no declarant sends.`;
  return { code: 'KIND-UNKNOWN', pointer: '', message, found, expected: 'a declaration, or a request about one' };
}

function takeJson(bytes: Uint8Array, context: TakingContext): DeclarationTaking {
  const reading = readJson(bytes, { ...WCO_JSON_LIMITS, ...context.receivingLimits?.json });
  if (!reading.ok) return refused('json', reading.faults);
  const json = reading.value;
  if (wcoKindOfJson(json) === 'declaration-response') {
    return refused('json', [otherKind('a response to a declaration')]);
  }
  const { faults, facts } = judge(json, 'json', context);
  if (faults.length === 0 && facts !== undefined && isObject(json)) {
    return { ok: true, form: 'json', label: wcoLabel('declaration', json), json, facts };
  }
  const told = capped(faults);
  const lines = linesOf(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
    told.map(({ pointer }) => pointer),
  );
  const placed = told.map((fault): Fault => {
    const line = lines.get(fault.pointer);
    return line === undefined ? fault : { ...fault, line };
  });
  return refused('json', placed, json);
}

function takeXml(bytes: Uint8Array, context: TakingContext): DeclarationTaking {
  const reading = readWcoXml(bytes, context.receivingLimits?.xml);
  if (!reading.ok) return refused('xml', reading.faults);
  if (reading.kind !== 'declaration') return refused('xml', [otherKind('a response to a declaration')]);
  const { json, faults: read, locate } = reading.content;
  const { faults, facts } = judge(json, 'xml', context);
  if (read.length === 0 && faults.length === 0 && facts !== undefined) {
    return { ok: true, form: 'xml', label: wcoLabel('declaration', json), json, facts };
  }
  const placed = capped(faults).map((fault) => ({ ...fault, ...locate(fault.pointer) }));
  return refused('xml', [...read, ...placed], json);
}

/**
 * Reads and judges what a declarant sends: bytes within limits and well-formed → schema → texts and code lists → what
 * must fit together → the national profile. All faults at once, of the later stages as far as the earlier ones let the
 * parts they need through; each with JSON Pointer and line, of XML also with XPath. The same document gives the same
 * outcome as XML and as JSON. Pure: nothing is fetched, stored or changed.
 * @param bytes as received; they are what is kept
 */
export function takeDeclaration(
  bytes: Uint8Array,
  contentType: DeclarationContentType,
  context: TakingContext,
): DeclarationTaking {
  return contentType === 'application/json' ? takeJson(bytes, context) : takeXml(bytes, context);
}
