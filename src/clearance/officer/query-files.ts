import type { Readable } from 'node:stream';
import { actorOfEvent } from '../../access/actor.ts';
import { Refusal } from '../../documents/refusal.ts';
import { refuseUnfitUpload, type Upload } from '../../documents/upload.ts';
import { deletePieces, type PieceTable, streamPieces, writePieces } from '../../store/file-pieces.ts';
import { appendEvent } from '../../store/log.ts';
import type { Reader } from '../../store/pool.ts';
import { inTransaction, type Transaction } from '../../store/transaction.ts';
import type { Asked } from '../asked.ts';
import { type DeclarationRow, findDeclaration } from '../declaration-row.ts';
import type { OfficerParts } from './parts.ts';
import { queryNotFound } from './queries.ts';
import { type QueryRow, selectQuery } from './query-queries.ts';

/** Most files of one side in one turn. */
export const MOST_FILES_OF_TURN = 20;

/** Where the bytes of files of queries lie. */
export const QUERY_FILE_PIECES: PieceTable = {
  files: 'clearance_files',
  pieces: 'clearance_file_pieces',
  key: 'file_id',
};

/** Whose file it is. */
export type QuerySide = 'customs' | 'declarant';

/** A file of a query as its readers see it. */
export type QueryFile = {
  readonly id: string;
  readonly turn: number;
  readonly side: QuerySide;
  readonly name: string;
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  readonly addedAt: string;
  readonly addedBy: string;
};

/**
 * Keeps a file with an open query: of customs with the question that stands, of the declarant with the answer to come.
 * The same file again is the one that is there already.
 * @throws the refusals of uploads, `QUERY-NOT-FOUND`, `QUERY-NOT-OPEN`, `FILES-TOO-MANY`, `CLAIMED-BY-ANOTHER`
 */
export async function addQueryFile(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  number: number,
  side: QuerySide,
  upload: Upload,
): Promise<QueryFile> {
  const row = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  const query = await selectQuery(asked.transaction, row.id, number);
  if (query === undefined) throw queryNotFound();
  refuseFileNow(row, query, side, asked);
  refuseUnfitUpload(upload);
  const id = parts.newId();
  try {
    const { size, digest } = await writePieces(parts.pool, QUERY_FILE_PIECES, id, upload.bytes);
    const kept = await inTransaction(parts.pool, (transaction) =>
      keepFile(transaction, asked, row, { id, side, upload, size, digest, number }),
    );
    if (kept.id !== id) await deletePieces(parts.pool, QUERY_FILE_PIECES, id);
    return kept;
  } catch (error) {
    await deletePieces(parts.pool, QUERY_FILE_PIECES, id);
    throw error;
  }
}

/** A file of a query with its bytes as a stream. */
export async function openQueryFile(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  number: number,
  fileId: string,
): Promise<{ readonly file: QueryFile; readonly bytes: Readable }> {
  const row = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  const query = await selectQuery(asked.transaction, row.id, number);
  if (query === undefined) throw queryNotFound();
  const file = (await selectQueryFiles(asked.transaction, [query.id])).find((one) => one.id === fileId);
  if (file === undefined) throw new Refusal('not-found', 'FILE-NOT-FOUND', 'There is no such file that you can see.');
  const { queryId: _, ...shown } = file;
  return { file: shown, bytes: streamPieces(parts.pool, QUERY_FILE_PIECES, fileId) };
}

function refuseFileNow(row: DeclarationRow, query: QueryRow, side: QuerySide, { actor }: Asked): void {
  if (query.state !== 'open')
    throw new Refusal('conflict', 'QUERY-NOT-OPEN', `The query is ${query.state}; files go with an open one.`);
  if (side === 'customs' && row.claimed_by !== null && row.claimed_by !== actor.personId)
    throw new Refusal(
      'conflict',
      'CLAIMED-BY-ANOTHER',
      `${row.claimed_by_name ?? 'Somebody else'} has claimed this declaration; ask them to hand it over.`,
    );
}

/** In one transaction that holds the query's row: it is still open, there is room, the file is new. */
async function keepFile(
  transaction: Transaction,
  asked: Asked,
  row: DeclarationRow,
  file: {
    readonly id: string;
    readonly number: number;
    readonly side: QuerySide;
    readonly upload: Upload;
    readonly size: number;
    readonly digest: string;
  },
): Promise<QueryFile> {
  const { rows } = await transaction.query<{ id: string; state: QueryRow['state']; turn: number }>({
    name: 'lock-query',
    text: 'select id, state, turn from clearance_queries where declaration_id = $1 and number = $2 for update',
    values: [row.id, file.number],
  });
  const [query] = rows;
  if (query?.state !== 'open')
    throw new Refusal('conflict', 'QUERY-NOT-OPEN', 'The query was answered or closed meanwhile; nothing was added.');
  const turn = file.side === 'customs' ? query.turn : query.turn + 1;
  const before = (await selectQueryFiles(transaction, [query.id])).filter(
    (one) => one.turn === turn && one.side === file.side,
  );
  const same = before.find((one) => one.digest === file.digest && one.name === file.upload.name);
  if (same !== undefined) {
    const { queryId: _, ...shown } = same;
    return shown;
  }
  if (before.length >= MOST_FILES_OF_TURN)
    throw new Refusal('conflict', 'FILES-TOO-MANY', `A question or answer has at most ${MOST_FILES_OF_TURN} files.`);
  await transaction.query({
    name: 'keep-query-file',
    text: `insert into clearance_files (id, query_id, turn, side, name, content_type, size, digest, added_at, added_by, added_by_name)
      values ($1, $2, $3, $4, $5, $6, $7, decode($8, 'hex'), $9, $10, $11)`,
    values: [
      file.id,
      query.id,
      turn,
      file.side,
      file.upload.name,
      file.upload.contentType,
      file.size,
      file.digest,
      asked.now,
      asked.actor.personId,
      asked.actor.name,
    ],
  });
  await appendEvent(transaction, {
    kind: 'declaration.query-file-added',
    subject: row.mrn,
    conversation: row.ucr,
    actor: actorOfEvent(asked.actor),
    occurredAt: asked.now,
    data: { query: file.number, fileId: file.id, digest: file.digest, size: file.size },
  });
  return {
    id: file.id,
    turn,
    side: file.side,
    name: file.upload.name,
    contentType: file.upload.contentType,
    size: file.size,
    digest: file.digest,
    addedAt: asked.now.toISOString(),
    addedBy: asked.actor.name,
  };
}

/** The files of some queries, oldest first. */
export async function selectQueryFiles(
  reader: Reader,
  queryIds: readonly string[],
): Promise<readonly (QueryFile & { readonly queryId: string })[]> {
  const { rows } = await reader.query<{
    query_id: string;
    id: string;
    turn: number;
    side: QuerySide;
    name: string;
    content_type: string;
    size: bigint;
    digest: string;
    added_at: Date;
    added_by_name: string;
  }>({
    name: 'files-of-queries',
    text: `select query_id, id, turn, side, name, content_type, size, encode(digest, 'hex') as digest, added_at, added_by_name
      from clearance_files where query_id = any($1::uuid[]) order by added_at, id`,
    values: [queryIds],
  });
  return rows.map((row) => ({
    queryId: row.query_id,
    id: row.id,
    turn: row.turn,
    side: row.side,
    name: row.name,
    contentType: row.content_type,
    size: Number(row.size),
    digest: row.digest,
    addedAt: row.added_at.toISOString(),
    addedBy: row.added_by_name,
  }));
}
