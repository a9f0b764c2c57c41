/**
 * What a certificate of a node is for. A certificate serves exactly one use; the uses are told apart by key usage and
 * extended key usage, so that none can stand in for another:
 *
 * | use            | key     | key usage (critical)             | extended key usage               |
 * | -------------- | ------- | -------------------------------- | -------------------------------- |
 * | sealing        | P-256   | digitalSignature, nonRepudiation | documentSigning (RFC 9336)       |
 * | as4-signing    | Ed25519 | digitalSignature                 | none                             |
 * | as4-encryption | X25519  | keyAgreement                     | none                             |
 * | tls            | P-256   | digitalSignature                 | serverAuth, clientAuth (RFC 5280) |
 */
export type CertificateUse = 'sealing' | 'as4-signing' | 'as4-encryption' | 'tls';

/** Every use, in the order in which a node makes its keys. */
export const CERTIFICATE_USES: readonly CertificateUse[] = ['sealing', 'as4-signing', 'as4-encryption', 'tls'];

/** Names of key usages in the order of their bits in RFC 5280 §4.2.1.3, as node-forge writes them. */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof KEY_USAGES)[number];

/** Object identifiers of extended key usages: RFC 5280 §4.2.1.12 and RFC 9336 §3. */
export const EXTENDED_KEY_USAGE = {
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  clientAuthentication: '1.3.6.1.5.5.7.3.2',
  documentSigning: '1.3.6.1.5.5.7.3.36',
} as const;

/** What a certificate of one use looks like. */
export interface UseProfile {
  /** The use in words, for reasons shown to people. */
  readonly words: string;
  /** Key usages that a certificate of this use has when we issue it. */
  readonly keyUsages: readonly KeyUsage[];
  /** At least one set of these usages is needed; the second is that of RSA keys of the eDelivery AS4 1.15 profile. */
  readonly accepted: readonly (readonly KeyUsage[])[];
  /** Key usages that this use must not have, because they belong to another. */
  readonly forbidden: readonly KeyUsage[];
  /** Extended key usages; empty means that the extension is absent. */
  readonly extendedKeyUsages: readonly string[];
  /** Whether the keys `accepted` by this use may be RSA. */
  readonly rsaAllowed: boolean;
  /** Elliptic curves, as node:crypto names them. */
  readonly keys: readonly ('prime256v1' | 'ed25519' | 'x25519')[];
}

/** One row for each use of the table above. */
export const USE_PROFILES: Readonly<Record<CertificateUse, UseProfile>> = {
  sealing: {
    words: 'sealing documents',
    keyUsages: ['digitalSignature', 'nonRepudiation'],
    accepted: [['digitalSignature', 'nonRepudiation']],
    forbidden: ['keyCertSign', 'cRLSign'],
    extendedKeyUsages: [EXTENDED_KEY_USAGE.documentSigning],
    rsaAllowed: false,
    keys: ['prime256v1'],
  },
  'as4-signing': {
    words: 'signing AS4 messages',
    keyUsages: ['digitalSignature'],
    accepted: [['digitalSignature']],
    forbidden: ['nonRepudiation', 'keyCertSign', 'cRLSign'],
    extendedKeyUsages: [],
    rsaAllowed: true,
    keys: ['ed25519', 'prime256v1'],
  },
  'as4-encryption': {
    words: 'encrypting AS4 messages',
    keyUsages: ['keyAgreement'],
    accepted: [['keyAgreement'], ['keyEncipherment']],
    forbidden: ['nonRepudiation', 'keyCertSign', 'cRLSign'],
    extendedKeyUsages: [],
    rsaAllowed: true,
    keys: ['x25519', 'prime256v1'],
  },
  tls: {
    words: 'TLS connections',
    keyUsages: ['digitalSignature'],
    accepted: [['digitalSignature']],
    forbidden: ['nonRepudiation', 'keyCertSign', 'cRLSign'],
    extendedKeyUsages: [EXTENDED_KEY_USAGE.serverAuthentication, EXTENDED_KEY_USAGE.clientAuthentication],
    rsaAllowed: true,
    keys: ['prime256v1'],
  },
};
