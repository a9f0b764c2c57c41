import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { findDeclaration } from '../../src/clearance/declaration-row.ts';
import { releaseGoods } from '../../src/clearance/release.ts';
import { profileOf } from '../../src/documents/declaration/national-profile.ts';
import { certificateOf, keepCertificate } from '../ledger/support.ts';
import { actorOf, type ClearanceNode, importOf, NOW, OFFICE, startClearanceNode } from './support.ts';

let node: ClearanceNode;
before(async () => {
  node = await startClearanceNode();
});
after(() => node.stop());

async function count(table: string): Promise<number> {
  const { rows } = await node.pool.query<{ n: number }>({ text: `select count(*)::int as n from ${table}` });
  return rows[0]?.n ?? 0;
}

const STORED = [
  'declarations',
  'declaration_versions',
  'documents',
  'responses',
  'clearance_milestones',
  'certificate_uses',
];

async function stored(): Promise<number[]> {
  const counts: number[] = [];
  for (const table of STORED) counts.push(await count(table));
  return counts;
}

/** An item with a preference whose certificate is here, and the number of it. */
async function preferential(quantity = '2000', declared = quantity) {
  const certificate = certificateOf(quantity);
  await keepCertificate(node, certificate);
  const item = {
    preferenceCode: '301',
    quantity: declared,
    certificate: { id: certificate.number, quantity: declared },
  };
  return { number: certificate.number, item };
}

describe('lodging a declaration', () => {
  test('a faultless one is accepted with an MRN, the duty is told and it waits for payment', async () => {
    node.channelOf = () => 'green';
    const { body, mrn } = await node.lodge();
    assert.match(mrn, /^26VN\d{13}[0-9A-Z]$/);
    assert.deepEqual(
      [body.done, body.state, body.channel, body.payment, body.waitingFor, body.version],
      ['lodged', 'in-clearance', 'green', 'due', 'payment', 1],
    );
    assert.deepEqual(await node.milestones(mrn), ['M0', 'M3', 'M4', 'M9a']);
    const told = await node.responses(mrn);
    assert.deepEqual(
      told.map(({ step }) => step),
      ['accepted', 'duty'],
    );
    const { body: read } = await node.get(node.importer, `/api/declarations/${mrn}`).expect(200);
    assert.deepEqual(read.duty.claimedTotal, { amount: '14048400', currency: 'VND' });
    assert.deepEqual(read.charges.missing, { amount: '14048400', currency: 'VND' });
    assert.deepEqual(
      read.open.map((one: { code: string }) => one.code),
      ['PAYMENT-DUE'],
    );
    assert.deepEqual(read.actions, ['amend', 'withdraw', 'report-arrival']);
  });

  test('green with a good certificate and nothing to pay is released by the node at once', async () => {
    node.channelOf = () => 'green';
    const { item, number } = await preferential();
    const { mrn, body } = await node.lodge({ items: [item] });
    assert.deepEqual([body.state, body.payment, body.waitingFor], ['released', 'none', 'nobody']);
    assert.deepEqual(await node.milestones(mrn), ['M0', 'M3', 'M4', 'M10']);
    assert.deepEqual(
      (await node.responses(mrn)).map(({ step }) => step),
      ['accepted', 'released'],
    );
    const { body: read } = await node.get(node.importer, `/api/declarations/${mrn}`);
    assert.deepEqual(
      read.certificates.map((use: { certificateNumber: string; state: string }) => [use.certificateNumber, use.state]),
      [[number, 'written-off']],
    );
    const [released] = await node.events('declaration.released');
    assert.equal(released?.actor_id, 'VN');
  });

  test('a certificate that is not here yet keeps the goods waiting for it', async () => {
    node.channelOf = () => 'green';
    const { number } = certificateOf('2000');
    const { body } = await node.lodge({
      items: [{ preferenceCode: '301', certificate: { id: number, quantity: '2000' } }],
    });
    assert.deepEqual([body.state, body.waitingFor], ['in-clearance', 'certificate']);
  });

  test('a certificate without enough left opens the assessment although the channel is green', async () => {
    node.channelOf = () => 'green';
    const { item } = await preferential('100', '2000');
    const { mrn, body } = await node.lodge({ items: [item] });
    assert.deepEqual([body.state, body.channel, body.waitingFor], ['in-clearance', 'green', 'officer']);
    const { body: read } = await node.get(node.importer, `/api/declarations/${mrn}`);
    assert.equal(read.certificates[0].state, 'refused');
  });

  test('yellow waits for an officer, red has an inspection ordered by the system', async () => {
    node.channelOf = () => 'yellow';
    const yellow = await node.lodge();
    assert.equal(yellow.body.waitingFor, 'officer');
    node.channelOf = () => 'red';
    const red = await node.lodge();
    const { rows } = await node.pool.query<{ ordered_by: string | null; state: string }>({
      text: `select i.ordered_by, i.state from clearance_inspections i join declarations d on d.id = i.declaration_id
        where d.mrn = $1`,
      values: [red.mrn],
    });
    assert.deepEqual(rows, [{ ordered_by: null, state: 'ordered' }]);
    assert.deepEqual(
      (await node.responses(red.mrn)).map(({ step }) => step),
      ['accepted', 'control', 'duty'],
    );
  });

  test('goods that need a permit wait for its agency, with a clock of its own', async () => {
    node.channelOf = () => 'green';
    const [permit] = profileOf('VN').permits;
    assert.ok(permit !== undefined);
    const commodityCode = (permit.commodityPrefixes[0] ?? '').padEnd(8, '0');
    const { body: checked } = await node
      .post(node.importer, '/api/declarations/check', importOf({ items: [{ commodityCode }] }))
      .expect(200);
    if (!checked.valid) {
      // Where the profile makes the permit a condition of acceptance, the fault says so.
      assert.ok(checked.faults.length > 0);
      return;
    }
    const { mrn, body } = await node.lodge({ items: [{ commodityCode }] });
    assert.equal(body.waitingFor, 'agency');
    assert.ok((await node.milestones(mrn)).includes('M7a'));
  });

  test('rules and their reasons are shown to officials and to nobody else', async () => {
    node.channelOf = () => 'yellow';
    const { mrn } = await node.lodge();
    const own = await node.get(node.importer, `/api/declarations/${mrn}`).expect(200);
    const officers = await node.get(node.officer, `/api/declarations/${mrn}`).expect(200);
    const history = await node.get(node.importer, `/api/declarations/${mrn}/history`).expect(200);
    const told = JSON.stringify([own.body, history.body, await node.responses(mrn)]);
    assert.equal(/secret/i.test(told), false);
    assert.equal(officers.body.selection.fired[0].rule, 'secret-rule');
  });

  test('all faults come at once with their places, and nothing is stored but the refusal', async () => {
    const before = await stored();
    const faulty = importOf({ office: 'NOWHERE', changes: { '/declaration/totalPackageQuantity/value': '21' } });
    const first = await node.post(node.importer, '/api/declarations', faulty).expect(422);
    assert.equal(first.body.code, 'DECLARATION-FAULTY');
    assert.ok(first.body.faults.length > 0);
    for (const fault of first.body.faults) assert.match(fault.pointer, /^\//);
    const office = await node.post(node.importer, '/api/declarations', importOf({ office: 'NOWHERE' })).expect(422);
    assert.deepEqual(
      office.body.faults.map((fault: { code: string; found: string }) => [fault.code, fault.found]),
      [['OFFICE-UNKNOWN', 'NOWHERE']],
    );
    assert.deepEqual(await stored(), before);
    assert.ok((await node.events('request.refused')).some(({ reason }) => reason === 'DECLARATION-FAULTY'));
  });

  test('bytes come back as they were sent', async () => {
    const bytes = JSON.stringify(importOf(), null, 3);
    const { body } = await node.post(node.importer, '/api/declarations', bytes).expect(201);
    const reply = await node.get(node.importer, `/api/declarations/${body.mrn}/documents/1`).buffer(true).expect(200);
    assert.equal(reply.headers['content-type'], 'application/json');
    assert.equal(reply.text, bytes);
    await node.get(node.importer, `/api/declarations/${body.mrn}/documents/2`).expect(404);
  });

  test('the same request again gives the first answer again and one declaration', async () => {
    const key = randomUUID();
    const declaration = importOf();
    const first = await node.post(node.importer, '/api/declarations', declaration, { key }).expect(201);
    const before = await stored();
    const again = await node.post(node.importer, '/api/declarations', declaration, { key }).expect(201);
    assert.deepEqual(again.body, first.body);
    assert.deepEqual(await stored(), before);
  });

  test('a local reference is used once, and its declarant is told by which declaration', async () => {
    const { mrn } = await node.lodge({ localReference: 'LRN-ONCE' });
    const refused = await node
      .post(node.importer, '/api/declarations', importOf({ localReference: 'LRN-ONCE' }))
      .expect(409);
    assert.equal(refused.body.code, 'LRN-TAKEN');
    assert.match(refused.body.detail, new RegExp(mrn));
  });

  test('of one local reference sent twelve times at once, one declaration comes', async () => {
    const declarations = Array.from({ length: 12 }, () => importOf({ localReference: 'LRN-RACE' }));
    const replies = await Promise.all(declarations.map((one) => node.post(node.importer, '/api/declarations', one)));
    const statuses = replies.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, ...Array.from({ length: 11 }, () => 409)]);
    const accepted = replies.find(({ status }) => status === 201)?.body.mrn;
    for (const { status, body } of replies)
      if (status === 409) {
        assert.equal(body.code, 'LRN-TAKEN');
        assert.match(body.detail, new RegExp(accepted));
      }
  });

  test('one certificate declared by twenty at once is never drawn beyond its quantity', async () => {
    node.channelOf = () => 'yellow';
    const certificate = certificateOf('1000');
    await keepCertificate(node, certificate);
    const declarations = Array.from({ length: 20 }, () =>
      importOf({
        items: [{ preferenceCode: '301', quantity: '100', certificate: { id: certificate.number, quantity: '100' } }],
      }),
    );
    await Promise.all(declarations.map((one) => node.post(node.importer, '/api/declarations', one).expect(201)));
    const { rows } = await node.pool.query<{ state: string; n: number }>({
      text: 'select state, count(*)::int as n from certificate_uses where number = $1 group by state order by state',
      values: [certificate.number],
    });
    assert.deepEqual(rows, [
      { state: 'refused', n: 10 },
      { state: 'reserved', n: 10 },
    ]);
  });

  test('an arrival that is known is recorded as reported, with its zone and precision', async () => {
    const query = `?arrivedAt=${encodeURIComponent('2026-03-02T01:30:00Z')}&arrivalPrecision=minute&arrivalPlace=Lach%20Huyen`;
    const { mrn, body } = await node.lodge({}, node.importer, query);
    assert.equal(body.arrivedAt, '2026-03-02T01:30:00.000Z');
    const { rows } = await node.pool.query({
      text: `select zone, precision, source_kind, role from clearance_milestones where mrn = $1 and milestone = 'M1'`,
      values: [mrn],
    });
    assert.deepEqual(rows, [{ zone: 'Asia/Ho_Chi_Minh', precision: 'minute', source_kind: 'person', role: 'trader' }]);
  });

  test('an arrival in the future is refused', async () => {
    const query = `?arrivedAt=${encodeURIComponent('2026-03-05T01:30:00Z')}`;
    const reply = await node.post(node.importer, `/api/declarations${query}`, importOf()).expect(422);
    assert.equal(reply.body.code, 'MILESTONE-IN-FUTURE');
  });
});

describe('without a directory and with every partner away', () => {
  test('a declaration is lodged, what was not checked is said, and its goods can go against security', async () => {
    node.channelOf = () => 'yellow';
    const { number } = certificateOf('2000');
    const item = { preferenceCode: '301', quantity: '2000', certificate: { id: number, quantity: '2000' } };
    const { mrn, body } = await node.lodge({ items: [item] });
    assert.deepEqual([body.state, body.channel], ['in-clearance', 'yellow']);
    const { body: read } = await node.get(node.importer, `/api/declarations/${mrn}`).expect(200);
    assert.deepEqual([read.certificates[0].state, read.certificates[0].certificateNumber], ['awaited', number]);
    assert.ok(read.open.some(({ code }: { code: string }) => code === 'CERTIFICATE-AWAITED'));
    const actor = actorOf(node.officer, OFFICE);
    const released = await node.change(async (transaction) => {
      const seen = await findDeclaration(transaction, actor, NOW, mrn);
      const terms = { conditional: true, reasons: ['Against security; the certificate is awaited.'] };
      return releaseGoods(node.parts, { transaction, actor, now: NOW }, seen, seen.version, terms);
    });
    assert.equal(released.state, 'conditionally-released');
    assert.equal((await node.milestones(mrn)).at(-1), 'M10');
  });
});

describe('a pre-check', () => {
  test('says what would follow and stores nothing', async () => {
    const before = await stored();
    const { item, number } = await preferential();
    const inTheLedger = await stored();
    const { body } = await node.post(node.importer, '/api/declarations/check', importOf({ items: [item] })).expect(200);
    assert.deepEqual([body.valid, body.faults, body.message], [true, [], 'declaration']);
    assert.equal(body.preview.localReferenceFree, true);
    assert.equal(body.preview.duty.claimedTotal.amount, '0');
    assert.equal(body.preview.duty.mostFavouredNationTotal.amount, '14048400');
    assert.deepEqual(
      body.preview.certificates.map((use: { certificateNumber: string; state: string }) => [
        use.certificateNumber,
        use.state,
      ]),
      [[number, 'reserved']],
    );
    assert.equal(JSON.stringify(body).includes('channel'), false);
    assert.deepEqual(await stored(), inTheLedger);
    assert.equal(before.length, inTheLedger.length);
  });

  test('says of a certificate that is not here that it is not checked', async () => {
    const { number } = certificateOf('2000');
    const item = { preferenceCode: '301', certificate: { id: number, quantity: '2000' } };
    const { body } = await node.post(node.importer, '/api/declarations/check', importOf({ items: [item] })).expect(200);
    assert.equal(body.preview.certificates[0].state, 'awaited');
    assert.match(body.preview.notChecked.join(' '), new RegExp(number));
  });

  test('says all faults with status 200, also those of registration', async () => {
    const { body } = await node
      .post(node.importer, '/api/declarations/check', importOf({ office: 'NOWHERE' }))
      .expect(200);
    assert.equal(body.valid, false);
    assert.deepEqual(
      body.faults.map((fault: { code: string }) => fault.code),
      ['OFFICE-UNKNOWN'],
    );
  });

  test('says when the local reference is taken', async () => {
    await node.lodge({ localReference: 'LRN-CHECKED' });
    const { body } = await node
      .post(node.importer, '/api/declarations/check', importOf({ localReference: 'LRN-CHECKED' }))
      .expect(200);
    assert.equal(body.preview.localReferenceFree, false);
  });

  test('an officer checks without being anybody’s declarant', async () => {
    const { body } = await node.post(node.officer, '/api/declarations/check', importOf()).expect(200);
    assert.equal(body.valid, true);
    assert.equal(body.preview.localReferenceFree, null);
  });
});

describe('a body that is no declaration', () => {
  const bodies: readonly [string, string, string, number][] = [
    ['nothing at all', '', 'application/json', 400],
    ['JSON that is none', '{"declaration":', 'application/json', 422],
    ['duplicate keys', '{"declaration":{"id":"1","id":"2"}}', 'application/json', 422],
    ['__proto__', '{"__proto__":{"isAdmin":true},"declaration":{}}', 'application/json', 422],
    ['depth', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'application/json', 422],
    ['1e400', '{"declaration":{"goodsItemQuantity":1e400}}', 'application/json', 422],
    ['an array', '[]', 'application/json', 422],
    ['null', 'null', 'application/json', 422],
    ['another media type', 'a,b', 'text/csv', 415],
    ['more than 20 MiB', ' '.repeat(20_971_521), 'application/json', 413],
    [
      'SQL in a reference',
      JSON.stringify(importOf({ office: `'; drop table declarations; --` })),
      'application/json',
      422,
    ],
  ];
  for (const [name, body, contentType, status] of bodies)
    test(`${name} is refused with ${status} and leaves nothing`, async () => {
      const before = await stored();
      const reply = await node.post(node.importer, '/api/declarations', body, { contentType });
      assert.equal(reply.status, status, JSON.stringify(reply.body).slice(0, 300));
      assert.equal(typeof reply.body.code, 'string');
      assert.deepEqual(await stored(), before);
    });

  test('bytes that are not UTF-8 are refused', async () => {
    const reply = await fetch(`http://127.0.0.1:${node.port}/api/declarations`, {
      method: 'POST',
      headers: {
        cookie: node.importer.cookie,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
        'sec-fetch-site': 'same-origin',
      },
      body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    });
    assert.equal(reply.status, 422);
  });

  test('hostile text in a description is refused or kept as text, and never breaks the answer', async () => {
    for (const description of ['<script>alert(1)</script>', '=cmd|calc!A1', 'a‮b', 'zero​width']) {
      const reply = await node.post(node.importer, '/api/declarations', importOf({ items: [{ description }] }));
      assert.ok([201, 422].includes(reply.status), String(reply.status));
    }
  });
});

describe('lists of declarations', () => {
  test('go newest first, page by page, and filter', async () => {
    const firm = await node.registered('Lists Ltd', '0300000001');
    const trader = await node.person('trader', { firmId: firm });
    node.channelOf = () => 'yellow';
    for (let index = 0; index < 5; index += 1) {
      node.now = new Date(NOW.getTime() + index * 60_000);
      await node.lodge(
        { importerId: '0300000001', localReference: `LIST-${index}`, consignmentReference: `LISTUCR-${index}` },
        trader,
      );
    }
    node.now = NOW;
    const first = await node.get(trader, '/api/declarations?limit=2').expect(200);
    assert.equal(first.body.total, 5);
    const second = await node.get(trader, `/api/declarations?limit=2&after=${first.body.next}`).expect(200);
    const references = [...first.body.items, ...second.body.items].map(
      (one: { localReference: string }) => one.localReference,
    );
    assert.deepEqual(references, ['LIST-4', 'LIST-3', 'LIST-2', 'LIST-1']);
    for (const [query, found] of [
      ['localReference=LIST-3', 1],
      ['consignmentReference=LISTUCR-2', 1],
      ['state=released', 0],
      ['channel=yellow', 5],
      ['chapter=85', 5],
      ['chapter=84', 0],
      ['waitingFor=officer', 5],
      ['text=electric', 5],
      ['lodgedFrom=2026-03-03', 0],
      ['procedure=export', 0],
    ] as const) {
      const { body } = await node.get(trader, `/api/declarations?${query}`).expect(200);
      assert.equal(body.items.length, found, query);
    }
    await node.get(trader, '/api/declarations?channel=blue').expect(400);
  });
});
