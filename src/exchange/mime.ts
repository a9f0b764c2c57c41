import { EbmsFailure } from './ebms-errors.ts';

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

const mimeFailure = (words: string): EbmsFailure => new EbmsFailure('EBMS:0007', words);
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

function readPart(section: Buffer, limits: MimeLimits): MimePart {
  const headless = section.indexOf('\r\n') === 0;
  const end = headless ? 0 : section.indexOf('\r\n\r\n');
  if (end < 0) throw mimeFailure('A part has no end of its headers (an empty line).');
  if (end > limits.headerBytes) throw mimeFailure(`The headers of a part have more than ${limits.headerBytes} bytes.`);
  const headers = readHeaders(section.toString('latin1', 0, end), limits);
  const encoding = (headers.get('content-transfer-encoding') ?? 'binary').toLowerCase();
  if (!['binary', '8bit', '7bit'].includes(encoding))
    throw mimeFailure(`The transfer encoding ${encoding.slice(0, 40)} is not used in AS4; send parts as binary.`);
  const contentId = headers.get('content-id');
  return {
    contentId: contentId === undefined ? undefined : readContentId(contentId),
    contentType: readParameters(headers.get('content-type') ?? 'application/octet-stream').value,
    bytes: section.subarray(headless ? 2 : end + 4),
  };
}

/**
 * Reads a `multipart/related` message (RFC 2046, RFC 2387): strict about boundaries, lines and headers. The parts share
 * the body's memory. The first part is the root; a `start` parameter must name it.
 * @param contentType the HTTP header
 * @throws EbmsFailure EBMS:0007
 */
export function readMultipart(contentType: string, body: Buffer, limits: MimeLimits = MIME_LIMITS): MimePart[] {
  const { value, parameters } = readParameters(contentType);
  if (value !== 'multipart/related') throw mimeFailure('The message is not multipart/related.');
  const boundary = parameters.get('boundary');
  if (boundary === undefined || !boundaryForm.test(boundary))
    throw mimeFailure('The Content-Type has no boundary of the form that RFC 2046 allows.');
  const parts = sections(body, boundary, limits).map((section) => readPart(section, limits));
  const named = parts.flatMap((part) => (part.contentId === undefined ? [] : [part.contentId]));
  if (new Set(named).size !== named.length) throw mimeFailure('Two parts have the same Content-ID.');
  const start = parameters.get('start');
  if (start !== undefined && parts[0]?.contentId !== readContentId(start))
    throw mimeFailure('The start parameter does not name the first part.');
  return parts;
}

/** The bytes between the boundaries, without the line end that belongs to the boundary. */
function sections(body: Buffer, boundary: string, limits: MimeLimits): Buffer[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const opening = delimiter.subarray(2);
  // The preamble is ignored (RFC 2046 §5.1.1); an opening boundary may stand at the very beginning.
  let at = body.indexOf(opening) === 0 ? opening.length : body.indexOf(delimiter) + delimiter.length;
  if (at < delimiter.length && at !== opening.length) throw mimeFailure('There is no opening boundary in the body.');
  const found: Buffer[] = [];
  for (;;) {
    const closing = body.toString('latin1', at, at + 2) === '--';
    if (closing) {
      if (!/^[\t ]*(?:\r\n|$)/.test(body.toString('latin1', at + 2, at + 80)))
        throw mimeFailure('The closing boundary is followed by other text in its line.');
      break;
    }
    const line = body.indexOf('\r\n', at);
    if (line < 0 || !/^[\t ]*$/.test(body.toString('latin1', at, line)))
      throw mimeFailure('A boundary is not followed by the end of its line.');
    const next = body.indexOf(delimiter, line);
    if (next < 0) throw mimeFailure('The closing boundary is missing: the message was cut short.');
    found.push(body.subarray(line + 2, Math.max(next, line + 2)));
    if (found.length > limits.parts) throw mimeFailure(`The message has more than ${limits.parts} parts.`);
    at = next + delimiter.length;
  }
  if (found.length === 0) throw mimeFailure('The message has no part.');
  return found;
}

/** A part to be written. */
export interface MimePartToWrite {
  /** Without angle brackets. */
  readonly contentId: string;
  /** The whole header value. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** Writes a `multipart/related` message whose first part is the SOAP envelope. */
export function writeMultipart(
  boundary: string,
  parts: readonly MimePartToWrite[],
): { contentType: string; body: Buffer } {
  const pieces: Uint8Array[] = [];
  for (const part of parts)
    pieces.push(
      Buffer.from(
        `--${boundary}\r\nContent-Type: ${part.contentType}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <${part.contentId}>\r\n\r\n`,
      ),
      part.bytes,
      Buffer.from('\r\n'),
    );
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return {
    contentType: `multipart/related; type="application/soap+xml"; boundary="${boundary}"; start="<${parts[0]?.contentId ?? ''}>"`,
    body: Buffer.concat(pieces),
  };
}
