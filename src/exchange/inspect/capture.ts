import type { EbmsProblem } from '../signals/ebms-errors.ts';
import { type CapturedPart, contentTypeOf, type HeaderFields, readFields, splitMultipart } from './mime-capture.ts';

/** A captured message, taken apart as far as it goes. */
export interface Capture {
  readonly form: 'http request' | 'http response' | 'headers and body' | 'mime body' | 'envelope';
  /** First line of HTTP, where it was captured too. */
  readonly startLine: string | undefined;
  /** Of the whole message, as it stood; undefined where no header was captured. */
  readonly contentType: string | undefined;
  /** The SOAP envelope. */
  readonly envelope: Buffer;
  /** Media type that the envelope came with, where one was captured. */
  readonly envelopeType: string | undefined;
  readonly attachments: readonly CapturedPart[];
  /** In what the packaging is not as it should be, all EBMS:0007. */
  readonly problems: readonly EbmsProblem[];
}

const http = /^(?:[A-Z]{3,10} \S{1,2000} HTTP\/\d\.\d|HTTP\/\d\.\d \d{3}(?: .{0,200})?)$/;
const problem = (description: string): EbmsProblem => ({ code: 'EBMS:0007', description });

/** Where the headers of a message end, and its body begins; undefined when it has none. */
function headEnd(bytes: Buffer): { readonly end: number; readonly body: number } | undefined {
  const start = bytes.toString('latin1', 0, 300);
  const [first = ''] = start.split(/\r?\n/, 1);
  if (first.startsWith('--')) return undefined;
  if (!http.test(first) && !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*:/.test(first)) return undefined;
  const crlf = bytes.indexOf('\r\n\r\n');
  const lf = bytes.indexOf('\n\n');
  if (crlf < 0 && lf < 0) return undefined;
  return crlf >= 0 && (lf < 0 || crlf < lf) ? { end: crlf, body: crlf + 4 } : { end: lf, body: lf + 2 };
}

/** Undoes chunked transfer coding (RFC 9112 §7.1) where it is still there: many captures have undone it already. */
function dechunk(body: Buffer, fields: HeaderFields): Buffer {
  if (!/(?:^|,)\s*chunked\s*$/i.test(fields.get('transfer-encoding') ?? '')) return body;
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = body.indexOf('\n', at);
    const size =
      line < 0
        ? null
        : /^([0-9a-fA-F]{1,8})(?:;[^\n]*)?\r?$/.exec(body.toString('latin1', at, Math.min(line, at + 200)));
    if (size === null) return pieces.length === 0 ? body : Buffer.concat(pieces);
    const length = Number.parseInt(size[1] ?? '', 16);
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(body.subarray(line + 1, line + 1 + length));
    at = line + 1 + length;
    if (body[at] === 0x0d) at += 1;
    if (body[at] === 0x0a) at += 1;
  }
}

/** The boundary that a body without headers begins with, after what may stand before it. */
function boundaryAtStart(body: Buffer): string | undefined {
  return /^(?:\s*\r?\n)*--([0-9A-Za-z'()+_,\-./:=? ]{1,70}?)[ \t]*\r?\n/.exec(body.toString('latin1', 0, 500))?.[1];
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/**
 * Takes any capture of an AS4 message apart: HTTP with its first line or without, a MIME message, its body alone (whose
 * boundary is found), or the SOAP envelope alone. It bears with what the node refuses, and tells it.
 */
export function takeCaptureApart(file: Buffer): Capture {
  const bytes = withoutByteOrderMark(file);
  const head = headEnd(bytes);
  const lines = head === undefined ? '' : bytes.toString('latin1', 0, head.end);
  const startLine = http.exec(lines.split(/\r?\n/, 1)[0] ?? '')?.[0];
  const fields = readFields(startLine === undefined ? lines : lines.slice(startLine.length));
  const body = head === undefined ? bytes : dechunk(bytes.subarray(head.body), fields);
  const contentType = fields.get('content-type');
  const declared = contentType === undefined ? undefined : contentTypeOf(contentType);
  const found = boundaryAtStart(body);
  const boundary = declared?.parameters.get('boundary') ?? found;
  const form = ((): Capture['form'] => {
    if (startLine !== undefined) return startLine.startsWith('HTTP/') ? 'http response' : 'http request';
    if (head !== undefined) return 'headers and body';
    return boundary === undefined ? 'envelope' : 'mime body';
  })();
  const isMultipart = declared === undefined ? found !== undefined : declared.value.startsWith('multipart/');
  if (!isMultipart || boundary === undefined)
    return {
      form,
      startLine,
      contentType,
      envelope: body,
      envelopeType: declared?.value,
      attachments: [],
      problems: [
        ...(isMultipart ? [problem('The Content-Type multipart/related has no boundary.')] : []),
        ...(!isMultipart && found !== undefined
          ? [problem('The body is a MIME message of several parts, but its Content-Type is not multipart/related.')]
          : []),
      ],
    };
  const { parts, problems } = splitMultipart(body, boundary);
  const start = declared?.parameters.get('start')?.replace(/^<|>$/g, '');
  const [first] = parts;
  const root = parts.find((part) => start !== undefined && part.contentId === start) ?? first;
  return {
    form,
    startLine,
    contentType,
    envelope: root?.bytes ?? Buffer.alloc(0),
    envelopeType: root === undefined ? undefined : contentTypeOf(root.contentType).value,
    attachments: parts.filter((part) => part !== root),
    problems: [
      ...(declared !== undefined && declared.value !== 'multipart/related'
        ? [problem(`The message is ${declared.value.slice(0, 60)}, not multipart/related.`)]
        : []),
      ...problems,
      ...(start !== undefined && first?.contentId !== start
        ? [problem('The start parameter does not name the first part.')]
        : []),
    ],
  };
}
