import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { startTestNode, type TestNode } from './test-node.ts';
import { thingRoutes } from './test-routes.ts';

let node: TestNode;
before(async () => {
  node = await startTestNode({ journeys: thingRoutes({ done: 0 }) });
});
after(() => node.stop());

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const { body } = await node.agent().get('/openapi.json').expect(200);
    const result = await new Validator().validate(body);
    assert.deepEqual(result.errors ?? [], []);
    assert.equal(body.openapi, '3.1.0');
  });

  test('has every route of the table, and every reference in it leads somewhere', async () => {
    const { body, text } = await node.agent().get('/openapi.json').expect(200);
    for (const route of node.web.routes) {
      const path = route.path.replace(/[:*](\w+)/g, '{$1}');
      assert.equal(body.paths[path][route.method.toLowerCase()].operationId, route.operationId);
    }
    for (const [, reference = ''] of text.matchAll(/"\$ref":"([^"]+)"/g)) {
      const found = reference
        .replace('#/', '')
        .split('/')
        .reduce((value, name) => value?.[name], body);
      assert.ok(found !== undefined, reference);
    }
  });

  test('is not sent again to whom has it', async () => {
    const first = await node.agent().get('/openapi.json').expect(200);
    await node.agent().get('/openapi.json').set('If-None-Match', String(first.headers['etag'])).expect(304);
  });
});

describe('the pages', () => {
  for (const path of ['/', '/docs'])
    test(`need no script and nothing from elsewhere: ${path}`, async () => {
      const { text, headers } = await node.agent().get(path).set('Accept', 'text/html').expect(200);
      assert.match(String(headers['content-type']), /^text\/html/);
      assert.doesNotMatch(text, /<script|\son\w+=|style="|src="|url\(/i);
      for (const [, address = ''] of text.matchAll(/href="([^"]*)"/g)) assert.match(address, /^(\/(?!\/)|#|data:,$)/);
      const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? '';
      const digest = createHash('sha256').update(style).digest('base64');
      assert.ok(String(headers['content-security-policy']).includes(`'sha256-${digest}'`));
      assert.match(text, /Sample data/);
    });

  test('of the node says first that it works, and what has to be looked at otherwise', async () => {
    const html = () => node.agent().get('/').set('Accept', 'text/html').expect(200);
    assert.match((await html()).text, /✓.*This node works, and it knows its partners/);
    const before = node.description;
    node.description = { ...before, directory: { state: 'expired' }, countryName: '<script>alert(1)</script>' };
    const { text } = await html();
    assert.match(text, /has expired/);
    assert.doesNotMatch(text, /<script>/);
    assert.equal((await node.agent().get('/health/ready').expect(200)).body.status, 'degraded');
    node.description = before;
  });

  test('of the node is JSON for programs', async () => {
    const { body } = await node.agent().get('/').expect(200);
    assert.equal(body.country, 'TH');
    assert.equal(body.links.openapi, '/openapi.json');
    for (const link of Object.values(body.links)) await node.agent().get(String(link)).expect(200);
  });

  test('of the reference show every route', async () => {
    const { text } = await node.agent().get('/docs').expect(200);
    for (const route of node.web.routes) assert.ok(text.includes(`id="${route.operationId}"`));
  });
});

describe('the schemas', () => {
  test('are served with their digest, found by path or digest, and never from outside', async () => {
    const { body } = await node.agent().get('/schemas').expect(200);
    assert.match(body.digest, /^[0-9a-f]{64}$/);
    for (const file of body.files.slice(0, 5)) {
      const reply = await node
        .agent()
        .get(file.address)
        .buffer(true)
        .parse((response, done) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('end', () => done(null, Buffer.concat(pieces)));
        });
      const digest = createHash('sha256').update(reply.body).digest();
      assert.equal(digest.toString('hex'), file.digest);
      assert.equal(reply.headers['content-digest'], `sha-256=:${digest.toString('base64')}:`);
      await node.agent().get(`/schemas/${file.digest}`).expect(200);
      await node.agent().get(file.address).set('If-None-Match', `"${file.digest}"`).expect(304);
    }
    for (const path of ['../package.json', '..%2fpackage.json', '%2e%2e/package.json', 'documents', '.'])
      assert.equal((await node.agent().get(`/schemas/${path}`)).status, 404, path);
  });
});
