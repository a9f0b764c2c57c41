import { setTimeout as pause } from 'node:timers/promises';
import { FakePartner } from './fake-partner.ts';
import type { Fault } from './fault-proxy.ts';
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

// What networks and partners do to an exchange; documents are produced meanwhile. Each leaves the world whole behind it.

/** Between gateways: slow, cut in the middle of a message, cut in the middle of an answer, silent, and nobody there. */
export async function troubleBetweenGateways(
  world: World,
  random: SeededRandom,
  rounds: number,
  longestMilliseconds = 800,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const { toGateways } = random.pick(world.countries);
    const faults: [Fault, ...Fault[]] = [
      // Within the handshake, the headers, the body; a whole message is longer than 4 KB.
      { kind: 'cut', direction: 'request', afterBytes: random.between(0, 12_000) },
      { kind: 'cut', direction: 'answer', afterBytes: random.between(0, 12_000) },
      { kind: 'slow', bytesPerSecond: random.between(5_000, 50_000) },
      { kind: 'hang' },
      { kind: 'refuse' },
    ];
    toGateways.fault = faults[round % faults.length] ?? faults[0];
    await pause(random.between(200, longestMilliseconds));
    if (random.next() < 0.5) toGateways.cutAll();
    toGateways.fault = { kind: 'none' };
    await pause(random.between(0, 300));
  }
}

/** Between gateways and their databases: silence that ends, silence that ends in a cut, cuts in the middle of anything. */
export async function partitionFromDatabases(
  world: World,
  random: SeededRandom,
  rounds: number,
  longestMilliseconds = 1_000,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const { toDatabase } = random.pick(world.countries);
    const faults: [Fault, ...Fault[]] = [
      { kind: 'hang' },
      { kind: 'cut', direction: 'request', afterBytes: random.between(0, 20_000) },
      { kind: 'cut', direction: 'answer', afterBytes: random.between(0, 20_000) },
      { kind: 'refuse' },
    ];
    toDatabase.fault = faults[round % faults.length] ?? faults[0];
    await pause(random.between(200, longestMilliseconds));
    if (random.next() < 0.5) toDatabase.cutAll();
    toDatabase.fault = { kind: 'none' };
    await pause(random.between(0, 300));
  }
}

/**
 * In a partner's place somebody who answers nonsense, first with the partner's name, then without.
 * @returns how often they were asked
 */
export async function garbageInThePartnersPlace(
  world: World,
  random: SeededRandom,
  milliseconds: number,
): Promise<number> {
  let asked = 0;
  for (const [index, country] of world.countries.entries()) {
    const partner = world.members[index];
    if (partner === undefined) throw new Error('a member too few');
    for (const tls of [partner.tls, world.stranger.tls]) {
      const fake = new FakePartner(random, tls, world.stranger);
      await fake.listen();
      country.toGateways.leadTo([fake.port]);
      await pause(milliseconds / 4);
      country.toGateways.leadTo(country.ports);
      asked += fake.asked;
      await fake.close();
    }
  }
  return asked;
}
