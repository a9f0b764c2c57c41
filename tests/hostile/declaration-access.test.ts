import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { roleHas } from '../../src/access/rights.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { amendmentRequest, cancellationRequest, exportDeclaration } from '../documents/declaration-examples.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { act, bodyOf, declarationOf, done, freshReference, issueCertificate, lodge, motorsOf } from './clearing.ts';
import { sampleOf } from './route-bodies.ts';
import { countEvents, digestTables, eventually, nodeOf } from './support.ts';
import { ask, signIn, type WebAnswer } from './web.ts';

/** Words of rules and of what they found, which no trader is told. */
const SECRET =
  /certificate-not-usable|see the certificate's own reason|duty-at-stake|Drawn at random|random-(documents|inspection)|ruleSet|"fired"|"selection"/i;

describe('P1–P5: who sees and does what with declarations at running nodes', () => {
  let region: TestRegion;
  let mrn: string;
  let reference: string;
  let certificate: string;
  let webhook: string;
  let response: string;
  let forwarded: string;
  let paths: readonly string[];
  const cookies = new Map<string, string>();
  const as = (name: string): string => cookies.get(name) ?? '';
  const get = (name: string, path: string): Promise<WebAnswer> => ask(region, 'VN', as(name), 'GET', path);
  const operator = (method: string, path: string, body: object, more = {}): Promise<WebAnswer> =>
    ask(region, 'VN', as('operator'), method, path, body, more);

  const employ = async (username: string, belonging: object): Promise<{ id: string; password: string }> => {
    const answer = await operator('POST', '/api/people', { username, name: username, ...belonging });
    assert.equal(answer.status, 201, answer.text);
    const { id, password } = bodyOf(answer);
    await enter(username, String(password));
    return { id: String(id), password: String(password) };
  };
  const enter = async (username: string, password: string): Promise<void> => {
    const answer = await ask(region, 'VN', null, 'POST', '/api/sign-in', { username, password });
    assert.equal(answer.status, 200, answer.text);
    cookies.set(username, answer.headers.getSetCookie()[0]?.split(';')[0] ?? '');
  };

  before(async () => {
    region = await startTestRegion(['TH', 'VN']);
    for (const name of [
      ...['exporter', 'importer', 'broker', 'issuing', 'clearance', 'supervisor', 'analyst', 'operator'],
    ])
      cookies.set(name, await signIn(region, 'VN', name));
    await employ('elsewhere', { role: 'clearance-officer', firmId: null, office: 'VNSGNC' });
    const issued = await issueCertificate(region, ['TH', 'VN']);
    certificate = issued.number;
    reference = issued.consignmentReference;
    const exported = exportDeclaration({
      localReference: freshReference('EXP'),
      consignmentReference: reference,
      changes: { '/declaration/goodsShipment/consignee/id': '0207654321' },
    });
    await lodge(region, 'TH', await signIn(region, 'TH', 'exporter'), exported);
    await eventually('the export declaration has come', async () => {
      const { items }: { items: { id: string }[] } = JSON.parse(
        (await get('clearance', '/api/forwarded-declarations')).text,
      );
      forwarded = items[0]?.id ?? '';
      return forwarded !== '';
    });
    const hook = { url: 'https://127.0.0.1:9/hook', steps: null };
    const made = await ask(region, 'VN', as('importer'), 'POST', '/api/webhooks', hook);
    webhook = String(bodyOf(made)['id']);
    // More than there is on the certificate, so that a rule fires.
    const items = [motorsOf(certificate, '5000')];
    ({ mrn } = await lodge(region, 'VN', as('importer'), declarationOf({ items, consignmentReference: reference })));
    const answerBy = new Date(Date.now() + 86_400_000).toISOString();
    await done(region, 'VN', as('clearance'), mrn, 'queries', { subject: 'Invoice', text: 'Which?', answerBy });
    const upload = `/api/declarations/${mrn}/queries/1/answer-files?name=invoice.txt`;
    const file = await ask(region, 'VN', as('importer'), 'POST', upload, 'a secret price', {
      'Content-Type': 'text/plain',
    });
    assert.equal(file.status, 201, file.text);
    await done(region, 'VN', as('importer'), mrn, 'queries/1/answer', { text: 'This one.' });
    await eventually('a response stands in the feed', async () => {
      const feed: { items: { id: string }[] } = JSON.parse((await get('importer', '/api/responses')).text);
      response = feed.items[0]?.id ?? '';
      return response !== '';
    });
    const declaration = `/api/declarations/${mrn}`;
    paths = [
      declaration,
      ...['documents/1', 'history', 'queries', 'milestones'].map((part) => `${declaration}/${part}`),
      `${declaration}/queries/1/files/${bodyOf(file)['id']}`,
      `/api/responses/${response}`,
      `/api/responses/${response}/document`,
      `/api/forwarded-declarations/${forwarded}`,
      `/api/forwarded-declarations/${forwarded}/document`,
      `/api/forwarded-declarations/${forwarded}/import-draft`,
      `/api/certificates/${certificate}/ledger`,
      `/api/consignments/${reference}/timeline`,
    ];
  });
  after(() => region.end());

  const closed = async (name: string, asked: readonly string[]): Promise<void> => {
    for (const path of asked) {
      const audited = await countEvents(nodeOf(region, 'VN'), 'access.refused', path);
      const answer = await get(name, path);
      assert.equal(answer.status, 404, `${name} ${path} ${answer.text.slice(0, 200)}`);
      assert.equal(await countEvents(nodeOf(region, 'VN'), 'access.refused', path), audited + 1, `${name} ${path}`);
    }
  };
  const LISTS = ['/api/declarations', '/api/responses', '/api/queries', '/api/webhooks', '/api/forwarded-declarations'];
  const seesNothing = async (name: string): Promise<void> => {
    for (const path of LISTS) {
      const answer = await get(name, path);
      assert.deepEqual(JSON.parse(answer.text).items, [], `${name} ${path}`);
    }
  };

  test('P1: the declarant reads everything of its declaration', async () => {
    for (const path of paths) assert.equal((await get('importer', path)).status, 200, path);
    const hook = `/api/webhooks/${webhook}`;
    for (const path of [hook, `${hook}/deliveries`]) assert.equal((await get('importer', path)).status, 200, path);
  });

  for (const name of ['exporter', 'broker', 'analyst', 'operator', 'issuing'])
    test(`P1: ${name}, whose case it is not, is told that there is none, and that is noted`, async () => {
      // An issuing officer may see certificates; the timeline is of no parameter, so that its refusal is that of a right.
      await closed(name, name === 'exporter' || name === 'broker' ? paths : paths.slice(0, -2));
      await closed(name, [`/api/webhooks/${webhook}`, `/api/webhooks/${webhook}/deliveries`]);
      if (name === 'exporter' || name === 'broker') await seesNothing(name);
    });

  test('P1: an officer of another office sees no declaration of this one', async () => {
    await closed('elsewhere', [...paths.slice(0, 6), `/api/declarations/${mrn}/verdict`]);
    assert.deepEqual(JSON.parse((await get('elsewhere', '/api/worklist')).text).items, []);
    const other = await get('elsewhere', '/api/worklist?office=VNHPHC');
    assert.ok(other.status >= 400 || JSON.parse(other.text).items.length === 0, other.text);
  });

  test('P1: nobody else acts on it, whatever they know of it', async () => {
    const before = await digestTables(nodeOf(region, 'VN'));
    const acts: readonly (readonly [string, object])[] = [
      ['withdraw', { reason: 'Not ours.' }],
      ['amendments?reason=Mine', declarationOf()],
      ['arrival', { at: new Date().toISOString(), precision: 'second' }],
      ['queries/1/answer', { text: 'An answer.' }],
    ];
    for (const name of ['exporter', 'broker'])
      for (const [path, body] of acts) {
        const answer = await act(region, 'VN', as(name), mrn, path, body);
        assert.deepEqual(
          [answer.status, answer.code],
          [404, 'DECLARATION-NOT-FOUND'],
          `${name} ${path} ${answer.text}`,
        );
      }
    for (const message of [cancellationRequest(mrn), amendmentRequest(mrn, {})]) {
      const answer = await ask(region, 'VN', as('exporter'), 'POST', '/api/declarations', message);
      assert.ok([404, 422].includes(answer.status), answer.text);
    }
    const foreign = await ask(region, 'VN', as('exporter'), 'POST', '/api/declarations', declarationOf());
    assert.deepEqual([foreign.status, foreign.code], [403, 'DECLARANT-NOT-YOURS'], foreign.text);
    for (const [method, path] of [
      ['DELETE', ''],
      ['POST', '/secret'],
    ] as const) {
      const answer = await ask(region, 'VN', as('exporter'), method, `/api/webhooks/${webhook}${path}`, undefined, {
        'If-Match': '"1"',
      });
      assert.equal(answer.status, 404, answer.text);
    }
    const after = await digestTables(nodeOf(region, 'VN'));
    for (const table of [
      'declarations',
      'declaration_versions',
      'clearance_query_turns',
      'webhooks',
      'certificate_uses',
    ])
      assert.equal(after[table], before[table], table);
  });

  test('P1: a local reference that somebody else has used tells nothing of them', async () => {
    const { rows } = await nodeOf(region, 'VN').pool.query<{ lrn: string }>({
      text: 'select lrn from declarations where mrn = $1',
      values: [mrn],
    });
    const localReference = rows[0]?.lrn ?? '';
    const own = declarationOf({ localReference, declarantId: '0201234567', importerId: '0201234567' });
    assert.equal((await ask(region, 'VN', as('exporter'), 'POST', '/api/declarations', own)).status, 201);
  });

  test('P1: a broker sees it while the mandate holds, and not after it', async () => {
    const firms = await nodeOf(region, 'VN').pool.query<{ id: string }>({
      text: `select id from firms where identifier_value = '0209988776'`,
    });
    const validUntil = new Date(Date.now() + 3_600_000).toISOString();
    const terms = { brokerFirmId: firms.rows[0]?.id, validUntil };
    const granted = await ask(region, 'VN', as('importer'), 'POST', '/api/mandates', terms);
    assert.equal(granted.status, 201, granted.text);
    for (const path of paths.slice(0, 6)) assert.equal((await get('broker', path)).status, 200, path);
    assert.equal((await get('broker', paths.at(-1) ?? '')).status, 200);
    const id = String(bodyOf(granted)['id']);
    assert.equal((await ask(region, 'VN', as('importer'), 'DELETE', `/api/mandates/${id}`)).status, 204);
    await closed('broker', paths);
  });

  test('P2: an officer who was of the declarant’s firm does nothing with its declarations', async () => {
    const firm = await nodeOf(region, 'VN').pool.query<{ id: string }>({
      text: `select id from firms where identifier_value = '0207654321'`,
    });
    const { id, password } = await employ('changer', { role: 'trader', firmId: firm.rows[0]?.id, office: null });
    const changed = await ask(
      region,
      'VN',
      as('operator'),
      'PUT',
      `/api/people/${id}/role`,
      { role: 'clearance-officer', firmId: null, office: 'VNHPHC' },
      { 'If-Match': '"1"' },
    );
    assert.equal(changed.status, 200, changed.text);
    await enter('changer', password);
    const items = [motorsOf(certificate, '5000')];
    const { mrn: unclaimed } = await lodge(region, 'VN', as('importer'), declarationOf({ items }));
    for (const [path, body] of [
      ['claim', undefined],
      ['release', {}],
      ['assessment', {}],
      ['payments', { kind: 'payment', amount: '1', currency: 'VND', reference: 'X', source: 'Bank' }],
      ['seizure', { reasons: [{ reason: 'Because.' }] }],
    ] as const) {
      const answer = await act(region, 'VN', as('changer'), unclaimed, path, body);
      assert.deepEqual([answer.status, answer.code], [403, 'FOUR-EYES'], `${path} ${answer.text}`);
    }
    const given = await act(region, 'VN', as('supervisor'), unclaimed, 'hand-over', { to: id, reason: 'Yours.' });
    assert.equal(given.status, 403, given.text);
  });

  test('P2: who lowers the duty does not confirm it, and who draws up a list of rules does not put it in force', async () => {
    const { mrn: other } = await lodge(
      region,
      'VN',
      as('importer'),
      declarationOf({ items: [{ commodityCode: '93070000', description: 'Swords for a museum' }] }),
    );
    await done(region, 'VN', as('clearance'), other, 'claim');
    const findings = [{ sequence: 1, duty: { amount: '1', reason: 'A friend.' } }];
    const assessed = await done(region, 'VN', as('clearance'), other, 'assessment', { findings });
    assert.equal(assessed['proposed'], true, JSON.stringify(assessed));
    const confirmed = await act(region, 'VN', as('clearance'), other, 'assessment/confirm', { remark: 'Yes.' });
    assert.deepEqual([confirmed.status, confirmed.code], [403, 'FOUR-EYES'], confirmed.text);

    const drafting = nodeOf(region, 'VN').routes.find(({ operationId }) => operationId === 'proposeRuleList');
    const schema: JsonObject = drafting?.requestBody ?? {};
    const path = '/api/selectivity/lists/watched/versions';
    const drafted = await ask(region, 'VN', as('supervisor'), 'POST', path, sampleOf(schema));
    assert.equal(drafted.status, 201, drafted.text);
    const approved = await ask(
      region,
      'VN',
      as('supervisor'),
      'POST',
      `${path}/1/approval`,
      {},
      {
        'If-Match': drafted.headers.get('etag') ?? '',
      },
    );
    assert.deepEqual([approved.status, approved.code], [403, 'FOUR-EYES'], approved.text);
  });

  test('P4: a token for one right does not do by the door of lodgement what needs another', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const wish = { name: 'lodges only', expiresAt, onlyRights: ['declaration.lodge'] };
    const made = await ask(region, 'VN', as('importer'), 'POST', '/api/tokens', wish);
    assert.equal(made.status, 201, made.text);
    const bearer = { Authorization: `Bearer ${bodyOf(made)['secret']}` };
    const asProgram = (body: object) => ask(region, 'VN', null, 'POST', '/api/declarations', body, bearer);
    assert.equal((await asProgram(declarationOf())).status, 201);
    const answer = await asProgram(cancellationRequest(mrn));
    assert.deepEqual([answer.status, answer.code], [403, 'RIGHT-MISSING'], answer.text);
    assert.equal((await ask(region, 'VN', null, 'GET', '/api/declarations', undefined, bearer)).status, 403);
  });

  test('rules of selectivity and their reasons reach no trader by any route', async () => {
    const node = nodeOf(region, 'VN');
    // The words are there to be found: an officer reads them.
    assert.match((await get('clearance', `/api/declarations/${mrn}/verdict`)).text, SECRET);
    const names: Readonly<Record<string, string>> = {
      mrn,
      reference,
      number: certificate,
      commodityCode: '85013130',
      id: response,
    };
    let read = 0;
    for (const route of node.routes.filter(({ method, path }) => method === 'GET' && path.startsWith('/api/'))) {
      if (route.right === 'public' || (route.right !== 'signed-in' && !roleHas('trader', route.right))) continue;
      const known: Record<string, string> = { ...names };
      if (route.path.startsWith('/api/webhooks')) known['id'] = webhook;
      if (route.path.startsWith('/api/declarations')) known['number'] = '1';
      if (route.path.startsWith('/api/forwarded')) known['id'] = forwarded;
      const path = route.path.replace(/[:*](\w+)/g, (_, name: string) => encodeURIComponent(known[name] ?? 'x'));
      const { status, text } = await get('importer', path);
      assert.doesNotMatch(text, SECRET, path);
      if (status === 200) read += 1;
    }
    assert.ok(read > 15, `${read} answers were read`);
    const items = [motorsOf(certificate, '5000')];
    const checked = await ask(
      region,
      'VN',
      as('importer'),
      'POST',
      '/api/declarations/check',
      declarationOf({ items }),
    );
    assert.doesNotMatch(checked.text, SECRET);
    const { body } = await lodge(region, 'VN', as('importer'), declarationOf({ items }));
    assert.doesNotMatch(JSON.stringify(body), SECRET);
    const { rows } = await node.pool.query<{ text: string }>({
      text: `select convert_from(r.bytes, 'UTF8') as text from responses r`,
    });
    for (const { text } of rows) assert.doesNotMatch(text, SECRET);
    const abroad = await ask(
      region,
      'TH',
      await signIn(region, 'TH', 'exporter'),
      'GET',
      `/api/consignments/${reference}/timeline`,
    );
    assert.equal(abroad.status, 200, abroad.text);
    assert.doesNotMatch(abroad.text, SECRET);
    assert.doesNotMatch(abroad.text, new RegExp(mrn));
  });
});
