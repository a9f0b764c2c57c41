import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/documents/json.ts';
import {
  amendmentRequest,
  cancellationRequest,
  type ExampleItem,
  goodsPresentation,
  importDeclaration,
} from '../documents/declaration-examples.ts';
import { certificateOf, keepCertificate } from '../ledger/support.ts';
import { type ClearanceNode, IMPORTER, importOf, NOW, startClearanceNode } from './support.ts';

let node: ClearanceNode;
before(async () => {
  node = await startClearanceNode();
});
after(() => node.stop());

const ahead = { typeCode: 'IMD' } as const;
const MOMENT = '2026-03-02T02:00:00Z';

/** The declaration of a lodgement, to be sent again with changes. */
function again(body: { localReference: string; consignmentReference: string }, more: object = {}): JsonObject {
  return importDeclaration({
    localReference: body.localReference,
    consignmentReference: body.consignmentReference,
    importerId: IMPORTER.value,
    ...more,
  });
}

async function certified(quantity = '2000'): Promise<{ number: string; item: ExampleItem }> {
  const certificate = certificateOf(quantity);
  await keepCertificate(node, certificate);
  return {
    number: certificate.number,
    item: { preferenceCode: '301', quantity, certificate: { id: certificate.number, quantity } },
  };
}

async function stateOfUse(number: string): Promise<string[]> {
  const { rows } = await node.pool.query<{ state: string }>({
    text: 'select state from certificate_uses where number = $1 and not superseded order by position',
    values: [number],
  });
  return rows.map(({ state }) => state);
}

async function read(mrn: string) {
  return (await node.get(node.importer, `/api/declarations/${mrn}`).expect(200)).body;
}

describe('a declaration lodged ahead', () => {
  test('is registered with its MRN and has no channel', async () => {
    node.channelOf = () => 'yellow';
    const { mrn, body } = await node.lodge(ahead);
    assert.deepEqual([body.state, body.channel, body.waitingFor], ['registered', undefined, 'arrival']);
    assert.deepEqual(await node.milestones(mrn), ['M0']);
    assert.deepEqual(
      (await node.responses(mrn)).map(({ step }) => step),
      ['registered'],
    );
  });

  test('is accepted when the goods arrive, by the rules of that day', async () => {
    node.channelOf = () => 'green';
    const { mrn, version } = await node.lodge(ahead);
    node.channelOf = () => 'red';
    node.now = new Date(NOW.getTime() + 86_400_000);
    const nextDay = { ...node.importer, cookie: await node.signIn(node.importer) };
    const arrival = {
      at: MOMENT,
      precision: 'minute',
      zone: 'Asia/Ho_Chi_Minh',
      place: 'VNHPH',
      source: 'Port notice',
    };
    const { body } = await node.post(nextDay, `/api/declarations/${mrn}/arrival`, arrival, { version }).expect(200);
    node.now = NOW;
    assert.deepEqual(
      [body.state, body.channel, body.acceptedAt, body.arrivedAt],
      ['in-clearance', 'red', '2026-03-03T03:00:00.000Z', '2026-03-02T02:00:00.000Z'],
    );
    assert.deepEqual(await node.milestones(mrn), ['M0', 'M1', 'M3', 'M4', 'M9a']);
    assert.deepEqual(
      (await node.responses(mrn)).map(({ step }) => step),
      ['registered', 'accepted', 'control', 'duty'],
    );
    assert.equal((await read(mrn)).duty.date, '2026-03-03');
  });

  test('is accepted by the presentation of the goods as a message, which is kept', async () => {
    node.channelOf = () => 'yellow';
    const { mrn } = await node.lodge(ahead);
    const { body } = await node.post(node.importer, '/api/declarations', goodsPresentation(mrn)).expect(200);
    assert.deepEqual([body.done, body.mrn, body.state], ['arrived', mrn, 'in-clearance']);
    const { rows } = await node.pool.query<{ source_kind: string; kind: string }>({
      text: `select m.source_kind, d.kind from clearance_milestones m join documents d on d.digest = decode(m.source_id, 'hex')
        where m.mrn = $1 and m.milestone = 'M1'`,
      values: [mrn],
    });
    assert.deepEqual(rows, [{ source_kind: 'document', kind: 'declaration-request' }]);
  });

  test('and green with a good certificate is released by its arrival', async () => {
    node.channelOf = () => 'green';
    const { item, number } = await certified();
    const { mrn, version } = await node.lodge({ ...ahead, items: [item] });
    assert.deepEqual(await stateOfUse(number), ['reserved']);
    const { body } = await node
      .post(node.officer, `/api/declarations/${mrn}/arrival`, { at: MOMENT, precision: 'day' }, { version })
      .expect(200);
    assert.equal(body.state, 'released');
    assert.deepEqual(await stateOfUse(number), ['written-off']);
  });

  test('that has faults by the day of arrival keeps the arrival and is accepted when it is amended', async () => {
    node.channelOf = () => 'yellow';
    const { mrn, version, body: lodged } = await node.lodge(ahead);
    const { taker } = node.parts;
    Object.assign(node.parts, {
      taker: {
        take: async () => ({ ok: false, faults: [{ code: 'CODE-OLD', pointer: '/declaration', message: 'Too old.' }] }),
      },
    });
    const { body: arrived } = await node
      .post(node.importer, `/api/declarations/${mrn}/arrival`, { at: MOMENT, precision: 'minute' }, { version })
      .expect(200);
    Object.assign(node.parts, { taker });
    assert.deepEqual([arrived.state, arrived.arrivedAt], ['registered', '2026-03-02T02:00:00.000Z']);
    assert.equal((await node.responses(mrn)).at(-1)?.step, 'rejected');
    const { body: amended } = await node
      .post(node.importer, `/api/declarations/${mrn}/amendments?reason=Codes`, again(lodged, ahead), {
        version: arrived.version,
      })
      .expect(200);
    assert.deepEqual([amended.state, amended.channel], ['in-clearance', 'yellow']);
    assert.deepEqual(await node.milestones(mrn), ['M0', 'M1', 'M3', 'M4', 'M9a']);
  });

  test('an arrival in the future, in a zone that is none, or of another version is refused', async () => {
    const { mrn, version } = await node.lodge(ahead);
    const report = (body: object, seen = version) =>
      node.post(node.importer, `/api/declarations/${mrn}/arrival`, body, { version: seen });
    const late = await report({ at: '2026-03-09T00:00:00Z', precision: 'day' });
    assert.deepEqual([late.status, late.body.code], [422, 'MILESTONE-IN-FUTURE']);
    const zone = await report({ at: MOMENT, precision: 'day', zone: 'Mars/Olympus' });
    assert.deepEqual([zone.status, zone.body.code], [422, 'ZONE-UNKNOWN']);
    assert.equal((await report({ at: MOMENT, precision: 'day' }, version + 1)).status, 412);
    assert.equal((await read(mrn)).state, 'registered');
  });
});

describe('an arrival of an accepted declaration', () => {
  test('is recorded and changes nothing else', async () => {
    node.channelOf = () => 'yellow';
    const { mrn, version } = await node.lodge();
    const { body } = await node
      .post(node.importer, `/api/declarations/${mrn}/arrival`, { at: MOMENT, precision: 'minute' }, { version })
      .expect(200);
    assert.deepEqual([body.state, body.channel, body.version], ['in-clearance', 'yellow', version + 1]);
    assert.ok((await node.milestones(mrn)).includes('M1'));
  });
});

describe('an amendment', () => {
  test('gives a new version with duty and certificates anew; the old one stays', async () => {
    node.channelOf = () => 'yellow';
    const { item, number } = await certified();
    const { mrn, version, body } = await node.lodge({ items: [item] });
    const other = await certified();
    const { body: amended } = await node
      .post(
        node.importer,
        `/api/declarations/${mrn}/amendments?reason=Wrong%20certificate`,
        again(body, { items: [other.item] }),
        { version },
      )
      .expect(200);
    assert.deepEqual([amended.documentVersion, amended.version, amended.state], [2, 2, 'in-clearance']);
    assert.deepEqual([await stateOfUse(number), await stateOfUse(other.number)], [[], ['reserved']]);
    const view = await read(mrn);
    assert.deepEqual(
      view.versions.map((one: { number: number; kind: string; reason?: string }) => [one.number, one.kind, one.reason]),
      [
        [1, 'original', undefined],
        [2, 'amendment', 'Wrong certificate'],
      ],
    );
    await node.get(node.importer, `/api/declarations/${mrn}/documents/1`).expect(200);
  });

  test('never makes a channel milder, and an officer looks again', async () => {
    node.channelOf = () => 'red';
    const { mrn, version, body } = await node.lodge();
    node.channelOf = () => 'green';
    const { body: amended } = await node
      .post(node.importer, `/api/declarations/${mrn}/amendments?reason=Weight`, again(body), { version })
      .expect(200);
    assert.deepEqual([amended.channel, amended.waitingFor], ['red', 'officer']);
    const { rows } = await node.pool.query({
      text: 'select open_inspections, assessment_open from declarations where mrn = $1',
      values: [mrn],
    });
    assert.deepEqual(rows, [{ open_inspections: 1, assessment_open: true }]);
  });

  test('can make a green one red, which orders the inspection', async () => {
    node.channelOf = () => 'green';
    const { mrn, version, body } = await node.lodge();
    node.channelOf = () => 'red';
    const { body: amended } = await node
      .post(node.importer, `/api/declarations/${mrn}/amendments?reason=Weight`, again(body), { version })
      .expect(200);
    assert.deepEqual([amended.channel, amended.waitingFor], ['red', 'officer']);
    assert.ok((await node.responses(mrn)).some(({ step }) => step === 'control'));
  });

  test('of a green one to goods without duty releases it', async () => {
    node.channelOf = () => 'green';
    const { mrn, version, body } = await node.lodge();
    const { item } = await certified();
    const { body: amended } = await node
      .post(node.importer, `/api/declarations/${mrn}/amendments?reason=Claim`, again(body, { items: [item] }), {
        version,
      })
      .expect(200);
    assert.deepEqual([amended.state, amended.payment], ['released', 'none']);
    assert.deepEqual((await node.milestones(mrn)).slice(-2), ['M9b', 'M10']);
  });

  test('as a request says only what changes; request and composed declaration are both kept', async () => {
    node.channelOf = () => 'yellow';
    const { mrn } = await node.lodge();
    const request = amendmentRequest(
      mrn,
      {
        goodsShipment: {
          governmentAgencyGoodsItem: [{ sequenceNumeric: '1', commodity: { description: 'Brushless motors' } }],
        },
      },
      'Wrong description.',
    );
    const { body } = await node.post(node.importer, '/api/declarations', request).expect(200);
    assert.deepEqual([body.done, body.goodsDescription, body.documentVersion], ['amended', 'Brushless motors', 2]);
    const view = await read(mrn);
    assert.equal(view.versions[1].reason, 'Wrong description.');
    const { text } = await node.get(node.importer, `/api/declarations/${mrn}/documents/2`).buffer(true);
    assert.match(text, /Brushless motors/);
    const { rows } = await node.pool.query({
      text: `select 1 from documents where kind = 'declaration-request' and bytes = $1`,
      values: [Buffer.from(JSON.stringify(request))],
    });
    assert.equal(rows.length, 1);
  });

  test('cannot make it another declaration', async () => {
    const { mrn, version, body } = await node.lodge();
    const other = { ...body, localReference: 'LRN-OTHER', consignmentReference: 'UCR-OTHER' };
    const reply = await node
      .post(node.importer, `/api/declarations/${mrn}/amendments?reason=x`, again(other), { version })
      .expect(422);
    assert.deepEqual(
      reply.body.faults.map((fault: { code: string; pointer: string }) => [fault.code, fault.pointer]),
      [
        ['AMENDMENT-OTHER-DECLARATION', '/declaration/functionalReferenceID'],
        ['AMENDMENT-OTHER-DECLARATION', '/declaration/goodsShipment/ucr/traderAssignedReferenceID'],
      ],
    );
  });

  test('needs a reason, the version that was seen, and a declaration that is not released', async () => {
    node.channelOf = () => 'green';
    const { mrn, version, body } = await node.lodge();
    const path = `/api/declarations/${mrn}/amendments`;
    assert.equal((await node.post(node.importer, path, again(body), { version })).body.code, 'REASON-REQUIRED');
    assert.equal((await node.post(node.importer, `${path}?reason=x`, again(body))).status, 428);
    assert.equal((await node.post(node.importer, `${path}?reason=x`, again(body), { version: 9 })).status, 412);
    const { item } = await certified();
    const released = await node.lodge({ items: [item] });
    const reply = await node.post(
      node.importer,
      `/api/declarations/${released.mrn}/amendments?reason=x`,
      again(released.body),
      { version: released.version },
    );
    assert.deepEqual([reply.status, reply.body.code], [409, 'STATE-DOES-NOT-ALLOW']);
  });

  test('with faults changes nothing', async () => {
    const { mrn, version, body } = await node.lodge();
    const faulty = again(body, { changes: { '/declaration/totalPackageQuantity/value': '21' } });
    await node.post(node.importer, `/api/declarations/${mrn}/amendments?reason=x`, faulty, { version }).expect(422);
    assert.equal((await read(mrn)).version, version);
  });
});

describe('supplementary data', () => {
  const complete = (mrn: string, body: { consignmentReference: string }, more: object = {}): JsonObject =>
    importOf({
      typeCode: 'IMZ',
      consignmentReference: body.consignmentReference,
      changes: { '/declaration/id': mrn },
      ...more,
    });

  test('complete a simplified declaration, with a local reference of their own', async () => {
    node.channelOf = () => 'yellow';
    const { mrn, body } = await node.lodge({ typeCode: 'IMC' });
    const { body: taken } = await node.post(node.importer, '/api/declarations', complete(mrn, body)).expect(200);
    assert.deepEqual([taken.done, taken.mrn, taken.documentVersion], ['supplemented', mrn, 2]);
    assert.equal(taken.localReference, body.localReference);
    assert.equal((await read(mrn)).versions[1].kind, 'supplementary');
  });

  test('after release change the duty that is owed and nothing of the release', async () => {
    node.channelOf = () => 'green';
    const { item, number } = await certified();
    const { mrn, body } = await node.lodge({ typeCode: 'IMC', items: [item] });
    assert.equal(body.state, 'released');
    const { body: taken } = await node.post(node.importer, '/api/declarations', complete(mrn, body)).expect(200);
    assert.deepEqual([taken.state, taken.payment, taken.channel], ['released', 'due', 'green']);
    assert.deepEqual(await stateOfUse(number), ['written-off']);
  });

  test('are refused for a declaration that is not simplified, or that is not there', async () => {
    const { mrn, body } = await node.lodge();
    const whole = await node.post(node.importer, '/api/declarations', complete(mrn, body));
    assert.deepEqual([whole.status, whole.body.code], [409, 'NOT-SIMPLIFIED']);
    const unnamed = await node.post(node.importer, '/api/declarations', importOf({ typeCode: 'IMZ' }));
    assert.deepEqual([unnamed.status, unnamed.body.code], [422, 'SUPPLEMENTED-UNKNOWN']);
    const nowhere = await node.post(node.importer, '/api/declarations', complete('26VN0000000999999X', body));
    assert.equal(nowhere.status, 404);
  });
});

describe('a withdrawal', () => {
  test('gives the certificate back, closes the declaration and tells the declarant', async () => {
    node.channelOf = () => 'yellow';
    const { item, number } = await certified();
    const { mrn, version } = await node.lodge({ items: [item] });
    const { body } = await node
      .post(node.importer, `/api/declarations/${mrn}/withdraw`, { reason: 'Sold at sea.' }, { version })
      .expect(200);
    assert.deepEqual([body.state, body.waitingFor], ['withdrawn', 'nobody']);
    assert.deepEqual(await stateOfUse(number), ['given-back']);
    assert.equal((await node.milestones(mrn)).at(-1), 'MX');
    assert.equal((await node.responses(mrn)).at(-1)?.step, 'invalidated');
    const [event] = (await node.events('declaration.withdrawn')).filter(({ subject }) => subject === mrn);
    assert.equal(event?.reason, 'Sold at sea.');
  });

  test('as a request carries its reason, and is kept', async () => {
    const { mrn } = await node.lodge();
    const { body } = await node
      .post(node.importer, '/api/declarations', cancellationRequest(mrn, 'Lodged twice.'))
      .expect(200);
    assert.deepEqual([body.done, body.state], ['withdrawn', 'withdrawn']);
  });

  test('leaves the local reference used', async () => {
    const { mrn, version, body } = await node.lodge();
    await node.post(node.importer, `/api/declarations/${mrn}/withdraw`, { reason: 'x' }, { version }).expect(200);
    const reply = await node.post(node.importer, '/api/declarations', again(body)).expect(409);
    assert.equal(reply.body.code, 'LRN-TAKEN');
  });

  test('is refused while an inspection is ordered, after release, twice, and without a reason', async () => {
    node.channelOf = () => 'red';
    const red = await node.lodge();
    const withdraw = (mrn: string, version: number, reason = 'x') =>
      node.post(node.importer, `/api/declarations/${mrn}/withdraw`, { reason }, { version });
    const inspected = await withdraw(red.mrn, red.version);
    assert.deepEqual([inspected.status, inspected.body.code], [409, 'WITHDRAWAL-INSPECTION-OPEN']);
    node.channelOf = () => 'green';
    const { item } = await certified();
    const released = await node.lodge({ items: [item] });
    assert.equal((await withdraw(released.mrn, released.version)).body.code, 'STATE-DOES-NOT-ALLOW');
    const { mrn, version } = await node.lodge();
    assert.equal((await withdraw(mrn, version, '   ')).status, 422);
    await withdraw(mrn, version).expect(200);
    assert.equal((await withdraw(mrn, version + 1)).body.code, 'STATE-DOES-NOT-ALLOW');
  });

  test('is what a later declaration may not refer to', async () => {
    const { mrn, version } = await node.lodge();
    await node.post(node.importer, `/api/declarations/${mrn}/withdraw`, { reason: 'x' }, { version }).expect(200);
    const changes = {
      '/declaration/goodsShipment/previousDocument': [{ categoryCode: 'Z', id: mrn, typeCode: 'MRN' }],
    };
    const reply = await node.post(node.importer, '/api/declarations', importOf({ changes })).expect(422);
    assert.ok(reply.body.faults.some(({ code }: { code: string }) => code === 'REFERENCE-WITHDRAWN'));
  });
});

describe('a certificate that comes later', () => {
  test('releases a green declaration that waited for nothing else', async () => {
    node.channelOf = () => 'green';
    const certificate = certificateOf('2000');
    const { mrn } = await node.lodge({
      items: [{ preferenceCode: '301', quantity: '2000', certificate: { id: certificate.number, quantity: '2000' } }],
    });
    assert.equal((await read(mrn)).waitingFor, 'certificate');
    await keepCertificate(node, certificate);
    await node.resolveCertificates();
    const view = await read(mrn);
    assert.deepEqual([view.state, view.certificates[0].state], ['released', 'written-off']);
  });

  test('and was refused puts the declaration before an officer', async () => {
    node.channelOf = () => 'green';
    const certificate = certificateOf('10');
    const { mrn } = await node.lodge({
      items: [{ preferenceCode: '301', quantity: '2000', certificate: { id: certificate.number, quantity: '2000' } }],
    });
    await keepCertificate(node, certificate);
    await node.resolveCertificates();
    const view = await read(mrn);
    assert.deepEqual([view.state, view.waitingFor, view.certificates[0].state], ['in-clearance', 'officer', 'refused']);
  });
});

describe('an export declaration', () => {
  test('that is accepted, amended and withdrawn is handed on each time', async () => {
    node.channelOf = () => 'yellow';
    const { mrn, version } = await node.lodgeExport();
    await node.post(node.importer, `/api/declarations/${mrn}/withdraw`, { reason: 'x' }, { version }).expect(200);
    assert.deepEqual(
      node.forwarded.filter((one) => one.mrn === mrn),
      [
        { mrn, version: 1, withdrawn: false },
        { mrn, version: 1, withdrawn: true },
      ],
    );
  });
});

describe('the history', () => {
  test('tells what happened and who waited for whom, without gaps', async () => {
    node.channelOf = () => 'yellow';
    const { mrn, version } = await node.lodge(ahead);
    node.now = new Date(NOW.getTime() + 600_000);
    const { body } = await node
      .post(node.importer, `/api/declarations/${mrn}/arrival`, { at: MOMENT, precision: 'minute' }, { version })
      .expect(200);
    node.now = new Date(NOW.getTime() + 2 * 600_000);
    await node
      .post(node.importer, `/api/declarations/${mrn}/withdraw`, { reason: 'Enough.' }, { version: body.version })
      .expect(200);
    const history = await node.get(node.importer, `/api/declarations/${mrn}/history`).expect(200);
    node.now = NOW;
    assert.deepEqual(
      history.body.entries.map((one: { kind: string }) => one.kind),
      ['declaration.registered', 'declaration.accepted', 'declaration.withdrawn'],
    );
    assert.deepEqual(
      history.body.waits.map((one: { for: string; milliseconds: number }) => [one.for, one.milliseconds]),
      [
        ['trader', 600_000],
        ['customs', 600_000],
      ],
    );
  });
});
