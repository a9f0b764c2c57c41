import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createOfficer } from '../../src/clearance/officer/officer.ts';
import { NO_EXPORT_DECLARATIONS, NO_ORIGIN_QUERIES } from '../../src/clearance/officer/parts.ts';
import { declarationQueryRoutes } from '../../src/http/routes/declaration-queries.ts';
import { officerActRoutes } from '../../src/http/routes/officer-acts.ts';
import { worklistRoutes } from '../../src/http/routes/worklist.ts';
import { certificateOf } from '../ledger/support.ts';
import { type Body, type ClearanceNode, importOf, type Person, startClearanceNode } from './support.ts';

// From lodgement to release over the real ledger, tariff, responses and milestones.
let node: ClearanceNode;

before(async () => {
  node = await startClearanceNode((parts, pool) => {
    const officer = createOfficer({
      ...parts,
      get pool() {
        return pool();
      },
      certificates: { verificationsOf: async () => [] },
      exportDeclarations: NO_EXPORT_DECLARATIONS,
      originQueries: NO_ORIGIN_QUERIES,
      directory: () => ({ state: 'fresh', serial: 1, freshUntil: null }),
    });
    return [...worklistRoutes(officer), ...declarationQueryRoutes(officer), ...officerActRoutes(officer)];
  });
});
after(() => node.stop());

async function versionOf(mrn: string): Promise<number> {
  const { rows } = await node.pool.query<{ version: number }>({
    text: 'select version from declarations where mrn = $1',
    values: [mrn],
  });
  return rows[0]?.version ?? 0;
}

/** An act that must be done. */
async function act(mrn: string, path: string, body: object = {}, person: Person = node.officer): Promise<Body> {
  const empty = path === 'claim' || path.endsWith('/start');
  const request = node.post(person, `/api/declarations/${mrn}/${path}`, empty ? '' : body, {
    version: await versionOf(mrn),
  });
  const reply = await request;
  assert.ok(reply.status < 300, `${path}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}

async function verdictOf(mrn: string): Promise<Body> {
  return (await node.get(node.officer, `/api/declarations/${mrn}/verdict`).expect(200)).body;
}

describe('a consignment at the clearance office', () => {
  test('yellow: queried, answered, assessed, paid and released, each step told and timed', async () => {
    node.channelOf = () => 'yellow';
    const { mrn } = await node.lodge();
    await act(mrn, 'claim');
    await act(mrn, 'queries', { subject: 'Packing list', text: 'Send it.', answerBy: '2026-03-09T00:00:00Z' });
    await act(mrn, 'queries/1/answer', { text: 'Attached.' }, node.importer);
    await act(mrn, 'queries/1/close', { remark: 'It agrees.' });
    const assessed = await act(mrn, 'assessment', { remark: 'In order.' });
    assert.equal(assessed.declaration.payment, 'due');
    const paid = await act(mrn, 'payments', {
      ...{ kind: 'payment', amount: assessed.duty.due.amount, currency: 'VND' },
      ...{ reference: 'TREASURY-1', source: 'Treasury advice' },
    });
    assert.deepEqual([paid.duty.payment, paid.duty.overpaid], ['paid', null]);
    assert.equal((await act(mrn, 'release')).state, 'released');
    assert.deepEqual(await node.milestones(mrn), [
      ...['M0', 'M3', 'M4', 'M9a', 'M5a', 'M6a', 'M6b', 'M5b', 'M9b', 'M10'],
    ]);
    assert.deepEqual(
      (await node.responses(mrn)).map((one) => one.step),
      [
        ...['accepted', 'control', 'duty', 'documents-requested', 'request-answered', 'request-answered'],
        ...['duty', 'result', 'released'],
      ],
    );
  });

  test('red: inspected by order of the system; what was found is in the verdict', async () => {
    node.channelOf = () => 'red';
    const { mrn } = await node.lodge();
    await act(mrn, 'inspections/1/start');
    await act(mrn, 'inspections/1/result', {
      findings: [{ sequence: 1, conforming: false, description: 'Fifty motors more than declared.' }],
    });
    const verdict = await verdictOf(mrn);
    const entry = verdict.entries.find((one: Body) => one.question === 'inspection-conforming');
    assert.deepEqual([entry.answer, entry.code], ['no', 'INSPECTION-DISCREPANCY']);
    assert.ok(verdict.failed.includes('risk'));
    assert.equal(verdict.releasable, false);
  });

  test('with a certificate that has not come: released against security, final once the preference is withheld', async () => {
    node.channelOf = () => 'yellow';
    const certificate = { id: certificateOf('2000').number, quantity: '2000' };
    const { mrn } = await node.lodge({ items: [{ preferenceCode: '301', quantity: '2000', certificate }] });
    const verdict = await verdictOf(mrn);
    assert.equal(verdict.entries.find((one: Body) => one.question === 'certificate-authentic').answer, 'waiting');
    const stake = verdict.duty.atStake.amount;
    assert.notEqual(stake, verdict.duty.due.amount);
    await act(mrn, 'payments', {
      ...{ kind: 'security', amount: stake, currency: 'VND', reference: 'BOND-1', source: 'Guarantor' },
    });
    const reasons = [{ reason: 'The certificate is awaited.' }];
    assert.equal((await act(mrn, 'conditional-release', { reasons })).state, 'conditionally-released');
    await act(mrn, 'preference/withhold', { items: [1], reasons: [{ reason: 'It never came.' }] });
    assert.equal((await act(mrn, 'assessment')).declaration.payment, 'secured');
    assert.equal((await act(mrn, 'release')).state, 'released');
    assert.equal((await node.milestones(mrn)).filter((one) => one === 'M10').length, 1);
  });

  test('that is amended after it was assessed is assessed again, and a withheld preference stays withheld', async () => {
    node.channelOf = () => 'yellow';
    const certificate = { id: certificateOf('2000').number, quantity: '2000' };
    const items = [{ preferenceCode: '301', quantity: '2000', certificate }];
    const content = importOf({ items });
    const { body } = await node.post(node.importer, '/api/declarations', content).expect(201);
    const mrn = String(body.mrn);
    await act(mrn, 'preference/withhold', { items: [1], reasons: [{ reason: 'Not acceptable.' }] });
    await act(mrn, 'assessment');
    const version = await versionOf(mrn);
    const reply = await node.post(
      node.importer,
      `/api/declarations/${mrn}/amendments?reason=${encodeURIComponent('A typing error.')}`,
      content,
      { version },
    );
    assert.ok(reply.status < 300, JSON.stringify(reply.body));
    const verdict = await verdictOf(mrn);
    assert.deepEqual(verdict.withheldItems, [1]);
    const codes = verdict.hindrances.map((one: Body) => one.code);
    assert.ok(codes.includes('ASSESSMENT-OPEN'), codes.join());
    assert.ok(!codes.includes('CERTIFICATE-AWAITED'), codes.join());
  });
});
