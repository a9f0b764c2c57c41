import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { actorOfEvent } from '../access/actor.ts';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent } from '../store/log.ts';
import { inTransaction } from '../store/transaction.ts';
import { admitTransition, isId, notFound, seenApplication } from './applications.ts';
import type { Asked } from './asked.ts';
import {
  type AttachmentRow,
  deletePieces,
  insertAttachment,
  insertPiece,
  readPiece,
  selectAttachments,
} from './attachment-queries.ts';
import type { IssuanceParts } from './ports.ts';
import type { AttachmentView } from './views.ts';

/** Largest attachment in bytes, and most attachments of one application. */
export const LARGEST_ATTACHMENT = 25 * 1024 * 1024;
export const MOST_ATTACHMENTS = 20;
/**
 * Bytes of a stored piece. Measured with 10 MB down and up on two cores: pieces of 256 KB raise memory by up to 45 MB
 * before the collector comes, of 64 KB by up to 27 MB at the first file and 21 MB afterwards.
 */
const PIECE_BYTES = 64 * 1024;

/** What an attachment may be: forms that a page can show or a person can open without running anything. */
export const ATTACHMENT_TYPES: readonly string[] = [
  'application/pdf',
  'image/png',
  'image/jpeg',
  'image/tiff',
  'text/plain',
  'text/csv',
  'application/xml',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
];

/** An upload: a file's name, its media type, and its bytes as they come in. */
export interface Upload {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Readable;
}

/**
 * Keeps a file with an application that can still be changed. The bytes go to the database piece by piece while they
 * come in: no connection is held in between and nothing is whole in memory. The same file again is the attachment that
 * is there already.
 * @throws the refusals `ATTACHMENT-TYPE`, `ATTACHMENT-NAME`, `ATTACHMENT-TOO-LARGE`, `ATTACHMENT-EMPTY`,
 * `ATTACHMENTS-TOO-MANY`, `UPLOAD-BROKEN-OFF`; nothing is kept of a refused upload.
 */
export async function addAttachment(
  parts: IssuanceParts,
  asked: Asked,
  id: string,
  upload: Upload,
): Promise<AttachmentView> {
  const application = await seenApplication(asked, id);
  admitTransition(application, application.version, 'amend', 'applicant');
  refuseUnfit(upload);
  const before = await selectAttachments(asked.transaction, id);
  if (before.length >= MOST_ATTACHMENTS) {
    throw new Refusal(
      'conflict',
      'ATTACHMENTS-TOO-MANY',
      `An application has at most ${MOST_ATTACHMENTS} attachments.`,
    );
  }
  const attachmentId = parts.newId();
  try {
    const { size, digest } = await writePieces(parts, attachmentId, upload.bytes);
    const kept = await inTransaction(parts.pool, async (transaction) => {
      const row = await insertAttachment(transaction, {
        id: attachmentId,
        applicationId: id,
        name: upload.name,
        contentType: upload.contentType,
        size,
        digest,
        addedAt: asked.now,
        addedBy: asked.actor.personId,
        addedByName: asked.actor.name,
      });
      if (row === undefined) return undefined;
      await appendEvent(transaction, {
        kind: 'application.attachment-added',
        subject: id,
        conversation: application.consignment_reference === '' ? undefined : application.consignment_reference,
        actor: actorOfEvent(asked.actor),
        occurredAt: asked.now,
        data: { attachmentId, digest, size, contentType: upload.contentType },
      });
      return row;
    });
    if (kept !== undefined) return attachmentView(kept);
    await deletePieces(parts.pool, attachmentId);
    return attachmentView(await sameAttachment(parts, id, digest, upload.name));
  } catch (error) {
    await deletePieces(parts.pool, attachmentId);
    throw error;
  }
}

/** The attachments of an application that the actor sees. */
export async function listAttachments(asked: Asked, id: string): Promise<readonly AttachmentView[]> {
  await seenApplication(asked, id);
  const rows = await selectAttachments(asked.transaction, id);
  return rows.map(attachmentView);
}

/** One attachment with its bytes as a stream, read piece by piece as the reader takes them. */
export async function openAttachment(
  parts: IssuanceParts,
  asked: Asked,
  id: string,
  attachmentId: string,
): Promise<{ readonly attachment: AttachmentView; readonly bytes: Readable }> {
  await seenApplication(asked, id);
  if (!isId(attachmentId)) throw notFound('attachment');
  const row = (await selectAttachments(asked.transaction, id)).find((one) => one.id === attachmentId);
  if (row === undefined) throw notFound('attachment');
  return { attachment: attachmentView(row), bytes: Readable.from(pieces(parts, attachmentId), { objectMode: false }) };
}

async function* pieces(parts: IssuanceParts, attachmentId: string): AsyncGenerator<Buffer> {
  for (let position = 0; ; position += 1) {
    const piece = await readPiece(parts.pool, attachmentId, position);
    if (piece === undefined) return;
    yield piece;
  }
}

async function writePieces(
  parts: IssuanceParts,
  attachmentId: string,
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
    await insertPiece(parts.pool, attachmentId, position, piece);
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

/** A client that goes away in the middle is a refusal of its own, not a failure of the node. */
async function* chunksOf(bytes: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of bytes) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('malformed', 'UPLOAD-BROKEN-OFF', 'The upload ended before the file was whole; send it again.');
  }
}

function refuseUnfit(upload: Upload): void {
  if (!ATTACHMENT_TYPES.includes(upload.contentType)) {
    const types = ATTACHMENT_TYPES.join(', ');
    throw new Refusal('unsupported-form', 'ATTACHMENT-TYPE', `An attachment is one of: ${types}.`);
  }
  if (!isFileName(upload.name)) {
    throw new Refusal(
      'invalid',
      'ATTACHMENT-NAME',
      'Name the file with 1 to 120 characters, without slashes, control characters or a leading point.',
    );
  }
}

function isFileName(name: string): boolean {
  const fits = name.length > 0 && name.length <= 120 && name.isWellFormed() && name.trim() === name;
  return fits && !name.startsWith('.') && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]/u.test(name);
}

/** After an upload that was not added: the same file was there, or the application was handed in meanwhile. */
async function sameAttachment(parts: IssuanceParts, id: string, digest: string, name: string): Promise<AttachmentRow> {
  const same = (await selectAttachments(parts.pool, id)).find((one) => one.digest === digest && one.name === name);
  if (same !== undefined) return same;
  throw new Refusal('conflict', 'STATE-DOES-NOT-ALLOW', 'The application was handed in meanwhile; nothing was added.');
}

function tooLarge(): Refusal {
  const limit = LARGEST_ATTACHMENT / 1024 / 1024;
  return new Refusal('too-large', 'ATTACHMENT-TOO-LARGE', `An attachment has at most ${limit} MiB.`);
}

function attachmentView(row: AttachmentRow): AttachmentView {
  return {
    id: row.id,
    name: row.name,
    contentType: row.content_type,
    size: Number(row.size),
    digest: row.digest,
    addedAt: row.added_at.toISOString(),
    addedBy: row.added_by_name,
  };
}
