import type { PieceTable } from '../store/file-pieces.ts';
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

/** Where the bytes of attachments lie. */
export const ATTACHMENT_PIECES: PieceTable = {
  files: 'attachments',
  pieces: 'attachment_pieces',
  key: 'attachment_id',
};

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
