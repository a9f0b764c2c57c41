import { Command, InvalidArgumentError, Option } from 'commander';
import { addOperatorCommands } from './operator-commands.ts';
import { addTimingCommands } from './timing-commands.ts';

/** A whole number within bounds, from the command line. */
function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < least || number > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return number;
  };
}

function countries(text: string): string[] {
  const list = text
    .toUpperCase()
    .split(',')
    .map((country) => country.trim())
    .filter((country) => country !== '');
  const wrong = list.find((country) => !/^[A-Z]{2}$/.test(country));
  if (wrong !== undefined || list.length === 0)
    throw new InvalidArgumentError('It must be a list of two-letter country codes (ISO 3166-1), such as TH,VN,JP.');
  return [...new Set(list)];
}

const dataOption = (): Option =>
  new Option('--data <folder>', 'folder for databases, keys and settings').env('SELAT_DATA').default('.selat');
const countriesOption = (): Option =>
  new Option('--countries <list>', 'countries of the region, two-letter codes')
    .argParser(countries)
    .default(undefined, 'those of the data folder; TH,VN,JP in a new one');
const portOption = (): Option =>
  new Option('--port <number>', 'first port; each node takes the next ten (pages and API, then AS4)')
    .argParser(wholeNumber(1_024, 65_000))
    .default(8_400);
const jsonOption = (): Option => new Option('--json', 'print one JSON line instead of words');

/**
 * The commands of Selat. Each command's code is loaded only when it runs, so that the short ones start fast.
 * @returns the program, ready to parse `process.argv`
 */
export function buildProgram(): Command {
  const program = new Command('selat')
    .description('The gateway through which customs administrations exchange trade documents.')
    .exitOverride()
    .showHelpAfterError('Run the command with --help for its options.');

  program
    .command('start')
    .description('Start a region of national nodes on this machine, with an embedded database; stays up until Ctrl-C.')
    .addOption(countriesOption())
    .addOption(portOption())
    .addOption(dataOption())
    .option('--fresh', 'delete the data folder first: databases, keys, everything')
    .addOption(
      new Option(
        '--samples <number>',
        'samples to carry at start, each a certificate and its consignments (0: none; default: one on first use)',
      ).argParser(wholeNumber(0, 10_000)),
    )
    .option('--node <country>', 'start only this country’s node of a prepared region (DATABASE_URL names its database)')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nDATABASE_URL (with --node) or DATABASE_URL_TH, DATABASE_URL_VN … point a node at a PostgreSQL server of your own.\nSELAT_KEY_PASSPHRASE encrypts the private keys on disk.',
    )
    .action(async (options) => (await import('./start.ts')).start(options));

  program
    .command('prepare')
    .description('Make the keys, the signed directory and the settings of a region without starting it.')
    .addOption(countriesOption())
    .addOption(portOption())
    .addOption(dataOption())
    .option(
      '--host <pattern>',
      'host name under which partners reach a node; {country} stands for its code',
      '127.0.0.1',
    )
    .addOption(jsonOption())
    .action(async (options) => (await import('./prepare.ts')).prepare(options));

  program
    .command('sample')
    .description(
      'Carry samples through a running region, as its users would: a certificate of origin, and its goods declared on both sides.',
    )
    .addOption(dataOption())
    .addOption(new Option('--samples <number>', 'how many samples').argParser(wholeNumber(1, 10_000)).default(1))
    .addOption(jsonOption())
    .action(async (options) => (await import('./sample.ts')).sample(options));

  program
    .command('check')
    .description(
      'Say of any document, XML or JSON, what kind it is and every fault in it. Needs no node and no database.',
    )
    .argument('<file...>', 'files to check; - reads standard input')
    .addOption(jsonOption())
    .action(async (files, options) => (await import('./check.ts')).check(files, options));

  program
    .command('convert')
    .description('Write the other form of a document. Needs no node and no database.')
    .argument('<file>', 'file to convert; - reads standard input')
    .addOption(new Option('--to <form>', 'the form to write').choices(['json', 'xml']).makeOptionMandatory())
    .option('--output <file>', 'where to write it (default: standard output)')
    .addOption(jsonOption())
    .action(async (file, options) => (await import('./convert.ts')).convert(file, options));

  program
    .command('verify')
    .description('Give the verdict on a sealed document step by step. Needs no node and no database.')
    .argument('<file>', 'sealed document; - reads standard input')
    .option('--directory <file>', 'signed federation directory to judge the signer by')
    .option('--anchor <file>', 'public keys of the federation (anchor.json), with --directory')
    .option('--ca <file>', 'certificate of the issuing country’s authority (PEM), where no directory is at hand')
    .option('--country <code>', 'country the document should be addressed to')
    .option('--at <time>', 'instant of the judgement, ISO 8601 (default: now)')
    .addOption(jsonOption())
    .action(async (file, options) => (await import('./verify.ts')).verify(file, options));

  program
    .command('as4')
    .description('Look at messages between nodes.')
    .command('inspect')
    .description(
      'Explain a captured AS4 message: HTTP or MIME as it was on the wire, or the envelope alone. Needs no node and no database.',
    )
    .argument('<file>', 'captured message; - reads standard input')
    .option('--key <file>', 'private key (PEM) to open the payloads with, with --certificate')
    .option('--certificate <file>', 'certificate of that key (PEM)')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nThe exit status is 0 only where everything holds that can be checked: without a key, the signature and the digests of what is not encrypted. Whether the signer is to be trusted is not judged.',
    )
    .action(async (file, options) => (await import('./as4-inspect.ts')).inspect(file, options));

  program
    .command('verify-log')
    .description('Walk the hash chain of a node’s log and recompute every link, event and document.')
    .addOption(dataOption())
    .option('--node <country>', 'only this country’s node of the region in the data folder')
    .option('--database <url>', 'database of the node (default: DATABASE_URL, else the region’s embedded server)')
    .addOption(jsonOption())
    .action(async (options) => (await import('./verify-log.ts')).verifyLogs(options));

  addOperatorCommands(program);
  addTimingCommands(program);

  return program;
}
