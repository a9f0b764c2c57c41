import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageKey } from '../../../src/exchange/message/message.ts';
import type { SecurityProfileName } from '../../../src/exchange/security-profile.ts';
import type { TestMember } from '../../exchange/members.ts';
import { ACTION, SERVICE } from '../../exchange/running-exchange.ts';

/** Writes a key and its certificate as PEM files, as the glue reads them. */
function writeKey(folder: string, name: string, { privateKey, certificate }: MessageKey): object {
  const key = join(folder, `${name}-key.pem`);
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return { key, certificate: writeCertificate(folder, name, certificate) };
}

/** Writes a certificate as PEM file and says where. */
export function writeCertificate(folder: string, name: string, certificate: MessageKey['certificate']): string {
  const file = join(folder, `${name}.pem`);
  writeFileSync(file, certificate.toString());
  return file;
}

/**
 * Writes the configuration of phase4 as a member that speaks one profile with one partner; says where.
 * @param name what commands call it; prefix of the files
 */
export function writeConfiguration(
  folder: string,
  name: string,
  profile: SecurityProfileName,
  member: TestMember,
  partner: TestMember,
): string {
  const file = join(folder, `${name}.json`);
  const configuration = {
    name,
    profile,
    partyId: member.partyId,
    partnerPartyId: partner.partyId,
    service: SERVICE,
    action: ACTION,
    signing: writeKey(folder, `${name}-signing`, member.keys.signing[profile]),
    decryption: writeKey(folder, `${name}-decryption`, member.keys.encryption[profile]),
    tls: writeKey(folder, `${name}-tls`, member.tls),
    authorities: [writeCertificate(folder, `${name}-authority`, partner.authority.certificate)],
  };
  writeFileSync(file, JSON.stringify(configuration));
  return file;
}
