import { type Command, InvalidArgumentError, Option } from 'commander';

const STATES = ['queued', 'held', 'receipted', 'failed', 'dismissed', 'delivered', 'quarantined', 'test'];

function limit(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 10000.');
  return number;
}

function country(text: string): string {
  if (!/^[A-Za-z]{2}$/.test(text)) throw new InvalidArgumentError('It must be a two-letter country code, such as VN.');
  return text.toUpperCase();
}

/** Our ids and those of every access point we know hold more than letters: letters alone are a country's name. */
function partnerOrId(text: string): string {
  if (/^[A-Za-z ]+$/.test(text) && text.length !== 2)
    throw new InvalidArgumentError(
      'A partner is named by its two-letter code, such as VN; a message by its id, as "selat messages" lists it.',
    );
  return text;
}

function moment(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('It must be a moment, such as 2026-03-01T00:00:00Z or 2026-03-01.');
  return date.toISOString();
}

const WHERE = `
Which node: with --url, the API there, and SELAT_TOKEN is a token of its operator; without, the node --node of the region in --data, as its sample operator.
Exit status: 0 fine, 1 not so, 2 the command line is wrong.`;

/** Adds what every command that talks to a running node takes. */
function toNode(command: Command, example: string): Command {
  return command
    .addOption(new Option('--url <address>', 'address of the node’s API (token in SELAT_TOKEN)').env('SELAT_URL'))
    .addOption(new Option('--data <folder>', 'folder of a region on this machine').env('SELAT_DATA').default('.selat'))
    .option('--node <country>', 'country of the node in that region')
    .addOption(new Option('--json', 'print one JSON line instead of words'))
    .addHelpText('after', `\nExample:\n  ${example}\n${WHERE}`);
}

const reasonOption = (): Option => new Option('--reason <text>', 'why; it stands in the log for ever');
const neededReason = (): Option => reasonOption().makeOptionMandatory();
const limitOption = (): Option => new Option('--limit <number>', 'lines at most').argParser(limit).default(50);

/** The commands of whoever runs a node: each talks to the API of a running one. */
export function addOperatorCommands(program: Command): void {
  toNode(
    program.command('ping').description('Send a partner a test message and say step by step how it goes.'),
    'selat ping VN --node TH',
  )
    .argument('<country>', 'two-letter code of the partner', country)
    .action(async (country, options) => (await import('./ping.ts')).ping(country, options));

  toNode(
    program.command('queue').description('Say per partner what waits, since when and why, and who holds it.'),
    'selat queue --url https://node.customs.example --json',
  ).action(async (options) => (await import('./queue.ts')).queue(options));

  toNode(
    program.command('messages').description('List messages in and out, newest first.'),
    'selat messages --node TH --partner VN --state failed --since 2026-03-01T00:00:00Z',
  )
    .addOption(new Option('--partner <country>', 'only with this partner').argParser(country))
    .addOption(new Option('--direction <direction>', 'only sent or only received ones').choices(['out', 'in']))
    .addOption(new Option('--state <state>', 'only in this state').choices(STATES))
    .option('--conversation <ucr>', 'only of this consignment (unique consignment reference)')
    .option('--service <uri>', 'only of this service')
    .option('--action <uri>', 'only of this action')
    .addOption(
      new Option('--since <time>', 'queued or received then or later, such as 2026-03-01T00:00:00Z').argParser(moment),
    )
    .addOption(new Option('--until <time>', 'queued or received before').argParser(moment))
    .option('--after <cursor>', 'go on behind a page')
    .addOption(limitOption())
    .action(async (options) => (await import('./messages.ts')).messages(options));

  toNode(
    program.command('message').description('Tell all about one message: tries, receipt, events; write its bytes.'),
    'selat message 0190…@th.selat --node TH --bytes message.as4 --receipt receipt.xml',
  )
    .argument('<id>', 'AS4 message id')
    .addOption(new Option('--direction <direction>', 'where an id is on both sides').choices(['out', 'in']))
    .option('--bytes <file>', 'write the message as it went over the wire, for "selat as4 inspect"')
    .option('--receipt <file>', 'write the signed receipt')
    .action(async (id, options) => (await import('./messages.ts')).message(id, options));

  toNode(
    program.command('resend').description('Send a failed message again: the same bytes, a new window.'),
    'selat resend 0190…@th.selat --node TH --reason "VN mended its clock"',
  )
    .argument('<id>', 'AS4 message id')
    .addOption(neededReason())
    .action(async (id, options) => (await import('./message-acts.ts')).resend(id, options));

  toNode(
    program.command('dismiss').description('Say of a failed message that nothing more is to be done with it.'),
    'selat dismiss 0190…@th.selat --node TH --reason "replaced by a new certificate"',
  )
    .argument('<id>', 'AS4 message id')
    .addOption(neededReason())
    .action(async (id, options) => (await import('./message-acts.ts')).dismiss(id, options));

  toNode(
    program.command('hold').description('Hold a partner, or one queued message, until it is released.'),
    'selat hold VN --node TH --reason "VN changes its data centre until 6:00"',
  )
    .argument('<partner or id>', 'two-letter code of a partner, or AS4 message id', partnerOrId)
    .addOption(neededReason())
    .action(async (what, options) => (await import('./message-acts.ts')).hold(what, options));

  toNode(
    program.command('release').description('Release a held partner, or a held message.'),
    'selat release VN --node TH --reason "VN is back"',
  )
    .argument('<partner or id>', 'two-letter code of a partner, or AS4 message id', partnerOrId)
    .addOption(reasonOption())
    .action(async (what, options) => (await import('./message-acts.ts')).release(what, options));

  addQuarantine(program);
  addAlarms(program);
}

function addQuarantine(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('Messages that were receipted and that no journey could take: list, deliver again, dismiss.');
  toNode(
    quarantine.command('list', { isDefault: true }).description('List the quarantine; exit status 1 unless empty.'),
    'selat quarantine --node TH',
  )
    .addOption(new Option('--partner <country>', 'only of this partner').argParser(country))
    .addOption(limitOption())
    .action(async (options) => (await import('./message-acts.ts')).quarantine(options));
  toNode(
    quarantine.command('deliver').description('Hand a message to its journey once more.'),
    'selat quarantine deliver 0190…@vn.selat --node TH --reason "the code list is renewed"',
  )
    .argument('<id>', 'AS4 message id')
    .addOption(reasonOption())
    .action(async (id, options) => (await import('./message-acts.ts')).deliverAgain(id, options));
  toNode(
    quarantine.command('dismiss').description('Take a message out of the quarantine without delivering it.'),
    'selat quarantine dismiss 0190…@vn.selat --node TH --reason "VN sends it anew"',
  )
    .argument('<id>', 'AS4 message id')
    .addOption(neededReason())
    .action(async (id, options) => (await import('./message-acts.ts')).dismissQuarantined(id, options));
}

function addAlarms(program: Command): void {
  const alarms = program.command('alarms').description('What needs a person: what it means and what to do now.');
  toNode(
    alarms.command('list', { isDefault: true }).description('List what rings; exit status 1 when anything does.'),
    'selat alarms --node TH',
  ).action(async (options) => (await import('./alarms.ts')).alarms(options));
  toNode(
    alarms.command('acknowledge').description('Say that an alarm of the log was seen, and what was done.'),
    'selat alarms acknowledge 4711 --node TH --note "VN repaired its receipts; ticket 12"',
  )
    .argument('<id>', 'number of the alarm')
    .addOption(new Option('--note <text>', 'what was done; it stands in the log for ever').makeOptionMandatory())
    .action(async (id, options) => (await import('./alarms.ts')).acknowledge(id, options));
}
