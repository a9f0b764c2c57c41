import type { JsonObject } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import type { Operations } from '../../exchange/operations/operations.ts';
import { bodyObject, textOf } from '../body.ts';
import type { AlarmLine } from '../node-description.ts';
import type { Route } from '../route.ts';
import { actOf } from './operation-shapes.ts';
import { LINE, MOMENT, objectOf, orNull } from './shapes.ts';

const TEXT: JsonObject = { type: 'string' };
const ALARM = objectOf({
  code: { type: 'string', description: 'What rings; docs/operators.md lists them.' },
  severity: { type: 'string', enum: ['urgent', 'warning'], description: 'Urgent: now, also at night. Warning: today.' },
  about: { type: 'string', description: 'The partner or thing concerned; empty for the node itself.' },
  since: orNull(MOMENT),
  count: { type: 'integer' },
  means: TEXT,
  doNow: TEXT,
  id: {
    type: ['string', 'null'],
    description: 'To acknowledge it by; null for one that ends when things are well again.',
  },
});
const ALARMS = objectOf({
  state: { type: 'string', enum: ['quiet', 'warning', 'urgent'] },
  items: { type: 'array', items: ALARM },
});
const ACKNOWLEDGED = objectOf({ acknowledged: { type: 'integer', description: 'How many alike ones.' } });
const NOTE = objectOf({
  note: { ...LINE, maxLength: 500, says: 'a note of 1 to 500 characters, all of them visible' },
});

function alarmJson(alarm: AlarmLine): JsonObject {
  return { ...alarm, since: alarm.since?.toISOString() ?? null };
}

/** What a person must look at, and what to do. */
export function alarmRoutes(alarms: () => Promise<readonly AlarmLine[]>, operations: Operations): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/alarms',
      operationId: 'listAlarms',
      summary: 'What needs a person: what it means and what to do now',
      tag: 'Node',
      right: 'alarm.read',
      replies: { 200: { description: 'Urgent ones first, the oldest first.', schema: ALARMS } },
      async handle() {
        const items = await alarms();
        const state = items.some(({ severity }) => severity === 'urgent')
          ? 'urgent'
          : items.length > 0
            ? 'warning'
            : 'quiet';
        return { status: 200, json: { state, items: items.map(alarmJson) } };
      },
    },
    {
      method: 'POST',
      path: '/api/alarms/:id/acknowledge',
      operationId: 'acknowledgeAlarm',
      summary: 'Say that an alarm of the log was seen and what was done; it rings no more',
      description: 'Reaches over all alike that came before it. What comes afterwards rings anew.',
      tag: 'Node',
      right: 'alarm.acknowledge',
      requestBody: NOTE,
      replies: { 200: { description: 'Acknowledged.', schema: ACKNOWLEDGED } },
      async handle(context) {
        const id = context.params['id'] ?? '';
        if (!/^[1-9][0-9]{0,17}$/.test(id))
          throw new Refusal(
            'not-found',
            'ALARM-NOT-FOUND',
            'An alarm of the log has a number; GET /api/alarms says which.',
          );
        const { actor, now } = actOf(context);
        const note = textOf(bodyObject(context.body), 'note').normalize('NFC');
        return {
          status: 200,
          json: { acknowledged: await operations.acknowledge(context.transaction, id, { actor, now, note }) },
        };
      },
    },
  ];
}
