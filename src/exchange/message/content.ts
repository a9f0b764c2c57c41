/**
 * Bytes that need not be in memory: read in pieces, as often as needed and from any place. What keeps them (a spool, the
 * database) says how long they can be read.
 */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** All of them, where they are in memory anyway. */
  readonly memory: Buffer | undefined;
  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in pieces of at most {@link PIECE_BYTES}; without arguments,
   * all of them.
   */
  stream(start?: number, end?: number): AsyncIterable<Buffer>;
}

/** How many bytes are read at a time. */
export const PIECE_BYTES = 256 * 1024;

/** Bytes that are in memory. */
export function inMemory(bytes: Buffer): Content {
  return {
    size: bytes.length,
    memory: bytes,
    async *stream(start = 0, end = bytes.length) {
      for (let at = start; at < end; at += PIECE_BYTES) yield bytes.subarray(at, Math.min(end, at + PIECE_BYTES));
    },
  };
}

/** Part of some content, without copying it. */
export function partOf(content: Content, start: number, end: number): Content {
  return {
    size: end - start,
    memory: content.memory?.subarray(start, end),
    stream: (from = 0, to = end - start) => content.stream(start + from, start + to),
  };
}

/** Contents one behind the other. */
export function joined(contents: readonly Content[]): Content {
  const size = contents.reduce((sum, each) => sum + each.size, 0);
  return {
    size,
    memory: undefined,
    async *stream(start = 0, end = size) {
      let before = 0;
      for (const content of contents) {
        const from = Math.max(start - before, 0);
        const to = Math.min(end - before, content.size);
        if (from < to) yield* content.stream(from, to);
        before += content.size;
      }
    },
  };
}

/**
 * All bytes of some content in memory.
 * @throws RangeError when they are more than `limit`
 */
export async function wholeOf(content: Content, limit: number): Promise<Buffer> {
  if (content.size > limit) throw new RangeError(`the content has ${content.size} bytes, more than ${limit}`);
  if (content.memory !== undefined) return content.memory;
  const pieces: Buffer[] = [];
  for await (const piece of content.stream()) pieces.push(piece);
  return Buffer.concat(pieces);
}
