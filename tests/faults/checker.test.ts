import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeDirection, type ReceivedMessage, type SentMessage, type Side } from './checker.ts';

// The checker must be able to fail: each case is a world in which one thing is wrong.

type Change = (sender: Editable, receiver: Editable) => void;
interface Editable extends Side {
  readonly acknowledged: Map<string, string>;
  readonly accepted: Side['accepted'][number][];
  readonly sent: Map<string, SentMessage>;
  readonly received: Map<string, ReceivedMessage>;
  readonly delivered: Side['delivered'][number][];
  readonly receipted: Map<string, number>;
  readonly events: Map<string, number>;
  readonly logFaults: string[];
}

const empty = (name: string): Editable => ({
  name,
  acknowledged: new Map(),
  accepted: [],
  sent: new Map(),
  received: new Map(),
  delivered: [],
  receipted: new Map(),
  events: new Map(),
  logFaults: [],
});

/** Two documents of one conversation, in order, and one that the receiver put into quarantine. */
function goodWorld(): [Editable, Editable] {
  const [sender, receiver] = [empty('TH'), empty('VN')];
  for (const number of [1, 2, 3]) {
    const [documentId, messageId] = [`document-${number}`, `message-${number}`];
    const isPoison = number === 3;
    sender.acknowledged.set(messageId, documentId);
    sender.accepted.push({
      documentId,
      messageId,
      conversation: 'UCR-1',
      place: isPoison ? null : number,
      digest: `d${number}`,
    });
    sender.sent.set(messageId, { state: 'receipted', reason: null, bodyDigest: 'b', receiptDigest: 'r' });
    sender.receipted.set(messageId, 1);
    sender.events.set(`message.queued ${messageId}`, 1).set(`message.receipted ${messageId}`, 1);
    receiver.received.set(messageId, {
      state: isPoison ? 'quarantined' : 'delivered',
      reason: isPoison ? 'poison' : null,
      duplicates: 1,
      bodyDigest: 'b',
      receiptDigest: 'r',
    });
    receiver.events.set(`message.received ${messageId}`, 1);
    if (isPoison) receiver.events.set(`message.quarantined ${messageId}`, 1);
    else receiver.delivered.push({ documentId, messageId, digest: `d${number}` });
  }
  return [sender, receiver];
}

function sentOf(side: Editable): SentMessage {
  const message = side.sent.get('message-1');
  assert.ok(message !== undefined);
  return message;
}
function receivedOf(side: Editable, id = 'message-1'): ReceivedMessage {
  const message = side.received.get(id);
  assert.ok(message !== undefined);
  return message;
}

describe('the checker of the fault tests', () => {
  test('finds nothing in a world in which all is well, and counts', () => {
    const { violations, ...counts } = judgeDirection(...goodWorld());
    assert.deepEqual(violations, []);
    assert.deepEqual(counts, {
      sent: 3,
      delivered: 2,
      quarantined: 1,
      duplicatesSuppressed: 3,
      failed: 0,
      lost: 0,
      doubled: 0,
    });
  });

  test('counts a document as lost that is receipted and took no effect', () => {
    const [sender, receiver] = goodWorld();
    receiver.delivered.shift();
    assert.equal(judgeDirection(sender, receiver).lost, 1);
  });

  test('counts a document as lost that was acknowledged and that its sender does not know', () => {
    const [sender, receiver] = goodWorld();
    sender.accepted.shift();
    receiver.delivered.shift();
    assert.equal(judgeDirection(sender, receiver).lost, 1);
  });

  test('counts a document as doubled that took effect twice', () => {
    const [sender, receiver] = goodWorld();
    receiver.delivered.push(...receiver.delivered.slice(-1));
    assert.equal(judgeDirection(sender, receiver).doubled, 1);
  });

  test('lets a message be failed with a reason that the log tells, delivered or not', () => {
    const [sender, receiver] = goodWorld();
    Object.assign(sentOf(sender), { state: 'failed', reason: 'Given up.' });
    sender.events.set('message.failed message-1', 1);
    const judgement = judgeDirection(sender, receiver);
    assert.deepEqual([judgement.failed, judgement.violations], [1, []]);
  });

  const wrong: readonly [string, RegExp, Change][] = [
    ['a message that is gone', /message-1 of an accepted document is gone/, (s) => s.sent.delete('message-1')],
    ['a message that is stuck', /is still queued: no reason/, (s) => Object.assign(sentOf(s), { state: 'queued' })],
    [
      'a failure without a reason',
      /failed without a reason/,
      (s) => Object.assign(sentOf(s), { state: 'failed', reason: null }),
    ],
    ['bytes that are gone', /no bytes at its sender/, (s) => Object.assign(sentOf(s), { bodyDigest: null })],
    ['other bytes', /other bytes at its receiver/, (_, r) => Object.assign(receivedOf(r), { bodyDigest: 'x' })],
    ['a receipt that is gone', /without a receipt/, (s) => Object.assign(sentOf(s), { receiptDigest: null })],
    ['another receipt', /another receipt/, (_, r) => Object.assign(receivedOf(r), { receiptDigest: 'x' })],
    ['a receipt for nothing', /receiver knows nothing/, (_, r) => r.received.delete('message-1')],
    ['a journey that was told twice', /told its journey 2 times/, (s) => s.receipted.set('message-1', 2)],
    ['a journey that was not told', /told its journey 0 times/, (s) => s.receipted.delete('message-1')],
    ['a log that says less', /received 0 times/, (_, r) => r.events.delete('message.received message-1')],
    [
      'a quarantine without a reason',
      /quarantine without a reason/,
      (_, r) => Object.assign(receivedOf(r, 'message-3'), { reason: null }),
    ],
    [
      'an effect of what is in quarantine',
      /took effect all the same/,
      (_, r) => r.delivered.push({ documentId: 'document-3', messageId: 'message-3', digest: 'd3' }),
    ],
    [
      'an effect that nobody accepted',
      /was never accepted/,
      (_, r) => r.delivered.push({ documentId: 'document-9', messageId: 'message-9', digest: 'd9' }),
    ],
    [
      'other content',
      /arrived with other bytes/,
      (_, r) => r.delivered.splice(0, 1, { documentId: 'document-1', messageId: 'message-1', digest: 'x' }),
    ],
    ['the wrong order', /document 1 of UCR-1 took effect after document 2/, (_, r) => r.delivered.reverse()],
    ['a broken log', /log of TH: LOG-CHAIN-BROKEN/, (s) => s.logFaults.push('LOG-CHAIN-BROKEN at 3: broken')],
  ];
  for (const [what, expected, change] of wrong)
    test(`complains of ${what}`, () => {
      const [sender, receiver] = goodWorld();
      change(sender, receiver);
      const { violations } = judgeDirection(sender, receiver);
      assert.ok(
        violations.some((violation) => expected.test(violation)),
        `${expected} is not in ${JSON.stringify(violations)}`,
      );
    });
});
