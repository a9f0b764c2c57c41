import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Refusal } from '../documents/refusal.ts';
import { type EmbeddedFiles, placeEmbeddedFiles } from './embedded-files.ts';

/** How the embedded server is to run. */
export interface EmbeddedOptions {
  /** Folder of the cluster; made on first use. The password lies beside it, readable by us alone. */
  readonly folder: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Further settings, such as `fsync=off` for tests that do not test durability. */
  readonly settings?: readonly string[];
}

/** A running PostgreSQL server of our own. */
export interface EmbeddedPostgres {
  /** Where the data really is (elsewhere than asked for when root's folders are closed to the server's account). */
  readonly dataFolder: string;
  /** Process id of the server, for tests that end it on purpose. */
  readonly processId: number;
  /** The address of a database on it, with password. */
  url(database: string): string;
  /** Makes a database unless it is there. */
  ensureDatabase(name: string): Promise<void>;
  /** Resolves when the server ends, on purpose or not. */
  readonly ended: Promise<void>;
  /** Ends it cleanly: connections are closed, what was committed is on disk. */
  stop(): Promise<void>;
}

const user = 'selat';
/** Small enough for a desk, large enough for the benchmarks; a real server has its own settings. */
const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=128MB',
  'timezone=UTC',
  'log_timezone=UTC',
  'logging_collector=off',
];

function run(
  program: string,
  arguments_: readonly string[],
  files: EmbeddedFiles,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, arguments_, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', ...identity(files) });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function identity(files: EmbeddedFiles): { uid?: number; gid?: number } {
  return files.account === undefined ? {} : { uid: files.account.userId, gid: files.account.groupId };
}

/** Tells in a sentence what to do about what Postgres said. */
function explain(output: string, files: EmbeddedFiles, port: number): Refusal {
  const say = (code: string, sentence: string): Refusal => new Refusal('unavailable', code, sentence);
  if (/No space left on device|Disk quota exceeded/.test(output))
    return say(
      'DATABASE-DISK-FULL',
      `The disk that holds ${files.dataFolder} is full. Free at least 200 MB there, or choose another place with --data, then start again; nothing that was acknowledged is lost.`,
    );
  if (/Address already in use|could not bind/.test(output))
    return say(
      'DATABASE-PORT-BUSY',
      `Port ${port} on this machine is in use by another program. Choose other ports with --port, or end that program.`,
    );
  if (/Permission denied|has wrong ownership|has invalid permissions/.test(output))
    return say(
      'DATABASE-NO-PERMISSION',
      `The data folder ${files.dataFolder} cannot be used: its owner or permissions changed. Give it back to ${files.account?.name ?? 'your account'} with mode 0700, or choose another place with --data.`,
    );
  const lastWords = output.trim().split('\n').slice(-3).join(' / ').slice(-400);
  return say(
    'DATABASE-BROKEN-FOLDER',
    `The database in ${files.dataFolder} does not start. Restore a backup of that folder, choose another with --data, or begin anew with --fresh (which deletes it). Postgres said: ${lastWords}`,
  );
}

async function initialise(files: EmbeddedFiles, password: string, port: number): Promise<void> {
  try {
    mkdirSync(files.dataFolder, { recursive: true, mode: 0o700 });
    if (files.account !== undefined) chownSync(files.dataFolder, files.account.userId, files.account.groupId);
  } catch (error) {
    throw explain(String(error), files, port);
  }
  const passwordFile = join(tmpdir(), `selat-${randomBytes(8).toString('hex')}`);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (files.account !== undefined) chownSync(passwordFile, files.account.userId, files.account.groupId);
  try {
    const { code, output } = await run(
      join(files.programs, 'bin', 'initdb'),
      [
        `--pgdata=${files.dataFolder}`,
        `--username=${user}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--data-checksums',
      ],
      files,
    );
    if (code !== 0) {
      rmSync(files.dataFolder, { recursive: true, force: true });
      throw explain(output, files, port);
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Ends a server that a killed Selat left behind in this folder, so that ours can take its place. */
async function endOrphan(files: EmbeddedFiles): Promise<void> {
  const lock = join(files.dataFolder, 'postmaster.pid');
  if (!existsSync(lock)) return;
  await run(
    join(files.programs, 'bin', 'pg_ctl'),
    ['stop', '-D', files.dataFolder, '-m', 'fast', '-w', '-t', '30'],
    files,
  );
}

function passwordOf(folder: string): { file: string; read(): string } {
  const file = join(dirname(folder), 'postgres-password');
  return { file, read: () => readFileSync(file, 'utf8').trim() };
}

/** The address of a database on an embedded server, for whoever knows its password and port. */
export function embeddedUrl(password: string, port: number, database: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
}

/** A TCP port on 127.0.0.1 that nobody uses at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('the system gave no port'));
      });
    });
  });
}

/**
 * Starts PostgreSQL from the programs that npm brought; makes the cluster on first use. As root it runs under another
 * account, because Postgres refuses root. The server is in a process group of its own, so that Ctrl-C in a terminal
 * reaches the nodes first and they can finish what they are doing.
 * @throws a {@link Refusal} whose sentence says what to do: busy port, full disk, broken folder, no programs.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const files = placeEmbeddedFiles(options.folder);
  const { file, read } = passwordOf(options.folder);
  if (!existsSync(join(files.dataFolder, 'PG_VERSION'))) {
    const password = randomBytes(24).toString('base64url');
    await initialise(files, password, options.port);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
  } else {
    await endOrphan(files);
    if (files.account === undefined) chmodSync(files.dataFolder, 0o700);
  }
  if (!existsSync(file))
    throw new Refusal(
      'unavailable',
      'DATABASE-NO-PASSWORD',
      `The file ${file}, which holds the database's password, is missing. Restore it from a backup, choose another folder with --data, or begin anew with --fresh.`,
    );
  const password = read();
  const child = await launchWhenFree(files, options);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = (database: string): string => embeddedUrl(password, options.port, database);
  return {
    dataFolder: files.dataFolder,
    processId: child.pid ?? 0,
    url,
    ended,
    async ensureDatabase(name) {
      const client = new pg.Client({ connectionString: url('postgres') });
      await client.connect();
      try {
        const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
        if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
      } finally {
        await client.end();
      }
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      await ended;
    },
  };
}

/**
 * After a kill, processes of the server before may still be ending; as long as they use its memory, Postgres does not
 * start (PostgreSQL manual, 19.4). They are waited for, ten seconds at most.
 */
async function launchWhenFree(files: EmbeddedFiles, options: EmbeddedOptions): Promise<ChildProcess> {
  for (let tries = 1; ; tries += 1)
    try {
      return await launch(files, options);
    } catch (error) {
      const isEnding = error instanceof Refusal && error.message.includes('shared memory block');
      if (!isEnding || tries === 40) throw error;
      await pause(250);
    }
}

function launch(files: EmbeddedFiles, options: EmbeddedOptions): Promise<ChildProcess> {
  const flags = [...settings, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting]);
  return new Promise((resolve, reject) => {
    const child = spawn(
      join(files.programs, 'bin', 'postgres'),
      ['-D', files.dataFolder, '-p', String(options.port), ...flags],
      { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/', detached: true, ...identity(files) },
    );
    let output = '';
    const watch = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-8_000);
      if (!output.includes('database system is ready to accept connections')) return;
      child.off('exit', failed);
      child.stderr.off('data', watch);
      child.stderr.resume();
      resolve(child);
    };
    const failed = (): void => reject(explain(output, files, options.port));
    child.stderr.on('data', watch);
    child.once('error', (error) => reject(explain(String(error), files, options.port)));
    child.once('exit', failed);
  });
}
