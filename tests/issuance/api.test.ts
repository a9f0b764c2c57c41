import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ROLES } from '../../src/access/rights.ts';
import { applicationRoutes } from '../../src/http/routes/applications.ts';
import { attachmentRoutes } from '../../src/http/routes/attachments.ts';
import { certificateRoutes } from '../../src/http/routes/certificates.ts';
import { createIssuance } from '../../src/issuance/issuance.ts';
import { doorOf, knock } from '../http/route-matrix.ts';
import { startTestNode, type TestNode, type TestPerson } from '../http/test-node.ts';
import { application, directoryOf, EXPORTER, makeCountry, NOW } from './support.ts';

// The journey over HTTP: the real web, routes and database; only the wire to the partner is cut off.
let node: TestNode;
let trader: string;
let officer: string;
let people: Map<string, TestPerson>;
const sent: string[] = [];

before(async () => {
  const [thailand, vietNam] = [await makeCountry('TH'), await makeCountry('VN')];
  const directory = directoryOf([thailand, vietNam]);
  const issuance = createIssuance({
    country: 'TH',
    authority: {
      name: 'Department of Foreign Trade',
      timeZone: 'Asia/Bangkok',
      offices: [{ code: 'BKK', name: 'Bangkok', place: 'Bangkok' }],
    },
    get pool() {
      return node.pool;
    },
    sealingKey: () => thailand.sealing,
    directory: () => directory,
    exchange: {
      async send(_transaction, document) {
        sent.push(document.toCountry);
        return { messageId: `${randomUUID()}@th.example` };
      },
    },
    ledger: { certificateIssued: async () => undefined, certificateSettled: async () => undefined },
    newId: randomUUID,
  });
  const journeys = [...applicationRoutes(issuance), ...certificateRoutes(issuance), ...attachmentRoutes(issuance)];
  node = await startTestNode({ journeys });
  node.now = NOW;
  const firmId = await node.firm();
  await node.pool.query({
    text: 'update firms set name = $2, identifier_value = $3 where id = $1',
    values: [firmId, EXPORTER.name, EXPORTER.identifier.value],
  });
  people = new Map();
  for (const role of ROLES) people.set(role, await node.enter(role, role === 'trader' ? { firmId } : {}));
  trader = await cookie('trader');
  officer = await cookie('issuing-officer');
});
after(() => node.stop());

async function cookie(role: string): Promise<string> {
  const person = people.get(role);
  assert.ok(person);
  return node.signIn(person);
}
const post = (path: string, who: string, key: string = randomUUID()) =>
  node.agent().post(path).set('Cookie', who).set('Idempotency-Key', key);
const get = (path: string, who: string) => node.agent().get(path).set('Cookie', who);

describe('a certificate over the API', () => {
  test('goes from draft to sealed original', async () => {
    const draft = await post('/api/applications', trader).send(application('600001')).expect(201);
    assert.equal(draft.headers['etag'], '"1"');
    const at = draft.headers['location'];
    assert.equal(at, `/api/applications/${draft.body.id}`);
    await post(`${at}/submit`, trader).expect(428);
    await post(`${at}/submit`, trader).set('If-Match', '"7"').expect(412);
    const amended = await node
      .agent()
      .put(at)
      .set('Cookie', trader)
      .set('If-Match', '"1"')
      .send({ ...application('600001'), remarks: 'By hand' })
      .expect(200);
    assert.equal(amended.headers['etag'], '"2"');
    const key = randomUUID();
    const submitted = await post(`${at}/submit`, trader, key).set('If-Match', '"2"').expect(200);
    assert.equal(submitted.body.state, 'submitted');
    const again = await post(`${at}/submit`, trader, key).set('If-Match', '"2"').expect(200);
    assert.deepEqual(again.body, submitted.body, 'the first answer again');
    await post(`${at}/approve`, trader).set('If-Match', '"3"').expect(403);
    const issued = await post(`${at}/approve`, officer).set('If-Match', '"3"').send({ remarks: 'Seen' }).expect(200);
    const number = issued.body.certificateNumber;
    const read = await get(`/api/certificates/${number}`, trader).expect(200);
    assert.equal(read.body.content.endorsement.remarks, 'Seen');
    const original = await get(`/api/certificates/${number}/document`, trader).buffer(true).expect(200);
    assert.match(original.headers['content-type'] ?? '', /^application\/xml/);
    assert.match(original.headers['content-disposition'] ?? '', /^attachment/);
    assert.equal(createHash('sha256').update(original.text).digest('hex'), read.body.documentDigest);
    const verification = await get(`/api/certificates/${number}/verification`, officer).expect(200);
    assert.equal(verification.body.own.outcome, 'verified');
    const history = await get(`${at}/history`, trader).expect(200);
    assert.deepEqual(history.body.entries.map((entry: { kind: string }) => entry.kind).slice(-2), [
      'application.approved',
      'certificate.issued',
    ]);
    const list = await get('/api/certificates?text=siam&side=issuing', trader).expect(200);
    assert.equal(list.body.items.length, 1);
    assert.deepEqual(sent, ['VN']);
  });

  test('returns all faults in one problem', async () => {
    const draft = await post('/api/applications', trader).send({ scheme: 'ATIGA-FORM-D' }).expect(201);
    const reply = await post(`/api/applications/${draft.body.id}/submit`, trader).set('If-Match', '"1"').expect(422);
    assert.match(reply.headers['content-type'] ?? '', /^application\/problem\+json/);
    assert.equal(reply.body.code, 'APPLICATION-FAULTY');
    assert.ok(reply.body.faults.length > 5);
    for (const fault of reply.body.faults) assert.ok(fault.code && typeof fault.pointer === 'string' && fault.message);
    const check = await node.agent().post('/api/applications/check').set('Cookie', trader).send({}).expect(200);
    assert.equal(check.body.valid, false);
  });

  test('created twice with one key is there once', async () => {
    const key = randomUUID();
    const first = await post('/api/applications', trader, key).send(application('600002')).expect(201);
    const second = await post('/api/applications', trader, key).send(application('600002')).expect(201);
    assert.equal(second.body.id, first.body.id);
    await post('/api/applications', trader, key).send(application('600003')).expect(422);
    const list = await get('/api/applications?consignmentReference=6TH0105536000315-26-600002', trader).expect(200);
    assert.equal(list.body.items.length, 1);
  });

  test('of reasons that are no reasons is refused', async () => {
    const draft = await post('/api/applications', trader).send(application('600004')).expect(201);
    const at = `/api/applications/${draft.body.id}`;
    await post(`${at}/submit`, trader).set('If-Match', '"1"').expect(200);
    for (const body of [
      {},
      { reasons: [] },
      { reasons: [{ reason: ' ' }] },
      { reasons: 'x' },
      { reasons: [{ reason: 'x', a: 1 }] },
    ])
      await post(`${at}/return`, officer).set('If-Match', '"2"').send(body).expect(422);
    const returned = await post(`${at}/return`, officer)
      .set('If-Match', '"2"')
      .send({ reasons: [{ pointer: '/remarks', reason: 'Why?' }] })
      .expect(200);
    assert.equal(returned.body.state, 'returned');
  });

  for (const id of ["1'%20or%20'1'='1", '%2e%2e%2fetc', 'x', '%00', randomUUID()])
    test(`with the id ${id} is not found`, async () => {
      await get(`/api/applications/${id}`, trader).expect(404);
      await get(`/api/certificates/${id}`, trader).expect(404);
      await get(`/api/certificates/${id}/document`, trader).expect(404);
    });
});

describe('an attachment over the API', () => {
  test('of 10 MB goes in and comes out, and the second time is the same one', async () => {
    const draft = await post('/api/applications', trader).send({}).expect(201);
    const at = `/api/applications/${draft.body.id}/attachments`;
    const bytes = randomBytes(10 * 1024 * 1024);
    const add = () =>
      post(`${at}?name=${encodeURIComponent('hóa đơn.pdf')}`, trader)
        .set('Content-Type', 'application/pdf')
        .send(bytes);
    const first = await add().expect(201);
    assert.equal(first.body.size, bytes.length);
    const second = await add().expect(201);
    assert.equal(second.body.id, first.body.id);
    const back = await get(`${at}/${first.body.id}`, trader).buffer(true).expect(200);
    assert.ok(Buffer.isBuffer(back.body) && back.body.equals(bytes));
    assert.match(back.headers['content-disposition'] ?? '', /^attachment; .*UTF-8''h%C3%B3a/);
    const list = await get(at, trader).expect(200);
    assert.equal(list.body.items.length, 1);
    await post(`${at}?name=a.html`, trader).set('Content-Type', 'text/html').send('x').expect(415);
    await post(`${at}?name=..%2Fa`, trader).set('Content-Type', 'text/plain').send('x').expect(422);
    await post(at, trader).set('Content-Type', 'text/plain').send('x').expect(422);
    await get(`${at}/${randomUUID()}`, trader).expect(404);
  });
});

test('every route lets in exactly the roles that the table says (P5)', async () => {
  const mine = node.web.routes.filter((route) => /^\/api\/(applications|certificates)/.test(route.path));
  assert.ok(mine.length >= 18);
  for (const role of [null, ...ROLES]) {
    const who = role === null ? null : await cookie(role);
    for (const route of mine)
      assert.equal(await knock(node.server, route, who), doorOf(route, role), `${role} ${route.method} ${route.path}`);
  }
});
