import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ClearanceNode, importOf, OFFICE, OTHER_OFFICE, type Person, startClearanceNode } from './support.ts';

let node: ClearanceNode;
let mrn: string;
let version: number;
const people: { [name: string]: Person } = {};

before(async () => {
  node = await startClearanceNode();
  node.channelOf = () => 'yellow';
  ({ mrn, version } = await node.lodge());
  const broker = async (name: string, identifier: string): Promise<Person> =>
    node.person('broker', { firmId: await node.registered(name, identifier) });
  people['the declarant'] = node.importer;
  people['a colleague of the declarant'] = await node.person('trader', { firmId: node.importerFirm });
  people['another trader'] = await node.person('trader', { firmId: await node.registered('Other', '0300000001') });
  people['a broker with a mandate'] = await broker('Broker 1', '0300000002');
  people['a broker without'] = await broker('Broker 2', '0300000003');
  people['a broker before the mandate'] = await broker('Broker 3', '0300000004');
  people['a broker after the mandate'] = await broker('Broker 4', '0300000005');
  people['a broker whose mandate was revoked'] = await broker('Broker 5', '0300000006');
  people['an officer of the office'] = await node.person('clearance-officer', { office: OFFICE });
  people['an officer of another office'] = await node.person('clearance-officer', { office: OTHER_OFFICE });
  people['a supervisor'] = await node.person('supervisor', { office: OTHER_OFFICE });
  people['an analyst'] = await node.person('analyst', { office: OFFICE });
  people['an issuing officer'] = await node.person('issuing-officer', { office: OFFICE });
  people['an operator'] = await node.person('operator', { office: OFFICE });
  const firm = (name: string): string => people[name]?.firmId ?? '';
  await node.mandate(node.importerFirm, firm('a broker with a mandate'));
  await node.mandate(node.importerFirm, firm('a broker before the mandate'), 10, 60);
  await node.mandate(node.importerFirm, firm('a broker after the mandate'), -60, -1);
  const revoked = await node.mandate(node.importerFirm, firm('a broker whose mandate was revoked'));
  await node.pool.query({ text: 'update mandates set revoked_at = granted_at where id = $1', values: [revoked] });
});
after(() => node.stop());

const SEE = [
  'the declarant',
  'a colleague of the declarant',
  'a broker with a mandate',
  'an officer of the office',
  'a supervisor',
];
const DO_NOT = [
  'another trader',
  'a broker without',
  'a broker before the mandate',
  'a broker after the mandate',
  'a broker whose mandate was revoked',
  'an officer of another office',
  'an analyst',
  'an issuing officer',
  'an operator',
];

function who(name: string): Person {
  const person = people[name];
  if (person === undefined) throw new Error(`nobody is ${name}`);
  return person;
}

const addresses = () => ['', '/history', '/documents/1'].map((rest) => `/api/declarations/${mrn}${rest}`);

describe('who sees a declaration', () => {
  for (const name of SEE)
    test(`${name} reads it, its history and its document`, async () => {
      for (const address of addresses()) await node.get(who(name), address).expect(200);
      const list = await node.get(who(name), `/api/declarations?mrn=${mrn}`).expect(200);
      assert.equal(list.body.items.length, 1);
    });

  for (const name of DO_NOT)
    test(`for ${name} it does not exist, and the try is on record`, async () => {
      for (const address of addresses()) {
        const reply = await node.get(who(name), address).expect(404);
        assert.equal(JSON.stringify(reply.body).includes('Song Hong'), false);
      }
      const { rows } = await node.pool.query<{ n: number }>({
        text: `select count(*)::int as n from events where kind = 'access.refused' and actor_id = $1`,
        values: [who(name).id],
      });
      assert.equal(rows[0]?.n, addresses().length);
      const list = await node.get(who(name), '/api/declarations');
      assert.ok(list.status === 403 || list.body.items.length === 0);
    });

  test('what does not exist is told in the same words as what one may not see', async () => {
    const hidden = await node.get(who('another trader'), `/api/declarations/${mrn}`).expect(404);
    const missing = await node.get(who('another trader'), '/api/declarations/26VN00000009999990').expect(404);
    assert.deepEqual([hidden.body.code, hidden.body.detail], [missing.body.code, missing.body.detail]);
  });

  for (const name of DO_NOT)
    test(`${name} changes nothing of it`, async () => {
      const tries = [
        node.post(who(name), `/api/declarations/${mrn}/amendments?reason=x`, importOf(), { version }),
        node.post(who(name), `/api/declarations/${mrn}/withdraw`, { reason: 'x' }, { version }),
        node.post(
          who(name),
          `/api/declarations/${mrn}/arrival`,
          { at: '2026-03-02T01:00:00Z', precision: 'day' },
          { version },
        ),
      ];
      for (const reply of await Promise.all(tries)) assert.ok([403, 404].includes(reply.status), String(reply.status));
      const { body } = await node.get(node.importer, `/api/declarations/${mrn}`).expect(200);
      assert.equal(body.version, version);
    });

  test('an officer neither amends nor withdraws, and a supervisor reports no arrival', async () => {
    const officer = who('an officer of the office');
    await node.post(officer, `/api/declarations/${mrn}/withdraw`, { reason: 'x' }, { version }).expect(403);
    await node.post(officer, `/api/declarations/${mrn}/amendments`, importOf(), { version }).expect(403);
  });

  test('hostile identifiers find nothing and break nothing', async () => {
    for (const name of ["' or 1=1 --", '%2e%2e%2fetc%2fpasswd', '%00', 'a'.repeat(300), '26VN%25'])
      assert.ok([400, 404].includes((await node.get(node.importer, `/api/declarations/${encodeURI(name)}`)).status));
  });
});

describe('who lodges for whom', () => {
  test('a broker with a mandate lodges for its principal, who sees it', async () => {
    const { body } = await node.post(who('a broker with a mandate'), '/api/declarations', importOf()).expect(201);
    assert.equal(body.declarantFirmId, node.importerFirm);
    assert.equal(body.lodgedByFirmId, who('a broker with a mandate').firmId);
    await node.get(node.importer, `/api/declarations/${body.mrn}`).expect(200);
  });

  for (const name of [
    'another trader',
    'a broker without',
    'a broker before the mandate',
    'a broker after the mandate',
    'a broker whose mandate was revoked',
  ])
    test(`${name} does not, nor checks, and is told nothing of the firm`, async () => {
      for (const path of ['/api/declarations', '/api/declarations/check']) {
        const known = await node.post(who(name), path, importOf()).expect(403);
        const unknown = await node.post(who(name), path, importOf({ importerId: '9999999999' })).expect(403);
        assert.equal(known.body.code, 'DECLARANT-NOT-YOURS');
        assert.equal(unknown.body.detail.replace('9999999999', ''), known.body.detail.replace('0101234567', ''));
      }
    });

  test('a token that may only lodge does not withdraw by a message', async () => {
    const token = await node.token(node.importer.cookie, { onlyRights: ['declaration.lodge'] });
    const { mrn: own } = await node.lodge();
    const request = {
      wcoDataModelVersionCode: '3.6',
      wcoTypeName: 'DEC',
      responsibleCountryCode: 'VN',
      declaration: {
        functionCode: '13',
        functionalReferenceID: 'LRN-T',
        id: own,
        typeCode: 'INV',
        additionalInformation: [{ statementDescription: 'x', statementTypeCode: 'AES' }],
      },
    };
    const reply = await node
      .agent()
      .post('/api/declarations')
      .set('Authorization', `Bearer ${token.secret}`)
      .set('Idempotency-Key', 'a-key-of-a-program')
      .send(request);
    assert.deepEqual([reply.status, reply.body.code], [403, 'RIGHT-MISSING']);
  });

  test('the identifier may stand with its country in front', async () => {
    await node.post(node.importer, '/api/declarations', importOf({ declarantId: 'VN0101234567' })).expect(201);
  });
});
