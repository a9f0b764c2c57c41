import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { carrySamples } from '../../src/region/carry-samples.ts';
import { settled } from '../hostile/support.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let region: TestRegion;
let messageId: string;

before(async () => {
  region = await startTestRegion(['TH', 'VN']);
  const [sample] = await carrySamples(region.region.description, 1, () => {});
  assert.ok(sample);
  messageId = sample.messageId;
});
after(() => region.end());

interface Run {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command as a process of its own; the region answers it from this one. */
function run(options: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = spawn(process.execPath, [join(root, 'src/cli.ts'), ...options], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    errors += piece.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status: status ?? -1, output, errors }));
  });
}

/** As the sample operator of Thailand. */
function selat(...options: readonly string[]): Promise<Run> {
  return run([...options, '--data', region.folder.path, '--node', 'TH']);
}

function nodeOf(country: string) {
  const node = region.region.nodes.find((one) => one.configuration.country === country);
  assert.ok(node);
  return node;
}

async function alter(country: string, text: string, ...values: readonly unknown[]): Promise<void> {
  await nodeOf(country).pool.query({ text, values });
}

describe('selat ping', () => {
  test('says step by step that the receipt came', async () => {
    const { status, output, errors } = await selat('ping', 'vn');
    assert.equal(status, 0, errors);
    assert.match(output, /Ping VN at https:\/\//);
    assert.match(output, /receipt +\d{4}-.*@vn\.selat/);
    assert.match(output, /round trip +\d+ ms/);
  });

  test('gives the same as JSON', async () => {
    const { status, output } = await selat('ping', 'VN', '--json');
    const result = JSON.parse(output);
    assert.equal(status, 0);
    assert.equal(result.error, null);
    assert.ok(result.receipt.milliseconds >= 0);
  });

  test('refuses a partner that is none, with exit status 1', async () => {
    const [stranger, misspelt] = await Promise.all([selat('ping', 'ZZ'), selat('ping', 'VNM')]);
    assert.equal(stranger.status, 1);
    assert.match(stranger.errors, /PARTNER-UNKNOWN/);
    assert.equal(misspelt.status, 2);
  });
});

describe('selat queue, messages and message', () => {
  test('tell how each partner stands', async () => {
    await settled(nodeOf('TH'));
    const { status, output, errors } = await selat('queue');
    assert.equal(status, 0, errors);
    assert.match(output, /VN +reachable +0 +0 +0 +0/);
  });

  test('list messages by consignment and state, and as JSON', async () => {
    const all = await selat('messages', '--partner', 'vn', '--json');
    const items: { id: string; conversation: string; state: string }[] = JSON.parse(all.output).items;
    const sent = items.find(({ id }) => id === messageId);
    assert.equal(sent?.state, 'receipted');
    const ofIt = await selat('messages', '--conversation', sent?.conversation ?? '');
    assert.ok(ofIt.output.includes(messageId));
    const failed = await selat('messages', '--state', 'failed');
    assert.equal(failed.output, 'No messages.\n');
  });

  test('write the bytes as they went over the wire, and the receipt', async () => {
    const [bytes, receipt] = [join(region.folder.path, 'message.as4'), join(region.folder.path, 'receipt.xml')];
    const { status, output, errors } = await selat('message', messageId, '--bytes', bytes, '--receipt', receipt);
    assert.equal(status, 0, errors);
    assert.match(output, /to VN: receipted/);
    assert.match(output, /message\.queued.*\n.*message\.receipted/);
    const file = readFileSync(bytes);
    const body = file.subarray(file.indexOf('\r\n\r\n') + 4);
    const { rows } = await nodeOf('VN').pool.query<{ digest: string }>({
      text: `select encode(sha256(body), 'hex') as digest from incoming_bodies where message_id = $1`,
      values: [messageId],
    });
    assert.equal(createHash('sha256').update(body).digest('hex'), rows[0]?.digest);
    assert.match(file.subarray(0, 200).toString(), /Content-Type: multipart\/related/);
    assert.match(readFileSync(receipt, 'utf8'), /NonRepudiationInformation/);
  });
});

describe('selat hold, release, resend, dismiss', () => {
  test('hold a partner with a reason that the queue shows, and release it', async () => {
    assert.equal((await selat('hold', 'VN')).status, 2);
    const misnamed = await selat('hold', 'Vietnam', '--reason', 'asked by phone');
    assert.equal(misnamed.status, 2);
    assert.match(misnamed.errors, /two-letter code, such as VN/);
    assert.equal((await selat('hold', 'VN', '--reason', 'asked by phone')).status, 0);
    const queue = await selat('queue');
    assert.match(queue.output, /VN: held by .* asked by phone/);
    const again = await selat('hold', 'VN', '--reason', 'twice');
    assert.equal(again.status, 1);
    assert.match(again.errors, /held already by .*PARTNER-HELD/);
    assert.equal((await selat('release', 'VN')).status, 0);
    assert.equal((await selat('release', 'VN')).status, 1);
  });

  test('send a failed message again, and say of one that it is done with', async () => {
    await alter(
      'TH',
      `update outgoing_messages set state = 'failed', last_error_code = 'EBMS:0005', last_error = $2 where message_id = $1`,
      messageId,
      'gone \u001b[31m away',
    );
    const alarms = await selat('alarms');
    assert.equal(alarms.status, 1);
    assert.match(alarms.output, /urgent +MESSAGES-FAILED VN/);
    const queue = await selat('queue');
    assert.equal(queue.status, 1);
    const listed = await selat('messages', '--state', 'failed');
    assert.ok(listed.output.includes('gone \ufffd[31m away'), 'what steers a terminal is not passed on');
    assert.equal((await selat('dismiss', messageId, '--reason', 'not needed')).status, 0);
    const { status, output } = await selat('resend', messageId, '--reason', 'needed after all');
    assert.equal(status, 0);
    assert.match(output, /is queued again/);
    const twice = await selat('resend', messageId, '--reason', 'double click');
    assert.equal(twice.status, 1);
    assert.match(twice.errors, /MESSAGE-NOT-FAILED/);
  });
});

describe('selat quarantine and alarms', () => {
  test('list what is in quarantine, deliver it again, and dismiss', async () => {
    await alter(
      'TH',
      `update incoming_messages set state = 'quarantined', reason_code = 'X', reason = 'why'
        where message_id = (select message_id from incoming_messages where state = 'delivered' limit 1)`,
    );
    const listed = await selat('quarantine', '--json');
    assert.equal(listed.status, 1);
    const [first] = JSON.parse(listed.output).items;
    const id: string = first.id;
    const again = await selat('quarantine', 'deliver', id);
    assert.match(again.output, /is delivered|stays in the quarantine/);
    await alter('TH', `update incoming_messages set state = 'quarantined' where message_id = $1`, id);
    assert.equal((await selat('quarantine', 'dismiss', id)).status, 2);
    assert.equal((await selat('quarantine', 'dismiss', id, '--reason', 'agreed')).status, 0);
    const empty = await selat('quarantine');
    assert.equal(empty.status, 0);
    assert.equal(empty.output, 'The quarantine is empty.\n');
  });

  test('say that nothing rings', async () => {
    const { status, output } = await selat('alarms');
    assert.equal(output, 'Nothing rings.\n');
    assert.equal(status, 0);
  });
});

describe('a command for a real node', () => {
  test('takes the token from the environment, and never sends it over an open line', async () => {
    const operator = await region.user('TH', 'operator');
    const made = await operator.post('/api/tokens', {
      name: 'cli',
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const url = region.address('TH');
    const token = { SELAT_TOKEN: String(made.body['secret']) };
    assert.equal((await run(['queue', '--url', url], token)).status, 0);
    const refused = await Promise.all([
      run(['queue', '--url', url]),
      run(['queue', '--url', 'http://192.0.2.1'], token),
      run(['queue', '--url', 'http://127.0.0.1:9'], token),
      run(['queue', '--url', url], { SELAT_TOKEN: `selat_${'x'.repeat(43)}` }),
    ]);
    assert.deepEqual(
      refused.map(({ status, errors }) => [status, /\(([A-Z-]+)\)/.exec(errors)?.[1]]),
      [
        [1, 'TOKEN-NOT-GIVEN'],
        [1, 'ADDRESS-NOT-USABLE'],
        [1, 'NODE-UNREACHABLE'],
        [1, 'TOKEN-NOT-VALID'],
      ],
    );
  });

  test('explains itself with an example', async () => {
    const [ping, deliver] = await Promise.all([run(['ping', '--help']), run(['quarantine', 'deliver', '--help'])]);
    assert.match(ping.output, /Example:\n {2}selat ping VN/);
    assert.match(deliver.output, /Example:\n {2}selat quarantine deliver/);
  });
});
