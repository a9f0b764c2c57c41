import { Readable } from 'node:stream';
import type { JsonObject } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import type { Act } from '../../exchange/operations/acts.ts';
import {
  CURSOR_LENGTH,
  type Direction,
  INCOMING_STATES,
  listMessages,
  type MessageState,
  OUTGOING_STATES,
  readMessageCursor,
} from '../../exchange/operations/list-messages.ts';
import { type KeptBytes, readMessage, readReceiptBytes } from '../../exchange/operations/message-record.ts';
import type { Operations } from '../../exchange/operations/operations.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Reply, Route, RouteContext } from '../route.ts';
import {
  actOf,
  DIRECTION,
  MESSAGE,
  MESSAGE_PAGE,
  messageJson,
  pageJson,
  STATE,
  WITH_OPTIONAL_REASON,
  WITH_REASON,
} from './operation-shapes.ts';
import { COUNTRY, MOMENT } from './shapes.ts';

export const PAGE_LIMIT: JsonObject = {
  type: 'string',
  pattern: '^([1-9][0-9]?|1[0-9]{2}|200)$',
  says: 'a whole number from 1 to 200',
  description: 'Lines of a page; 50 unless told.',
};
export const PAGE_AFTER: JsonObject = {
  type: 'string',
  maxLength: CURSOR_LENGTH,
  description: '`next` of the page before.',
};

const BY_DIRECTION = {
  direction: { ...DIRECTION, description: 'Only needed where a partner chose an id that is also one of ours.' },
};

const MESSAGE_PARTS = {
  tag: 'Messages',
  opaqueParams: ['id'],
} as const;

function directionIn(query: RouteContext['query']): Direction | undefined {
  const { direction } = query;
  return direction === 'out' || direction === 'in' ? direction : undefined;
}

function stateIn(query: RouteContext['query']): MessageState | undefined {
  const { state } = query;
  const states: readonly MessageState[] = [...OUTGOING_STATES, ...INCOMING_STATES];
  return states.find((each) => each === state);
}

function momentIn(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

/** Lines of a page that a query asks for. */
export function limitIn(query: RouteContext['query']): number {
  return Number(query['limit'] ?? '50');
}

function idIn({ params }: RouteContext): string {
  return params['id'] ?? '';
}

/** Bytes that a partner made are given to be kept, never to be shown. */
function download({ bytes }: KeptBytes, id: string, suffix: string): Reply {
  return { status: 200, bytes, contentType: 'application/octet-stream', headers: asFile(id, suffix) };
}

function asFile(id: string, suffix: string): Record<string, string> {
  const name = id.replaceAll(/[^A-Za-z0-9.@-]/g, '_').slice(0, 100);
  return { 'Content-Disposition': `attachment; filename="${name}.${suffix}"` };
}

/** Messages in and out, for the operator of the node. */
export function messageRoutes(operations: Operations): Route[] {
  const act = (
    path: string,
    operationId: string,
    summary: string,
    reason: 'needed' | 'welcome',
    work: (transaction: Transaction, id: string, act: Act) => Promise<Direction>,
  ): Route => ({
    ...MESSAGE_PARTS,
    method: 'POST',
    path: `/api/messages/:id/${path}`,
    operationId,
    summary,
    right: 'message.manage',
    requestBody: reason === 'needed' ? WITH_REASON : WITH_OPTIONAL_REASON,
    ...(reason === 'needed' ? {} : { bodyOptional: true }),
    replies: { 200: { description: 'The message as it stands now.', schema: MESSAGE } },
    async handle(context) {
      const { transaction } = context;
      const direction = await work(transaction, idIn(context), actOf(context));
      return { status: 200, json: messageJson(await readMessage(transaction, idIn(context), direction)) };
    },
  });
  const outgoing =
    (work: (transaction: Transaction, id: string, act: Act) => Promise<void>) =>
    async (transaction: Transaction, id: string, act: Act): Promise<Direction> => {
      await work(transaction, id, act);
      return 'out';
    };
  return [
    {
      method: 'GET',
      path: '/api/messages',
      operationId: 'listMessages',
      summary: 'Messages in and out, newest first, page by page',
      description:
        'Every page costs the same, however many messages there are. With service, action or a state that most messages are in, a page looks at 5,000 messages at most and may be short: go on as long as there is a next one.',
      tag: 'Messages',
      right: 'message.read',
      query: {
        direction: DIRECTION,
        partner: COUNTRY,
        state: STATE,
        conversation: { type: 'string', minLength: 1, maxLength: 500, description: 'Unique consignment reference.' },
        service: { type: 'string', minLength: 1, maxLength: 250 },
        action: { type: 'string', minLength: 1, maxLength: 250 },
        since: { ...MOMENT, description: 'Queued or received at this moment or later.' },
        until: { ...MOMENT, description: 'Queued or received before this moment.' },
        after: PAGE_AFTER,
        limit: PAGE_LIMIT,
      },
      replies: { 200: { description: 'One page.', schema: MESSAGE_PAGE } },
      async handle({ query, transaction }) {
        const filter = {
          direction: directionIn(query),
          partner: query['partner'],
          state: stateIn(query),
          conversation: query['conversation'],
          service: query['service'],
          action: query['action'],
          since: momentIn(query['since']),
          until: momentIn(query['until']),
        };
        const page = { after: readMessageCursor(query['after']), limit: limitIn(query) };
        return { status: 200, json: pageJson(await listMessages(transaction, filter, page)) };
      },
    },
    {
      ...MESSAGE_PARTS,
      method: 'GET',
      path: '/api/messages/:id',
      operationId: 'readMessage',
      summary: 'One message: how it stands, its failed tries, receipt and events',
      right: 'message.read',
      query: BY_DIRECTION,
      replies: { 200: { description: 'The message.', schema: MESSAGE }, 409: { description: 'Say which direction.' } },
      async handle(context) {
        const message = await readMessage(context.transaction, idIn(context), directionIn(context.query));
        return { status: 200, json: messageJson(message) };
      },
    },
    {
      ...MESSAGE_PARTS,
      method: 'GET',
      path: '/api/messages/:id/bytes',
      operationId: 'readMessageBytes',
      summary: 'The message byte for byte as it went over the wire',
      description: 'Its media type, with the MIME boundary, is `contentType` of the message.',
      right: 'message.read',
      query: BY_DIRECTION,
      replies: { 200: { description: 'The bytes.', contentType: 'application/octet-stream' } },
      async handle(context) {
        const id = idIn(context);
        const { content } = await operations.readWire(id, directionIn(context.query));
        return {
          status: 200,
          stream: Readable.from(content.stream(), { objectMode: false }),
          contentType: 'application/octet-stream',
          length: content.size,
          headers: asFile(id, 'mime'),
        };
      },
    },
    {
      ...MESSAGE_PARTS,
      method: 'GET',
      path: '/api/messages/:id/receipt',
      operationId: 'readMessageReceipt',
      summary: 'The signed receipt byte for byte: the one the partner gave, or the one we gave',
      right: 'message.read',
      query: BY_DIRECTION,
      replies: { 200: { description: 'The bytes.', contentType: 'application/octet-stream' } },
      async handle(context) {
        const id = idIn(context);
        return download(await readReceiptBytes(context.transaction, id, directionIn(context.query)), id, 'xml');
      },
    },
    act(
      'resend',
      'resendMessage',
      'Send a failed message again: the same bytes, a new window',
      'needed',
      outgoing(operations.sendAgain),
    ),
    act('hold', 'holdMessage', 'Hold a queued message until it is released', 'needed', outgoing(operations.hold)),
    act('release', 'releaseMessage', 'Release a held message', 'welcome', outgoing(operations.release)),
    act(
      'dismiss',
      'dismissMessage',
      'Say of a failed or quarantined message that nothing more is to be done with it',
      'needed',
      operations.dismiss,
    ),
  ];
}

/** A body that must give a reason; the framework has checked that it does. */
export function reasonOf(act: Act): string {
  if (act.reason === undefined) throw new Refusal('invalid', 'BODY-INVALID', 'The body has no fitting "reason".');
  return act.reason;
}
