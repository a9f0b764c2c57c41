import { ParseOption, XmlDocument, XmlParseError } from 'libxml2-wasm';
import type { Fault } from './fault.ts';
import { guardXml, XML_LIMITS, type XmlLimits } from './xml-guards.ts';

/** An XML input that was parsed (the caller disposes the document), or why it was not. */
export type XmlReading =
  | { readonly ok: true; readonly document: XmlDocument }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Nothing is loaded, from disk or network; lines beyond 65,535 are told. */
const OPTIONS: ParseOption =
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_NO_SYS_CATALOG |
  ParseOption.XML_PARSE_BIG_LINES;
const MOST_FAULTS = 20;

/**
 * Parses XML strictly: guards first (size, depth, names, encoding, DOCTYPE; see `guardXml`), then libxml2 without
 * entities, DTD, network or files. Faults carry the line.
 * @param limits what differs from `XML_LIMITS`
 */
export function readXml(bytes: Uint8Array, limits: Partial<XmlLimits> = {}): XmlReading {
  const refused = guardXml(bytes, { ...XML_LIMITS, ...limits });
  if (refused !== undefined) return { ok: false, faults: [refused] };
  try {
    const document = XmlDocument.fromBuffer(bytes, { option: OPTIONS });
    if (document.dtd === null) return { ok: true, document };
    document.dispose();
    return {
      ok: false,
      faults: [
        { code: 'XML-DOCTYPE', pointer: '', message: 'The document has a document type declaration (DOCTYPE).' },
      ],
    };
  } catch (error) {
    if (!(error instanceof XmlParseError)) throw error;
    const faults = error.details.slice(0, MOST_FAULTS).map(
      ({ message, line }): Fault => ({
        code: 'XML-MALFORMED',
        pointer: '',
        ...(line > 0 ? { line } : {}),
        message: `The text is not well-formed XML: ${message.trim()}.`.replace(/[.]{2}$/, '.'),
      }),
    );
    if (faults.length > 0) return { ok: false, faults };
    return {
      ok: false,
      faults: [{ code: 'XML-MALFORMED', pointer: '', message: 'The text is not well-formed XML.' }],
    };
  }
}
