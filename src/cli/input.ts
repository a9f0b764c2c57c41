import { readFileSync } from 'node:fs';
import { Refusal } from '../documents/refusal.ts';

/** Larger files are no trade documents of the kinds we know. */
const LARGEST_DOCUMENT = 32 * 1024 * 1024;

/**
 * Reads a file named on the command line; `-` is standard input.
 * @param largest bytes at most
 * @throws a {@link Refusal} with a sentence when it cannot be read or is larger
 */
export function readInput(file: string, largest = LARGEST_DOCUMENT): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why =
      code === 'ENOENT'
        ? 'There is no such file'
        : code === 'EISDIR'
          ? 'It is a folder, not a file'
          : code === 'EACCES'
            ? 'You may not read it'
            : String(error);
    throw new Refusal('malformed', 'FILE-UNREADABLE', `${file}: ${why}.`);
  }
  if (bytes.length > largest)
    throw new Refusal('too-large', 'FILE-TOO-LARGE', `${file} has ${bytes.length} bytes; at most ${largest} are read.`);
  return bytes;
}
