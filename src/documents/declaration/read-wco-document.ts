import type { XmlDocument } from 'libxml2-wasm';
import type { Fault } from '../fault.ts';
import { isObject, type JsonValue } from '../json.ts';
import { readXml } from '../read-xml.ts';
import { elementsOf } from '../xml-children.ts';
import { XML_LIMITS, type XmlLimits } from '../xml-guards.ts';
import { readPlainWco } from './read-plain-wco.ts';
import { readWco, type WcoContent } from './read-wco.ts';
import { WCO_XML_LIMITS, type WcoKind, WRAPPER, wcoShapeOf } from './wco-kinds.ts';

/** A WCO document that was read from XML, or why it was not. */
export type WcoReading =
  | { readonly ok: true; readonly kind: WcoKind; readonly content: WcoContent }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const RESPONSE = 'urn:wco:datamodel:WCO:RES-DMS:2';
/** A namespace that may be written with references in it. */
const WRITTEN_BY_REFERENCE = /\sxmlns[^\s"'=<>]{0,260}\s{0,100}=\s{0,100}["'][^"'<>&]{0,200}&/;

/**
 * The kind of a document that stands in the WCO's wrapper: responses by what the wrapper holds, else a declaration;
 * undefined for other documents. The wrapper is only looked into, which takes long, where it can hold a response.
 * @param text of the document
 */
function kindOf(document: XmlDocument, text: string): WcoKind | undefined {
  const { root } = document;
  if (root.name !== WRAPPER.local || root.namespaceUri !== WRAPPER.namespace) return undefined;
  const mayBeResponse = text.includes(RESPONSE) || (text.includes('&') && WRITTEN_BY_REFERENCE.test(text));
  if (!mayBeResponse) return 'declaration';
  return elementsOf(root).at(-1)?.namespaceUri === RESPONSE ? 'declaration-response' : 'declaration';
}

/** The kind of WCO document that a JSON value is, by what only these have. */
export function wcoKindOfJson(json: JsonValue): WcoKind | undefined {
  if (!isObject(json)) return undefined;
  const isCertificate = Object.hasOwn(json, 'scheme') || Object.hasOwn(json, 'goodsItems');
  if (isObject(json['declaration']) && !isCertificate) {
    return Object.hasOwn(json['declaration'], 'signatory') ? undefined : 'declaration';
  }
  return Array.isArray(json['response']) ? 'declaration-response' : undefined;
}

/** Whether the name of the wrapper's namespace stands in bytes, so that they are worth reading as a WCO document. */
export function mayBeWco(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(WRAPPER.namespace);
}

/** The text of bytes that are UTF-8, without the byte order mark. */
function textOfXml(bytes: Uint8Array): string {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', hasMark ? 3 : 0);
}

/**
 * Reads a WCO document from XML: at once where it is plainly a declaration, else by the guards, libxml2 for what is
 * well-formed, then the content. Its faults are in `content.faults`; whether the values are right is for
 * `wcoSchemaFaults` to say.
 * @param bytes not to be changed as long as the content is used
 * @param limits what differs from `XML_LIMITS` with `WCO_XML_LIMITS`
 */
export function readWcoXml(bytes: Uint8Array, limits: Partial<XmlLimits> = {}): WcoReading {
  const all = { ...XML_LIMITS, ...WCO_XML_LIMITS, ...limits };
  const content = readPlainWco(bytes, wcoShapeOf('declaration'), all);
  return content === undefined ? parseWcoXml(bytes, limits) : { ok: true, kind: 'declaration', content };
}

/**
 * Reads a WCO document from XML by the guards, libxml2 and a walk over its text; what `readWcoXml` does with all that is
 * not plain.
 * @param limits what differs from `XML_LIMITS` with `WCO_XML_LIMITS`
 */
export function parseWcoXml(bytes: Uint8Array, limits: Partial<XmlLimits> = {}): WcoReading {
  const reading = readXml(bytes, { ...WCO_XML_LIMITS, ...limits }, 'judged');
  if (!reading.ok) return reading;
  const { document } = reading;
  const text = textOfXml(bytes);
  let kind: WcoKind | undefined;
  let found = '';
  try {
    kind = kindOf(document, text);
    if (kind === undefined) {
      const { name, namespaceUri } = document.root;
      found = `${name.slice(0, 80)} of the namespace "${namespaceUri.slice(0, 120)}"`;
    }
  } finally {
    document.dispose();
  }
  if (kind !== undefined) return { ok: true, kind, content: readWco(wcoShapeOf(kind), text) };
  const message = `This is no document in the WCO's wrapper: ${found}.`;
  const expected = `${WRAPPER.local} of the namespace "${WRAPPER.namespace}"`;
  return { ok: false, faults: [{ code: 'KIND-UNKNOWN', pointer: '', message, found, expected }] };
}
