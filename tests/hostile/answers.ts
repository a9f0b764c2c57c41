import assert from 'node:assert/strict';
import { checkBytes } from '../../src/documents/check.ts';
import type { ApplicationResponse } from '../../src/documents/types.ts';
import { RESPONSE_ACTION } from '../../src/issuance/ports.ts';
import type { RunningNode } from '../../src/node/start-node.ts';
import { verifySeal } from '../../src/seal/verify-seal.ts';
import { queueSent } from './support.ts';

/** The ApplicationResponse that went back over a delivered document. */
export interface SentAnswer {
  readonly response: ApplicationResponse;
  /** Step and code of the first failure, such as `seal SEAL-MISSING`; empty when nothing failed. */
  readonly failure: string;
}

/**
 * The answer of a node to a document that it was delivered: exactly one was made, sealed and valid, sent to the node that
 * delivered the document, and arrived there.
 */
export async function answerTo(receiver: RunningNode, sender: RunningNode, messageId: string): Promise<SentAnswer> {
  await queueSent(receiver);
  const { rows: made } = await receiver.pool.query<{ bytes: Buffer }>({
    text: `select bytes from documents
      where kind = 'application-response' and position(convert_to($1, 'UTF8') in bytes) > 0`,
    values: [messageId],
  });
  const [{ bytes } = { bytes: Buffer.alloc(0) }, ...more] = made;
  assert.equal(more.length, 0);
  assert.ok(verifySeal(bytes).ok, 'there is no answer with a good seal');
  const checked = checkBytes(bytes);
  assert.deepEqual([checked.kind, checked.faults], ['application-response', []]);
  const response: ApplicationResponse = JSON.parse(JSON.stringify(checked.json));
  assert.equal(response.responseTo.messageId, messageId);
  assert.deepEqual(
    [response.sender.country, response.receiver.country],
    [receiver.configuration.country, sender.configuration.country],
  );
  const { rows: told } = await receiver.pool.query<{ answer: string }>({
    text: `select data ->> 'answerMessageId' as answer from events
      where data ->> 'answerMessageId' is not null and data ->> 'documentDigest' = $1`,
    values: [response.responseTo.documentDigest],
  });
  assert.ok(told.length > 0, 'the answer is not noted');
  const { rows: sent } = await receiver.pool.query({
    text: `select 1 from outgoing_messages
      where message_id = any($1) and partner = $2 and action = $3 and state = 'receipted'`,
    values: [told.map((one) => one.answer), sender.configuration.country, RESPONSE_ACTION],
  });
  const { rows: arrived } = await sender.pool.query({
    text: 'select 1 from incoming_messages where message_id = any($1) and action = $2',
    values: [told.map((one) => one.answer), RESPONSE_ACTION],
  });
  assert.deepEqual([sent.length, arrived.length], [told.length, told.length]);
  const failed = response.steps.find((one) => one.verdict === 'failed');
  return { response, failure: failed === undefined ? '' : `${failed.step} ${failed.code}` };
}
