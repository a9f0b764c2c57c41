import type { Member } from '../federation/directory.ts';
import { parseCertificate } from '../federation/member-certificates.ts';

/** When one use of a member's certificates ends. */
export interface CertificateEnd {
  /** What it is used for, and the kind of key where a member has several, such as `as4-signing (ed25519)`. */
  readonly use: string;
  readonly endsAt: Date;
}

/** Kept per list: parsing takes longer than looking, and a directory does not change. */
const found = new WeakMap<Member['certificates'], readonly CertificateEnd[]>();

/** When each use of a member's certificates ends: of a certificate and its successor, the successor counts. */
export function certificateEnds(member: Pick<Member, 'certificates' | 'authorities'>): readonly CertificateEnd[] {
  const known = found.get(member.certificates);
  if (known !== undefined) return known;
  const ends = new Map<string, number>();
  const note = (use: string, endsAt: number): void => {
    ends.set(use, Math.max(ends.get(use) ?? 0, endsAt));
  };
  for (const { use, certificate } of member.certificates) {
    const parsed = parseCertificate(certificate);
    note(`${use} (${parsed.publicKey.asymmetricKeyType ?? 'unknown key'})`, parsed.validToDate.getTime());
  }
  for (const { certificate, validUntil } of member.authorities)
    note('authority', Math.min(Date.parse(validUntil), parseCertificate(certificate).validToDate.getTime()));
  const result = [...ends].map(([use, endsAt]) => ({ use, endsAt: new Date(endsAt) }));
  found.set(member.certificates, result);
  return result;
}
