import assert from 'node:assert/strict';
import { digestOf, payloads } from '../payloads.ts';
import type { Ground } from './ground.ts';

/**
 * phase4 pulls (One-Way/Pull): the message that waits for it, whose receipt comes in a request of its own and must be
 * good for Selat; then a warning that nothing waits.
 */
export async function pulledByPhase4(
  { selat, glue }: Ground,
  { name, member }: Ground['pullers'][number],
): Promise<string> {
  const sent = payloads(3, 6_144);
  const properties = { customs: 'x' };
  const messageId = await selat.enqueue({ to: member, conversationId: 'UCR-1', properties, payloads: sent });
  const pulled = await glue.pull({ as: name, endpoint: selat.endpoint });
  assert.equal(pulled.messageId, messageId, `phase4 says ${JSON.stringify(pulled)}`);
  const told = await glue.told(messageId);
  assert.equal(told.event, 'received');
  if (told.event !== 'received') return '';
  assert.deepEqual(
    [told.signed, told.decrypted, told.conversationId, told.properties['customs']],
    [true, true, 'UCR-1', 'x'],
  );
  assert.deepEqual(
    told.payloads.map((payload) => payload.sha256),
    sent.map((payload) => digestOf(payload.bytes)),
  );
  const outcome = await selat.outcome(messageId);
  assert.equal(
    outcome.state,
    'receipted',
    `${JSON.stringify(outcome)}; the receipt was answered ${pulled.receiptAnswer}`,
  );
  const nothing = await glue.pull({ as: name, endpoint: selat.endpoint });
  const [warning] = nothing.errors ?? [];
  assert.deepEqual(
    [warning?.code, warning?.severity],
    ['EBMS:0006', 'warning'],
    `phase4 says ${JSON.stringify(nothing)}`,
  );
  return `the receipt was answered ${pulled.receiptAnswer?.trim()}; then ${warning?.code}: ${warning?.description}`;
}
