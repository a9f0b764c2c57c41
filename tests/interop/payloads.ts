import { createCipheriv, createHash } from 'node:crypto';

/** A payload of a try: its bytes are the same in every run. */
export interface TriedPayload {
  readonly contentType: string;
  readonly characterSet?: string;
  readonly bytes: Buffer;
}

/** Of all payloads of a message together. */
export const SIZES = [
  { words: '2 KB', bytes: 2 * 1024 },
  { words: '200 KB', bytes: 200 * 1024 },
  { words: '10 MB', bytes: 10 * 1024 * 1024 },
] as const;

/** Bytes that no compression makes smaller, always the same ones for a seed. */
function noise(seed: number, bytes: number): Buffer {
  const key = createHash('sha256').update(`payload ${seed}`).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** XML of an exact size, in UTF-8 with letters beyond ASCII; about half of it can be compressed away. */
function xml(bytes: number): Buffer {
  const head = Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<document b="2"  a=\'1\'><note>ไทย Việt é</note>\r\n',
  );
  const tail = Buffer.from('</document>');
  const lines =
    noise(1, Math.ceil(bytes / 2))
      .toString('hex')
      .match(/.{1,900}/g) ?? [];
  const middle = Buffer.from(lines.map((line) => `<line>${line}</line>\n`).join(''));
  const room = bytes - head.length - tail.length;
  const end = middle.lastIndexOf('</line>\n', room - 8) + 8;
  const whole = end > 8 ? middle.subarray(0, end) : Buffer.alloc(0);
  return Buffer.concat([head, whole, Buffer.alloc(room - whole.length, ' '), tail]);
}

/** Text of an exact size with line ends of every kind, and lines that look like boundaries. */
function text(bytes: number): Buffer {
  const lines =
    noise(3, bytes)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  const ends = ['\n', '\r\n', '\r\n--boundary\r\n\r\n', '\r'];
  return Buffer.from(lines.map((line, index) => `${line}${ends[index % ends.length]}`).join('')).subarray(0, bytes);
}

/**
 * One payload, or three of different kinds: XML, binary and text.
 * @param total bytes of all together
 */
export function payloads(count: 1 | 3, total: number): readonly TriedPayload[] {
  const bytes = Math.floor(total / count);
  const document = { contentType: 'application/xml', characterSet: 'UTF-8', bytes: xml(bytes) };
  if (count === 1) return [document];
  return [
    document,
    { contentType: 'application/pdf', bytes: noise(2, bytes) },
    { contentType: 'text/plain', bytes: text(bytes) },
  ];
}

/** SHA-256 in hexadecimal. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
