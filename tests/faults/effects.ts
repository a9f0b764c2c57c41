import { createHash } from 'node:crypto';
import type { Pool } from '../../src/store/pool.ts';
import type { Transaction } from '../../src/store/transaction.ts';

// What stands for a journey in these tests: a row where a document was accepted, a row where it took effect, a row where
// the sender learnt of the receipt. None of them is unique, so that something done twice can be seen.

/** A document as it travels. */
export interface TestDocument {
  readonly id: string;
  readonly conversation: string;
  /** Its place among the ordered documents of its conversation; null for one that need not be in order. */
  readonly place: number | null;
  /** `poison`: the receiver's journey fails over it each time. */
  readonly kind: 'plain' | 'poison';
  readonly filler: string;
}

export async function createEffectTables(pool: Pool): Promise<void> {
  await pool.query({
    text: `do $$ begin
      create table accepted_documents (
        document_id text not null, message_id text not null, conversation text not null, place integer, digest bytea not null);
      create table delivered_effects (
        number bigint generated always as identity, document_id text not null, message_id text not null, digest bytea not null);
      create table receipted_effects (message_id text not null);
    end $$`,
  });
}

export const digestOf = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

export function noteAccepted(transaction: Transaction, document: TestDocument, bytes: Buffer, messageId: string): void {
  transaction.later({
    text: `insert into accepted_documents (document_id, message_id, conversation, place, digest) values ($1, $2, $3, $4, $5)`,
    values: [document.id, messageId, document.conversation, document.place, digestOf(bytes)],
  });
}

export async function noteDelivered(
  transaction: Transaction,
  documentId: string,
  messageId: string,
  bytes: Buffer,
): Promise<void> {
  await transaction.query({
    text: 'insert into delivered_effects (document_id, message_id, digest) values ($1, $2, $3)',
    values: [documentId, messageId, digestOf(bytes)],
  });
}

export async function noteReceipted(transaction: Transaction, messageId: string): Promise<void> {
  await transaction.query({ text: 'insert into receipted_effects (message_id) values ($1)', values: [messageId] });
}
