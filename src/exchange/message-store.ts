import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { type Content, inMemory } from './message/content.ts';

/** Whether a message came from a partner or went to one. */
export type Direction = 'incoming' | 'outgoing';

/** Bytes of a piece in the database; the last of a message is shorter. */
export const STORED_PIECE_BYTES = 1024 * 1024;

/** The bytes of a stored message with the HTTP Content-Type that belongs to them. */
export interface StoredMessage {
  readonly contentType: string;
  readonly content: Content;
}

/** Content that lies in the database in pieces: each is read when it is needed. */
function storedContent(reader: Reader, direction: Direction, messageId: string, size: number): Content {
  return {
    size,
    memory: undefined,
    async *stream(start = 0, end = size) {
      for (let at = start; at < end; ) {
        const number = Math.floor(at / STORED_PIECE_BYTES);
        const { rows } = await reader.query<{ bytes: Buffer }>({
          name: `read-${direction}-piece`,
          text: `select bytes from ${direction}_pieces where message_id = $1 and number = $2`,
          values: [messageId, number],
        });
        const piece = rows[0]?.bytes;
        const from = at - number * STORED_PIECE_BYTES;
        if (piece === undefined || piece.length <= from)
          throw new Error(`piece ${number} of the ${direction} message ${messageId} is missing`);
        const taken = piece.subarray(from, Math.min(piece.length, from + end - at));
        at += taken.length;
        yield taken;
      }
    },
  };
}

/** Content as a row of the bodies has it: in the row, or in pieces. */
export function contentOfRow(
  reader: Reader,
  direction: Direction,
  messageId: string,
  row: { readonly body: Buffer | null; readonly size: bigint | null },
): Content {
  return row.body === null ? storedContent(reader, direction, messageId, Number(row.size ?? 0)) : inMemory(row.body);
}

/** Keeps content that is not in memory beside its message, in the same transaction. */
export async function keepPieces(
  transaction: Transaction,
  direction: Direction,
  messageId: string,
  content: Content,
): Promise<void> {
  let number = 0;
  for await (const bytes of inStoredPieces(content)) {
    await transaction.query({
      name: `keep-${direction}-piece`,
      text: `insert into ${direction}_pieces (message_id, number, bytes) values ($1, $2, $3)`,
      values: [messageId, number, bytes],
    });
    number += 1;
  }
}

async function* inStoredPieces(content: Content): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.size; at += STORED_PIECE_BYTES) {
    const end = Math.min(at + STORED_PIECE_BYTES, content.size);
    const piece = Buffer.allocUnsafe(end - at);
    let filled = 0;
    for await (const bytes of content.stream(at, end)) filled += bytes.copy(piece, filled);
    yield piece;
  }
}

/** A message as it was sent or came, or undefined when there is none of this id. */
export async function readStored(
  reader: Reader,
  direction: Direction,
  messageId: string,
): Promise<StoredMessage | undefined> {
  const { rows } = await reader.query<{ content_type: string; body: Buffer | null; size: bigint | null }>({
    name: `read-${direction}-message`,
    text: `select content_type, body, size from ${direction}_bodies where message_id = $1`,
    values: [messageId],
  });
  const row = rows[0];
  return row === undefined
    ? undefined
    : { contentType: row.content_type, content: contentOfRow(reader, direction, messageId, row) };
}
