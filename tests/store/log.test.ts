import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { storeDocument } from '../../src/store/documents.ts';
import { appendEvent, eventsOf } from '../../src/store/log.ts';
import { extendLogChain, verifyLog } from '../../src/store/log-chain.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const actor = { id: 'person-1', name: 'Somchai', role: 'trader' };

async function append(database: TestDatabase, subject: string): Promise<void> {
  return inTransaction(database.pool, (transaction) =>
    appendEvent(transaction, {
      kind: 'application.submitted',
      subject,
      conversation: 'UCR-1',
      actor,
      occurredAt: new Date('2026-03-02T02:15:00.123Z'),
      reason: 'Ready',
      data: { version: 2, amounts: ['1.10'] },
    }),
  );
}

/** Changes what the database protects, as someone with the owner's rights could. */
async function tamper(database: TestDatabase, table: string, sql: string): Promise<void> {
  await database.pool.query({ text: `alter table ${table} disable trigger all` });
  await database.pool.query({ text: sql });
  await database.pool.query({ text: `alter table ${table} enable trigger all` });
}

describe('the log', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());

  test('gives back an event as it was written', async () => {
    await append(database, 'application-1');
    const [event] = await eventsOf(database.pool, ['application-1']);
    assert.equal(event?.kind, 'application.submitted');
    assert.deepEqual(event?.data, { version: 2, amounts: ['1.10'] });
    assert.equal(event?.occurredAt.toISOString(), '2026-03-02T02:15:00.123Z');
    assert.deepEqual(event?.actor, actor);
  });

  for (const table of ['events', 'documents', 'log_chain'])
    for (const statement of [
      `update ${table} set ${table === 'log_chain' ? 'hash' : 'digest'} = ''`,
      `delete from ${table}`,
      `truncate ${table} cascade`,
    ])
      test(`refuses "${statement}"`, () => assert.rejects(database.pool.query({ text: statement }), /append-only/));

  test('keeps the same bytes once, under their digest', async () => {
    const document = { kind: 'certificate-of-origin', contentType: 'application/xml', bytes: Buffer.from('<a/>') };
    const first = await inTransaction(database.pool, (transaction) => storeDocument(transaction, document));
    const second = await inTransaction(database.pool, (transaction) => storeDocument(transaction, document));
    assert.equal(first, second);
    const { rows } = await database.pool.query<{ n: bigint }>({ text: 'select count(*) as n from documents' });
    assert.equal(rows[0]?.n, 1n);
  });
});

describe('the hash chain', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
    for (let n = 1; n <= 5; n += 1) await append(database, `application-${n}`);
  });
  after(() => database.drop());

  test('takes in what was committed, and the walk finds nothing wrong', async () => {
    assert.equal((await verifyLog(database.pool)).awaitingLink, 5);
    assert.equal(await extendLogChain(database.pool), 5);
    assert.equal(await extendLogChain(database.pool), 0);
    const found = await verifyLog(database.pool);
    assert.deepEqual([found.events, found.awaitingLink, found.faults], [5, 0, []]);
  });

  test('waits with an event while an older transaction is open, and leaves no gap', async () => {
    await inTransaction(database.pool, async (older) => {
      await older.query({ text: 'select pg_current_xact_id()' });
      await append(database, 'application-newer');
      assert.equal(await extendLogChain(database.pool), 0);
      await appendEvent(older, {
        kind: 'application.created',
        subject: 'application-older',
        actor,
        occurredAt: new Date(),
      });
    });
    assert.equal(await extendLogChain(database.pool), 2);
    assert.deepEqual((await verifyLog(database.pool)).faults, []);
  });

  test('lets two writers extend it at once without a fork', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => append(database, `many-${n}`)));
    for (let round = 0; round < 10; round += 1)
      await Promise.all([extendLogChain(database.pool), extendLogChain(database.pool)]);
    const found = await verifyLog(database.pool);
    assert.deepEqual([found.awaitingLink, found.faults], [0, []]);
  });

  test('shows an event that was changed', async () => {
    await tamper(database, 'events', "update events set reason = 'Other' where subject = 'application-3'");
    const { faults } = await verifyLog(database.pool);
    assert.deepEqual(
      faults.map((fault) => fault.code),
      ['LOG-EVENT-CHANGED'],
    );
    await tamper(database, 'events', "update events set reason = 'Ready' where subject = 'application-3'");
  });

  test('shows an event that was put in afterwards', async () => {
    await tamper(
      database,
      'events',
      `insert into events (written_by, occurred_at, kind, subject, actor_id, actor_name, actor_role, digest)
        select written_by, occurred_at, kind, 'application-forged', actor_id, actor_name, actor_role, digest
        from events where subject = 'application-1'`,
    );
    const { faults } = await verifyLog(database.pool);
    assert.deepEqual(
      faults.map((fault) => fault.code),
      ['LOG-CHAIN-BROKEN'],
    );
    await tamper(database, 'events', "delete from events where subject = 'application-forged'");
  });

  test('shows a document that was changed and one that is gone', async () => {
    const digest = await inTransaction(database.pool, async (transaction) => {
      const stored = await storeDocument(transaction, {
        kind: 'x',
        contentType: 'text/plain',
        bytes: Buffer.from('one'),
      });
      const other = await storeDocument(transaction, {
        kind: 'x',
        contentType: 'text/plain',
        bytes: Buffer.from('two'),
      });
      await appendEvent(transaction, {
        kind: 'certificate.issued',
        subject: 'C-1',
        actor,
        occurredAt: new Date(),
        data: { documentDigest: stored },
      });
      return other;
    });
    await extendLogChain(database.pool);
    await tamper(database, 'documents', `update documents set bytes = 'three' where digest = '\\x${digest}'`);
    await tamper(database, 'documents', "delete from documents where bytes = 'one'");
    const { faults } = await verifyLog(database.pool);
    assert.deepEqual(
      faults.map((fault) => fault.code),
      ['LOG-DOCUMENT-CHANGED', 'LOG-DOCUMENT-MISSING'],
    );
  });

  test('shows an event that is gone', async () => {
    await tamper(database, 'events', "delete from events where subject = 'application-4'");
    const { faults } = await verifyLog(database.pool);
    assert.ok(faults.some((fault) => fault.code === 'LOG-EVENT-MISSING'));
  });
});

describe('the hash chain over transactions whose numbers get a digit more', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());

  test('goes on in the order of the numbers, not of their text', async () => {
    for (const subject of ['first', 'second', 'third']) await append(database, subject);
    await tamper(
      database,
      'events',
      `update events set written_by = (case subject when 'first' then '9' when 'second' then '10' else '100' end)::xid8`,
    );
    assert.equal(await extendLogChain(database.pool), 3);
    assert.equal(await extendLogChain(database.pool), 0);
    const found = await verifyLog(database.pool);
    assert.deepEqual([found.events, found.awaitingLink, found.faults], [3, 0, []]);
  });
});
