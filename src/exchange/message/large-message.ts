import { createHash, randomBytes } from 'node:crypto';
import { refuseSoap11Bytes } from '../envelope/read-envelope.ts';
import { decryptStream, encryptStream } from '../ws-security/content-cipher.ts';
import { digestsSignedOf, digestToSignOf, signedFormOf } from '../ws-security/signed-form.ts';
import { compressStream, decompressStream } from './compression.ts';
import { type Content, inMemory, joined, wholeOf } from './content.ts';
import type { ContentPayload, MessageForWire, OpenedMessage, OpenedPayload, UserMessageHeader } from './message.ts';
import { LINE_END, writeClosing, writeContentType, writePartBeginning } from './mime.ts';
import { type LocatedPart, locateParts } from './mime-stream.ts';
import { envelopeTooLarge, type MessageLimits, type OpeningKeys, openEnvelope } from './opening.ts';
import { type SpooledContent, type SpoolTerms, spool } from './spool.ts';
import {
  describeParts,
  ENCRYPTED_PART,
  encryptionOf,
  isEnvelopeAlone,
  notAnEnvelope,
  type SendingSecurity,
  SOAP_PART,
  writeSignedEnvelope,
} from './user-message.ts';

/** Something that lies in temporary files until it is closed. */
export interface OnDisk {
  close(): Promise<void>;
}

/** The temporary files of one message; all are let go together. */
class Spools {
  readonly #terms: SpoolTerms;
  readonly #kept: SpooledContent[] = [];

  constructor(terms: SpoolTerms) {
    this.#terms = terms;
  }

  async keep(source: AsyncIterable<Buffer>): Promise<Content> {
    const content = await spool(source, this.#terms);
    this.#kept.push(content);
    return content;
  }

  async close(): Promise<void> {
    for (const content of this.#kept.splice(0)) await content.close();
  }
}

/** Passes bytes on and digests them: SHA-256 in base64. */
class Digesting {
  readonly #hash = createHash('sha256');

  async *through(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of source) {
      this.#hash.update(piece);
      yield piece;
    }
  }

  digest(): string {
    return this.#hash.digest('base64');
  }
}

/**
 * Composes a user message of any size: as `composeUserMessage`, with what is large in temporary files.
 * @throws RangeError when the recipient's certificate or the signing key does not fit the profile
 */
export async function composeLargeMessage(
  header: UserMessageHeader,
  payloads: readonly ContentPayload[],
  security: SendingSecurity,
  terms: SpoolTerms,
): Promise<MessageForWire<Content> & OnDisk> {
  const unique = randomBytes(12).toString('hex');
  const described = describeParts(unique, payloads);
  const encryption = encryptionOf(unique, described, security);
  const spools = new Spools(terms);
  try {
    const parts = [];
    for (const [index, part] of described.entries()) {
      const plain = payloads[index]?.content ?? inMemory(Buffer.alloc(0));
      const digesting = new Digesting();
      const signed = digesting.through(part.compressed ? compressStream(plain.stream()) : plain.stream());
      const encrypted = await spools.keep(encryptStream(encryption?.contentKey ?? Buffer.alloc(0), signed));
      const form = signedFormOf(part.mimeType, part.compressed);
      parts.push({ ...part, encrypted, digest: await digestToSignOf(form, plain, digesting.digest()) });
    }
    const { envelope, references } = writeSignedEnvelope(
      unique,
      header,
      parts,
      encryption?.header ?? '',
      security.signing,
    );
    const boundary = `selat-${unique}`;
    const envelopeId = `envelope-${unique}@selat`;
    const body = joined([
      inMemory(writePartBeginning(boundary, { contentId: envelopeId, contentType: SOAP_PART })),
      inMemory(envelope),
      inMemory(LINE_END),
      ...parts.flatMap(({ contentId, encrypted }) => [
        inMemory(writePartBeginning(boundary, { contentId, contentType: ENCRYPTED_PART })),
        encrypted,
        inMemory(LINE_END),
      ]),
      inMemory(writeClosing(boundary)),
    ]);
    return {
      messageId: header.messageId,
      contentType: writeContentType(boundary, envelopeId),
      body,
      references,
      close: () => spools.close(),
    };
  } catch (error) {
    await spools.close();
    throw error;
  }
}

async function locate(
  contentType: string | undefined,
  body: Content,
  limits: MessageLimits,
): Promise<{ envelope: Buffer; attachments: LocatedPart[] }> {
  const read = (content: Content): Promise<Buffer> => {
    if (content.size > limits.envelopeBytes) throw envelopeTooLarge(limits);
    return wholeOf(content, limits.envelopeBytes);
  };
  if (isEnvelopeAlone(contentType, undefined)) return { envelope: await read(body), attachments: [] };
  const [root, ...attachments] = await locateParts(contentType ?? '', body, limits.mime);
  if (root?.contentType === 'text/xml') refuseSoap11Bytes(await read(root.content));
  if (root === undefined || root.contentType !== 'application/soap+xml') throw notAnEnvelope();
  return { envelope: await read(root.content), attachments };
}

/**
 * Opens a user message of any size: as `openUserMessage`, with what is large in temporary files. Payloads are given out
 * only after the signature over them held; they can be read until the message is closed.
 * @throws EbmsFailure with the error that the sender is to get, and the message's id where it could be read
 */
export async function openLargeMessage(
  contentType: string | undefined,
  body: Content,
  keys: OpeningKeys,
  limits: MessageLimits,
  terms: SpoolTerms,
): Promise<OpenedMessage<{ readonly content: Content }> & OnDisk> {
  const { envelope, attachments } = await locate(contentType, body, limits);
  using opening = openEnvelope(
    envelope,
    attachments.map((part) => part.contentId),
    keys,
    limits,
  );
  const spools = new Spools(terms);
  try {
    const signed = new Map<string, Content>();
    const digests = new Map<string, readonly string[]>();
    for (const { contentId = '', content } of attachments) {
      const key = opening.contentKeys.get(contentId) ?? Buffer.alloc(0);
      const digesting = new Digesting();
      const plain = await spools.keep(digesting.through(decryptStream(key, content)));
      signed.set(contentId, plain);
      digests.set(contentId, await digestsSignedOf(opening.formOf(contentId), plain, digesting.digest()));
    }
    const verified = opening.verify(digests);
    const payloads: OpenedPayload<{ readonly content: Content }>[] = [];
    let expanded = 0;
    for (const { contentId, mimeType, characterSet, compressed } of opening.parts) {
      const arrived = signed.get(contentId) ?? inMemory(Buffer.alloc(0));
      const room = { ...limits.expansion, bytes: limits.expansion.bytes - expanded };
      const content = compressed ? await spools.keep(decompressStream(arrived.stream(), arrived.size, room)) : arrived;
      expanded += content.size;
      payloads.push({
        contentId,
        contentType: mimeType ?? 'application/octet-stream',
        ...(characterSet === undefined ? {} : { characterSet }),
        content,
      });
    }
    return { ...opening.header, ...verified, payloads, close: () => spools.close() };
  } catch (error) {
    await spools.close();
    throw opening.tell(error);
  }
}
