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
/** Smaller and quicker to build: no white space between elements, no table of ids, short texts within their nodes. */
const LEAN = ParseOption.XML_PARSE_NOBLANKS | ParseOption.XML_PARSE_COMPACT | ParseOption.XML_PARSE_SKIP_IDS;
/** More than this in one text libxml2 refuses by itself, unless it is told that others set the limits (our guards). */
const LONGEST_TEXT_OF_PARSER = 10_000_000;
const MOST_FAULTS = 20;

/**
 * Parses XML strictly: guards first (size, depth, names, encoding, DOCTYPE; see `guardXml`), then libxml2 without
 * entities, DTD, network or files. Faults carry the line.
 * @param limits what differs from `XML_LIMITS`
 * @param use `judged` when the tree is only looked at: white space between elements is then left out of it
 */
export function readXml(
  bytes: Uint8Array,
  limits: Partial<XmlLimits> = {},
  use: 'read' | 'judged' = 'read',
): XmlReading {
  const all = { ...XML_LIMITS, ...limits };
  const refused = guardXml(bytes, all);
  if (refused !== undefined) return { ok: false, faults: [refused] };
  const option =
    OPTIONS | (all.text > LONGEST_TEXT_OF_PARSER ? ParseOption.XML_PARSE_HUGE : 0) | (use === 'judged' ? LEAN : 0);
  try {
    const document = XmlDocument.fromBuffer(bytes, { option });
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
