import type { Readable } from 'node:stream';
import { actorOfEvent } from '../access/actor.ts';
import { Refusal } from '../documents/refusal.ts';
import { refuseUnfitUpload, type Upload } from '../documents/upload.ts';
import { deletePieces, streamPieces, writePieces } from '../store/file-pieces.ts';
import { appendEvent } from '../store/log.ts';
import { inTransaction } from '../store/transaction.ts';
import { admitTransition, isId, notFound, seenApplication } from './applications.ts';
import type { Asked } from './asked.ts';
import { ATTACHMENT_PIECES, type AttachmentRow, insertAttachment, selectAttachments } from './attachment-queries.ts';
import type { IssuanceParts } from './ports.ts';
import type { AttachmentView } from './views.ts';

/** Most attachments of one application. */
export const MOST_ATTACHMENTS = 20;

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
  refuseUnfitUpload(upload);
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
    const { size, digest } = await writePieces(parts.pool, ATTACHMENT_PIECES, attachmentId, upload.bytes);
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
    await deletePieces(parts.pool, ATTACHMENT_PIECES, attachmentId);
    return attachmentView(await sameAttachment(parts, id, digest, upload.name));
  } catch (error) {
    await deletePieces(parts.pool, ATTACHMENT_PIECES, attachmentId);
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
  return { attachment: attachmentView(row), bytes: streamPieces(parts.pool, ATTACHMENT_PIECES, attachmentId) };
}

/** After an upload that was not added: the same file was there, or the application was handed in meanwhile. */
async function sameAttachment(parts: IssuanceParts, id: string, digest: string, name: string): Promise<AttachmentRow> {
  const same = (await selectAttachments(parts.pool, id)).find((one) => one.digest === digest && one.name === name);
  if (same !== undefined) return same;
  throw new Refusal('conflict', 'STATE-DOES-NOT-ALLOW', 'The application was handed in meanwhile; nothing was added.');
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
