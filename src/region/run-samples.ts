import { type CarriedSample, carrySample } from './carry-samples.ts';
import { type ClearedSample, clearSample } from './clear-samples.ts';
import { type ClearanceTimes, clearanceTimes } from './clearance-times.ts';
import type { RegionDescription } from './region-folder.ts';
import { SampleUsers } from './sample-users.ts';

/** All that the samples did. */
export interface SampleRun {
  readonly carried: readonly CarriedSample[];
  /** One for each certificate that was verified. */
  readonly cleared: readonly ClearedSample[];
  /** Clearance times of each country that cleared something, as its analyst sees them. */
  readonly times: readonly ClearanceTimes[];
}

/**
 * Carries certificates through a running region and declares their goods on both sides, over HTTP as its people would.
 * @param count certificates; they take the region's lanes in turn
 * @param progress told after each step
 */
export async function runSamples(
  region: RegionDescription,
  count: number,
  progress: (words: string) => void,
): Promise<SampleRun> {
  const users = new SampleUsers(region);
  try {
    const carried: CarriedSample[] = [];
    const cleared: ClearedSample[] = [];
    for (let index = 0; index < count; index += 1) {
      const certificate = await carrySample(users, region, index, progress);
      if (certificate === undefined) break;
      carried.push(certificate);
      if (certificate.outcome === 'verified') cleared.push(await clearSample(users, certificate, progress));
    }
    const countries = [...new Set(cleared.map(({ to }) => to))];
    const times: ClearanceTimes[] = [];
    for (const country of countries) times.push(...(await clearanceTimes(users, country)));
    return { carried, cleared, times };
  } finally {
    await users.signOut();
  }
}
