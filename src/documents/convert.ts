import { checkBytes } from './check.ts';
import { toXml } from './codec.ts';
import { isWcoKind, wcoShapeOf } from './declaration/wco-kinds.ts';
import { writeWco } from './declaration/write-wco.ts';
import type { Fault } from './fault.ts';
import { isObject } from './json.ts';
import type { DocumentKind } from './types.ts';

/** The other form of a document, or why there is none. */
export type Conversion =
  | { readonly ok: true; readonly kind: DocumentKind; readonly text: string }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Writes a document in the other form: JSON with two spaces of indentation, or XML. The document must be valid. A
 * seal stays behind: it holds for the bytes that were sealed, and for no other.
 */
export function convertBytes(bytes: Uint8Array, to: 'json' | 'xml'): Conversion {
  const { kind, faults, json } = checkBytes(bytes);
  if (faults.length > 0 || kind === null || !isObject(json)) return { ok: false, faults };
  if (to === 'json') return { ok: true, kind, text: `${JSON.stringify(json, undefined, 2)}\n` };
  if (kind === 'certificate-application') {
    const message = 'An application for a certificate has no XML form; only what is issued is written as XML.';
    return { ok: false, faults: [{ code: 'FORM-NOT-AVAILABLE', pointer: '', message }] };
  }
  const text = isWcoKind(kind) ? writeWco(wcoShapeOf(kind), json) : toXml(kind, json);
  return { ok: true, kind, text };
}
