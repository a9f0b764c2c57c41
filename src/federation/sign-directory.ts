import { sign } from 'node:crypto';
import { canonicalBytes } from './canonical-directory.ts';
import type { Directory } from './directory.ts';
import { parseDirectory } from './directory-schema.ts';
import type { FederationKey } from './federation-keys.ts';

/** Media type of the payload, in the protected header, so that no other thing signed with the keys passes for it. */
export const DIRECTORY_TYPE = 'selat-directory+json';

/** One signature of a JWS (RFC 7515 §7.2.1); both texts are base64url. */
export interface DirectorySignature {
  /** `{"alg":"EdDSA","kid":…,"typ":"selat-directory+json"}` */
  readonly protected: string;
  readonly signature: string;
}

/** A directory with its signatures: JWS in general JSON serialisation (RFC 7515 §7.2.1). */
export interface SignedDirectory {
  /** The canonical form (RFC 8785) of the directory in base64url. */
  readonly payload: string;
  readonly signatures: readonly DirectorySignature[];
}

/**
 * Signs a directory with the federation keys at hand; further operators add theirs with {@link addSignature}.
 * @throws RangeError when the directory does not have the form of its schema: such a thing is never signed
 */
export function signDirectory(directory: Directory, keys: readonly FederationKey[]): SignedDirectory {
  const canonical = canonicalBytes(directory);
  const parsing = parseDirectory(JSON.parse(canonical.toString('utf8')));
  if (!parsing.ok) {
    const places = parsing.faults.map((fault) => `${fault.pointer} ${fault.message}`).join(' ');
    throw new RangeError(`A directory of this form is not signed. ${places}`);
  }
  const payload = canonical.toString('base64url');
  return { payload, signatures: keys.map((key) => signPayload(payload, key)) };
}

/** Adds the signature of one more operator; a signature by the same key is replaced. */
export function addSignature(signed: SignedDirectory, key: FederationKey): SignedDirectory {
  const added = signPayload(signed.payload, key);
  const others = signed.signatures.filter((signature) => signature.protected !== added.protected);
  return { payload: signed.payload, signatures: [...others, added] };
}

/** The bytes of a signed directory as they are published. */
export function writeSignedDirectory(signed: SignedDirectory): Buffer {
  return Buffer.from(`${JSON.stringify(signed, null, 2)}\n`, 'utf8');
}

/** Ed25519 (RFC 8032) over the JWS signing input; `alg` EdDSA as RFC 8037 §3.1 says. */
function signPayload(payload: string, key: FederationKey): DirectorySignature {
  const header = canonicalBytes({ alg: 'EdDSA', kid: key.keyId, typ: DIRECTORY_TYPE }).toString('base64url');
  const signature = sign(null, Buffer.from(`${header}.${payload}`, 'ascii'), key.privateKey);
  return { protected: header, signature: signature.toString('base64url') };
}
