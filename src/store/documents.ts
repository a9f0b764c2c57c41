import { createHash } from 'node:crypto';
import type { Reader, Statement } from './pool.ts';
import type { Transaction } from './transaction.ts';

/** The original bytes of a document, as made, sent or received. */
export interface DocumentBytes {
  /** The kind of document (`certificate-of-origin`, …), or `unknown` where it cannot be read. */
  readonly kind: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/**
 * Keeps the original bytes of a document under their SHA-256, for ever; the same bytes are kept once.
 * @returns the digest in hexadecimal, by which the document is found again.
 */
export async function storeDocument(transaction: Transaction, document: DocumentBytes): Promise<string> {
  const digest = createHash('sha256').update(document.bytes).digest();
  await transaction.query(insertDocument(digest, document));
  return digest.toString('hex');
}

/** As {@link storeDocument}, for bytes whose digest is known; travels with the next statement or the commit. */
export function keepDocument(transaction: Transaction, digest: Buffer, document: DocumentBytes): void {
  transaction.later(insertDocument(digest, document));
}

function insertDocument(digest: Buffer, document: DocumentBytes): Statement {
  return {
    name: 'store-document',
    text: `insert into documents (digest, kind, content_type, bytes) values ($1, $2, $3, $4)
      on conflict (digest) do nothing`,
    values: [digest, document.kind, document.contentType, document.bytes],
  };
}

/** The document with this digest (hexadecimal SHA-256), or undefined. */
export async function readDocument(reader: Reader, digest: string): Promise<DocumentBytes | undefined> {
  const { rows } = await reader.query<{ kind: string; content_type: string; bytes: Buffer }>({
    name: 'read-document',
    text: 'select kind, content_type, bytes from documents where digest = $1',
    values: [Buffer.from(digest, 'hex')],
  });
  const row = rows[0];
  return row === undefined ? undefined : { kind: row.kind, contentType: row.content_type, bytes: row.bytes };
}
