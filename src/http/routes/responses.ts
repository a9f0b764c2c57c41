import { isArray, type JsonObject, type JsonValue } from '../../documents/json.ts';
import type { Responses } from '../../responses/responses.ts';
import type { ResponseView } from '../../responses/views.ts';
import type { Route, RouteContext } from '../route.ts';
import { ID, LINE, MOMENT, objectOf } from './shapes.ts';

const tag = 'Responses';
const text = { type: 'string' } as const;
export const STEPS: JsonObject = {
  type: 'string',
  enum: [
    ...['accepted', 'registered', 'rejected', 'control', 'documents-requested', 'result'],
    ...['released', 'cleared', 'invalidated', 'request-answered', 'duty', 'exit'],
  ],
  says: 'a step of a declaration, such as released',
};
const RESPONSE = objectOf({
  id: ID,
  movementReference: text,
  localReference: text,
  consignmentReference: text,
  step: text,
  issuedAt: MOMENT,
  content: { type: 'object', additionalProperties: true },
});
const FEED = objectOf({ items: { type: 'array', items: RESPONSE }, next: text, more: { type: 'boolean' } }, ['next']);

function idOf(context: RouteContext): string {
  return context.params['id'] ?? '';
}

function jsonOf(response: ResponseView): JsonObject {
  const content: JsonValue = JSON.parse(JSON.stringify(response.content));
  return { ...response, content };
}

/** What declarants are told of their declarations, as a feed. */
export function responseRoutes(responses: Responses): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/responses',
      operationId: 'readResponses',
      summary: 'Read what you were told of your declarations, in order',
      description:
        'Give `next` to `after` to go on: none is missed and none comes twice. When `more` is false, ask again later with the same `after`.',
      tag,
      right: 'response.read',
      query: {
        after: LINE,
        newestFirst: { type: 'string', enum: ['true', 'false'], says: 'true or false' },
        movementReference: LINE,
        step: STEPS,
        limit: {
          type: 'string',
          pattern: '^([1-9]|[1-9][0-9]|[1-4][0-9]{2}|500)$',
          says: 'a whole number from 1 to 500',
        },
      },
      replies: { 200: { description: 'Some of the feed.', schema: FEED } },
      async handle(context) {
        const { items, ...rest } = await responses.feed(context, context.query);
        return { status: 200, json: { items: items.map(jsonOf), ...rest } };
      },
    },
    {
      method: 'GET',
      path: '/api/responses/:id',
      operationId: 'readResponse',
      summary: 'Read one response',
      tag,
      right: 'response.read',
      params: { id: ID },
      replies: { 200: { description: 'What was told.', schema: RESPONSE } },
      async handle(context) {
        return { status: 200, json: jsonOf(await responses.read(context, idOf(context))) };
      },
    },
    {
      method: 'GET',
      path: '/api/responses/:id/document',
      operationId: 'readResponseDocument',
      summary: 'Read one response as XML (WCO RES-DMS:2)',
      tag,
      right: 'response.read',
      params: { id: ID },
      replies: { 200: { description: 'The response as it was written.', contentType: 'application/xml' } },
      async handle(context) {
        return {
          status: 200,
          bytes: await responses.readDocument(context, idOf(context)),
          contentType: 'application/xml',
        };
      },
    },
  ];
}

/** The steps that a body names; null for every step, undefined when it says nothing. */
export function stepsIn(body: JsonObject): readonly string[] | null | undefined {
  const steps = body['steps'];
  if (steps === undefined || steps === null) return steps;
  return isArray(steps) ? steps.filter((step) => typeof step === 'string') : undefined;
}
