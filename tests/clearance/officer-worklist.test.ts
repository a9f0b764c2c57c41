import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type Hand,
  NOTHING_CAME,
  OFFICE,
  type OfficerNode,
  OTHER_OFFICE,
  startOfficerNode,
} from './officer-support.ts';

let node: OfficerNode;
let mai: Hand;
let linh: Hand;
let stranger: Hand;
let supervisor: Hand;

before(async () => {
  node = await startOfficerNode();
  mai = await node.as(await node.web.enter('clearance-officer', { office: OFFICE }));
  linh = await node.as(await node.web.enter('clearance-officer', { office: OFFICE }));
  stranger = await node.as(await node.web.enter('clearance-officer', { office: OTHER_OFFICE }));
  supervisor = await node.as(await node.web.enter('supervisor', { office: OFFICE }));
});
after(() => node.web.stop());

/** The MRNs of a page. */
async function listed(hand: Hand, query = ''): Promise<string[]> {
  const reply = await hand.get(`/api/worklist${query}`);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return reply.body.items.map((item: { mrn: string }) => item.mrn);
}

describe('the worklist', () => {
  test('has the open declarations of the office by target time, then age, those without a target last', async () => {
    const hour = 3_600_000;
    const now = node.web.now.getTime();
    const at = (hours: number): Date => new Date(now + hours * hour);
    const late = await node.lodge({ lodgedAt: at(-5), targetAt: at(-1), searchText: 'order' });
    const none = await node.lodge({ lodgedAt: at(-9), targetAt: null, searchText: 'order' });
    const younger = await node.lodge({ lodgedAt: at(-1), targetAt: at(3), searchText: 'order' });
    const older = await node.lodge({ lodgedAt: at(-2), targetAt: at(3), searchText: 'order' });
    await node.lodge({ state: 'released', searchText: 'order' });
    await node.lodge({ office: OTHER_OFFICE, searchText: 'order' });
    assert.deepEqual(await listed(mai, '?text=ORDER'), [late, older, younger, none]);
    assert.deepEqual(await listed(mai, '?text=order&overdue=true'), [late]);
  });

  test('pages without losing or repeating a line, also where targets are equal or missing', async () => {
    const all: string[] = [];
    for (let count = 0; count < 7; count += 1)
      all.push(
        await node.lodge({
          searchText: 'pages',
          lodgedAt: new Date('2026-01-01T00:00:00Z'),
          targetAt: count < 4 ? new Date('2026-01-02T00:00:00Z') : null,
        }),
      );
    const seen: string[] = [];
    let path = '/api/worklist?text=pages&limit=2';
    for (let page = 0; page < 10; page += 1) {
      const reply = await mai.get(path);
      seen.push(...reply.body.items.map((item: { mrn: string }) => item.mrn));
      assert.equal(reply.body.waiting === undefined, page > 0);
      if (reply.body.next === undefined) break;
      path = `/api/worklist?text=pages&limit=2&after=${reply.body.next}`;
    }
    assert.deepEqual(seen.toSorted(), all.toSorted());
    assert.equal(new Set(seen).size, 7);
  });

  test('filters by channel, claim, who is waited for, answers and certificates that came', async () => {
    const red = await node.lodge({ channel: 'red', searchText: 'filters' });
    const mine = await node.lodge({ searchText: 'filters' });
    await mai.act(mine, 'claim');
    const paying = await node.lodge({ channel: 'green', searchText: 'filters' });
    const query = { subject: 'Packing list', text: 'Send it.', answerBy: '2036-01-01T00:00:00Z' };
    await mai.act(mine, 'queries', query);
    assert.deepEqual(await listed(mai, '?text=filters&channel=red'), [red]);
    assert.deepEqual(await listed(mai, '?text=filters&claimed=me'), [mine]);
    assert.deepEqual((await listed(mai, '?text=filters&claimed=nobody')).toSorted(), [red, paying].toSorted());
    assert.deepEqual(await listed(linh, '?text=filters&claimed=me'), []);
    assert.deepEqual(await listed(mai, '?text=filters&waitingFor=declarant'), [mine]);
    assert.deepEqual(await listed(mai, '?text=filters&waitingFor=payment'), [paying]);
    assert.deepEqual(await listed(mai, '?text=filters&answered=true'), []);
    await node.web.pool.query({
      text: 'update declarations set certificate_arrived_at = now() where mrn = $1',
      values: [red],
    });
    assert.deepEqual(await listed(mai, '?text=filters&certificateArrived=true'), [red]);
  });

  test('counts who is waited for over the whole office', async () => {
    const before = await mai.get('/api/worklist?text=nothing-like-it');
    await node.lodge({ channel: 'green' });
    const after = await mai.get('/api/worklist?text=nothing-like-it');
    const of = (body: { waiting: { for: string; count: number }[] }) =>
      body.waiting.find((one) => one.for === 'payment')?.count ?? -1;
    assert.equal(of(after.body), of(before.body) + 1);
  });

  test('shows an officer of another office nothing of it, and a supervisor the office that they name', async () => {
    const mrn = await node.lodge({ searchText: 'office' });
    assert.deepEqual(await listed(stranger, '?text=office'), []);
    assert.deepEqual(await listed(stranger, `?text=office&office=${OFFICE}`), []);
    assert.deepEqual(await listed(supervisor, `?text=office&office=${OFFICE}`), [mrn]);
  });

  for (const after of ['x', '1_2_3', "0_0_' or true", '-_99999999999999999999_a'])
    test(`refuses a cursor that is not its own: ${after}`, async () => {
      const reply = await mai.get(`/api/worklist?after=${encodeURIComponent(after)}`);
      assert.deepEqual([reply.status, reply.body.code], [400, 'CURSOR-UNREADABLE']);
    });

  test('takes markup and SQL in a search as text', async () => {
    assert.deepEqual(await listed(mai, `?text=${encodeURIComponent("' or 1=1 --")}`), []);
    assert.deepEqual(await listed(mai, `?text=${encodeURIComponent('%_<script>')}`), []);
  });
});

describe('claiming a declaration', () => {
  test('starts its assessment once: M5a, however often it is handed on', async () => {
    const mrn = await node.lodge();
    const reply = await mai.act(mrn, 'claim');
    assert.equal(reply.status, 200);
    assert.equal(reply.body.claimedBy.self, true);
    assert.equal(reply.headers['etag'], '"2"');
    await mai.act(mrn, 'hand-over', { to: linh.person.id, reason: 'Shift ends.' });
    assert.equal((await linh.act(mrn, 'claim')).status, 200);
    assert.deepEqual(await node.milestones(mrn), ['M5a']);
    assert.deepEqual(await node.eventsOf(mrn), ['declaration.claimed', 'declaration.handed-over']);
  });

  test('gives it to exactly one of ten officers at once', async () => {
    const mrn = await node.lodge();
    const hands = [mai, linh];
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) => hands[index % 2]?.act(mrn, 'claim', undefined, 1)),
    );
    const done = replies.filter((reply) => reply?.status === 200);
    assert.equal(done.length, 1);
    for (const reply of replies) assert.ok([200, 409, 412].includes(reply?.status ?? 0), String(reply?.status));
    assert.equal((await node.eventsOf(mrn)).length, 1);
  });

  test('is told who has it when somebody else was before', async () => {
    const mrn = await node.lodge();
    await mai.act(mrn, 'claim');
    const reply = await linh.act(mrn, 'claim');
    assert.deepEqual([reply.status, reply.body.code], [409, 'CLAIMED-BY-ANOTHER']);
    assert.match(reply.body.detail, /A clearance-officer has claimed/);
  });

  test('is possible again for everybody once it is back in the pool; only its holder or a supervisor puts it there', async () => {
    const mrn = await node.lodge();
    await mai.act(mrn, 'claim');
    const reply = await linh.act(mrn, 'hand-over', { to: null, reason: 'I want it.' });
    assert.equal(reply.body.code, 'CLAIMED-BY-ANOTHER');
    assert.equal((await supervisor.act(mrn, 'hand-over', { to: null, reason: 'On leave.' })).status, 200);
    assert.equal((await linh.act(mrn, 'claim')).status, 200);
  });

  test('needs a reason to be handed over, and a colleague of the office', async () => {
    const mrn = await node.lodge();
    await mai.act(mrn, 'claim');
    assert.equal((await mai.act(mrn, 'hand-over', { to: null, reason: ' ' })).status, 422);
    const reply = await mai.act(mrn, 'hand-over', { to: stranger.person.id, reason: 'Wrong office.' });
    assert.deepEqual([reply.status, reply.body.code], [422, 'COLLEAGUE-UNKNOWN']);
  });

  test('is refused to whoever once belonged to the declarant (four eyes)', async () => {
    const firmId = await node.web.firm();
    const mrn = await node.lodge({ firmId });
    const turncoat = await node.web.enter('clearance-officer', { office: OFFICE });
    await node.web.pool.query({
      text: `insert into events (occurred_at, kind, subject, actor_id, actor_name, actor_role, data, digest)
        values (now(), 'person.entered', $1, 'x', 'x', 'supervisor', $2, '\\x00')`,
      values: [turncoat.id, { firmId }],
    });
    const hand = await node.as(turncoat);
    const reply = await hand.act(mrn, 'claim');
    assert.deepEqual([reply.status, reply.body.code], [403, 'FOUR-EYES']);
    await mai.act(mrn, 'claim');
    assert.equal((await mai.act(mrn, 'hand-over', { to: turncoat.id, reason: 'Try.' })).body.code, 'FOUR-EYES');
  });
});

describe('the verdict of a declaration', () => {
  test('answers every question and says what hinders the release', async () => {
    const mrn = await node.lodge({ channel: 'red', certificate: 'reserved' });
    const reply = await mai.get(`/api/declarations/${mrn}/verdict`);
    assert.equal(reply.status, 200);
    assert.equal(reply.body.entries.length, 16);
    assert.deepEqual(
      reply.body.hindrances.map((one: { code: string }) => one.code),
      ['INSPECTION-OPEN', 'ASSESSMENT-OPEN'],
    );
    assert.equal(reply.body.releasable, false);
    const risk = reply.body.entries.find((one: { question: string }) => one.question === 'risk');
    assert.match(risk.evidence[0].words, /First import of this firm/);
  });

  test('says what could not be checked while the directory is stale, and still offers the release against security', async () => {
    const mrn = await node.lodge({ certificate: 'awaited' });
    node.directory = { state: 'stale', serial: 7, freshUntil: '2026-01-01T00:00:00Z' };
    const { body } = await mai.get(`/api/declarations/${mrn}/verdict`);
    node.directory = { state: 'fresh', serial: 7, freshUntil: '2036-01-01T00:00:00Z' };
    assert.ok(body.notChecked.includes('directory-fresh'));
    assert.deepEqual(
      body.conditionalHindrances.map((one: { code: string }) => one.code),
      ['SECURITY-TOO-LOW'],
    );
  });

  test("shows the differences from the exporter's declaration, and not checked while none came", async () => {
    const mrn = await node.lodge();
    const question = async () => {
      const { body } = await mai.get(`/api/declarations/${mrn}/verdict`);
      return body.entries.find((one: { question: string }) => one.question === 'export-agrees');
    };
    assert.equal((await question()).answer, 'not-checked');
    const difference = {
      code: 'NET-MASS',
      pointer: '/x',
      exported: '180 KGM',
      imported: '100 KGM',
      words: 'The net mass differs.',
    };
    const comparison = { compared: true, movementReference: '26TH0000000000000A', from: 'TH' } as const;
    node.exportComparison = { ...comparison, differences: [{ ...difference, weight: 'minor' }] };
    assert.equal((await question()).answer, 'yes', 'a slip of the pen does not weigh');
    node.exportComparison = { ...comparison, differences: [{ ...difference, weight: 'notable' }] };
    const differs = await question();
    node.exportComparison = NOTHING_CAME;
    assert.equal(differs.answer, 'no');
    assert.match(differs.reason, /100 KGM.*180 KGM/);
  });

  test('of 9,999 items is a screenful: what weighs most first, the number of what is left off, items from any on', async () => {
    const mrn = await node.lodge({ items: 9999, certificate: 'refused' });
    const { body } = await mai.get(`/api/declarations/${mrn}/verdict?fromItem=9990`);
    const quantity = body.entries.find((one: { question: string }) => one.question === 'quantity-left');
    assert.deepEqual([quantity.evidence.length, quantity.evidenceLeftOff], [100, 9899]);
    assert.equal(body.itemCount, 9999);
    assert.deepEqual(body.duty.items.length, 10);
    assert.equal(body.hindrances.length, 2);
    assert.match(body.hindrances[1].reason, /^Items 1, 2, .* and 9989 more/);
    assert.ok(JSON.stringify(body).length < 200_000);
  });

  test('does not exist for an officer of another office, nor for a trader (P1)', async () => {
    const firmId = await node.web.firm();
    const mrn = await node.lodge({ firmId });
    assert.equal((await stranger.get(`/api/declarations/${mrn}/verdict`)).status, 404);
    const trader = await node.as(await node.web.enter('trader', { firmId }));
    assert.equal((await trader.get(`/api/declarations/${mrn}/verdict`)).status, 404);
    assert.equal((await supervisor.get(`/api/declarations/${mrn}/verdict`)).status, 200);
  });
});
