import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedUrl, freePort, startEmbeddedPostgres } from '../store/embedded.ts';
import type { RegionFolder } from './region-folder.ts';
import { runningRegion } from './region-lock.ts';

/** The name of a node's database on the region's embedded server. */
export function databaseName(country: string): string {
  return `selat_${country.toLowerCase()}`;
}

/** The database of a node that has a server of its own: DATABASE_URL_TH for Thailand. */
export function ownDatabase(country: string): string | undefined {
  return process.env[`DATABASE_URL_${country}`];
}

/**
 * Does something with the databases of a region: on the server of the region that runs now, or on one started for the
 * purpose and stopped afterwards.
 */
export async function withRegionDatabase<Result>(
  folder: RegionFolder,
  work: (urlOf: (country: string) => string) => Promise<Result>,
): Promise<Result> {
  const running = runningRegion(folder);
  if (running !== null) {
    const password = readFileSync(join(folder.path, 'postgres-password'), 'utf8').trim();
    return work(
      (country) => ownDatabase(country) ?? embeddedUrl(password, running.databasePort, databaseName(country)),
    );
  }
  const postgres = await startEmbeddedPostgres({ folder: folder.database, port: await freePort() });
  try {
    return await work((country) => ownDatabase(country) ?? postgres.url(databaseName(country)));
  } finally {
    await postgres.stop();
  }
}
