import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { type FederationPublicKey, keyIdOf } from './federation-anchor.ts';

/** A key with which one operator of the federation signs directories. */
export interface FederationKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

/** A federation key that cannot be used, with words that say what to do. */
export class FederationKeyError extends Error {
  readonly code: 'FEDERATION-KEY-READABLE-BY-OTHERS' | 'FEDERATION-KEY-UNREADABLE';

  constructor(code: FederationKeyError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'FederationKeyError';
    this.code = code;
  }
}

const generate = promisify(generateKeyPair);

/** Makes an Ed25519 key in memory. */
export async function generateFederationKey(): Promise<FederationKey> {
  const { privateKey, publicKey } = await generate('ed25519');
  return { keyId: keyIdOf(publicKey), privateKey };
}

/** What of a federation key goes into the anchor. */
export function publicPartOf(key: FederationKey): FederationPublicKey {
  const publicKey = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return { keyId: key.keyId, publicKey };
}

/**
 * Makes a federation key and writes it to a file that is not there yet: PKCS#8 in PEM, mode 0600, encrypted when a
 * passphrase is given (PBES2, AES-256-CBC). The folder is made with mode 0700 when it is missing.
 */
export async function makeFederationKey(path: string, passphrase?: string): Promise<FederationKey> {
  const key = await generateFederationKey();
  const pem = key.privateKey.export(
    passphrase === undefined
      ? { type: 'pkcs8', format: 'pem' }
      : { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase },
  );
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(pem);
    await file.sync();
  } finally {
    await file.close();
  }
  return key;
}

/**
 * Loads a federation key.
 * @throws FederationKeyError when others can read the file, it is no Ed25519 key, or the passphrase is wrong
 */
export async function loadFederationKey(path: string, passphrase?: string): Promise<FederationKey> {
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new FederationKeyError(
      'FEDERATION-KEY-READABLE-BY-OTHERS',
      `${path} can be read by other users. Run: chmod 600 ${path}`,
    );
  }
  const pem = await readFile(path);
  let cause: unknown;
  try {
    const privateKey = createPrivateKey(passphrase === undefined ? { key: pem } : { key: pem, passphrase });
    if (privateKey.asymmetricKeyType === 'ed25519') return { keyId: keyIdOf(createPublicKey(privateKey)), privateKey };
  } catch (error) {
    cause = error;
  }
  throw new FederationKeyError(
    'FEDERATION-KEY-UNREADABLE',
    `${path} is not an Ed25519 private key in PEM, or its passphrase is another one.`,
    cause,
  );
}
