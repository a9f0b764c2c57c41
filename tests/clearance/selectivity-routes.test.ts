import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ROLES } from '../../src/access/rights.ts';
import type { SelectivityOfNode } from '../../src/clearance/selectivity/selectivity.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { authorisedTraderRoutes } from '../../src/http/routes/authorised-traders.ts';
import { dryRunRoutes } from '../../src/http/routes/dry-runs.ts';
import { ruleListRoutes } from '../../src/http/routes/rule-lists.ts';
import { ruleSetRoutes } from '../../src/http/routes/selectivity.ts';
import { drawFor } from '../../src/selectivity/draw.ts';
import { doorOf, knock } from '../http/route-matrix.ts';
import { startTestNode, type TestNode } from '../http/test-node.ts';
import { someFacts } from '../selectivity/cases.ts';
import { aDeclaration, NOW, selectivityOver, storePast } from './selectivity-support.ts';

const REASON = 'Because the test needs it to be so.';

let node: TestNode;
let selectivity: SelectivityOfNode;
let officer: string;
let supervisor: string;
let other: string;

before(async () => {
  const late: SelectivityOfNode = selectivityOver(
    () => node.pool,
    () => node.now,
  );
  selectivity = late;
  node = await startTestNode({
    journeys: [...ruleSetRoutes(late), ...dryRunRoutes(late), ...ruleListRoutes(late), ...authorisedTraderRoutes(late)],
  });
  node.now = NOW;
  assert.equal(await selectivity.installFirstRules(NOW), true);
  officer = await node.signIn(await node.enter('clearance-officer', { office: 'HPH' }));
  supervisor = await node.signIn(await node.enter('supervisor'));
  other = await node.signIn(await node.enter('supervisor'));
});
after(async () => {
  await selectivity.stop();
  await node.stop();
});

interface Answer {
  readonly status: number;
  readonly body: JsonObject & { readonly number: number; readonly version: number; readonly id: string };
  readonly etag: string;
}

async function ask(
  cookie: string,
  method: 'GET' | 'POST',
  path: string,
  body?: JsonObject,
  etag?: string,
): Promise<Answer> {
  const agent = node.agent();
  const request = (method === 'GET' ? agent.get(path) : agent.post(path)).set('Cookie', cookie);
  if (method === 'POST') request.set('Idempotency-Key', randomUUID());
  if (etag !== undefined) request.set('If-Match', etag);
  const reply = await (body === undefined ? request : request.send(body));
  return { status: reply.status, body: reply.body, etag: reply.headers['etag'] ?? '' };
}

function rule(id: string, more: JsonObject = {}): JsonObject {
  return { id, title: id, reason: `The rule ${id} was met.`, channel: 'red', ...more };
}

function setOf(...rules: JsonObject[]): JsonObject {
  return { title: 'Rules', rules, exemptions: [] };
}

const FROM_JAPAN = { field: 'declaration.exportCountry', is: 'equals', value: 'JP' };
const SETS = '/api/selectivity/rule-sets';

async function drafted(ruleSet: JsonObject, by = officer): Promise<Answer> {
  const draft = await ask(by, 'POST', SETS, { ruleSet, reason: REASON });
  assert.equal(draft.status, 201, JSON.stringify(draft.body));
  return draft;
}

async function proposed(ruleSet: JsonObject, by = officer): Promise<Answer> {
  const draft = await drafted(ruleSet, by);
  const proposal = await ask(by, 'POST', `${SETS}/${draft.body.number}/proposal`, undefined, draft.etag);
  assert.equal(proposal.status, 200, JSON.stringify(proposal.body));
  return proposal;
}

const PERIOD = { lodgedFrom: '2026-01-01T00:00:00Z', lodgedUntil: '2026-03-01T00:00:00Z' };

async function dryRun(number: number, more: JsonObject = {}): Promise<Answer> {
  const run = await ask(officer, 'POST', `${SETS}/${number}/dry-runs`, { ...PERIOD, ...more });
  assert.equal(run.status, 202, JSON.stringify(run.body));
  await selectivity.keepHouse();
  return ask(officer, 'GET', `/api/selectivity/dry-runs/${run.body.id}`);
}

function approve(by: string, answer: Answer, body: JsonObject = {}): Promise<Answer> {
  return ask(by, 'POST', `${SETS}/${answer.body.number}/approval`, body, answer.etag);
}

describe('rules before there are declarations', () => {
  test('a node begins with the first rules, installed once', async () => {
    assert.equal(await selectivity.installFirstRules(NOW), false);
    const sets = await ask(officer, 'GET', SETS);
    assert.deepEqual(
      [sets.body['items']]
        .flat()
        .map((each) => typeof each === 'object' && each !== null && 'state' in each && each.state),
      ['in-force'],
    );
    assert.equal((await node.events('selectivity-rule-set.installed')).length, 1);
  });

  test('approval without a dry run says why, because there is nothing to run over', async () => {
    const answer = await proposed(setOf(rule('from-japan', { when: FROM_JAPAN })));
    const without = await approve(supervisor, answer);
    assert.deepEqual([without.status, without.body['code']], [422, 'NO-DRY-RUN-REASON']);
    const approved = await approve(supervisor, answer, { reason: 'The node is new and has no declarations.' });
    assert.deepEqual([approved.status, approved.body['state']], [200, 'in-force']);
  });
});

describe('rules', () => {
  let firmId: string;
  const mrns: string[] = [];

  before(async () => {
    firmId = await node.firm();
    for (let each = 0; each < 45; each += 1)
      mrns.push(
        await storePast(node.pool, firmId, {
          origin: each % 3 === 0 ? 'JP' : 'TH',
          channel: each === 1 ? 'red' : 'green',
        }),
      );
  });

  test('are drawn up, proposed, tried and approved by somebody else, and then in force with their log', async () => {
    const answer = await proposed(
      setOf(rule('from-thailand', { when: { ...FROM_JAPAN, value: 'TH' }, channel: 'yellow' })),
    );
    const run = await dryRun(answer.body.number);
    assert.equal(run.body['state'], 'done');
    const approved = await approve(supervisor, answer);
    assert.deepEqual([approved.status, approved.body['state']], [200, 'in-force']);
    const selection = await selectivity.select(node.pool, aDeclaration(), NOW);
    assert.equal(selection.channel, 'yellow');
    assert.equal(selection.ruleSetVersion, answer.body.number);
    const before = await ask(officer, 'GET', `${SETS}/1`);
    assert.equal(before.body['state'], 'replaced');
    for (const kind of ['drafted', 'proposed', 'approved'])
      assert.ok((await node.events(`selectivity-rule-set.${kind}`)).length > 0, kind);
  });

  test('are refused with every fault when they are drawn up, and nothing is kept', async () => {
    const count = async () => (await node.pool.query({ text: 'select from selectivity_versions' })).rows.length;
    const before = await count();
    const when = {
      all: [
        { field: 'nowhere', is: 'given' },
        { field: 'office', is: 'above', value: '1' },
      ],
    };
    const answer = await ask(officer, 'POST', SETS, { ruleSet: setOf(rule('bad', { when })), reason: REASON });
    assert.equal(answer.status, 422);
    assert.deepEqual(
      [answer.body['faults']]
        .flat()
        .map((fault) => typeof fault === 'object' && fault !== null && 'pointer' in fault && fault.pointer),
      ['/ruleSet/rules/0/when/all/0/field', '/ruleSet/rules/0/when/all/1/is'],
    );
    assert.equal(await count(), before);
  });

  test('are never approved by whoever drew them up or proposed them', async () => {
    const own = await proposed(setOf(), supervisor);
    await dryRun(own.body.number);
    const refused = await approve(supervisor, own);
    assert.deepEqual([refused.status, refused.body['code']], [403, 'FOUR-EYES']);
    const draft = await drafted(setOf(), supervisor);
    const byOther = await ask(other, 'POST', `${SETS}/${draft.body.number}/proposal`, undefined, draft.etag);
    await dryRun(draft.body.number);
    for (const by of [supervisor, other]) assert.equal((await approve(by, byOther)).body['code'], 'FOUR-EYES');
  });

  test('are not approved by an officer', async () => {
    const answer = await proposed(setOf(), supervisor);
    assert.equal((await approve(officer, answer)).status, 403);
  });

  test('are not approved without a dry run of exactly this version that looked at something', async () => {
    const one = await proposed(setOf());
    const two = await proposed(setOf());
    await dryRun(one.body.number);
    assert.equal((await approve(supervisor, two, { reason: REASON })).body['code'], 'DRY-RUN-MISSING');
    const empty = await dryRun(two.body.number, {
      lodgedFrom: '2020-01-01T00:00:00Z',
      lodgedUntil: '2020-01-02T00:00:00Z',
    });
    assert.equal(empty.body['state'], 'done');
    assert.equal((await approve(supervisor, two, { reason: REASON })).body['code'], 'DRY-RUN-MISSING');
  });

  test('are approved once when two approve at once', async () => {
    const answer = await proposed(setOf(rule('twice', { when: FROM_JAPAN })));
    await dryRun(answer.body.number);
    const both = await Promise.all([approve(supervisor, answer), approve(other, answer)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 412]);
  });

  test('are either approved or withdrawn when both come at once', async () => {
    const answer = await proposed(setOf(rule('either', { when: FROM_JAPAN })));
    await dryRun(answer.body.number);
    const both = await Promise.all([
      approve(supervisor, answer, { inForceFrom: '2027-01-01T00:00:00Z' }),
      ask(officer, 'POST', `${SETS}/${answer.body.number}/withdrawal`, { reason: REASON }, answer.etag),
    ]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 412]);
    const now = await ask(officer, 'GET', `${SETS}/${answer.body.number}`);
    if (now.body['state'] === 'scheduled')
      await ask(supervisor, 'POST', `${SETS}/${answer.body.number}/withdrawal`, { reason: REASON }, now.etag);
  });

  test('are not changed by somebody who saw another version', async () => {
    const draft = await drafted(setOf());
    const path = `${SETS}/${draft.body.number}/proposal`;
    assert.equal((await ask(officer, 'POST', path)).status, 428);
    assert.equal((await ask(officer, 'POST', path, undefined, '"9"')).status, 412);
    assert.equal((await ask(officer, 'POST', path, undefined, draft.etag)).status, 200);
    assert.equal((await ask(officer, 'POST', path, undefined, '"2"')).body['code'], 'VERSION-STATE');
  });

  test('come into force at the moment that was approved, and not before', async () => {
    const answer = await proposed(setOf(rule('everything')));
    await dryRun(answer.body.number);
    const past = await approve(supervisor, answer, { inForceFrom: '2026-02-01T00:00:00Z' });
    assert.equal(past.body['code'], 'IN-FORCE-IN-THE-PAST');
    const approved = await approve(supervisor, answer, { inForceFrom: '2026-03-02T00:00:00+07:00' });
    assert.deepEqual([approved.status, approved.body['state']], [200, 'scheduled']);
    const at = async (moment: string) => selectivity.select(node.pool, aDeclaration(), new Date(moment));
    assert.notEqual((await at('2026-03-01T16:59:59.999Z')).ruleSetVersion, answer.body.number);
    assert.equal((await at('2026-03-01T17:00:00Z')).ruleSetVersion, answer.body.number);
    assert.notEqual((await at('2026-03-01T16:59:59.999Z')).ruleSetVersion, answer.body.number);
    const byOfficer = await ask(
      officer,
      'POST',
      `${SETS}/${answer.body.number}/withdrawal`,
      { reason: REASON },
      approved.etag,
    );
    assert.equal(byOfficer.body['code'], 'RIGHT-MISSING');
    const withdrawn = await ask(
      supervisor,
      'POST',
      `${SETS}/${answer.body.number}/withdrawal`,
      { reason: REASON },
      approved.etag,
    );
    assert.equal(withdrawn.body['state'], 'withdrawn');
    assert.notEqual((await at('2026-03-01T17:00:00Z')).ruleSetVersion, answer.body.number);
  });

  test('in force cannot be withdrawn, and an older proposal cannot come after a newer one', async () => {
    const older = await proposed(setOf());
    const newer = await proposed(setOf(rule('newer', { when: FROM_JAPAN })));
    await dryRun(older.body.number);
    await dryRun(newer.body.number);
    const inForce = await approve(supervisor, newer);
    assert.equal(inForce.status, 200);
    assert.equal((await approve(supervisor, older)).body['code'], 'VERSION-OVERTAKEN');
    const withdrawal = await ask(
      supervisor,
      'POST',
      `${SETS}/${newer.body.number}/withdrawal`,
      { reason: REASON },
      inForce.etag,
    );
    assert.equal(withdrawal.body['code'], 'VERSION-STATE');
  });

  test('are not overwritten in the database', async () => {
    for (const text of [
      `update selectivity_versions set content = '{}'`,
      'delete from selectivity_steps',
      `update selectivity_dry_runs set state = 'waiting', result = null where state = 'done'`,
    ])
      await assert.rejects(node.pool.query({ text }), /append-only|kept as it is/);
  });

  test('never show the seed of a random rule', async () => {
    const draft = await drafted(setOf(rule('random', { share: '0.5' })));
    const { rows } = await node.pool.query<{ seed: string }>({
      text: `select seeds ->> 'random' as seed from selectivity_versions where kind = 'rule-set' and number = $1`,
      values: [draft.body.number],
    });
    const seed = rows[0]?.seed ?? '';
    assert.match(seed, /^[0-9a-f]{64}$/);
    const run = await dryRun(draft.body.number);
    const read = await ask(supervisor, 'GET', `${SETS}/${draft.body.number}`);
    const draw = await ask(supervisor, 'POST', '/api/selectivity/draws', {
      ruleSet: draft.body.number,
      rule: 'random',
      movementReference: mrns[0] ?? '',
    });
    assert.equal(draw.body['value'], drawFor(seed, 'random', mrns[0] ?? ''));
    for (const answer of [draft, run, read, draw]) assert.ok(!JSON.stringify(answer.body).includes(seed));
  });

  test('draws are not told of declarations to come', async () => {
    const answer = await ask(supervisor, 'POST', '/api/selectivity/draws', {
      ruleSet: 1,
      rule: 'random-inspection',
      movementReference: '26VN00000000000018',
    });
    assert.deepEqual([answer.status, answer.body['code']], [404, 'DECLARATION-WITHOUT-CHANNEL']);
  });

  test('dry runs say what would change, which rules fire, and for which declarations', async () => {
    const draft = await drafted(
      setOf(rule('japan', { when: FROM_JAPAN }), rule('never', { when: { ...FROM_JAPAN, value: 'XX' } })),
    );
    const run = await dryRun(draft.body.number);
    assert.equal(run.body['examined'], 45);
    const result = run.body['result'];
    assert.ok(typeof result === 'object' && result !== null && 'changes' in result);
    const { changes, ...rest } = result;
    assert.deepEqual(
      [changes].flat().map((change) => {
        assert.ok(typeof change === 'object' && change !== null && 'samples' in change);
        const { samples, ...counts } = change;
        return { ...counts, samples: [samples].flat().length };
      }),
      [
        { from: 'green', to: 'red', count: 15, samples: 15 },
        { from: 'red', to: 'green', count: 1, samples: 1 },
      ],
    );
    assert.deepEqual(
      { ...rest, basis: '' },
      {
        examined: 45,
        stricter: 15,
        milder: 1,
        before: { green: 44, yellow: 0, red: 1 },
        after: { green: 30, yellow: 0, red: 15 },
        rules: [
          { rule: 'japan', fired: 15, lowered: 0 },
          { rule: 'never', fired: 0, lowered: 0 },
        ],
        basis: '',
      },
    );
  });

  test('dry runs look at no more than they are asked to', async () => {
    const draft = await drafted(setOf());
    assert.equal((await dryRun(draft.body.number, { most: 21 })).body['examined'], 21);
  });

  test('dry runs refuse a period that ends before it begins', async () => {
    const draft = await drafted(setOf());
    const path = `${SETS}/${draft.body.number}/dry-runs`;
    const answer = await ask(officer, 'POST', path, { lodgedFrom: PERIOD.lodgedUntil, lodgedUntil: PERIOD.lodgedFrom });
    assert.equal(answer.body['code'], 'DRY-RUN-PERIOD');
  });
});

describe('lists and authorised traders', () => {
  const LISTS = '/api/selectivity/lists/watched-countries/versions';

  test('are in force once somebody else has approved them', async () => {
    const content = { title: 'Watched', kind: 'countries', entries: ['JP', 'TH'] };
    const list = await ask(officer, 'POST', LISTS, { content, reason: REASON });
    assert.deepEqual([list.status, list.body['state']], [201, 'proposed']);
    const set = setOf(
      rule('watched', { when: { field: 'declaration.exportCountry', is: 'in-list', list: 'watched-countries' } }),
    );
    const early = await ask(officer, 'POST', SETS, { ruleSet: set, reason: REASON });
    assert.equal(early.body['code'], 'RULE-SET-FAULTY');
    assert.equal((await ask(supervisor, 'POST', `${LISTS}/1/approval`, {}, list.etag)).body['state'], 'in-force');
    const answer = await proposed(set);
    await dryRun(answer.body.number);
    assert.equal((await approve(supervisor, answer)).status, 200);
    const selection = await selectivity.select(node.pool, aDeclaration(), NOW);
    assert.deepEqual([selection.channel, selection.lists], ['red', { 'watched-countries': 1 }]);

    const next = await ask(supervisor, 'POST', LISTS, { content: { ...content, entries: ['JP'] }, reason: REASON });
    const own = await ask(supervisor, 'POST', `${LISTS}/2/approval`, {}, next.etag);
    assert.equal(own.body['code'], 'FOUR-EYES');
    assert.equal((await selectivity.select(node.pool, aDeclaration(), NOW)).channel, 'red');
    assert.equal((await ask(other, 'POST', `${LISTS}/2/approval`, {}, next.etag)).status, 200);
    assert.equal((await selectivity.select(node.pool, aDeclaration(), NOW)).channel, 'green');
  });

  test('that have no name that rules could use are refused, and no version has a number that is none', async () => {
    const content = { title: 'Codes', kind: 'texts', entries: [] };
    const answer = await ask(officer, 'POST', '/api/selectivity/lists/A%20List/versions', { content, reason: REASON });
    assert.equal(answer.body['code'], 'LIST-NAME');
    for (const number of ['0', '-1', '1e3', '99999999999', 'x'])
      assert.equal((await ask(officer, 'GET', `${SETS}/${number}`)).body['code'], 'VERSION-NOT-FOUND', number);
  });

  test('refuse entries that do not fit', async () => {
    const content = { title: 'Codes', kind: 'commodity-codes', entries: ['8708', 'arms', '=cmd'] };
    const answer = await ask(officer, 'POST', '/api/selectivity/lists/codes/versions', { content, reason: REASON });
    assert.deepEqual(
      [answer.status, answer.body['code'], [answer.body['faults']].flat().length],
      [422, 'LIST-ENTRIES', 2],
    );
  });

  test('a trader is authorised for a time, under four eyes, until revoked', async () => {
    const firmId = await node.firm();
    const path = `/api/selectivity/authorised-traders/${firmId}/versions`;
    const content = {
      kind: 'AEO-C',
      validFrom: '2026-02-01T00:00:00Z',
      validUntil: '2026-04-01T00:00:00Z',
      revoked: false,
    };
    assert.equal((await ask(officer, 'POST', path, { content, reason: REASON })).status, 403);
    const answer = await ask(supervisor, 'POST', path, { content, reason: REASON });
    assert.equal(await selectivity.isAuthorised(node.pool, firmId, NOW), false);
    assert.equal((await ask(supervisor, 'POST', `${path}/1/approval`, {}, answer.etag)).body['code'], 'FOUR-EYES');
    assert.equal((await ask(other, 'POST', `${path}/1/approval`, {}, answer.etag)).status, 200);
    assert.equal(await selectivity.isAuthorised(node.pool, firmId, NOW), true);
    assert.equal(await selectivity.isAuthorised(node.pool, firmId, new Date('2026-04-01T00:00:00Z')), false);
    assert.equal(await selectivity.isAuthorised(node.pool, randomUUID(), NOW), false);
    const revocation = await ask(other, 'POST', path, { content: { ...content, revoked: true }, reason: REASON });
    assert.equal((await ask(supervisor, 'POST', `${path}/2/approval`, {}, revocation.etag)).status, 200);
    assert.equal(await selectivity.isAuthorised(node.pool, firmId, NOW), false);
    const all = await ask(officer, 'GET', '/api/selectivity/authorised-traders');
    assert.match(JSON.stringify(all.body), new RegExp(firmId));
  });

  test('a firm that is not registered is not authorised', async () => {
    const content = { kind: 'AEO-C', validFrom: '2026-02-01T00:00:00Z', validUntil: null, revoked: false };
    const path = `/api/selectivity/authorised-traders/${randomUUID()}/versions`;
    assert.equal((await ask(supervisor, 'POST', path, { content, reason: REASON })).body['code'], 'FIRM-NOT-FOUND');
  });
});

describe('traders', () => {
  test('learn nothing of rules, lists, dry runs or authorised traders; all routes keep to the table of rights', async () => {
    const paths = node.web.routes.filter(({ path }) => path.startsWith('/api/selectivity/'));
    assert.ok(paths.length > 20);
    for (const role of [null, ...ROLES]) {
      const cookie = role === null ? null : await node.signIn(await node.enter(role));
      for (const route of paths) {
        const door = await knock(node.server, route, cookie);
        assert.equal(door, doorOf(route, role), `${route.method} ${route.path} as ${role ?? 'nobody'}`);
        if (role === null || ['trader', 'broker', 'analyst', 'operator', 'issuing-officer'].includes(role))
          assert.notEqual(door, 'open', `${route.method} ${route.path} as ${role ?? 'nobody'}`);
      }
    }
  });

  test('do not find the first rules among the published schemas', async () => {
    for (const path of ['/schemas', '/schemas/selectivity/default.json', '/schemas/selectivity%2Fdefault.json']) {
      const reply = await node.agent().get(path);
      assert.ok(!reply.text.includes('random-inspection') && !reply.text.includes('selectivity/default'), path);
    }
  });
});

test('a selection of facts that are nearly empty never fails', async () => {
  const facts = someFacts({ exporter: null, importer: null, items: [], invoiceAmount: null, exportCountry: null });
  assert.ok(await selectivity.select(node.pool, aDeclaration(facts), NOW));
});
