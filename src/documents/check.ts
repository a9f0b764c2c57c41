import { fromXml } from './codec.ts';
import { mayBeWco, readWcoXml, type WcoReading, wcoKindOfJson } from './declaration/read-wco-document.ts';
import { wcoSchemaFaults } from './declaration/validate-wco.ts';
import { isWcoKind, WCO_JSON_LIMITS } from './declaration/wco-kinds.ts';
import { wcoLabel } from './declaration/wco-labels.ts';
import type { Fault } from './fault.ts';
import { isObject, type JsonValue } from './json.ts';
import { JSON_LIMITS } from './json-guards.ts';
import { linesOf } from './json-lines.ts';
import { KINDS, type Kind, kindOfXml } from './kinds.ts';
import { readJson } from './read-json.ts';
import { readXml } from './read-xml.ts';
import type { DocumentKind } from './types.ts';
import { capped, validateDocument } from './validate.ts';

/** What a file is, and everything that is wrong with it. */
export interface Check {
  /** Undefined kinds are null: the file is unreadable or of a kind that the node does not know. */
  readonly kind: DocumentKind | null;
  /** What people call it. */
  readonly label: string;
  readonly form: 'xml' | 'json' | null;
  /** Empty when the document is valid. */
  readonly faults: readonly Fault[];
  /** The JSON form, as far as it could be read. */
  readonly json?: JsonValue;
}

/** A shorter JSON text cannot have more values than any document may. */
const MOST_VALUES_IN_BYTES = JSON_LIMITS.values;
const UNREADABLE = 'unreadable file';

function formOf(bytes: Uint8Array): 'xml' | 'json' | null {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  for (let at = hasMark ? 3 : 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) continue;
    if (byte === 0x3c /* < */ || byte === 0xfe || byte === 0xff || byte === 0x00) return 'xml';
    return byte === 0x7b /* { */ || byte === 0x5b /* [ */ ? 'json' : null;
  }
  return null;
}

function unknownKind(found: string): Fault {
  return {
    code: 'KIND-UNKNOWN',
    pointer: '',
    message: `This is no document that Selat knows: ${found}.`,
    found,
    expected: Object.values(KINDS)
      .map(({ label }) => label)
      .join(', '),
  };
}

/** The kind that a JSON document is, by what only this kind has. */
function kindOfJson(json: JsonValue): Kind | undefined {
  if (!isObject(json)) return undefined;
  const has = (name: string): boolean => Object.hasOwn(json, name);
  const wco = wcoKindOfJson(json);
  if (wco !== undefined) return KINDS[wco];
  if (json['documentKind'] === 'certificate-application') return KINDS['certificate-application'];
  if (has('responseTo') || has('outcome')) return KINDS['application-response'];
  if (has('issuer') || has('endorsement') || has('number')) return KINDS['certificate-of-origin'];
  return has('scheme') || has('goodsItems') ? KINDS['certificate-application'] : undefined;
}

function checkWco(reading: WcoReading): Check {
  if (!reading.ok) return { kind: null, label: UNREADABLE, form: 'xml', faults: reading.faults };
  const { kind, content } = reading;
  const { json } = content;
  const judged = wcoSchemaFaults(kind, json, 'xml').map((fault) => ({ ...fault, ...content.locate(fault.pointer) }));
  return { kind, label: wcoLabel(kind, json), form: 'xml', faults: capped([...content.faults, ...judged]), json };
}

function checkXml(bytes: Uint8Array): Check {
  if (mayBeWco(bytes)) {
    const reading = readWcoXml(bytes);
    if (reading.ok || reading.faults.every(({ code }) => code !== 'KIND-UNKNOWN')) return checkWco(reading);
  }
  const reading = readXml(bytes);
  if (!reading.ok) return { kind: null, label: UNREADABLE, form: 'xml', faults: reading.faults };
  const { document } = reading;
  try {
    const kind = kindOfXml(document);
    if (kind === undefined || kind.kind === 'certificate-application' || isWcoKind(kind.kind)) {
      const { name, namespaceUri } = document.root;
      const found = `${name.slice(0, 80)} of the namespace "${namespaceUri.slice(0, 120)}"`;
      return { kind: null, label: 'unknown document', form: 'xml', faults: [unknownKind(found)] };
    }
    const content = fromXml(kind.kind, document);
    const judged = validateDocument(kind.kind, content.json).map((fault) => ({
      ...fault,
      ...content.locate(fault.pointer),
    }));
    const faults = capped([...content.faults, ...judged]);
    return { kind: kind.kind, label: kind.label, form: 'xml', faults, json: content.json };
  } finally {
    document.dispose();
  }
}

function checkJson(bytes: Uint8Array): Check {
  const wide = readJson(bytes, WCO_JSON_LIMITS);
  const isWco = wide.ok && wcoKindOfJson(wide.value) !== undefined;
  const reading = isWco || bytes.length < MOST_VALUES_IN_BYTES ? wide : readJson(bytes);
  if (!reading.ok) return { kind: null, label: UNREADABLE, form: 'json', faults: reading.faults };
  const json = reading.value;
  const kind = kindOfJson(json);
  if (kind === undefined) {
    const faults = [unknownKind('a JSON text without the marks of a document')];
    return { kind: null, label: 'unknown document', form: 'json', faults, json };
  }
  const found = validateDocument(kind.kind, json);
  const lines = linesOf(
    Buffer.from(bytes).toString('utf8'),
    found.map((fault) => fault.pointer),
  );
  const faults = found.map((fault) => {
    const line = lines.get(fault.pointer);
    return line === undefined ? fault : { ...fault, line };
  });
  const label = isWcoKind(kind.kind) ? wcoLabel(kind.kind, json) : kind.label;
  return { kind: kind.kind, label, form: 'json', faults, json };
}

/**
 * Says of any bytes what document they are, and every fault of it: with code, JSON Pointer and words, line, and for XML
 * XPath. A seal is left aside; whether it holds is for the verification to say.
 */
export function checkBytes(bytes: Uint8Array): Check {
  const form = formOf(bytes);
  if (form === 'xml') return checkXml(bytes);
  if (form === 'json') return checkJson(bytes);
  const isEmpty = bytes.length === 0;
  const message = isEmpty ? 'The file is empty.' : 'The file is neither XML nor JSON.';
  const faults: Fault[] = [{ code: isEmpty ? 'BYTES-EMPTY' : 'FORM-UNKNOWN', pointer: '', message }];
  return { kind: null, label: UNREADABLE, form, faults };
}
