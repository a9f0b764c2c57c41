import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sampleApplication } from '../src/region/sample-application.ts';
import { sampleCountry } from '../src/region/sample-country.ts';

// How long a second "npm start" takes until the region answers, how much memory three nodes take at rest (Linux), and
// what a 10 MB attachment adds while it is taken and given back.
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'selat-bench-'));
const data = join(folder, 'region');

interface Summary {
  readonly nodes: readonly {
    readonly country: string;
    readonly pages: string;
    readonly people: readonly { readonly username: string; readonly password: string }[];
  }[];
}

interface Started {
  readonly child: ChildProcess;
  readonly seconds: number;
  readonly summary: Summary;
}

function start(): Promise<Started> {
  const begun = performance.now();
  const child = spawn('npm', ['run', '-s', 'selat', '--', 'start', '--json', '--data', data, '--port', '19400'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('\n'))
        resolve({
          child,
          seconds: (performance.now() - begun) / 1_000,
          summary: JSON.parse(output.split('\n')[0] ?? ''),
        });
    });
    child.on('exit', (code) => reject(new Error(`the start ended with ${code}`)));
  });
}

function stop({ child }: Started): Promise<void> {
  return new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.on('exit', () => resolve());
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  });
}

/** Resident memory of the processes of ours that run under a start, in MB, by what they are. */
function memory({ child }: Started): { nodes: number; launcher: number } {
  const found = { nodes: 0, launcher: 0 };
  const listing = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  const waiting = [String(child.pid), ...listing];
  const seen = new Set<string>();
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    if (pid === '' || seen.has(pid)) continue;
    seen.add(pid);
    waiting.push(...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' '));
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    if (command.includes('/src/cli.ts')) found.nodes += kilobytes / 1_024;
    else if (command.includes('launch.mjs')) found.launcher += kilobytes / 1_024;
  }
  return found;
}

interface Exporter {
  readonly address: string;
  readonly cookie: string;
}

function post(
  address: string,
  path: string,
  headers: Record<string, string>,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<Response> {
  return fetch(`${address}${path}`, { method: 'POST', headers: { 'Idempotency-Key': randomUUID(), ...headers }, body });
}

async function signIn(summary: Summary): Promise<Exporter> {
  const node = summary.nodes.find((each) => each.country === 'TH');
  const exporter = node?.people.find((person) => person.username === 'exporter');
  if (node === undefined || exporter === undefined) throw new Error('there is no exporter');
  const answer = await post(
    node.pages,
    '/api/sign-in',
    { 'Content-Type': 'application/json' },
    JSON.stringify({ username: exporter.username, password: exporter.password }),
  );
  return { address: node.pages, cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
}

async function attach({ address, cookie }: Exporter, bytes: Buffer): Promise<void> {
  const content = sampleApplication(sampleCountry('TH'), sampleCountry('VN'), 'ATIGA-FORM-D', 'BENCH01', new Date());
  const created = await post(
    address,
    '/api/applications',
    { 'Content-Type': 'application/json', Cookie: cookie },
    JSON.stringify(content),
  );
  const { id } = (await created.json()) as { id: string };
  const uploaded = await post(
    address,
    `/api/applications/${id}/attachments?name=invoice.pdf`,
    { 'Content-Type': 'application/pdf', Cookie: cookie },
    new Uint8Array(bytes),
  );
  if (uploaded.status !== 201) throw new Error(`the attachment was refused: ${await uploaded.text()}`);
  const attachment = (await uploaded.json()) as { id: string };
  const back = await fetch(`${address}/api/applications/${id}/attachments/${attachment.id}`, {
    headers: { Cookie: cookie },
  });
  if ((await back.arrayBuffer()).byteLength !== bytes.length) throw new Error('the attachment did not come back');
}

const first = await start();
console.log(`first start, with keys, databases and one sample certificate: ${first.seconds.toFixed(1)} s`);
await stop(first);
const second = await start();
console.log(`second start: ready after ${second.seconds.toFixed(1)} s (at most 5)`);
// Checking a password takes 32 MB for a moment (scrypt): before the measurement, it is not the attachment's.
const exporter = await signIn(second.summary);
await pause(15_000);
const rest = memory(second);
console.log(
  `three nodes at rest: ${rest.nodes.toFixed(0)} MB, with the launcher ${(rest.nodes + rest.launcher).toFixed(0)} MB (at most 400; database aside)`,
);
const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(10 * 1024 * 1024)]);
let peak = rest.nodes;
const watch = setInterval(() => {
  peak = Math.max(peak, memory(second).nodes);
}, 20);
await attach(exporter, pdf);
clearInterval(watch);
console.log(`a 10 MB attachment, taken and given back: at most ${(peak - rest.nodes).toFixed(0)} MB more (at most 30)`);
await stop(second);
rmSync(folder, { recursive: true, force: true });
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);
