import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { DirectoryState, VerifiedDirectory } from './directory.ts';

/** A version as it was kept: the signed bytes as they came. */
export interface StoredDirectory {
  readonly serial: number;
  readonly digest: string;
  readonly bytes: Buffer;
  readonly source: string;
  readonly receivedAt: Date;
}

interface DirectoryRow {
  serial: bigint;
  digest: string;
  bytes: Buffer;
  source: string;
  received_at: Date;
}

const COLUMNS = 'serial, digest, bytes, source, received_at';

/** The serial of the current version, or undefined before the first; cheap, for asking often. */
export async function currentSerial(reader: Reader): Promise<number | undefined> {
  const { rows } = await reader.query<{ serial: bigint | null }>({
    name: 'federation-current-serial',
    text: 'select max(serial) as serial from federation_directories',
  });
  const serial = rows[0]?.serial;
  return serial === null || serial === undefined ? undefined : Number(serial);
}

/** The current version, or undefined before the first. */
export async function loadCurrentDirectory(reader: Reader): Promise<StoredDirectory | undefined> {
  const { rows } = await reader.query<DirectoryRow>({
    text: `select ${COLUMNS} from federation_directories order by serial desc limit 1`,
  });
  return rows[0] === undefined ? undefined : storedDirectory(rows[0]);
}

/** One version by its serial, for evidence and for members that catch up; undefined when it was never held. */
export async function loadDirectoryVersion(reader: Reader, serial: number): Promise<StoredDirectory | undefined> {
  if (!Number.isSafeInteger(serial) || serial < 1) return undefined;
  const { rows } = await reader.query<DirectoryRow>({
    text: `select ${COLUMNS} from federation_directories where serial = $1`,
    values: [serial],
  });
  return rows[0] === undefined ? undefined : storedDirectory(rows[0]);
}

/** Makes every process that considers a directory for this database wait for its turn, until the transaction ends. */
export async function lockDirectories(transaction: Transaction): Promise<void> {
  await transaction.query({ text: `select pg_advisory_xact_lock(hashtext('federation_directories'))` });
}

/** Keeps an accepted version. */
export async function insertDirectory(
  transaction: Transaction,
  { directory, digest }: VerifiedDirectory,
  { bytes, source, receivedAt }: { bytes: Uint8Array; source: string; receivedAt: Date },
): Promise<void> {
  await transaction.query({
    text: `insert into federation_directories (${COLUMNS}) values ($1, $2, $3, $4, $5)`,
    values: [directory.serial, digest, Buffer.from(bytes), source, receivedAt],
  });
}

/** Something that was refused. */
export interface DirectoryRefusal {
  readonly code: string;
  /** The digest of a signed directory, or for anything else the source and the day. */
  readonly subject: string;
  readonly source: string;
  /** Only where the federation's signatures hold. */
  readonly bytes: Uint8Array | undefined;
  readonly at: Date;
}

/** Counts a refusal; true when it is the first of its kind and must be told. */
export async function countRefusal(transaction: Transaction, refusal: DirectoryRefusal): Promise<boolean> {
  const { rows } = await transaction.query<{ times: number }>({
    text: `insert into federation_refusals (code, subject, source, bytes, first_seen_at, last_seen_at)
      values ($1, $2, $3, $4, $5, $5)
      on conflict (code, subject) do update
        set times = federation_refusals.times + 1, last_seen_at = excluded.last_seen_at
      returning times`,
    values: [
      refusal.code,
      refusal.subject,
      refusal.source,
      refusal.bytes === undefined ? null : Buffer.from(refusal.bytes),
      refusal.at,
    ],
  });
  return rows[0]?.times === 1;
}

/** Fingerprints of the certificates that were trusted while a directory was in force. */
export async function loadKnownKeys(reader: Reader): Promise<string[]> {
  const { rows } = await reader.query<{ fingerprint256: string }>({
    text: 'select fingerprint256 from federation_known_keys',
  });
  return rows.map((row) => row.fingerprint256);
}

/** Adds fingerprints to those known. */
export async function saveKnownKeys(reader: Reader, fingerprints: readonly string[], at: Date): Promise<void> {
  await reader.query({
    text: `insert into federation_known_keys (fingerprint256, known_at)
      select distinct fingerprint, $2::timestamptz from unnest($1::text[]) as fingerprint
      on conflict do nothing`,
    values: [fingerprints, at],
  });
}

/** Notes that a version became overdue; true when nobody noted it before. */
export async function noteOverdue(
  transaction: Transaction,
  serial: number,
  state: Exclude<DirectoryState, 'fresh'>,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await transaction.query({
    text: `insert into federation_overdue (serial, state, told_at) values ($1, $2, $3) on conflict do nothing`,
    values: [serial, state, at],
  });
  return rowCount === 1;
}

function storedDirectory(row: DirectoryRow): StoredDirectory {
  return {
    serial: Number(row.serial),
    digest: row.digest,
    bytes: row.bytes,
    source: row.source,
    receivedAt: row.received_at,
  };
}
