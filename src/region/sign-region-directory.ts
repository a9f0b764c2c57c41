import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '../documents/refusal.ts';
import { schemaSet } from '../documents/schema-set.ts';
import { composeFirstDirectory, composeNextDirectory, type DirectoryChange } from '../federation/compose-directory.ts';
import type { Directory, Member, VerifiedDirectory } from '../federation/directory.ts';
import { type FederationAnchor, loadAnchor, saveAnchor } from '../federation/federation-anchor.ts';
import {
  type FederationKey,
  loadFederationKey,
  makeFederationKey,
  publicPartOf,
} from '../federation/federation-keys.ts';
import { readDirectory } from '../federation/read-directory.ts';
import { signDirectory, writeSignedDirectory } from '../federation/sign-directory.ts';
import type { RegionFolder } from './region-folder.ts';

/** The sample federation has three keys, of which two must sign. */
const keyCount = 3;
const threshold = 2;
const schemaSetVersion = '1.0';
const day = 86_400_000;

async function federationKeys(folder: RegionFolder, passphrase: string | undefined): Promise<FederationKey[]> {
  const keys: FederationKey[] = [];
  for (let number = 1; number <= keyCount; number += 1) {
    const path = join(folder.federation, `operator-${number}.key.pem`);
    keys.push(existsSync(path) ? await loadFederationKey(path, passphrase) : await makeFederationKey(path, passphrase));
  }
  return keys;
}

async function anchorOf(folder: RegionFolder, keys: readonly FederationKey[]): Promise<FederationAnchor> {
  if (!existsSync(folder.anchor)) await saveAnchor(folder.anchor, { threshold, keys: keys.map(publicPartOf) });
  return loadAnchor(folder.anchor);
}

function changesFrom(former: Directory, members: readonly Member[], now: Date): readonly DirectoryChange[] | null {
  const changes: DirectoryChange[] = [];
  for (const member of members) {
    const before = former.members.find((candidate) => candidate.country === member.country);
    if (before === undefined) changes.push({ change: 'add-member', member });
    else if (!isDeepStrictEqual(before, member)) changes.push({ change: 'replace-member', member });
  }
  const { digest } = schemaSet();
  if (former.schemaSet.digest !== digest)
    changes.push({ change: 'schema-set', schemaSet: { digest, version: schemaSetVersion } });
  const growsOld = Date.parse(former.freshUntil) - now.getTime() < 2 * day;
  return changes.length > 0 || growsOld ? changes : null;
}

function heldDirectory(folder: RegionFolder, anchor: FederationAnchor): VerifiedDirectory | null {
  if (!existsSync(folder.directory)) return null;
  const reading = readDirectory(readFileSync(folder.directory), anchor);
  if (reading.ok) return reading;
  throw new Refusal(
    'unavailable',
    'DIRECTORY-REFUSED',
    `${folder.directory} is not signed by the federation's keys. Restore it from a backup, or begin anew with --fresh.`,
    { faults: reading.faults },
  );
}

/**
 * Keeps the region's signed directory up to date: signs the first version, and the next one when a member is new or
 * changed, the schemas changed, or the version at hand is fresh for less than two days. Every version stays in a file of
 * its own (`directory-N.json`), so that a node that was away can follow the chain.
 */
export async function keepDirectory(
  folder: RegionFolder,
  members: readonly Member[],
  terms: { readonly passphrase: string | undefined; readonly now: Date },
  progress: (words: string) => void,
): Promise<void> {
  mkdirSync(folder.federation, { recursive: true, mode: 0o700 });
  const keys = await federationKeys(folder, terms.passphrase);
  const anchor = await anchorOf(folder, keys);
  const held = heldDirectory(folder, anchor);
  let next: Directory;
  if (held === null)
    next = composeFirstDirectory(members, { digest: schemaSet().digest, version: schemaSetVersion }, terms.now);
  else {
    const changes = changesFrom(held.directory, members, terms.now);
    if (changes === null) return;
    next = composeNextDirectory(held, changes, terms.now);
  }
  progress(`Signing the directory of ${next.members.length} members (version ${next.serial})`);
  const bytes = writeSignedDirectory(signDirectory(next, keys.slice(0, threshold)));
  writeFileSync(join(folder.federation, `directory-${next.serial}.json`), bytes);
  writeFileSync(folder.directory, bytes);
}
