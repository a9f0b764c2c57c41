import type { EbmsProblem } from '../signals/ebms-errors.ts';

/** Header fields by their names in small letters; of one that stands twice, the first. */
export type HeaderFields = ReadonlyMap<string, string>;

/** An attachment as it was captured. */
export interface CapturedPart {
  /** Without angle brackets; undefined where the part has none. */
  readonly contentId: string | undefined;
  readonly contentType: string;
  /** After its transfer encoding was undone. */
  readonly bytes: Buffer;
}

const MOST_PARTS = 1_000;
const problem = (description: string): EbmsProblem => ({ code: 'EBMS:0007', description });

/** Header fields of a message or a part, with folded lines put together. */
export function readFields(block: string): HeaderFields {
  const fields = new Map<string, string>();
  for (const line of block.replace(/\r?\n[\t ]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name !== '' && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/** A Content-Type: the media type in small letters, and its parameters. */
export function contentTypeOf(value: string): { value: string; parameters: ReadonlyMap<string, string> } {
  const [type = '', ...rest] = value.split(';');
  const parameters = new Map<string, string>();
  for (const match of rest.join(';').matchAll(/([^\s=;"]+)\s*=\s*(?:"([^"]*)"|([^\s;"]+))/g)) {
    const name = match[1]?.toLowerCase() ?? '';
    if (!parameters.has(name)) parameters.set(name, match[2] ?? match[3] ?? '');
  }
  return { value: type.trim().toLowerCase(), parameters };
}

function decode(bytes: Buffer, encoding: string): Buffer {
  return encoding === 'base64' ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes;
}

function readPart(section: Buffer, index: number, problems: EbmsProblem[]): CapturedPart {
  const blank = /^(?:\r?\n)|\r?\n\r?\n/.exec(section.toString('latin1', 0, 16_384));
  const end = blank === null ? 0 : blank.index;
  const fields = readFields(section.toString('latin1', 0, end));
  const name = index === 0 ? 'The first part' : `Part ${index + 1}`;
  if (blank === null) problems.push(problem(`${name} has no end of its headers.`));
  const encoding = (fields.get('content-transfer-encoding') ?? 'binary').toLowerCase();
  if (!['binary', '8bit', '7bit'].includes(encoding))
    problems.push(problem(`${name} has the transfer encoding ${encoding.slice(0, 40)}; AS4 sends parts as binary.`));
  const id = fields.get('content-id');
  if (id !== undefined && !/^<[^<>\s]+>$/.test(id))
    problems.push(problem(`The Content-ID of part ${index + 1} is not of the form <id>.`));
  if (id === undefined && index > 0) problems.push(problem(`${name} has no Content-ID.`));
  return {
    contentId: id?.replace(/^<|>$/g, ''),
    contentType: fields.get('content-type') ?? 'application/octet-stream',
    bytes: decode(section.subarray(blank === null ? 0 : end + blank[0].length), encoding),
  };
}

/**
 * Splits the body of a multipart message at its boundary lines, which may end with CRLF or with LF alone, because files
 * often lose the difference.
 */
export function splitMultipart(
  body: Buffer,
  boundary: string,
): { readonly parts: readonly CapturedPart[]; readonly problems: readonly EbmsProblem[] } {
  const problems: EbmsProblem[] = [];
  const parts: CapturedPart[] = [];
  const mark = Buffer.from(`--${boundary}`, 'latin1');
  let begin: number | undefined;
  let closed = false;
  for (let at = body.indexOf(mark); at >= 0 && !closed; at = body.indexOf(mark, at + 1)) {
    if (at > 0 && body[at - 1] !== 0x0a) continue;
    const after = body.toString('latin1', at + mark.length, at + mark.length + 100);
    const line = /^(--)?[\t ]*(?:\r?\n|$)/.exec(after);
    if (line === null) continue;
    if (begin !== undefined) {
      const end = at - (body[at - 2] === 0x0d ? 2 : 1);
      if (parts.length === MOST_PARTS) {
        problems.push(problem(`There are more than ${MOST_PARTS} parts.`));
        return { parts, problems };
      }
      parts.push(readPart(body.subarray(begin, Math.max(begin, end)), parts.length, problems));
    }
    closed = line[1] !== undefined;
    begin = at + mark.length + line[0].length;
  }
  if (begin === undefined) problems.push(problem('The body has no boundary that the Content-Type names.'));
  else if (!closed) {
    problems.push(problem('The closing boundary is missing: the message was cut short.'));
    parts.push(readPart(body.subarray(begin), parts.length, problems));
  }
  const ids = parts.flatMap((part) => part.contentId ?? []);
  if (new Set(ids).size !== ids.length) problems.push(problem('Two parts have the same Content-ID.'));
  return { parts, problems };
}
