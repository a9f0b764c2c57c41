import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from './random.ts';
import type { Country, World } from './world.ts';

/** What can be killed at once. */
export const KILLS = [
  'a gateway',
  'both gateways',
  'a database server',
  'both database servers',
  'one process of a database server',
  'a gateway and its database server',
  'everything',
] as const;
export type Kill = (typeof KILLS)[number];

/**
 * Kills (kill -9) and starts again, at random moments, while documents are produced on both sides.
 * @returns how often each was killed
 */
export async function killAtRandom(
  world: World,
  random: SeededRandom,
  kills: number,
  progress: (done: number) => void = () => undefined,
  kinds: readonly [Kill, ...Kill[]] = KILLS,
): Promise<Map<Kill, number>> {
  const counts = new Map<Kill, number>();
  for (let done = 0; done < kills; done += 1) {
    // Every kind comes up in a short run as well.
    const kill = kinds[done] ?? random.pick(kinds);
    await pause(random.between(30, 500));
    await doKill(world, random, kill);
    counts.set(kill, (counts.get(kill) ?? 0) + 1);
    progress(done + 1);
  }
  return counts;
}

async function doKill(world: World, random: SeededRandom, kill: Kill): Promise<void> {
  const one = random.pick(world.countries);
  const away = random.between(0, 300);
  switch (kill) {
    case 'a gateway':
      return restartGateways([one], away);
    case 'both gateways':
      return restartGateways(world.countries, away);
    case 'a database server':
      return restartServers([one], away);
    case 'both database servers':
      return restartServers(world.countries, away);
    case 'one process of a database server':
      return one.server.killOneProcess((count) => random.between(0, count - 1));
    case 'a gateway and its database server':
      await Promise.all([restartGateways([one], away), restartServers([one], away)]);
      return;
    case 'everything':
      await Promise.all([restartGateways(world.countries, away), restartServers(world.countries, away)]);
  }
}

async function restartGateways(countries: readonly Country[], away: number): Promise<void> {
  const gateways = countries.flatMap((country) => country.gateways);
  await Promise.all(gateways.map((gateway) => gateway.kill()));
  await pause(away);
  await Promise.all(gateways.map((gateway) => gateway.start()));
}

async function restartServers(countries: readonly Country[], away: number): Promise<void> {
  await Promise.all(countries.map((country) => country.server.kill()));
  await pause(away);
  await Promise.all(countries.map((country) => country.server.start()));
}
