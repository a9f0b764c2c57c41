import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startTestNode, type TestNode } from './test-node.ts';
import { type Tally, THINGS_TABLE, thingRoutes } from './test-routes.ts';

const tally: Tally = { done: 0 };
let node: TestNode;
let token: string;
let personId: string;

before(async () => {
  node = await startTestNode({ journeys: thingRoutes(tally) });
  await node.pool.query({ text: THINGS_TABLE });
  const person = await node.enter('trader');
  personId = person.id;
  token = (await node.token(await node.signIn(person))).secret;
});
after(() => node.stop());

const headers = (more: Record<string, string> = {}): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  ...more,
});
const create = (body: string | object, more: Record<string, string> = {}) =>
  node
    .agent()
    .post('/api/things')
    .set(headers({ 'Idempotency-Key': randomUUID(), 'Content-Type': 'application/json', ...more }))
    .send(body);
async function countOf(name: string): Promise<number> {
  const { rows } = await node.pool.query<{ n: bigint }>({
    text: 'select count(*) as n from things where name = $1',
    values: [name],
  });
  return Number(rows[0]?.n);
}

describe('a POST with an Idempotency-Key', () => {
  test('is done once when it is sent again, and answered as the first time', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await create({ name: 'once' }, key).expect(201);
    const again = await create({ name: 'once' }, key).expect(201);
    assert.equal(await countOf('once'), 1);
    assert.equal(again.text, first.text);
    for (const field of ['location', 'etag', 'content-type']) assert.equal(again.headers[field], first.headers[field]);
    assert.equal(first.headers['idempotent-replayed'], undefined);
    assert.equal(again.headers['idempotent-replayed'], 'true');
  });

  test('is done once when twelve come at the same time: the others wait and get the first reply', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const before = tally.done;
    const replies = await Promise.all(Array.from({ length: 12 }, () => create({ name: 'rush', wait: 100 }, key)));
    assert.deepEqual(new Set(replies.map((reply) => `${reply.status} ${reply.text}`)).size, 1);
    assert.equal(replies[0]?.status, 201);
    assert.equal(await countOf('rush'), 1);
    assert.equal(tally.done, before + 1);
  });

  test('gets its first reply also when the state has gone on meanwhile', async () => {
    await create({ name: 'finishing' }).expect(201);
    const key = randomUUID();
    const finish = () =>
      node
        .agent()
        .post('/api/things/finishing/finish')
        .set(headers({ 'Idempotency-Key': key, 'If-Match': '"1"' }));
    const replies = await Promise.all([finish(), finish(), finish()]);
    replies.push(await finish());
    for (const reply of replies) {
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['etag'], '"2"');
    }
    const other = await finish().set('Idempotency-Key', randomUUID()).expect(412);
    assert.equal(other.body.code, 'CHANGED-MEANWHILE');
  });

  test('is refused with another body or address under the same key', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    await create({ name: 'mine' }, key).expect(201);
    const other = await create({ name: 'other' }, key).expect(422);
    assert.equal(other.body.code, 'IDEMPOTENCY-KEY-REUSED');
    assert.equal(await countOf('other'), 0);
    const elsewhere = await node
      .agent()
      .post('/api/tokens')
      .set(headers(key))
      .send({
        name: 'x',
        expiresAt: new Date(node.now.getTime() + 1e6).toISOString(),
      });
    assert.equal(elsewhere.body.code, 'IDEMPOTENCY-KEY-REUSED');
  });

  test('has a key for each person: another one may use the same', async () => {
    const key = randomUUID();
    await create({ name: 'shared-key' }, { 'Idempotency-Key': key }).expect(201);
    const other = await node.token(await node.signIn(await node.enter('trader')));
    await create({ name: 'shared-key' }, { 'Idempotency-Key': key, authorization: `Bearer ${other.secret}` }).expect(
      201,
    );
    assert.equal(await countOf('shared-key'), 2);
  });

  test('does not keep a refusal: the same request may succeed later', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    await create({ name: '' }, key).expect(422);
    await create({ name: 'mended' }, key).expect(201);
  });

  test('shows a secret only the first time', async () => {
    const request = () =>
      node
        .agent()
        .post('/api/tokens')
        .set(headers({ 'Idempotency-Key': key }))
        .send({ name: 'x', expiresAt: new Date(node.now.getTime() + 1e6).toISOString() })
        .expect(201);
    const key = randomUUID();
    const first = await request();
    const again = await request();
    assert.match(first.body.secret, /^selat_/);
    assert.equal(again.body.secret, undefined);
    assert.equal(again.body.id, first.body.id);
  });

  for (const [name, key] of [
    ['none', undefined],
    ['a short one', 'abc'],
    ['a long one', 'x'.repeat(101)],
  ] as const)
    test(`needs one: ${name}`, async () => {
      const reply = await node
        .agent()
        .post('/api/things')
        .set(headers(key === undefined ? {} : { 'Idempotency-Key': key }))
        .send({ name: 'keyless' })
        .expect(400);
      assert.match(reply.body.code, /^IDEMPOTENCY-KEY-(MISSING|MALFORMED)$/);
      assert.equal(await countOf('keyless'), 0);
    });

  test('can be a file that is streamed, compared by its digest', async () => {
    await create({ name: 'scanned' }).expect(201);
    const key = randomUUID();
    const send = (bytes: Buffer) =>
      node
        .agent()
        .post('/api/things/scanned/scan')
        .set(headers({ 'Idempotency-Key': key, 'Content-Type': 'application/pdf' }))
        .send(bytes);
    assert.equal((await send(Buffer.alloc(150_000, 1)).expect(201)).body.size, 150_000);
    assert.equal((await send(Buffer.alloc(150_000, 1)).expect(201)).headers['idempotent-replayed'], 'true');
    assert.equal((await send(Buffer.alloc(150_000, 2)).expect(422)).body.code, 'IDEMPOTENCY-KEY-REUSED');
    assert.equal((await send(Buffer.alloc(250_000, 1)).expect(413)).body.code, 'BODY-TOO-LARGE');
  });

  test('is forgotten after a day', async () => {
    await create({ name: 'old' }).expect(201);
    await node.web.prune(new Date(node.now.getTime() + 23 * 3_600_000));
    const count = () => node.pool.query({ text: 'select 1 from idempotent_replies' });
    assert.ok((await count()).rows.length > 0);
    await node.web.prune(new Date(node.now.getTime() + 25 * 3_600_000));
    assert.equal((await count()).rows.length, 0);
    const again = await node.enter('trader');
    token = (await node.token(await node.signIn(again))).secret;
    personId = again.id;
  });
});

describe('versions', () => {
  test('a change without If-Match gets 428, of an old version 412, of the current one a new ETag', async () => {
    await create({ name: 'versioned' }).expect(201);
    const put = (match?: string) =>
      node
        .agent()
        .put('/api/things/versioned')
        .set(headers(match === undefined ? {} : { 'If-Match': match }))
        .send({ name: 'versioned' });
    assert.equal((await put().expect(428)).body.code, 'IF-MATCH-MISSING');
    assert.equal((await put('"1"').expect(200)).headers['etag'], '"2"');
    assert.equal((await put('"1"').expect(412)).body.code, 'CHANGED-MEANWHILE');
    for (const malformed of ['*', '1', 'W/"1"', '"1", "2"', '"x"', '"99999999999"'])
      assert.equal((await put(malformed).expect(400)).body.code, 'IF-MATCH-MALFORMED');
  });

  test('a reading with the ETag it has already gets 304 without a body', async () => {
    await create({ name: 'read' }).expect(201);
    const get = (tag?: string) =>
      node
        .agent()
        .get('/api/things/read')
        .set(headers(tag === undefined ? {} : { 'If-None-Match': tag }));
    const first = await get().expect(200);
    assert.equal(first.headers['etag'], '"1"');
    for (const tag of ['"1"', 'W/"1"', '"0", "1"']) {
      const reply = await get(tag).expect(304);
      assert.equal(reply.text, '');
      assert.equal(reply.headers['etag'], '"1"');
    }
    await get('"2"').expect(200);
  });

  test('HEAD answers as GET without the body', async () => {
    const reply = await node.agent().head('/api/things/read').set(headers()).expect(200);
    assert.equal(reply.headers['etag'], '"1"');
    assert.equal(reply.text, undefined);
  });
});

describe('a refusal', () => {
  test('is a problem of RFC 9457 with code, id and all faults', async () => {
    const reply = await create({ weight: 'heavy', colour: 1 }).expect(422);
    assert.match(String(reply.headers['content-type']), /^application\/problem\+json/);
    assert.equal(reply.body.status, 422);
    assert.equal(reply.body.code, 'BODY-INVALID');
    assert.equal(reply.body.type, 'about:blank');
    assert.equal(reply.body.instance, `urn:uuid:${reply.headers['request-id']}`);
    const faults = reply.body.faults.map(
      (fault: { code: string; pointer: string }) => `${fault.code} ${fault.pointer}`,
    );
    assert.deepEqual(faults.sort(), [
      'SCHEMA-REQUIRED /name',
      'SCHEMA-TYPE /weight',
      'SCHEMA-UNKNOWN-PROPERTY /colour',
    ]);
  });

  test('leaves one entry in the log of events and nothing else', async () => {
    const before = (await node.events('request.refused')).length;
    await create({ name: '' }).expect(422);
    const refused = await node.events('request.refused');
    assert.equal(refused.length, before + 1);
    assert.deepEqual(refused.at(-1), { subject: '/api/things', actor_id: personId, reason: 'BODY-INVALID' });
  });

  test('for a failure inside shows nothing but an id, which the log has with the reason', async () => {
    const reply = await create({ name: 'failing', fail: 'xyzzy' }).expect(500);
    assert.ok(!reply.text.includes('xyzzy'));
    assert.deepEqual(Object.keys(reply.body).sort(), ['code', 'detail', 'instance', 'status', 'title', 'type']);
    const id = String(reply.headers['request-id']);
    assert.ok(reply.body.detail.includes(id));
    assert.ok(node.logged.some((line) => line.includes(id) && line.includes('xyzzy')));
    assert.equal(await countOf('failing'), 0);
  });

  test('for what is not there is 404, kept for people who are signed in (P1)', async () => {
    const reply = await node.agent().get('/api/things/of-somebody-else').set(headers()).expect(404);
    assert.equal(reply.body.code, 'THING-NOT-FOUND');
    const kept = (await node.events('access.refused')).at(-1);
    assert.deepEqual(kept, { subject: '/api/things/of-somebody-else', actor_id: personId, reason: 'THING-NOT-FOUND' });
  });

  test('for a case one may not see at all is 404 too, and kept (P1: an analyst asks for a case)', async () => {
    const analyst = await node.enter('analyst');
    const cookie = await node.signIn(analyst);
    const reply = await node.agent().get('/api/things/read').set('Cookie', cookie).expect(404);
    assert.equal(reply.body.code, 'NOT-FOUND');
    assert.equal((await node.events('access.refused')).at(-1)?.actor_id, analyst.id);
  });

  test('for an unknown address is 404, for another method 405 with Allow', async () => {
    for (const path of ['/api/nothing', '/API/me', '/api/me/', '/.env', '/schemas/../package.json', '//evil.test/'])
      assert.equal((await node.agent().get(path)).status, 404, path);
    const reply = await node.agent().delete('/api/things').set(headers()).expect(405);
    assert.equal(reply.headers['allow'], 'POST, OPTIONS');
    assert.equal(reply.body.code, 'METHOD-NOT-ALLOWED');
    assert.equal((await node.agent().options('/api/things').expect(204)).headers['allow'], 'POST, OPTIONS');
    assert.equal((await node.agent().trace('/api/me')).status, 405);
  });

  test('of an address that cannot be decoded or names nothing possible', async () => {
    assert.equal(
      (await node.agent().get('/api/things/%E0%A4%A').set(headers()).expect(400)).body.code,
      'ADDRESS-MALFORMED',
    );
    for (const name of [
      '%00',
      'a%2Fb',
      '..%2f..%2fetc',
      '%E2%80%AEabc',
      'e%CC%81',
      'x'.repeat(201),
      '%0d%0aSet-Cookie:x',
    ])
      assert.equal((await node.agent().get(`/api/things/${name}`).set(headers())).status, 404, name);
    const sql = await node.agent().get("/api/things/'; drop table things; --").set(headers());
    assert.equal(sql.status, 404);
    assert.equal(await countOf('read'), 1);
  });

  test('of parameters after the question mark names each of them', async () => {
    const reply = await node.agent().get('/api/things/read?a=1&__proto__=2').set(headers()).expect(400);
    assert.equal(reply.body.code, 'QUERY-INVALID');
    assert.deepEqual(
      reply.body.faults.map((fault: { pointer: string }) => fault.pointer),
      ['/a', '/__proto__'],
    );
  });

  test('without the database is 503 with Retry-After, and the node recovers alone', async () => {
    const refusing = await startTestNode({ journeys: thingRoutes({ done: 0 }), cuttable: true });
    try {
      await refusing.pool.query({ text: THINGS_TABLE });
      const cookie = await refusing.signIn(await refusing.enter('trader'));
      await refusing.line?.cut();
      const post = () =>
        refusing
          .agent()
          .post('/api/things')
          .set({ Cookie: cookie, 'Idempotency-Key': randomUUID() })
          .send({ name: 'away' });
      for (const request of [refusing.agent().get('/health/ready'), post()]) {
        const reply = await request;
        assert.equal(reply.status, 503);
        assert.equal(reply.headers['retry-after'], '5');
        assert.equal(reply.body.code, 'STORE-UNAVAILABLE');
      }
      await refusing.agent().get('/health/live').expect(200);
      await refusing.line?.mend();
      await refusing.agent().get('/health/ready').expect(200);
      await post().expect(201);
    } finally {
      await refusing.stop();
    }
  });
});

describe('every answer', () => {
  test('carries the header fields that keep browsers from doing more than showing it', async () => {
    for (const path of ['/', '/api/me', '/nothing', '/schemas', '/docs', '/health/live']) {
      const { headers: fields } = await node.agent().get(path);
      assert.equal(fields['x-content-type-options'], 'nosniff');
      assert.equal(fields['x-frame-options'], 'DENY');
      assert.match(String(fields['content-security-policy']), /default-src 'none'/);
      assert.doesNotMatch(String(fields['content-security-policy']), /script|unsafe/);
      assert.equal(fields['x-powered-by'], undefined);
      assert.match(String(fields['request-id']), /^[0-9a-f-]{36}$/);
    }
  });
});
