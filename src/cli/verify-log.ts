import { Refusal } from '../documents/refusal.ts';
import { withRegionDatabase } from '../region/region-database.ts';
import { RegionFolder } from '../region/region-folder.ts';
import { type LogVerification, verifyLog } from '../store/log-chain.ts';
import { openPool } from '../store/pool.ts';

/** SQLSTATE 3D000: no such database; 42P01: no such table. */
function hasNoLog(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '3D000' || error.code === '42P01');
}

async function walk(url: string): Promise<LogVerification> {
  const pool = openPool(url, { maximumConnections: 1, statementTimeoutMilliseconds: 600_000 });
  try {
    return await verifyLog(pool);
  } catch (error) {
    if (!hasNoLog(error)) throw error;
    const { hostname, pathname } = new URL(url);
    throw new Refusal(
      'unavailable',
      'LOG-NOT-THERE',
      `There is no log in the database ${pathname.slice(1)} on ${hostname}: no node has used it yet. Start the node first, or name another database.`,
    );
  } finally {
    await pool.close();
  }
}

function tell(name: string, found: LogVerification): void {
  const verdict = found.faults.length === 0 ? 'whole' : `${found.faults.length} faults`;
  process.stdout.write(
    `${name}: ${verdict}: ${found.events} events in the chain, ${found.awaitingLink} written in the last moment, ${found.documents} documents\n  head ${found.head}\n`,
  );
  for (const fault of found.faults) process.stdout.write(`  ${fault.code} at ${fault.at}: ${fault.message}\n`);
}

/**
 * `selat verify-log`: walks the log of one database (`--database`, `DATABASE_URL`) or of the nodes of a region, running
 * or not, and tells what it found. Exit status 1 when anything is wrong.
 */
export async function verifyLogs(options: {
  readonly data: string;
  readonly node?: string;
  readonly database?: string;
  readonly json?: boolean;
}): Promise<void> {
  const results: { node: string; found: LogVerification }[] = [];
  const url = options.database ?? process.env['DATABASE_URL'];
  if (url !== undefined) results.push({ node: options.node ?? 'node', found: await walk(url) });
  else {
    const folder = new RegionFolder(options.data);
    const region = folder.read();
    if (region === null)
      throw new Refusal(
        'unavailable',
        'NODE-NOT-PREPARED',
        `There is no region in ${options.data}. Name its folder with --data, or a database with --database.`,
      );
    const wanted = options.node?.toUpperCase();
    const countries = region.countries.filter((country) => wanted === undefined || country === wanted);
    if (countries.length === 0)
      throw new Refusal(
        'invalid',
        'NODE-NOT-PREPARED',
        `The region has no node ${wanted}; it has ${region.countries.join(', ')}.`,
      );
    await withRegionDatabase(folder, async (urlOf) => {
      for (const country of countries) results.push({ node: country, found: await walk(urlOf(country)) });
    });
  }
  for (const { node, found } of results) {
    if (options.json === true)
      process.stdout.write(`${JSON.stringify({ node, whole: found.faults.length === 0, ...found })}\n`);
    else tell(node, found);
    if (found.faults.length > 0) process.exitCode = 1;
  }
}
