import { existsSync, mkdirSync, rmSync } from 'node:fs';
import type { Logger } from 'pino';
import { Refusal } from '../documents/refusal.ts';
import { type RunningNode, startNode } from '../node/start-node.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../store/embedded.ts';
import { placeEmbeddedFiles } from '../store/embedded-files.ts';
import type { Pool } from '../store/pool.ts';
import { explainFolder } from './fault-of-folder.ts';
import { prepareRegion } from './prepare-region.ts';
import { databaseName, ownDatabase } from './region-database.ts';
import type { RegionDescription, RegionFolder } from './region-folder.ts';
import { lockRegion, runningRegion } from './region-lock.ts';
import { ensureSamplePeople } from './sample-people.ts';
import { ensureSampleRates } from './sample-rates.ts';

/** How a region is to be started. */
export interface RegionStart {
  readonly folder: RegionFolder;
  /** Undefined: those the folder has, or TH, VN and JP in a new one. */
  readonly countries: readonly string[] | undefined;
  /** First port: the database's; each country takes the next ten. */
  readonly port: number;
  readonly fresh: boolean;
  readonly passphrase: string | undefined;
  readonly log: Logger;
  readonly clock: () => Date;
  readonly progress: (words: string) => void;
}

/** A region that runs. */
export interface StartedRegion {
  readonly description: RegionDescription;
  readonly nodes: readonly RunningNode[];
  /** True while no node has any document yet. */
  readonly isEmpty: boolean;
  /** Where the embedded server keeps its files; undefined when every node has a server of its own. */
  readonly databaseFolder: string | undefined;
  /** Resolves when the embedded server ends by itself: then the region cannot go on. */
  readonly databaseEnded: Promise<void>;
  stop(): Promise<void>;
}

const defaultCountries = ['TH', 'VN', 'JP'];

/** Deletes what a region is, here and where root's database lies. */
function deleteRegion(folder: RegionFolder): void {
  if (runningRegion(folder) !== null)
    throw new Refusal(
      'conflict',
      'REGION-RUNNING',
      `The region in ${folder.path} runs at the moment; stop it before you delete it with --fresh.`,
    );
  if (existsSync(folder.path) && !existsSync(folder.description) && !existsSync(folder.database))
    throw new Refusal(
      'conflict',
      'FOLDER-NOT-A-REGION',
      `${folder.path} is not a folder of Selat's, so it is not deleted. Choose another with --data.`,
    );
  const { dataFolder } = placeEmbeddedFiles(folder.database);
  rmSync(dataFolder, { recursive: true, force: true });
  rmSync(folder.path, { recursive: true, force: true });
}

/**
 * Starts several national nodes on this machine: one embedded database server with a database per node, keys and the
 * signed directory on first use, sample firms and people, then each node.
 * @throws a Refusal with a sentence that says what to do; what was started is stopped again
 */
export async function startRegion(terms: RegionStart): Promise<StartedRegion> {
  const { folder, progress } = terms;
  if (terms.fresh) deleteRegion(folder);
  const before = folder.read();
  const countries = terms.countries ?? before?.countries ?? defaultCountries;
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of started.toReversed()) await end();
  };
  try {
    mkdirSync(folder.path, { recursive: true, mode: 0o755 });
    const unlock = lockRegion(folder, terms.port);
    started.push(async () => unlock());
    const now = terms.clock();
    const description = await prepareRegion(
      folder,
      { countries, port: terms.port, host: '127.0.0.1', passphrase: terms.passphrase, now },
      progress,
    );
    let postgres: EmbeddedPostgres | undefined;
    if (countries.some((country) => ownDatabase(country) === undefined)) {
      progress(before === null ? 'Making the database' : 'Starting the database');
      postgres = await startEmbeddedPostgres({ folder: folder.database, port: terms.port });
      const running = postgres;
      started.push(() => running.stop());
    }
    const server = postgres;
    const starts = await Promise.allSettled(
      countries.map(async (country) => {
        const databaseUrl = ownDatabase(country) ?? (await embeddedDatabase(server, country));
        const node = await startNode({
          folder: folder.node(country),
          anchorFile: folder.anchor,
          databaseUrl,
          passphrase: terms.passphrase,
          log: terms.log.child({ node: country }),
          clock: terms.clock,
        });
        started.push(() => node.stop());
        await ensureSamplePeople(node.pool, country, description.nodes[country]?.people ?? [], now);
        await ensureSampleRates(node.pool, country, now);
        progress(`${node.configuration.name} is up at ${node.configuration.pages.url}`);
        return node;
      }),
    );
    // All have ended before the first failure is told, so that every node that did start is stopped again.
    const nodes = starts.map((start) => {
      if (start.status === 'rejected') throw start.reason;
      return start.value;
    });
    return {
      description: { ...description, countries },
      nodes,
      isEmpty: (await Promise.all(nodes.map((node) => hasDocuments(node.pool)))).every((has) => !has),
      databaseFolder: postgres?.dataFolder,
      databaseEnded: postgres?.ended ?? new Promise(() => {}),
      stop,
    };
  } catch (error) {
    await stop();
    throw explainFolder(error, folder.path);
  }
}

async function hasDocuments(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ has: boolean }>({ text: 'select exists (select from documents) as has' });
  return rows[0]?.has === true;
}

async function embeddedDatabase(postgres: EmbeddedPostgres | undefined, country: string): Promise<string> {
  if (postgres === undefined) throw new Error('there is no embedded database server');
  await postgres.ensureDatabase(databaseName(country));
  return postgres.url(databaseName(country));
}
