import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Actor } from '../../src/access/actor.ts';
import { actsForFirms } from '../../src/access/mandates.ts';
import { ROLES, type Role } from '../../src/access/rights.ts';
import { startTestNode, type TestNode, type TestPerson } from './test-node.ts';

let node: TestNode;
let managers: { readonly supervisor: string; readonly operator: string };
before(async () => {
  node = await startTestNode();
  managers = {
    supervisor: await node.signIn(await node.enter('supervisor')),
    operator: await node.signIn(await node.enter('operator')),
  };
});
after(() => node.stop());

const post = (path: string, cookie: string, body: object) =>
  node.agent().post(path).set('Cookie', cookie).set('Idempotency-Key', randomUUID()).send(body);
const changeRole = (cookie: string, id: string, body: object, version = 1) =>
  node.agent().put(`/api/people/${id}/role`).set('Cookie', cookie).set('If-Match', `"${version}"`).send(body);

describe('people', () => {
  test('are entered with a first password that is shown once and lets them in', async () => {
    const { operator } = managers;
    const reply = await post('/api/people', operator, {
      username: 'somchai',
      name: 'Somchai J.',
      role: 'issuing-officer',
      office: 'BKK',
    }).expect(201);
    assert.match(reply.body.password, /^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
    await node.agent().post('/api/sign-in').send({ username: 'somchai', password: reply.body.password }).expect(200);
    const again = await post('/api/people', operator, {
      username: 'somchai',
      name: 'x',
      role: 'issuing-officer',
      office: 'BKK',
    }).expect(409);
    assert.equal(again.body.code, 'PERSON-EXISTS');
    const list = await node.agent().get('/api/people').set('Cookie', operator).expect(200);
    assert.ok(!list.text.includes('scrypt'));
  });

  test('of a firm need a firm, officials none', async () => {
    const { operator } = managers;
    const enter = (more: object) => post('/api/people', operator, { username: `p${randomUUID()}`, name: 'x', ...more });
    assert.equal((await enter({ role: 'trader' }).expect(422)).body.code, 'PERSON-NEEDS-FIRM');
    assert.equal((await enter({ role: 'trader', firmId: randomUUID() }).expect(422)).body.code, 'FIRM-NOT-FOUND');
    const officer = await enter({ role: 'issuing-officer', firmId: await node.firm() }).expect(422);
    assert.equal(officer.body.code, 'PERSON-NEEDS-OFFICE');
  });

  for (const role of ['supervisor', 'operator'] as const)
    test(`never change their own role: ${role} (P2)`, async () => {
      const person = await node.enter(role);
      const cookie = await node.signIn(person);
      const reply = await changeRole(cookie, person.id, { role: 'issuing-officer', office: 'BKK' }).expect(403);
      assert.equal(reply.body.code, 'OWN-ROLE');
      const me = await node.agent().get('/api/me').set('Cookie', cookie).expect(200);
      assert.equal(me.body.role, role);
      assert.equal((await node.events('access.refused')).at(-1)?.actor_id, person.id);
    });

  for (const role of ROLES)
    test(`are made ${role} only by whom the table lets (P2)`, async () => {
      const firmId = ['trader', 'broker'].includes(role) ? await node.firm() : null;
      const wanted = { role, firmId, office: firmId === null ? 'BKK' : null };
      for (const by of ['supervisor', 'operator'] as const) {
        const target = await node.enter('analyst');
        const { status, body } = await changeRole(managers[by], target.id, wanted);
        const allowed = by === 'operator' || !['supervisor', 'operator'].includes(role);
        assert.equal(status, allowed ? 200 : 403, `${by} → ${role}`);
        if (!allowed) assert.equal(body.code, 'ROLE-NOT-YOURS-TO-GIVE');
      }
    });

  test('of higher standing are out of a supervisor’s reach, also to make them less (P2)', async () => {
    const operator = await node.enter('operator');
    await changeRole(managers.supervisor, operator.id, { role: 'analyst' }).expect(403);
  });

  test('lose sessions and tokens at once with their role', async () => {
    const { operator } = managers;
    const officer = await node.enter('issuing-officer');
    const cookie = await node.signIn(officer);
    const { secret } = await node.token(cookie);
    await node.agent().get('/api/me').set('Cookie', cookie).expect(200);
    await node.agent().get('/api/me').set('Authorization', `Bearer ${secret}`).expect(200);
    const changed = await changeRole(operator, officer.id, { role: 'issuing-officer', office: 'BKK', active: false });
    assert.equal(changed.headers['etag'], '"2"');
    await node.agent().get('/api/me').set('Cookie', cookie).expect(401);
    await node.agent().get('/api/me').set('Authorization', `Bearer ${secret}`).expect(401);
    await changeRole(operator, officer.id, { role: 'analyst' }, 1).expect(412);
  });
});

describe('mandates', () => {
  const DAY = 86_400_000;
  async function pair(): Promise<{ trader: TestPerson; broker: TestPerson; actor: Actor }> {
    const trader = await node.enter('trader');
    const broker = await node.enter('broker');
    const actor: Actor = {
      personId: broker.id,
      name: 'A broker',
      role: 'broker',
      firmId: broker.firmId,
      firmIdentifier: null,
      office: null,
      country: 'TH',
      via: 'session',
      onlyRights: null,
    };
    return { trader, broker, actor };
  }

  test('let a broker act for a firm from their first moment to before their last, and not when revoked (P1)', async () => {
    const { trader, broker, actor } = await pair();
    const cookie = await node.signIn(trader);
    const from = node.now.getTime() + DAY;
    const mandate = await post('/api/mandates', cookie, {
      brokerFirmId: broker.firmId,
      validFrom: new Date(from).toISOString(),
      validUntil: new Date(from + DAY).toISOString(),
    }).expect(201);
    const acts = async (at: number) => (await actsForFirms(node.pool, actor, new Date(at))).slice(1);
    assert.deepEqual(await acts(from - 1), []);
    assert.deepEqual(await acts(from), [trader.firmId]);
    assert.deepEqual(await acts(from + DAY - 1), [trader.firmId]);
    assert.deepEqual(await acts(from + DAY), []);
    await node.agent().delete(`/api/mandates/${mandate.body.id}`).set('Cookie', cookie).expect(204);
    assert.deepEqual(await acts(from), []);
    await node.agent().delete(`/api/mandates/${mandate.body.id}`).set('Cookie', cookie).expect(404);
  });

  test('are given only by the firm itself or officials, and seen and revoked only by those concerned (P1)', async () => {
    const { trader, broker } = await pair();
    const stranger = await node.signIn(await node.enter('trader'));
    const terms = {
      principalFirmId: trader.firmId,
      brokerFirmId: broker.firmId,
      validUntil: new Date(node.now.getTime() + DAY).toISOString(),
    };
    assert.equal((await post('/api/mandates', stranger, terms).expect(403)).body.code, 'MANDATE-NOT-YOURS');
    const brokerCookie = await node.signIn(broker);
    assert.equal((await post('/api/mandates', brokerCookie, terms).expect(403)).body.code, 'RIGHT-MISSING');
    const { supervisor } = managers;
    const { body } = await post('/api/mandates', supervisor, terms).expect(201);
    await node.agent().delete(`/api/mandates/${body.id}`).set('Cookie', stranger).expect(404);
    const seen = async (cookie: string) =>
      (await node.agent().get('/api/mandates').set('Cookie', cookie).expect(200)).body.items.map(
        (mandate: { id: string }) => mandate.id,
      );
    assert.deepEqual(await seen(stranger), []);
    assert.deepEqual(await seen(brokerCookie), [body.id]);
  });

  const refused: readonly (readonly [string, (pair: { trader: TestPerson; broker: TestPerson }) => object, string])[] =
    [
      ['to oneself', ({ trader }) => ({ brokerFirmId: trader.firmId }), 'MANDATE-SAME-FIRM'],
      ['to a firm without a broker', () => ({ brokerFirmId: randomUUID() }), 'MANDATE-FIRM-UNKNOWN'],
      [
        'for a time that is over',
        ({ broker }) => ({ brokerFirmId: broker.firmId, validUntil: '2020-01-01T00:00:00Z' }),
        'MANDATE-PERIOD',
      ],
    ];
  for (const [name, more, code] of refused)
    test(`cannot be given ${name}`, async () => {
      const both = await pair();
      const cookie = await node.signIn(both.trader);
      const validUntil = new Date(node.now.getTime() + DAY).toISOString();
      const reply = await post('/api/mandates', cookie, { validUntil, ...more(both) }).expect(422);
      assert.equal(reply.body.code, code);
    });
});

describe('firms', () => {
  test('are registered once under their identifier, with their name in one normal form', async () => {
    const { supervisor } = managers;
    const firm = { name: 'Cafe\u0301 Siam', identifier: { scheme: 'TH:TIN', value: '0105536000315' }, country: 'TH' };
    const { body } = await post('/api/firms', supervisor, firm).expect(201);
    assert.equal(body.name, 'Café Siam');
    assert.equal((await post('/api/firms', supervisor, firm).expect(409)).body.code, 'FIRM-EXISTS');
    const roles: Role[] = ['trader', 'analyst'];
    for (const role of roles) await post('/api/firms', await node.signIn(await node.enter(role)), firm).expect(403);
  });
});
