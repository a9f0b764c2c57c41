import { setTimeout as pause } from 'node:timers/promises';
import { Refusal } from '../../documents/refusal.ts';
import { appendEvent, type EventActor } from '../../store/log.ts';
import type { Pool } from '../../store/pool.ts';
import { inTransaction } from '../../store/transaction.ts';
import { type Content, inMemory } from '../message/content.ts';
import type { MessageForWire } from '../message/message.ts';
import type { OutgoingDocument } from '../ports.ts';
import { insertOutgoing } from '../queries.ts';
import { TEST_ACTION, TEST_SERVICE } from '../receiving/inbox.ts';
import type { ExchangePartner } from '../trust-port.ts';
import type { ClaimedMessage } from './claim-queries.ts';

/** How a ping went. */
export interface PingResult {
  readonly country: string;
  readonly endpoint: string;
  readonly messageId: string;
  readonly sentAt: Date;
  /** The checked receipt; null when none came in time. */
  readonly receipt: { readonly messageId: string; readonly at: Date; readonly milliseconds: number } | null;
  /** Why there is no receipt. */
  readonly error: { readonly code: string; readonly reason: string } | null;
}

/** What a ping works with. */
export interface PingParts {
  readonly pool: Pool;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly leaseMilliseconds: number;
  /** Where the partner takes messages and whether it can be called, as far as the directory knows. */
  readonly partnerOf: (country: string, at: Date) => Pick<ExchangePartner, 'endpoint' | 'pull'> | undefined;
  readonly prepare: (document: OutgoingDocument, now: Date) => Promise<{ readonly composed: MessageForWire<Content> }>;
  /** Tries a claimed message at once. */
  readonly tryNow: (country: string, message: ClaimedMessage) => void;
}

interface Standing {
  state: string;
  receipted_at: Date | null;
  last_attempt_at: Date;
  last_error_code: string | null;
  last_error: string | null;
  receipt_id: string | null;
}

/**
 * Sends a message to the test service of a partner (ebMS3 Core §5.2.2.8), which is receipted and never delivered, and
 * waits for its receipt. It goes past queue and hold, and is tried once: it tells how the partner is now. The whole way is
 * tested: TLS in both directions, signature, encryption, the partner's receipt.
 * @param waitMilliseconds how long a receipt is waited for; afterwards the message is dismissed
 * @throws the refusals `PARTNER-UNKNOWN` when the country has no node that can be sent to, `PARTNER-PULLS` when it cannot
 * be called
 */
export async function ping(
  parts: PingParts,
  country: string,
  actor: EventActor,
  waitMilliseconds: number,
): Promise<PingResult> {
  const { pool, clock } = parts;
  const now = clock();
  const partner = parts.partnerOf(country, now);
  if (partner?.pull === true)
    throw new Refusal(
      'conflict',
      'PARTNER-PULLS',
      `${country} cannot be called: it pulls its messages itself. Its queue says when it last gave a receipt.`,
    );
  const conversation = `ping-${parts.newId()}`;
  const { composed } = await parts.prepare(
    {
      toCountry: country,
      conversationId: conversation,
      service: TEST_SERVICE,
      action: TEST_ACTION,
      payloads: [{ contentType: 'text/plain', content: inMemory(Buffer.from(`ping ${now.toISOString()}`)) }],
    },
    now,
  );
  const { messageId } = composed;
  const windowEndsAt = new Date(now.getTime() + waitMilliseconds);
  const leaseEndsAt = new Date(now.getTime() + Math.max(parts.leaseMilliseconds, waitMilliseconds));
  await inTransaction(pool, async (transaction) => {
    insertOutgoing(
      transaction,
      { ...composed, partner: country, conversation, service: TEST_SERVICE, action: TEST_ACTION },
      now,
      windowEndsAt,
      { leaseEndsAt },
    );
    await appendEvent(transaction, {
      kind: 'partner.pinged',
      subject: messageId,
      conversation,
      actor,
      occurredAt: now,
      data: { partner: country },
    });
  });
  parts.tryNow(country, { ...composed, conversation, attempts: 1, windowEndsAt, lastErrorCode: null });
  const standing = await waitFor(pool, messageId, waitMilliseconds);
  const result = { country, endpoint: partner?.endpoint ?? '', messageId, sentAt: now };
  const { receipted_at: receiptedAt, receipt_id: receiptId } = standing;
  if (receiptedAt !== null && receiptId !== null) {
    const milliseconds = receiptedAt.getTime() - standing.last_attempt_at.getTime();
    return { ...result, receipt: { messageId: receiptId, at: receiptedAt, milliseconds }, error: null };
  }
  const error = {
    code: standing.last_error_code ?? 'NO-ANSWER',
    reason: standing.last_error ?? `${country} has not answered within ${waitMilliseconds / 1_000} s.`,
  };
  await dismissPing(parts, messageId, conversation, actor, error.reason);
  return { ...result, receipt: null, error };
}

/** Asks until the receipt is there or the one try has failed, for so long at most. */
async function waitFor(pool: Pool, messageId: string, milliseconds: number): Promise<Standing> {
  const until = performance.now() + milliseconds;
  for (;;) {
    const { rows } = await pool.query<Standing>({
      name: 'how-a-ping-stands',
      text: `select m.state, m.receipted_at, m.last_attempt_at, m.last_error_code, m.last_error, r.receipt_id
        from outgoing_messages m left join received_receipts r using (message_id) where m.message_id = $1`,
      values: [messageId],
    });
    const [row] = rows;
    if (row === undefined) throw new Error(`the ping ${messageId} is not there`);
    if (row.state !== 'queued' || row.last_error !== null || performance.now() >= until) return row;
    await pause(25);
  }
}

/** A ping without a receipt is not to be tried for days, nor to be shown as something that failed. */
async function dismissPing(
  { pool, clock }: PingParts,
  messageId: string,
  conversation: string,
  actor: EventActor,
  reason: string,
): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    const { rowCount } = await transaction.query({
      name: 'dismiss-ping',
      text: `update outgoing_messages set state = 'dismissed' where message_id = $1 and state in ('queued', 'failed')`,
      values: [messageId],
    });
    if (rowCount > 0)
      await appendEvent(transaction, {
        kind: 'message.dismissed',
        subject: messageId,
        conversation,
        actor,
        occurredAt: clock(),
        reason: `The ping brought no receipt. ${reason}`.slice(0, 2_000),
      });
  });
}
