import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Actor } from '../../src/access/actor.ts';
import type { Role } from '../../src/access/rights.ts';
import type { Asked } from '../../src/clearance/asked.ts';
import type { CertificateUse } from '../../src/clearance/ports.ts';
import { listNamed } from '../../src/clearance/selectivity/lists.ts';
import { createSelectivity, type SelectivityOfNode } from '../../src/clearance/selectivity/selectivity.ts';
import type { JsonValue } from '../../src/documents/json.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { anItem, someFacts } from '../selectivity/cases.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aDeclaration, NOW, selectivityOver, storePast } from './selectivity-support.ts';

const REASON = 'Because the test needs it to be so.';
const TERMS = {
  lodgedFrom: new Date('2026-01-01T00:00:00Z'),
  lodgedUntil: new Date('2026-03-01T00:00:00Z'),
  most: 1000,
  asOf: null,
};

function official(role: Role): Actor {
  return {
    personId: randomUUID(),
    name: `A ${role}`,
    role,
    firmId: null,
    firmIdentifier: null,
    office: 'HPH',
    country: 'VN',
    via: 'session',
    onlyRights: null,
  };
}

const officer = official('clearance-officer');
const supervisor = official('supervisor');

let database: TestDatabase;
let one: SelectivityOfNode;
let two: SelectivityOfNode;

before(async () => {
  database = await createTestDatabase();
  one = selectivityOver(() => database.pool);
  two = selectivityOver(() => database.pool);
  await one.installFirstRules(NOW);
});
after(async () => {
  await one.stop();
  await two.stop();
  await database.drop();
});

function change<Result>(actor: Actor, work: (asked: Asked) => Promise<Result>): Promise<Result> {
  return inTransaction(database.pool, (transaction) => work({ transaction, actor, now: NOW }));
}

function setOf(channel: 'yellow' | 'red', when?: JsonValue): JsonValue {
  const rule = { id: 'a-rule', title: 'A rule', reason: 'The rule of the test.', channel };
  return { title: 'Rules', rules: [when === undefined ? rule : { ...rule, when }], exemptions: [] };
}

async function propose(ruleSet: JsonValue): Promise<number> {
  const { number } = await change(officer, (asked) => one.draftRuleSet(asked, ruleSet, REASON));
  await change(officer, (asked) => one.proposeRuleSet(asked, number, 1));
  return number;
}

describe('two gateways on one database', () => {
  test('install the first rules once, also both at once', async () => {
    const fresh = await createTestDatabase();
    try {
      const gateways = [selectivityOver(() => fresh.pool), selectivityOver(() => fresh.pool)];
      const installed = await Promise.all(gateways.map((gateway) => gateway.installFirstRules(NOW)));
      assert.deepEqual(installed.sort(), [false, true]);
    } finally {
      await fresh.drop();
    }
  });

  test('show a change at once where it was made, and in the other within a second', async () => {
    const select = (gateway: SelectivityOfNode) => gateway.select(database.pool, aDeclaration(), NOW);
    assert.deepEqual([(await select(one)).ruleSetVersion, (await select(two)).ruleSetVersion], [1, 1]);
    const number = await propose(setOf('red'));
    await change(supervisor, (asked) => one.approveRuleSet(asked, number, 2, { inForceFrom: null, reason: REASON }));
    assert.equal((await select(one)).ruleSetVersion, number);
    const began = performance.now();
    while ((await select(two)).ruleSetVersion !== number) {
      assert.ok(performance.now() - began < 1_000);
      await pause(20);
    }
  });

  test('without rules refuse and do not let everything through', async () => {
    const fresh = await createTestDatabase();
    try {
      const gateway = selectivityOver(() => fresh.pool);
      await assert.rejects(gateway.select(fresh.pool, aDeclaration(), NOW), { code: 'RULES-NOT-IN-FORCE' });
    } finally {
      await fresh.drop();
    }
  });

  test('give versions numbers without gaps when many are drawn up at once', async () => {
    const content = { title: 'A list', kind: 'texts' as const, entries: ['x'] };
    const views = await Promise.all(
      Array.from({ length: 8 }, (_, each) =>
        change(officer, (asked) => (each % 2 === 0 ? one : two).proposeList(asked, 'at-once', content, REASON)),
      ),
    );
    assert.deepEqual(views.map(({ number }) => number).sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
    const lines = await one.listVersions(
      { transaction: reader(), actor: officer, now: NOW },
      listNamed('at-once'),
      null,
    );
    assert.equal(lines.length, 8);
  });
});

/** For reading: a transaction of which only `query` is used. */
function reader(): Asked['transaction'] {
  return {
    query: database.pool.query,
    later: () => assert.fail('a reader changes nothing'),
    savepoint: (work) => work(),
    afterCommit: (work) => work(),
  };
}

describe('a dry run', () => {
  before(async () => {
    for (let each = 0; each < 60; each += 1) await storePast(database.pool, randomUUID());
  });

  const read = async (id: string) => one.readDryRun({ transaction: reader(), actor: officer, now: NOW }, id);
  /** Asks for a run in a way that no worker is woken by. */
  const request = async (number: number): Promise<string> => {
    const { id } = await inTransaction(database.pool, (transaction) =>
      one.requestDryRun(
        { transaction: { ...transaction, afterCommit: () => undefined }, actor: officer, now: NOW },
        number,
        TERMS,
      ),
    );
    return id;
  };

  /** A gateway whose worker waits at a declaration until it is let on. */
  function slowGateway(onUse: (count: number) => Promise<void>): { gateway: SelectivityOfNode; errors: unknown[] } {
    const errors: unknown[] = [];
    let count = 0;
    const usesOf = async (): Promise<readonly CertificateUse[]> => {
      count += 1;
      await onUse(count);
      return [];
    };
    const gateway = createSelectivity({
      pool: database.pool,
      newId: randomUUID,
      clock: () => NOW,
      usesOf,
      onError: (error) => errors.push(error),
    });
    return { gateway, errors };
  }

  test('shows how far it is, and ends when it is aborted', async () => {
    const id = await request(await propose(setOf('red')));
    const seen: unknown[] = [];
    const { gateway, errors } = slowGateway(async (count) => {
      if (count !== 30) return;
      seen.push(await read(id));
      await change(officer, (asked) => one.abortDryRun(asked, id));
    });
    await gateway.keepHouse();
    assert.deepEqual(errors, []);
    const [half] = seen;
    assert.ok(typeof half === 'object' && half !== null && 'state' in half && 'examined' in half && 'total' in half);
    assert.deepEqual([half.state, half.examined, half.total], ['running', 20, 60]);
    const after = await read(id);
    assert.deepEqual([after.state, after.result, after.endedAt], ['aborted', null, NOW.toISOString()]);
    await assert.rejects(
      change(officer, (asked) => one.abortDryRun(asked, id)),
      { code: 'DRY-RUN-ENDED' },
    );
  });

  test('is taken up by another gateway when the one that works on it stops', async () => {
    const id = await request(await propose(setOf('red')));
    let stopped: Promise<void> | undefined;
    const { gateway } = slowGateway(async (count) => {
      if (count === 10) stopped = gateway.stop();
    });
    await gateway.keepHouse();
    await stopped;
    assert.equal((await read(id)).state, 'waiting');
    await two.keepHouse();
    const run = await read(id);
    assert.deepEqual([run.state, run.examined], ['done', 60]);
  });

  test('is taken over from a gateway that has gone silent, whose result then does not count', async () => {
    const id = await request(await propose(setOf('red')));
    const { gateway } = slowGateway(async (count) => {
      if (count !== 10) return;
      await database.pool.query({
        text: `update selectivity_dry_runs set claimed_at = claimed_at - interval '31 seconds' where id = $1`,
        values: [id],
      });
      await two.keepHouse();
    });
    await gateway.keepHouse();
    const run = await read(id);
    assert.deepEqual([run.state, run.examined], ['done', 60]);
    const { rows } = await database.pool.query({
      text: `select from events where kind = 'selectivity-dry-run.done' and subject = $1`,
      values: [id],
    });
    assert.equal(rows.length, 1);
  });

  test('that fails says so, and is no ground for approval', async () => {
    const number = await propose(setOf('red'));
    const id = await request(number);
    const { gateway, errors } = slowGateway(async () => {
      throw new Error('the ledger is broken');
    });
    await gateway.keepHouse();
    assert.equal(errors.length, 1);
    const run = await read(id);
    assert.equal(run.state, 'failed');
    assert.ok(!JSON.stringify(run).includes('the ledger is broken'));
    await assert.rejects(
      change(supervisor, (asked) => one.approveRuleSet(asked, number, 2, { inForceFrom: null, reason: REASON })),
      { code: 'DRY-RUN-MISSING' },
    );
  });

  test('is refused where ten are under way', async () => {
    const number = await propose(setOf('red'));
    for (let each = 0; each < 10; each += 1) await request(number);
    await assert.rejects(request(number), { code: 'DRY-RUNS-TOO-MANY' });
    await two.keepHouse();
  });
});

test('a declaration of 9,999 items is given its channel without holding up others', async () => {
  const items = Array.from({ length: 9_999 }, (_, index) => anItem({ sequence: index + 1 }));
  const where = { field: 'this.description', is: 'contains', value: 'no such goods' };
  const rules = Array.from({ length: 20 }, (_, index) => ({
    id: `rule-${index}`,
    title: 'A rule',
    reason: 'The rule of the test.',
    channel: 'red',
    when: { some: 'items', where },
  }));
  const number = await propose({ title: 'Rules', rules, exemptions: [] });
  await change(officer, (asked) => one.requestDryRun(asked, number, TERMS));
  await one.keepHouse();
  await change(supervisor, (asked) => one.approveRuleSet(asked, number, 2, { inForceFrom: null, reason: null }));
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  try {
    const selection = await one.select(database.pool, aDeclaration(someFacts({ items })), NOW);
    assert.equal(selection.channel, 'green');
  } finally {
    clearInterval(watch);
  }
  assert.ok(longest < 500, `others waited ${Math.round(longest)} ms`);
});
