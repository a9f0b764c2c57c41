import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { changeDeclaration } from '../../src/clearance/change-declaration.ts';
import { type DeclarationRow, findDeclaration } from '../../src/clearance/declaration-row.ts';
import { releaseGoods } from '../../src/clearance/release.ts';
import { settleIfNothingOpen } from '../../src/clearance/settle.ts';
import { waitingFor } from '../../src/clearance/waiting-for.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import { importDeclaration } from '../documents/declaration-examples.ts';
import { certificateOf, keepCertificate } from '../ledger/support.ts';
import { actorOf, type ClearanceNode, IMPORTER, NOW, OFFICE, startClearanceNode } from './support.ts';

let node: ClearanceNode;
before(async () => {
  node = await startClearanceNode();
});
after(() => node.stop());

const find = (mrn: string): Promise<DeclarationRow> =>
  findDeclaration(node.pool, actorOf(node.officer, OFFICE), NOW, mrn);

/** A change as an officer's act would make it. */
function set(mrn: string, columns: Partial<DeclarationRow>): Promise<DeclarationRow> {
  return node.change(async (transaction) => {
    const seen = await findDeclaration(transaction, actorOf(node.officer, OFFICE), NOW, mrn);
    const asked = { transaction, actor: actorOf(node.officer, OFFICE), now: NOW };
    return changeDeclaration(node.parts, asked, seen, null, { columns, event: { kind: 'declaration.tested' } });
  });
}

function release(mrn: string, version: number | null, conditional = false): Promise<DeclarationRow> {
  return node.change(async (transaction) => {
    const actor = actorOf(node.officer, OFFICE);
    const seen = await findDeclaration(transaction, actor, NOW, mrn);
    const terms = { conditional, reasons: ['All in order.'] };
    return releaseGoods(node.parts, { transaction, actor, now: NOW }, seen, version, terms);
  });
}

/** A yellow declaration with a certificate, looked at and paid: ready to be released. */
async function ready() {
  node.channelOf = () => 'yellow';
  const certificate = certificateOf('2000');
  await keepCertificate(node, certificate);
  const { mrn, body } = await node.lodge({
    items: [{ preferenceCode: '301', quantity: '2000', certificate: { id: certificate.number, quantity: '2000' } }],
  });
  const row = await set(mrn, { assessment_open: false });
  return { mrn, body, version: row.version, number: certificate.number };
}

function codeOf(settled: PromiseSettledResult<unknown>): string {
  if (settled.status === 'fulfilled') return 'done';
  return settled.reason instanceof Refusal ? settled.reason.code : String(settled.reason);
}

async function useOf(number: string): Promise<string[]> {
  const { rows } = await node.pool.query<{ state: string }>({
    text: 'select state from certificate_uses where number = $1 and not superseded',
    values: [number],
  });
  return rows.map(({ state }) => state);
}

describe('a release', () => {
  test('of eight at once, one is made', async () => {
    const { mrn, version, number } = await ready();
    const settled = await Promise.allSettled(Array.from({ length: 8 }, () => release(mrn, version)));
    const codes = settled.map(codeOf).sort();
    assert.equal(codes.filter((code) => code === 'done').length, 1, codes.join());
    for (const code of codes) assert.ok(['done', 'CHANGED-MEANWHILE', 'STATE-DOES-NOT-ALLOW'].includes(code), code);
    assert.equal((await node.milestones(mrn)).filter((milestone) => milestone === 'M10').length, 1);
    assert.deepEqual(await useOf(number), ['written-off']);
  });

  test('twice is refused', async () => {
    const { mrn, version } = await ready();
    const row = await release(mrn, version);
    const again = await Promise.allSettled([release(mrn, row.version)]);
    assert.deepEqual(again.map(codeOf), ['STATE-DOES-NOT-ALLOW']);
  });

  const hindered: readonly [string, Partial<DeclarationRow>, string, boolean][] = [
    ['a query is open', { open_queries: 1 }, 'QUERY-OPEN', false],
    ['an answer is not read', { open_queries: 1, answered_queries: 1 }, 'ANSWER-UNREAD', false],
    ['an inspection is open', { open_inspections: 1 }, 'INSPECTION-OPEN', false],
    ['a permit is awaited', { open_permits: 1 }, 'PERMIT-AWAITED', false],
    ['a certificate is awaited', { open_certificates: 1 }, 'CERTIFICATE-AWAITED', true],
    ['the assessment is open', { assessment_open: true }, 'ASSESSMENT-OPEN', true],
    ['duty is due', { payment: 'due' }, 'PAYMENT-DUE', true],
    ['the duty is not known', { payment: 'unknown' }, 'DUTY-UNKNOWN', true],
  ];
  for (const [name, columns, code, conditionally] of hindered)
    test(`while ${name} is refused${conditionally ? ' but against security' : ' in any form'}`, async () => {
      const { mrn } = await ready();
      const { version } = await set(mrn, columns);
      const [good] = await Promise.allSettled([release(mrn, version)]);
      assert.ok(good.status === 'rejected' && good.reason instanceof Refusal);
      assert.deepEqual(
        good.reason.faults.map((fault) => fault.code),
        [code],
      );
      const [against] = await Promise.allSettled([release(mrn, version, true)]);
      assert.equal(codeOf(against), conditionally ? 'done' : 'RELEASE-HINDERED');
    });

  test('judged before a query came is not made after it', async () => {
    const { mrn, version } = await ready();
    const late = node.change(async (transaction) => {
      const actor = actorOf(node.officer, OFFICE);
      const seen = await findDeclaration(transaction, actor, NOW, mrn);
      await set(mrn, { open_queries: 1 });
      return releaseGoods(node.parts, { transaction, actor, now: NOW }, seen, version, {
        conditional: false,
        reasons: [],
      });
    });
    assert.deepEqual((await Promise.allSettled([late])).map(codeOf), ['CHANGED-MEANWHILE']);
    assert.equal((await find(mrn)).state, 'in-clearance');
  });

  test('against security lets the goods go once; the final one closes the case', async () => {
    const { mrn, version, number } = await ready();
    const conditional = await release(mrn, version, true);
    assert.deepEqual([conditional.state, await useOf(number)], ['conditionally-released', ['reserved']]);
    const final = await release(mrn, conditional.version);
    assert.deepEqual([final.state, await useOf(number)], ['released', ['written-off']]);
    assert.equal((await node.milestones(mrn)).filter((milestone) => milestone === 'M10').length, 1);
    assert.deepEqual((await node.responses(mrn)).map(({ step }) => step).slice(-2), ['released', 'cleared']);
  });
});

describe('at the same moment', () => {
  test('release and withdrawal: one of them, and the certificate follows it', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { mrn, version, number } = await ready();
      const [released, withdrawn] = await Promise.allSettled([
        release(mrn, version),
        node.post(node.importer, `/api/declarations/${mrn}/withdraw`, { reason: 'x' }, { version }),
      ]);
      const done = [codeOf(released) === 'done', withdrawn.status === 'fulfilled' && withdrawn.value.status === 200];
      assert.equal(done.filter(Boolean).length, 1, JSON.stringify([codeOf(released), withdrawn]).slice(0, 300));
      const { state } = await find(mrn);
      assert.equal(state, done[0] === true ? 'released' : 'withdrawn');
      assert.deepEqual(await useOf(number), [done[0] === true ? 'written-off' : 'given-back']);
    }
  });

  test('release and amendment: what is released is what was looked at', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { mrn, version, body } = await ready();
      const amendment = importDeclaration({
        localReference: body.localReference,
        consignmentReference: body.consignmentReference,
        importerId: IMPORTER.value,
      });
      await Promise.allSettled([
        release(mrn, version),
        node.post(node.importer, `/api/declarations/${mrn}/amendments?reason=x`, amendment, { version }),
      ]);
      const row = await find(mrn);
      assert.ok(
        (row.state === 'released' && row.document_version === 1) ||
          (row.state === 'in-clearance' && row.document_version === 2 && row.assessment_open),
        `${row.state} ${row.document_version}`,
      );
    }
  });

  test('two amendments of one version: one is taken', async () => {
    const { mrn, version, body } = await ready();
    const amendment = importDeclaration({
      localReference: body.localReference,
      consignmentReference: body.consignmentReference,
      importerId: IMPORTER.value,
    });
    const replies = await Promise.all(
      Array.from({ length: 6 }, () =>
        node.post(node.importer, `/api/declarations/${mrn}/amendments?reason=x`, amendment, { version }),
      ),
    );
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 412, 412, 412, 412, 412]);
    assert.equal((await find(mrn)).document_version, 2);
  });

  test('the payment that settles a green declaration releases it once, however often it is settled', async () => {
    node.channelOf = () => 'green';
    const { mrn } = await node.lodge();
    await set(mrn, { payment: 'paid' });
    const settle = (): Promise<DeclarationRow> =>
      node.change(async (transaction) => {
        const actor = actorOf(node.officer, OFFICE);
        const seen = await findDeclaration(transaction, actor, NOW, mrn);
        return settleIfNothingOpen(node.parts, { transaction, actor, now: NOW }, seen);
      });
    const settled = await Promise.allSettled([settle(), settle(), settle(), settle()]);
    for (const one of settled) assert.ok(['done', 'CHANGED-MEANWHILE'].includes(codeOf(one)), codeOf(one));
    assert.equal((await find(mrn)).state, 'released');
    assert.equal((await node.milestones(mrn)).filter((milestone) => milestone === 'M10').length, 1);
    assert.equal((await node.events('declaration.released')).filter(({ subject }) => subject === mrn).length, 1);
  });
});

describe('who is waited for', () => {
  test('is computed by the node as the database computes it', async () => {
    node.channelOf = () => 'yellow';
    const { mrn } = await node.lodge();
    const cases: Partial<DeclarationRow>[] = [
      { open_queries: 2, answered_queries: 1 },
      { open_queries: 1, answered_queries: 1 },
      { open_queries: 0, answered_queries: 0, open_permits: 1 },
      { refused_permits: 1 },
      { open_permits: 0, refused_permits: 0, assessment_open: false, open_certificates: 1, payment: 'due' },
      { payment: 'paid' },
      { open_certificates: 0 },
      { open_inspections: 1 },
      { open_inspections: 0, state: 'conditionally-released' },
      { state: 'seized' },
      { state: 'registered' },
    ];
    for (const columns of cases) {
      const row = await set(mrn, columns);
      assert.equal((await find(mrn)).waiting_for, row.waiting_for, JSON.stringify(columns));
      assert.equal(waitingFor(row), row.waiting_for);
    }
  });
});
