import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { killAtRandom } from './kills.ts';
import { garbageInThePartnersPlace, partitionFromDatabases, troubleBetweenGateways } from './networks.ts';
import { SeededRandom } from './random.ts';
import { World } from './world.ts';

// The short form of "npm run test:faults": real processes, a real and durable database, a few faults of each kind.
describe('documents exchanged between processes that are killed and cut off', () => {
  let world: World;
  const random = new SeededRandom(4);
  before(async () => {
    world = await World.start({ gateways: 1 });
    for (const gateway of world.gateways) gateway.produce(50);
  });
  after(() => world.end());

  test('are delivered exactly once in effect, or shown as failed with a reason', async () => {
    await killAtRandom(world, random, 3, undefined, ['a gateway', 'a database server', 'everything']);
    await troubleBetweenGateways(world, random, 5, 300);
    assert.ok((await garbageInThePartnersPlace(world, random, 800)) > 0);
    await partitionFromDatabases(world, random, 3, 400);
    await world.settle(20_000);
    const { directions, violations } = await world.judge();
    assert.deepEqual(violations, []);
    for (const { sent, delivered, quarantined, failed, lost, doubled } of directions) {
      assert.ok(sent > 20, `only ${sent} documents were sent`);
      assert.ok(delivered + quarantined + failed >= sent);
      assert.deepEqual([lost, doubled], [0, 0]);
    }
  });

  test('would be found missing or doubled by the same check', async () => {
    const [one, other] = world.countries;
    const pool = world.pool(other);
    await pool.query({
      text: 'delete from delivered_effects where number = (select min(number) from delivered_effects)',
    });
    await pool.query({
      text: `insert into delivered_effects (document_id, message_id, digest)
        select document_id, message_id, digest from delivered_effects where number = (select max(number) from delivered_effects)`,
    });
    await pool.close();
    const { directions, violations } = await world.judge();
    assert.deepEqual([directions[0]?.lost, directions[0]?.doubled], [1, 1]);
    assert.ok(violations.every((violation) => violation.startsWith(`${one.name} → ${other.name}: `)));
  });
});
