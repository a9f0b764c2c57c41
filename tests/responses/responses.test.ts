import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { responseRoutes } from '../../src/http/routes/responses.ts';
import { webhookRoutes } from '../../src/http/routes/webhooks.ts';
import type { ResponsesParts } from '../../src/responses/ports.ts';
import { createResponses, type Responses } from '../../src/responses/responses.ts';
import { deliverDue, nextTryAt } from '../../src/responses/webhook-worker.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { startTestNode, type TestNode } from '../http/test-node.ts';
import { isSignedWith, notice, type Receiver, startReceiver } from './support.ts';

let node: TestNode;
let receiver: Receiver;
let responses: Responses;
let parts: ResponsesParts;
let firm: string;
let otherFirm: string;
let brokerFirm: string;
let cookie: string;
let otherCookie: string;
let brokerCookie: string;
let serial = 0;
let mrn = '';

before(async () => {
  receiver = await startReceiver();
  parts = {
    get pool() {
      return node.pool;
    },
    writeResponse: (content) => Buffer.from(`<Response><ID>${content.responseReference}</ID></Response>`),
    webhooks: { privateAddresses: 'allowed' },
    clock: () => node.now,
    newId: randomUUID,
    onError: (error) => assert.fail(String(error)),
  };
  responses = createResponses(parts);
  node = await startTestNode({ journeys: [...responseRoutes(responses), ...webhookRoutes(responses)] });
  [firm, otherFirm, brokerFirm] = [await node.firm(), await node.firm(), await node.firm()];
  cookie = await node.signIn(await node.enter('trader', { firmId: firm }));
  otherCookie = await node.signIn(await node.enter('trader', { firmId: otherFirm }));
  brokerCookie = await node.signIn(await node.enter('broker', { firmId: brokerFirm }));
});
after(async () => {
  await receiver.stop();
  await node.stop();
});
beforeEach(async () => {
  serial += 1;
  node.now = new Date(node.now.getTime() + 2_000);
  mrn = `26VN${String(serial).padStart(14, '0')}`;
  receiver.taken.length = 0;
  receiver.answer = (response) => void response.writeHead(204).end();
  await node.pool.query({ text: `update webhooks set state = 'removed'` });
  await node.pool.query({ text: `update webhook_deliveries set state = 'failed' where state = 'queued'` });
});

/** Told, and in the feed: it waits for every transaction of the server that began before, also in other databases. */
const tell = async (firmIds: readonly string[], step: Parameters<typeof notice>[2], at = node.now): Promise<void> => {
  await inTransaction(node.pool, async (transaction) =>
    responses.notify(transaction, notice(firmIds, mrn, step, at), at),
  );
  for (let waits = 0; waits < 500; waits += 1) {
    const { rows } = await node.pool.query<{ seen: boolean }>({
      text: `select coalesce(bool_and(written_by < pg_snapshot_xmin(pg_current_snapshot())), false) as seen
        from responses where mrn = $1`,
      values: [mrn],
    });
    if (rows[0]?.seen === true) return;
    await pause(10);
  }
};
/** Told in a transaction that does not wait for others. */
const tellBehind = (firmIds: readonly string[], step: Parameters<typeof notice>[2], at = node.now): Promise<void> =>
  inTransaction(node.pool, async (transaction) => responses.notify(transaction, notice(firmIds, mrn, step, at), at));
const get = (path: string, as = cookie) => node.agent().get(path).set('Cookie', as);
const post = (path: string, body: object | undefined, as = cookie) =>
  node.agent().post(path).set('Cookie', as).set('Idempotency-Key', randomUUID()).send(body);
const makeWebhook = async (body: object = {}, as = cookie) => {
  const made = await post('/api/webhooks', { url: receiver.url, ...body }, as);
  assert.equal(made.status, 201, made.text);
  return made.body;
};
const stepsOf = async (as = cookie): Promise<string[]> =>
  (await get(`/api/responses?movementReference=${mrn}`, as)).body.items.map((one: { step: string }) => one.step);

describe('the feed of responses', () => {
  test('gives a declarant every response of its declarations in order', async () => {
    for (const step of ['accepted', 'control', 'released'] as const) await tell([firm], step);
    assert.deepEqual(await stepsOf(), ['accepted', 'control', 'released']);
  });

  test('goes on from where the reader stopped: none is missed and none comes twice', async () => {
    for (const step of ['accepted', 'control', 'duty', 'released'] as const) await tell([firm], step);
    const seen: string[] = [];
    let after = '';
    for (let reads = 0; reads < 4; reads += 1) {
      const path = `/api/responses?movementReference=${mrn}&limit=2${after === '' ? '' : `&after=${after}`}`;
      const { body } = await get(path);
      seen.push(...body.items.map((one: { step: string }) => one.step));
      assert.equal(body.more, reads === 0);
      after = body.next;
    }
    assert.deepEqual(seen, ['accepted', 'control', 'duty', 'released']);
    await tell([firm], 'cleared');
    const { body } = await get(`/api/responses?movementReference=${mrn}&after=${after}`);
    assert.deepEqual(
      body.items.map((one: { step: string }) => one.step),
      ['cleared'],
    );
  });

  test('does not pass by a response whose transaction is still running', async () => {
    const early = await node.pool.driver.connect();
    await early.query('begin');
    await early.query('select pg_current_xact_id()');
    await tellBehind([firm], 'released');
    const before = await get(`/api/responses?movementReference=${mrn}`);
    assert.deepEqual(before.body.items, [], 'what came later waits for what could come before it');
    await early.query('commit');
    early.release();
    for (let waits = 0; waits < 500 && (await stepsOf()).length === 0; waits += 1) await pause(10);
    assert.deepEqual(await stepsOf(), ['released']);
  });

  test('has the response as XML as it was written', async () => {
    await tell([firm], 'accepted');
    const { body } = await get(`/api/responses?movementReference=${mrn}`);
    const [one] = body.items;
    const document = await get(`/api/responses/${one.id}/document`);
    assert.equal(document.headers['content-type'], 'application/xml');
    assert.match(document.text ?? document.body.toString(), new RegExp(one.content.responseReference));
  });

  test('shows nothing to another firm, also not by its id', async () => {
    await tell([firm], 'accepted');
    const { body } = await get(`/api/responses?movementReference=${mrn}`);
    assert.deepEqual(await stepsOf(otherCookie), []);
    for (const path of [`/api/responses/${body.items[0].id}`, `/api/responses/${body.items[0].id}/document`])
      assert.equal((await get(path, otherCookie)).status, 404);
  });

  test('shows a broker what it lodged for others only while the mandate holds', async () => {
    await tell([firm, brokerFirm], 'accepted');
    assert.deepEqual(await stepsOf(brokerCookie), []);
    const id = randomUUID();
    await node.pool.query({
      text: `insert into mandates (id, principal_firm_id, broker_firm_id, valid_from, valid_until, granted_by, granted_at)
        values ($1, $2, $3, $4::timestamptz - interval '1 day', $4::timestamptz + interval '1 day', $1, $4)`,
      values: [id, firm, brokerFirm, node.now],
    });
    assert.deepEqual(await stepsOf(brokerCookie), ['accepted']);
    await node.pool.query({ text: 'update mandates set revoked_at = $2 where id = $1', values: [id, node.now] });
    assert.deepEqual(await stepsOf(brokerCookie), []);
  });

  for (const after of ['x', '1', '1-x', '99999999999999999999-1', `${'9'.repeat(20)}-1`])
    test(`refuses to go on from ${after}`, async () => {
      const answer = await get(`/api/responses?after=${after}`);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.code, 'CURSOR-UNREADABLE');
    });

  test('is gone with the step when the step’s transaction is rolled back', async () => {
    await assert.rejects(
      inTransaction(node.pool, async (transaction) => {
        responses.notify(transaction, notice([firm], mrn, 'released', node.now), node.now);
        throw new Error('the step failed');
      }),
    );
    assert.deepEqual(await stepsOf(), []);
  });
});

describe('a webhook', () => {
  test('is sent each response, signed with its secret', async () => {
    const webhook = await makeWebhook();
    await tell([firm], 'released');
    assert.equal(await deliverDue(parts), 1);
    const [delivery] = receiver.taken;
    assert.ok(delivery);
    assert.equal(JSON.parse(delivery.body).type, 'declaration.released');
    assert.equal(JSON.parse(delivery.body).data.movementReference, mrn);
    assert.ok(isSignedWith(webhook.secret, delivery));
    assert.equal(await deliverDue(parts), 0);
    const { body } = await get(`/api/webhooks/${webhook.id}/deliveries`);
    assert.deepEqual(
      body.items.map((one: { state: string; lastStatus: number }) => [one.state, one.lastStatus]),
      [['delivered', 204]],
    );
  });

  test('is sent only the steps it asked for', async () => {
    await makeWebhook({ steps: ['released'] });
    await tell([firm], 'accepted');
    await tell([firm], 'released');
    await deliverDue(parts);
    assert.deepEqual(
      receiver.taken.map(({ body }) => JSON.parse(body).type),
      ['declaration.released'],
    );
  });

  test('is told nothing of another firm', async () => {
    await makeWebhook({}, otherCookie);
    await tell([firm], 'released');
    assert.equal(await deliverDue(parts), 0);
  });

  test('that does not answer with 2xx is tried again later, and its failing is shown', async () => {
    const webhook = await makeWebhook();
    receiver.answer = (response) => void response.writeHead(500).end();
    await tell([firm], 'released');
    await deliverDue(parts);
    assert.equal(await deliverDue(parts), 0, 'not before the pause is over');
    const shown = await get(`/api/webhooks/${webhook.id}`);
    assert.ok(shown.body.failingSince);
    assert.equal(shown.body.waiting, 1);
    receiver.answer = (response) => void response.writeHead(200).end();
    node.now = new Date(node.now.getTime() + 10_000);
    await deliverDue(parts);
    assert.equal(receiver.taken.length, 2);
    assert.equal(receiver.taken[0]?.headers['webhook-id'], receiver.taken[1]?.headers['webhook-id']);
    assert.equal((await get(`/api/webhooks/${webhook.id}`)).body.failingSince, undefined);
  });

  test('that answers with another address is not followed', async () => {
    const webhook = await makeWebhook();
    receiver.answer = (response) => void response.writeHead(302, { location: receiver.url }).end();
    await tell([firm], 'released');
    await deliverDue(parts);
    assert.equal(receiver.taken.length, 1);
    const { body } = await get(`/api/webhooks/${webhook.id}/deliveries`);
    assert.equal(body.items[0].lastStatus, 302);
    assert.equal(body.items[0].state, 'queued');
  });

  test('is given up after three days, and shown as failed', () => {
    const queuedAt = new Date('2026-11-24T00:00:00Z');
    const at = (hours: number): Date => new Date(queuedAt.getTime() + hours * 3_600_000);
    assert.equal(nextTryAt(1, queuedAt, queuedAt, 0.5)?.getTime(), queuedAt.getTime() + 5_000);
    assert.equal(nextTryAt(30, queuedAt, at(10), 0.5)?.getTime(), at(11).getTime());
    assert.equal(nextTryAt(80, queuedAt, at(71.9), 0.5), null);
  });

  test('that is paused gets what was waiting when it goes on', async () => {
    const webhook = await makeWebhook();
    await tell([firm], 'accepted');
    const put = (body: object, version: number) =>
      node.agent().put(`/api/webhooks/${webhook.id}`).set('Cookie', cookie).set('If-Match', `"${version}"`).send(body);
    assert.equal((await put({ state: 'paused' }, 1)).status, 200);
    assert.equal(await deliverDue(parts), 0);
    assert.equal((await put({ state: 'active' }, 1)).status, 412);
    assert.equal((await put({ state: 'active' }, 2)).status, 200);
    assert.equal(await deliverDue(parts), 1);
  });

  test('signs with both secrets for a day after a change', async () => {
    const webhook = await makeWebhook();
    const changed = await post(`/api/webhooks/${webhook.id}/secret`, undefined).set('If-Match', '"1"');
    assert.equal(changed.status, 200, changed.text);
    await tell([firm], 'accepted');
    await deliverDue(parts);
    const [delivery] = receiver.taken;
    assert.ok(delivery && isSignedWith(webhook.secret, delivery) && isSignedWith(changed.body.secret, delivery));
    node.now = new Date(node.now.getTime() + 25 * 3_600_000);
    cookie = await node.signIn(await node.enter('trader', { firmId: firm }));
    otherCookie = await node.signIn(await node.enter('trader', { firmId: otherFirm }));
    await tell([firm], 'released');
    await deliverDue(parts);
    const later = receiver.taken.at(-1);
    assert.ok(later && !isSignedWith(webhook.secret, later) && isSignedWith(changed.body.secret, later));
  });

  test('can be sent the responses of a time once more', async () => {
    const webhook = await makeWebhook();
    const from = node.now;
    for (const step of ['accepted', 'released'] as const) await tell([firm], step);
    await deliverDue(parts);
    receiver.taken.length = 0;
    const until = new Date(node.now.getTime() + 1_000);
    const replayed = await post(`/api/webhooks/${webhook.id}/replay`, {
      from: from.toISOString(),
      until: until.toISOString(),
    });
    assert.deepEqual([replayed.status, replayed.body], [202, { queued: 2, isAll: true }]);
    await deliverDue(parts);
    assert.equal(receiver.taken.length, 2);
    const wrong = await post(`/api/webhooks/${webhook.id}/replay`, {
      from: until.toISOString(),
      until: from.toISOString(),
    });
    assert.equal(wrong.body.code, 'REPLAY-PERIOD');
  });

  test('is nothing to another firm', async () => {
    const webhook = await makeWebhook();
    assert.equal((await get(`/api/webhooks/${webhook.id}`, otherCookie)).status, 404);
    assert.equal((await get(`/api/webhooks/${webhook.id}/deliveries`, otherCookie)).status, 404);
    assert.deepEqual((await get('/api/webhooks', otherCookie)).body.items, []);
  });

  test('shows its secret once: neither when read again nor when the request is repeated', async () => {
    const key = randomUUID();
    const send = () =>
      node.agent().post('/api/webhooks').set('Cookie', cookie).set('Idempotency-Key', key).send({ url: receiver.url });
    const [first, again] = [await send(), await send()];
    assert.match(first.body.secret, /^whsec_/);
    assert.equal(again.status, 201);
    assert.equal(again.body.secret, undefined);
    assert.equal((await get(`/api/webhooks/${first.body.id}`)).body.secret, undefined);
  });

  test('is one of ten at most, also when many are made at once', async () => {
    const made = await Promise.all(Array.from({ length: 14 }, () => post('/api/webhooks', { url: receiver.url })));
    assert.equal(made.filter(({ status }) => status === 201).length, 10);
    assert.ok(made.filter(({ status }) => status !== 201).every(({ body }) => body.code === 'WEBHOOKS-TOO-MANY'));
  });

  test('is delivered once when two processes deliver at the same time', async () => {
    await makeWebhook();
    for (let count = 0; count < 20; count += 1) await tell([firm], 'accepted');
    await Promise.all([deliverDue(parts), deliverDue(parts), deliverDue(parts)]);
    await deliverDue(parts);
    assert.equal(receiver.taken.length, 20);
    assert.equal(new Set(receiver.taken.map(({ headers }) => headers['webhook-id'])).size, 20);
  });

  test('is told within moments when the node delivers by itself', async () => {
    await makeWebhook();
    responses.start();
    await tell([firm], 'released');
    for (let waits = 0; waits < 100 && receiver.taken.length === 0; waits += 1) await pause(10);
    await responses.stop();
    assert.equal(receiver.taken.length, 1);
  });
});
