import type { X509Certificate } from 'node:crypto';

/** What the exchange needs to know to send to a country. */
export interface ExchangePartner {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly partyId: string;
  /** https address that takes AS4 messages. */
  readonly endpoint: string;
  /** Undefined when the partner has no encryption certificate in force: then nothing can be sent to it. */
  readonly encryptionCertificate: X509Certificate | undefined;
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
  countryOfParty(partyId: string): string | undefined;
  judgeSigner(query: {
    readonly certificate: X509Certificate;
    readonly use: 'as4-signing' | 'tls';
    readonly at: Date;
  }): SignerTrust;
}
