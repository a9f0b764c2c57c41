import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { createExchange, type Exchange } from '../src/exchange/exchange.ts';
import type { MessageKey } from '../src/exchange/message/message.ts';
import type { Deliver, Receipted } from '../src/exchange/ports.ts';
import type { SecurityProfileName } from '../src/exchange/security-profile.ts';
import type { SignerTrust, TrustPort } from '../src/exchange/trust-port.ts';
import {
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../src/pki/certificate-authority.ts';
import { judgeCertificate } from '../src/pki/certificate-path.ts';
import type { CertificateUse } from '../src/pki/certificate-use.ts';
import type { Pool } from '../src/store/pool.ts';

// The two members of the exchange benchmark, in a form that travels between processes, and an exchange made of one.
export const SERVICE = 'urn:bench:service';
export const ACTION = 'urn:bench:action';
const uses = ['as4-signing', 'as4-encryption', 'tls'] as const;

/** A member with its keys of one profile, all in PEM. */
export interface BenchMember {
  readonly country: string;
  readonly partyId: string;
  readonly profile: SecurityProfileName;
  readonly authority: string;
  readonly keys: Readonly<Record<(typeof uses)[number], { readonly privateKey: string; readonly certificate: string }>>;
}

export async function createBenchMember(country: string, profile: SecurityProfileName): Promise<BenchMember> {
  const now = Date.now();
  const notBefore = new Date(now - 86_400_000);
  const authority = await createNationalAuthority({ country, name: `${country} bench`, notBefore, years: 2 });
  const certify = async (use: CertificateUse) => {
    const privateKey = await generatePrivateKey(use, profile);
    const certificate = issueCertificate(authority, {
      use,
      country,
      commonName: `${country} ${use}`,
      publicKey: publicKeyOf(privateKey),
      notBefore,
      notAfter: new Date(now + 30 * 86_400_000),
      ...(use === 'tls' ? { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] } : {}),
    });
    return {
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      certificate: certificate.toString(),
    };
  };
  return {
    country,
    partyId: `urn:bench:${country}`,
    profile,
    authority: authority.certificate.toString(),
    keys: {
      'as4-signing': await certify('as4-signing'),
      'as4-encryption': await certify('as4-encryption'),
      tls: await certify('tls'),
    },
  };
}

export function keyOf(member: BenchMember, use: (typeof uses)[number]): MessageKey {
  const { privateKey, certificate } = member.keys[use];
  return { privateKey: createPrivateKey(privateKey), certificate: new X509Certificate(certificate) };
}

/** Judges by the path and keeps judgements by fingerprint, as the federation directory does. */
function benchTrust(
  own: BenchMember,
  members: readonly BenchMember[],
  endpoints: Readonly<Record<string, string>>,
): TrustPort {
  const judged = new Map<string, SignerTrust>();
  const authorities = new Map(members.map((each) => [each.country, [new X509Certificate(each.authority)]]));
  const encryption = new Map(members.map((each) => [each.country, keyOf(each, 'as4-encryption').certificate]));
  return {
    partner(country) {
      const member = members.find((each) => each.country === country);
      return member === undefined
        ? undefined
        : {
            country,
            partyId: member.partyId,
            endpoint: endpoints[country] ?? '',
            profile: member.profile,
            encryptionCertificate: encryption.get(country),
            tlsAuthorities: authorities.get(country) ?? [],
          };
    },
    ownProfile: () => own.profile,
    signingCertificates: () => [],
    countryOfParty: (partyId) => members.find((each) => each.partyId === partyId)?.country,
    judgeSigner({ certificate, use, at }) {
      const key = `${use} ${certificate.fingerprint256}`;
      const known = judged.get(key);
      if (known !== undefined) return known;
      let verdict: SignerTrust = { trusted: false, code: 'SIGNER-UNKNOWN', reason: 'nobody certified it' };
      for (const [country, held] of authorities) {
        const path = judgeCertificate({ certificate, authorities: held, use, at, country, revocations: [] });
        if (path.trusted) verdict = { trusted: true, country };
      }
      judged.set(key, verdict);
      return verdict;
    },
  };
}

/** What an exchange of the benchmark works with. */
export interface BenchExchangeTerms {
  readonly pool: Pool;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly perPartner: number;
  readonly receipted: Receipted;
  readonly deliver?: Deliver;
}

/** An exchange as a node makes it; deliveries are taken and nothing more, since a journey is not what is measured. */
export function createBenchExchange(
  member: BenchMember,
  members: readonly BenchMember[],
  terms: BenchExchangeTerms,
): Exchange {
  // Only the member's own profile is spoken here; the others have no keys of their own.
  const signing = keyOf(member, 'as4-signing');
  const keys = {
    signing: {
      'edelivery-2.0-common-usage': signing,
      'edelivery-2.0-alternative-ec': signing,
      'edelivery-1.15': signing,
    },
    decryption: [keyOf(member, 'as4-encryption')],
    tls: keyOf(member, 'tls'),
  };
  const complain = (fields: object, message: string): void => console.error(message, fields);
  return createExchange({
    pool: terms.pool,
    country: member.country,
    partyId: member.partyId,
    keys: () => keys,
    trust: benchTrust(member, members, terms.endpoints),
    clock: () => new Date(),
    newId: randomUUID,
    log: { info: () => undefined, warn: complain, error: complain },
    services: [{ service: SERVICE, actions: [ACTION] }],
    deliver: terms.deliver ?? (() => Promise.resolve({ taken: true })),
    receipted: terms.receipted,
    dispatch: { perPartner: terms.perPartner },
  });
}
