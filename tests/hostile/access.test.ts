import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createPerson } from '../../src/access/people.ts';
import { ROLES } from '../../src/access/rights.ts';
import { type CarriedSample, carrySamples } from '../../src/region/carry-samples.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { doorOf, knock } from '../http/route-matrix.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { assertReady, countEvents, countRows, nodeOf } from './support.ts';
import { ask, signIn } from './web.ts';

const USER_OF = {
  trader: 'exporter',
  broker: 'broker',
  'issuing-officer': 'issuing',
  'clearance-officer': 'clearance',
  supervisor: 'supervisor',
  analyst: 'analyst',
  operator: 'operator',
} as const;

describe('access to a running node', () => {
  let region: TestRegion;
  let sample: CarriedSample;
  let applicationId: string;
  let paths: readonly string[];
  const cookies = new Map<string, string>();
  const cookie = (name: string): string => cookies.get(name) ?? '';

  before(async () => {
    region = await startTestRegion(['TH', 'VN']);
    const [carried] = await carrySamples(region.region.description, 1, () => {});
    assert.ok(carried);
    sample = carried;
    for (const name of [...Object.values(USER_OF), 'importer']) cookies.set(name, await signIn(region, 'TH', name));
    const node = nodeOf(region, 'TH');
    const { rows } = await node.pool.query<{ id: string }>({ text: 'select id from applications' });
    applicationId = rows[0]?.id ?? '';
    const password = 'another-office-1234567890';
    await inTransaction(node.pool, (transaction) =>
      createPerson(
        transaction,
        {
          username: 'elsewhere',
          name: 'Officer elsewhere',
          role: 'issuing-officer',
          firmId: null,
          office: 'OTHER',
          password,
        },
        { actor: { id: 'test', name: 'Test', role: 'node' }, now: new Date() },
      ),
    );
    const elsewhere = await ask(region, 'TH', null, 'POST', '/api/sign-in', { username: 'elsewhere', password });
    cookies.set('elsewhere', elsewhere.headers.getSetCookie()[0]?.split(';')[0] ?? '');
    const certificate = `/api/certificates/${encodeURIComponent(sample.number)}`;
    paths = [
      `/api/applications/${applicationId}`,
      `/api/applications/${applicationId}/history`,
      `/api/applications/${applicationId}/attachments`,
      certificate,
      `${certificate}/document`,
      `${certificate}/verification`,
      `${certificate}/history`,
    ];
  });
  after(() => region.end());

  const closedTo = async (country: string, session: string, asked: readonly string[]): Promise<void> => {
    for (const path of asked) {
      const audited = await countEvents(nodeOf(region, country), 'access.refused', path);
      const answer = await ask(region, country, session, 'GET', path);
      assert.equal(answer.status, 404, `${path} ${answer.text}`);
      assert.equal(await countEvents(nodeOf(region, country), 'access.refused', path), audited + 1, path);
    }
  };

  test('P1: the owner, the broker by mandate and the office read every document of a case', async () => {
    for (const name of ['exporter', 'broker', 'issuing'])
      for (const path of paths) assert.equal((await ask(region, 'TH', cookie(name), 'GET', path)).status, 200, path);
  });

  for (const name of ['importer', 'elsewhere', 'analyst', 'operator', 'clearance'])
    test(`P1: ${name}, whose case it is not, is told that there is none, and that is noted`, async () => {
      await closedTo('TH', cookie(name), paths);
    });

  test('P1: a trader of the importing country who is not the consignee is told that there is none', async () => {
    await closedTo('VN', await signIn(region, 'VN', 'exporter'), paths.slice(3));
  });

  test('P1: a broker whose mandate was revoked is told that there is none', async () => {
    const mandates = await ask(region, 'TH', cookie('exporter'), 'GET', '/api/mandates');
    const id = /"id":"([0-9a-f-]{36})"/.exec(mandates.text)?.[1];
    assert.equal((await ask(region, 'TH', cookie('exporter'), 'DELETE', `/api/mandates/${id}`)).status, 204);
    await closedTo('TH', cookie('broker'), paths);
  });

  test('P2: a trader cannot approve, not even the own application', async () => {
    const counts = await countRows(nodeOf(region, 'TH'));
    const path = `/api/applications/${applicationId}/approve`;
    const answer = await ask(region, 'TH', cookie('exporter'), 'POST', path, {}, { 'If-Match': '"1"' });
    assert.equal(answer.status, 403);
    assert.deepEqual(await countRows(nodeOf(region, 'TH')), counts);
  });

  for (const name of ['supervisor', 'operator'])
    test(`P2: the ${name} cannot change the own role`, async () => {
      const me = JSON.parse((await ask(region, 'TH', cookie(name), 'GET', '/api/me')).text);
      const { rows } = await nodeOf(region, 'TH').pool.query<{ id: string }>({
        text: 'select id from people where username = $1',
        values: [name],
      });
      const body = { role: 'issuing-officer', firmId: null, office: 'OTHER' };
      const path = `/api/people/${rows[0]?.id}/role`;
      const answer = await ask(region, 'TH', cookie(name), 'PUT', path, body, { 'If-Match': '"1"' });
      assert.ok([403, 409, 422].includes(answer.status), answer.text);
      assert.equal(JSON.parse((await ask(region, 'TH', cookie(name), 'GET', '/api/me')).text).role, me.role);
    });

  test('P3: a cookie is worth nothing after signing out', async () => {
    const session = await signIn(region, 'VN', 'analyst');
    assert.equal((await ask(region, 'VN', session, 'GET', '/api/me')).status, 200);
    await ask(region, 'VN', session, 'POST', '/api/sign-out');
    assert.equal((await ask(region, 'VN', session, 'GET', '/api/me')).status, 401);
  });

  test('P3: a session that the attacker chose is not the one that signing in begins', async () => {
    const fixed = await signIn(region, 'VN', 'analyst');
    assert.notEqual(await signIn(region, 'VN', 'analyst'), fixed);
  });

  test('P3: a request from a page of somebody else changes nothing', async () => {
    const counts = await countRows(nodeOf(region, 'TH'));
    const answer = await ask(
      region,
      'TH',
      cookie('exporter'),
      'POST',
      '/api/tokens',
      { name: 'x' },
      {
        Origin: 'https://evil.example',
        'Sec-Fetch-Site': 'cross-site',
      },
    );
    assert.equal(answer.status, 403);
    assert.deepEqual(await countRows(nodeOf(region, 'TH')), counts);
  });

  test('P4: tokens that are none get 401', async () => {
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"role":"operator"}').toString('base64url')}.`;
    for (const token of [none, 'x', 'selat_0000', 'a'.repeat(5_000)])
      assert.equal(
        (await ask(region, 'TH', null, 'GET', '/api/me', undefined, { Authorization: `Bearer ${token}` })).status,
        401,
      );
  });

  for (const role of [null, ...ROLES])
    test(`P5: every route does for ${role ?? 'nobody'} what the table says`, async () => {
      const node = nodeOf(region, 'TH');
      const counts = await countRows(node);
      for (const route of node.routes) {
        // Signing out is open to all and would end the session that the next rows need.
        if (route.operationId === 'signOut') continue;
        const found = await knock(
          region.address('TH').replace(/\/$/, ''),
          route,
          role === null ? null : cookie(USER_OF[role]),
        );
        const expected = doorOf(route, role);
        assert.equal(found, expected, `${route.method} ${route.path}`);
      }
      assert.deepEqual(await countRows(node), counts);
      await assertReady(region, 'TH');
    });

  test('P3: guessing a password is limited', async () => {
    const statuses: number[] = [];
    for (let time = 0; time < 12; time += 1)
      statuses.push(
        (await ask(region, 'VN', null, 'POST', '/api/sign-in', { username: 'operator', password: `wrong-${time}` }))
          .status,
      );
    assert.ok(statuses.includes(429), String(statuses));
    assert.ok(!statuses.includes(200));
  });
});
