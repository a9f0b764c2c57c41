import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { XmlC14NMode, type XmlDocument } from 'libxml2-wasm';
import { fromXml, toXml, type XmlKind } from '../../src/documents/codec.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { readXml } from '../../src/documents/read-xml.ts';
import { validateDocument } from '../../src/documents/validate.ts';
import type { XmlContent } from '../../src/documents/xml-reader.ts';
import { corpusPath } from '../support/corpus.ts';
import { hasProgram } from '../support/programs.ts';
import { exampleCertificate, exampleRcepCertificate, exampleResponse, exampleUseReport } from './examples.ts';
import { certificates } from './generators.ts';
import { officialJudge } from './official-schema.ts';

function parsed<T>(xml: string, use: (document: XmlDocument) => T): T {
  const reading = readXml(Buffer.from(xml));
  assert.ok(reading.ok, JSON.stringify(reading));
  try {
    return use(reading.document);
  } finally {
    reading.document.dispose();
  }
}

function read(kind: XmlKind, xml: string): Pick<XmlContent, 'json' | 'faults'> {
  return parsed(xml, (document) => {
    const { json, faults } = fromXml(kind, document);
    return { json, faults };
  });
}

function canonical(xml: string): string {
  return parsed(xml, (document) => document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 }));
}

const examples: readonly (readonly [string, XmlKind, JsonObject])[] = [
  ['an ATIGA certificate', 'certificate-of-origin', exampleCertificate()],
  ['an RCEP certificate', 'certificate-of-origin', exampleRcepCertificate()],
  ['an answer', 'application-response', exampleResponse()],
  ['a report of use', 'application-response', exampleUseReport()],
];

describe('the codec', () => {
  for (const [name, kind, document] of examples) {
    it(`writes ${name} and reads the same document back`, () => {
      const xml = toXml(kind, document);
      assert.deepEqual(read(kind, xml), { json: document, faults: [] });
      assert.equal(toXml(kind, document), xml);
    });

    const judge = officialJudge(kind === 'application-response' ? 'ApplicationResponse' : 'CertificateOfOrigin');
    it(`writes ${name} as the official UBL schema has it`, { skip: judge === undefined && 'no corpus here' }, () => {
      judge?.(toXml(kind, document));
    });

    const tool = corpusPath('../tools/same-document');
    const canRun = tool !== undefined && hasProgram('python3');
    it(`writes what it read of ${name} as the same document`, { skip: !canRun && 'no comparison tool here' }, () => {
      const folder = mkdtempSync(join(tmpdir(), 'selat-codec-'));
      try {
        const laidOut = toXml(kind, document)
          .replaceAll('><c', '>\n  <c')
          .replaceAll('cbc:', 'b:')
          .replace('xmlns:cbc', 'xmlns:b');
        writeFileSync(join(folder, 'a.xml'), laidOut);
        writeFileSync(join(folder, 'b.xml'), toXml(kind, read(kind, laidOut).json));
        const run = spawnSync('python3', [tool ?? '', join(folder, 'a.xml'), join(folder, 'b.xml')], {
          encoding: 'utf8',
        });
        assert.equal(run.status, 0, run.stdout + run.stderr);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('gives every valid certificate back unchanged, with the same canonical bytes, valid by the official schema', () => {
    const judge = officialJudge('CertificateOfOrigin');
    fc.assert(
      fc.property(certificates, (certificate) => {
        assert.deepEqual(validateDocument('certificate-of-origin', certificate), []);
        const xml = toXml('certificate-of-origin', certificate);
        judge?.(xml);
        const { json, faults } = read('certificate-of-origin', xml);
        assert.deepEqual(faults, []);
        assert.deepEqual(json, certificate);
        assert.equal(canonical(toXml('certificate-of-origin', json)), canonical(xml));
      }),
      { numRuns: 100 },
    );
  });

  it('keeps a text that looks like an entity as the text it is', () => {
    const document = exampleCertificate({ remarks: 'A &lt;b&gt; & &amp;amp; &#38; ]]>' });
    assert.equal(
      read('certificate-of-origin', toXml('certificate-of-origin', document)).json['remarks'],
      document.remarks,
    );
  });
});
