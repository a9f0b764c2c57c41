import type { KeyObject } from 'node:crypto';
import type { MessageKey } from '../../src/exchange/message/message.ts';
import type { TrustPort } from '../../src/exchange/trust-port.ts';
import {
  type CertifiedKey,
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import { judgeCertificate } from '../../src/pki/certificate-path.ts';
import type { CertificateUse } from '../../src/pki/certificate-use.ts';
import { MESSAGE_PROFILES, type MessageProfile } from '../../src/pki/message-keys.ts';

/** The instant at which these tests play unless they say another. */
export const NOW = new Date('2026-03-01T08:00:00.000Z');
const YEAR = 365 * 86_400_000;

/** A member of the federation with its keys. */
export interface TestMember {
  readonly country: string;
  readonly partyId: string;
  readonly authority: CertifiedKey;
  /** In which it is sent to, and of which `signing` and `encryption` are. */
  readonly profile: MessageProfile;
  /** Whether it pulls its messages. */
  readonly pull?: true;
  readonly signing: MessageKey;
  readonly encryption: MessageKey;
  readonly tls: MessageKey;
  /** Its keys for messages in every profile. */
  readonly keys: {
    readonly signing: Readonly<Record<MessageProfile, MessageKey>>;
    readonly encryption: Readonly<Record<MessageProfile, MessageKey>>;
  };
}

/** Certifies a key of a member's authority for one use; certificates hold from a year before NOW to five years after. */
export function certify(
  authority: CertifiedKey,
  country: string,
  use: CertificateUse,
  privateKey: KeyObject,
): MessageKey {
  const certificate = issueCertificate(authority, {
    use,
    country,
    commonName: `${country} ${use}`,
    publicKey: publicKeyOf(privateKey),
    notBefore: new Date(NOW.getTime() - YEAR),
    notAfter: new Date(NOW.getTime() + 5 * YEAR),
    ...(use === 'tls' ? { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] } : {}),
  });
  return { privateKey, certificate };
}

/** Makes a member with an authority of its own. */
export async function createMember(
  country: string,
  profile: MessageProfile = 'edelivery-2.0-common-usage',
): Promise<TestMember> {
  const authority = await createNationalAuthority({
    country,
    name: `${country} test authority`,
    notBefore: new Date(NOW.getTime() - YEAR),
    years: 8,
  });
  const key = async (use: CertificateUse, of?: MessageProfile): Promise<MessageKey> =>
    certify(authority, country, use, await generatePrivateKey(use, of));
  const every = async (use: CertificateUse): Promise<Record<MessageProfile, MessageKey>> => {
    const [commonUsage, alternative, former] = await Promise.all(MESSAGE_PROFILES.map((of) => key(use, of)));
    if (commonUsage === undefined || alternative === undefined || former === undefined) throw new Error('no keys');
    return {
      'edelivery-2.0-common-usage': commonUsage,
      'edelivery-2.0-alternative-ec': alternative,
      'edelivery-1.15': former,
    };
  };
  const [signing, encryption] = await Promise.all([every('as4-signing'), every('as4-encryption')]);
  return {
    country,
    partyId: `urn:test:party:${country.toLowerCase()}`,
    authority,
    profile,
    signing: signing[profile],
    encryption: encryption[profile],
    tls: await key('tls'),
    keys: { signing, encryption },
  };
}

/**
 * Trust as a directory of these members would give it; `endpoints` says where each takes messages, `own` whose view it
 * is.
 */
export function trustIn(
  members: readonly TestMember[],
  endpoints: Readonly<Record<string, string>> = {},
  own?: TestMember,
): TrustPort {
  return {
    ownProfile: () => own?.profile ?? 'edelivery-2.0-common-usage',
    signingCertificates: (country) =>
      Object.values(members.find((each) => each.country === country)?.keys.signing ?? {}).map(
        ({ certificate }) => certificate,
      ),
    partner(country) {
      const member = members.find((each) => each.country === country);
      if (member === undefined) return undefined;
      return {
        country,
        partyId: member.partyId,
        endpoint: endpoints[country] ?? 'https://127.0.0.1:9/as4',
        profile: member.profile,
        ...(member.pull === undefined ? {} : { pull: member.pull }),
        encryptionCertificate: member.encryption.certificate,
        tlsAuthorities: [member.authority.certificate],
      };
    },
    countryOfParty: (partyId) => members.find((each) => each.partyId === partyId)?.country,
    judgeSigner({ certificate, use, at }) {
      let last = { trusted: false as const, code: 'SIGNER-UNKNOWN', reason: 'no member has certified this key' };
      for (const { country, authority } of members) {
        const judgement = judgeCertificate({
          certificate,
          authorities: [authority.certificate],
          use,
          at,
          country,
          revocations: [],
        });
        if (judgement.trusted) return { trusted: true, country };
        last = judgement;
      }
      return last;
    },
  };
}
