import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acceptDirectory } from '../../src/federation/accept-directory.ts';
import {
  composeNextDirectory,
  composeRevocation,
  type DirectoryChange,
  DirectoryChangeError,
} from '../../src/federation/compose-directory.ts';
import { daysFromNow, makeFederation, makeNation, NOW, verified } from './support.ts';

const federation = await makeFederation();
const { thailand, directory } = federation;
const japan = await makeNation('JP');
const first = verified(federation, directory);
const revocation = composeRevocation('TH', thailand.certificates.tls, NOW, 'lost');

test('a first directory has the serial 1 and follows none', () => {
  assert.equal(directory.serial, 1);
  assert.equal(directory.previousDigest, null);
  assert.equal(directory.issuedAt, '2026-03-10T08:00:00Z');
  assert.equal(directory.freshUntil, '2026-03-17T08:00:00Z');
  assert.equal(directory.expiresAt, '2026-04-09T08:00:00Z');
});

test('the next one follows it and is accepted, with every change made in order', () => {
  const changes: DirectoryChange[] = [
    { change: 'add-member', member: japan.member },
    { change: 'revoke', revocation },
    { change: 'replace-certificates', country: 'TH', use: 'tls', certificates: [] },
    { change: 'schema-set', schemaSet: { digest: 'cd'.repeat(32), version: '1.1.0' } },
    { change: 'remove-member', country: 'VN' },
  ];
  const second = composeNextDirectory(first, changes, daysFromNow(1));
  assert.equal(second.serial, 2);
  assert.equal(second.previousDigest, first.digest);
  assert.deepEqual(
    second.members.map(({ country }) => country),
    ['TH', 'JP'],
  );
  assert.deepEqual(second.revocations, [revocation]);
  assert.deepEqual(
    second.members[0]?.certificates.map(({ use }) => use),
    ['sealing', 'as4-signing', 'as4-encryption'],
  );
  assert.equal(acceptDirectory(first, verified(federation, second), daysFromNow(1)).outcome, 'accepted');
});

test('without changes only serial, chain and dates are new, and revocations are carried on', () => {
  const second = verified(federation, composeNextDirectory(first, [{ change: 'revoke', revocation }], NOW));
  const third = composeNextDirectory(second, [], daysFromNow(3));
  assert.deepEqual(third.revocations, [revocation]);
  assert.deepEqual(third.members, directory.members);
});

describe('a change that does not fit is refused', () => {
  const cases: readonly (readonly [name: string, changes: readonly DirectoryChange[]])[] = [
    ['adding a member that is there', [{ change: 'add-member', member: thailand.member }]],
    [
      'adding a member with the party of another',
      [{ change: 'add-member', member: { ...japan.member, partyId: thailand.member.partyId } }],
    ],
    ['removing one that is not there', [{ change: 'remove-member', country: 'JP' }]],
    ['replacing one that is not there', [{ change: 'replace-member', member: japan.member }]],
    [
      'revoking twice',
      [
        { change: 'revoke', revocation },
        { change: 'revoke', revocation },
      ],
    ],
    ['revoking for a country that is no member', [{ change: 'revoke', revocation: { ...revocation, country: 'JP' } }]],
  ];
  for (const [name, changes] of cases) {
    test(name, () => assert.throws(() => composeNextDirectory(first, changes, NOW), DirectoryChangeError));
  }
});
