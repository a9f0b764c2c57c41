import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AnchorError, loadAnchor, saveAnchor } from '../../src/federation/federation-anchor.ts';
import {
  FederationKeyError,
  generateFederationKey,
  loadFederationKey,
  makeFederationKey,
  publicPartOf,
} from '../../src/federation/federation-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'federation-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a key is written for its owner only and loads as the same key', async () => {
  const path = join(folder, 'new', 'one.key.pem');
  const made = await makeFederationKey(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder, 'new')).mode & 0o777, 0o700);
  const loaded = await loadFederationKey(path);
  assert.equal(loaded.keyId, made.keyId);
  assert.ok(loaded.privateKey.equals(made.privateKey));
});

test('a key is never written over another', async () => {
  const path = join(folder, 'two.key.pem');
  await makeFederationKey(path);
  const before = readFileSync(path);
  await assert.rejects(makeFederationKey(path), { code: 'EEXIST' });
  assert.deepEqual(readFileSync(path), before);
});

test('a passphrase protects a key at rest', async () => {
  const path = join(folder, 'three.key.pem');
  const made = await makeFederationKey(path, 'correct horse');
  assert.match(readFileSync(path, 'utf8'), /ENCRYPTED PRIVATE KEY/);
  assert.equal((await loadFederationKey(path, 'correct horse')).keyId, made.keyId);
  for (const wrong of ['battery staple', undefined]) {
    await assert.rejects(loadFederationKey(path, wrong), { code: 'FEDERATION-KEY-UNREADABLE' });
  }
});

test('a key that others can read is refused with the remedy', async () => {
  const path = join(folder, 'four.key.pem');
  await makeFederationKey(path);
  chmodSync(path, 0o640);
  await assert.rejects(
    loadFederationKey(path),
    (error) => error instanceof FederationKeyError && error.message.includes(`chmod 600 ${path}`),
  );
});

test('an anchor is written and read back', async () => {
  const path = join(folder, 'anchor.json');
  const anchor = { threshold: 1, keys: [publicPartOf(await generateFederationKey())] };
  await saveAnchor(path, anchor);
  assert.deepEqual(await loadAnchor(path), anchor);
});

test('a file that holds no anchor is refused', async () => {
  const path = join(folder, 'no-anchor.json');
  for (const text of [
    '{}',
    '[]',
    'x',
    '{"threshold":1,"keys":[]}',
    '{"threshold":"1","keys":[]}',
    '{"threshold":1,"keys":[{}]}',
  ]) {
    writeFileSync(path, text);
    await assert.rejects(loadAnchor(path), AnchorError);
  }
});
