import { setTimeout as pause } from 'node:timers/promises';
import { tryDelivery } from './deliver-webhook.ts';
import { claimDeliveries, type DueDelivery, noteDelivered, noteFailedTry } from './delivery-queries.ts';
import { DELIVERY_WINDOW_MILLISECONDS, type ResponsesParts } from './ports.ts';

/** Delivers what is due until it is stopped. */
export interface WebhookWorker {
  /** Looks for due deliveries now. */
  wake(): void;
  /** Takes nothing more; resolves when the tries under way have ended. */
  stop(): Promise<void>;
}

/** How often the database is asked when nobody wakes the worker. */
const POLL_MILLISECONDS = 2_000;
const MOST_AT_ONCE = 16;
/** Longer than a try takes: who is gone by then is gone. */
const LEASE_MILLISECONDS = 60_000;
const FIRST_PAUSE_MILLISECONDS = 5_000;
const LONGEST_PAUSE_MILLISECONDS = 3_600_000;

/**
 * When the next try after so many is due: pauses double from five seconds to an hour, and vary by a quarter so that many
 * do not come back at once. Null when the window since `queuedAt` is over.
 * @param chance between 0 and 1
 */
export function nextTryAt(attempts: number, queuedAt: Date, now: Date, chance: number): Date | null {
  const pauseMilliseconds = Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_MILLISECONDS);
  const at = now.getTime() + pauseMilliseconds * (0.75 + chance / 2);
  return at > queuedAt.getTime() + DELIVERY_WINDOW_MILLISECONDS ? null : new Date(at);
}

/** Starts to deliver; any number of processes may do so on one database. */
export function startWebhookWorker(parts: ResponsesParts): WebhookWorker {
  const ending = new AbortController();
  let wake: () => void = () => {};
  const awaken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const woken = awaken();
      let found = 0;
      try {
        found = await deliverDue(parts);
      } catch (error) {
        parts.onError(error);
      }
      if (found === 0 && !ending.signal.aborted)
        await Promise.race([woken, pause(POLL_MILLISECONDS, undefined, { signal: ending.signal }).catch(() => {})]);
    }
  };
  const running = run();
  return {
    wake: () => wake(),
    async stop() {
      ending.abort();
      wake();
      await running;
    },
  };
}

/** Makes one try of each delivery that is due, as many as go at once; answers how many. */
export async function deliverDue(parts: ResponsesParts): Promise<number> {
  const now = parts.clock();
  const due = await claimDeliveries(parts.pool, now, new Date(now.getTime() + LEASE_MILLISECONDS), MOST_AT_ONCE);
  await Promise.all(due.map((delivery) => deliverOne(parts, delivery)));
  return due.length;
}

async function deliverOne(parts: ResponsesParts, delivery: DueDelivery): Promise<void> {
  const { status, error } = await tryDelivery(delivery, parts.webhooks, parts.clock());
  const at = parts.clock();
  if (error === null) {
    await noteDelivered(parts.pool, delivery.id, delivery.webhook_id, status ?? 0, at);
    return;
  }
  await noteFailedTry(parts.pool, {
    id: delivery.id,
    webhookId: delivery.webhook_id,
    status,
    error,
    nextAt: nextTryAt(delivery.attempts, delivery.queued_at, at, Math.random()),
    at,
  });
}
