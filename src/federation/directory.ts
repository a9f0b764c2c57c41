import type { CertificateUse } from '../pki/certificate-use.ts';
import type { MessageProfile } from '../pki/message-keys.ts';

/** A national certification authority of a member; it counts for certificates of that member's country only. */
export interface DirectoryAuthority {
  /** X.509 certificate, DER in base64. */
  readonly certificate: string;
  /** The federation recognises it from this instant on (inclusive). */
  readonly validFrom: string;
  /** … until this instant (exclusive). */
  readonly validUntil: string;
}

/** A certificate that a member publishes for one use. */
export interface DirectoryCertificate {
  readonly use: CertificateUse;
  /** X.509 certificate, DER in base64; it must chain to an authority of the same member. */
  readonly certificate: string;
}

/** Leave for a member to issue one kind of document under one scheme. */
export interface DirectoryIssuance {
  /** Kind of document, such as `certificate-of-origin`. */
  readonly kind: string;
  /** Scheme, such as `ATIGA-FORM-D`. */
  readonly scheme: string;
  /** From this instant on (inclusive). */
  readonly from: string;
  /** … until this instant (exclusive); without it, until a later directory says otherwise. */
  readonly until?: string;
}

/** One country of the federation. */
export interface Member {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly name: string;
  /** Party identifier in AS4 messages. */
  readonly partyId: string;
  /** https address that takes AS4 messages. */
  readonly endpoint: string;
  /** The security profile of eDelivery AS4 in which its access point is sent to. */
  readonly profile: MessageProfile;
  /**
   * Whether its access point pulls its messages with PullRequests, because it cannot be called; nothing is sent to its
   * endpoint then.
   */
  readonly pull?: true;
  readonly authorities: readonly DirectoryAuthority[];
  readonly certificates: readonly DirectoryCertificate[];
  readonly mayIssue: readonly DirectoryIssuance[];
  /** Address of the node's pages for people. */
  readonly pagesUrl?: string;
}

/** A certificate that is no longer to be trusted from an instant on. */
export interface Revocation {
  /** Country whose authority issued it. */
  readonly country: string;
  /** Serial number of the certificate, upper-case hexadecimal without separators, as node:crypto writes it. */
  readonly serialNumber: string;
  /** SHA-256 over its DER, upper-case hexadecimal separated by colons, as node:crypto writes it. */
  readonly fingerprint256: string;
  readonly revokedAt: string;
  readonly reason: string;
}

/**
 * The federation directory: who is in, with which keys, and what each may issue. Instants are RFC 3339 in UTC (`Z`).
 * Its digest is SHA-256, lower-case hexadecimal, over its canonical form (RFC 8785).
 */
export interface Directory {
  /** Counts up by one with every version, from 1. */
  readonly serial: number;
  readonly issuedAt: string;
  /** After this instant a newer version is overdue: state `stale`, a warning. */
  readonly freshUntil: string;
  /** After this instant no new key is trusted: state `expired`, an alarm; work with known keys goes on. */
  readonly expiresAt: string;
  /** Digest of the version before; null in the first. */
  readonly previousDigest: string | null;
  readonly members: readonly Member[];
  readonly revocations: readonly Revocation[];
  /** The set of schemas that all members validate with. */
  readonly schemaSet: { readonly digest: string; readonly version: string };
}

/** `fresh` until freshUntil, then `stale` until expiresAt, then `expired`. */
export type DirectoryState = 'fresh' | 'stale' | 'expired';

/** A directory whose signatures were checked, with the digest of its canonical form. */
export interface VerifiedDirectory {
  readonly directory: Directory;
  /** SHA-256, lower-case hexadecimal, over the canonical form. */
  readonly digest: string;
}

/** The state of a directory at an instant. */
export function directoryState(directory: Directory, now: Date): DirectoryState {
  if (now.getTime() >= Date.parse(directory.expiresAt)) return 'expired';
  if (now.getTime() >= Date.parse(directory.freshUntil)) return 'stale';
  return 'fresh';
}
