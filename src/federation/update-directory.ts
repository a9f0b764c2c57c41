import type { Consideration, DirectoryKeeper } from './directory-keeper.ts';
import type { FederationAnchor } from './federation-anchor.ts';
import { type DirectorySource, type FetchLimits, fetchDirectories, fetchDirectoryVersion } from './fetch-directory.ts';
import { type DirectoryReading, readDirectory } from './read-directory.ts';

/** What one source led to. */
export type SourceReport = { readonly source: string } & (
  | Consideration
  | { readonly outcome: 'late'; readonly serial: number }
  | { readonly outcome: 'unreachable'; readonly code: string; readonly reason: string }
);

/** Versions that a node may have missed and still catches up by itself. */
const CATCH_UP_AT_MOST = 100;

/**
 * Asks every source for the directory and has the keeper consider each, the lowest serial first, with the versions
 * between when some were missed. A source that cannot be reached or lies does not keep the others from being heard. One
 * that still has a version that this node held before is only late: that a newer one is withheld shows in freshness.
 */
export async function updateDirectory(
  keeper: DirectoryKeeper,
  anchor: FederationAnchor,
  sources: readonly DirectorySource[],
  limits: FetchLimits = {},
): Promise<SourceReport[]> {
  const fetched = await fetchDirectories(sources, limits);
  const reports = fetched.flatMap((each): SourceReport[] =>
    each.ok ? [] : [{ source: each.source.url, outcome: 'unreachable', code: each.code, reason: each.reason }],
  );
  const answers = fetched
    .filter((each) => each.ok)
    .map((each) => ({ ...each, reading: readDirectory(each.bytes, anchor) }))
    .sort((one, other) => serialOf(one.reading) - serialOf(other.reading));
  for (const { source, bytes, reading } of answers) {
    if (reading.ok && (await keeper.heldBefore(reading))) {
      reports.push({ source: source.url, outcome: 'late', serial: reading.directory.serial });
      continue;
    }
    const between = await fetchMissed(keeper, source, reading, limits);
    reports.push({ source: source.url, ...(await keeper.consider(bytes, source.url, between)) });
  }
  return reports;
}

function serialOf(reading: DirectoryReading): number {
  return reading.ok ? reading.directory.serial : 0;
}

/** The bytes of the versions between the held one and the one given, as far as the source has them. */
async function fetchMissed(
  keeper: DirectoryKeeper,
  source: DirectorySource,
  reading: DirectoryReading,
  limits: FetchLimits,
): Promise<Uint8Array[]> {
  const held = keeper.held?.directory.serial;
  if (!reading.ok || held === undefined) return [];
  const missed = reading.directory.serial - held - 1;
  if (missed < 1 || missed > CATCH_UP_AT_MOST) return [];
  const between: Uint8Array[] = [];
  for (let serial = held + 1; serial < reading.directory.serial; serial += 1) {
    const version = await fetchDirectoryVersion(source, serial, limits);
    if (!version.ok) break;
    between.push(version.bytes);
  }
  return between;
}
