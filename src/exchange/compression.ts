import { gunzipSync, gzipSync } from 'node:zlib';
import { EbmsFailure } from './ebms-errors.ts';

/** What decompression may bring forth (threat A3). */
export interface ExpansionLimits {
  /** Bytes after decompression: of all payloads of a message together. */
  readonly bytes: number;
  /** Times its compressed size, above 1 MB. */
  readonly ratio: number;
}

export const EXPANSION_LIMITS: ExpansionLimits = { bytes: 64 * 1024 * 1024, ratio: 200 };
const freely = 1024 * 1024;

/** Compresses a payload (AS4 Profile §3.1): gzip, RFC 1952. */
export function compress(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: 6 });
}

/**
 * Decompresses a payload: whole gzip members with nothing behind them, once (what was compressed twice stays
 * compressed once), and not beyond the limits: decompression stops where they are reached.
 * @throws EbmsFailure EBMS:0303
 */
export function decompress(bytes: Buffer, limits: ExpansionLimits = EXPANSION_LIMITS): Buffer {
  const most = Math.max(1, Math.min(limits.bytes, Math.max(freely, bytes.length * limits.ratio)));
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    const answer: unknown = gunzipSync(bytes, { info: true, maxOutputLength: most });
    result = asInformation(answer);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new EbmsFailure(
      'EBMS:0303',
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `A compressed payload grows beyond ${most} bytes; at most ${EXPANSION_LIMITS.bytes} bytes in one message and ${limits.ratio} times the compressed size are taken.`
        : 'A payload that is declared as application/gzip cannot be decompressed: it is damaged or cut short.',
    );
  }
  if (result.engine.bytesWritten !== bytes.length)
    throw new EbmsFailure('EBMS:0303', 'There is something behind the end of a compressed payload.');
  return result.buffer;
}

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
