import { Refusal } from '../documents/refusal.ts';
import { RegionFolder } from '../region/region-folder.ts';
import { runSamples } from '../region/run-samples.ts';
import { clearanceLines } from './clearance-summary.ts';
import { print } from './words.ts';

/** `selat sample`: carries samples through the running region whose folder is named. */
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
  const run = await runSamples(region, options.samples, say);
  const { carried, cleared } = run;
  if (options.json === true) process.stdout.write(`${JSON.stringify(run)}\n`);
  else print(`${carried.length} of ${options.samples} carried and answered.`, ...clearanceLines(run), '');
  const failed = carried.some(({ outcome }) => outcome !== 'verified') || cleared.length < carried.length;
  if (failed || carried.length < options.samples) process.exitCode = 1;
}
