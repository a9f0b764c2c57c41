import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { isArray, isObject, type JsonValue } from '../documents/json.ts';
import { readJson } from '../documents/read-json.ts';

/** One public key of the federation. */
export interface FederationPublicKey {
  /** Thumbprint of the key (RFC 7638, RFC 8037): base64url of SHA-256. */
  readonly keyId: string;
  /** Ed25519 public key, SPKI in PEM. */
  readonly publicKey: string;
}

/**
 * What a node believes without being told by anyone else: the keys that sign the directory, and how many of them must.
 * It is pinned at every node by its operator and never taken from a directory.
 */
export interface FederationAnchor {
  readonly threshold: number;
  readonly keys: readonly FederationPublicKey[];
}

/** An anchor that cannot be used, with words that say what to do. */
export class AnchorError extends Error {
  readonly code = 'ANCHOR-UNUSABLE';

  constructor(message: string) {
    super(message);
    this.name = 'AnchorError';
  }
}

/** The key id of a federation key: its JWK thumbprint (RFC 7638 over the members of RFC 8037 §2). */
export function keyIdOf(publicKey: KeyObject): string {
  const { crv, kty, x } = publicKey.export({ format: 'jwk' });
  return createHash('sha256').update(`{"crv":"${crv}","kty":"${kty}","x":"${x}"}`).digest('base64url');
}

const opened = new WeakMap<FederationAnchor, ReadonlyMap<string, KeyObject>>();

/**
 * The keys of an anchor by key id, ready to verify with.
 * @throws AnchorError when the threshold is not between 1 and the number of keys, a key is not Ed25519, a key id is not
 *   the key's thumbprint, or a key stands twice (it would count twice)
 */
export function openAnchor(anchor: FederationAnchor): ReadonlyMap<string, KeyObject> {
  const known = opened.get(anchor);
  if (known !== undefined) return known;
  const keys = new Map<string, KeyObject>();
  for (const entry of anchor.keys) {
    const publicKey = readPublicKey(entry);
    if (keyIdOf(publicKey) !== entry.keyId) {
      throw new AnchorError(`The key id “${entry.keyId}” in the federation anchor is not the thumbprint of its key.`);
    }
    if (keys.has(entry.keyId)) throw new AnchorError(`The key “${entry.keyId}” stands twice in the federation anchor.`);
    keys.set(entry.keyId, publicKey);
  }
  if (!Number.isInteger(anchor.threshold) || anchor.threshold < 1 || anchor.threshold > keys.size) {
    throw new AnchorError(
      `The federation anchor asks for ${anchor.threshold} signatures of ${keys.size} keys; that is not possible.`,
    );
  }
  opened.set(anchor, keys);
  return keys;
}

/**
 * Reads an anchor from its file.
 * @throws AnchorError when the file does not hold a usable anchor
 */
export async function loadAnchor(path: string): Promise<FederationAnchor> {
  const reading = readJson(await readFile(path));
  const anchor = reading.ok ? anchorOf(reading.value) : undefined;
  if (anchor === undefined) {
    throw new AnchorError(
      `${path} does not hold a federation anchor {threshold, keys: [{keyId, publicKey}]}. Get it again from the federation's operators and compare its digest with them by telephone.`,
    );
  }
  openAnchor(anchor);
  return anchor;
}

/** Writes an anchor to a file that is not there yet, for people to hand on. */
export async function saveAnchor(path: string, anchor: FederationAnchor): Promise<void> {
  openAnchor(anchor);
  await writeFile(path, `${JSON.stringify(anchor, null, 2)}\n`, { flag: 'wx', mode: 0o644 });
}

function anchorOf(value: JsonValue): FederationAnchor | undefined {
  if (!isObject(value) || !hasOnly(value, ['threshold', 'keys'])) return undefined;
  const { threshold, keys } = value;
  if (typeof threshold !== 'number' || !isArray(keys)) return undefined;
  const read: FederationPublicKey[] = [];
  for (const key of keys) {
    if (!isObject(key) || !hasOnly(key, ['keyId', 'publicKey'])) return undefined;
    const { keyId, publicKey } = key;
    if (typeof keyId !== 'string' || typeof publicKey !== 'string') return undefined;
    read.push({ keyId, publicKey });
  }
  return { threshold, keys: read };
}

function hasOnly(value: object, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}

function readPublicKey(entry: FederationPublicKey): KeyObject {
  try {
    const publicKey = createPublicKey(entry.publicKey);
    if (publicKey.asymmetricKeyType === 'ed25519' && !entry.publicKey.includes('PRIVATE')) return publicKey;
  } catch {
    // Told below in the same words as a key of another kind.
  }
  throw new AnchorError(`The key “${entry.keyId}” in the federation anchor is not an Ed25519 public key in PEM.`);
}
