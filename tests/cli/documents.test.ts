import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toXml } from '../../src/documents/codec.ts';
import {
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import { sealDocument } from '../../src/seal/seal.ts';
import { exampleApplication, exampleCertificate } from '../documents/examples.ts';
import { corpusPath } from '../support/corpus.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function selat(...options: readonly string[]): { status: number; output: string; errors: string } {
  const run = spawnSync(process.execPath, [join(root, 'src/cli.ts'), ...options], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '' },
  });
  return { status: run.status ?? -1, output: run.stdout, errors: run.stderr };
}

describe('the command line, without node and database,', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'selat-cli-'));
    writeFileSync(file('application.json'), JSON.stringify(exampleApplication()));
    writeFileSync(file('wrong.json'), JSON.stringify({ ...exampleApplication(), scheme: 'NAFTA', goodsItems: [] }));
    const certificate = exampleCertificate();
    writeFileSync(file('certificate.json'), JSON.stringify(certificate));
    writeFileSync(file('certificate.xml'), toXml('certificate-of-origin', certificate));
    const now = new Date(`${certificate.issueDate}T${certificate.issueTime}`);
    const authority = await createNationalAuthority({
      country: certificate.issuer.country,
      name: 'Authority',
      notBefore: new Date(now.getTime() - 86_400_000),
      years: 10,
    });
    const privateKey = await generatePrivateKey('sealing');
    const signer = issueCertificate(authority, {
      use: 'sealing',
      country: certificate.issuer.country,
      commonName: 'Sealing',
      publicKey: publicKeyOf(privateKey),
      notBefore: new Date(now.getTime() - 86_400_000),
      notAfter: new Date(now.getTime() + 86_400_000),
    });
    const sealed = sealDocument(readFileSync(file('certificate.xml'), 'utf8'), {
      privateKey,
      certificate: signer,
      signingTime: now,
    });
    writeFileSync(file('sealed.xml'), sealed);
    writeFileSync(
      file('altered.xml'),
      sealed.toString('utf8').replace(certificate.consignee.name, 'Somebody Else Ltd.'),
    );
    writeFileSync(file('authority.pem'), authority.certificate.toString());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('checks several files of both forms and says of each what it is', () => {
    const { status, output } = selat('check', file('application.json'), file('certificate.xml'));
    assert.equal(status, 0);
    assert.match(output, /application\.json: application for a certificate of origin \(json\): valid/);
    assert.match(output, /certificate\.xml: certificate of origin \(xml\): valid/);
  });

  test('exits with 1 when any file is invalid, and gives one JSON line per file with every fault', () => {
    const { status, output } = selat('check', '--json', file('application.json'), file('wrong.json'));
    assert.equal(status, 1);
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => line.valid),
      [true, false],
    );
    const pointers = lines[1].faults.map((fault: { pointer: string }) => fault.pointer);
    assert.ok(pointers.includes('/scheme') && pointers.includes('/goodsItems'), String(pointers));
    for (const fault of lines[1].faults) assert.match(fault.code, /^[A-Z0-9]+(-[A-Z0-9]+)+$/);
  });

  test('tells XPath and line of a fault in XML', () => {
    const xml = readFileSync(file('certificate.xml'), 'utf8');
    writeFileSync(file('unknown.xml'), xml.replace('<cbc:ID>', '<cbc:Nonsense>1</cbc:Nonsense>\n<cbc:ID>'));
    const { status, output } = selat('check', '--json', file('unknown.xml'));
    assert.equal(status, 1);
    const [fault] = JSON.parse(output).faults;
    assert.match(fault.xpath, /^\/.*Nonsense/);
    assert.equal(typeof fault.line, 'number');
  });

  test('converts JSON to XML and back to the same document', () => {
    assert.equal(selat('convert', file('certificate.json'), '--to', 'xml', '--output', file('there.xml')).status, 0);
    const back = selat('convert', file('there.xml'), '--to', 'json');
    assert.equal(back.status, 0);
    assert.deepEqual(JSON.parse(back.output), JSON.parse(readFileSync(file('certificate.json'), 'utf8')));
  });

  test('converts nothing that is invalid, and says why', () => {
    const { status, output, errors } = selat('convert', file('wrong.json'), '--to', 'xml');
    assert.deepEqual([status, output], [1, '']);
    assert.match(errors, /\/scheme/);
  });

  test('verifies a sealed document by the certificate of its authority', () => {
    const { status, output } = selat(
      'verify',
      file('sealed.xml'),
      '--ca',
      file('authority.pem'),
      '--at',
      '2026-03-10T00:00:00Z',
    );
    assert.equal(status, 0, output);
    for (const step of ['unaltered', 'seal', 'signer-certificate', 'schema'])
      assert.match(output, new RegExp(`✓ ${step}:`));
    assert.match(output, /○ signer-authority:/);
  });

  test('refuses an altered document with exit status 1 and names the step that failed', () => {
    const { status, output } = selat('verify', '--json', file('altered.xml'), '--ca', file('authority.pem'));
    assert.equal(status, 1);
    const { outcome, steps } = JSON.parse(output);
    assert.equal(outcome, 'refused');
    assert.equal(steps.find((step: { step: string }) => step.step === 'unaltered').verdict, 'failed');
  });

  test('never shows an unchecked step as good', () => {
    const { output } = selat('verify', '--json', file('sealed.xml'));
    const { outcome, steps } = JSON.parse(output);
    assert.notEqual(outcome, 'verified');
    assert.equal(steps.find((step: { step: string }) => step.step === 'signer-certificate').verdict, 'not-checked');
  });

  test('answers a missing file with a sentence and a wrong option with exit status 2', () => {
    const missing = selat('check', file('nowhere.json'));
    assert.equal(missing.status, 1);
    assert.match(missing.errors, /There is no such file/);
    assert.doesNotMatch(missing.errors, /\n\s+at /);
    assert.equal(selat('convert', file('sealed.xml'), '--to', 'pdf').status, 2);
  });

  for (const command of ['start', 'prepare', 'sample', 'check', 'convert', 'verify', 'verify-log'])
    test(`explains "${command}" with --help`, () => {
      const { status, output } = selat(command, '--help');
      assert.equal(status, 0);
      assert.match(output, new RegExp(`Usage: selat ${command}`));
      assert.match(output, /--json/);
    });

  test('says of every file of another vocabulary that it does not know it, and does not fail', {
    skip: corpusPath('wco-declaration/malformed') === undefined && 'the corpus is not here',
  }, () => {
    const { status, output } = selat('check', '--json', join(corpusPath('as4/signals') ?? '', 'UserMessage12.xml'));
    assert.equal(status, 1);
    assert.equal(JSON.parse(output).kind, null);
  });
});
