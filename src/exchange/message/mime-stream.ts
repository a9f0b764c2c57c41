import { type Content, partOf, wholeOf } from './content.ts';
import {
  BOUNDARY_LINE_BYTES,
  checkParts,
  isClosing,
  MIME_LIMITS,
  type MimeLimits,
  mimeFailure,
  NO_CLOSING,
  NO_OPENING,
  readPartHeaders,
  readRelated,
  restOfLine,
} from './mime.ts';

/** One part of a multipart message, its content where it lies. */
export interface LocatedPart {
  /** Without angle brackets; undefined where the part has none. */
  readonly contentId: string | undefined;
  /** Media type in small letters, without parameters. */
  readonly contentType: string;
  readonly content: Content;
}

/** Where a delimiter stands in some content: each place once, in order, at most so many. */
async function placesOf(delimiter: Buffer, content: Content, most: number): Promise<number[]> {
  const places: number[] = [];
  let tail: Buffer = Buffer.alloc(0);
  let tailAt = 0;
  for await (const piece of content.stream()) {
    const window = tail.length === 0 ? piece : Buffer.concat([tail, piece]);
    let from = 0;
    for (;;) {
      const found = window.indexOf(delimiter, from);
      if (found < 0) break;
      places.push(tailAt + found);
      if (places.length >= most) return places;
      from = found + delimiter.length;
    }
    const keepFrom = Math.max(from, window.length - delimiter.length + 1);
    tail = window.subarray(keepFrom);
    tailAt += keepFrom;
  }
  return places;
}

function read(content: Content, start: number, bytes: number): Promise<Buffer> {
  return wholeOf(partOf(content, start, Math.min(start + bytes, content.size)), bytes);
}

/**
 * Finds the parts of a `multipart/related` message that is not in memory: what {@link readMultipart} of mime.ts says of
 * the same bytes, without taking more of them into memory than headers.
 * @param contentType the HTTP header
 * @throws EbmsFailure EBMS:0007
 */
export async function locateParts(
  contentType: string,
  body: Content,
  limits: MimeLimits = MIME_LIMITS,
): Promise<LocatedPart[]> {
  const { boundary, start } = readRelated(contentType);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const opening = delimiter.subarray(2);
  const places = await placesOf(delimiter, body, limits.parts + 3);
  const atOnce = (await read(body, 0, opening.length)).equals(opening);
  const first = places[0];
  if (!atOnce && first === undefined) throw mimeFailure(NO_OPENING);
  let at = atOnce || first === undefined ? opening.length : first + delimiter.length;
  const sections: Content[] = [];
  for (;;) {
    const after = await read(body, at, BOUNDARY_LINE_BYTES);
    if (isClosing(after)) break;
    const from = at + restOfLine(after);
    const next = places.find((place) => place >= from - 2);
    if (next === undefined) throw mimeFailure(NO_CLOSING);
    sections.push(partOf(body, from, Math.max(next, from)));
    if (sections.length > limits.parts) throw mimeFailure(`The message has more than ${limits.parts} parts.`);
    at = next + delimiter.length;
  }
  if (sections.length === 0) throw mimeFailure('The message has no part.');
  const parts: LocatedPart[] = [];
  for (const section of sections) {
    const headers = readPartHeaders(await read(section, 0, limits.headerBytes + 4), limits);
    const { contentId, contentType: type, contentStart } = headers;
    parts.push({ contentId, contentType: type, content: partOf(section, contentStart, section.size) });
  }
  checkParts(parts, start);
  return parts;
}
