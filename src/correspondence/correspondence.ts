import type { PaperContent, PaperKind } from '../documents/paper-types.ts';
import type { Delivery, DeliveryOutcome } from '../exchange/ports.ts';
import { appendEvent } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import type { CorrespondenceParts, PaperPost } from './ports.ts';
import { notePaperReceipt } from './queries.ts';
import { receivePaper } from './receive-paper.ts';
import { sendPaper } from './send-paper.ts';

/** Papers between this node and others: sealed, sent, received, answered. */
export interface Correspondence {
  /**
   * Seals a paper and queues it in the given transaction. `messageId` is null when the country has no node: the paper is
   * kept all the same.
   */
  send<K extends PaperKind>(
    transaction: Transaction,
    kind: K,
    content: PaperContent<K>,
    post: PaperPost,
    now: Date,
  ): Promise<{ readonly paperId: string; readonly paperDigest: string; readonly messageId: string | null }>;
  /** Takes a delivery of the service `CORRESPONDENCE_SERVICE`, in the transaction that keeps its message. */
  receive(transaction: Transaction, delivery: Delivery): Promise<DeliveryOutcome>;
  /** Notes that a partner receipted a message; one that carried no paper changes nothing. */
  receipted(transaction: Transaction, receipt: { readonly messageId: string; readonly at: Date }): Promise<void>;
}

/** Puts the correspondence of one node together. */
export function createCorrespondence(parts: CorrespondenceParts): Correspondence {
  return {
    send: (transaction, kind, content, post, now) => sendPaper(parts, transaction, kind, content, post, now),
    receive: (transaction, delivery) => receivePaper(parts, transaction, delivery),
    async receipted(transaction, { messageId, at }) {
      const paper = await notePaperReceipt(transaction, messageId, at);
      if (paper === undefined) return;
      await appendEvent(transaction, {
        kind: 'paper.delivered',
        subject: messageId,
        conversation: paper.consignmentReference,
        actor: { id: paper.partner, name: paper.partner, role: 'node' },
        occurredAt: at,
        data: { paper: paper.kind },
      });
    },
  };
}
