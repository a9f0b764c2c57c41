import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JsonValue } from '../documents/json.ts';
import type { Directory } from './directory.ts';

/** The canonical form (RFC 8785) of a directory or of any other JSON value, in UTF-8: what is signed and digested. */
export function canonicalBytes(value: Directory | JsonValue): Buffer {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('the value has no JSON form');
  return Buffer.from(text, 'utf8');
}

/** The digest of a directory: SHA-256 over its canonical form, lower-case hexadecimal. */
export function digestOf(canonical: Uint8Array): string {
  return createHash('sha256').update(canonical).digest('hex');
}
