import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPeople } from '../../src/access/people.ts';
import { ensureSamplePeople, inventPeople } from '../../src/region/sample-people.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const NOW = new Date('2026-11-24T03:00:00Z');

describe('the sample people of a country', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());

  const officeOf = async (username: string): Promise<string | null | undefined> =>
    (await listPeople(database.pool)).find((person) => person.username === username)?.office;

  test('are entered once, each at their own office', async () => {
    const people = inventPeople();
    await ensureSamplePeople(database.pool, 'VN', people, NOW);
    await ensureSamplePeople(database.pool, 'VN', people, NOW);
    assert.equal((await listPeople(database.pool)).length, people.length);
    assert.equal(await officeOf('clearance'), 'VNHPHC');
    assert.equal(await officeOf('issuing'), 'VN-MOIT-HPH');
  });

  test('of a region made before there were customs offices are moved to theirs', async () => {
    const people = inventPeople();
    await database.pool.query({ text: `update people set office = 'VN-MOIT-HPH' where username = 'clearance'` });
    await ensureSamplePeople(database.pool, 'VN', people, NOW);
    assert.equal(await officeOf('clearance'), 'VNHPHC');
  });

  test('who came in later are added to those who are there', () => {
    const first = inventPeople().filter(({ username }) => username !== 'supervisor-2');
    const all = inventPeople(first);
    assert.deepEqual(all.slice(0, first.length), first);
    assert.deepEqual(
      all.slice(first.length).map(({ username }) => username),
      ['supervisor-2'],
    );
  });
});
