import { Refusal } from '../../documents/refusal.ts';
import { appendEvent, insertEventStatement } from '../../store/log.ts';
import type { Pool } from '../../store/pool.ts';
import { inTransaction, type Transaction } from '../../store/transaction.ts';
import type { Receipted } from '../ports.ts';
import { markFailed, markReceipted } from '../queries.ts';
import { freeNextInOrder } from './claim-queries.ts';
import { WAKE_DISPATCHERS } from './gateway-session.ts';

/** A receipt that was found good. */
export interface GoodReceipt {
  readonly messageId: string;
  readonly conversation: string;
  readonly partner: string;
  readonly receiptId: string;
  readonly bytes: Buffer;
  /** When the try began that brought it. */
  readonly sentAt: Date;
  readonly at: Date;
}

/** Who speaks in the events of the exchange. */
export const EXCHANGE_ACTOR = { id: 'exchange', name: 'Exchange between nodes', role: 'node' } as const;

const mostAtOnce = 64;

async function keepReceipts(
  transaction: Transaction,
  receipts: readonly GoodReceipt[],
  receipted: Receipted,
): Promise<void> {
  const isNew = await markReceipted(transaction, receipts);
  for (const { messageId, conversation, partner, receiptId, sentAt, at } of receipts) {
    if (!isNew.has(messageId)) continue;
    transaction.later(
      insertEventStatement({
        kind: 'message.receipted',
        subject: messageId,
        conversation,
        actor: EXCHANGE_ACTOR,
        occurredAt: at,
        data: { partner, receiptId, sentAt: sentAt.toISOString() },
      }),
    );
    await receipted(transaction, { messageId, receiptId, sentAt, at });
  }
  const inOrder = receipts.filter(({ messageId }) => isNew.get(messageId) === true);
  const [first] = inOrder;
  if (first !== undefined)
    freeNext(
      transaction,
      inOrder.map(({ messageId }) => messageId),
      first.at,
    );
}

/** What waited for these may go now, by whichever gateway is first. */
function freeNext(transaction: Transaction, messageIds: readonly string[], at: Date): void {
  transaction.later(freeNextInOrder(messageIds, at));
  transaction.later(WAKE_DISPATCHERS);
}

/**
 * Keeps good receipts, with what follows from them. Receipts that come while others are being committed share the next
 * commit: under load one commit serves many.
 */
export class Settlement {
  readonly #pool: Pool;
  readonly #receipted: Receipted;
  readonly #log: { error(fields: object, message: string): void };
  #waiting: { receipt: GoodReceipt; done: () => void; failed: (error: unknown) => void }[] = [];
  #committing = false;

  constructor(pool: Pool, receipted: Receipted, log: { error(fields: object, message: string): void }) {
    this.#pool = pool;
    this.#receipted = receipted;
    this.#log = log;
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
      } catch {
        await this.#commitEach(batch);
      }
    }
    this.#committing = false;
  }

  #commitTogether(receipts: readonly GoodReceipt[]): Promise<void> {
    return inTransaction(this.#pool, (transaction) => keepReceipts(transaction, receipts, this.#receipted));
  }

  /** One that cannot be kept must not hold up the others. */
  async #commitEach(
    batch: readonly { receipt: GoodReceipt; done: () => void; failed: (error: unknown) => void }[],
  ): Promise<void> {
    for (const one of batch) {
      try {
        await this.#commitAlone(one.receipt);
        one.done();
      } catch (error) {
        one.failed(error);
      }
    }
  }

  /**
   * A receipt is kept even when the journey fails over it: the partner has the message, and sending it again would
   * change nothing. While the database is away nothing is kept; the partner then gives the same receipt again.
   */
  async #commitAlone(receipt: GoodReceipt): Promise<void> {
    try {
      await this.#commitTogether([receipt]);
    } catch (error) {
      if (error instanceof Refusal && error.kind === 'unavailable') throw error;
      this.#log.error({ messageId: receipt.messageId, err: error }, 'receipt could not be taken into the journey');
      await inTransaction(this.#pool, (transaction) =>
        keepReceipts(transaction, [receipt], async () =>
          appendAlarm(
            transaction,
            receipt,
            {
              code: 'RECEIPT-NOT-TAKEN',
              reason: 'The receipt is kept, but this node failed to note it at the document; its log tells more.',
            },
            receipt.at,
          ),
        ),
      );
    }
  }
}

/**
 * Gives a message up, for all to see.
 * @param attempt which try it was that ends it, so that one which was overtaken by another ends nothing
 */
export async function giveUp(
  pool: Pool,
  message: { readonly messageId: string; readonly conversation: string; readonly partner: string },
  why: { readonly code: string; readonly reason: string },
  at: Date,
  attempt?: number,
): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    const failed = await markFailed(transaction, message.messageId, why, attempt);
    if (failed === undefined) return;
    if (failed.isInOrder) freeNext(transaction, [message.messageId], at);
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

/** The message that an event tells of. */
interface Concerned {
  readonly messageId: string;
  readonly conversation: string | undefined;
  readonly partner: string;
}

/** Why something happened: a stable code, and a sentence for people. */
interface Why {
  readonly code: string;
  readonly reason: string;
}

async function appendAlarm(transaction: Transaction, message: Concerned, why: Why, at: Date): Promise<void> {
  await appendEvent(transaction, {
    kind: 'message.alarm',
    subject: message.messageId,
    conversation: message.conversation,
    actor: EXCHANGE_ACTOR,
    occurredAt: at,
    reason: why.reason,
    data: { alarm: true, partner: message.partner, code: why.code },
  });
}

/** Tells of something that a person must look at; not again when it was told of this message lately. */
export async function raiseAlarm(pool: Pool, message: Concerned, why: Why, at: Date): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    if (!(await wasToldLately(transaction, 'message.alarm', message, why)))
      await appendAlarm(transaction, message, why, at);
  });
}

/**
 * Keeps that a partner's message was refused, and why: the one audit entry of a refused message, however often it is
 * sent.
 */
export async function noteRefused(pool: Pool, message: Concerned, why: Why, at: Date): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    if (await wasToldLately(transaction, 'message.refused', message, why)) return;
    await appendEvent(transaction, {
      kind: 'message.refused',
      subject: message.messageId,
      conversation: message.conversation,
      actor: EXCHANGE_ACTOR,
      occurredAt: at,
      reason: why.reason,
      data: { partner: message.partner, code: why.code },
    });
  });
}

/**
 * Whether one of the last 20 events of a message tells the same already: a partner tries the same for days. Of what could
 * not be read, and so has no id, the reason must be the same too.
 */
async function wasToldLately(transaction: Transaction, kind: string, message: Concerned, why: Why): Promise<boolean> {
  const { rows } = await transaction.query({
    name: 'told-lately',
    text: `select from (select kind, reason, data from events where subject = $1 order by id desc limit 20) last
      where kind = $2 and data ->> 'code' = $3 and data ->> 'partner' = $4 and reason = coalesce($5, reason) limit 1`,
    values: [message.messageId, kind, why.code, message.partner, message.messageId.includes(' ') ? why.reason : null],
  });
  return rows.length > 0;
}
