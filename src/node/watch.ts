import { statfs } from 'node:fs/promises';
import type { Exchange } from '../exchange/exchange.ts';
import { readLoggedAlarms } from '../exchange/operations/open-alarms.ts';
import type { DirectoryKeeper } from '../federation/directory-keeper.ts';
import type { AlarmLine, PartnerLine } from '../http/node-description.ts';
import type { Pool } from '../store/pool.ts';
import { alarmsOf, type Condition } from './alarms.ts';
import { type CertificateEnd, certificateEnds } from './certificate-ends.ts';
import type { NodeConfiguration } from './configuration.ts';
import { conditionOf, describePartners } from './describe.ts';
import type { NodeNumbers } from './metrics.ts';

/** What looks after the whole node is made of. */
export interface WatchParts {
  readonly configuration: NodeConfiguration;
  /** Folder with node.json. */
  readonly folder: string;
  readonly keeper: DirectoryKeeper;
  readonly exchange: Exchange;
  readonly pool: Pool;
  readonly clock: () => Date;
}

/** How the node stands, for people and for machines that watch it. */
export interface Watch {
  readonly partners: () => Promise<readonly PartnerLine[]>;
  alarms(): Promise<readonly AlarmLine[]>;
  numbers(): Promise<NodeNumbers>;
}

async function diskOf(folder: string): Promise<Condition['disk']> {
  try {
    const { bavail, bsize, blocks } = await statfs(folder);
    return { freeBytes: bavail * bsize, bytes: blocks * bsize };
  } catch {
    return undefined;
  }
}

function certificatesOf(keeper: DirectoryKeeper): ReadonlyMap<string, readonly CertificateEnd[]> {
  const members = keeper.held?.directory.members ?? [];
  return new Map(members.map((member) => [member.country, certificateEnds(member)]));
}

/** Looks at queues, directory, certificates, log and machine of a node. */
export function watchNode(parts: WatchParts): Watch {
  const { configuration, folder, keeper, exchange, pool, clock } = parts;
  const partners = describePartners(configuration, keeper, exchange);
  const condition = async (): Promise<Condition> => ({
    country: configuration.country,
    partners: await partners(),
    directory: conditionOf(keeper),
    certificates: certificatesOf(keeper),
    logged: await readLoggedAlarms(pool),
    waitingForDatabase: pool.driver.waitingCount,
    disk: await diskOf(folder),
  });
  return {
    partners,
    alarms: async () => alarmsOf(await condition(), clock()),
    async numbers() {
      const found = await condition();
      const { totalCount, idleCount, waitingCount } = pool.driver;
      return {
        partners: found.partners,
        directory: found.directory,
        certificates: found.certificates,
        alarms: alarmsOf(found, clock()),
        pool: { total: totalCount, idle: idleCount, waiting: waitingCount },
      };
    },
  };
}
