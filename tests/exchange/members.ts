import type { KeyObject } from 'node:crypto';
import type { MessageKey } from '../../src/exchange/message.ts';
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

/** The instant at which these tests play unless they say another. */
export const NOW = new Date('2026-03-01T08:00:00.000Z');
const YEAR = 365 * 86_400_000;

/** A member of the federation with its keys. */
export interface TestMember {
  readonly country: string;
  readonly partyId: string;
  readonly authority: CertifiedKey;
  readonly signing: MessageKey;
  readonly encryption: MessageKey;
  readonly tls: MessageKey;
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
export async function createMember(country: string): Promise<TestMember> {
  const authority = await createNationalAuthority({
    country,
    name: `${country} test authority`,
    notBefore: new Date(NOW.getTime() - YEAR),
    years: 8,
  });
  const key = async (use: CertificateUse): Promise<MessageKey> =>
    certify(authority, country, use, await generatePrivateKey(use));
  return {
    country,
    partyId: `urn:test:party:${country.toLowerCase()}`,
    authority,
    signing: await key('as4-signing'),
    encryption: await key('as4-encryption'),
    tls: await key('tls'),
  };
}

/** Trust as a directory of these members would give it; `endpoints` says where each takes messages. */
export function trustIn(members: readonly TestMember[], endpoints: Readonly<Record<string, string>> = {}): TrustPort {
  return {
    partner(country) {
      const member = members.find((each) => each.country === country);
      if (member === undefined) return undefined;
      return {
        country,
        partyId: member.partyId,
        endpoint: endpoints[country] ?? 'https://127.0.0.1:9/as4',
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
