import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { composeUserMessage } from '../../src/exchange/message/user-message.ts';
import { createMember, NOW } from '../exchange/members.ts';
import { headerOf } from '../exchange/resigning.ts';
import { corpusPath } from '../support/corpus.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function inspect(options: readonly string[], input?: Buffer): { status: number; output: string; errors: string } {
  const run = spawnSync(process.execPath, [join(root, 'src/cli.ts'), 'as4', 'inspect', ...options], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '' },
    ...(input === undefined ? {} : { input }),
  });
  return { status: run.status ?? -1, output: run.stdout, errors: run.stderr };
}

describe('selat as4 inspect', () => {
  let folder: string;
  let message: Buffer;
  const file = (name: string): string => join(folder, name);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'selat-inspect-'));
    const [from, to] = await Promise.all([createMember('TH'), createMember('VN')]);
    const { contentType, body } = composeUserMessage(
      headerOf(from, to, { timestamp: NOW, messageId: 'one@test', properties: { colour: 'red\u202eder' } }),
      [{ contentId: 'a@test', contentType: 'application/xml', bytes: Buffer.from('<a/>') }],
      { signing: from.signing, recipient: to.encryption.certificate },
    );
    message = Buffer.concat([Buffer.from(`POST /as4 HTTP/1.1\r\nContent-Type: ${contentType}\r\n\r\n`), body]);
    writeFileSync(file('good.as4'), message);
    writeFileSync(file('altered.as4'), Buffer.from(message.toString('latin1').replace('UCR-1', 'UCR-2'), 'latin1'));
    writeFileSync(file('key.pem'), to.encryption.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(file('certificate.pem'), to.encryption.certificate.toString());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('explains a good message in words, with exit status 0', () => {
    const { status, output, errors } = inspect([file('good.as4')]);
    assert.deepEqual([status, errors], [0, '']);
    for (const form of [
      /good\.as4: user message \(http request, SOAP 1\.2, \d+ bytes\)/,
      /message id +one@test/,
      /conversation +UCR-1/,
      /payload +a@test/,
      /encrypted +yes/,
      /profile +edelivery-2\.0-common-usage/,
      /covers +Messaging header, Body, payload a@test/,
      /✓ signature: /,
      /○ digest of payload a@test: it is encrypted to a key that is not here/,
      /Everything holds that can be checked without the keys\.\n$/,
    ])
      assert.match(output, form);
    assert.doesNotMatch(output, /\u202e/);
  });

  test('opens the payloads when it is given the key', () => {
    const { status, output } = inspect([
      file('good.as4'),
      '--key',
      file('key.pem'),
      '--certificate',
      file('certificate.pem'),
    ]);
    assert.equal(status, 0);
    assert.match(output, /opened +4 bytes/);
    assert.match(output, /Everything holds\.\n$/);
  });

  test('says what does not hold in an altered message, with the error of a node, and exit status 1', () => {
    const { status, output } = inspect([file('altered.as4')]);
    assert.equal(status, 1);
    assert.match(output, /✕ digest of Messaging header/);
    assert.match(output, /EBMS:0101 FailedAuthentication: /);
    assert.match(output, /Not everything holds\.\n$/);
  });

  test('gives one JSON line, also of what comes over standard input', () => {
    const { status, output } = inspect(['--json', '-'], message);
    assert.equal(status, 0);
    const lines = output.trim().split('\n');
    assert.equal(lines.length, 1);
    const found: unknown = JSON.parse(lines[0] ?? '');
    assert.ok(typeof found === 'object' && found !== null);
    assert.ok('kind' in found && 'holds' in found && 'profile' in found && 'units' in found && 'checks' in found);
    assert.deepEqual([found.kind, found.holds, found.profile], ['user message', true, 'edelivery-2.0-common-usage']);
  });

  test('ends with 1 for what is no message, and for a file or key that is not there', () => {
    const nothing = inspect(['-'], Buffer.from('hello'));
    assert.equal(nothing.status, 1);
    assert.match(nothing.output, /unreadable .*\n {2}EBMS:0009 InvalidHeader: /);
    const gone = inspect([file('gone.as4')]);
    assert.deepEqual([gone.status, gone.output], [1, '']);
    assert.match(gone.errors, /no such file.*FILE-UNREADABLE/);
    assert.match(inspect([file('good.as4'), '--key', file('key.pem')]).errors, /KEY-INCOMPLETE/);
    const unfit = inspect([file('good.as4'), '--key', file('good.as4'), '--certificate', file('certificate.pem')]);
    assert.match(unfit.errors, /KEY-UNREADABLE/);
  });

  test('ends with 2 for a command line that is wrong', () => {
    assert.equal(inspect([]).status, 2);
    assert.equal(inspect(['--colour', file('good.as4')]).status, 2);
  });

  const wire = corpusPath('as4/wire');
  for (const name of ['user-message-signed-encrypted-rsa.as4', 'receipt-signed-rsa.as4'])
    test(`finds that ${name} of another implementation holds`, { skip: wire === undefined }, () => {
      const { status, output } = inspect([join(wire ?? '', name)]);
      assert.equal(status, 0);
      assert.match(output, /✓ signature: /);
      assert.match(output, /key +RSA 2048/);
    });
});
