import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CertifiedKey,
  certifyAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from './certificate-authority.ts';
import type { CertificateUse } from './certificate-use.ts';
import { fitsProfile, MESSAGE_KEYS, type MessageProfile, type MessageUse, RSA_BITS } from './message-keys.ts';

/** The keys of one node. `authority` is there where the country's own authority is kept beside them. */
export interface NodeKeys {
  readonly authority?: CertifiedKey;
  readonly sealing: CertifiedKey;
  /** For every security profile, so that a member can be spoken to in the one that the directory has for it. */
  readonly as4Signing: Readonly<Record<MessageProfile, CertifiedKey>>;
  readonly as4Encryption: Readonly<Record<MessageProfile, CertifiedKey>>;
  readonly tls: CertifiedKey;
}

/** Whose keys are made when the folder has none. */
export interface KeyHolder {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Name of the administration, as it stands in the certificates. */
  readonly name: string;
  /** The moment of making. */
  readonly now: Date;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

export interface KeyStoreOptions {
  /** Protects the private keys at rest (PKCS#8, PBES2 with AES-256-CBC). */
  readonly passphrase?: string;
  /** Without it, a folder that lacks a key is refused. */
  readonly holder?: KeyHolder;
}

/** A key store that cannot be used, with words that say what to do. */
export class KeyStoreError extends Error {
  readonly code:
    | 'KEY-MISSING'
    | 'KEY-READABLE-BY-OTHERS'
    | 'KEY-PASSPHRASE-WRONG'
    | 'KEY-UNREADABLE'
    | 'KEY-UNFIT'
    | 'KEY-MISMATCH';

  constructor(code: KeyStoreError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'KeyStoreError';
    this.code = code;
  }
}

const AUTHORITY_YEARS = 10;
const CERTIFICATE_YEARS = 2;
const YEAR_IN_MILLISECONDS = 365.25 * 24 * 3600 * 1000;
/** Certificates begin a little before they are made, so that a partner whose clock is behind accepts them. */
const CLOCK_TOLERANCE_IN_MILLISECONDS = 10 * 60 * 1000;

/**
 * Opens the folder that holds a node's keys, and makes what is missing when `holder` is given. The folder gets mode
 * 0700, private keys 0600; a key that others can read is refused. Files: `<name>.key.pem` (PKCS#8) and `<name>.crt.pem`,
 * where the name is the use, and for messages in another profile than the common one the use and the kind of key.
 * Throws a KeyStoreError.
 */
export async function openKeyStore(folder: string, options: KeyStoreOptions = {}): Promise<NodeKeys> {
  await prepareFolder(folder, options.holder !== undefined);
  const store = new KeyFolder(folder, options);
  const authority = await store.authority();
  const certified = (use: CertificateUse, profile?: MessageProfile): Promise<CertifiedKey> =>
    store.certified(use, profile, authority);
  const forMessages = async (
    use: 'as4-signing' | 'as4-encryption',
  ): Promise<Readonly<Record<MessageProfile, CertifiedKey>>> => {
    const [commonUsage, alternative, former] = await Promise.all([
      certified(use, 'edelivery-2.0-common-usage'),
      certified(use, 'edelivery-2.0-alternative-ec'),
      certified(use, 'edelivery-1.15'),
    ]);
    return {
      'edelivery-2.0-common-usage': commonUsage,
      'edelivery-2.0-alternative-ec': alternative,
      'edelivery-1.15': former,
    };
  };
  // All at once: RSA keys are made in threads of their own.
  const [sealing, as4Signing, as4Encryption, tls] = await Promise.all([
    certified('sealing'),
    forMessages('as4-signing'),
    forMessages('as4-encryption'),
    certified('tls'),
  ]);
  return { ...(authority === undefined ? {} : { authority }), sealing, as4Signing, as4Encryption, tls };
}

/** What the files of a profile's keys are called after their use; those of the common profile bear the use alone. */
const FILE_SUFFIX: Readonly<Record<MessageProfile, string>> = {
  'edelivery-2.0-common-usage': '',
  'edelivery-2.0-alternative-ec': '-p256',
  'edelivery-1.15': '-rsa',
};

async function prepareFolder(folder: string, mayMake: boolean): Promise<void> {
  if (mayMake) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (((await stat(folder)).mode & 0o077) !== 0) await chmod(folder, 0o700);
    return;
  }
  if ((await statOrUndefined(folder)) === undefined) {
    throw new KeyStoreError(
      'KEY-MISSING',
      `There is no key folder at ${folder}. Name the right one, or let the node make it.`,
    );
  }
}

async function statOrUndefined(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

class KeyFolder {
  readonly #folder: string;
  readonly #options: KeyStoreOptions;

  constructor(folder: string, options: KeyStoreOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** The authority's key; undefined in a folder that has node keys but no authority (it is kept elsewhere). */
  async authority(): Promise<CertifiedKey | undefined> {
    const keyIsThere = (await statOrUndefined(this.#path('authority', 'key'))) !== undefined;
    const nodeKeyIsThere = (await statOrUndefined(this.#path('sealing', 'crt'))) !== undefined;
    if (!keyIsThere && (nodeKeyIsThere || this.#options.holder === undefined)) return undefined;
    const privateKey = await this.#privateKey('authority', () => generatePrivateKey('authority'));
    return this.#withCertificate('authority', privateKey, (holder) => {
      const description = {
        country: holder.country,
        name: `${holder.name} – national authority`,
        notBefore: beginning(holder.now),
        years: AUTHORITY_YEARS,
      };
      return certifyAuthority(privateKey, description).certificate;
    });
  }

  /** The key and certificate of one use, and for messages of one profile. */
  async certified(
    use: CertificateUse,
    profile: MessageProfile | undefined,
    authority: CertifiedKey | undefined,
  ): Promise<CertifiedKey> {
    const name = `${use}${profile === undefined ? '' : FILE_SUFFIX[profile]}`;
    const privateKey = await this.#privateKey(name, () => generatePrivateKey(use, profile));
    if (profile !== undefined && (use === 'as4-signing' || use === 'as4-encryption'))
      this.#checkKind(name, privateKey, profile, use);
    return this.#withCertificate(name, privateKey, (holder) => {
      if (authority === undefined) {
        throw new KeyStoreError(
          'KEY-MISSING',
          `${this.#path(name, 'crt')} is missing and no authority is kept here. Have the national authority certify the key and put the certificate there.`,
        );
      }
      return issueCertificate(authority, {
        use,
        country: holder.country,
        commonName: `${holder.name} – ${name}`,
        publicKey: publicKeyOf(privateKey),
        notBefore: beginning(holder.now),
        notAfter: new Date(holder.now.getTime() + CERTIFICATE_YEARS * YEAR_IN_MILLISECONDS),
        ...(use === 'tls'
          ? { dnsNames: holder.dnsNames ?? ['localhost'], ipAddresses: holder.ipAddresses ?? ['127.0.0.1', '::1'] }
          : {}),
      });
    });
  }

  /** A key of another kind would only be found out when a partner refuses what it signed. */
  #checkKind(name: string, privateKey: KeyObject, profile: MessageProfile, use: MessageUse): void {
    if (fitsProfile(privateKey, profile, use)) return;
    const kind = MESSAGE_KEYS[profile][use];
    throw new KeyStoreError(
      'KEY-UNFIT',
      `The private key ${this.#path(name, 'key')} is not ${kind === 'rsa' ? `an RSA key of at least ${RSA_BITS} bits` : `a key of the kind ${kind}`}, which the profile ${profile} needs. Put the right one there.`,
    );
  }

  #path(name: string, part: 'key' | 'crt'): string {
    return join(this.#folder, `${name}.${part}.pem`);
  }

  async #privateKey(name: string, make: () => Promise<KeyObject>): Promise<KeyObject> {
    const path = this.#path(name, 'key');
    const state = await statOrUndefined(path);
    if (state === undefined) return this.#makePrivateKey(name, make);
    if ((Number(state.mode) & 0o077) !== 0) {
      throw new KeyStoreError(
        'KEY-READABLE-BY-OTHERS',
        `Others than its owner can read the private key ${path}. Run “chmod 600 ${path}”, and replace the key if someone may have copied it.`,
      );
    }
    return readPrivateKey(path, await readFile(path, 'utf8'), this.#options.passphrase);
  }

  async #makePrivateKey(name: string, make: () => Promise<KeyObject>): Promise<KeyObject> {
    if (this.#options.holder === undefined) {
      throw new KeyStoreError(
        'KEY-MISSING',
        `The private key ${this.#path(name, 'key')} is missing. Restore it from the backup of the key folder.`,
      );
    }
    const key = await make();
    const { passphrase } = this.#options;
    const pem = key.export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    });
    await writeWhole(this.#path(name, 'key'), String(pem), 0o600);
    return key;
  }

  async #withCertificate(
    name: string,
    privateKey: KeyObject,
    certify: (holder: KeyHolder) => X509Certificate,
  ): Promise<CertifiedKey> {
    const path = this.#path(name, 'crt');
    if ((await statOrUndefined(path)) !== undefined) {
      const certificate = readPemCertificate(path, await readFile(path, 'utf8'));
      if (certificate.checkPrivateKey(privateKey)) return { privateKey, certificate };
      throw new KeyStoreError('KEY-MISMATCH', `The certificate ${path} does not belong to the private key beside it.`);
    }
    const { holder } = this.#options;
    if (holder === undefined) throw new KeyStoreError('KEY-MISSING', `The certificate ${path} is missing.`);
    const certificate = certify(holder);
    await writeWhole(path, certificate.toString(), 0o644);
    return { privateKey, certificate };
  }
}

function beginning(now: Date): Date {
  return new Date(now.getTime() - CLOCK_TOLERANCE_IN_MILLISECONDS);
}

function readPrivateKey(path: string, pem: string, passphrase: string | undefined): KeyObject {
  const isEncrypted = pem.includes('ENCRYPTED PRIVATE KEY');
  if (isEncrypted && passphrase === undefined) {
    throw new KeyStoreError('KEY-PASSPHRASE-WRONG', `The private key ${path} is protected; give its passphrase.`);
  }
  try {
    return createPrivateKey({ key: pem, ...(isEncrypted && passphrase !== undefined ? { passphrase } : {}) });
  } catch (error) {
    if (isEncrypted) {
      throw new KeyStoreError('KEY-PASSPHRASE-WRONG', `The passphrase does not open the private key ${path}.`, error);
    }
    throw new KeyStoreError(
      'KEY-UNREADABLE',
      `${path} holds no private key in PKCS#8 PEM. Restore it from the backup.`,
      error,
    );
  }
}

function readPemCertificate(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new KeyStoreError(
      'KEY-UNREADABLE',
      `${path} holds no certificate in PEM. Restore it from the backup.`,
      error,
    );
  }
}

/** Writes a file so that it is there whole, durably, or not at all. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
