import { Refusal } from '../documents/refusal.ts';
import { carrySamples } from '../region/carry-samples.ts';
import { RegionFolder } from '../region/region-folder.ts';

/** `selat sample`: carries sample certificates through the running region whose folder is named. */
export async function sample(options: {
  readonly data: string;
  readonly samples: number;
  readonly json?: boolean;
}): Promise<void> {
  const region = new RegionFolder(options.data).read();
  if (region === null)
    throw new Refusal(
      'unavailable',
      'NODE-NOT-PREPARED',
      `There is no region in ${options.data}. Start one with "npm start", or name its folder with --data.`,
    );
  const say = (words: string): void => {
    if (options.json !== true) process.stdout.write(`  ${words}\n`);
  };
  const carried = await carrySamples(region, options.samples, say);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ carried })}\n`);
  else process.stdout.write(`${carried.length} of ${options.samples} carried and answered.\n`);
  if (carried.some((certificate) => certificate.outcome !== 'verified')) process.exitCode = 1;
}
