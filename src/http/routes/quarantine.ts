import { listMessages, readMessageCursor } from '../../exchange/operations/list-messages.ts';
import { readMessage } from '../../exchange/operations/message-record.ts';
import type { Operations } from '../../exchange/operations/operations.ts';
import type { Route } from '../route.ts';
import { limitIn, PAGE_AFTER, PAGE_LIMIT } from './messages.ts';
import {
  actOf,
  MESSAGE,
  MESSAGE_PAGE,
  messageJson,
  pageJson,
  WITH_OPTIONAL_REASON,
  WITH_REASON,
} from './operation-shapes.ts';
import { COUNTRY, objectOf } from './shapes.ts';

const AGAIN = objectOf({
  outcome: {
    type: 'string',
    enum: ['delivered', 'quarantined'],
    description: '`quarantined`: it was not taken this time either; the message’s error says why.',
  },
  message: MESSAGE,
});

/** Messages that were receipted and that no journey could take. */
export function quarantineRoutes(operations: Operations): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/quarantine',
      operationId: 'listQuarantine',
      summary: 'Messages that were receipted and that no journey could take, newest first',
      tag: 'Messages',
      right: 'message.read',
      query: { partner: COUNTRY, after: PAGE_AFTER, limit: PAGE_LIMIT },
      replies: { 200: { description: 'One page.', schema: MESSAGE_PAGE } },
      async handle({ query, transaction }) {
        const filter = { direction: 'in', state: 'quarantined', partner: query['partner'] } as const;
        const page = { after: readMessageCursor(query['after']), limit: limitIn(query) };
        return { status: 200, json: pageJson(await listMessages(transaction, filter, page)) };
      },
    },
    {
      method: 'POST',
      path: '/api/quarantine/:id/deliver',
      operationId: 'deliverAgain',
      summary: 'Hand a message from the quarantine to its journey once more, from the bytes as they came',
      tag: 'Messages',
      right: 'message.manage',
      opaqueParams: ['id'],
      requestBody: WITH_OPTIONAL_REASON,
      bodyOptional: true,
      replies: { 200: { description: 'What came of it, and the message as it stands now.', schema: AGAIN } },
      async handle(context) {
        const { transaction, params } = context;
        const id = params['id'] ?? '';
        const { state } = await operations.deliverAgain(transaction, id, actOf(context));
        return {
          status: 200,
          json: { outcome: state, message: messageJson(await readMessage(transaction, id, 'in')) },
        };
      },
    },
    {
      method: 'POST',
      path: '/api/quarantine/:id/dismiss',
      operationId: 'dismissQuarantined',
      summary: 'Take a message out of the quarantine without delivering it',
      tag: 'Messages',
      right: 'message.manage',
      opaqueParams: ['id'],
      requestBody: WITH_REASON,
      replies: { 200: { description: 'The message as it stands now.', schema: MESSAGE } },
      async handle(context) {
        const { transaction, params } = context;
        const id = params['id'] ?? '';
        await operations.dismissQuarantined(transaction, id, actOf(context));
        return { status: 200, json: messageJson(await readMessage(transaction, id, 'in')) };
      },
    },
  ];
}
