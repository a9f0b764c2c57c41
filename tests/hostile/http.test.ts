import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { sampleApplication } from '../../src/region/sample-application.ts';
import { sampleCountry } from '../../src/region/sample-country.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { assertNoInternals, assertReady, countRows, nodeOf, stolenKeys } from './support.ts';
import { ask, signIn } from './web.ts';

describe('hostile HTTP and JSON at a running node', () => {
  let region: TestRegion;
  let cookie: string;
  let counts: Record<string, number>;
  before(async () => {
    region = await startTestRegion(['TH']);
    cookie = await signIn(region, 'TH', 'exporter');
  });
  after(() => region.end());
  beforeEach(async () => {
    counts = await countRows(nodeOf(region, 'TH'));
  });
  const unchanged = async (): Promise<void> => {
    assert.deepEqual(await countRows(nodeOf(region, 'TH')), counts);
    await assertReady(region, 'TH');
  };

  /** Sends bytes as they are and gives what comes back until the server closes, or for three seconds. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(region.address('TH')).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => {
        answer += data.toString('latin1');
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer));
      socket.setTimeout(3_000, () => socket.destroy());
      socket.write(text);
    });
  const head = (more: string): string =>
    `POST /api/applications HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\nIdempotency-Key: hostile-1\r\n${more}`;

  const requests: readonly (readonly [string, () => string, RegExp])[] = [
    ['huge headers', () => head(`X-A: ${'a'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /],
    [
      '100 MB of JSON',
      () => head('Content-Type: application/json\r\nContent-Length: 104857600\r\n\r\n{'),
      /^HTTP\/1\.1 413 /,
    ],
    [
      'Transfer-Encoding with Content-Length',
      () => head('Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n'),
      /^HTTP\/1\.1 400 /,
    ],
    ['two Content-Lengths', () => head('Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello'), /^HTTP\/1\.1 400 /],
    ['a NUL in a header', () => head('X-A: a\0b\r\n\r\n'), /^HTTP\/1\.1 400 /],
    ['no content type', () => head('Connection: close\r\nContent-Length: 2\r\n\r\n{}'), /^HTTP\/1\.1 415 /],
    [
      'the content type of a form',
      () =>
        head('Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 3\r\n\r\na=b'),
      /^HTTP\/1\.1 415 /,
    ],
  ];
  for (const [what, make, expected] of requests)
    test(`H1: ${what} is refused`, async () => {
      const answer = await raw(make());
      assert.match(answer, expected);
      assertNoInternals(answer);
      await unchanged();
    });

  test('H1: fifty connections that say nothing hinder nobody', async () => {
    const sockets = Array.from({ length: 50 }, () =>
      connect(Number(new URL(region.address('TH')).port), '127.0.0.1').on('error', () => {}),
    );
    for (const socket of sockets) socket.write('POST /api/app');
    await unchanged();
    for (const socket of sockets) socket.destroy();
  });

  /** Writes a piece every half second until the other end has closed; gives what it said and after how many seconds. */
  const slowly = async (socket: Socket, first: string, piece: string): Promise<{ said: string; seconds: number }> => {
    const began = performance.now();
    let said = '';
    socket.on('data', (data) => {
      said += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.write(first);
    const timer = setInterval(() => socket.writable && socket.write(piece), 500);
    await Promise.race([once(socket, 'close'), wait(20_000, undefined, { ref: false })]);
    clearInterval(timer);
    socket.destroy();
    return { said, seconds: (performance.now() - began) / 1_000 };
  };

  test('H1: slow headers are timed out, at the pages and at AS4, and others are served meanwhile', async () => {
    const { as4 } = nodeOf(region, 'TH').configuration;
    const { tls } = await stolenKeys(region, 'TH');
    const pages = connect(Number(new URL(region.address('TH')).port), '127.0.0.1');
    const secured = connectTls({
      host: '127.0.0.1',
      port: as4.port,
      rejectUnauthorized: false,
      key: tls.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: tls.certificate.toString(),
    });
    const silent = connect(as4.port, '127.0.0.1');
    // A slow body may take two minutes here; that it ends is tested with shorter limits in tests/http/hostile.test.ts.
    const body = connect(Number(new URL(region.address('TH')).port), '127.0.0.1').on('error', () => {});
    body.write(head('Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{'));
    const ends = Promise.all([
      slowly(pages, 'GET / HTTP/1.1\r\nHost: x\r\n', 'X-A: a\r\n'),
      slowly(secured, 'POST /as4 HTTP/1.1\r\nHost: x\r\n', 'X-A: a\r\n'),
    ]);
    await wait(1_000);
    const began = performance.now();
    await unchanged();
    assert.ok(performance.now() - began < 1_000);
    for (const { said, seconds } of await ends) {
      assert.match(said, /^HTTP\/1\.1 408 /);
      assert.ok(seconds > 5 && seconds < 15, `${seconds} s`);
    }
    for (const socket of [silent, body]) socket.destroy();
    await unchanged();
  });

  const good = () =>
    JSON.stringify(sampleApplication(sampleCountry('TH'), sampleCountry('VN'), 'ATIGA-FORM-D', 'HOSTILE1', new Date()));
  const bodies: readonly (readonly [string, string, (json: string) => string])[] = [
    ['H2', '__proto__', (json) => json.replace('{', '{"__proto__":{"admin":true},')],
    ['H2', 'constructor', (json) => json.replace('{', '{"constructor":{"prototype":{"admin":true}},')],
    ['H2', 'a name twice', (json) => json.replace('{', '{"scheme":"RCEP",')],
    ['H2', 'a depth of 10,000', (json) => json.replace('{', `{"remarks":${'['.repeat(10_000)}${']'.repeat(10_000)},`)],
    ['H2', '1e400', (json) => json.replace('{', '{"remarks":1e400,')],
    ['H2', 'an integer over 2^53', (json) => json.replace('{', '{"remarks":9007199254740993,')],
    [
      'H2',
      'an item number that is a fraction',
      (json) => json.replace('"itemNumber":1', '"itemNumber":0.30000000000000004'),
    ],
    ['H3', 'a NUL', (json) => json.replace('Direct current', 'Direct\\u0000current')],
    ['H3', 'a right-to-left override', (json) => json.replace('Direct current', 'Direct \\u202e current')],
    ['H3', 'a zero-width space', (json) => json.replace('Direct current', 'Direct\\u200bcurrent')],
    ['H3', 'half a surrogate pair', (json) => json.replace('Direct current', '\\ud800')],
    ['H3', 'an escape sequence', (json) => json.replace('Direct current', '\\u001b[31m')],
  ];
  for (const [threat, what, alter] of bodies)
    test(`${threat}: an application with ${what} is refused with its faults`, async () => {
      const altered = alter(good());
      assert.notEqual(altered, good());
      const answer = await ask(region, 'TH', cookie, 'POST', '/api/applications', altered);
      assert.ok([400, 422].includes(answer.status), answer.text);
      assert.ok(JSON.parse(answer.text).faults.length > 0);
      assert.equal(Reflect.get({}, 'admin'), undefined);
      await unchanged();
    });

  for (const path of [
    '/api/applications/%00',
    `/api/applications/${encodeURIComponent("' or 1=1 --")}`,
    '/api/applications/..%2f..%2fetc%2fpasswd',
    '/schemas/..%2f..%2f..%2fetc%2fpasswd',
    '/api/certificates/%ff',
    '/%5cevil.example',
  ])
    test(`H4: ${path} finds nothing`, async () => {
      const answer = await ask(region, 'TH', cookie, 'GET', path);
      assert.ok([400, 404, 422].includes(answer.status), `${answer.status}`);
      await unchanged();
    });
});
