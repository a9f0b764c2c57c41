import { type Command, InvalidArgumentError, Option } from 'commander';

function day(text: string): string {
  const date = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text))
    throw new InvalidArgumentError('It must be a day of the calendar, such as 2026-01-31.');
  return text;
}

function moment(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('It must be a moment, such as 2026-03-01T00:00:00Z.');
  return date.toISOString();
}

function country(text: string): string {
  if (!/^[A-Za-z]{2}$/.test(text)) throw new InvalidArgumentError('It must be a two-letter country code, such as VN.');
  return text.toUpperCase();
}

/** Adds the commands of whoever looks at clearance times. */
export function addTimingCommands(program: Command): void {
  program
    .command('timing')
    .description('Clearance times, each figure with what it means.')
    .command('show', { isDefault: true })
    .description(
      'Compare clearance times of a period, by country and channel: how many, how many still open, median and p90.',
    )
    .addOption(
      new Option('--url <address>', 'address of one node’s API (token of an analyst in SELAT_TOKEN)').env('SELAT_URL'),
    )
    .addOption(new Option('--data <folder>', 'folder of a region on this machine').env('SELAT_DATA').default('.selat'))
    .addOption(new Option('--node <country>', 'only this country of the region (default: all)').argParser(country))
    .addOption(
      new Option('--from <day>', 'first day of the period, in the zone of each administration')
        .argParser(day)
        .default(undefined, '30 days ago'),
    )
    .addOption(
      new Option('--until <day>', 'first day that is not in the period any more')
        .argParser(day)
        .default(undefined, 'up to now'),
    )
    .option('--interval <id>', 'what is measured, such as lodgement-release@1', 'arrival-release@1')
    .addOption(
      new Option('--procedure <procedure>', 'imports or exports').choices(['import', 'export']).default('import'),
    )
    .addOption(
      new Option('--as-of <moment>', 'the figures as they were known then').argParser(moment).default(undefined, 'now'),
    )
    .option('--published', 'as the figures may leave an administration: a whole month, small cells withheld')
    .addOption(new Option('--json', 'print one JSON line instead of words'))
    .addHelpText(
      'after',
      `
Example:
  selat timing show --from 2026-01-01 --until 2026-02-01 --interval lodgement-release@1

Without --url, each node of the region in --data is asked as its sample analyst.
Definitions of the intervals: /schemas/timing/intervals.json of any node.
Exit status: 0 fine, 1 a node did not answer, 2 the command line is wrong.`,
    )
    .action(async (options) => (await import('./timing.ts')).timingShow(options));
}
