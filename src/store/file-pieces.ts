import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Refusal } from '../documents/refusal.ts';
import { LARGEST_ATTACHMENT } from '../documents/upload.ts';
import type { Reader } from './pool.ts';

/**
 * Bytes of a stored piece. Measured with 10 MB down and up on two cores: pieces of 256 KB raise memory by up to 45 MB
 * before the collector comes, of 64 KB by up to 27 MB at the first file and 21 MB afterwards.
 */
const PIECE_BYTES = 64 * 1024;

/** A table of files and the one that has their bytes in pieces: (`key`, position, bytes, written_at). */
export interface PieceTable {
  readonly files: 'attachments' | 'clearance_files';
  readonly pieces: 'attachment_pieces' | 'clearance_file_pieces';
  readonly key: 'attachment_id' | 'file_id';
}

/**
 * Writes a file to the database piece by piece while it comes in: no connection is held in between and nothing is whole
 * in memory. Nobody sees it until its row in the table of files is written; pieces of a broken upload are swept.
 * @returns size in bytes and SHA-256 in hexadecimal
 * @throws the refusals `ATTACHMENT-TOO-LARGE`, `ATTACHMENT-EMPTY`, `UPLOAD-BROKEN-OFF`
 */
export async function writePieces(
  reader: Reader,
  table: PieceTable,
  id: string,
  bytes: Readable,
): Promise<{ size: number; digest: string }> {
  const hash = createHash('sha256');
  let size = 0;
  let position = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const write = async () => {
    const piece = Buffer.concat(waiting, waitingBytes);
    waiting = [];
    waitingBytes = 0;
    await insertPiece(reader, table, id, position, piece);
    position += 1;
  };
  for await (const chunk of chunksOf(bytes)) {
    size += chunk.length;
    if (size > LARGEST_ATTACHMENT) throw tooLarge();
    hash.update(chunk);
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + PIECE_BYTES - waitingBytes);
      waiting.push(part);
      waitingBytes += part.length;
      at += part.length;
      if (waitingBytes === PIECE_BYTES) await write();
    }
  }
  if (waitingBytes > 0) await write();
  if (size === 0) throw new Refusal('malformed', 'ATTACHMENT-EMPTY', 'The file is empty.');
  return { size, digest: hash.digest('hex') };
}

/** The bytes of a file as a stream, read piece by piece as the reader takes them. */
export function streamPieces(reader: Reader, table: PieceTable, id: string): Readable {
  return Readable.from(pieces(reader, table, id), { objectMode: false });
}

/** Deletes what an upload that broke off, or that was not wanted, has left. */
export async function deletePieces(reader: Reader, table: PieceTable, id: string): Promise<void> {
  await reader.query({
    name: `delete-${table.pieces}`,
    text: `delete from ${table.pieces} where ${table.key} = $1`,
    values: [id],
  });
}

/** Deletes pieces older than a day that belong to no file: uploads during which a process died. */
export async function sweepPieces(reader: Reader, table: PieceTable): Promise<void> {
  await reader.query({
    text: `delete from ${table.pieces} p where p.written_at < clock_timestamp() - interval '1 day'
      and not exists (select 1 from ${table.files} f where f.id = p.${table.key})`,
  });
}

async function* pieces(reader: Reader, table: PieceTable, id: string): AsyncGenerator<Buffer> {
  for (let position = 0; ; position += 1) {
    const piece = await readPiece(reader, table, id, position);
    if (piece === undefined) return;
    yield piece;
  }
}

async function insertPiece(
  reader: Reader,
  table: PieceTable,
  id: string,
  position: number,
  bytes: Buffer,
): Promise<void> {
  await reader.query({
    name: `insert-${table.pieces}`,
    text: `insert into ${table.pieces} (${table.key}, position, bytes) values ($1, $2, $3)`,
    values: [id, position, bytes],
  });
}

/**
 * One piece of a file; undefined after the last. As base64 it is a third longer on the way, as the driver's hex twice as
 * long; the driver's binary form is not safe, its rows lie in a buffer that the next packet overwrites.
 */
async function readPiece(reader: Reader, table: PieceTable, id: string, position: number): Promise<Buffer | undefined> {
  const { rows } = await reader.query<{ base64: string }>({
    name: `read-${table.pieces}`,
    text: `select encode(bytes, 'base64') as base64 from ${table.pieces} where ${table.key} = $1 and position = $2`,
    values: [id, position],
  });
  const row = rows[0];
  return row === undefined ? undefined : Buffer.from(row.base64, 'base64');
}

/** A client that goes away in the middle is a refusal of its own, not a failure of the node. */
async function* chunksOf(bytes: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of bytes) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('malformed', 'UPLOAD-BROKEN-OFF', 'The upload ended before the file was whole; send it again.');
  }
}

function tooLarge(): Refusal {
  const limit = LARGEST_ATTACHMENT / 1024 / 1024;
  return new Refusal('too-large', 'ATTACHMENT-TOO-LARGE', `An attachment has at most ${limit} MiB.`);
}
