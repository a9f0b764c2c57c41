import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { RegionFolder } from '../src/region/region-folder.ts';
import { sampleApplication } from '../src/region/sample-application.ts';
import { sampleCountry } from '../src/region/sample-country.ts';
import { startRegion } from '../src/region/start-region.ts';
import { freePort } from '../src/store/embedded.ts';

// Submit (signed in, validated, durable) at 32 clients, against bare one-row commits on the same Postgres in the same
// run. Rounds alternate; the medians are compared. The clients of both are outside the node's process or in the driver.
const clients = 32;
const perRound = Number(process.argv[2] ?? 3_000);
const rounds = 5;

const folder = new RegionFolder(mkdtempSync(join(tmpdir(), 'selat-bench-')));
const region = await startRegion({
  folder,
  countries: ['TH'],
  port: await freePort(),
  fresh: false,
  passphrase: undefined,
  log: pino<never>({ level: 'error' }),
  clock: () => new Date(),
  progress: () => {},
});
const node = region.nodes[0];
const description = region.description.nodes['TH'];
const exporter = description?.people.find((person) => person.username === 'exporter');
if (node === undefined || description === undefined || exporter === undefined) throw new Error('no node');

async function signIn(address: string, username: string, password: string): Promise<string> {
  const response = await fetch(`${address}/api/sign-in`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
    body: JSON.stringify({ username, password }),
  });
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

const cookie = await signIn(description.pagesUrl, exporter.username, exporter.password);

async function createDrafts(count: number): Promise<string[]> {
  const paths: string[] = [];
  const from = sampleCountry('TH');
  const to = sampleCountry('VN');
  await Promise.all(
    Array.from({ length: 16 }, async (_, lane) => {
      for (let index = lane; index < count; index += 16) {
        const content = sampleApplication(from, to, 'ATIGA-FORM-D', randomUUID().slice(0, 8).toUpperCase(), new Date());
        const response = await fetch(`${description?.pagesUrl}/api/applications`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Cookie: cookie, 'Idempotency-Key': randomUUID() },
          body: JSON.stringify(content),
        });
        if (response.status !== 201) throw new Error(`a draft was refused: ${await response.text()}`);
        const { id } = (await response.json()) as { id: string };
        paths.push(`/api/applications/${id}/submit`);
      }
    }),
  );
  return paths;
}

function submitAll(
  paths: readonly string[],
): Promise<{ milliseconds: number; p50: number; p99: number; cpuMicroseconds: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL('submit-load.ts', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('exit', (code) => (code === 0 ? resolve(JSON.parse(output)) : reject(new Error('the clients failed'))));
    child.stdin.end(JSON.stringify({ address: description?.pagesUrl, cookie, clients, paths }));
  });
}

async function bareCommits(count: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: clients });
  await pool.query('create table if not exists bare (id bigint generated always as identity, at timestamptz)');
  await Promise.all(Array.from({ length: clients }, () => pool.query('select 1')));
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let index = 0; index < count / clients; index += 1)
        await pool.query({ name: 'bare', text: 'insert into bare (at) values ($1)', values: [new Date()] });
    }),
  );
  const milliseconds = performance.now() - begun;
  await pool.end();
  return count / (milliseconds / 1_000);
}

const databaseUrl = node.databaseUrl;
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const submits: number[] = [];
const bares: number[] = [];
const ratios: number[] = [];
await submitAll(await createDrafts(500));
for (let round = 0; round < rounds; round += 1) {
  const bare = await bareCommits(perRound * 2);
  const paths = await createDrafts(perRound);
  const before = process.cpuUsage();
  const { milliseconds, p50, p99, cpuMicroseconds } = await submitAll(paths);
  const own = process.cpuUsage(before);
  const rate = perRound / (milliseconds / 1_000);
  submits.push(rate);
  bares.push(bare);
  ratios.push(rate / bare);
  console.log(
    `round ${round + 1}: submit ${rate.toFixed(0)}/s (p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms), bare commits ${bare.toFixed(0)}/s, ratio ${((100 * rate) / bare).toFixed(0)}%; CPU per submit: node ${((own.user + own.system) / perRound).toFixed(0)} µs, clients ${(cpuMicroseconds / perRound).toFixed(0)} µs, of ${((2_000 * milliseconds) / perRound).toFixed(0)} µs on two cores`,
  );
}
console.log(
  `\nsubmit at ${clients} clients: median ${median(submits).toFixed(0)}/s, bare one-row commits ${median(bares).toFixed(0)}/s: ${(100 * median(ratios)).toFixed(0)}% (at least 25%, aim 40%)`,
);
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);
await region.stop();
rmSync(folder.path, { recursive: true, force: true });
