import type { X509Certificate } from 'node:crypto';
import type { SchemeId } from '../documents/types.ts';
import { composeMember, writeInstant } from '../federation/compose-directory.ts';
import type { Member } from '../federation/directory.ts';
import type { NodeConfiguration } from '../node/configuration.ts';
import type { CertificateUse } from '../pki/certificate-use.ts';
import type { NodeKeys } from '../pki/key-store.ts';

function certificatesOf(
  use: CertificateUse,
  keys: NodeKeys['as4Signing'],
): { use: CertificateUse; certificate: X509Certificate }[] {
  return Object.values(keys).map(({ certificate }) => ({ use, certificate }));
}

/** A node as it stands in the directory: where it is, its authority and certificates, what it may issue. */
export function describeMember(configuration: NodeConfiguration, keys: NodeKeys, schemes: readonly SchemeId[]): Member {
  if (keys.authority === undefined) throw new Error(`${configuration.country} has no authority beside its keys`);
  const from = writeInstant(keys.authority.certificate.validFromDate);
  return composeMember({
    country: configuration.country,
    name: configuration.authority.name,
    partyId: configuration.partyId,
    endpoint: configuration.as4.endpoint,
    profile: configuration.profile ?? 'edelivery-2.0-common-usage',
    authorities: [keys.authority.certificate],
    certificates: [
      { use: 'sealing', certificate: keys.sealing.certificate },
      ...certificatesOf('as4-signing', keys.as4Signing),
      ...certificatesOf('as4-encryption', keys.as4Encryption),
      { use: 'tls', certificate: keys.tls.certificate },
    ],
    mayIssue: schemes.map((scheme) => ({ kind: 'certificate-of-origin', scheme, from })),
    pagesUrl: configuration.pages.url,
  });
}
