import type { Exchange } from '../exchange/exchange.ts';
import type { DirectoryKeeper } from '../federation/directory-keeper.ts';
import { parseCertificate } from '../federation/member-certificates.ts';
import type { DirectoryCondition, NodeDescription, PartnerLine } from '../http/node-description.ts';
import type { NodeConfiguration } from './configuration.ts';
import { programVersion } from './program-version.ts';

function conditionOf(keeper: DirectoryKeeper): DirectoryCondition {
  const state = keeper.state();
  if (state === 'none' || keeper.held === null) return { state: 'missing' };
  const { serial, freshUntil, expiresAt } = keeper.held.directory;
  return { state, serial, freshUntil: new Date(freshUntil), expiresAt: new Date(expiresAt) };
}

/** What the node says of itself: its settings, and how directory and queue stand at the moment of asking. */
export function describeThisNode(
  configuration: NodeConfiguration,
  keeper: DirectoryKeeper,
  exchange: Exchange,
  clock: () => Date,
): () => Promise<NodeDescription> {
  const startedAt = clock();
  const version = programVersion();
  return async () => {
    const partners = await exchange.status();
    const undelivered = partners.reduce((sum, partner) => sum + partner.undelivered, 0);
    const oldest = partners
      .flatMap((partner) => (partner.oldestAt === null ? [] : [partner.oldestAt.getTime()]))
      .sort((one, other) => one - other)[0];
    return {
      country: configuration.country,
      countryName: configuration.name,
      authority: configuration.authority.name,
      offices: configuration.authority.offices,
      sample: configuration.sample,
      version,
      startedAt,
      directory: conditionOf(keeper),
      queue: { undelivered, ...(oldest === undefined ? {} : { oldestAt: new Date(oldest) }) },
    };
  };
}

/** One line per partner of the directory, for supervisors and operators. */
export function describePartners(
  configuration: NodeConfiguration,
  keeper: DirectoryKeeper,
  exchange: Exchange,
): () => Promise<readonly PartnerLine[]> {
  return async () => {
    const status = new Map((await exchange.status()).map((partner) => [partner.country, partner]));
    const members = keeper.held?.directory.members ?? [];
    return members
      .filter((member) => member.country !== configuration.country)
      .map((member) => {
        const queue = status.get(member.country);
        const ends = member.certificates.map(({ certificate }) => parseCertificate(certificate).validToDate.getTime());
        return {
          country: member.country,
          name: member.name,
          profile: member.profile,
          endpoint: member.endpoint,
          reachable: queue?.reachable ?? null,
          undelivered: queue?.undelivered ?? 0,
          oldestUndeliveredAt: queue?.oldestAt ?? null,
          lastReceiptAt: queue?.lastReceiptAt ?? null,
          lastError: queue?.lastError ?? null,
          certificatesEndAt: ends.length === 0 ? null : new Date(Math.min(...ends)),
        };
      });
  };
}
