import { type KeyObject, verify } from 'node:crypto';
import type { Fault } from '../documents/fault.ts';
import { isArray, isObject, type JsonValue } from '../documents/json.ts';
import { readJson } from '../documents/read-json.ts';
import { canonicalBytes, digestOf } from './canonical-directory.ts';
import type { VerifiedDirectory } from './directory.ts';
import { parseDirectory } from './directory-schema.ts';
import { type FederationAnchor, openAnchor } from './federation-anchor.ts';
import { DIRECTORY_TYPE, type DirectorySignature, type SignedDirectory } from './sign-directory.ts';

/** Bytes of a signed directory at most. */
export const DIRECTORY_BYTES_LIMIT = 16 * 1024 * 1024;
const SIGNATURES_AT_MOST = 100;
const DIRECTORY_LIMITS = { bytes: DIRECTORY_BYTES_LIMIT, values: 1_000_000 };

/** A directory whose signatures and form hold, or why it is not one. Whether it is to be accepted is another question. */
export type DirectoryReading =
  | ({ readonly ok: true; readonly signers: readonly string[] } & VerifiedDirectory)
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** A part that was read, or the fault that stops the reading. */
type Part<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly faults: Fault[] };

/**
 * Reads a signed directory: the form of the JWS, the signatures of at least k of the anchor's keys, then the payload,
 * which must be canonical (RFC 8785) and have the form of the schema. Signatures by keys that the anchor does not have
 * are not looked at; a key counts once; a signature by one of its keys that does not hold refuses the whole. `signers`
 * are the key ids that count.
 * @throws AnchorError when the anchor itself cannot be used
 */
export function readDirectory(bytes: Uint8Array, anchor: FederationAnchor): DirectoryReading {
  const keys = openAnchor(anchor);
  const envelope = readEnvelope(bytes);
  if (!envelope.ok) return envelope;
  const signers = verifySignatures(envelope.value, keys, anchor.threshold);
  if (!signers.ok) return signers;
  const payload = Buffer.from(envelope.value.payload, 'base64url');
  const json = readJson(payload, DIRECTORY_LIMITS);
  if (!json.ok) return json;
  if (!canonicalBytes(json.value).equals(payload)) {
    return refused('DIRECTORY-NOT-CANONICAL', '/payload', 'The signed bytes are not in canonical form (RFC 8785).');
  }
  const parsing = parseDirectory(json.value);
  if (!parsing.ok) return parsing;
  return { ok: true, directory: parsing.directory, digest: digestOf(payload), signers: signers.value };
}

/** The form of the JWS: exactly the members of the general serialisation, without unprotected headers. */
function readEnvelope(bytes: Uint8Array): Part<SignedDirectory> {
  const json = readJson(bytes, DIRECTORY_LIMITS);
  if (!json.ok) return { ok: false, faults: [...json.faults] };
  const value = json.value;
  const malformed = (pointer: string, message: string) => refused('DIRECTORY-ENVELOPE', pointer, message);
  if (!isObject(value) || !hasExactly(value, ['payload', 'signatures'])) {
    return malformed('', 'A signed directory is an object with payload and signatures (RFC 7515 §7.2.1), no more.');
  }
  const { payload, signatures } = value;
  if (!isBase64Url(payload)) return malformed('/payload', 'The payload is not base64url in its one canonical form.');
  if (!isArray(signatures) || signatures.length > SIGNATURES_AT_MOST) {
    return malformed('/signatures', `The signatures are not an array of at most ${SIGNATURES_AT_MOST}.`);
  }
  const read: DirectorySignature[] = [];
  for (const [index, entry] of signatures.entries()) {
    const place = `/signatures/${index}`;
    if (!isObject(entry) || !hasExactly(entry, ['protected', 'signature'])) {
      return malformed(place, 'A signature is an object with protected and signature, no more.');
    }
    const { protected: header, signature } = entry;
    if (!isBase64Url(header) || !isBase64Url(signature)) {
      return malformed(place, 'A part of the signature is not base64url in its one canonical form.');
    }
    read.push({ protected: header, signature });
  }
  return { ok: true, value: { payload, signatures: read } };
}

function verifySignatures(
  signed: SignedDirectory,
  keys: ReadonlyMap<string, KeyObject>,
  threshold: number,
): Part<string[]> {
  const signers = new Set<string>();
  for (const [index, signature] of signed.signatures.entries()) {
    const place = `/signatures/${index}`;
    const header = readHeader(signature.protected, place);
    if (!header.ok) return header;
    const key = keys.get(header.value);
    if (key === undefined) continue;
    const input = Buffer.from(`${signature.protected}.${signed.payload}`, 'ascii');
    if (!verify(null, input, key, Buffer.from(signature.signature, 'base64url'))) {
      return refused('DIRECTORY-SIGNATURE-WRONG', place, `The signature by the key ${header.value} does not hold.`);
    }
    signers.add(header.value);
  }
  if (signers.size < threshold) {
    const message = `The directory has ${signers.size} signatures by keys of the federation; ${threshold} are needed.`;
    return refused('DIRECTORY-SIGNATURES-MISSING', '/signatures', message);
  }
  return { ok: true, value: [...signers] };
}

/** The protected header: EdDSA and nothing else, so that neither `none` nor HMAC nor `crit` has a way in. */
function readHeader(text: string, place: string): Part<string> {
  const json = readJson(Buffer.from(text, 'base64url'), { bytes: 1024, depth: 1 });
  const header = json.ok ? json.value : null;
  if (!isObject(header) || !hasExactly(header, ['alg', 'kid', 'typ']) || typeof header['kid'] !== 'string') {
    return refused('DIRECTORY-HEADER', place, 'The protected header must hold alg, kid and typ, and no more.');
  }
  if (header['alg'] !== 'EdDSA') {
    return refused('DIRECTORY-ALGORITHM', place, 'A directory is signed with EdDSA (RFC 8037) and nothing else.');
  }
  if (header['typ'] !== DIRECTORY_TYPE) {
    return refused('DIRECTORY-HEADER', place, `What was signed is not a directory: typ is not ${DIRECTORY_TYPE}.`);
  }
  return { ok: true, value: header['kid'] };
}

/** Base64url without padding, where no bit is left over: one text for one sequence of bytes (RFC 4648 §3.5). */
function isBase64Url(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '' && Buffer.from(value, 'base64url').toString('base64url') === value;
}

function hasExactly(value: object, names: readonly string[]): boolean {
  const present = Object.keys(value);
  return present.length === names.length && names.every((name) => present.includes(name));
}

function refused(code: string, pointer: string, message: string): { ok: false; faults: Fault[] } {
  return { ok: false, faults: [{ code, pointer, message }] };
}
