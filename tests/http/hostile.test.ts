import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestNode, type TestNode } from './test-node.ts';
import { THINGS_TABLE, thingRoutes } from './test-routes.ts';

let node: TestNode;
let token: string;
before(async () => {
  node = await startTestNode({
    journeys: thingRoutes({ done: 0 }),
    limits: { headersTimeoutMilliseconds: 400, requestTimeoutMilliseconds: 800, checkMilliseconds: 50 },
  });
  await node.pool.query({ text: THINGS_TABLE });
  token = (await node.token(await node.signIn(await node.enter('trader')))).secret;
});
after(() => node.stop());

/** Sends bytes as they are, one piece after the other, and returns all that comes back until the server closes. */
async function raw(pieces: readonly string[], pause = 0, patience = 5_000): Promise<string> {
  const socket = connect(node.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => {
    answer += data.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  for (const piece of pieces) {
    if (socket.destroyed) break;
    if (!socket.write(piece))
      await Promise.race([new Promise<void>((resolve) => socket.once('drain', () => resolve())), closed]);
    if (pause > 0) await wait(pause);
  }
  await Promise.race([closed, wait(patience)]);
  socket.destroy();
  return answer;
}

const head = (more: string): string =>
  `POST /api/things HTTP/1.1\r\nHost: selat.test\r\nAuthorization: Bearer ${token}\r\nIdempotency-Key: ${randomUUID()}\r\n${more}`;
const alive = () => node.agent().get('/health/live').expect(200);
async function things(): Promise<number> {
  return (await node.pool.query({ text: 'select 1 from things' })).rows.length;
}

describe('requests that are hostile below HTTP (threats H1)', () => {
  test('slow header fields are timed out; others are served meanwhile', async () => {
    const slow = raw(['GET /api/me HTTP/1.1\r\n', ...Array.from({ length: 40 }, (_, n) => `X-${n}: a\r\n`)], 50);
    await wait(100);
    await alive();
    assert.match(await slow, /^HTTP\/1\.1 408 .*REQUEST-TOO-SLOW/s);
  });

  test('a slow body is timed out and nothing is stored', async () => {
    const began = performance.now();
    const slow = raw(
      [head('Content-Type: application/json\r\nContent-Length: 100\r\n\r\n'), ...Array(40).fill('{')],
      50,
    );
    await wait(100);
    await alive();
    assert.match(await slow, /^HTTP\/1\.1 4(08|00) /);
    assert.ok(performance.now() - began < 3_000);
    assert.equal(await things(), 0);
  });

  test('thirty connections that say nothing hinder nobody', async () => {
    const sockets = Array.from({ length: 30 }, () => connect(node.port, '127.0.0.1').on('error', () => {}));
    for (const socket of sockets) socket.resume().write('GET /');
    await alive();
    await wait(700);
    assert.ok(sockets.every((socket) => socket.destroyed || socket.readyState !== 'open'));
  });

  test('huge header fields are refused with the limit', async () => {
    const answer = await raw([`GET /api/me HTTP/1.1\r\nHost: x\r\nCookie: ${'a'.repeat(20_000)}\r\n\r\n`]);
    assert.match(answer, /^HTTP\/1\.1 431 .*16384.*HEADERS-TOO-LARGE/s);
    await alive();
  });

  const malformed: readonly (readonly [string, string])[] = [
    [
      'both Transfer-Encoding and Content-Length',
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    ],
    ['two Content-Lengths', 'Content-Type: application/json\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a Transfer-Encoding nobody knows', 'Content-Type: application/json\r\nTransfer-Encoding: xchunked\r\n\r\n'],
    ['a chunk size that overflows', 'Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nx'],
    ['a space before the colon', 'Content-Length : 5\r\n\r\nhello'],
    ['a bare line feed in a field', 'X-A: a\nX-B: b\r\n\r\n'],
    ['a NUL in a field', 'X-A: a\0b\r\n\r\n'],
  ];
  for (const [name, more] of malformed)
    test(`a request with ${name} is refused and the connection closed`, async () => {
      const answer = await raw([head(more)]);
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.match(answer, /Connection: close/i);
      assert.equal(answer.match(/^HTTP\/1\.1 \d/gm)?.length, 1);
      assert.equal(await things(), 0);
      await alive();
    });

  test('no Host is refused', async () => {
    assert.match(await raw(['GET / HTTP/1.1\r\n\r\n']), /^HTTP\/1\.1 400 /);
  });

  test('a JSON of 100 MB is refused with the limit, before it is read, in flat memory', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const answer = await raw([
      head('Content-Type: application/json\r\nContent-Length: 104857600\r\n\r\n'),
      'x'.repeat(65_536),
    ]);
    assert.match(answer, /^HTTP\/1\.1 413 .*1048576.*BODY-TOO-LARGE/s);
    assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
    await alive();
  });

  test('a JSON of 100 MB in chunks that does not say so is refused when it passes the limit', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const answer = await raw([
      head('Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'),
      ...Array<string>(1_600).fill(chunk),
    ]);
    assert.match(answer, /^HTTP\/1\.1 413 /);
    await alive();
  });

  test('a body that breaks off changes nothing', async () => {
    const socket = connect(node.port, '127.0.0.1');
    socket.write(head('Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name":'));
    await wait(50);
    socket.destroy();
    await wait(50);
    assert.equal(await things(), 0);
    await alive();
  });

  const types: readonly (readonly [string, string | undefined, string])[] = [
    ['none', undefined, 'MEDIA-TYPE'],
    ['text', 'text/plain', 'MEDIA-TYPE'],
    ['a form', 'application/x-www-form-urlencoded', 'MEDIA-TYPE'],
    ['XML', 'application/xml', 'MEDIA-TYPE'],
    ['JSON in UTF-16', 'application/json; charset=utf-16', 'CHARSET'],
  ];
  for (const [name, type, code] of types)
    test(`a body of the wrong type is refused with what is understood: ${name}`, async () => {
      const field = type === undefined ? '' : `Content-Type: ${type}\r\n`;
      const answer = await raw([head(`${field}Connection: close\r\nContent-Length: 12\r\n\r\n{"name":"a"}`)]);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 415 .*${code}`, 's'));
    });

  test('a compressed body is refused', async () => {
    const answer = await raw([
      head(
        'Content-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
      ),
    ]);
    assert.match(answer, /^HTTP\/1\.1 415 .*CONTENT-ENCODING/s);
  });

  test('a body where none belongs is refused', async () => {
    const reply = await node
      .agent()
      .post('/api/things/x/finish')
      .set({ Authorization: `Bearer ${token}`, 'Idempotency-Key': randomUUID(), 'If-Match': '"1"' })
      .send({ a: 1 });
    assert.equal(reply.body.code, 'BODY-UNEXPECTED');
  });
});

describe('JSON that is hostile (threats H2)', () => {
  const bodies: readonly (readonly [string, string, string])[] = [
    ['__proto__', '{"name":"a","__proto__":{"admin":true}}', 'JSON-FORBIDDEN-NAME'],
    ['constructor', '{"name":"a","constructor":{"prototype":{"admin":true}}}', 'JSON-FORBIDDEN-NAME'],
    ['__proto__ written with an escape', '{"name":"a","\\u005f_proto__":1}', 'JSON-FORBIDDEN-NAME'],
    ['the same name twice', '{"name":"a","name":"b"}', 'JSON-DUPLICATE-NAME'],
    ['a depth of 10,000', `{"name":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'JSON-TOO-DEEP'],
    ['1e400', '{"name":"a","weight":1e400}', 'JSON-NUMBER-UNSAFE'],
    ['an integer over 2^53', '{"name":"a","weight":9007199254740993}', 'JSON-NUMBER-UNSAFE'],
    ['a fraction that loses digits', '{"name":"a","weight":0.12345678901234567890123}', 'JSON-NUMBER-UNSAFE'],
    ['invalid UTF-8', 'utf8', 'ENCODING-NOT-UTF-8'],
    ['half of a surrogate pair', '{"name":"\\ud800"}', 'JSON-TEXT-UNSAFE'],
    ['a NUL', '{"name":"a\\u0000b"}', 'JSON-TEXT-UNSAFE'],
    ['something after the end', '{"name":"a"} {"name":"b"}', 'JSON-MALFORMED'],
    ['nothing that is JSON', '<name>a</name>', 'JSON-MALFORMED'],
    ['a comma too many', '{"name":"a",}', 'JSON-MALFORMED'],
  ];
  for (const [name, text, code] of bodies)
    test(`is refused with its code and place: ${name}`, async () => {
      const body = text === 'utf8' ? Buffer.from('7b226e616d65223a22ff227d', 'hex') : Buffer.from(text);
      const answer = await fetch(`http://127.0.0.1:${node.port}/api/things`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          'Idempotency-Key': randomUUID(),
          'Content-Type': 'application/json',
        },
        body,
      });
      const problem = JSON.parse(await answer.text());
      assert.equal(answer.status, 400);
      assert.equal(problem.code, 'JSON-UNREADABLE');
      assert.ok(
        problem.faults.some((fault: { code: string }) => fault.code === code),
        JSON.stringify(problem.faults),
      );
      assert.equal(Reflect.get({}, 'admin'), undefined);
      assert.equal(await things(), 0);
    });

  test('is taken when it is only unusual: 0.1 is exact enough, names of every script stay as they are', async () => {
    const reply = await node
      .agent()
      .post('/api/things')
      .set({ Authorization: `Bearer ${token}`, 'Idempotency-Key': randomUUID() })
      .send({ name: 'บริษัท ไทย 株式会社 Đông', weight: 0.1 })
      .expect(201);
    assert.equal(reply.body.name, 'บริษัท ไทย 株式会社 Đông');
  });
});

describe('text that is hostile (threats H3)', () => {
  const texts: readonly (readonly [string, string])[] = [
    ['a right-to-left override', 'ACME \u202etxt.exe'],
    ['an isolate', 'ACME \u2066x\u2069'],
    ['a zero-width space', 'AC\u200bME'],
    ['a zero-width joiner', 'AC\u200dME'],
    ['a byte order mark', '\ufeffACME'],
    ['a line break', 'ACME\nLtd'],
    ['an escape sequence', 'ACME\u001b[31m'],
    ['a tag character', 'ACME\u{e0041}'],
    ['a private character', 'ACME\ue000'],
    ['nothing but spaces', '   '],
  ];
  for (const [name, text] of texts)
    test(`is refused in a name and shown where: ${name}`, async () => {
      const reply = await node
        .agent()
        .post('/api/things')
        .set({ Authorization: `Bearer ${token}`, 'Idempotency-Key': randomUUID() })
        .send({ name: text })
        .expect(422);
      assert.equal(reply.body.faults[0].pointer, '/name');
      assert.equal(reply.body.faults[0].code, 'SCHEMA-FORMAT');
    });
});
