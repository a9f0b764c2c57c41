import { prepareRegion } from '../region/prepare-region.ts';
import { RegionFolder } from '../region/region-folder.ts';

/** What the command line says of a region to be prepared. */
export interface PrepareOptions {
  readonly countries?: readonly string[];
  readonly port: number;
  readonly data: string;
  readonly host: string;
  readonly json?: boolean;
}

/** `selat prepare`: makes keys, settings and the signed directory of a region, and tells who can sign in. */
export async function prepare(options: PrepareOptions): Promise<void> {
  const say = (words: string): void => {
    if (options.json !== true) process.stdout.write(`  ${words}\n`);
  };
  const folder = new RegionFolder(options.data);
  const region = await prepareRegion(
    folder,
    {
      countries: options.countries ?? (folder.read() === null ? ['TH', 'VN', 'JP'] : []),
      port: options.port,
      host: options.host,
      passphrase: process.env['SELAT_KEY_PASSPHRASE'],
      now: new Date(),
    },
    say,
  );
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ folder: folder.path, ...region })}\n`);
    return;
  }
  for (const country of region.countries) {
    const node = region.nodes[country];
    process.stdout.write(`${country}  ${node?.pagesUrl}\n`);
    for (const person of node?.people ?? [])
      process.stdout.write(`    ${person.username.padEnd(12)} ${person.password}  ${person.role}\n`);
  }
  process.stdout.write(
    `Prepared in ${folder.path}. Start each node with "selat start --node COUNTRY --data ${options.data}".\n`,
  );
}
