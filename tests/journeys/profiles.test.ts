import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SECURITY_PROFILES, type SecurityProfileName } from '../../src/exchange/security-profile.ts';
import { MESSAGE_PROFILES } from '../../src/pki/message-keys.ts';
import { carrySamples } from '../../src/region/carry-samples.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';

describe('a country whose node.json names a security profile', () => {
  let region: TestRegion;
  before(async () => {
    region = await startTestRegion(['TH', 'VN']);
  });
  after(() => region.end());

  const settingsFile = (): string => join(region.folder.node('VN'), 'node.json');
  const setProfile = (profile: string): void => {
    const settings: object = JSON.parse(readFileSync(settingsFile(), 'utf8'));
    writeFileSync(settingsFile(), JSON.stringify({ ...settings, profile }));
  };

  /** The algorithms with which the last message of a country was signed. */
  async function lastSignature(country: string): Promise<string> {
    const node = region.region.nodes.find(({ configuration }) => configuration.country === country);
    const { rows } = await (node?.pool.query<{ body: Buffer }>({
      text: 'select body from outgoing_bodies join outgoing_messages using (message_id) order by queued_at desc limit 1',
    }) ?? { rows: [] });
    return /<ds:SignatureMethod Algorithm="([^"]*)"/.exec(rows[0]?.body.toString('latin1') ?? '')?.[1] ?? '';
  }

  for (const profile of MESSAGE_PROFILES.filter((each): each is SecurityProfileName => each !== MESSAGE_PROFILES[0]))
    test(`is sent to in it, and verifies what comes: ${profile}`, async () => {
      setProfile(profile);
      await region.restart();
      const [carried] = await carrySamples(region.region.description, 1, () => {});
      assert.equal(carried?.outcome, 'verified');
      assert.equal(await lastSignature('TH'), SECURITY_PROFILES[profile].signature);
      assert.equal(await lastSignature('VN'), SECURITY_PROFILES[MESSAGE_PROFILES[0]].signature);
      assert.match(readFileSync(settingsFile(), 'utf8'), new RegExp(`"profile": "${profile}"`));
    });

  test('is told where that is none', async () => {
    setProfile('edelivery-1.16');
    await assert.rejects(region.restart(), /node\.json has settings that cannot be used/);
    setProfile('edelivery-1.15');
  });
});
