import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { pino } from 'pino';
import { composeNextDirectory } from '../../src/federation/compose-directory.ts';
import type { Directory, VerifiedDirectory } from '../../src/federation/directory.ts';
import { DirectoryKeeper, NoDirectoryError } from '../../src/federation/directory-keeper.ts';
import { loadDirectoryVersion } from '../../src/federation/directory-store.ts';
import { updateDirectory } from '../../src/federation/update-directory.ts';
import type { Pool } from '../../src/store/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { listenWith } from './sources.ts';
import { certify, daysFromNow, makeFederation, NOW, signedBytes, verified } from './support.ts';

const federation = await makeFederation();
const first = verified(federation, federation.directory);
const next = (former: VerifiedDirectory, more: Partial<Directory> = {}) =>
  verified(federation, { ...composeNextDirectory(former, [], NOW), ...more });
const second = next(first);
const third = next(second);
const fork = next(first, { freshUntil: '2026-03-11T00:00:00Z' });
const bytesOf = (version: VerifiedDirectory) => signedBytes(federation, version.directory);

let database: TestDatabase;
let now = NOW;
let keeper: DirectoryKeeper;
const opened: DirectoryKeeper[] = [];

async function open(): Promise<DirectoryKeeper> {
  const one = await DirectoryKeeper.open({
    pool: database.pool,
    anchor: federation.anchor,
    clock: () => now,
    log: pino({ level: 'silent' }),
    pollMilliseconds: 3_600_000,
  });
  opened.push(one);
  return one;
}

async function eventsOf(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ kind: string; code: string | null }>({
    text: `select kind, data->>'code' as code from events order by id`,
  });
  return rows.map(({ kind, code }) => (code === null ? kind : `${kind} ${code}`));
}

beforeEach(async () => {
  database = await createTestDatabase();
  now = NOW;
  keeper = await open();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await database.drop();
});

test('without a directory nobody is trusted, and it is said how to get one', () => {
  assert.equal(keeper.state(), 'none');
  assert.throws(() => keeper.view, NoDirectoryError);
});

test('an accepted directory is kept with its bytes, logged, and there after a restart', async () => {
  assert.deepEqual(await keeper.consider(bytesOf(first), 'a file'), { outcome: 'accepted', serial: 1 });
  assert.equal(keeper.view.memberOf('TH')?.country, 'TH');
  assert.equal(keeper.state(), 'fresh');
  assert.deepEqual(await keeper.consider(bytesOf(first), 'a file'), { outcome: 'already-held', serial: 1 });
  assert.deepEqual((await loadDirectoryVersion(database.pool, 1))?.bytes, bytesOf(first));
  assert.equal((await open()).held?.digest, first.digest);
  assert.deepEqual(await eventsOf(database.pool), ['directory.accepted']);
});

describe('C4: the held directory stays, and an alarm is logged once', () => {
  const spoilt = Buffer.from(bytesOf(third).toString('utf8').replace('"signature": "', '"signature": "AAAA'));
  const cases: readonly (readonly [name: string, bytes: Buffer, code: string])[] = [
    ['rollback', bytesOf(first), 'DIRECTORY-ROLLBACK'],
    ['fork', bytesOf(fork), 'DIRECTORY-FORK'],
    ['broken chain', bytesOf(next(fork)), 'DIRECTORY-CHAIN-BROKEN'],
    ['spoilt signature', spoilt, 'DIRECTORY-SIGNATURE-WRONG'],
    ['no JSON', Buffer.from('<html>'), 'JSON-MALFORMED'],
  ];
  for (const [name, bytes, code] of cases) {
    test(name, async () => {
      await keeper.consider(bytesOf(first), 'a file');
      await keeper.consider(bytesOf(second), 'a file');
      for (let round = 0; round < 3; round += 1) {
        const consideration = await keeper.consider(bytes, 'a member');
        assert.ok(consideration.outcome === 'refused' && consideration.alarm);
        assert.equal(consideration.code, code);
      }
      assert.equal(keeper.held?.digest, second.digest);
      assert.equal((await open()).held?.digest, second.digest);
      assert.deepEqual(await eventsOf(database.pool), [
        'directory.accepted',
        'directory.accepted',
        `directory.refused ${code}`,
      ]);
    });
  }

  test('the bytes of a fork are kept as proof', async () => {
    await keeper.consider(bytesOf(first), 'a file');
    await keeper.consider(bytesOf(second), 'a file');
    await keeper.consider(bytesOf(fork), 'a member');
    const { rows } = await database.pool.query<{ bytes: Buffer; times: number }>({
      text: 'select bytes, times from federation_refusals',
    });
    assert.deepEqual(rows, [{ bytes: bytesOf(fork), times: 1 }]);
  });
});

test('of two versions offered at the same moment by two processes exactly one of a fork is accepted', async () => {
  await keeper.consider(bytesOf(first), 'a file');
  const other = await open();
  const outcomes = await Promise.all([keeper.consider(bytesOf(second), 'one'), other.consider(bytesOf(fork), 'two')]);
  assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['accepted', 'refused']);
  await Promise.all([keeper.refresh(), other.refresh()]);
  assert.equal(keeper.held?.digest, other.held?.digest);
});

test('a process takes over what another one accepted, and tells its listeners', async () => {
  await keeper.consider(bytesOf(first), 'a file');
  const other = await open();
  const heard: number[] = [];
  other.onChange((view) => heard.push(view.directory.serial));
  await keeper.consider(bytesOf(second), 'a file');
  assert.equal(other.held?.directory.serial, 1);
  await other.refresh();
  assert.equal(other.held?.directory.serial, 2);
  assert.deepEqual(heard, [2]);
});

test('a directory becoming stale, then expired, is told once each, by whichever process sees it', async () => {
  await keeper.consider(bytesOf(first), 'a file');
  const other = await open();
  for (const days of [1, 8, 9, 31, 32]) {
    now = daysFromNow(days);
    await Promise.all([keeper.refresh(), other.refresh()]);
  }
  assert.equal(keeper.state(), 'expired');
  assert.deepEqual(await eventsOf(database.pool), ['directory.accepted', 'directory.stale', 'directory.expired']);
});

test('a key that was trusted in time is trusted after a restart with an expired directory; a new one is not', async () => {
  await keeper.consider(bytesOf(first), 'a file');
  const [known, unknown] = await Promise.all([
    certify(federation.thailand.authority, 'TH', 'sealing'),
    certify(federation.thailand.authority, 'TH', 'sealing'),
  ]);
  assert.equal(keeper.view.judgeSigner({ certificate: known, use: 'sealing', at: NOW }).trusted, true);
  await keeper.refresh();
  now = daysFromNow(31);
  const { view } = await open();
  assert.equal(view.judgeSigner({ certificate: known, use: 'sealing', at: now }).trusted, true);
  assert.equal(view.judgeSigner({ certificate: unknown, use: 'sealing', at: now }).trusted, false);
});

test('a directory altered in the database is not used at the next start', async () => {
  await keeper.consider(bytesOf(first), 'a file');
  await database.pool.query({ text: 'alter table federation_directories disable trigger all' });
  await database.pool.query({
    text: 'update federation_directories set bytes = $1',
    values: [Buffer.from(bytesOf(first).toString('utf8').replace('"payload": "e', '"payload": "f'))],
  });
  await assert.rejects(open(), /does not verify against the federation anchor/);
});

describe('asking the sources', () => {
  test('a node that missed versions fetches them, keeps each, and is not disturbed by bad and late sources', async () => {
    await keeper.consider(bytesOf(first), 'a file');
    const good = await listenWith({ current: bytesOf(third), 2: bytesOf(second) });
    const late = await listenWith({ current: bytesOf(first) });
    const lying = await listenWith({ current: Buffer.from('{}') });
    const sources = [{ url: 'http://127.0.0.1:1/' }, lying, late, good].map(({ url }) => ({ url }));
    const reports = await updateDirectory(keeper, federation.anchor, sources);
    for (const source of [good, late, lying]) await source.close();
    const outcomes = new Map(reports.map((report) => [report.source, report.outcome]));
    assert.equal(outcomes.get(good.url), 'accepted');
    assert.equal(outcomes.get(lying.url), 'refused');
    assert.equal(outcomes.get('http://127.0.0.1:1/'), 'unreachable');
    assert.equal(keeper.held?.digest, third.digest);
    assert.deepEqual((await loadDirectoryVersion(database.pool, 2))?.digest, second.digest);
    const again = await listenWith({ current: bytesOf(first) });
    assert.deepEqual(await updateDirectory(keeper, federation.anchor, [{ url: again.url }]), [
      { source: again.url, outcome: 'late', serial: 1 },
    ]);
    await again.close();
  });
});
