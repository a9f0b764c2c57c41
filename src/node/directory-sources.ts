import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { DirectoryKeeper } from '../federation/directory-keeper.ts';
import type { FederationAnchor } from '../federation/federation-anchor.ts';
import { readDirectory } from '../federation/read-directory.ts';
import { updateDirectory } from '../federation/update-directory.ts';

/** How often the sources are asked. */
export const DIRECTORY_POLL_MILLISECONDS = 60_000;
const catchUpAtMost = 100;

function isAddress(source: string): boolean {
  return source.startsWith('https://') || source.startsWith('http://');
}

/** Considers the directory in a file; versions between lie beside it as directory-N.json. */
async function considerFile(keeper: DirectoryKeeper, anchor: FederationAnchor, file: string): Promise<void> {
  const bytes = readFileSync(file);
  const reading = readDirectory(bytes, anchor);
  const held = keeper.held?.directory.serial;
  const between: Buffer[] = [];
  if (reading.ok && held !== undefined) {
    if (reading.digest === keeper.held?.digest) return;
    const last = Math.min(reading.directory.serial, held + catchUpAtMost);
    for (let serial = held + 1; serial < last; serial += 1) {
      const version = join(dirname(file), `directory-${serial}.json`);
      if (existsSync(version)) between.push(readFileSync(version));
    }
  }
  await keeper.consider(bytes, file, between);
}

/**
 * Asks every source of the node's settings for a newer directory: files relative to the node's folder, and addresses.
 * What a source gives is judged by the keeper; one that gives nothing does not hinder the others.
 * @param onFailure told of a source that failed
 */
export async function askSources(
  keeper: DirectoryKeeper,
  anchor: FederationAnchor,
  folder: string,
  sources: readonly string[],
  onFailure: (source: string, error: unknown) => void,
): Promise<void> {
  for (const source of sources.filter((each) => !isAddress(each))) {
    try {
      await considerFile(keeper, anchor, resolve(folder, source));
    } catch (error) {
      onFailure(source, error);
    }
  }
  const addresses = sources.filter(isAddress).map((url) => ({ url }));
  for (const report of addresses.length === 0 ? [] : await updateDirectory(keeper, anchor, addresses))
    if (report.outcome === 'unreachable') onFailure(report.source, new Error(report.reason));
}
