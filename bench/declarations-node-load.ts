import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import type { Route } from '../src/http/route.ts';
import { RegionFolder } from '../src/region/region-folder.ts';
import { startRegion } from '../src/region/start-region.ts';
import { freePort } from '../src/store/embedded.ts';
import type { Pool } from '../src/store/pool.ts';
import type { ClientRequest, ClientResult, ClientWork, Latencies } from './declarations-clients-load.ts';

/** A node of Viet Nam with everything that runs in it, on an embedded server with full durability. */
export interface BenchNode {
  readonly address: string;
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly routes: readonly Route[];
  /** Cookies of people who are signed in. */
  readonly importer: string;
  readonly officer: string;
  readonly supervisor: string;
  /** Lets clients in a process of their own make requests. */
  load(work: Omit<ClientWork, 'address'>): Promise<ClientResult>;
  /** One request that must be answered with 200 or 201. */
  ask(cookie: string, request: ClientRequest): Promise<unknown>;
  stop(): Promise<void>;
}

async function signIn(address: string, username: string, password: string): Promise<string> {
  const response = await fetch(`${address}/api/sign-in`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
    body: JSON.stringify({ username, password }),
  });
  if (response.status !== 200) throw new Error(`${username} could not sign in: ${await response.text()}`);
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

function isResult(value: unknown): value is ClientResult {
  return typeof value === 'object' && value !== null && 'latencies' in value;
}

function runClients(work: ClientWork): Promise<ClientResult> {
  return new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL('declarations-clients-load.ts', import.meta.url));
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('exit', (code) => {
      if (code !== 0) return reject(new Error('the clients failed'));
      const result: unknown = JSON.parse(output);
      if (!isResult(result)) return reject(new Error('the clients told nothing'));
      resolve(result);
    });
    child.stdin.end(JSON.stringify(work));
  });
}

/** Starts the node; it is deleted with all its data when it is stopped. */
export async function startBenchNode(): Promise<BenchNode> {
  const folder = new RegionFolder(mkdtempSync(join(tmpdir(), 'selat-bench-')));
  const region = await startRegion({
    folder,
    countries: ['VN'],
    port: await freePort(),
    fresh: false,
    passphrase: undefined,
    log: pino<never>({ level: 'error' }),
    clock: () => new Date(),
    progress: () => {},
  });
  const [node] = region.nodes;
  const description = region.description.nodes['VN'];
  if (node === undefined || description === undefined) throw new Error('no node');
  const address = description.pagesUrl;
  const cookieOf = (username: string): Promise<string> => {
    const person = description.people.find((each) => each.username === username);
    if (person === undefined) throw new Error(`there is no ${username}`);
    return signIn(address, username, person.password);
  };
  return {
    address,
    databaseUrl: node.databaseUrl,
    pool: node.pool,
    routes: node.routes,
    importer: await cookieOf('importer'),
    officer: await cookieOf('clearance'),
    supervisor: await cookieOf('supervisor'),
    load: (work) => runClients({ ...work, address }),
    async ask(cookie, { method, path, body, contentType }) {
      const response = await fetch(`${address}${path}`, {
        method,
        headers: { cookie, 'idempotency-key': randomUUID(), 'content-type': contentType ?? 'application/json' },
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      if (response.status !== 200 && response.status !== 201)
        throw new Error(`${method} ${path} was answered with ${response.status}: ${text.slice(0, 2_000)}`);
      return JSON.parse(text);
    },
    async stop() {
      await region.stop();
      rmSync(folder.path, { recursive: true, force: true });
      const { databaseFolder } = region;
      if (databaseFolder?.startsWith('/var/lib/selat/') === true)
        rmSync(join(databaseFolder, '..'), { recursive: true, force: true });
    },
  };
}

/** One-row commits each second that so many connections reach on a server. */
export async function bareCommits(databaseUrl: string, clients: number, count: number): Promise<number> {
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

/** Latencies as they are printed, in milliseconds. */
export function inWords({ p50, p95, p99 }: Latencies): string {
  const digits = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
  return `p50 ${digits(p50)}, p95 ${digits(p95)}, p99 ${digits(p99)} ms`;
}
