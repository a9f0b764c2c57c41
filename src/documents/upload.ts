import type { Readable } from 'node:stream';
import { Refusal } from './refusal.ts';

/** Largest file that people can attach to a case, in bytes. */
export const LARGEST_ATTACHMENT = 25 * 1024 * 1024;

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

/** @throws the refusals `ATTACHMENT-TYPE` and `ATTACHMENT-NAME`, before a byte is read */
export function refuseUnfitUpload(upload: Upload): void {
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
