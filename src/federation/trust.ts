import type { X509Certificate } from 'node:crypto';
import type { CertificateUse } from '../pki/certificate-use.ts';
import { fitsProfile, type MessageProfile } from '../pki/message-keys.ts';
import type { Directory, DirectoryState, Member } from './directory.ts';
import { directoryState } from './directory.ts';
import { MemberAuthorities, type Verdict } from './member-authorities.ts';
import { append, parseCertificate } from './member-certificates.ts';

/** Who signed (or is to be encrypted to, or is at the other end of TLS), and when. */
export interface SignerQuery {
  readonly certificate: X509Certificate;
  readonly use: CertificateUse;
  /** The instant at which the key was used: the signing time of a seal, the arrival of a message. */
  readonly at: Date;
  /** The instant of the judgement, against which the directory's freshness is read; without it, `at`. */
  readonly now?: Date;
}

/** The answer about a signer; `reason` is a sentence for people, `code` is stable. */
export type SignerJudgement =
  | {
      readonly trusted: true;
      readonly country: string;
      /** The member publishes this very certificate in the directory. */
      readonly listed: boolean;
      /** The certificate was revoked after `at`; what it signed before stays valid (C3). */
      readonly revokedLater?: { readonly revokedAt: string; readonly reason: string };
    }
  | { readonly trusted: false; readonly code: string; readonly reason: string };

/** What a member is asked to be allowed to issue, and when it did. */
export interface IssuanceQuery {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly kind: string;
  readonly scheme: string;
  readonly at: Date;
}

export type IssuanceJudgement =
  | { readonly granted: true }
  | { readonly granted: false; readonly code: string; readonly reason: string };

/** What a node needs to send to a member. */
export interface Partner {
  readonly country: string;
  readonly name: string;
  readonly partyId: string;
  readonly endpoint: string;
  readonly profile: MessageProfile;
  readonly pull?: boolean;
  /**
   * The newest encryption certificate of the member in force at the instant asked whose key fits its profile; undefined
   * when it has none.
   */
  readonly encryptionCertificate: X509Certificate | undefined;
  /** The member's authorities in force, to check the other end of TLS with. */
  readonly tlsAuthorities: readonly X509Certificate[];
}

const VERDICTS_KEPT = 20_000;

/**
 * One directory made ready for questions that come with every message: certificates parsed once, members indexed, good
 * judgements kept by fingerprint. It reads no clock: every question carries its instant. Rules: exchange.md (federation
 * directory), threats C1 to C3.
 */
export class TrustView {
  readonly directory: Directory;
  readonly #membersByCountry = new Map<string, Member>();
  readonly #countriesByParty = new Map<string, string>();
  readonly #authorities: MemberAuthorities;
  readonly #encryptionCertificates = new Map<string, X509Certificate[]>();
  readonly #signingCertificates = new Map<string, X509Certificate[]>();
  readonly #listed = new Set<string>();
  readonly #verdicts = new Map<string, Verdict>();
  readonly #known: Set<string>;
  #newlyKnown: string[] = [];

  /**
   * @param directory a directory that was verified and accepted
   * @param known SHA-256 fingerprints of certificates that were trusted while a directory was in force; after the
   *   directory expires these, and those that it lists, are the only keys that are still trusted
   */
  constructor(directory: Directory, known: Iterable<string> = []) {
    this.directory = directory;
    this.#known = new Set(known);
    this.#authorities = new MemberAuthorities(directory);
    for (const member of directory.members) this.#takeMember(member);
  }

  /** The member of a country, or undefined. */
  memberOf(country: string): Member | undefined {
    return this.#membersByCountry.get(country);
  }

  /** The country whose member has this AS4 party identifier, or undefined. */
  countryOfParty(partyId: string): string | undefined {
    return this.#countriesByParty.get(partyId);
  }

  /** How fresh the directory is at an instant. */
  state(now: Date): DirectoryState {
    return directoryState(this.directory, now);
  }

  /** Where and how to send to a country at an instant; undefined when it is no member. */
  partner(country: string, at: Date): Partner | undefined {
    const member = this.#membersByCountry.get(country);
    if (member === undefined) return undefined;
    const encryptionCertificate = this.#encryptionCertificates
      .get(country)
      ?.find((certificate) => this.judgeSigner({ certificate, use: 'as4-encryption', at }).trusted);
    return {
      country,
      name: member.name,
      partyId: member.partyId,
      endpoint: member.endpoint,
      profile: member.profile,
      ...(member.pull === undefined ? {} : { pull: member.pull }),
      encryptionCertificate,
      tlsAuthorities: this.#authorities.inForce(at, country),
    };
  }

  /** The certificates that a member publishes for signing messages, whether in force or not. */
  signingCertificates(country: string): readonly X509Certificate[] {
    return this.#signingCertificates.get(country) ?? [];
  }

  /** The authorities of all members in force at an instant, for a server that asks its callers for certificates. */
  tlsAuthorities(at: Date): readonly X509Certificate[] {
    return this.#authorities.inForce(at);
  }

  /**
   * Whether a certificate was to be trusted for a use at an instant, and for which country it speaks. Its issuer must be
   * an authority of exactly the country it names (C2); a revocation counts from its own date on (C3); a certificate that
   * the directory lists must chain all the same. After the directory expired no certificate is trusted that is neither
   * listed nor was trusted before.
   */
  judgeSigner(query: SignerQuery): SignerJudgement {
    const fingerprint = query.certificate.fingerprint256;
    const key = `${query.use} ${fingerprint}`;
    const at = query.at.getTime();
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined || at < verdict.from || at >= verdict.until) {
      const fresh = this.#authorities.judge(query);
      if ('code' in fresh) return fresh;
      verdict = fresh;
      this.#keepVerdict(key, fresh);
    }
    const listed = this.#listed.has(key);
    if (!listed && !this.#known.has(fingerprint)) {
      if (this.state(query.now ?? query.at) === 'expired') {
        return {
          trusted: false,
          code: 'DIRECTORY-EXPIRED-NEW-KEY',
          reason: `The directory expired at ${this.directory.expiresAt} and this certificate was not known before.`,
        };
      }
      this.#known.add(fingerprint);
      this.#newlyKnown.push(fingerprint);
    }
    const revocation = this.#authorities.revocationOf(query.certificate, verdict.country);
    return revocation === undefined
      ? { trusted: true, country: verdict.country, listed }
      : {
          trusted: true,
          country: verdict.country,
          listed,
          revokedLater: { revokedAt: revocation.revokedAt, reason: revocation.reason },
        };
  }

  /** Whether a country was allowed to issue a kind of document under a scheme at an instant. */
  judgeAuthority(query: IssuanceQuery): IssuanceJudgement {
    const member = this.#membersByCountry.get(query.country);
    if (member === undefined) {
      return { granted: false, code: 'MEMBER-UNKNOWN', reason: `${query.country} is not a member of the federation.` };
    }
    const grants = member.mayIssue.filter((grant) => grant.kind === query.kind && grant.scheme === query.scheme);
    const at = query.at.getTime();
    if (grants.some((grant) => Date.parse(grant.from) <= at && (!grant.until || at < Date.parse(grant.until)))) {
      return { granted: true };
    }
    const what = `${query.country} ${query.kind} under ${query.scheme}`;
    const first = grants[0];
    if (first === undefined) {
      return { granted: false, code: 'ISSUANCE-NOT-GRANTED', reason: `The directory does not grant ${what}.` };
    }
    return grants.every((grant) => at < Date.parse(grant.from))
      ? { granted: false, code: 'ISSUANCE-NOT-YET-GRANTED', reason: `The directory grants ${what} from ${first.from}.` }
      : {
          granted: false,
          code: 'ISSUANCE-NO-LONGER-GRANTED',
          reason: `The directory does not grant ${what} at ${query.at.toISOString()}; it did before.`,
        };
  }

  /** The fingerprints that became known since the last call, for the store; empties the list. */
  takeNewlyKnown(): string[] {
    const newlyKnown = this.#newlyKnown;
    this.#newlyKnown = [];
    return newlyKnown;
  }

  /** Adds fingerprints that another process came to know. */
  know(fingerprints: Iterable<string>): void {
    for (const fingerprint of fingerprints) this.#known.add(fingerprint);
  }

  /** Every fingerprint that is known besides those listed. */
  knownFingerprints(): ReadonlySet<string> {
    return this.#known;
  }

  #takeMember(member: Member): void {
    this.#membersByCountry.set(member.country, member);
    this.#countriesByParty.set(member.partyId, member.country);
    for (const entry of member.certificates) {
      const certificate = parseCertificate(entry.certificate);
      this.#listed.add(`${entry.use} ${certificate.fingerprint256}`);
      if (entry.use === 'as4-signing') append(this.#signingCertificates, member.country, certificate);
      if (entry.use === 'as4-encryption' && fitsProfile(certificate.publicKey, member.profile, entry.use))
        append(this.#encryptionCertificates, member.country, certificate);
    }
    this.#encryptionCertificates
      .get(member.country)
      ?.sort((one, other) => other.validFromDate.getTime() - one.validFromDate.getTime());
  }

  #keepVerdict(key: string, verdict: Verdict): void {
    if (this.#verdicts.size >= VERDICTS_KEPT) this.#verdicts.clear();
    this.#verdicts.set(key, verdict);
  }
}

const views = new WeakMap<Directory, TrustView>();

/** The view over a directory, built on first use and kept as long as the directory is. */
export function trustViewOf(directory: Directory): TrustView {
  const kept = views.get(directory);
  if (kept !== undefined) return kept;
  const view = new TrustView(directory);
  views.set(directory, view);
  return view;
}

/** Makes a view that was built elsewhere (with known fingerprints) the one that `trustViewOf` gives. */
export function keepTrustView(view: TrustView): TrustView {
  views.set(view.directory, view);
  return view;
}

/** {@link TrustView.memberOf} over the kept view of a directory. */
export function memberOf(directory: Directory, country: string): Member | undefined {
  return trustViewOf(directory).memberOf(country);
}

/** {@link TrustView.partner} over the kept view of a directory. */
export function partner(directory: Directory, country: string, at: Date): Partner | undefined {
  return trustViewOf(directory).partner(country, at);
}

/** {@link TrustView.judgeSigner} over the kept view of a directory. */
export function judgeSigner(directory: Directory, query: SignerQuery): SignerJudgement {
  return trustViewOf(directory).judgeSigner(query);
}

/** {@link TrustView.judgeAuthority} over the kept view of a directory. */
export function judgeAuthority(directory: Directory, query: IssuanceQuery): IssuanceJudgement {
  return trustViewOf(directory).judgeAuthority(query);
}
