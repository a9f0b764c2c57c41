import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

/** An attachment as the table holds it; digest in hexadecimal. */
export interface AttachmentRow {
  readonly id: string;
  readonly name: string;
  readonly content_type: string;
  readonly size: bigint;
  readonly digest: string;
  readonly added_at: Date;
  readonly added_by_name: string;
}

const columns = `id, name, content_type, size, encode(digest, 'hex') as digest, added_at, added_by_name`;

/** Writes one piece of an upload. */
export async function insertPiece(
  reader: Reader,
  attachmentId: string,
  position: number,
  bytes: Buffer,
): Promise<void> {
  await reader.query({
    name: 'insert-attachment-piece',
    text: 'insert into attachment_pieces (attachment_id, position, bytes) values ($1, $2, $3)',
    values: [attachmentId, position, bytes],
  });
}

/**
 * One piece of an attachment; undefined after the last. As base64 it is a third longer on the way, as the driver's hex
 * twice as long; the driver's binary form is not safe, its rows lie in a buffer that the next packet overwrites.
 */
export async function readPiece(reader: Reader, attachmentId: string, position: number): Promise<Buffer | undefined> {
  const { rows } = await reader.query<{ base64: string }>({
    name: 'read-attachment-piece',
    text: "select encode(bytes, 'base64') as base64 from attachment_pieces where attachment_id = $1 and position = $2",
    values: [attachmentId, position],
  });
  const row = rows[0];
  return row === undefined ? undefined : Buffer.from(row.base64, 'base64');
}

/** Deletes what an upload that broke off has left. */
export async function deletePieces(reader: Reader, attachmentId: string): Promise<void> {
  await reader.query({
    name: 'delete-attachment-pieces',
    text: 'delete from attachment_pieces where attachment_id = $1',
    values: [attachmentId],
  });
}

/** Deletes pieces older than a day that belong to no attachment: uploads during which a process died. */
export async function sweepPieces(reader: Reader): Promise<void> {
  await reader.query({
    text: `delete from attachment_pieces p where p.written_at < clock_timestamp() - interval '1 day'
      and not exists (select 1 from attachments a where a.id = p.attachment_id)`,
  });
}

/** What is noted of an upload that arrived whole. */
export interface NewAttachment {
  readonly id: string;
  readonly applicationId: string;
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly digest: string;
  readonly addedAt: Date;
  readonly addedBy: string;
  readonly addedByName: string;
}

/**
 * Adds an attachment if its application can still be changed, holding the application's row so that nobody hands it in
 * at the same moment.
 * @returns the new row; undefined when the application cannot be changed, or has this file already.
 */
export async function insertAttachment(
  transaction: Transaction,
  attachment: NewAttachment,
): Promise<AttachmentRow | undefined> {
  const { rows } = await transaction.query<AttachmentRow>({
    name: 'insert-attachment',
    text: `with application as (
        select id from applications where id = $2 and state in ('draft', 'returned') for update
      )
      insert into attachments (id, application_id, name, content_type, size, digest, added_at, added_by, added_by_name)
      select $1, application.id, $3, $4, $5, decode($6, 'hex'), $7, $8, $9 from application
      on conflict (application_id, digest, name) do nothing returning ${columns}`,
    values: [
      attachment.id,
      attachment.applicationId,
      attachment.name,
      attachment.contentType,
      attachment.size,
      attachment.digest,
      attachment.addedAt,
      attachment.addedBy,
      attachment.addedByName,
    ],
  });
  return rows[0];
}

/** The attachments of an application, oldest first. */
export async function selectAttachments(reader: Reader, applicationId: string): Promise<AttachmentRow[]> {
  const { rows } = await reader.query<AttachmentRow>({
    name: 'attachments-of-application',
    text: `select ${columns} from attachments where application_id = $1 order by added_at, id`,
    values: [applicationId],
  });
  return rows;
}
