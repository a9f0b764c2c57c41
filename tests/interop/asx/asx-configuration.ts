import { PARTY_TYPE } from '../../../src/exchange/envelope/write-envelope.ts';
import type { MessageKey } from '../../../src/exchange/message/message.ts';
import type { MessageProfile } from '../../../src/pki/message-keys.ts';
import type { TestMember } from '../../exchange/members.ts';
import type { AsxConfiguration, PemKey } from './process.ts';

/** The only security profile that Selat and asx-rs share: RSA keys for both uses. */
export const SHARED_PROFILE = 'edelivery-1.15' satisfies MessageProfile;

function inPem(key: MessageKey): PemKey {
  return {
    certificate: key.certificate.toString(),
    key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/**
 * What asx-rs is to be: an access point of one member that exchanges with another.
 * @param profile as asx-rs calls it
 * @param endpoint where the other one takes messages
 * @param authorities of every member that asx-rs may hear of
 * @param keys the security profile whose keys of the members are used
 */
export function asxConfiguration(
  profile: string,
  local: TestMember,
  partner: TestMember,
  endpoint: string,
  authorities: readonly TestMember['authority'][],
  keys: MessageProfile = SHARED_PROFILE,
): AsxConfiguration {
  return {
    profile,
    local: {
      partyId: local.partyId,
      partyType: PARTY_TYPE,
      signing: inPem(local.keys.signing[keys]),
      encryption: inPem(local.keys.encryption[keys]),
      tls: inPem(local.tls),
    },
    partner: {
      partyId: partner.partyId,
      partyType: PARTY_TYPE,
      endpoint,
      signing: partner.keys.signing[keys].certificate.toString(),
      encryption: partner.keys.encryption[keys].certificate.toString(),
    },
    anchors: authorities.map(({ certificate }) => certificate.toString()),
  };
}
