import type { Fault } from '../documents/fault.ts';
import type { Directory, VerifiedDirectory } from './directory.ts';
import { judgeMembers, type MemberRules } from './judge-members.ts';

/** What is decided about a candidate whose signatures hold. */
export type Acceptance =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'already-held' }
  | {
      readonly outcome: 'refused';
      readonly code: string;
      readonly reason: string;
      /** True when a person must look: the federation's keys signed something they should not have (C4). */
      readonly alarm: boolean;
      /** Every place in the candidate that is at fault; empty when the candidate as a whole is. */
      readonly faults: readonly Fault[];
    };

/** A verified directory, with the versions between it and the held one when several were missed. */
export interface DirectoryCandidate extends VerifiedDirectory {
  readonly intermediates?: readonly VerifiedDirectory[];
}

/** How far in the future a directory may be issued, because clocks differ. */
export const CLOCK_TOLERANCE_MILLISECONDS = 5 * 60 * 1000;

/**
 * Decides whether a verified directory takes the place of the held one (exchange.md, "The federation directory"; C4):
 * only a higher serial that chains to the held one by digests, over intermediate versions if need be; in force now; and
 * with members that are sound in themselves. Without a held one, the anchor's signatures alone carry the first.
 * @param now the instant of the decision
 */
export function acceptDirectory(
  held: VerifiedDirectory | null,
  candidate: DirectoryCandidate,
  now: Date,
  rules: MemberRules = { localEndpoints: 'refused' },
): Acceptance {
  if (held !== null && candidate.digest === held.digest) return { outcome: 'already-held' };
  const wrong =
    (held === null ? undefined : (judgeSerial(held, candidate) ?? judgeChain(held, candidate))) ??
    judgeDates(candidate.directory, now);
  if (wrong !== undefined) return wrong;
  const faults = judgeMembers(candidate.directory, rules);
  const first = faults[0];
  if (first === undefined) return { outcome: 'accepted' };
  return { ...refuse(first.code, first.message), faults };
}

type Refused = Extract<Acceptance, { outcome: 'refused' }>;

function judgeSerial(held: VerifiedDirectory, candidate: VerifiedDirectory): Refused | undefined {
  const { serial } = candidate.directory;
  if (serial > held.directory.serial) return undefined;
  return serial === held.directory.serial
    ? refuse('DIRECTORY-FORK', `There are two directories of the serial ${serial} with different content.`)
    : refuse('DIRECTORY-ROLLBACK', `The directory has the serial ${serial}; ${held.directory.serial} is held already.`);
}

/** Every version names the digest of the one before it, from the held one up to the candidate. */
function judgeChain(held: VerifiedDirectory, candidate: DirectoryCandidate): Refused | undefined {
  const between = (candidate.intermediates ?? [])
    .filter(({ directory }) => directory.serial > held.directory.serial)
    .filter(({ directory }) => directory.serial < candidate.directory.serial)
    .sort((one, other) => one.directory.serial - other.directory.serial);
  let last = held;
  for (const version of [...between, candidate]) {
    const { serial, previousDigest, issuedAt } = version.directory;
    if (serial !== last.directory.serial + 1) {
      return {
        ...refuse(
          'DIRECTORY-VERSIONS-MISSING',
          `The versions between the serials ${last.directory.serial} and ${serial} are missing, so the chain cannot be followed.`,
        ),
        alarm: false,
      };
    }
    if (previousDigest !== last.digest) {
      return refuse(
        'DIRECTORY-CHAIN-BROKEN',
        `The directory of the serial ${serial} does not follow the one of the serial ${last.directory.serial} that is held.`,
      );
    }
    if (Date.parse(issuedAt) < Date.parse(last.directory.issuedAt)) {
      return refuse('DIRECTORY-DATES', `The directory of the serial ${serial} was issued before the one it follows.`);
    }
    last = version;
  }
  return undefined;
}

function judgeDates(directory: Directory, now: Date): Refused | undefined {
  const issued = Date.parse(directory.issuedAt);
  const fresh = Date.parse(directory.freshUntil);
  const expires = Date.parse(directory.expiresAt);
  if (!(issued < fresh && fresh <= expires)) {
    return refuse('DIRECTORY-DATES', 'The dates of the directory are not in order: issued, fresh until, expires.');
  }
  if (issued > now.getTime() + CLOCK_TOLERANCE_MILLISECONDS) {
    return refuse('DIRECTORY-FUTURE', `The directory was issued at ${directory.issuedAt}, which is still to come.`);
  }
  if (expires <= now.getTime()) {
    return refuse('DIRECTORY-EXPIRED', `The directory expired at ${directory.expiresAt}.`);
  }
  return undefined;
}

function refuse(code: string, reason: string): Refused {
  return { outcome: 'refused', code, reason, alarm: true, faults: [] };
}
