import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startTestNode, type TestNode } from './test-node.ts';

describe('tokens', () => {
  let node: TestNode;
  let cookie: string;
  before(async () => {
    node = await startTestNode();
    cookie = await node.signIn(await node.enter('supervisor'));
  });
  after(() => node.stop());

  const me = (secret: string) => node.agent().get('/api/me').set('Authorization', `Bearer ${secret}`);

  test('let a program in as its person, until they are revoked, and that at once', async () => {
    const { id, secret } = await node.token(cookie);
    assert.match(secret, /^selat_[\w-]{43}$/);
    await me(secret).expect(200);
    const list = await node.agent().get('/api/tokens').set('Cookie', cookie).expect(200);
    const listed = list.body.items.find((token: { id: string }) => token.id === id);
    assert.equal(listed.lastUsedAt, node.now.toISOString());
    assert.equal(listed.secret, undefined);
    await node.agent().delete(`/api/tokens/${id}`).set('Cookie', cookie).expect(204);
    assert.equal((await me(secret).expect(401)).body.code, 'TOKEN-NOT-VALID');
    await node.agent().delete(`/api/tokens/${id}`).set('Cookie', cookie).expect(404);
  });

  test('are kept only as SHA-256', async () => {
    const { id, secret } = await node.token(cookie);
    const { rows } = await node.pool.query<{ secret_digest: Buffer }>({
      text: 'select secret_digest from tokens where id = $1',
      values: [id],
    });
    assert.deepEqual(rows[0]?.secret_digest, createHash('sha256').update(secret).digest());
  });

  test('end at their time, which is at most a year away', async () => {
    const { secret } = await node.token(cookie, { expiresAt: new Date(node.now.getTime() + 60_000).toISOString() });
    await me(secret).expect(200);
    const before = node.now;
    node.now = new Date(before.getTime() + 60_000);
    await me(secret).expect(401);
    node.now = before;
    for (const days of [-1, 400]) {
      const reply = await node
        .agent()
        .post('/api/tokens')
        .set('Cookie', cookie)
        .set('Idempotency-Key', randomUUID())
        .send({ name: 'x', expiresAt: new Date(before.getTime() + days * 86_400_000).toISOString() });
      assert.equal(reply.body.code, 'TOKEN-EXPIRY');
    }
  });

  test('may be narrower than their person, never wider', async () => {
    const { secret } = await node.token(cookie, { onlyRights: ['person.read'] });
    await node.agent().get('/api/people').set('Authorization', `Bearer ${secret}`).expect(200);
    assert.deepEqual((await me(secret)).body.rights, ['person.read']);
    const queue = await node.agent().get('/api/partners').set('Authorization', `Bearer ${secret}`).expect(403);
    assert.equal(queue.body.code, 'RIGHT-MISSING');
    const wide = await node
      .agent()
      .post('/api/tokens')
      .set('Cookie', cookie)
      .set('Idempotency-Key', randomUUID())
      .send({
        name: 'x',
        expiresAt: new Date(node.now.getTime() + 6e7).toISOString(),
        onlyRights: ['application.decide'],
      });
    assert.equal(wide.body.code, 'TOKEN-TOO-WIDE');
    const narrow = await node.token(cookie, { onlyRights: ['token.own', 'person.read'] });
    const child = await node
      .agent()
      .post('/api/tokens')
      .set('Authorization', `Bearer ${narrow.secret}`)
      .set('Idempotency-Key', randomUUID())
      .send({ name: 'child', expiresAt: new Date(node.now.getTime() + 6e7).toISOString() })
      .expect(201);
    assert.deepEqual(child.body.onlyRights, ['token.own', 'person.read']);
  });

  test('belong to one person: nobody else sees or revokes them', async () => {
    const { id, secret } = await node.token(cookie);
    const other = await node.signIn(await node.enter('operator'));
    const list = await node.agent().get('/api/tokens').set('Cookie', other).expect(200);
    assert.deepEqual(list.body.items, []);
    await node.agent().delete(`/api/tokens/${id}`).set('Cookie', other).expect(404);
    await me(secret).expect(200);
  });

  const bad: readonly (readonly [string, string])[] = [
    ['an unknown one', `Bearer selat_${'A'.repeat(43)}`],
    ['an empty one', 'Bearer '],
    ['one of another form', 'Bearer abc'],
    ['a JSON web token with alg none', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'],
    ['Basic', 'Basic YTpi'],
    ['SQL', "Bearer selat_' or 1=1 --"],
  ];
  for (const [name, authorization] of bad) {
    test(`of the wrong kind are refused, also where none is needed: ${name}`, async () => {
      for (const path of ['/api/me', '/health/live']) {
        const reply = await node.agent().get(path).set('Authorization', authorization);
        assert.equal(reply.status, 401);
        assert.equal(reply.body.code, 'TOKEN-NOT-VALID');
        assert.match(String(reply.headers['www-authenticate']), /^Bearer/);
      }
    });
  }

  test('are refused in an address, and the address is not logged', async () => {
    const { secret } = await node.token(cookie);
    for (const query of [`token=${secret}`, `access_token=${secret}`, `after=${secret}`, 'password=hello']) {
      const reply = await node.agent().get(`/api/people?${query}`).set('Cookie', cookie);
      assert.equal(reply.status, 400);
      assert.equal(reply.body.code, 'SECRET-IN-ADDRESS');
    }
    assert.ok(!node.logged.join('').includes(secret));
  });
});
