import { randomBytes } from 'node:crypto';
import { type Actor, actorOfEvent } from '../access/actor.ts';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent } from '../store/log.ts';
import { changedMeanwhile } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { type DeliveryRow, replayDeliveries, selectDeliveries } from './delivery-queries.ts';
import { judgeAddress } from './outgoing-address.ts';
import { MOST_WEBHOOKS, type ResponsesParts } from './ports.ts';
import { shownSecret } from './sign-delivery.ts';
import type { DeliveryView, WebhookView } from './views.ts';
import {
  findWebhook,
  insertWebhook,
  selectWebhooks,
  updateWebhook,
  type WebhookChange,
  type WebhookRow,
} from './webhook-queries.ts';

/** Who asks, when, and in which transaction. */
export interface AskedResponses {
  readonly transaction: Transaction;
  readonly actor: Actor;
  readonly now: Date;
}

const SECRET_BYTES = 32;
/** Most responses that one replay queues; the answer says when there are more. */
const MOST_REPLAYED = 10_000;

function firmOf({ actor }: AskedResponses): string {
  if (actor.firmId !== null) return actor.firmId;
  throw new Refusal('not-allowed', 'FIRM-MISSING', 'Only people of a firm have webhooks.');
}

/** The actor's firm's webhooks. */
export async function listWebhooks(asked: AskedResponses): Promise<readonly WebhookView[]> {
  return (await selectWebhooks(asked.transaction, firmOf(asked))).map(viewOf);
}

/** @throws the refusal `NOT-FOUND`, also for another firm's */
export async function readWebhook(asked: AskedResponses, id: string): Promise<WebhookView> {
  return viewOf(await seen(asked, id));
}

/**
 * Makes a webhook; its secret is answered here and never again.
 * @throws the refusals `WEBHOOK-ADDRESS`, `WEBHOOKS-TOO-MANY`
 */
export async function createWebhook(
  parts: ResponsesParts,
  asked: AskedResponses,
  wanted: { readonly url: string; readonly steps: readonly string[] | null },
): Promise<{ readonly webhook: WebhookView; readonly secret: string }> {
  const url = judgeAddress(wanted.url, parts.webhooks);
  const secret = randomBytes(SECRET_BYTES);
  const id = parts.newId();
  const made = await insertWebhook(
    asked.transaction,
    {
      id,
      firmId: firmOf(asked),
      url,
      steps: wanted.steps,
      secret,
      createdAt: asked.now,
      createdBy: asked.actor.personId,
    },
    MOST_WEBHOOKS,
  );
  if (!made)
    throw new Refusal(
      'conflict',
      'WEBHOOKS-TOO-MANY',
      `A firm has at most ${MOST_WEBHOOKS} webhooks; remove one first.`,
    );
  await note(asked, id, 'webhook.created', { url });
  return { webhook: await readWebhook(asked, id), secret: shownSecret(secret) };
}

/** Changes address, steps or state; a webhook that is paused gets what was waiting when it goes on. */
export async function changeWebhook(
  parts: ResponsesParts,
  asked: AskedResponses,
  id: string,
  version: number,
  wanted: {
    readonly url?: string;
    readonly steps?: readonly string[] | null;
    readonly state?: 'active' | 'paused';
  },
): Promise<WebhookView> {
  const url = wanted.url === undefined ? undefined : judgeAddress(wanted.url, parts.webhooks);
  await change(asked, id, version, {
    ...(url === undefined ? {} : { url }),
    ...(wanted.steps === undefined ? {} : { steps: wanted.steps }),
    ...(wanted.state === undefined ? {} : { state: wanted.state }),
  });
  await note(asked, id, 'webhook.changed', { ...(url === undefined ? {} : { url }) });
  return readWebhook(asked, id);
}

/** Takes a webhook away; what waits for it is not delivered any more. */
export async function removeWebhook(asked: AskedResponses, id: string, version: number): Promise<void> {
  await change(asked, id, version, { state: 'removed' });
  await note(asked, id, 'webhook.removed', {});
}

/** Gives a webhook a new secret; for a day deliveries are signed with both. */
export async function changeSecret(
  asked: AskedResponses,
  id: string,
  version: number,
): Promise<{ readonly webhook: WebhookView; readonly secret: string }> {
  const secret = randomBytes(SECRET_BYTES);
  await change(asked, id, version, { secret });
  await note(asked, id, 'webhook.secret-changed', {});
  return { webhook: await readWebhook(asked, id), secret: shownSecret(secret) };
}

/** The deliveries of a webhook, newest first. */
export async function listDeliveries(
  asked: AskedResponses,
  id: string,
  query: { readonly state?: string; readonly limit: number; readonly before: { at: Date; id: string } | null },
): Promise<readonly DeliveryView[]> {
  await seen(asked, id);
  const rows = await selectDeliveries(asked.transaction, id, {
    state: query.state ?? null,
    before: query.before,
    limit: query.limit,
  });
  return rows.map(deliveryOf);
}

/**
 * Delivers the responses of a time once more, in their order.
 * @throws the refusal `REPLAY-PERIOD` when it ends before it begins
 */
export async function replay(
  asked: AskedResponses,
  id: string,
  from: Date,
  until: Date,
): Promise<{ readonly queued: number; readonly isAll: boolean }> {
  const webhook = await seen(asked, id);
  if (until <= from)
    throw new Refusal('invalid', 'REPLAY-PERIOD', 'The time to be delivered again ends after it begins.');
  const queued = await replayDeliveries(
    asked.transaction,
    { id: webhook.id, firmId: firmOf(asked) },
    from,
    until,
    asked.now,
    MOST_REPLAYED,
  );
  await note(asked, id, 'webhook.replayed', { from: from.toISOString(), until: until.toISOString(), queued });
  return { queued, isAll: queued < MOST_REPLAYED };
}

async function seen(asked: AskedResponses, id: string): Promise<WebhookRow> {
  const row = await findWebhook(asked.transaction, firmOf(asked), id);
  if (row === undefined)
    throw new Refusal('not-found', 'WEBHOOK-NOT-FOUND', 'There is no such webhook that you can see.');
  return row;
}

async function change(asked: AskedResponses, id: string, version: number, wanted: WebhookChange): Promise<void> {
  await seen(asked, id);
  const changed = await updateWebhook(asked.transaction, firmOf(asked), id, version, wanted, asked.now);
  if (!changed) throw changedMeanwhile();
}

async function note(
  asked: AskedResponses,
  id: string,
  kind: string,
  data: Readonly<Record<string, string | number>>,
): Promise<void> {
  const { transaction, actor, now } = asked;
  await appendEvent(transaction, { kind, subject: id, actor: actorOfEvent(actor), occurredAt: now, data: { ...data } });
}

function viewOf(row: WebhookRow): WebhookView {
  return {
    id: row.id,
    version: row.version,
    url: row.url,
    ...(row.steps === null ? {} : { steps: row.steps }),
    state: row.state,
    createdAt: row.created_at.toISOString(),
    ...(row.failing_since === null ? {} : { failingSince: row.failing_since.toISOString() }),
    waiting: row.waiting,
  };
}

function deliveryOf(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    responseId: row.response_id,
    movementReference: row.mrn,
    step: row.step,
    state: row.state,
    attempts: row.attempts,
    queuedAt: row.queued_at.toISOString(),
    ...(row.state === 'queued' ? { nextAttemptAt: row.next_attempt_at.toISOString() } : {}),
    ...(row.delivered_at === null ? {} : { deliveredAt: row.delivered_at.toISOString() }),
    ...(row.last_status === null ? {} : { lastStatus: row.last_status }),
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
  };
}
