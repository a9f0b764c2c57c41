import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import type { Directory } from '../../src/federation/directory.ts';
import { DirectoryKeeper } from '../../src/federation/directory-keeper.ts';
import { loadAnchor } from '../../src/federation/federation-anchor.ts';
import { type FederationKey, generateFederationKey, loadFederationKey } from '../../src/federation/federation-keys.ts';
import { signDirectory, writeSignedDirectory } from '../../src/federation/sign-directory.ts';
import { carrySamples } from '../../src/region/carry-samples.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { assertReady, countEvents, countRows, nodeOf } from './support.ts';

const DAY = 86_400_000;

describe('C4: hostile directories offered to a running node', () => {
  let region: TestRegion;
  let keeper: DirectoryKeeper;
  let keys: FederationKey[];
  let strangers: FederationKey[];
  let held: Directory;
  let heldDigest: string;

  before(async () => {
    region = await startTestRegion(['TH', 'VN']);
    // A second process on the node's database, as with two gateways: what it accepted, the node would take over.
    keeper = await DirectoryKeeper.open({
      pool: nodeOf(region, 'TH').pool,
      anchor: await loadAnchor(region.folder.anchor),
      clock: () => new Date(),
      log: pino<never>({ level: 'silent' }),
      rules: { localEndpoints: 'allowed' },
    });
    keys = await Promise.all(
      [1, 2, 3].map((number) => loadFederationKey(join(region.folder.federation, `operator-${number}.key.pem`))),
    );
    strangers = await Promise.all([generateFederationKey(), generateFederationKey()]);
    const first = keeper.held;
    assert.ok(first);
    const next = { ...first.directory, serial: first.directory.serial + 1, previousDigest: first.digest };
    const considered = await keeper.consider(writeSignedDirectory(signDirectory(next, keys)), 'test');
    assert.equal(considered.outcome, 'accepted', JSON.stringify(considered));
    const second = keeper.held;
    assert.ok(second);
    [held, heldDigest] = [second.directory, second.digest];
  });
  after(async () => {
    await keeper.close();
    await region.end();
  });

  const next = (): Directory => ({ ...held, serial: held.serial + 1, previousDigest: heldDigest });
  const at = (days: number): string => new Date(Date.now() + days * DAY).toISOString().replace(/\.\d+Z$/, 'Z');
  const signed = (directory: Directory, by: readonly FederationKey[] = keys): Buffer =>
    writeSignedDirectory(signDirectory(directory, by));

  const candidates: readonly (readonly [string, () => Buffer])[] = [
    ['a lower serial', () => signed({ ...held, serial: held.serial - 1, members: held.members.slice(0, 1) })],
    ['the same serial with other content', () => signed({ ...held, members: held.members.slice(0, 1) })],
    ['a broken chain', () => signed({ ...next(), previousDigest: '0'.repeat(64) })],
    ['one signature where two are needed', () => signed(next(), keys.slice(0, 1))],
    [
      'one operator’s signature twice',
      () =>
        signed(
          next(),
          keys.slice(0, 1).flatMap((key) => [key, key]),
        ),
    ],
    ['signatures of strangers', () => signed(next(), strangers)],
    ['an end that is past', () => signed({ ...next(), issuedAt: at(-9), freshUntil: at(-8), expiresAt: at(-7) })],
    ['a time far in the future', () => signed({ ...next(), issuedAt: at(3), freshUntil: at(8), expiresAt: at(30) })],
    [
      'content changed after it was signed',
      () => {
        const text = signed(next()).toString();
        const other: { payload: string } = JSON.parse(
          signed({ ...next(), members: held.members.slice(0, 1) }).toString(),
        );
        return Buffer.from(JSON.stringify({ ...JSON.parse(text), payload: other.payload }));
      },
    ],
    ['no signatures', () => signed(next(), [])],
    ['nothing that is a directory', () => Buffer.from('{"__proto__":1}')],
  ];
  for (const [what, make] of candidates)
    test(`${what} is refused and alarmed, and the held one stays`, async () => {
      const node = nodeOf(region, 'TH');
      const [counts, alarms] = [await countRows(node), await countEvents(node, 'directory.refused')];
      const considered = await keeper.consider(make(), `test ${what}`);
      assert.equal(considered.outcome, 'refused');
      assert.equal(considered.outcome === 'refused' && considered.alarm, true, JSON.stringify(considered));
      assert.equal(keeper.held?.digest, heldDigest);
      assert.equal(await countEvents(node, 'directory.refused'), alarms + 1);
      assert.deepEqual(await countRows(node), counts);
      await assertReady(region, 'TH');
    });

  test('traffic goes on', async () => {
    const [sample] = await carrySamples(region.region.description, 1, () => {});
    assert.equal(sample?.outcome, 'verified');
  });
});
