import { gunzipSync } from 'node:zlib';
import type { XmlElement } from 'libxml2-wasm';
import { GZIP, partProperty, placeOf } from '../envelope/header-support.ts';
import type { HeaderPart } from '../envelope/user-message-header.ts';
import type { MessageKey } from '../message/message.ts';
import { EbmsFailure, type EbmsProblem } from '../signals/ebms-errors.ts';
import { decryptContent } from '../ws-security/content-cipher.ts';
import { readContentKeys } from '../ws-security/content-keys.ts';
import type { Capture } from './capture.ts';
import type { InspectedEncryption } from './inspect-encryption.ts';
import type { Check, SignedParts } from './inspect-signature.ts';

/** A payload of a message, as declared and as it is there. */
export interface InspectedPayload {
  readonly contentId: string | null;
  /** `body` and `elsewhere` are legal ebMS that AS4 nodes do not take. */
  readonly place: 'attachment' | 'body' | 'elsewhere' | 'not in the message';
  readonly isDeclared: boolean;
  /** Media type of the MIME part. */
  readonly partType: string | null;
  /** Media type of the payload itself, as declared. */
  readonly mimeType: string | null;
  readonly characterSet: string | null;
  /** As declared: `application/gzip`, or another. */
  readonly compression: string | null;
  readonly isEncrypted: boolean;
  /** As it lies in the message. */
  readonly bytes: number | null;
  /** After decryption and decompression, where both could be done. */
  readonly plainBytes: number | null;
  readonly properties: Readonly<Record<string, string>>;
}

/** The payloads that were signed, as far as they can be had: those encrypted only with a key that opens them. */
export function openPayloads(
  capture: Capture,
  security: XmlElement | undefined,
  encryption: InspectedEncryption | undefined,
  keys: readonly MessageKey[],
  problems: EbmsProblem[],
): SignedParts['attachments'] {
  const encrypted = new Set(encryption?.contents.flatMap(({ contentId }) => contentId ?? []) ?? []);
  const present = new Map(
    capture.attachments.flatMap((part) => (part.contentId === undefined ? [] : [[part.contentId, part.bytes]])),
  );
  const open = new Map<string, Buffer | undefined>(
    [...present].map(([id, bytes]) => [id, encrypted.has(id) ? undefined : bytes]),
  );
  if (keys.length === 0 || security === undefined || encrypted.size === 0) return open;
  try {
    for (const [id, key] of readContentKeys(security, encrypted, keys) ?? [])
      open.set(id, decryptContent(key, present.get(id) ?? Buffer.alloc(0)));
  } catch (error) {
    problems.push({
      code: 'EBMS:0102',
      description: error instanceof EbmsFailure ? error.message : 'The payloads cannot be decrypted with this key.',
    });
  }
  return open;
}

const MOST_PLAIN_BYTES = 256 * 1024 * 1024;

function plainBytes(
  bytes: Buffer | undefined,
  isCompressed: boolean,
  name: string,
  checks: Check[],
  problems: EbmsProblem[],
): number | null {
  if (bytes === undefined || !isCompressed) return bytes?.length ?? null;
  const what = `compression of ${name}`;
  try {
    const { length } = gunzipSync(bytes, { maxOutputLength: MOST_PLAIN_BYTES });
    checks.push({ what, verdict: 'holds', reason: 'it can be decompressed' });
    return length;
  } catch {
    const reason = `it is no gzip, is damaged, or has more than ${MOST_PLAIN_BYTES} bytes`;
    checks.push({ what, verdict: 'fails', reason });
    problems.push({ code: 'EBMS:0303', description: `The ${name} cannot be decompressed: ${reason}.` });
    return null;
  }
}

/** The payloads that the header declares, and those that are there without being declared. */
export function inspectPayloads(
  declared: readonly HeaderPart[],
  capture: Capture,
  encryption: InspectedEncryption | undefined,
  open: SignedParts['attachments'],
  checks: Check[],
  problems: EbmsProblem[],
): InspectedPayload[] {
  const isEncrypted = (id: string | null): boolean =>
    id !== null && encryption?.contents.some(({ contentId }) => contentId === id) === true;
  const fromHeader = declared.map((part): InspectedPayload => {
    const place = placeOf(part);
    const contentId = place === 'attachment' ? (part.href ?? '').slice(4) : null;
    const there = contentId === null ? undefined : capture.attachments.find((each) => each.contentId === contentId);
    if (contentId !== null && there === undefined)
      problems.push({
        code: 'EBMS:0011',
        description: `The payload ${contentId.slice(0, 100)} is declared but not in the message.`,
      });
    const compression = partProperty(part, 'CompressionType') ?? null;
    const bytes = contentId === null ? undefined : open.get(contentId);
    return {
      contentId,
      place: contentId !== null && there === undefined ? 'not in the message' : place,
      isDeclared: true,
      partType: there?.contentType ?? null,
      mimeType: partProperty(part, 'MimeType') ?? null,
      characterSet: partProperty(part, 'CharacterSet') ?? null,
      compression,
      isEncrypted: isEncrypted(contentId),
      bytes: there?.bytes.length ?? null,
      plainBytes: plainBytes(bytes, compression === GZIP, `payload ${contentId ?? ''}`, checks, problems),
      properties: Object.fromEntries(part.properties.map(({ name, value }) => [name, value])),
    };
  });
  const others = capture.attachments.filter(
    ({ contentId }) => !fromHeader.some((part) => part.contentId === contentId),
  );
  return [
    ...fromHeader,
    ...others.map((part): InspectedPayload => {
      const name = part.contentId ?? 'without Content-ID';
      problems.push({
        code: 'EBMS:0007',
        description: `The part ${name.slice(0, 100)} is not declared in PayloadInfo.`,
      });
      return {
        contentId: part.contentId ?? null,
        place: 'attachment',
        isDeclared: false,
        partType: part.contentType,
        mimeType: null,
        characterSet: null,
        compression: null,
        isEncrypted: isEncrypted(part.contentId ?? null),
        bytes: part.bytes.length,
        plainBytes: null,
        properties: {},
      };
    }),
  ];
}
