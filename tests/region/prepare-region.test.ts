import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { prepareRegion } from '../../src/region/prepare-region.ts';
import { type RegionDescription, RegionFolder } from '../../src/region/region-folder.ts';

let folder: RegionFolder;
before(() => {
  folder = new RegionFolder(mkdtempSync(join(tmpdir(), 'selat-prepare-')));
});
after(() => rmSync(folder.path, { recursive: true, force: true }));

function prepare(): Promise<RegionDescription> {
  const terms = { countries: ['TH'], port: 8400, host: '127.0.0.1', passphrase: undefined, now: new Date() };
  return prepareRegion(folder, terms, () => {});
}

describe('a region of an earlier version', () => {
  test('keeps its people with their passwords, and gets those who are new', async () => {
    const first = await prepare();
    const people = (first.nodes['TH']?.people ?? []).filter(({ username }) => username !== 'supervisor-2');
    folder.write({ ...first, nodes: { TH: { pagesUrl: first.nodes['TH']?.pagesUrl ?? '', people } } });
    const again = (await prepare()).nodes['TH']?.people ?? [];
    assert.deepEqual(again.slice(0, people.length), people);
    assert.deepEqual(
      again.slice(people.length).map(({ username, role }) => [username, role]),
      [['supervisor-2', 'supervisor']],
    );
    assert.deepEqual((await prepare()).nodes['TH']?.people, again);
  });

  test('gets a customs administration, and keeps the settings that are a person’s own', async () => {
    await prepare();
    const file = join(folder.node('TH'), 'node.json');
    const { customs, ...before } = JSON.parse(readFileSync(file, 'utf8'));
    assert.ok(customs);
    writeFileSync(file, JSON.stringify({ ...before, profile: 'edelivery-1.15' }));
    await prepare();
    const settings = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual(settings.customs, customs);
    assert.equal(settings.profile, 'edelivery-1.15');
  });
});
