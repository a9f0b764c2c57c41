import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { isObject, type JsonObject, type JsonValue } from '../../src/documents/json.ts';
import { faultsOf, namesDocument } from '../../src/http/request-schemas.ts';
import type { Route } from '../../src/http/route.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { bodyOf, declarationOf, done, issueCertificate, lodge, motorsOf } from './clearing.ts';
import { HIDING, ODD, replaced, sampleOf, TELLING, textPlaces, UNREADABLE } from './route-bodies.ts';
import { assertNoInternals, assertReady, countRows, eventually, nodeOf } from './support.ts';
import { ask, cookieFor, signIn, type WebAnswer } from './web.ts';

/** Routes that were there before declarations; their bodies are tested in http.test.ts and tests/http. */
const OLD = /^\/api\/(applications|tokens|firms|people|mandates|me|messages|quarantine|partners|alarms|sign-)/;

/** What can be done once to a declaration. */
const ENDS = /(withdraw|assessment|result|answer|close|release|seizure|withhold|origin-queries)$/;
/** What changes by itself while the two nodes tell each other of the consignment. */
const TELLING_EACH_OTHER = [
  ...['consignment_shares', 'shared_events', 'sharing_cursor', 'papers', 'documents', 'received_receipts'],
  ...['incoming_bodies', 'incoming_messages', 'outgoing_bodies', 'outgoing_messages', 'webhook_deliveries'],
];

/** After which texts everything is read again. */
const READ_AFTER = ['markup', 'a text that is not NFC', 'something very long'];
/** What a comparison of times needs besides. */
const PERIOD = ({ path }: Route): Record<string, string> =>
  path.startsWith('/api/timing') ? { from: '2026-11-01', until: '2026-12-01' } : {};

describe('H2–H5: hostile bodies at every route of clearance', () => {
  let region: TestRegion;
  let certificate: string;
  let webhook: string;
  let response: string;
  let originQuery: string;
  let firmId: string;
  let milestone: string;
  let reference: string;
  let declared: string;
  const cookies = new Map<string, string>();
  const cookieOf = (route: Route): string => cookieFor(route, cookies);
  const importer = (): string => cookies.get('importer') ?? '';
  const officer = (): string => cookies.get('clearance') ?? '';

  before(async () => {
    region = await startTestRegion(['TH', 'VN']);
    for (const name of ['importer', 'issuing', 'clearance', 'supervisor', 'analyst', 'operator'])
      cookies.set(name, await signIn(region, 'VN', name));
    certificate = (await issueCertificate(region, ['TH', 'VN'])).number;
    declared = await openDeclaration();
    const url = 'https://127.0.0.1:9/hook';
    webhook = idOf(await ask(region, 'VN', importer(), 'POST', '/api/webhooks', { url, steps: null }));
    const list = { items: [{ id: '' }] };
    await eventually('a response stands in the feed', async () => {
      const feed: typeof list = JSON.parse((await ask(region, 'VN', importer(), 'GET', '/api/responses')).text);
      response = feed.items[0]?.id ?? '';
      return response !== '';
    });
    const about = { certificateNumber: certificate, basis: 'random' };
    const asked = await ask(region, 'VN', officer(), 'POST', `/api/declarations/${declared}/origin-queries`, about);
    originQuery = idOf(asked);
    const milestones: typeof list = JSON.parse(
      (await ask(region, 'VN', officer(), 'GET', `/api/declarations/${declared}/milestones`)).text,
    );
    milestone = milestones.items[0]?.id ?? '';
    const firm = await nodeOf(region, 'VN').pool.query<{ id: string }>({
      text: `select id from firms where identifier_value = '0207654321'`,
    });
    firmId = firm.rows[0]?.id ?? '';
  });
  after(() => region.end());

  const idOf = (answer: WebAnswer): string => {
    assert.equal(answer.status, 201, answer.text);
    return String(bodyOf(answer)['id']);
  };

  /** A declaration that waits for an officer, with a query, an inspection and a permit. */
  async function openDeclaration(): Promise<string> {
    const items = [motorsOf(certificate, '5000')];
    const { mrn, body } = await lodge(region, 'VN', importer(), declarationOf({ items }));
    reference = String(body['consignmentReference']);
    const answerBy = new Date(Date.now() + 86_400_000).toISOString();
    await done(region, 'VN', officer(), mrn, 'queries', { subject: 'Invoice', text: 'Which invoice?', answerBy });
    await done(region, 'VN', officer(), mrn, 'inspections', { what: 'Motors' });
    await done(region, 'VN', officer(), mrn, 'permits', { agency: 'Ministry', subject: 'Motors' });
    return mrn;
  }

  /** Names on the address of a route, all of things that are there. */
  const named = (route: Route, mrn: string): Readonly<Record<string, string>> => ({
    mrn,
    commodityCode: '85013130',
    name: 'watched',
    firmId,
    reference,
    number: route.path.startsWith('/api/certificates') ? certificate : '1',
    id: route.path.startsWith('/api/webhooks')
      ? webhook
      : route.path.startsWith('/api/responses')
        ? response
        : route.path.startsWith('/api/origin-queries')
          ? originQuery
          : route.path.includes('/milestones')
            ? milestone
            : randomUUID(),
  });
  const pathOf = (route: Route, names: Readonly<Record<string, string>>): string =>
    route.path.replace(/[:*](\w+)/g, (_, name: string) => encodeURIComponent(names[name] ?? randomUUID()));

  /** The version of what a route changes, as it is now. */
  const versionFor = async (route: Route, mrn: string): Promise<string> => {
    const [table, column, value] = route.path.startsWith('/api/declarations')
      ? ['declarations', 'mrn', mrn]
      : route.path.startsWith('/api/webhooks')
        ? ['webhooks', 'id::text', webhook]
        : route.path.startsWith('/api/origin-queries')
          ? ['origin_queries', 'id::text', originQuery]
          : ['', '', ''];
    if (table === '') return '"1"';
    const { rows } = await nodeOf(region, 'VN').pool.query<{ version: number }>({
      text: `select version from ${table} where ${column} = $1`,
      values: [value],
    });
    return `"${rows[0]?.version ?? 1}"`;
  };

  const newRoutes = (): readonly Route[] =>
    nodeOf(region, 'VN').routes.filter(
      ({ path, right }) => right !== 'public' && !OLD.test(path) && path !== '/metrics',
    );

  /** A list of nothing. */
  const isEmpty = ({ status, text }: WebAnswer): boolean => status === 200 && /^\{"items":\[\]/.test(text);

  const withBody = (): { route: Route; schema: JsonObject }[] =>
    nodeOf(region, 'VN').routes.flatMap((route) => {
      const { requestBody: schema, streamsBody } = route;
      if (schema === undefined || streamsBody === true || namesDocument(schema) || OLD.test(route.path)) return [];
      return [{ route, schema }];
    });

  const sampleFor = (schema: JsonObject): JsonValue =>
    sampleOf(schema, { certificateNumber: certificate, url: 'https://127.0.0.1:9/hook', movementReference: declared });

  const send = async (route: Route, mrn: string, body: string): Promise<WebAnswer> => {
    const answer = await ask(region, 'VN', cookieOf(route), route.method, pathOf(route, named(route, mrn)), body, {
      'If-Match': await versionFor(route, mrn),
    });
    assertNoInternals(answer.text);
    return answer;
  };

  test('the bodies that the tests begin with are good: no route refuses their form', async () => {
    for (const { schema, route } of withBody())
      assert.deepEqual(faultsOf(schema, sampleFor(schema)), [], `${route.method} ${route.path}`);
    assert.ok(withBody().length > 25);
  });

  test('H2, H3: what cannot be read, is unknown or hides something is refused by every route, and nothing is stored', async () => {
    const mrn = await openDeclaration();
    const node = nodeOf(region, 'VN');
    const before = await countRows(node, TELLING_EACH_OTHER);
    const wrong: string[] = [];
    for (const [index, { route, schema }] of withBody().entries()) {
      const good = sampleFor(schema);
      const hiding = HIDING.flatMap(([what, text]) =>
        textPlaces(good).map((place) => ({ what: `${what} in ${place.join('/')}`, body: replaced(good, place, text) })),
      );
      for (const odd of ODD)
        for (const place of textPlaces(good)) {
          const was = place.reduce<JsonValue>((at, name) => Object(at)[name], good);
          if (typeof was === 'string' && /^\d{4}-|^[0-9a-f]{8}-/.test(was))
            hiding.push({ what: `${odd} in ${place.join('/')}`, body: replaced(good, place, odd) });
        }
      // What the schema of a route takes must be refused by its journey.
      const taken = hiding.filter(({ body }) => faultsOf(schema, body).length === 0);
      const hidden = hiding[index % hiding.length];
      const unread = UNREADABLE.filter((_, at) => (at + index) % 3 === 0).map(([what, make]) => ({
        what,
        body: make(JSON.stringify(good)),
      }));
      for (const { what, body } of [...unread, ...taken, ...(hidden === undefined ? [] : [hidden])]) {
        const answer = await send(route, mrn, typeof body === 'string' ? body : JSON.stringify(body));
        const isRefused = [400, 422].includes(answer.status) && answer.code !== '';
        if (!isRefused) wrong.push(`${route.method} ${route.path}: ${what}: ${answer.status} ${answer.code}`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.deepEqual(await countRows(node, TELLING_EACH_OTHER), before);
    assert.equal(Reflect.get({}, 'admin'), undefined);
    await assertReady(region, 'VN');
  });

  test('H3–H5: what is dangerous only elsewhere is refused or kept as text, and all can be read afterwards', async () => {
    const wrong: string[] = [];
    for (const [index, { route, schema }] of withBody().entries()) {
      const good = sampleFor(schema);
      const ofDeclaration = route.path.includes(':mrn');
      let mrn = ofDeclaration ? await openDeclaration() : '';
      // Every route gets a third of the texts, and every text comes to a third of the routes.
      for (const [what, text] of TELLING.filter((_, at) => (at + index) % 3 === 0)) {
        // At once in every place whose schema takes it; what a schema refuses never reaches the journey.
        const places = textPlaces(good).filter((place) => faultsOf(schema, replaced(good, place, text)).length === 0);
        if (places.length === 0) continue;
        const body = places.reduce((changed, place) => replaced(changed, place, text), good);
        const answer = await send(route, mrn, JSON.stringify(body));
        if (answer.status >= 500) wrong.push(`${route.method} ${route.path}: ${what}: ${answer.text}`);
        if (!ofDeclaration || answer.status >= 300 || !READ_AFTER.includes(what)) continue;
        for (const path of ['', '/verdict', '/queries']) {
          const read = await ask(region, 'VN', officer(), 'GET', `/api/declarations/${mrn}${path}`);
          if (read.status !== 200 || !isObject(JSON.parse(read.text)))
            wrong.push(`${route.path} ${what}, then ${path}: ${read.status}`);
          if (read.text.includes('a\u0301')) wrong.push(`${route.path} keeps what is not NFC`);
        }
        if (ENDS.test(route.path)) mrn = await openDeclaration();
      }
    }
    assert.deepEqual(wrong, []);
    await assertReady(region, 'VN');
  });

  const NAMES = [
    ...[
      '%00',
      '%ff',
      '..%2f..%2fetc%2fpasswd',
      '%2e%2e',
      encodeURIComponent("' or 1=1 --"),
      '__proto__',
      'constructor',
    ],
    ...[encodeURIComponent('26VN‮0000000000016'), encodeURIComponent('ＶＮ'), '9'.repeat(400), '0', '-1', '1e3'],
    'urn:uuid:7f3f0a5e-9f0a-4b1c-8d9e-0a1b2c3d4e5f',
  ];

  test('H4: a name in the address of any route that names nothing finds nothing', async () => {
    const wrong: string[] = [];
    const before = await countRows(nodeOf(region, 'VN'), TELLING_EACH_OTHER);
    for (const [index, route] of newRoutes().entries()) {
      const parameters = [...route.path.matchAll(/[:*](\w+)/g)].map(([, name]) => name ?? '');
      for (const parameter of parameters)
        for (const name of NAMES.filter((_, at) => (at + index) % 5 === 0)) {
          const names = named(route, declared);
          const path = route.path.replace(/[:*](\w+)/g, (_, one: string) =>
            one === parameter ? name : encodeURIComponent(names[one] ?? randomUUID()),
          );
          const { requestBody } = route;
          const body = requestBody === undefined || route.streamsBody === true ? undefined : sampleFor(requestBody);
          const answer = await ask(region, 'VN', cookieOf(route), route.method, path, body, { 'If-Match': '"1"' });
          const isFine = answer.status >= 400 && answer.status < 500 && answer.code !== '';
          if (!isFine && !isEmpty(answer)) wrong.push(`${route.method} ${path}: ${answer.status} ${answer.text}`);
        }
    }
    assert.deepEqual(wrong, []);
    assert.deepEqual(await countRows(nodeOf(region, 'VN'), TELLING_EACH_OTHER), before);
    await assertReady(region, 'VN');
  });

  const QUERIES = [
    ...["' or 1=1 --", '%\\_', '<b>', '=1+1', '\0', '\u202e', 'Ѕіаm', 'x'.repeat(5_000), '__proto__', '-1', '1e400'],
    ...['9999-99-99', '275760-09-13T00:00:00Z', '', '[]', 'null', ...ODD],
  ];

  test('H4: no parameter of any list does anything but filter or be refused', async () => {
    const wrong: string[] = [];
    for (const route of newRoutes().filter(({ method, query }) => method === 'GET' && query !== undefined))
      for (const [index, parameter] of [...Object.keys(route.query ?? {}), 'unknown'].entries())
        for (const value of QUERIES.filter((_, at) => (at + index) % 3 === 0)) {
          const path = `${pathOf(route, named(route, declared))}?${new URLSearchParams({ ...PERIOD(route), [parameter]: value })}`;
          const answer = await ask(region, 'VN', cookieOf(route), 'GET', path);
          const isRefused = answer.status >= 400 && answer.status < 500 && answer.code !== '';
          if (answer.status !== 200 && !isRefused) wrong.push(`${path.slice(0, 200)}: ${answer.status} ${answer.text}`);
          if (answer.status === 200 && parameter === 'unknown') wrong.push(`${path.slice(0, 200)} is taken`);
          assertNoInternals(answer.text);
        }
    assert.deepEqual(wrong, []);
    await assertReady(region, 'VN');
  });
});
