import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { cookieOf, PASSWORD, startTestNode, type TestNode } from './test-node.ts';

describe('signing in', () => {
  let node: TestNode;
  before(async () => {
    node = await startTestNode();
  });
  beforeEach(() => node.forgetGuesses());
  after(() => node.stop());

  const wrong = (username: string) =>
    node.agent().post('/api/sign-in').send({ username, password: 'not the password' });

  test('gives a cookie that scripts cannot read and other sites do not send, and says who one is', async () => {
    const person = await node.enter('issuing-officer');
    const reply = await node
      .agent()
      .post('/api/sign-in')
      .send({ username: ` ${person.username.toUpperCase()}`, password: PASSWORD })
      .expect(200);
    assert.match(
      String(reply.headers['set-cookie']),
      /^selat_session_th=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/,
    );
    const me = await node.agent().get('/api/me').set('Cookie', cookieOf(reply.headers)).expect(200);
    assert.equal(me.body.id, person.id);
    assert.equal(me.body.role, 'issuing-officer');
    assert.ok(me.body.rights.includes('application.decide'));
    assert.equal((await node.events('person.signed-in')).filter((event) => event.subject === person.id).length, 1);
  });

  test('keeps neither password, cookie nor token in the database or the log', async () => {
    const person = await node.enter('trader');
    const cookie = await node.signIn(person);
    const { secret } = await node.token(cookie);
    await node.agent().get('/api/me').set('Authorization', `Bearer ${secret}`).expect(200);
    const secrets = [PASSWORD, cookie.split('=')[1] ?? '', secret];
    for (const table of ['people', 'sessions', 'tokens', 'events', 'idempotent_replies']) {
      const { rows } = await node.pool.query<{ text: string }>({
        text: `select row_to_json(t)::text as text from ${table} t`,
      });
      const { rows: bodies } = await node.pool.query<{ text: string }>({
        text: `select coalesce(convert_from(body, 'utf8'), '') as text from idempotent_replies`,
      });
      for (const { text } of [...rows, ...bodies]) for (const each of secrets) assert.ok(!text.includes(each), table);
    }
    for (const each of secrets) assert.ok(!node.logged.join('').includes(each));
  });

  test('answers alike for an unknown name, a wrong password and somebody no longer let in', async () => {
    const person = await node.enter('analyst');
    const gone = await node.enter('analyst');
    await node.pool.query({ text: 'update people set active = false where id = $1', values: [gone.id] });
    const replies = await Promise.all([
      wrong('nobody-of-this-name'),
      wrong(person.username),
      node.agent().post('/api/sign-in').send({ username: gone.username, password: PASSWORD }),
    ]);
    for (const reply of replies) {
      assert.equal(reply.status, 401);
      assert.equal(reply.body.code, 'SIGN-IN-FAILED');
      assert.equal(reply.headers['set-cookie'], undefined);
    }
    assert.equal(new Set(replies.map((reply) => reply.body.detail)).size, 1);
  });

  test('takes about as long for an unknown name as for a known one', async () => {
    const person = await node.enter('analyst');
    const took = async (username: string): Promise<number> => {
      const began = performance.now();
      await wrong(username);
      return performance.now() - began;
    };
    await took('warming-up');
    const known = Math.min(await took(person.username), await took(person.username));
    const unknown = Math.min(await took('nobody-a'), await took('nobody-b'));
    assert.ok(unknown > known / 3, `unknown ${unknown} ms, known ${known} ms`);
  });

  test('limits guessing at one name, tells how long to wait, and forgets after that time', async () => {
    const person = await node.enter('trader');
    const statuses: number[] = [];
    for (let tries = 0; tries < 6; tries += 1) statuses.push((await wrong(person.username)).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
    const locked = await node.agent().post('/api/sign-in').send({ username: person.username, password: PASSWORD });
    assert.equal(locked.status, 429);
    assert.equal(locked.body.code, 'SIGN-IN-TOO-MANY');
    assert.equal(locked.headers['retry-after'], '30');
    node.now = new Date(node.now.getTime() + 31_000);
    await wrong(person.username).expect(401);
    const longer = await wrong(person.username).expect(429);
    assert.equal(longer.headers['retry-after'], '60');
    node.now = new Date(node.now.getTime() + 61_000);
    await node.signIn(person);
    await wrong(person.username).expect(401);
  });

  test('counts many tries at once as many', async () => {
    const person = await node.enter('trader');
    const replies = await Promise.all(Array.from({ length: 20 }, () => wrong(person.username)));
    assert.equal(replies.filter((reply) => reply.status === 401).length, 5);
    assert.equal(replies.filter((reply) => reply.status === 429).length, 15);
  });

  test('limits guessing from one address over many names, also for somebody with an account of their own', async () => {
    const attacked = await startTestNode();
    try {
      const own = await attacked.enter('trader');
      const statuses: number[] = [];
      for (let tries = 0; tries < 32; tries += 1) {
        const guess = { username: `name-${tries}`, password: 'a guess at it' };
        statuses.push((await attacked.agent().post('/api/sign-in').send(guess)).status);
        if (tries === 10) await attacked.signIn(own);
      }
      assert.equal(statuses.filter((status) => status === 401).length, 30);
      assert.deepEqual(statuses.slice(-2), [429, 429]);
    } finally {
      await attacked.stop();
    }
  });

  test('takes a new session each time and ends the one the browser had (fixation)', async () => {
    const person = await node.enter('trader');
    const first = await node.signIn(person);
    const reply = await node
      .agent()
      .post('/api/sign-in')
      .set('Cookie', first)
      .send({ username: person.username, password: PASSWORD })
      .expect(200);
    assert.notEqual(cookieOf(reply.headers), first);
    await node.agent().get('/api/me').set('Cookie', first).expect(401);
    const planted = `selat_session_th=${'A'.repeat(43)}`;
    const after = await node
      .agent()
      .post('/api/sign-in')
      .set('Cookie', planted)
      .send({ username: person.username, password: PASSWORD });
    assert.notEqual(cookieOf(after.headers), planted);
    await node.agent().get('/api/me').set('Cookie', planted).expect(401);
  });

  test('makes a cookie worthless at sign-out', async () => {
    const cookie = await node.signIn(await node.enter('trader'));
    await node.agent().get('/api/me').set('Cookie', cookie).expect(200);
    const out = await node.agent().post('/api/sign-out').set('Cookie', cookie).send({}).expect(204);
    assert.match(String(out.headers['set-cookie']), /Max-Age=0/);
    await node.agent().get('/api/me').set('Cookie', cookie).expect(401);
  });

  test('ends a session after an hour without a request and after twelve in any case', async () => {
    const person = await node.enter('trader');
    const idle = await node.signIn(person);
    const busy = await node.signIn(person);
    for (let halfHours = 0; halfHours < 23; halfHours += 1) {
      node.now = new Date(node.now.getTime() + 30 * 60_000);
      await node.agent().get('/api/me').set('Cookie', busy).expect(200);
    }
    await node.agent().get('/api/me').set('Cookie', idle).expect(401);
    node.now = new Date(node.now.getTime() + 30 * 60_000);
    await node.agent().get('/api/me').set('Cookie', busy).expect(401);
    await node.web.prune(node.now);
    const { rows } = await node.pool.query({
      text: 'select 1 from sessions where person_id = $1',
      values: [person.id],
    });
    assert.equal(rows.length, 0);
  });

  test('marks the cookie Secure when people come over https', async () => {
    const secure = await startTestNode({ publicUrl: 'https://selat.test' });
    try {
      const person = await secure.enter('trader');
      const reply = await secure
        .agent()
        .post('/api/sign-in')
        .send({ username: person.username, password: PASSWORD })
        .expect(200);
      assert.match(String(reply.headers['set-cookie']), /; Secure$/);
    } finally {
      await secure.stop();
    }
  });

  test('changes a password against the old one and ends every session', async () => {
    const person = await node.enter('trader');
    const cookie = await node.signIn(person);
    const change = (current: string, wanted: string) =>
      node.agent().put('/api/me/password').set('Cookie', cookie).send({ current, wanted });
    assert.equal((await change('something else', 'another long password')).body.code, 'PASSWORD-WRONG');
    assert.equal((await change(PASSWORD, 'short')).body.code, 'PASSWORD-TOO-SHORT');
    await change(PASSWORD, 'another long password').expect(204);
    await node.agent().get('/api/me').set('Cookie', cookie).expect(401);
    await wrong(person.username).expect(401);
  });
});

describe('requests that another site makes a browser send', () => {
  let node: TestNode;
  let cookie: string;
  before(async () => {
    node = await startTestNode();
    cookie = await node.signIn(await node.enter('trader'));
  });
  after(() => node.stop());

  const hostile: readonly (readonly [string, Record<string, string>])[] = [
    ['a form of another site', { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' }],
    ['a sibling host', { Origin: 'http://other.selat.test', 'Sec-Fetch-Site': 'same-site' }],
    ['a sandboxed frame', { Origin: 'null' }],
    ['an origin that only begins alike', { Origin: 'http://selat.test.evil.test' }],
    ['Sec-Fetch-Site alone', { 'Sec-Fetch-Site': 'cross-site' }],
    ['Origin that contradicts Sec-Fetch-Site', { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'same-origin' }],
  ];
  for (const [name, headers] of hostile) {
    test(`are refused: ${name}`, async () => {
      const attempts = [
        node.agent().post('/api/sign-out').set('Cookie', cookie).set(headers).send({}),
        node.agent().post('/api/sign-in').set(headers).send({ username: 'x', password: 'y' }),
        node
          .agent()
          .post('/api/tokens')
          .set('Cookie', cookie)
          .set('Idempotency-Key', randomUUID())
          .set(headers)
          .send({}),
      ];
      for (const attempt of attempts) {
        const reply = await attempt;
        assert.equal(reply.status, 403);
        assert.equal(reply.body.code, 'CROSS-SITE');
      }
      await node.agent().get('/api/me').set('Cookie', cookie).expect(200);
    });
  }

  test('are refused when they say nothing of themselves and look like a plain form', async () => {
    const reply = await node.agent().post('/api/sign-out').set('Cookie', cookie).type('form').send('a=b');
    assert.equal(reply.body.code, 'CROSS-SITE');
  });

  test('pass from the pages of the node itself', async () => {
    const { headers } = await node
      .agent()
      .post('/api/tokens')
      .set('Cookie', cookie)
      .set('Idempotency-Key', randomUUID())
      .set({ Origin: 'http://selat.test', 'Sec-Fetch-Site': 'same-origin' })
      .send({ name: 'x', expiresAt: new Date(Date.now() + 1e6).toISOString() })
      .expect(201);
    assert.equal(headers['access-control-allow-origin'], undefined);
  });
});
