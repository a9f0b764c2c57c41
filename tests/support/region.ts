import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { SampleUser } from '../../src/region/client.ts';
import { RegionFolder } from '../../src/region/region-folder.ts';
import { type StartedRegion, startRegion } from '../../src/region/start-region.ts';
import { createEmptyDatabase } from './database.ts';

/** A region of whole nodes for one test file, each on a database of its own. */
export interface TestRegion {
  readonly region: StartedRegion;
  readonly folder: RegionFolder;
  /** Someone signed in at a country's node. */
  user(country: string, username: string): Promise<SampleUser>;
  address(country: string): string;
  /** Stops the nodes and starts them again on the same folder and databases. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A first port from which on a region of some nodes finds its ports free. */
async function freePorts(nodes: number): Promise<number> {
  for (;;) {
    const first = 20_000 + 100 * Math.floor(Math.random() * 120);
    const wanted = Array.from({ length: nodes }, (_, index) => first + 10 * (index + 1));
    const free = await Promise.all(wanted.flatMap((port) => [isFree(port), isFree(port + 1)]));
    if (free.every((one) => one)) return first;
  }
}

/** Starts a region for tests; its nodes log errors only, unless they are given a log to write to. */
export async function startTestRegion(countries: readonly string[], log?: Logger): Promise<TestRegion> {
  const path = mkdtempSync(join(tmpdir(), 'selat-region-'));
  const folder = new RegionFolder(path);
  const databases = await Promise.all(countries.map(() => createEmptyDatabase()));
  countries.forEach((country, index) => {
    process.env[`DATABASE_URL_${country}`] = databases[index]?.url ?? '';
  });
  const port = await freePorts(countries.length);
  const start = (): Promise<StartedRegion> =>
    startRegion({
      folder,
      countries,
      port,
      fresh: false,
      passphrase: undefined,
      log: log ?? pino<never>({ level: process.env['SELAT_LOG'] ?? 'fatal' }),
      clock: () => new Date(),
      progress: () => {},
    });
  let region = await start();
  return {
    get region() {
      return region;
    },
    folder,
    address: (country) => region.description.nodes[country]?.pagesUrl ?? '',
    async user(country, username) {
      const node = region.description.nodes[country];
      const person = node?.people.find((candidate) => candidate.username === username);
      if (node === undefined || person === undefined) throw new Error(`no ${username} in ${country}`);
      const user = new SampleUser(node.pagesUrl, username);
      await user.signIn(person.password);
      return user;
    },
    async restart() {
      await region.stop();
      region = await start();
    },
    async end() {
      await region.stop();
      await Promise.all(databases.map((database) => database.drop()));
      rmSync(path, { recursive: true, force: true });
    },
  };
}
