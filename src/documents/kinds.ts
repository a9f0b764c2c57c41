import type { XmlDocument } from 'libxml2-wasm';
import { schemaFile } from './schema-set.ts';
import type { DocumentKind } from './types.ts';
import { compileDocument, type DocumentShape } from './xml-particles.ts';

/** A kind of document that the node knows. */
export interface Kind {
  readonly kind: DocumentKind;
  /** What people call it. */
  readonly label: string;
  /** Its JSON Schema, relative to `schemas/`. */
  readonly schema: string;
  /** Its XML form by UBL; undefined when it has none, or that of the WCO (see `declaration/wco-kinds.ts`). */
  readonly shape: DocumentShape | undefined;
  /** Whether texts must be in normal form already, or are normalised on receipt. */
  readonly texts: 'strict' | 'normalised';
}

function shapeOf(file: string): DocumentShape {
  return compileDocument(file, (each) => schemaFile(`documents/${each}`));
}

/** All kinds, by name. */
export const KINDS: Readonly<Record<DocumentKind, Kind>> = {
  'certificate-of-origin': {
    kind: 'certificate-of-origin',
    label: 'certificate of origin',
    schema: 'documents/certificate-of-origin.schema.json',
    shape: shapeOf('certificate-of-origin.schema.json'),
    texts: 'strict',
  },
  'certificate-application': {
    kind: 'certificate-application',
    label: 'application for a certificate of origin',
    schema: 'documents/certificate-application.schema.json',
    shape: undefined,
    texts: 'normalised',
  },
  'application-response': {
    kind: 'application-response',
    label: 'answer to a document',
    schema: 'documents/application-response.schema.json',
    shape: shapeOf('application-response.schema.json'),
    texts: 'strict',
  },
  declaration: {
    kind: 'declaration',
    label: 'customs declaration',
    schema: 'documents/declaration.schema.json',
    shape: undefined,
    texts: 'normalised',
  },
  'declaration-response': {
    kind: 'declaration-response',
    label: 'response to a customs declaration',
    schema: 'documents/declaration-response.schema.json',
    shape: undefined,
    texts: 'normalised',
  },
};

/** The kind that an XML document is by its root element, undefined when it is none that the node knows. */
export function kindOfXml(document: XmlDocument): Kind | undefined {
  const { name, namespaceUri } = document.root;
  return Object.values(KINDS).find(
    ({ shape }) => shape !== undefined && shape.root.local === name && shape.root.namespace === namespaceUri,
  );
}
