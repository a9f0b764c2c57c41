import type { JsonObject } from '../json.ts';
import type { JsonLimits } from '../json-guards.ts';
import { schemaFile } from '../schema-set.ts';
import type { XmlLimits } from '../xml-guards.ts';
import { compileWcoShape, type WcoShape } from './wco-shape.ts';

/** The kinds of document in the WCO's wrapper. */
export type WcoKind = 'declaration' | 'declaration-response';

/** The wrapper of all of them. */
export const WRAPPER = { local: 'MetaData', namespace: 'urn:wco:datamodel:WCO:DocumentMetaData-DMS:2' } as const;

/** A declaration may have 9,999 items. */
export const WCO_XML_LIMITS: Partial<XmlLimits> = { bytes: 25 * 1024 * 1024, elements: 1_000_000 };
export const WCO_JSON_LIMITS: Partial<JsonLimits> = { bytes: 25 * 1024 * 1024, values: 2_500_000 };
/** Entries of one list: a declaration has at most 9,999 items, and nothing else in it is more numerous. */
export const MOST_WCO_ENTRIES = 9_999;

const FILES: Readonly<Record<WcoKind, string>> = {
  declaration: 'documents/declaration.schema.json',
  'declaration-response': 'documents/declaration-response.schema.json',
};

const schemas = new Map<WcoKind, JsonObject>();
const shapes = new Map<WcoKind, WcoShape>();

/** The schema of a kind, read when it is first needed. */
export function wcoSchemaOf(kind: WcoKind): JsonObject {
  const schema = schemas.get(kind) ?? schemaFile(FILES[kind]);
  schemas.set(kind, schema);
  return schema;
}

/** The XML form of a kind, compiled when it is first needed. */
export function wcoShapeOf(kind: WcoKind): WcoShape {
  const shape = shapes.get(kind) ?? compileWcoShape(wcoSchemaOf(kind));
  shapes.set(kind, shape);
  return shape;
}

/** Whether a kind of document is one of those in the WCO's wrapper. */
export function isWcoKind(kind: string): kind is WcoKind {
  return kind === 'declaration' || kind === 'declaration-response';
}
