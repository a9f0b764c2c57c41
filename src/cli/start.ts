import { type Logger, pino } from 'pino';
import { Refusal } from '../documents/refusal.ts';
import { startNode } from '../node/start-node.ts';
import { lanes } from '../region/carry-samples.ts';
import { RegionFolder } from '../region/region-folder.ts';
import { runSamples } from '../region/run-samples.ts';
import { ensureSamplePeople } from '../region/sample-people.ts';
import { ensureSampleRates } from '../region/sample-rates.ts';
import { type StartedRegion, startRegion } from '../region/start-region.ts';
import { summarise } from './start-summary.ts';

/** What the command line says of a start. */
export interface StartOptions {
  readonly countries?: readonly string[];
  readonly port: number;
  readonly data: string;
  readonly fresh?: boolean;
  readonly samples?: number;
  readonly node?: string;
  readonly json?: boolean;
}

const levels = ['debug', 'info', 'warn', 'error'];

function openLog(usual: string): Logger {
  const wanted = process.env['SELAT_LOG'];
  const level = wanted !== undefined && levels.includes(wanted) ? wanted : usual;
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
  );
}

/** Resolves at the first signal to stop; a second one ends the process at once. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let told = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (told && signal === 'SIGINT') process.exit(130);
        told = true;
        resolve(signal);
      });
  });
}

async function startOne(options: StartOptions, country: string): Promise<void> {
  const folder = new RegionFolder(options.data);
  const databaseUrl = process.env['DATABASE_URL'] ?? process.env[`DATABASE_URL_${country}`];
  if (databaseUrl === undefined)
    throw new Refusal(
      'unavailable',
      'DATABASE-NOT-NAMED',
      'One node alone has no embedded database: set DATABASE_URL to a PostgreSQL server, such as postgres://user:password@host/database. (Without --node, "selat start" brings its own.)',
    );
  const stopped = stopSignal();
  const clock = (): Date => new Date();
  const node = await startNode({
    folder: folder.node(country),
    anchorFile: folder.anchor,
    databaseUrl,
    passphrase: process.env['SELAT_KEY_PASSPHRASE'],
    log: openLog('info'),
    clock,
  });
  const people = folder.read()?.nodes[country]?.people ?? [];
  if (node.configuration.sample) {
    await ensureSamplePeople(node.pool, country, people, clock());
    await ensureSampleRates(node.pool, country, clock());
  }
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ country, pages: node.configuration.pages.url, as4: node.configuration.as4.endpoint })}\n`
      : `${node.configuration.name} is up at ${node.configuration.pages.url}; partners reach it at ${node.configuration.as4.endpoint}\n`,
  );
  await stopped;
  await node.stop();
}

/** How many samples to carry: as many as asked, else one when the region is new and has a lane for it. */
function sampleCount(options: StartOptions, region: StartedRegion): number {
  if (lanes(region.description.countries, new Date()).length === 0) return 0;
  return options.samples ?? (region.isEmpty ? 1 : 0);
}

async function startAll(options: StartOptions): Promise<void> {
  const quiet = options.json === true;
  const begun = performance.now();
  const say = (words: string): void => {
    if (!quiet) process.stdout.write(`  ${words}\n`);
  };
  const stopped = stopSignal();
  const folder = new RegionFolder(options.data);
  const region = await startRegion({
    folder,
    countries: options.countries,
    port: options.port,
    fresh: options.fresh === true,
    passphrase: process.env['SELAT_KEY_PASSPHRASE'],
    log: openLog('error'),
    clock: () => new Date(),
    progress: say,
  });
  try {
    const run = await runSamples(region.description, sampleCount(options, region), say);
    const seconds = (performance.now() - begun) / 1_000;
    process.stdout.write(summarise({ region, run, folder, seconds, json: quiet, samplesAsked: options.samples }));
    const why = await Promise.race([stopped, region.databaseEnded.then(() => 'database')]);
    if (why === 'database')
      throw new Refusal(
        'unavailable',
        'DATABASE-ENDED',
        `The embedded database ended by itself (disk full, or ended from outside). Look at the disk of ${region.databaseFolder ?? folder.database} and start again; what was acknowledged is there.`,
      );
    say('Stopping …');
  } finally {
    await region.stop();
  }
  say('Stopped. The next start has everything that was there.');
}

/** `selat start`: a region of nodes on this machine, or with `--node` one node of it; stays up until a signal. */
export async function start(options: StartOptions): Promise<void> {
  if (options.node === undefined) await startAll(options);
  else await startOne(options, options.node.toUpperCase());
}
