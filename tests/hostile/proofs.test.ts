import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { mayDo, ROLES } from '../../src/access/rights.ts';
import { sessionCookieName } from '../../src/http/client.ts';
import type { Route } from '../../src/http/route.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { countEvents, digestTables, nodeOf } from './support.ts';
import { ask, signIn, USER_OF, type WebAnswer } from './web.ts';

const NO_TOKEN = [401, 'TOKEN-NOT-VALID'];
const NO_SESSION = [401, 'SIGN-IN-NEEDED'];
const resultOf = ({ status, code }: WebAnswer): [number, string] => [status, code];
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('what people and programs prove themselves with, at a running node', () => {
  let region: TestRegion;
  /** Every line that the nodes wrote to their logs. */
  const lines: string[] = [];
  /** Every secret that was given out or sent. */
  const secrets = new Set<string>();

  before(async () => {
    const log = pino<never>({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    region = await startTestRegion(['TH', 'VN'], log);
    for (const { people } of Object.values(region.region.description.nodes))
      for (const { password } of people) secrets.add(password);
  });
  after(() => region.end());

  const enter = async (country: string, username: string): Promise<string> => {
    const cookie = await signIn(region, country, username);
    secrets.add(cookie.split('=')[1] ?? '');
    return cookie;
  };
  const makeToken = async (
    country: string,
    cookie: string,
    lasts = 60_000,
  ): Promise<{ id: string; secret: string }> => {
    const expiresAt = new Date(Date.now() + lasts).toISOString();
    const answer = await ask(region, country, cookie, 'POST', '/api/tokens', { name: 'program', expiresAt });
    assert.equal(answer.status, 201, answer.text);
    const made: { id: string; secret: string } = JSON.parse(answer.text);
    secrets.add(made.secret);
    return made;
  };
  const withToken = (secret: string, country = 'TH', scheme = 'Bearer'): Promise<WebAnswer> =>
    ask(region, country, null, 'GET', '/api/me', undefined, { Authorization: `${scheme} ${secret}` });

  describe('P4: tokens', () => {
    test('are good until their end, and then get 401', async () => {
      const { secret } = await makeToken('TH', await enter('TH', 'exporter'), 1_000);
      assert.equal((await withToken(secret)).status, 200);
      await wait(1_050);
      assert.deepEqual(resultOf(await withToken(secret)), NO_TOKEN);
    });

    test('are good until they are revoked, and then get 401 at once', async () => {
      const cookie = await enter('TH', 'exporter');
      const { id, secret } = await makeToken('TH', cookie);
      assert.equal((await withToken(secret)).status, 200);
      assert.equal((await ask(region, 'TH', cookie, 'DELETE', `/api/tokens/${id}`)).status, 204);
      assert.deepEqual(resultOf(await withToken(secret)), NO_TOKEN);
    });

    test('of another node get 401', async () => {
      const { secret } = await makeToken('VN', await enter('VN', 'operator'));
      assert.equal((await withToken(secret, 'VN')).status, 200);
      assert.deepEqual(resultOf(await withToken(secret, 'TH')), NO_TOKEN);
    });

    test('are no sessions, and sessions no tokens', async () => {
      const cookie = await enter('TH', 'exporter');
      const { secret } = await makeToken('TH', cookie);
      const name = sessionCookieName('TH');
      for (const value of [secret, secret.slice('selat_'.length)])
        assert.deepEqual(resultOf(await ask(region, 'TH', `${name}=${value}`, 'GET', '/api/me')), NO_SESSION);
      const session = cookie.split('=')[1] ?? '';
      for (const value of [session, `selat_${session}`]) assert.deepEqual(resultOf(await withToken(value)), NO_TOKEN);
    });

    const claims = { sub: 'operator', role: 'operator', aud: 'TH', exp: 4_000_000_000 };
    const forged: readonly (readonly [string, () => string, string?])[] = [
      ['with alg none', () => `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.`],
      ['with alg nOnE', () => `${encoded({ alg: 'nOnE', typ: 'JWT' })}.${encoded(claims)}.`],
      [
        'with an HMAC by a key that anybody has',
        () => {
          const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
          return `${signed}.${createHmac('sha256', 'selat').update(signed).digest('base64url')}`;
        },
      ],
      ['with alg none behind our prefix', () => `selat_${encoded({ alg: 'none' })}.${encoded(claims)}.`],
      ['of the right form that nobody was given', () => `selat_${randomBytes(32).toString('base64url')}`],
      ['that are empty', () => ''],
      ['of 8,000 characters', () => `selat_${'a'.repeat(8_000)}`],
      ['with SQL in them', () => "selat_' or 1=1 --"],
      ['that are a name and a password', () => Buffer.from('operator:operator').toString('base64'), 'Basic'],
      ['of another scheme', () => randomBytes(32).toString('base64url'), 'DPoP'],
    ];
    for (const [what, make, scheme] of forged)
      test(`${what} get 401, for reading, changing, and where no token is needed, and change nothing`, async () => {
        const before = await digestTables(nodeOf(region, 'TH'));
        const headers = { Authorization: `${scheme ?? 'Bearer'} ${make()}` };
        for (const [method, path] of [
          ['GET', '/api/me'],
          ['POST', '/api/people'],
          ['GET', '/openapi.json'],
        ] as const) {
          const body = method === 'POST' ? {} : undefined;
          assert.deepEqual(resultOf(await ask(region, 'TH', null, method, path, body, headers)), NO_TOKEN, path);
        }
        assert.deepEqual(await digestTables(nodeOf(region, 'TH')), before);
      });

    test('altered in any one place get 401', async () => {
      const { secret } = await makeToken('TH', await enter('TH', 'exporter'));
      for (const at of [6, 20, 47]) {
        const other = secret[at] === 'A' ? 'B' : 'A';
        const altered = secret.slice(0, at) + other + secret.slice(at + 1);
        assert.deepEqual(resultOf(await withToken(altered)), NO_TOKEN);
      }
    });

    test('that are bad are not made good by a session beside them', async () => {
      const cookie = await enter('TH', 'exporter');
      const headers = { Authorization: 'Bearer x' };
      assert.deepEqual(resultOf(await ask(region, 'TH', cookie, 'GET', '/api/me', undefined, headers)), NO_TOKEN);
    });
  });

  describe('P3: sessions', () => {
    test('that were stolen are worth nothing after signing out', async () => {
      const cookie = await enter('VN', 'analyst');
      assert.equal((await ask(region, 'VN', cookie, 'GET', '/api/me')).status, 200);
      assert.equal((await ask(region, 'VN', cookie, 'POST', '/api/sign-out')).status, 204);
      assert.deepEqual(resultOf(await ask(region, 'VN', cookie, 'GET', '/api/me')), NO_SESSION);
      const changing = await ask(region, 'VN', cookie, 'POST', '/api/tokens', { name: 'x', expiresAt: 'x' });
      assert.deepEqual(resultOf(changing), NO_SESSION);
    });

    test('are never begun under an id that the client chose', async () => {
      const name = sessionCookieName('VN');
      const chosen = `${name}=${randomBytes(32).toString('base64url')}`;
      const person = region.region.description.nodes['VN']?.people.find((one) => one.username === 'analyst');
      assert.deepEqual(resultOf(await ask(region, 'VN', chosen, 'GET', '/api/me')), NO_SESSION);
      const credentials = { username: 'analyst', password: person?.password };
      const answer = await ask(region, 'VN', chosen, 'POST', '/api/sign-in', credentials);
      const given = answer.headers.getSetCookie().map((one) => one.split(';')[0]);
      assert.equal(given.length, 1);
      assert.notEqual(given[0], chosen);
      assert.deepEqual(resultOf(await ask(region, 'VN', chosen, 'GET', '/api/me')), NO_SESSION);
    });

    test('of an attacker, planted in a browser, do not become those of who signs in there', async () => {
      const planted = await enter('VN', 'exporter');
      const person = region.region.description.nodes['VN']?.people.find((one) => one.username === 'operator');
      const credentials = { username: 'operator', password: person?.password };
      const answer = await ask(region, 'VN', planted, 'POST', '/api/sign-in', credentials);
      assert.equal(answer.status, 200);
      assert.deepEqual(resultOf(await ask(region, 'VN', planted, 'GET', '/api/me')), NO_SESSION);
    });

    test('of one node are none at another', async () => {
      const value = (await enter('VN', 'operator')).split('=')[1] ?? '';
      const moved = `${sessionCookieName('TH')}=${value}`;
      assert.deepEqual(resultOf(await ask(region, 'TH', moved, 'GET', '/api/me')), NO_SESSION);
    });
  });

  describe('P3: requests that another site makes the browser send', () => {
    const own = (): string => new URL(region.address('TH')).origin;
    const elsewhere: readonly (readonly [string, () => Record<string, string>])[] = [
      ['another site', () => ({ Origin: 'https://evil.example' })],
      ['another site, as browsers tell it', () => ({ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' })],
      ['a page without origin', () => ({ Origin: 'null' })],
      ['another port of the same machine', () => ({ Origin: 'http://127.0.0.1:1' })],
      ['a neighbouring site', () => ({ 'Sec-Fetch-Site': 'same-site' })],
      ['an address that begins like our own', () => ({ Origin: `${own()}.evil.example` })],
      ['our own address, as another site says', () => ({ Origin: own(), 'Sec-Fetch-Site': 'cross-site' })],
    ];
    const cookies = new Map<string, string>();
    before(async () => {
      for (const role of ROLES) cookies.set(role, await enter('TH', USER_OF[role]));
    });
    const changing = (): readonly Route[] => nodeOf(region, 'TH').routes.filter((route) => route.method !== 'GET');

    for (const [from, headers] of elsewhere)
      test(`are refused on every changing route of the table, from ${from}, and change nothing`, async () => {
        const node = nodeOf(region, 'TH');
        const { rows } = await node.pool.query<{ id: string }>({
          text: `select id from people where username = 'broker'`,
        });
        const before = await digestTables(node);
        const refused = await countEvents(node, 'access.refused');
        assert.ok(changing().length > 15);
        for (const route of changing()) {
          const { right } = route;
          const role = ROLES.find(
            (one) => right === 'public' || right === 'signed-in' || mayDo({ role: one, onlyRights: null }, right),
          );
          assert.ok(role, route.operationId);
          const path = route.path.replace(/:\w+/g, rows[0]?.id ?? '');
          const more = { ...headers(), 'If-Match': '"1"' };
          const answer = await ask(region, 'TH', cookies.get(role) ?? '', route.method, path, {}, more);
          assert.deepEqual(resultOf(answer), [403, 'CROSS-SITE'], `${route.method} ${route.path}`);
          assert.equal(answer.headers.getSetCookie().length, 0);
        }
        assert.deepEqual(await digestTables(node), before);
        assert.equal(await countEvents(node, 'access.refused'), refused + changing().length);
        for (const cookie of cookies.values())
          assert.equal((await ask(region, 'TH', cookie, 'GET', '/api/me')).status, 200);
      });

    test('are told apart from those of our own pages, which pass', async () => {
      const headers = { Origin: own(), 'Sec-Fetch-Site': 'same-origin' };
      const answer = await ask(region, 'TH', await enter('TH', 'exporter'), 'POST', '/api/sign-out', {}, headers);
      assert.equal(answer.status, 204);
    });
  });

  describe('P3: secrets in an address', () => {
    const addresses: readonly (readonly [string, (token: string, session: string) => string])[] = [
      ['access_token', (token) => `/api/me?access_token=${token}`],
      ['token', (token) => `/api/applications?token=${token}`],
      ['a name of no meaning', (token) => `/api/certificates?after=${token}`],
      ['the name of the cookie', (_token, session) => `/api/me?${session}`],
      ['password', () => '/api/me?password=hunter-2-in-an-address'],
      ['the path', (token) => `/api/applications/${token}`],
      ['the path, with percent signs', (token) => `/api/applications/${token.replace('selat_', 'selat%5F')}`],
    ];
    for (const [where, make] of addresses)
      test(`are refused with 400: ${where}`, async () => {
        const session = await enter('TH', 'exporter');
        const { secret } = await makeToken('TH', session);
        secrets.add('hunter-2-in-an-address');
        for (const cookie of [null, session])
          assert.deepEqual(resultOf(await ask(region, 'TH', cookie, 'GET', make(secret, session))), [
            400,
            'SECRET-IN-ADDRESS',
          ]);
      });
  });

  test('P3: no secret of all these is in a line of the log, an event or any other table', async () => {
    const digests = [...secrets].filter((secret) => secret !== '');
    assert.ok(lines.length > 100 && digests.length > 20, `${lines.length} lines, ${digests.length} secrets`);
    const log = lines.join('');
    for (const secret of digests) assert.ok(!log.includes(secret), 'a secret is in the log');
    for (const country of ['TH', 'VN']) {
      const { pool } = nodeOf(region, country);
      const tables = [
        ...Object.keys(await digestTables(nodeOf(region, country))),
        'events',
        'sessions',
        'sign_in_guards',
      ];
      for (const table of tables) {
        const { rows } = await pool.query<{ secret: string }>({
          text: `select s as secret from unnest($1::text[]) s where exists (
            select 1 from "${table}" t where position(s in t::text) > 0)`,
          values: [digests],
        });
        assert.equal(rows.length, 0, `a secret is in ${table}`);
      }
    }
  });
});
