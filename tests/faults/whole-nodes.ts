import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withRegionDatabase } from '../../src/region/region-database.ts';
import { RegionFolder } from '../../src/region/region-folder.ts';
import { extendLogChain } from '../../src/store/log-chain.ts';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { type DirectionJudgement, judgeDirection, readSide, type Side } from './checker.ts';
import type { SeededRandom } from './random.ts';

// Whole nodes, as "selat start" starts them, killed while certificates of origin go from one country to the other.
const root = fileURLToPath(new URL('../..', import.meta.url));
const COUNTRIES = ['TH', 'VN'] as const;

/** What of a node's tables stands for the rows that the small journey of the other scenarios writes. */
const VIEWS = [
  `create temp view accepted_documents as select message_id as document_id, message_id, conversation,
    null::integer as place, ''::bytea as digest from outgoing_messages`,
  `create temp view delivered_effects as select row_number() over (order by received_at) as number,
    message_id as document_id, message_id, ''::bytea as digest from incoming_messages where state = 'delivered'`,
  `create temp view receipted_effects as select message_id from received_receipts`,
];

interface CertificateRow {
  readonly side: string;
  readonly digest: string;
}

/** What was found in the end. */
export interface WholeNodesReport {
  readonly directions: readonly DirectionJudgement[];
  readonly violations: readonly string[];
  readonly certificates: number;
}

/** Starts a region of two nodes, kills it so often while certificates are carried, and has both databases checked. */
export async function killWholeNodes(random: SeededRandom, kills: number): Promise<WholeNodesReport> {
  const path = mkdtempSync(join(tmpdir(), 'selat-faults-nodes-'));
  chmodSync(path, 0o755);
  const folder = new RegionFolder(path);
  // Below the ports that the system gives out by itself.
  const port = 20_000 + 100 * random.between(0, 119);
  let running: ChildProcess | undefined;
  const start = (samples: number): { child: ChildProcess; output: () => string } => {
    let output = '';
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        'src/cli.ts',
        'start',
        ...['--data', path, '--countries', COUNTRIES.join(), '--port', String(port), '--samples', String(samples)],
      ],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    running = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        output += piece.toString('utf8');
      });
    return { child, output: () => output };
  };
  const until = async (holds: () => boolean, child: ChildProcess): Promise<void> => {
    for (let tries = 0; tries < 1_200 && !holds() && child.exitCode === null; tries += 1) await pause(50);
  };
  const gone = (child: ChildProcess): Promise<void> =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once('exit', () => resolve());
    });
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const { child, output } = start(1_000);
      await until(() => /issued/i.test(output()), child);
      await pause(random.between(100, 1_500));
      child.kill('SIGKILL');
      await gone(child);
    }
    const last = start(1);
    await until(() => /is up|Ctrl-C|carried/i.test(last.output()), last.child);
    const settled = await withRegionDatabase(folder, (urlOf) => settle(COUNTRIES.map(urlOf)));
    const wasUp = last.child.exitCode === null;
    last.child.kill('SIGTERM');
    await gone(last.child);
    const report = await withRegionDatabase(folder, (urlOf) => check(COUNTRIES.map(urlOf)));
    return {
      ...report,
      violations: [
        ...report.violations,
        ...(wasUp ? [] : [`the nodes did not start again: ${last.output().slice(-1_000)}`]),
        ...(settled ? [] : ['messages were still queued after a minute']),
      ],
    };
  } finally {
    running?.kill('SIGTERM');
    if (running !== undefined) await gone(running);
    rmSync(path, { recursive: true, force: true });
  }
}

async function settle(urls: readonly string[]): Promise<boolean> {
  const pools = urls.map((url) => openPool(url, { maximumConnections: 1 }));
  try {
    for (let tries = 0; tries < 300; tries += 1) {
      const queued = await Promise.all(
        pools.map((pool) => pool.query({ text: `select from outgoing_messages where state = 'queued' limit 1` })),
      );
      if (queued.every(({ rows }) => rows.length === 0)) return true;
      await pause(200);
    }
    return false;
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
}

async function check(urls: readonly string[]): Promise<WholeNodesReport> {
  const sides: Side[] = [];
  const certificates: CertificateRow[][] = [];
  for (const [index, url] of urls.entries()) {
    const pool: Pool = openPool(url, { maximumConnections: 1, statementTimeoutMilliseconds: 60_000 });
    while ((await extendLogChain(pool)) > 0);
    for (const text of VIEWS) await pool.query({ text });
    sides.push(await readSide(pool, COUNTRIES[index] ?? '', []));
    const { rows } = await pool.query<CertificateRow>({
      text: `select side, encode(document_digest, 'hex') as digest from certificates where state <> 'refused'`,
    });
    certificates.push(rows);
    await pool.close();
  }
  const [one, two] = sides;
  if (one === undefined || two === undefined) throw new Error('a side too few');
  const violations: string[] = [];
  let issued = 0;
  for (const [from, to] of [
    [0, 1],
    [1, 0],
  ] as const)
    for (const { digest } of certificates[from]?.filter(({ side }) => side === 'issuing') ?? []) {
      issued += 1;
      const found = certificates[to]?.filter((each) => each.side === 'importing' && each.digest === digest).length;
      if (found !== 1)
        violations.push(`certificate ${digest} of ${COUNTRIES[from]} is ${found} times at ${COUNTRIES[to]}`);
    }
  if (issued === 0) violations.push('no certificate was issued');
  const directions = [judgeDirection(one, two), judgeDirection(two, one)];
  return {
    directions,
    certificates: issued,
    violations: [...violations, ...directions.flatMap((direction) => direction.violations)],
  };
}
