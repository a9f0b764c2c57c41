import type { X509Certificate } from 'node:crypto';
import type { SecurityProfileName } from './security-profile.ts';

/** What the exchange needs to know to send to a country. */
export interface ExchangePartner {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly partyId: string;
  /** https address that takes AS4 messages. */
  readonly endpoint: string;
  /** The security profile in which it is sent to. */
  readonly profile: SecurityProfileName;
  /**
   * The newest in force whose key fits the profile; undefined when the partner has none: then nothing can be sent to it.
   */
  readonly encryptionCertificate: X509Certificate | undefined;
  /** Whether it pulls its messages, because it cannot be called: then nothing is pushed to it. */
  readonly pull?: boolean;
  /** Authorities that may have certified the other end of TLS. */
  readonly tlsAuthorities: readonly X509Certificate[];
}

/** Whether a certificate speaks for a country. */
export type SignerTrust =
  | { readonly trusted: true; readonly country: string }
  | { readonly trusted: false; readonly code: string; readonly reason: string };

/** What the exchange asks of whoever holds the federation directory. */
export interface TrustPort {
  partner(country: string, at: Date): ExchangePartner | undefined;
  /** The security profile in which partners send to this node, as the directory says. */
  ownProfile(): SecurityProfileName;
  /**
   * The certificates that the directory lists for a country's signing of messages, whether in force or not: for a
   * message that names its signer's certificate and does not carry it. Trust is judged as of any other signer.
   */
  signingCertificates(country: string): readonly X509Certificate[];
  countryOfParty(partyId: string): string | undefined;
  judgeSigner(query: {
    readonly certificate: X509Certificate;
    readonly use: 'as4-signing' | 'tls';
    readonly at: Date;
  }): SignerTrust;
}
