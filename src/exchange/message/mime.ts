import { EbmsFailure } from '../signals/ebms-errors.ts';

/** One part of a multipart message. */
export interface MimePart {
  /** Without angle brackets; undefined where the part has none. */
  readonly contentId: string | undefined;
  /** Media type in small letters, without parameters. */
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** How much a multipart message may hold (threat A4). */
export interface MimeLimits {
  readonly parts: number;
  readonly headerBytes: number;
  readonly headersPerPart: number;
}

export const MIME_LIMITS: MimeLimits = { parts: 64, headerBytes: 8_192, headersPerPart: 32 };

/** A boundary with white space behind it is at most so long (RFC 2046 leaves it open; RFC 5322 has 998). */
export const BOUNDARY_LINE_BYTES = 998;
export const NO_OPENING = 'There is no opening boundary in the body.';
export const NO_CLOSING = 'The closing boundary is missing: the message was cut short.';

/** A message that is not put together as MIME has it. */
export const mimeFailure = (words: string): EbmsFailure => new EbmsFailure('EBMS:0007', words);
/** RFC 2045 token, and RFC 2046 §5.1.1: characters of a boundary. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const boundaryForm = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

/** A structured header value: what stands before the first semicolon, and its parameters (RFC 2045 §5.1). */
export function readParameters(value: string): { value: string; parameters: ReadonlyMap<string, string> } {
  const end = value.indexOf(';');
  const parameters = new Map<string, string>();
  let rest = end < 0 ? '' : value.slice(end);
  while (rest.trim() !== '') {
    const match = /^\s*;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))\s*/.exec(rest);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || !token.test(name)) {
      if (/^\s*;\s*$/.test(rest)) break;
      throw mimeFailure('A Content-Type header cannot be read.');
    }
    if (parameters.has(name)) throw mimeFailure(`The parameter ${name} stands twice in a Content-Type header.`);
    parameters.set(name, match[2] === undefined ? (match[3] ?? '') : match[2].replace(/\\(.)/g, '$1'));
    rest = rest.slice(match[0].length);
  }
  return { value: (end < 0 ? value : value.slice(0, end)).trim().toLowerCase(), parameters };
}

/** Content-ID without its angle brackets (RFC 2392). */
function readContentId(value: string): string {
  const match = /^<([^<>\s]+)>$/.exec(value.trim());
  if (match?.[1] === undefined) throw mimeFailure('A Content-ID is not of the form <id>.');
  return match[1];
}

function readHeaders(block: string, limits: MimeLimits): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  if (block === '') return headers;
  if (/[^\t\r\n\x20-\x7e]/.test(block) || /(?<!\r)\n|\r(?!\n)/.test(block))
    throw mimeFailure('The headers of a part hold control characters, bare line feeds or characters beyond ASCII.');
  const lines = block.replace(/\r\n[\t ]+/g, ' ').split('\r\n');
  if (lines.length > limits.headersPerPart) throw mimeFailure(`A part has more than ${limits.headersPerPart} headers.`);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!token.test(name)) throw mimeFailure('A header of a part has no name.');
    if (headers.has(name)) throw mimeFailure(`The header ${name} stands twice in a part.`);
    headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** What the headers of a part say. */
export interface PartHeaders {
  readonly contentId: string | undefined;
  readonly contentType: string;
  /** Where the content begins, in bytes from the beginning of the part. */
  readonly contentStart: number;
}

/**
 * Reads the headers of a part.
 * @param beginning the first bytes of the part: all of them, or at least `limits.headerBytes` + 4
 * @throws EbmsFailure EBMS:0007
 */
export function readPartHeaders(beginning: Buffer, limits: MimeLimits): PartHeaders {
  const headless = beginning.indexOf('\r\n') === 0;
  const end = headless ? 0 : beginning.indexOf('\r\n\r\n');
  if (end > limits.headerBytes || (end < 0 && beginning.length >= limits.headerBytes + 4))
    throw mimeFailure(`The headers of a part have more than ${limits.headerBytes} bytes.`);
  if (end < 0) throw mimeFailure('A part has no end of its headers (an empty line).');
  const headers = readHeaders(beginning.toString('latin1', 0, end), limits);
  const encoding = (headers.get('content-transfer-encoding') ?? 'binary').toLowerCase();
  if (!['binary', '8bit', '7bit'].includes(encoding))
    throw mimeFailure(`The transfer encoding ${encoding.slice(0, 40)} is not used in AS4; send parts as binary.`);
  const contentId = headers.get('content-id');
  return {
    contentId: contentId === undefined ? undefined : readContentId(contentId),
    contentType: readParameters(headers.get('content-type') ?? 'application/octet-stream').value,
    contentStart: headless ? 2 : end + 4,
  };
}

function readPart(section: Buffer, limits: MimeLimits): MimePart {
  const { contentId, contentType, contentStart } = readPartHeaders(section, limits);
  return { contentId, contentType, bytes: section.subarray(contentStart) };
}

/**
 * What the HTTP header says of a `multipart/related` message (RFC 2387).
 * @throws EbmsFailure EBMS:0007
 */
export function readRelated(contentType: string): { readonly boundary: string; readonly start: string | undefined } {
  const { value, parameters } = readParameters(contentType);
  if (value !== 'multipart/related') throw mimeFailure('The message is not multipart/related.');
  const boundary = parameters.get('boundary');
  if (boundary === undefined || !boundaryForm.test(boundary))
    throw mimeFailure('The Content-Type has no boundary of the form that RFC 2046 allows.');
  const start = parameters.get('start');
  return { boundary, start: start === undefined ? undefined : readContentId(start) };
}

/**
 * What holds of all parts together: each has its own Content-ID, and `start` names the first.
 * @throws EbmsFailure EBMS:0007
 */
export function checkParts(
  parts: readonly { readonly contentId: string | undefined }[],
  start: string | undefined,
): void {
  const named = parts.flatMap((part) => (part.contentId === undefined ? [] : [part.contentId]));
  if (new Set(named).size !== named.length) throw mimeFailure('Two parts have the same Content-ID.');
  if (start !== undefined && parts[0]?.contentId !== start)
    throw mimeFailure('The start parameter does not name the first part.');
}

/**
 * Reads a `multipart/related` message (RFC 2046, RFC 2387): strict about boundaries, lines and headers. The parts share
 * the body's memory. The first part is the root; a `start` parameter must name it.
 * @param contentType the HTTP header
 * @throws EbmsFailure EBMS:0007
 */
export function readMultipart(contentType: string, body: Buffer, limits: MimeLimits = MIME_LIMITS): MimePart[] {
  const { boundary, start } = readRelated(contentType);
  const parts = sections(body, boundary, limits).map((section) => readPart(section, limits));
  checkParts(parts, start);
  return parts;
}

/**
 * Whether a boundary closes the message (RFC 2046 §5.1.1).
 * @param after what stands behind the boundary: at least 80 bytes, or up to the end of the message
 * @throws EbmsFailure EBMS:0007 when other text follows in its line
 */
export function isClosing(after: Buffer): boolean {
  const text = after.toString('latin1', 0, 80);
  if (!text.startsWith('--')) return false;
  if (!/^--[\t ]*(?:\r\n|$)/.test(text))
    throw mimeFailure('The closing boundary is followed by other text in its line.');
  return true;
}

/**
 * How many bytes the rest of a boundary's line has, its line end included.
 * @param after what stands behind the boundary: at least {@link BOUNDARY_LINE_BYTES} bytes, or up to the end
 * @throws EbmsFailure EBMS:0007
 */
export function restOfLine(after: Buffer): number {
  const end = after.subarray(0, BOUNDARY_LINE_BYTES).indexOf('\r\n');
  if (end < 0 || !/^[\t ]*$/.test(after.toString('latin1', 0, end)))
    throw mimeFailure('A boundary is not followed by the end of its line.');
  return end + 2;
}

/** The bytes between the boundaries, without the line end that belongs to the boundary. */
function sections(body: Buffer, boundary: string, limits: MimeLimits): Buffer[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const opening = delimiter.subarray(2);
  // The preamble is ignored (RFC 2046 §5.1.1); an opening boundary may stand at the very beginning.
  const atOnce = body.subarray(0, opening.length).equals(opening);
  const first = atOnce ? 0 : body.indexOf(delimiter);
  if (first < 0) throw mimeFailure(NO_OPENING);
  let at = atOnce ? opening.length : first + delimiter.length;
  const found: Buffer[] = [];
  while (!isClosing(body.subarray(at, at + 80))) {
    const start = at + restOfLine(body.subarray(at));
    const next = body.indexOf(delimiter, start - 2);
    if (next < 0) throw mimeFailure(NO_CLOSING);
    found.push(body.subarray(start, Math.max(next, start)));
    if (found.length > limits.parts) throw mimeFailure(`The message has more than ${limits.parts} parts.`);
    at = next + delimiter.length;
  }
  if (found.length === 0) throw mimeFailure('The message has no part.');
  return found;
}

export const LINE_END = Buffer.from('\r\n');

/** A part to be written. */
export interface MimePartToWrite {
  /** Without angle brackets. */
  readonly contentId: string;
  /** The whole header value. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** What stands before the content of a part. */
export function writePartBeginning(boundary: string, part: Omit<MimePartToWrite, 'bytes'>): Buffer {
  return Buffer.from(
    `--${boundary}\r\nContent-Type: ${part.contentType}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <${part.contentId}>\r\n\r\n`,
  );
}

/** What ends a message, behind the line end of its last part. */
export function writeClosing(boundary: string): Buffer {
  return Buffer.from(`--${boundary}--\r\n`);
}

/** The HTTP header of a message whose first part is the SOAP envelope with this Content-ID. */
export function writeContentType(boundary: string, envelopeId: string): string {
  return `multipart/related; type="application/soap+xml"; boundary="${boundary}"; start="<${envelopeId}>"`;
}

/** Writes a `multipart/related` message whose first part is the SOAP envelope. */
export function writeMultipart(
  boundary: string,
  parts: readonly MimePartToWrite[],
): { contentType: string; body: Buffer } {
  const pieces: Uint8Array[] = [];
  for (const part of parts) pieces.push(writePartBeginning(boundary, part), part.bytes, LINE_END);
  pieces.push(writeClosing(boundary));
  return { contentType: writeContentType(boundary, parts[0]?.contentId ?? ''), body: Buffer.concat(pieces) };
}
