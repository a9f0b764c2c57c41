import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, createGzip, gunzipSync, gzip, gzipSync } from 'node:zlib';
import { EbmsFailure } from '../signals/ebms-errors.ts';

/** What decompression may bring forth (threat A3). */
export interface ExpansionLimits {
  /** Bytes after decompression: of all payloads of a message together. */
  readonly bytes: number;
  /** Times its compressed size, above 1 MB. */
  readonly ratio: number;
}

export const EXPANSION_LIMITS: ExpansionLimits = { bytes: 512 * 1024 * 1024, ratio: 200 };
const freely = 1024 * 1024;
/**
 * Documents are small and many: level 4 takes 50 to 75% of the time of level 6 and makes them 2 to 6% larger (declarations
 * of 10 to 40 KB). What is large is worth its time: there level 4 would make it up to 10% larger.
 */
const SMALL_BYTES = 64 * 1024;
const LEVEL = { small: 4, large: 6 };

const gzipInThread = promisify(gzip);

/** Compresses a payload (AS4 Profile §3.1): gzip, RFC 1952. */
export function compress(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: bytes.length <= SMALL_BYTES ? LEVEL.small : LEVEL.large });
}

/**
 * Compresses a payload beforehand, in another thread, when it would keep this one for long: 1 MB takes 17 ms.
 * @returns undefined for a small one, which is compressed sooner than it is handed over
 */
export async function compressAhead(bytes: Buffer): Promise<Buffer | undefined> {
  return bytes.length <= SMALL_BYTES ? undefined : await gzipInThread(bytes, { level: LEVEL.large });
}

/** Compresses bytes as they come, in other threads. */
export function compressStream(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return through(createGzip({ level: LEVEL.large }), source);
}

/** Whether content of a media type becomes smaller by gzip: pictures, archives and the like are compressed already. */
export function isWorthCompressing(contentType: string): boolean {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return !/^(?:image\/(?:jpeg|png|webp|gif|jp2)|video\/.*|audio\/(?:mpeg|mp4|ogg)|application\/(?:zip|gzip|x-7z-compressed|x-bzip2|zstd|pdf))$/.test(
    type,
  );
}

function mostOf(compressedBytes: number, limits: ExpansionLimits): number {
  return Math.max(1, Math.min(limits.bytes, Math.max(freely, compressedBytes * limits.ratio)));
}

function tooLarge(most: number, limits: ExpansionLimits): EbmsFailure {
  return new EbmsFailure(
    'EBMS:0303',
    `A compressed payload grows beyond ${most} bytes; at most ${limits.bytes} bytes in one message and ${limits.ratio} times the compressed size are taken.`,
  );
}

const damaged = (): EbmsFailure =>
  new EbmsFailure(
    'EBMS:0303',
    'A payload that is declared as application/gzip cannot be decompressed: it is damaged or cut short.',
  );
const somethingBehind = (): EbmsFailure =>
  new EbmsFailure('EBMS:0303', 'There is something behind the end of a compressed payload.');

/**
 * Decompresses a payload that is in memory: whole gzip members with nothing behind them, once (what was compressed twice
 * stays compressed once), and not beyond the limits: decompression stops where they are reached.
 * @param memoryBytes at most so much is brought into memory
 * @returns undefined when it would be more than `memoryBytes`, but is within the limits so far
 * @throws EbmsFailure EBMS:0303
 */
export function decompress(
  bytes: Buffer,
  limits: ExpansionLimits = EXPANSION_LIMITS,
  memoryBytes: number = limits.bytes,
): Buffer | undefined {
  const most = mostOf(bytes.length, limits);
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    const answer: unknown = gunzipSync(bytes, { info: true, maxOutputLength: Math.min(most, memoryBytes) });
    result = asInformation(answer);
  } catch (error) {
    if (!isTooLarge(error)) throw damaged();
    if (memoryBytes < most) return undefined;
    throw tooLarge(most, limits);
  }
  if (result.engine.bytesWritten !== bytes.length) throw somethingBehind();
  return result.buffer;
}

/**
 * Decompresses a payload piece by piece, in other threads, under the same rules as {@link decompress}.
 * @param size bytes of `source` in all
 * @throws EbmsFailure EBMS:0303
 */
export async function* decompressStream(
  source: AsyncIterable<Buffer>,
  size: number,
  limits: ExpansionLimits = EXPANSION_LIMITS,
): AsyncGenerator<Buffer> {
  const most = mostOf(size, limits);
  const gunzip = createGunzip();
  let expanded = 0;
  try {
    for await (const piece of through(gunzip, source)) {
      expanded += piece.length;
      if (expanded > most) throw tooLarge(most, limits);
      yield piece;
    }
  } catch (error) {
    // The decompression ended before what it was fed did.
    if (codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE') throw somethingBehind();
    throw isOfZlib(error) ? damaged() : error;
  }
  if (gunzip.bytesWritten !== size) throw somethingBehind();
}

/** What comes out of a transform; its failures and those of the source are thrown, and neither outlives the reading. */
async function* through(
  transform: ReturnType<typeof createGzip> | ReturnType<typeof createGunzip>,
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const feeding = pipeline(source, transform);
  // Its failure is thrown below, at the reading end, or after it.
  feeding.catch(() => undefined);
  for await (const piece of transform) yield asBuffer(piece);
  await feeding;
}

function asBuffer(piece: unknown): Buffer {
  if (!Buffer.isBuffer(piece)) throw new TypeError('a stream of bytes brought something else');
  return piece;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

const isTooLarge = (error: unknown): boolean => codeOf(error) === 'ERR_BUFFER_TOO_LARGE';
const isOfZlib = (error: unknown): boolean => /^Z_/.test(String(codeOf(error)));

function asInformation(answer: unknown): { buffer: Buffer; engine: { bytesWritten: number } } {
  if (
    typeof answer === 'object' &&
    answer !== null &&
    'buffer' in answer &&
    Buffer.isBuffer(answer.buffer) &&
    'engine' in answer &&
    typeof answer.engine === 'object' &&
    answer.engine !== null &&
    'bytesWritten' in answer.engine &&
    typeof answer.engine.bytesWritten === 'number'
  )
    return { buffer: answer.buffer, engine: { bytesWritten: answer.engine.bytesWritten } };
  throw new TypeError('zlib gave no information');
}
