import type { MessageProfile } from '../pki/message-keys.ts';
import { NS } from './envelope/namespaces.ts';
import { EbmsFailure } from './signals/ebms-errors.ts';

/** A security profile of eDelivery AS4, as the directory names it. */
export type SecurityProfileName = MessageProfile;

/** How the key of the content comes to the recipient. */
export type KeyEstablishment = 'x25519' | 'ecdh-es' | 'rsa-oaep';

/** The algorithms of one profile; digests (SHA-256), canonicalisation (exclusive) and AES-128-GCM are those of all. */
export interface SecurityProfile {
  readonly name: SecurityProfileName;
  /** Algorithm URI of signatures. */
  readonly signature: string;
  readonly establishment: KeyEstablishment;
  /** What a person sets at an access point to speak this profile. */
  readonly settings: string;
}

/** The three profiles (eDelivery AS4 2.0 §3.2.6.2 with its alternative elliptic curves; eDelivery AS4 1.15 §3.2.6.2). */
export const SECURITY_PROFILES: Readonly<Record<SecurityProfileName, SecurityProfile>> = {
  'edelivery-2.0-common-usage': {
    name: 'edelivery-2.0-common-usage',
    signature: `${NS.dsigMore}eddsa-ed25519`,
    establishment: 'x25519',
    settings: 'sign with Ed25519 and encrypt with X25519, HKDF, AES-128 key wrap and AES-128-GCM',
  },
  'edelivery-2.0-alternative-ec': {
    name: 'edelivery-2.0-alternative-ec',
    signature: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
    establishment: 'ecdh-es',
    settings:
      'sign with ECDSA (P-256, SHA-256) and encrypt with ECDH-ES (P-256), HKDF, AES-128 key wrap and AES-128-GCM',
  },
  'edelivery-1.15': {
    name: 'edelivery-1.15',
    signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    establishment: 'rsa-oaep',
    settings: 'sign with RSA-SHA256 and encrypt with RSA-OAEP (SHA-256, MGF1-SHA256) and AES-128-GCM',
  },
};

const all = Object.values(SECURITY_PROFILES);

/**
 * The profile that a message is made in, by its signature and by how the key of its payloads was established.
 * @param establishment undefined for a message without encrypted payloads
 * @throws EbmsFailure EBMS:0103 when the two are of different profiles
 */
export function profileSpoken(signature: string, establishment: KeyEstablishment | undefined): SecurityProfileName {
  const bySignature = all.find((profile) => profile.signature === signature);
  if (bySignature === undefined)
    throw new EbmsFailure('EBMS:0103', `The signature algorithm ${signature.slice(0, 100)} is not allowed.`);
  if (establishment !== undefined && establishment !== bySignature.establishment) {
    const byEncryption = all.find((profile) => profile.establishment === establishment);
    throw new EbmsFailure(
      'EBMS:0103',
      `The message is signed as in ${bySignature.name} but encrypted as in ${byEncryption?.name}. Set one profile for both: ${bySignature.settings}; or ${byEncryption?.settings}.`,
    );
  }
  return bySignature.name;
}

/**
 * Holds a partner to the profiles of the directory: its own, and that of this node. Nothing is negotiated, so that
 * nobody between the two can bring them down to a weaker one.
 * @param allowed the partner's profile and ours, as the directory has them
 * @throws EbmsFailure EBMS:0103 that says what to set
 */
export function checkProfile(spoken: SecurityProfileName, allowed: readonly SecurityProfileName[]): void {
  if (allowed.includes(spoken)) return;
  const settings = [...new Set(allowed)].map((name) => `${name}: ${SECURITY_PROFILES[name].settings}`);
  throw new EbmsFailure(
    'EBMS:0103',
    `The message is made in the profile ${spoken}, which the directory gives neither to its sender nor to this node. Set the sending access point to ${settings.join('; or to ')}.`,
  );
}
