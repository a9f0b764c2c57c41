/**
 * What a certificate of a node is for. A certificate serves exactly one use; the uses are told apart by key usage and
 * extended key usage, so that none can stand in for another:
 *
 * | use            | key                 | key usage (critical)             | extended key usage                |
 * | -------------- | ------------------- | -------------------------------- | --------------------------------- |
 * | sealing        | P-256               | digitalSignature, nonRepudiation | documentSigning (RFC 9336)        |
 * | as4-signing    | Ed25519, P-256, RSA | digitalSignature                 | none                              |
 * | as4-encryption | X25519, P-256       | keyAgreement                     | none                              |
 * | as4-encryption | RSA                 | keyEncipherment                  | none                              |
 * | tls            | P-256, RSA          | digitalSignature                 | serverAuth, clientAuth (RFC 5280) |
 *
 * A node has one certificate for each use, and for messages one for each security profile (message-keys.ts).
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
  /** Key usages that a certificate of this use must have, and no other when we issue it. */
  readonly keyUsages: readonly KeyUsage[];
  /** The same where the key is an RSA key; undefined where it may not be one. */
  readonly rsaKeyUsages: readonly KeyUsage[] | undefined;
  /** Key usages that this use must not have, because they belong to another. */
  readonly forbidden: readonly KeyUsage[];
  /** Extended key usages; empty means that the extension is absent. */
  readonly extendedKeyUsages: readonly string[];
  /** Elliptic curves, as node:crypto names them. */
  readonly keys: readonly ('prime256v1' | 'ed25519' | 'x25519')[];
}

/** One row for each use of the table above. */
export const USE_PROFILES: Readonly<Record<CertificateUse, UseProfile>> = {
  sealing: {
    words: 'sealing documents',
    keyUsages: ['digitalSignature', 'nonRepudiation'],
    rsaKeyUsages: undefined,
    forbidden: ['keyCertSign', 'cRLSign'],
    extendedKeyUsages: [EXTENDED_KEY_USAGE.documentSigning],
    keys: ['prime256v1'],
  },
  'as4-signing': {
    words: 'signing AS4 messages',
    keyUsages: ['digitalSignature'],
    rsaKeyUsages: ['digitalSignature'],
    forbidden: ['nonRepudiation', 'keyCertSign', 'cRLSign'],
    extendedKeyUsages: [],
    keys: ['ed25519', 'prime256v1'],
  },
  'as4-encryption': {
    words: 'encrypting AS4 messages',
    keyUsages: ['keyAgreement'],
    rsaKeyUsages: ['keyEncipherment'],
    forbidden: ['nonRepudiation', 'keyCertSign', 'cRLSign'],
    extendedKeyUsages: [],
    keys: ['x25519', 'prime256v1'],
  },
  tls: {
    words: 'TLS connections',
    keyUsages: ['digitalSignature'],
    rsaKeyUsages: ['digitalSignature'],
    forbidden: ['nonRepudiation', 'keyCertSign', 'cRLSign'],
    extendedKeyUsages: [EXTENDED_KEY_USAGE.serverAuthentication, EXTENDED_KEY_USAGE.clientAuthentication],
    keys: ['prime256v1'],
  },
};
