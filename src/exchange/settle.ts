import { appendEvent } from '../store/log.ts';
import type { Pool } from '../store/pool.ts';
import { inTransaction, type Transaction } from '../store/transaction.ts';
import type { Receipted } from './ports.ts';
import { markFailed, markReceipted } from './queries.ts';

/** A receipt that was found good. */
export interface GoodReceipt {
  readonly messageId: string;
  readonly conversation: string;
  readonly partner: string;
  readonly receiptId: string;
  readonly bytes: Buffer;
  readonly at: Date;
}

/** Who speaks in the events of the exchange. */
export const EXCHANGE_ACTOR = { id: 'exchange', name: 'Exchange between nodes', role: 'node' } as const;

const mostAtOnce = 64;

async function keepReceipt(transaction: Transaction, receipt: GoodReceipt, receipted: Receipted): Promise<void> {
  const { messageId, receiptId, bytes, at } = receipt;
  if (!(await markReceipted(transaction, { messageId, receiptId, bytes, at }))) return;
  await appendEvent(transaction, {
    kind: 'message.receipted',
    subject: messageId,
    conversation: receipt.conversation,
    actor: EXCHANGE_ACTOR,
    occurredAt: at,
    data: { partner: receipt.partner, receiptId },
  });
  await receipted(transaction, { messageId, receiptId, at });
}

/**
 * Keeps good receipts, with what follows from them. Receipts that come while others are being committed share the next
 * commit: under load one commit serves many.
 */
export class Settlement {
  readonly #pool: Pool;
  readonly #receipted: Receipted;
  #waiting: { receipt: GoodReceipt; done: () => void; failed: (error: unknown) => void }[] = [];
  #committing = false;

  constructor(pool: Pool, receipted: Receipted) {
    this.#pool = pool;
    this.#receipted = receipted;
  }

  /** Resolves when the receipt is on disk. */
  keep(receipt: GoodReceipt): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ receipt, done: resolve, failed: reject });
      if (!this.#committing) void this.#commit();
    });
  }

  async #commit(): Promise<void> {
    this.#committing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, mostAtOnce);
      try {
        await this.#commitTogether(batch.map((one) => one.receipt));
        for (const one of batch) one.done();
      } catch (error) {
        if (batch.length === 1) batch[0]?.failed(error);
        else await this.#commitEach(batch);
      }
    }
    this.#committing = false;
  }

  #commitTogether(receipts: readonly GoodReceipt[]): Promise<void> {
    return inTransaction(this.#pool, async (transaction) => {
      for (const receipt of receipts) await keepReceipt(transaction, receipt, this.#receipted);
    });
  }

  /** One that cannot be kept must not hold up the others. */
  async #commitEach(
    batch: readonly { receipt: GoodReceipt; done: () => void; failed: (error: unknown) => void }[],
  ): Promise<void> {
    for (const one of batch) {
      try {
        await this.#commitTogether([one.receipt]);
        one.done();
      } catch (error) {
        one.failed(error);
      }
    }
  }
}

/** Gives a message up, for all to see. */
export async function giveUp(
  pool: Pool,
  message: { readonly messageId: string; readonly conversation: string; readonly partner: string },
  why: { readonly code: string; readonly reason: string },
  at: Date,
): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    if (!(await markFailed(transaction, message.messageId, why))) return;
    await appendEvent(transaction, {
      kind: 'message.failed',
      subject: message.messageId,
      conversation: message.conversation,
      actor: EXCHANGE_ACTOR,
      occurredAt: at,
      reason: why.reason,
      data: { alarm: true, partner: message.partner, code: why.code },
    });
  });
}

/** Tells of something that a person must look at. */
export async function raiseAlarm(
  pool: Pool,
  message: { readonly messageId: string; readonly conversation: string | undefined; readonly partner: string },
  why: { readonly code: string; readonly reason: string },
  at: Date,
): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    await appendEvent(transaction, {
      kind: 'message.alarm',
      subject: message.messageId,
      conversation: message.conversation,
      actor: EXCHANGE_ACTOR,
      occurredAt: at,
      reason: why.reason,
      data: { alarm: true, partner: message.partner, code: why.code },
    });
  });
}
