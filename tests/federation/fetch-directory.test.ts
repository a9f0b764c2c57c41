import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, test } from 'node:test';
import { fetchDirectories, fetchDirectoryVersion } from '../../src/federation/fetch-directory.ts';
import { listen, listenWith } from './sources.ts';

test('every source is asked, and each answer is told with its source', async () => {
  const one = await listenWith({ current: Buffer.from('one'), 7: Buffer.from('seven') });
  const two = await listenWith({ current: Buffer.from('two') });
  const fetched = await fetchDirectories([{ url: one.url }, { url: two.url }]);
  assert.deepEqual(
    fetched.map((each) => (each.ok ? each.bytes.toString() : each.code)),
    ['one', 'two'],
  );
  const version = await fetchDirectoryVersion({ url: one.url }, 7);
  assert.equal(version.ok && version.bytes.toString(), 'seven');
  await one.close();
  await two.close();
});

describe('a source that misbehaves is told as such, in bounded time', () => {
  const cases: readonly (readonly [name: string, handle: RequestListener, code: string])[] = [
    [
      'redirects to another place',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      'DIRECTORY-SOURCE-STATUS',
    ],
    ['answers with an error', (_, response) => response.writeHead(503).end('busy'), 'DIRECTORY-SOURCE-STATUS'],
    ['sends more than the limit', (_, response) => response.end(Buffer.alloc(2_000)), 'DIRECTORY-SOURCE-TOO-LARGE'],
    ['never answers', () => undefined, 'DIRECTORY-SOURCE-TIMEOUT'],
    ['stops in the middle', (_, response) => response.writeHead(200).write('half'), 'DIRECTORY-SOURCE-TIMEOUT'],
    [
      'breaks off in the middle',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half', () => request.socket.destroy());
      },
      'DIRECTORY-SOURCE-UNREACHABLE',
    ],
  ];
  for (const [name, handle, code] of cases) {
    test(name, async () => {
      const source = await listen(handle);
      const [fetched] = await fetchDirectories([{ url: source.url }], { timeoutMilliseconds: 300, bytes: 1_000 });
      await source.close();
      assert.equal(fetched?.ok === false && fetched.code, code);
    });
  }
  for (const url of ['file:///etc/passwd', 'ftp://a.example/', 'nothing']) {
    test(`${url} is no source`, async () => {
      const [fetched] = await fetchDirectories([{ url }]);
      assert.equal(fetched?.ok === false && fetched.code, 'DIRECTORY-SOURCE-ADDRESS');
    });
  }
});
