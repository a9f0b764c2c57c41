import type { JsonObject } from '../../documents/json.ts';
import type { Operations } from '../../exchange/operations/operations.ts';
import type { PingResult } from '../../exchange/sending/ping.ts';
import type { EventActor } from '../../store/log.ts';
import type { Route } from '../route.ts';
import { reasonOf } from './messages.ts';
import { actOf, WITH_OPTIONAL_REASON, WITH_REASON } from './operation-shapes.ts';
import { COUNTRY, MOMENT, objectOf } from './shapes.ts';

/** How long a ping waits for its receipt, in milliseconds: less than a proxy in front usually waits. */
export const PING_WAIT_MILLISECONDS = 15_000;

const TEXT: JsonObject = { type: 'string' };
const PING = objectOf({
  country: COUNTRY,
  endpoint: TEXT,
  messageId: TEXT,
  sentAt: MOMENT,
  receipt: {
    ...objectOf({ id: TEXT, at: MOMENT, milliseconds: { type: 'integer' } }),
    type: ['object', 'null'],
    description: 'The checked receipt, and how long it took from the beginning of the try; null when none came.',
  },
  error: { ...objectOf({ code: TEXT, reason: TEXT }), type: ['object', 'null'] },
});
const HELD = objectOf({ country: COUNTRY, held: { type: 'boolean' } });

function pingJson(result: PingResult): JsonObject {
  const { receipt, error } = result;
  return {
    country: result.country,
    endpoint: result.endpoint,
    messageId: result.messageId,
    sentAt: result.sentAt.toISOString(),
    receipt:
      receipt === null
        ? null
        : { id: receipt.messageId, at: receipt.at.toISOString(), milliseconds: receipt.milliseconds },
    error: error === null ? null : { ...error },
  };
}

/** What the operator does to a partner. */
export function partnerActRoutes(
  operations: Operations,
  ping: (country: string, actor: EventActor, waitMilliseconds: number) => Promise<PingResult>,
): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/partners/:country/hold',
      operationId: 'holdPartner',
      summary: 'Send nothing to a partner until it is released',
      description: 'Messages go on being queued for it; a try that is under way is not called back.',
      tag: 'Node',
      right: 'partner.manage',
      requestBody: WITH_REASON,
      replies: { 200: { description: 'It is held.', schema: HELD } },
      async handle(context) {
        const country = context.params['country'] ?? '';
        const act = actOf(context);
        await operations.holdPartner(context.transaction, country, { ...act, reason: reasonOf(act) });
        return { status: 200, json: { country, held: true } };
      },
    },
    {
      method: 'POST',
      path: '/api/partners/:country/release',
      operationId: 'releasePartner',
      summary: 'Send to a held partner again, at once',
      description: 'What waits for it has a day left at least, so that nothing fails because it was held.',
      tag: 'Node',
      right: 'partner.manage',
      requestBody: WITH_OPTIONAL_REASON,
      bodyOptional: true,
      replies: { 200: { description: 'It is not held any more.', schema: HELD } },
      async handle(context) {
        const country = context.params['country'] ?? '';
        await operations.releasePartner(context.transaction, country, actOf(context));
        return { status: 200, json: { country, held: false } };
      },
    },
    {
      method: 'POST',
      path: '/api/partners/:country/ping',
      operationId: 'pingPartner',
      summary: 'Send a partner a test message, and tell how its receipt came',
      description: `The message goes to the partner’s test service (ebMS 3.0 Core §5.2.2.8) past queue and hold, is tried once, and is delivered to nobody. The answer comes with the receipt, or after ${PING_WAIT_MILLISECONDS / 1_000} s at the latest.`,
      tag: 'Node',
      right: 'partner.manage',
      repeatable: 'Every ping is a message of its own that has no effect at the partner.',
      transactions: 'own',
      requestBody: { type: 'object', additionalProperties: false },
      bodyOptional: true,
      replies: { 200: { description: 'How it went; `receipt` or `error` is there.', schema: PING } },
      async handle(context) {
        const { actor } = actOf(context);
        return {
          status: 200,
          json: pingJson(await ping(context.params['country'] ?? '', actor, PING_WAIT_MILLISECONDS)),
        };
      },
    },
  ];
}
