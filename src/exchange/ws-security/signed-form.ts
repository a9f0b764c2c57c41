import { createHash } from 'node:crypto';
import { readXml } from '../../documents/read-xml.ts';
import type { XmlLimits } from '../../documents/xml-guards.ts';
import { canonicalBytes } from '../../seal/canonical-xml.ts';
import { type Content, wholeOf } from '../message/content.ts';
import { digestOf } from './security-header.ts';

/**
 * The form of a payload that is digested when it is signed: as it is, with the line ends of text, or as canonical XML
 * (SwA Profile 1.1 §5.4.2: content is made canonical as its MIME type has it). Two payloads with one canonical form, which
 * differ in comments, say, are one to such a signature; encryption and TLS tell them apart, and so do seals of documents.
 */
export type SignedForm = 'bytes' | 'text' | 'xml';

/** Canonical XML is made in memory: what is larger is signed compressed, when it is gzip and no XML any more. */
const XML_FORM_LIMITS = {
  bytes: 16 * 1024 * 1024,
  text: 16 * 1024 * 1024,
  elements: 1_000_000,
} as const satisfies Partial<XmlLimits>;

/**
 * The form in which a payload is signed.
 * @param mediaType of the payload; parameters are of no matter
 * @param compressed whether it is sent as gzip, which has no canonical form but its bytes
 */
export function signedFormOf(mediaType: string | undefined, compressed: boolean): SignedForm {
  const type = mediaType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (compressed) return 'bytes';
  if (/^(?:text|application)\/xml$|^(?:application|image)\/[^/]*\+xml$/.test(type)) return 'xml';
  return type.startsWith('text/') ? 'text' : 'bytes';
}

/** Text whose lines all end in CR LF (RFC 2046 §4.1.1), in pieces; a line end may be cut in two. */
export async function* withLineEnds(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let endedInReturn = false;
  for await (const piece of pieces) {
    const text: string = `${endedInReturn ? '\r' : ''}${piece.toString('latin1')}`;
    endedInReturn = text.endsWith('\r');
    yield lineEnds(endedInReturn ? text.slice(0, -1) : text);
  }
  if (endedInReturn) yield lineEnds('\r');
}

function lineEnds(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1');
}

/** SHA-256 in base64 of text with its line ends. */
export async function digestOfText(pieces: AsyncIterable<Buffer>): Promise<string> {
  const digest = createHash('sha256');
  for await (const piece of withLineEnds(pieces)) digest.update(piece);
  return digest.digest('base64');
}

/** SHA-256 in base64 of the exclusive canonical form without comments; undefined when the bytes have none. */
export function digestOfXml(bytes: Uint8Array): string | undefined {
  const reading = readXml(bytes, XML_FORM_LIMITS);
  if (!reading.ok) return undefined;
  using document = reading.document;
  return digestOf(canonicalBytes(document));
}

/** SHA-256 in base64 of the signed form of bytes in memory; undefined when they have no such form. */
export function digestOfForm(form: SignedForm, bytes: Buffer): string | undefined {
  if (form === 'bytes') return digestOf(bytes);
  return form === 'text' ? digestOf(lineEnds(bytes.toString('latin1'))) : digestOfXml(bytes);
}

/**
 * The digest under which a payload is signed.
 * @throws RangeError when it has no signed form: XML that is not well-formed, or too large to be made canonical
 */
export function digestToSign(form: SignedForm, bytes: Buffer): string {
  const digest = digestOfForm(form, bytes);
  if (digest === undefined)
    throw new RangeError(
      `XML that is sent uncompressed is signed in its canonical form: it must be well-formed, without document type and have at most ${XML_FORM_LIMITS.bytes} bytes. Send it compressed.`,
    );
  return digest;
}

/**
 * Every digest under which a payload that arrived may be signed: that of its signed form, and that of its bytes, since
 * not every implementation makes content canonical, and bytes that are the same are the same in any form.
 */
export function digestsSigned(form: SignedForm, bytes: Buffer): readonly string[] {
  const ofForm = form === 'bytes' ? undefined : digestOfForm(form, bytes);
  return [digestOf(bytes), ...(ofForm === undefined ? [] : [ofForm])];
}

/** {@link digestToSign} of content that need not be in memory; `ofBytes` is the digest of its bytes. */
export async function digestToSignOf(form: SignedForm, content: Content, ofBytes: string): Promise<string> {
  if (form === 'bytes') return ofBytes;
  if (form === 'text') return digestOfText(content.stream());
  return digestToSign(form, await wholeOf(content, XML_FORM_LIMITS.bytes));
}

/** {@link digestsSigned} of content that need not be in memory; XML that is too large is signed as its bytes or not at all. */
export async function digestsSignedOf(form: SignedForm, content: Content, ofBytes: string): Promise<readonly string[]> {
  if (form === 'text') return [ofBytes, await digestOfText(content.stream())];
  if (form === 'bytes' || content.size > XML_FORM_LIMITS.bytes) return [ofBytes];
  return digestsSigned(form, await wholeOf(content, XML_FORM_LIMITS.bytes));
}
