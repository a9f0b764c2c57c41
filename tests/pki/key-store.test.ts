import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
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
    assert.equal(again.as4Signing['edelivery-2.0-common-usage'].privateKey.asymmetricKeyType, 'ed25519');
    assert.equal(again.as4Encryption['edelivery-2.0-common-usage'].privateKey.asymmetricKeyType, 'x25519');
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
    for (const use of ['sealing', 'as4-signing', 'as4-encryption', 'tls']) {
      const said = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', 'authority.crt.pem', `${use}.crt.pem`], {
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
