import { createPrivateKey, KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { TestMember } from '../exchange/members.ts';

// Members in a file, so that a process that was killed starts again with the same keys.

/** Writes members with their keys; readable by us alone. */
export function writeMembers(file: string, members: readonly TestMember[]): void {
  const text = JSON.stringify(members, (_name, value: unknown) =>
    value instanceof KeyObject ? value.export({ type: 'pkcs8', format: 'pem' }) : value,
  );
  writeFileSync(file, text, { mode: 0o600 });
}

/** Reads what {@link writeMembers} wrote. */
export function readMembers(file: string): TestMember[] {
  return JSON.parse(readFileSync(file, 'utf8'), (_name, value: unknown) => {
    if (typeof value !== 'string') return value;
    if (value.startsWith('-----BEGIN CERTIFICATE')) return new X509Certificate(value);
    if (value.startsWith('-----BEGIN PRIVATE KEY')) return createPrivateKey(value);
    return value;
  });
}
