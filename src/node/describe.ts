import type { Exchange } from '../exchange/exchange.ts';
import type { PartnerStatus } from '../exchange/ports.ts';
import type { Member } from '../federation/directory.ts';
import type { DirectoryKeeper } from '../federation/directory-keeper.ts';
import type { DirectoryCondition, NodeDescription, PartnerLine } from '../http/node-description.ts';
import { certificateEnds } from './certificate-ends.ts';
import type { NodeConfiguration } from './configuration.ts';
import { programVersion } from './program-version.ts';

const NONE = { count: 0, oldestAt: null };
const NOT_LISTED = 'not in the directory';

/** How the directory that the node holds stands at the moment. */
export function conditionOf(keeper: DirectoryKeeper): DirectoryCondition {
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

/** One line per partner of the directory, and per country that messages wait for although it is not in there any more. */
export function describePartners(
  configuration: NodeConfiguration,
  keeper: DirectoryKeeper,
  exchange: Exchange,
): () => Promise<readonly PartnerLine[]> {
  return async () => {
    const status = new Map((await exchange.status()).map((partner) => [partner.country, partner]));
    const members = (keeper.held?.directory.members ?? []).filter(({ country }) => country !== configuration.country);
    const strangers = [...status.values()].filter(
      (partner) => isOpen(partner) && !members.some(({ country }) => country === partner.country),
    );
    return [
      ...members.map((member) => lineOf(member, status.get(member.country))),
      ...strangers.map((partner) => lineOf({ country: partner.country, name: partner.country }, partner)),
    ];
  };
}

/** What a partner's line takes of the directory. */
type Listed = Pick<Member, 'country' | 'name'> & Partial<Member>;

function lineOf(listed: Listed, queue: PartnerStatus | undefined): PartnerLine {
  const { certificates, authorities } = listed;
  const ends =
    certificates === undefined || authorities === undefined
      ? []
      : certificateEnds({ certificates, authorities }).map(({ endsAt }) => endsAt.getTime());
  return {
    country: listed.country,
    name: listed.name,
    profile: listed.profile ?? NOT_LISTED,
    endpoint: listed.endpoint ?? NOT_LISTED,
    pulls: listed.pull === true,
    reachable: queue?.reachable ?? null,
    restsUntil: queue?.restsUntil ?? null,
    hold: queue?.hold ?? null,
    undelivered: queue?.undelivered ?? 0,
    oldestUndeliveredAt: queue?.oldestAt ?? null,
    queued: queue?.queued ?? NONE,
    held: queue?.held ?? NONE,
    failed: queue?.failed ?? NONE,
    quarantined: queue?.quarantined ?? NONE,
    lastReceiptAt: queue?.lastReceiptAt ?? null,
    lastErrorCode: queue?.lastErrorCode ?? null,
    lastError: queue?.lastError ?? null,
    certificatesEndAt: ends.length === 0 ? null : new Date(Math.min(...ends)),
  };
}

/** Whether something about a partner still needs somebody. */
function isOpen({ undelivered, failed, quarantined, hold }: PartnerStatus): boolean {
  return undelivered + failed.count + quarantined.count > 0 || hold !== null;
}
