import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type KeyHolder, KeyStoreError, openKeyStore } from '../../src/pki/key-store.ts';
import { fitsProfile, kindOfKey, MESSAGE_KEYS, MESSAGE_PROFILES } from '../../src/pki/message-keys.ts';
import { hasProgram } from '../support/programs.ts';

const roots: string[] = [];
after(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

function newFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'selat-keys-'));
  roots.push(root);
  return join(root, 'keys');
}

const holder: KeyHolder = {
  country: 'TH',
  name: 'Thai Customs กรมศุลกากร',
  now: new Date(),
  dnsNames: ['th.example'],
  ipAddresses: ['127.0.0.1', '::1'],
};

async function refusal(opening: Promise<unknown>): Promise<KeyStoreError> {
  try {
    await opening;
  } catch (error) {
    assert.ok(error instanceof KeyStoreError);
    return error;
  }
  return assert.fail('The key store was opened.');
}

describe('the key store', () => {
  test('makes every key on first use, for its owner alone, and gives the same ones afterwards', async () => {
    const folder = newFolder();
    const made = await openKeyStore(folder, { holder });
    const again = await openKeyStore(folder);
    assert.equal(made.sealing.certificate.fingerprint256, again.sealing.certificate.fingerprint256);
    for (const profile of MESSAGE_PROFILES) {
      for (const [use, keys] of [
        ['as4-signing', again.as4Signing],
        ['as4-encryption', again.as4Encryption],
      ] as const) {
        assert.equal(kindOfKey(keys[profile].privateKey), MESSAGE_KEYS[profile][use]);
        assert.equal(fitsProfile(keys[profile].certificate.publicKey, profile, use), true);
      }
    }
    assert.equal(again.as4Encryption['edelivery-1.15'].privateKey.asymmetricKeyDetails?.modulusLength, 3072);
    assert.equal(again.tls.certificate.checkHost('th.example'), 'th.example');
    assert.equal(again.tls.certificate.checkIP('::1'), '::1');
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.key.pem'))) {
      assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
    }
  });

  test('makes certificates whose chain openssl verifies strictly', {
    skip: hasProgram('openssl') ? false : 'openssl is not on this machine',
  }, async () => {
    const folder = newFolder();
    await openKeyStore(folder, { holder });
    const files = readdirSync(folder).filter((name) => name.endsWith('.crt.pem') && name !== 'authority.crt.pem');
    assert.equal(files.length, 8);
    for (const file of files) {
      const said = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', 'authority.crt.pem', file], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(said.status, 0, said.stderr);
    }
  });

  test('refuses a key that others can read, and says what to do', async () => {
    const folder = newFolder();
    await openKeyStore(folder, { holder });
    chmodSync(join(folder, 'sealing.key.pem'), 0o640);
    const refused = await refusal(openKeyStore(folder));
    assert.equal(refused.code, 'KEY-READABLE-BY-OTHERS');
    assert.match(refused.message, /chmod 600 .*sealing\.key\.pem/);
  });

  test('keeps keys under a passphrase, and says when it is wrong or missing', async () => {
    const folder = newFolder();
    await openKeyStore(folder, { holder, passphrase: 'correct horse' });
    assert.match(readFileSync(join(folder, 'tls.key.pem'), 'utf8'), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    assert.equal((await refusal(openKeyStore(folder, { passphrase: 'wrong' }))).code, 'KEY-PASSPHRASE-WRONG');
    assert.equal((await refusal(openKeyStore(folder))).code, 'KEY-PASSPHRASE-WRONG');
    assert.equal((await openKeyStore(folder, { passphrase: 'correct horse' })).sealing.privateKey.type, 'private');
  });

  test('adds the keys of further profiles to a folder that has only those of the first, and keeps these', async () => {
    const folder = newFolder();
    const made = await openKeyStore(folder, { holder });
    const further = readdirSync(folder).filter((name) => /-(p256|rsa)\./.test(name));
    assert.equal(further.length, 8);
    for (const file of further) rmSync(join(folder, file));
    assert.equal((await refusal(openKeyStore(folder))).code, 'KEY-MISSING');
    const again = await openKeyStore(folder, { holder });
    assert.equal(
      again.as4Signing['edelivery-2.0-common-usage'].certificate.fingerprint256,
      made.as4Signing['edelivery-2.0-common-usage'].certificate.fingerprint256,
    );
    assert.equal(again.as4Encryption['edelivery-1.15'].privateKey.asymmetricKeyType, 'rsa');
  });

  test('refuses a key of another kind or strength than its profile has', async () => {
    const folder = newFolder();
    await openKeyStore(folder, { holder });
    const weak = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    writeFileSync(join(folder, 'as4-encryption-rsa.key.pem'), weak.export({ type: 'pkcs8', format: 'pem' }));
    const refused = await refusal(openKeyStore(folder));
    assert.equal(refused.code, 'KEY-UNFIT');
    assert.match(refused.message, /as4-encryption-rsa\.key\.pem.*3072 bits/);
    copyFileSync(join(folder, 'tls.key.pem'), join(folder, 'as4-signing.key.pem'));
    assert.match((await refusal(openKeyStore(folder))).message, /ed25519|3072/);
  });

  test('finishes a folder whose making was interrupted, and works without the authority’s key', async () => {
    const folder = newFolder();
    const made = await openKeyStore(folder, { holder });
    rmSync(join(folder, 'tls.crt.pem'));
    assert.equal((await openKeyStore(folder, { holder })).tls.certificate.checkPrivateKey(made.tls.privateKey), true);
    rmSync(join(folder, 'authority.key.pem'));
    assert.equal((await openKeyStore(folder, { holder })).authority, undefined);
  });

  test('says which file is missing, broken or of another key', async () => {
    const folder = newFolder();
    assert.equal((await refusal(openKeyStore(folder))).code, 'KEY-MISSING');
    await openKeyStore(folder, { holder });
    copyFileSync(join(folder, 'tls.crt.pem'), join(folder, 'sealing.crt.pem'));
    assert.equal((await refusal(openKeyStore(folder))).code, 'KEY-MISMATCH');
    writeFileSync(join(folder, 'sealing.key.pem'), 'not a key');
    assert.equal((await refusal(openKeyStore(folder))).code, 'KEY-UNREADABLE');
    rmSync(join(folder, 'sealing.key.pem'));
    assert.equal((await refusal(openKeyStore(folder))).code, 'KEY-MISSING');
  });
});
