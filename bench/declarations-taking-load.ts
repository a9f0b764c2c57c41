import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { judgeDeclaration } from '../src/documents/declaration/judge-declaration.ts';
import { parseWcoXml, readWcoXml } from '../src/documents/declaration/read-wco-document.ts';
import { takeDeclaration } from '../src/documents/declaration/take.ts';
import { wcoSchemaFaults } from '../src/documents/declaration/validate-wco.ts';
import type { JsonObject } from '../src/documents/json.ts';
import { readXml } from '../src/documents/read-xml.ts';
import { corpusPath } from '../tests/support/corpus.ts';
import { asXml, corpusDeclarations, declarationOf, manyItems } from './declarations-documents-load.ts';
import { middle, UsageMeter } from './process-load.ts';

// Reading and validating declarations, alone on the processor, against libxml2's own parse and XSD validation in the
// same run: rounds in turns, so that others on the machine slow all of them.

const date = new Date().toISOString().slice(0, 10);
/** By what all countries share: schema, texts, code lists, what must fit together. */
const shared = { country: null, date };
/** The same and the national profile of the country where it is lodged. */
const national = { country: 'VN', date };

interface Sample {
  readonly bytes: Buffer;
  readonly json: JsonObject;
  readonly asJson: Buffer;
}

/** libxml2 compiled for Node, as the project uses it: parse, and validate by the vocabulary's official schema. */
function libxml2(): { parse(bytes: Buffer): void; validate(bytes: Buffer): void } | undefined {
  const path = corpusPath('wco-declaration/xsd/wrapper_submit.xsd');
  if (path === undefined) return undefined;
  xmlRegisterFsInputProviders();
  const validator = XsdValidator.fromDoc(XmlDocument.fromBuffer(readFileSync(path), { url: path }));
  const judge = (bytes: Buffer, isValidated: boolean): void => {
    const document = XmlDocument.fromBuffer(bytes);
    try {
      if (isValidated) validator.validate(document);
    } finally {
      document.dispose();
    }
  };
  return { parse: (bytes) => judge(bytes, false), validate: (bytes) => judge(bytes, true) };
}

/** Microseconds for one document, best of the rounds and their middle; the ways take turns. */
function inTurns(
  ways: Readonly<Record<string, (sample: Sample) => void>>,
  samples: readonly Sample[],
  rounds: number,
): Record<string, { best: number; middle: number }> {
  const times: Record<string, number[]> = {};
  for (let round = -15; round < rounds; round += 1)
    for (const [name, way] of Object.entries(ways)) {
      const begun = process.cpuUsage();
      for (const sample of samples) way(sample);
      const { user, system } = process.cpuUsage(begun);
      if (round >= 0) times[name] = [...(times[name] ?? []), (user + system) / samples.length];
    }
  return Object.fromEntries(
    Object.entries(times).map(([name, each]) => [name, { best: Math.min(...each), middle: middle(each) }]),
  );
}

function percentiles(work: (sample: Sample) => void, samples: readonly Sample[], rounds: number): string {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1)
    for (const sample of samples) {
      const begun = performance.now();
      work(sample);
      times.push((performance.now() - begun) * 1_000);
    }
  times.sort((one, other) => one - other);
  const at = (share: number): string => (times[Math.floor(share * times.length)] ?? 0).toFixed(0);
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, at most ${at(0.999999)} µs`;
}

/** Native libxml2 over the same files, its start and its reading of the schema taken off. */
function xmllint(files: readonly string[]): number | undefined {
  const schema = corpusPath('wco-declaration/xsd/wrapper_submit.xsd');
  if (schema === undefined) return undefined;
  const run = (times: number): number => {
    const begun = performance.now();
    const all = Array.from({ length: times }, () => files).flat();
    const { status } = spawnSync('xmllint', ['--noout', '--schema', schema, ...all], { stdio: 'ignore' });
    return status === 0 ? performance.now() - begun : Number.NaN;
  };
  run(1);
  const each = middle([1, 2, 3, 4, 5].map(() => ((run(11) - run(1)) * 1_000) / (10 * files.length)));
  return Number.isNaN(each) ? undefined : each;
}

function corpusSamples(): { samples: Sample[]; files: string[] } {
  const folder = corpusPath('wco-declaration/valid') ?? '';
  const found = corpusDeclarations() ?? [];
  const samples = found.map(({ bytes }) => {
    const reading = readWcoXml(bytes);
    if (!reading.ok) throw new Error('a document of the corpus cannot be read');
    const { json } = reading.content;
    return { bytes, json, asJson: Buffer.from(JSON.stringify(json)) };
  });
  return { samples, files: found.map(({ name }) => join(folder, name)) };
}

function sampleOf(json: JsonObject): Sample {
  return { json, bytes: asXml(json), asJson: Buffer.from(JSON.stringify(json)) };
}

const ways = {
  'parse only (guards, libxml2)': ({ bytes }: Sample): void => {
    const reading = readXml(bytes);
    if (reading.ok) reading.document.dispose();
  },
  'read: JSON form, plain documents': ({ bytes }: Sample): void => void readWcoXml(bytes),
  'read by the parser, what is not plain': ({ bytes }: Sample): void => void parseWcoXml(bytes),
  'schema alone': ({ json }: Sample): void => void wcoSchemaFaults('declaration', json, 'xml'),
  'texts, codes, cross-field alone': ({ json }: Sample): void => void judgeDeclaration(json, [], shared),
  'READ AND VALIDATED, XML': ({ bytes }: Sample): void => void takeDeclaration(bytes, 'application/xml', shared),
  'READ AND VALIDATED, JSON': ({ asJson }: Sample): void => void takeDeclaration(asJson, 'application/json', shared),
};

/** Nearly every document of the corpus lacks something that this country asks for: what it costs to say so, and where. */
const faulty = {
  'with the profile of VN, XML': ({ bytes }: Sample): void => void takeDeclaration(bytes, 'application/xml', national),
};

function compare(
  title: string,
  samples: readonly Sample[],
  rounds: number,
  files: readonly string[],
  measured: Readonly<Record<string, (sample: Sample) => void>> = ways,
): void {
  const official = libxml2();
  const bytes = samples.reduce((sum, sample) => sum + sample.bytes.length, 0);
  const clean = (context: typeof shared | typeof national): number =>
    samples.filter((sample) => takeDeclaration(sample.bytes, 'application/xml', context).ok).length;
  console.log(
    `\n${title}: ${samples.length} documents, ${(bytes / samples.length / 1024).toFixed(1)} KB each on average, ${clean(shared)} without a fault, ${clean(national)} also by the profile of VN`,
  );
  const times = inTurns(
    official === undefined
      ? measured
      : {
          'libxml2: parse': (sample: Sample) => official.parse(sample.bytes),
          'libxml2: parse and XSD validation': (sample: Sample) => official.validate(sample.bytes),
          ...measured,
        },
    samples,
    rounds,
  );
  const base = times['libxml2: parse and XSD validation'];
  for (const [name, time] of Object.entries(times)) {
    const share =
      base === undefined
        ? ''
        : ` ${((100 * base.middle) / time.middle).toFixed(0).padStart(5)}% of libxml2 parse + XSD (best of each: ${((100 * base.best) / time.best).toFixed(0)}%)`;
    console.log(`  ${name.padEnd(42)} ${time.middle.toFixed(0).padStart(6)} µs${share}`);
  }
  const native = files.length === 0 ? undefined : xmllint(files);
  if (native !== undefined)
    console.log(`  ${'xmllint, a native program'.padEnd(42)} ${native.toFixed(0).padStart(6)} µs`);
  if (measured !== ways) return;
  console.log(`  one document, XML:  ${percentiles(ways['READ AND VALIDATED, XML'], samples, Math.ceil(rounds / 5))}`);
  console.log(`  one document, JSON: ${percentiles(ways['READ AND VALIDATED, JSON'], samples, Math.ceil(rounds / 5))}`);
}

function large(title: string, sample: Sample): void {
  const official = libxml2();
  const time = (work: () => void): { milliseconds: number; megabytes: number } => {
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    const meter = new UsageMeter();
    const begun = performance.now();
    work();
    const milliseconds = performance.now() - begun;
    return { milliseconds, megabytes: Math.max(0, meter.end().peakBytes - before) / 1024 / 1024 };
  };
  console.log(`\n${title}: ${(sample.bytes.length / 1024 / 1024).toFixed(2)} MB`);
  const all: Record<string, () => void> = {
    ...(official === undefined ? {} : { 'libxml2: parse and XSD validation': () => official.validate(sample.bytes) }),
    'read and validated, XML': () => {
      const taking = takeDeclaration(sample.bytes, 'application/xml', national);
      if (!taking.ok) throw new Error(JSON.stringify(taking.faults.slice(0, 3)));
    },
    'read and validated, JSON': () => void takeDeclaration(sample.asJson, 'application/json', national),
  };
  for (const [name, work] of Object.entries(all)) {
    const runs = [1, 2, 3, 4, 5].map(() => time(work));
    console.log(
      `  ${name.padEnd(42)} ${middle(runs.map(({ milliseconds }) => milliseconds))
        .toFixed(0)
        .padStart(6)} ms, at the most ${Math.max(...runs.map(({ megabytes }) => megabytes)).toFixed(0)} MB more memory`,
    );
  }
}

const rounds = Number(process.argv[2] ?? 25);
const { samples, files } = corpusSamples();
if (samples.length > 0) {
  compare('The corpus', samples, rounds, files);
  const largest = samples.toSorted((one, other) => other.bytes.length - one.bytes.length)[0];
  if (largest !== undefined) compare('The largest of the corpus', [largest], rounds * 10, []);
}
const own = [1, 3, 10].map((count) => sampleOf(declarationOf(`${count}`, { items: manyItems(count) })));
compare('Own, of 1, 3 and 10 items', own, rounds * 10, []);
if (samples.length > 0) compare('The corpus, where it is lodged', samples, rounds, [], faulty);
const out = process.argv[3];
for (const [title, items] of [
  ['999 items', manyItems(999)],
  ['999 items with long descriptions and many documents', manyItems(999, 512, 99)],
] as const) {
  const sample = sampleOf(declarationOf('LARGE', { items }));
  if (out !== undefined) writeFileSync(join(out, `${items.length}.xml`), sample.bytes);
  large(title, sample);
}
