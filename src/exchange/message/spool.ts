import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Content, inMemory, PIECE_BYTES } from './content.ts';

/** Where large content waits while a message is made or taken, and what counts as large. */
export interface SpoolTerms {
  /** Folder of the temporary files; what lies in it is of no use after the process. */
  readonly folder: string;
  /** Content of at most this size stays in memory. */
  readonly memoryBytes: number;
}

/** Content with the file it may lie in. */
export interface SpooledContent extends Content {
  /** Lets go of the file; the content cannot be read afterwards. */
  close(): Promise<void>;
}

const PREFIX = 'selat-spool-';
/** No file keeps its name for longer than that, unless the process was killed in between. */
const NAMED_MILLISECONDS = 60_000;

/**
 * Removes what processes left in a folder that were killed just after they had made a temporary file, and before it
 * lost its name.
 */
export async function sweepSpools(folder: string, now: Date): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(folder, name);
    const made = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => now.getTime(),
    );
    if (now.getTime() - made > NAMED_MILLISECONDS) await rm(path, { force: true });
  }
}

/**
 * Opens a temporary file that only this process can read and that has no name any more: it is gone when the process
 * ends, however that happens.
 */
async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `${PREFIX}${randomBytes(12).toString('hex')}`);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  await rm(path);
  return file;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length)
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
}

async function* readFile(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw new Error('a temporary file is shorter than what was written to it');
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

/**
 * Takes bytes as they come: keeps them in memory as long as they are few, and in a temporary file from then on.
 * @throws whatever the file system says, such as ENOSPC; the file is let go then
 */
export async function spool(source: AsyncIterable<Buffer>, terms: SpoolTerms): Promise<SpooledContent> {
  let pieces: Buffer[] = [];
  let waiting = 0;
  let written = 0;
  let file: FileHandle | undefined;
  try {
    for await (const piece of source) {
      pieces.push(piece);
      waiting += piece.length;
      if (file === undefined ? waiting <= terms.memoryBytes : waiting < PIECE_BYTES) continue;
      file ??= await openNameless(terms.folder);
      await writeAll(file, Buffer.concat(pieces), written);
      written += waiting;
      pieces = [];
      waiting = 0;
    }
    if (file === undefined) return { ...inMemory(Buffer.concat(pieces)), close: () => Promise.resolve() };
    if (waiting > 0) await writeAll(file, Buffer.concat(pieces), written);
  } catch (error) {
    await file?.close();
    throw error;
  }
  const size = written + waiting;
  const kept = file;
  return {
    size,
    memory: undefined,
    stream: (start = 0, end = size) => readFile(kept, start, end),
    close: () => kept.close(),
  };
}
