import type { JsonObject } from '../../documents/json.ts';
import type { Responses } from '../../responses/responses.ts';
import type { WebhookView } from '../../responses/views.ts';
import { readCursor, writeCursor } from '../../store/cursor.ts';
import { bodyObject, momentOf, textOf } from '../body.ts';
import type { Route, RouteContext } from '../route.ts';
import { STEPS, stepsIn } from './responses.ts';
import { ID, LINE, listOf, MOMENT, objectOf } from './shapes.ts';

const tag = 'Webhooks';
const right = 'webhook.manage';
const URL_SHAPE: JsonObject = { type: 'string', minLength: 1, maxLength: 500, says: 'an https:// address' };
const STEPS_OR_ALL: JsonObject = {
  type: ['array', 'null'],
  minItems: 1,
  uniqueItems: true,
  items: STEPS,
  description: 'Only these steps; null: every step.',
};
const STATE: JsonObject = { type: 'string', enum: ['active', 'paused'], says: 'active or paused' };
const PROPERTIES = {
  id: ID,
  version: { type: 'integer' },
  url: { type: 'string' },
  steps: { type: 'array', items: { type: 'string' } },
  state: STATE,
  createdAt: MOMENT,
  failingSince: MOMENT,
  waiting: { type: 'integer', description: 'Deliveries that wait, counted up to 1,000.' },
} as const;
const WEBHOOK = objectOf(PROPERTIES, ['steps', 'failingSince']);
const WITH_SECRET = objectOf(
  { ...PROPERTIES, secret: { type: 'string', description: 'Signs the deliveries; shown this once.' } },
  ['steps', 'failingSince', 'secret'],
);
const DELIVERY = objectOf(
  {
    id: ID,
    responseId: ID,
    movementReference: { type: 'string' },
    step: { type: 'string' },
    state: { type: 'string', enum: ['queued', 'delivered', 'failed'] },
    attempts: { type: 'integer' },
    queuedAt: MOMENT,
    nextAttemptAt: MOMENT,
    deliveredAt: MOMENT,
    lastStatus: { type: 'integer' },
    lastError: { type: 'string' },
  },
  ['nextAttemptAt', 'deliveredAt', 'lastStatus', 'lastError'],
);
const LINES = 50;

function idOf(context: RouteContext): string {
  return context.params['id'] ?? '';
}

function jsonOf({ steps, ...webhook }: WebhookView): JsonObject {
  return { ...webhook, ...(steps === undefined ? {} : { steps: [...steps] }) };
}

function versionOf(context: RouteContext): number {
  return context.ifMatch ?? 0;
}

/** Webhooks of a firm: where its programs are told of responses, what was delivered, and once more. */
export function webhookRoutes(responses: Responses): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/webhooks',
      operationId: 'listWebhooks',
      summary: "Your firm's webhooks",
      tag,
      right,
      replies: { 200: { description: 'Newest first, with what waits for each.', schema: listOf(WEBHOOK) } },
      async handle(context) {
        return { status: 200, json: { items: (await responses.listWebhooks(context)).map(jsonOf) } };
      },
    },
    {
      method: 'POST',
      path: '/api/webhooks',
      operationId: 'createWebhook',
      summary: 'Be told of responses at an address of yours',
      description:
        'Each delivery is a POST of JSON, signed as Standard Webhooks 1.0.0 says (webhook-id, webhook-timestamp, webhook-signature). Answer with 2xx to take it; else it is tried again for three days.',
      tag,
      right,
      requestBody: objectOf({ url: URL_SHAPE, steps: STEPS_OR_ALL }, ['steps']),
      replies: { 201: { description: 'Made; `secret` signs the deliveries.', schema: WITH_SECRET } },
      async handle(context) {
        const body = bodyObject(context.body);
        const wanted = { url: textOf(body, 'url'), steps: stepsIn(body) ?? null };
        const { webhook, secret } = await responses.createWebhook(context, wanted);
        return {
          status: 201,
          json: jsonOf(webhook),
          shownOnce: { secret },
          version: webhook.version,
          location: `/api/webhooks/${webhook.id}`,
        };
      },
    },
    {
      method: 'GET',
      path: '/api/webhooks/:id',
      operationId: 'readWebhook',
      summary: 'One webhook',
      tag,
      right,
      params: { id: ID },
      replies: { 200: { description: 'How it stands.', schema: WEBHOOK } },
      async handle(context) {
        const webhook = await responses.readWebhook(context, idOf(context));
        return { status: 200, json: jsonOf(webhook), version: webhook.version };
      },
    },
    {
      method: 'PUT',
      path: '/api/webhooks/:id',
      operationId: 'changeWebhook',
      summary: 'Change address, steps or state; pause it, let it go on',
      tag,
      right,
      params: { id: ID },
      ifMatch: 'required',
      requestBody: objectOf({ url: URL_SHAPE, steps: STEPS_OR_ALL, state: STATE }, ['url', 'steps', 'state']),
      replies: { 200: { description: 'Changed.', schema: WEBHOOK } },
      async handle(context) {
        const body = bodyObject(context.body);
        const steps = stepsIn(body);
        const webhook = await responses.changeWebhook(context, idOf(context), versionOf(context), {
          ...(body['url'] === undefined ? {} : { url: textOf(body, 'url') }),
          ...(steps === undefined ? {} : { steps }),
          ...(body['state'] === undefined ? {} : { state: textOf(body, 'state') === 'paused' ? 'paused' : 'active' }),
        });
        return { status: 200, json: jsonOf(webhook), version: webhook.version };
      },
    },
    {
      method: 'DELETE',
      path: '/api/webhooks/:id',
      operationId: 'removeWebhook',
      summary: 'Take a webhook away',
      tag,
      right,
      params: { id: ID },
      ifMatch: 'required',
      replies: { 204: { description: 'Taken away; what waited is not delivered any more.' } },
      async handle(context) {
        await responses.removeWebhook(context, idOf(context), versionOf(context));
        return { status: 204 };
      },
    },
    {
      method: 'POST',
      path: '/api/webhooks/:id/secret',
      operationId: 'changeWebhookSecret',
      summary: 'Give a webhook a new secret',
      description: 'For a day deliveries are signed with both, so that nothing is lost while you change over.',
      tag,
      right,
      params: { id: ID },
      ifMatch: 'required',
      replies: { 200: { description: 'Changed.', schema: WITH_SECRET } },
      async handle(context) {
        const { webhook, secret } = await responses.changeSecret(context, idOf(context), versionOf(context));
        return { status: 200, json: jsonOf(webhook), shownOnce: { secret }, version: webhook.version };
      },
    },
    {
      method: 'GET',
      path: '/api/webhooks/:id/deliveries',
      operationId: 'listWebhookDeliveries',
      summary: 'What was delivered, what waits, and why',
      tag,
      right,
      params: { id: ID },
      query: {
        state: { type: 'string', enum: ['queued', 'delivered', 'failed'], says: 'queued, delivered or failed' },
        after: LINE,
      },
      replies: {
        200: {
          description: 'Newest first; `next` is given to `after` for the following page.',
          schema: objectOf({ items: { type: 'array', items: DELIVERY }, next: { type: 'string' } }, ['next']),
        },
      },
      async handle(context) {
        const state = context.query['state'];
        const deliveries = await responses.listDeliveries(context, idOf(context), {
          ...(state === undefined ? {} : { state }),
          limit: LINES + 1,
          before: readCursor(context.query['after']),
        });
        const items = deliveries.slice(0, LINES).map((one) => ({ ...one }));
        const last = deliveries.length > LINES ? items.at(-1) : undefined;
        const next = last === undefined ? {} : { next: writeCursor({ at: new Date(last.queuedAt), id: last.id }) };
        return { status: 200, json: { items, ...next } };
      },
    },
    {
      method: 'POST',
      path: '/api/webhooks/:id/replay',
      operationId: 'replayWebhook',
      summary: 'Deliver the responses of a time once more',
      tag,
      right,
      params: { id: ID },
      requestBody: objectOf({ from: MOMENT, until: MOMENT }),
      replies: {
        202: {
          description: 'Queued, in their order; `isAll` is false when there are more than one replay takes.',
          schema: objectOf({ queued: { type: 'integer' }, isAll: { type: 'boolean' } }),
        },
      },
      async handle(context) {
        const body = bodyObject(context.body);
        const done = await responses.replay(context, idOf(context), momentOf(body, 'from'), momentOf(body, 'until'));
        return { status: 202, json: { ...done } };
      },
    },
  ];
}
