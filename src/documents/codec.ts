import type { XmlDocument } from 'libxml2-wasm';
import type { WcoKind } from './declaration/wco-kinds.ts';
import type { JsonObject } from './json.ts';
import { KINDS } from './kinds.ts';
import type { DocumentKind, DocumentOfKind } from './types.ts';
import type { DocumentShape } from './xml-particles.ts';
import { readContent, type XmlContent } from './xml-reader.ts';
import { writeXml } from './xml-writer.ts';

/** The kinds that have a form in UBL; those of the WCO are read and written in `declaration/`. */
export type XmlKind = Exclude<DocumentKind, 'certificate-application' | WcoKind>;

function shapeOf(kind: XmlKind): DocumentShape {
  const { shape } = KINDS[kind];
  if (shape === undefined) throw new Error(`A document of kind ${kind} has no XML form.`);
  return shape;
}

/**
 * Writes a document as XML (UBL 2.x), without a seal: text to be encoded as UTF-8, no white space between elements.
 * The same document always gives the same text.
 * @param document valid by `validateDocument`
 * @throws Error when a text or number is missing where the schema demands one
 */
export function toXml<K extends XmlKind>(kind: K, document: DocumentOfKind[K] | JsonObject): string {
  return writeXml(shapeOf(kind), document);
}

/**
 * Reads the JSON form from XML that `readXml` let through. The seal in its UBL place is left aside; unknown elements
 * and attributes, other extensions, wrong order, repetition and text out of place are faults. The JSON is not yet
 * judged: hand it to `validateDocument`.
 * @param document whose root element is that of the kind
 */
export function fromXml(kind: XmlKind, document: XmlDocument): XmlContent {
  return readContent(shapeOf(kind), document);
}
