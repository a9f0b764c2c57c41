import { Socket } from 'node:net';
import pg from 'pg';
import { Refusal } from '../documents/refusal.ts';

/** How long the store waits for what, in milliseconds; each wait of the node on its database has an end. */
export interface PoolOptions {
  /** Connections at most (default 16). */
  readonly maximumConnections?: number;
  /** Wait for a free connection (default 5,000 ms). */
  readonly connectionTimeoutMilliseconds?: number;
  /** One statement at most (default 15,000 ms). */
  readonly statementTimeoutMilliseconds?: number;
  /** A transaction that does nothing is ended after this (default 15,000 ms). */
  readonly idleInTransactionTimeoutMilliseconds?: number;
  /**
   * A connection in use on which nothing arrives for so long is given up (default: five seconds longer than the longest of
   * the two above): the server would have answered, so the network is gone, and TCP would find out after a quarter of an
   * hour.
   */
  readonly silenceMilliseconds?: number;
  /** Told when an idle connection breaks; the pool replaces it by itself. */
  readonly onIdleError?: (error: Error) => void;
  readonly applicationName?: string;
}

/** A statement with its parameters; `name` makes Postgres keep the plan for the connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  /**
   * The same statement for many at once, each parameter being an array: where several that are alike travel together, one
   * is sent for all. The rows of a question's answer belong to whoever's first parameter stands in their column `owner`.
   */
  readonly many?: { readonly name: string; readonly text: string; readonly owner?: string };
}

/** What can run statements: the pool outside a transaction, or a {@link Transaction}. */
export interface Reader {
  query<Row extends pg.QueryResultRow>(statement: Statement): Promise<{ rows: Row[]; rowCount: number }>;
}

/** The database of one node. */
export interface Pool extends Reader {
  /** The driver's pool, for the store's own use (transactions, listening). */
  readonly driver: pg.Pool;
  /** Waits for running work, then closes every connection. */
  close(): Promise<void>;
}

/** Timestamps arrive as `Date`; whole numbers of eight bytes as `bigint`; `numeric` and `date` as text, never as floats. */
export const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, (text) => BigInt(text));
types.setTypeParser(pg.types.builtins.NUMERIC, (text) => text);
types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** Class 08 (connection), 53 (resources), 57 (operator: shutdown, crash) of the SQLSTATE table, and the system's words. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/^(08|53|57P)/.test(code)) return true;
  if (/^(ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH)$/.test(code)) return true;
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
    error.message,
  );
}

/** What `must_change` (migration 0001) raises. */
function isLostRace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SE001';
}

/** Somebody else changed it since it was read. */
export function changedMeanwhile(): Refusal {
  return new Refusal(
    'changed-meanwhile',
    'CHANGED-MEANWHILE',
    'This was changed after you read it. Read it again and decide anew; nothing was done.',
  );
}

/**
 * Turns an outage of the database into the refusal `STORE-UNAVAILABLE`, and a change that found nothing to change into
 * `CHANGED-MEANWHILE`; everything else stays what it is.
 */
export function asStoreError(error: unknown): unknown {
  if (isLostRace(error)) return changedMeanwhile();
  if (!isOutage(error)) return error;
  const refusal = new Refusal(
    'unavailable',
    'STORE-UNAVAILABLE',
    'The database of this node cannot be reached at the moment. Nothing was stored; send the request again in a few seconds.',
    { retryAfterSeconds: 5 },
  );
  refusal.cause = error;
  return refusal;
}

/** Runs one statement on a driver's connection or pool and narrows the answer. */
export async function runStatement<Row extends pg.QueryResultRow>(
  on: Pick<pg.PoolClient, 'query'>,
  statement: Statement,
): Promise<{ rows: Row[]; rowCount: number }> {
  const config: pg.QueryConfig = { text: statement.text, types };
  if (statement.name !== undefined) config.name = statement.name;
  if (statement.values !== undefined) config.values = [...statement.values];
  try {
    const result = await on.query<Row>(config);
    return { rows: result.rows, rowCount: result.rowCount ?? 0 };
  } catch (error) {
    throw asStoreError(error);
  }
}

/** The socket of a driver's client; not in its published types. */
function socketOf(client: pg.PoolClient): Socket | undefined {
  const connection: unknown = Reflect.get(client, 'connection');
  const stream: unknown =
    typeof connection === 'object' && connection !== null ? Reflect.get(connection, 'stream') : undefined;
  return stream instanceof Socket ? stream : undefined;
}

function giveUpSilent(driver: pg.Pool, milliseconds: number): void {
  driver.on('connect', (client) => {
    const socket = socketOf(client);
    socket?.on('timeout', () =>
      socket.destroy(Object.assign(new Error('the database has not answered in time'), { code: 'ETIMEDOUT' })),
    );
  });
  driver.on('acquire', (client) => socketOf(client)?.setTimeout(milliseconds));
  driver.on('release', (_error, client) => socketOf(client)?.setTimeout(0));
}

/**
 * Opens the connections to one node's database. Connections are made when first needed; a server that is away gives
 * the refusal `STORE-UNAVAILABLE` at the first statement, and the pool recovers by itself when it is back.
 */
export function openPool(url: string, options: PoolOptions = {}): Pool {
  const statement = options.statementTimeoutMilliseconds ?? 15_000;
  const idleInTransaction = options.idleInTransactionTimeoutMilliseconds ?? 15_000;
  const driver = new pg.Pool({
    connectionString: url,
    max: options.maximumConnections ?? 16,
    connectionTimeoutMillis: options.connectionTimeoutMilliseconds ?? 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: statement,
    idle_in_transaction_session_timeout: idleInTransaction,
    application_name: options.applicationName ?? 'selat',
    keepAlive: true,
  });
  driver.on('error', (error) => options.onIdleError?.(error));
  // A server may end a connection in the very moment in which it is handed out, before whoever gets it can listen: an error
  // that nobody hears would end the process. The next statement on it says that it is broken.
  driver.on('connect', (client) => client.on('error', () => undefined));
  giveUpSilent(driver, options.silenceMilliseconds ?? Math.max(statement, idleInTransaction) + 5_000);
  return {
    driver,
    query: (statement) => runStatement(driver, statement),
    close: () => driver.end(),
  };
}
