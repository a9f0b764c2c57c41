import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { declarationSchemas } from '../../../schemas/generate-declaration.ts';
import { type Check, checkBytes } from '../../../src/documents/check.ts';
import { convertBytes } from '../../../src/documents/convert.ts';
import { corpusPath } from '../../support/corpus.ts';
import { documentOf, wcoJudge } from './wco-judge.ts';

const corpus = corpusPath('wco-declaration');
const skip = corpus === undefined && 'no corpus here';

function files(folder: string): readonly (readonly [string, Buffer])[] {
  if (corpus === undefined) return [];
  return readdirSync(`${corpus}/${folder}`).map((name) => [name, readFileSync(`${corpus}/${folder}/${name}`)]);
}

/** Responses are printed without namespaces; these are the ones they mean. */
function withNamespaces(bytes: Buffer): Buffer {
  const text = bytes.toString('utf8');
  if (text.includes('urn:wco:datamodel')) return bytes;
  return Buffer.from(
    text
      .replace('<MetaData>', '<MetaData xmlns="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2">')
      .replace('<Response>', '<Response xmlns="urn:wco:datamodel:WCO:RES-DMS:2">')
      .replace(/(<\/Declaration>\s*<Declaration)>/, '$1 xmlns="urn:wco:datamodel:WCO:DEC-DMS:2">')
      .replaceAll('<DateTimeString', '<DateTimeString xmlns="urn:wco:datamodel:WCO:Response_DS:DMS:2"'),
  );
}

function convertedBothWays(bytes: Buffer): string {
  const json = convertBytes(bytes, 'json');
  assert.ok(json.ok, JSON.stringify(json));
  const xml = convertBytes(Buffer.from(json.text), 'xml');
  assert.ok(xml.ok, JSON.stringify(xml));
  return xml.text;
}

describe('the corpus of declarations', { skip }, () => {
  const valid = files('valid');

  it('has 96 valid ones, each read without a fault and written back as the same document', () => {
    const judge = wcoJudge('declaration');
    for (const [name, bytes] of valid) {
      const { kind, faults } = checkBytes(bytes);
      assert.deepEqual({ name, kind, faults }, { name, kind: 'declaration', faults: [] });
      const again = convertedBothWays(bytes);
      assert.deepEqual(documentOf(again), documentOf(bytes), name);
      assert.equal(judge?.(again), true, name);
    }
    assert.equal(valid.length, 96);
  });

  it('has messages of several sorts, each told as what it is', () => {
    const labels = new Map<string, number>();
    for (const [, bytes] of valid) {
      const { label } = checkBytes(bytes);
      labels.set(label, (labels.get(label) ?? 0) + 1);
    }
    assert.deepEqual(Object.fromEntries(labels), {
      'import declaration': 55,
      'export declaration': 21,
      'customs declaration': 3,
      'supplementary import declaration': 10,
      'amendment of a declaration': 3,
      'presentation of goods declared ahead': 4,
    });
  });

  it('has three that are refused, with line and what is wrong', () => {
    const told = files('malformed').map(([name, bytes]) => {
      const [first] = checkBytes(bytes).faults;
      return [name, first?.code, first?.line];
    });
    assert.deepEqual(told, [
      ['TT_EX002a.xml', 'XML-MALFORMED', 72],
      ['TT_IM084a.xml', 'XML-MALFORMED', 164],
      ['example_submission_declaration_400.xml', 'XML-ELEMENT-UNKNOWN', 12],
    ]);
  });

  it('has responses, each read as the official schema judges it and written back as the same document', () => {
    const judge = wcoJudge('response');
    const refused: string[] = [];
    for (const [name, bytes] of files('notifications')) {
      const whole = withNamespaces(bytes);
      const check: Check = checkBytes(whole);
      assert.equal(check.kind, 'declaration-response', `${name} ${JSON.stringify(check.faults)}`);
      assert.equal(check.faults.length === 0, judge?.(whole), `${name} ${JSON.stringify(check.faults)}`);
      if (check.faults.length === 0) assert.deepEqual(documentOf(convertedBothWays(whole)), documentOf(whole), name);
      else refused.push(name);
    }
    assert.deepEqual(refused, ['16_DMSEOG.xml'], 'the one whose date is printed as no date of the vocabulary');
  });

  it('comes with the XML Schema from which the shared schemas are derived', () => {
    for (const [name, text] of declarationSchemas(`${corpus}/xsd`)) {
      const committed = fileURLToPath(new URL(`../../../schemas/documents/${name}`, import.meta.url));
      assert.equal(readFileSync(committed, 'utf8'), text, name);
    }
  });
});
