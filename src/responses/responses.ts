import { Refusal } from '../documents/refusal.ts';
import type { Transaction } from '../store/transaction.ts';
import type { ResponseNotice, ResponsesParts } from './ports.ts';
import {
  type FeedPlace,
  findResponse,
  keepResponseStatement,
  type ResponseRow,
  selectFeed,
} from './response-queries.ts';
import type { DeliveryView, ResponseFeed, ResponseView, WebhookView } from './views.ts';
import { startWebhookWorker, type WebhookWorker } from './webhook-worker.ts';
import {
  type AskedResponses,
  changeSecret,
  changeWebhook,
  createWebhook,
  listDeliveries,
  listWebhooks,
  readWebhook,
  removeWebhook,
  replay,
} from './webhooks.ts';

/** What is told to declarants: kept for ever, polled, and pushed to webhooks. */
export interface Responses {
  /** Keeps a response in the transaction of its step and queues it for webhooks; it travels with the commit. */
  notify(transaction: Transaction, notice: ResponseNotice, now: Date): void;
  /**
   * The firm's responses: in order after `after`, or `newestFirst`. Going on from `next` misses none and repeats none.
   * @throws the refusal `CURSOR-UNREADABLE`
   */
  feed(asked: AskedResponses, query: Readonly<Record<string, string>>): Promise<ResponseFeed>;
  read(asked: AskedResponses, id: string): Promise<ResponseView>;
  /** The response as XML (WCO RES-DMS:2), as it was written when the step was taken. */
  readDocument(asked: AskedResponses, id: string): Promise<Buffer>;
  listWebhooks(asked: AskedResponses): Promise<readonly WebhookView[]>;
  readWebhook(asked: AskedResponses, id: string): Promise<WebhookView>;
  createWebhook(
    asked: AskedResponses,
    wanted: { readonly url: string; readonly steps: readonly string[] | null },
  ): Promise<{ readonly webhook: WebhookView; readonly secret: string }>;
  changeWebhook(
    asked: AskedResponses,
    id: string,
    version: number,
    wanted: { readonly url?: string; readonly steps?: readonly string[] | null; readonly state?: 'active' | 'paused' },
  ): Promise<WebhookView>;
  changeSecret(
    asked: AskedResponses,
    id: string,
    version: number,
  ): Promise<{ readonly webhook: WebhookView; readonly secret: string }>;
  removeWebhook(asked: AskedResponses, id: string, version: number): Promise<void>;
  listDeliveries(
    asked: AskedResponses,
    id: string,
    query: { readonly state?: string; readonly limit: number; readonly before: { at: Date; id: string } | null },
  ): Promise<readonly DeliveryView[]>;
  replay(
    asked: AskedResponses,
    id: string,
    from: Date,
    until: Date,
  ): Promise<{ readonly queued: number; readonly isAll: boolean }>;
  /** Starts to deliver to webhooks. */
  start(): void;
  /** Resolves when the tries under way have ended. */
  stop(): Promise<void>;
}

const LINES = 100;
const MOST_LINES = 500;
const PLACE = /^(\d{1,20})-(\d{1,19})$/;

/** Puts the responses of one node together. */
export function createResponses(parts: ResponsesParts): Responses {
  let worker: WebhookWorker | undefined;
  const wakeAfter = (transaction: Transaction): void => transaction.afterCommit(() => worker?.wake());
  return {
    notify(transaction, notice, now) {
      const bytes = parts.writeResponse(notice.content);
      transaction.later(keepResponseStatement(parts.newId(), notice, bytes, now));
      wakeAfter(transaction);
    },
    feed,
    read: async (asked, id) => viewOf(await seen(asked, id)),
    readDocument: async (asked, id) => (await seen(asked, id)).bytes,
    listWebhooks,
    readWebhook,
    createWebhook: (asked, wanted) => createWebhook(parts, asked, wanted),
    changeWebhook: (asked, id, version, wanted) => {
      wakeAfter(asked.transaction);
      return changeWebhook(parts, asked, id, version, wanted);
    },
    changeSecret,
    removeWebhook,
    listDeliveries,
    replay: (asked, id, from, until) => {
      wakeAfter(asked.transaction);
      return replay(asked, id, from, until);
    },
    start() {
      worker ??= startWebhookWorker(parts);
    },
    async stop() {
      await worker?.stop();
      worker = undefined;
    },
  };
}

async function feed(asked: AskedResponses, query: Readonly<Record<string, string>>): Promise<ResponseFeed> {
  if (asked.actor.firmId === null) return { items: [], more: false };
  const limit = Math.min(Number(query['limit'] ?? LINES), MOST_LINES);
  const after = placeOf(query['after']);
  const rows = await selectFeed(asked.transaction, asked.actor, asked.now, {
    after,
    newestFirst: query['newestFirst'] === 'true',
    movementReference: query['movementReference'] ?? null,
    step: query['step'] ?? null,
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = last === undefined ? query['after'] : `${last.written_by}-${last.position}`;
  return { items: page.map(viewOf), ...(next === undefined ? {} : { next }), more: rows.length > limit };
}

function placeOf(text: string | undefined): FeedPlace | null {
  if (text === undefined) return null;
  const [, writtenBy, position] = PLACE.exec(text) ?? [];
  if (writtenBy === undefined || position === undefined || BigInt(writtenBy) > 2n ** 64n - 1n)
    throw new Refusal('malformed', 'CURSOR-UNREADABLE', 'Give to `after` exactly what `next` of the page before said.');
  return { writtenBy, position };
}

async function seen(asked: AskedResponses, id: string) {
  const row = await findResponse(asked.transaction, asked.actor, asked.now, id);
  if (row === undefined)
    throw new Refusal('not-found', 'RESPONSE-NOT-FOUND', 'There is no such response that you can see.');
  return row;
}

function viewOf(row: ResponseRow): ResponseView {
  return {
    id: row.id,
    movementReference: row.mrn,
    localReference: row.lrn,
    consignmentReference: row.consignment_reference,
    step: row.step,
    issuedAt: row.issued_at.toISOString(),
    content: row.content,
  };
}
