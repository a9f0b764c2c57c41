import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CarriedSample, carrySamples } from '../../src/region/carry-samples.ts';
import { verifyLog } from '../../src/store/log-chain.ts';
import { corpusPath } from '../support/corpus.ts';
import { hasProgram } from '../support/programs.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';

function isSubset(found: readonly unknown[], wanted: readonly string[]): boolean {
  return wanted.every((each) => found.includes(each));
}

describe('a certificate of origin from Thailand to Viet Nam', () => {
  let region: TestRegion;
  let sample: CarriedSample;
  before(async () => {
    region = await startTestRegion(['TH', 'VN', 'JP']);
    const [carried] = await carrySamples(region.region.description, 1, () => {});
    assert.ok(carried);
    sample = carried;
  });
  after(() => region.end());

  const historyOf = async (country: string, username: string): Promise<Record<string, unknown>[]> => {
    const user = await region.user(country, username);
    const { body } = await user.get(`/api/certificates/${sample.number}/history`);
    return JSON.parse(JSON.stringify(body['entries']));
  };

  test('is applied for, issued, sent, receipted and verified', () => {
    assert.equal(sample.outcome, 'verified');
    assert.match(sample.number, /^ATIGA-TH-\d{4}-\d{7}-[0-9A-Z*]$/);
    assert.match(sample.messageId, /@/);
  });

  test('stands at both nodes as the same sealed bytes', async () => {
    const exporter = await region.user('TH', 'exporter');
    const officer = await region.user('VN', 'clearance');
    const sent = await exporter.get(`/api/certificates/${sample.number}/document`);
    const received = await officer.get(`/api/certificates/${sample.number}/document`);
    assert.equal(sent.text, received.text);
    assert.match(sent.text, /CertificateOfOrigin/);
  });

  test('shows its verdict step by step at both nodes', async () => {
    const officer = await region.user('VN', 'clearance');
    const { body } = await officer.get(`/api/certificates/${sample.number}/verification`);
    const own: { outcome: string; steps: { step: string; verdict: string }[] } = JSON.parse(
      JSON.stringify(body['own']),
    );
    assert.equal(own.outcome, 'verified');
    assert.deepEqual(
      own.steps.filter((step) => step.verdict === 'failed'),
      [],
    );
    assert.ok(
      isSubset(
        own.steps.map((step) => step.step),
        ['unaltered', 'seal', 'signer-certificate', 'signer-authority', 'schema', 'addressed-to-us'],
      ),
    );
    const exporter = await region.user('TH', 'exporter');
    const seen = await exporter.get(`/api/certificates/${sample.number}/verification`);
    assert.equal(JSON.parse(JSON.stringify(seen.body['partner'])).outcome, 'verified');
  });

  test('tells its history at both nodes, with who waited for whom', async () => {
    const there = await historyOf('TH', 'exporter');
    const kinds = there.map((entry) => entry['kind']);
    assert.ok(
      isSubset(kinds, [
        'application.created',
        'application.submitted',
        'certificate.issued',
        'certificate.sent',
        'certificate.delivered',
        'certificate.answered',
      ]),
      String(kinds),
    );
    const here = await historyOf('VN', 'clearance');
    assert.ok(
      isSubset(
        here.map((entry) => entry['kind']),
        ['certificate.received', 'certificate.verified'],
      ),
    );
    for (const entry of [...there, ...here]) assert.ok(!Number.isNaN(Date.parse(String(entry['at']))));
  });

  test('is seen by the consignee named on it, and by nobody whose it is not', async () => {
    const importer = await region.user('VN', 'importer');
    assert.equal((await importer.get(`/api/certificates/${sample.number}`)).status, 200);
    for (const [country, username] of [
      ['TH', 'importer'],
      ['VN', 'exporter'],
      ['VN', 'broker'],
      ['JP', 'clearance'],
    ] as const) {
      const other = await region.user(country, username);
      await assert.rejects(other.get(`/api/certificates/${sample.number}`), /no such certificate/);
    }
  });

  test('verifies with xmlsec1 and openssl alone', {
    skip: !hasProgram('xmlsec1') && 'xmlsec1 is not here',
  }, async () => {
    const exporter = await region.user('TH', 'exporter');
    const { text } = await exporter.get(`/api/certificates/${sample.number}/document`);
    const file = join(region.folder.path, 'sealed.xml');
    writeFileSync(file, text);
    const keys = join(region.folder.node('TH'), 'keys');
    const xmlsec = spawnSync('xmlsec1', [
      '--verify',
      '--enabled-key-data',
      'x509',
      '--trusted-pem',
      join(keys, 'authority.crt.pem'),
      '--id-attr:Id',
      'http://uri.etsi.org/01903/v1.3.2#:SignedProperties',
      file,
    ]);
    assert.equal(xmlsec.status, 0, String(xmlsec.stderr));
    const openssl = spawnSync('openssl', [
      'verify',
      '-CAfile',
      join(keys, 'authority.crt.pem'),
      join(keys, 'sealing.crt.pem'),
    ]);
    assert.equal(openssl.status, 0, String(openssl.stderr));
  });

  test('is valid against the official schema', {
    skip: corpusPath('ubl/xsdrt') === undefined && 'the corpus is not here',
  }, async () => {
    const { XmlDocument, XsdValidator } = await import('libxml2-wasm');
    const { xmlRegisterFsInputProviders } = await import('libxml2-wasm/lib/nodejs.mjs');
    xmlRegisterFsInputProviders();
    const exporter = await region.user('TH', 'exporter');
    const { text } = await exporter.get(`/api/certificates/${sample.number}/document`);
    const schemaFile = corpusPath('ubl/xsdrt/maindoc/UBL-CertificateOfOrigin-2.5.xsd') ?? '';
    const { readFileSync } = await import('node:fs');
    using schema = XmlDocument.fromBuffer(readFileSync(schemaFile), { url: schemaFile });
    using validator = XsdValidator.fromDoc(schema);
    using document = XmlDocument.fromString(text);
    validator.validate(document);
  });

  test('is there after a restart, and the logs of both nodes are whole', async () => {
    await region.restart();
    const officer = await region.user('VN', 'clearance');
    assert.equal((await officer.get(`/api/certificates/${sample.number}`)).status, 200);
    for (const node of region.region.nodes) {
      const found = await verifyLog(node.pool);
      assert.deepEqual(found.faults, []);
      assert.ok(found.events > 0);
    }
  });
});

describe('certificates on the other lanes', () => {
  let region: TestRegion;
  before(async () => {
    region = await startTestRegion(['TH', 'VN', 'JP']);
  });
  after(() => region.end());

  test('go both ways, under ATIGA and RCEP, and all are verified', async () => {
    const carried = await carrySamples(region.region.description, 6, () => {});
    assert.deepEqual(
      carried.map(({ from, to, scheme, outcome }) => [from, to, scheme, outcome]),
      [
        ['TH', 'VN', 'ATIGA-FORM-D', 'verified'],
        ['TH', 'JP', 'RCEP', 'verified'],
        ['VN', 'TH', 'ATIGA-FORM-D', 'verified'],
        ['VN', 'JP', 'RCEP', 'verified'],
        ['JP', 'TH', 'RCEP', 'verified'],
        ['JP', 'VN', 'RCEP', 'verified'],
      ],
    );
  });
});
