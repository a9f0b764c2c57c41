import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { nodeActor } from '../../src/clearance/asked.ts';
import { lockDeclarations } from '../../src/clearance/declaration-row.ts';
import { originAnswered } from '../../src/clearance/origin-answered.ts';
import { originAsked } from '../../src/clearance/origin-asked.ts';
import { settleIfNothingOpen } from '../../src/clearance/settle.ts';
import { type ClearanceNode, NOW, startClearanceNode } from './support.ts';

describe('news of an origin query', () => {
  let node: ClearanceNode;
  before(async () => {
    node = await startClearanceNode();
  });
  after(() => node.stop());

  /** A green declaration that waits for its payment only, with its id. */
  async function waiting(): Promise<{ readonly id: string; readonly mrn: string }> {
    node.channelOf = () => 'green';
    const { mrn } = await node.lodge();
    const { rows } = await node.pool.query<{ id: string; state: string }>({
      text: 'select id, state from declarations where mrn = $1',
      values: [mrn],
    });
    assert.equal(rows[0]?.state, 'in-clearance');
    return { id: rows[0]?.id ?? '', mrn };
  }
  const ask = (declarationId: string): Promise<void> =>
    node.change((transaction) =>
      originAsked(node.parts, transaction, { declarationId, queryId: randomUUID(), certificateNumber: 'C-1' }, NOW),
    );
  const answer = (declarationId: string, confirmed: boolean): Promise<void> =>
    node.change((transaction) =>
      originAnswered(
        node.parts,
        transaction,
        { declarationId, queryId: randomUUID(), certificateNumber: 'C-1', confirmed, words: 'Item 1: not confirmed.' },
        NOW,
      ),
    );
  /** Everything else closes: what is due is paid, and the node looks whether it may let the goods go. */
  const closeTheRest = (id: string): Promise<void> =>
    node.change(async (transaction) => {
      await transaction.query({ text: `update declarations set payment = 'paid' where id = $1`, values: [id] });
      const [row] = await lockDeclarations(transaction, [id]);
      assert.ok(row);
      await settleIfNothingOpen(node.parts, { transaction, now: NOW, actor: nodeActor(node.parts) }, row);
    });
  const stateOf = async (id: string) => {
    const { rows } = await node.pool.query<{ state: string; assessment_open: boolean; news: boolean }>({
      text: `select state, assessment_open, certificate_arrived_at is not null as news from declarations where id = $1`,
      values: [id],
    });
    return rows[0];
  };

  test('without one, the node releases a green declaration when everything is closed', async () => {
    const { id } = await waiting();
    await closeTheRest(id);
    assert.equal((await stateOf(id))?.state, 'released');
  });

  test('that was put keeps the node from releasing, whatever else closes', async () => {
    const { id } = await waiting();
    await ask(id);
    await closeTheRest(id);
    assert.deepEqual({ ...(await stateOf(id)) }, { state: 'in-clearance', assessment_open: true, news: false });
  });

  test('that was answered is shown, and keeps the goods until an officer has looked', async () => {
    const { id, mrn } = await waiting();
    await ask(id);
    await answer(id, false);
    await closeTheRest(id);
    assert.deepEqual({ ...(await stateOf(id)) }, { state: 'in-clearance', assessment_open: true, news: true });
    const { rows } = await node.pool.query<{ kind: string; reason: string | null }>({
      text: `select kind, reason from events where subject = $1 and kind like 'declaration.origin-%' order by id`,
      values: [mrn],
    });
    assert.deepEqual(
      rows.map(({ kind, reason }) => [kind, reason]),
      [
        ['declaration.origin-asked', null],
        ['declaration.origin-answered', 'Item 1: not confirmed.'],
      ],
    );
  });

  test('that comes after the release is noted and opens nothing again', async () => {
    const { id } = await waiting();
    await closeTheRest(id);
    await answer(id, false);
    assert.deepEqual({ ...(await stateOf(id)) }, { state: 'released', assessment_open: false, news: true });
  });

  test('about a declaration that was withdrawn changes nothing', async () => {
    const { id, mrn } = await waiting();
    await node.post(node.importer, `/api/declarations/${mrn}/withdraw`, { reason: 'Sold elsewhere.' }, { version: 1 });
    await answer(id, true);
    await ask(id);
    assert.deepEqual({ ...(await stateOf(id)) }, { state: 'withdrawn', assessment_open: false, news: false });
  });
});
