import type pg from 'pg';
import { type Pool, runStatement, type Statement } from '../../store/pool.ts';
import { freeClaimsOf, readoptClaims } from './claim-queries.ts';

/** Any number does, as long as every gateway takes the same; beside it stands the number of the gateway. */
const SESSION_LOCK = 7_352_803;
const CHANNEL = 'selat_outgoing';
const DEAD_AFTER_MILLISECONDS = 10_000;

/** Wakes the dispatchers of all gateways after the commit; many in one transaction are one. */
export const WAKE_DISPATCHERS: Statement = { name: 'wake-dispatchers', text: `select pg_notify('${CHANNEL}', '')` };

/** What a session works with. */
export interface GatewaySessionParts {
  readonly pool: Pool;
  readonly clock: () => Date;
  readonly log: { warn(fields: object, message: string): void };
  /** How often it is made sure that it lives, and looked for gateways that do not. */
  readonly everyMilliseconds: number;
  /** Called when something may be due: another process queued it, or the claims of a dead one were freed. */
  readonly wake: () => void;
  /** Ids of the messages that this process is trying, whatever its number was when it claimed them. */
  readonly underWay: () => readonly string[];
}

/**
 * One connection that a gateway keeps for as long as it runs. By it the database knows that the gateway lives: the
 * gateway holds an advisory lock on its number, which the database lets go of when the connection ends, however it ends.
 * What a gateway without its lock had claimed is freed by the others, or by itself when it is back. On the same
 * connection it hears (LISTEN) that something was queued elsewhere.
 *
 * While there is no such connection nothing is claimed; what was claimed before goes on, and is taken over under the new
 * number.
 */
export class GatewaySession {
  readonly #parts: GatewaySessionParts;
  #client: pg.PoolClient | undefined;
  #number: number | undefined;
  #sessions = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #working: Promise<void> = Promise.resolve();

  constructor(parts: GatewaySessionParts) {
    this.#parts = parts;
  }

  /** Under which messages are claimed; undefined while there is no session. */
  get number(): number | undefined {
    return this.#number;
  }

  /** Resolves after the first try to connect, successful or not; later ones follow by themselves. */
  async start(): Promise<void> {
    await this.#look();
  }

  /** Ends this session and begins another, under another number: what is not under way then is free again. */
  renew(): void {
    if (this.#client === undefined || this.#stopped) return;
    this.#let(this.#client);
    void this.#look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#working;
    const [client, number] = [this.#client, this.#number];
    this.#let(client);
    if (number === undefined) return;
    const { pool, clock } = this.#parts;
    // Where the database is away, the others find the row without its lock.
    await freeClaimsOf(pool, [number], clock())
      .then(() =>
        pool.query({
          name: 'forget-gateways',
          text: 'delete from gateways where number = any($1)',
          values: [[number]],
        }),
      )
      .catch(() => undefined);
  }

  #look(): Promise<void> {
    this.#working = this.#working
      .then(() => this.#connectOrSweep())
      .catch((error: unknown) => {
        this.#let(this.#client);
        this.#parts.log.warn({ err: error }, 'the gateway has no session with its database');
      })
      .finally(() => {
        this.#lookIn(this.#client === undefined ? 500 : this.#parts.everyMilliseconds);
      });
    return this.#working;
  }

  #lookIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#look(), milliseconds);
    this.#timer.unref();
  }

  async #connectOrSweep(): Promise<void> {
    if (this.#stopped) return;
    // After an outage the others are coming back as well: they are not dead for that.
    const isBack = this.#client === undefined && (await this.#connect()) > 1;
    if (!isBack) await this.#sweep();
  }

  /** @returns how many sessions there were, this one included */
  async #connect(): Promise<number> {
    const { pool, underWay, wake } = this.#parts;
    const client = await pool.driver.connect();
    const onEnd = (): void => {
      if (this.#client !== client) return;
      this.#let(client);
      this.#lookIn(100);
    };
    client.on('error', onEnd);
    client.on('end', onEnd);
    client.on('notification', wake);
    this.#client = client;
    // So that the server finds out within half a minute that we are gone, where no FIN or RST tells it.
    await this.#ask(client, {
      text: `select set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
        set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '25000', false)`,
    });
    // The row is seen by others only when its lock is held.
    const [row] = await this.#ask<{ number: number }>(client, {
      text: `with own as (insert into gateways default values returning number)
        select number, pg_advisory_lock(${SESSION_LOCK}, number) from own`,
    });
    await this.#ask(client, { text: `listen ${CHANNEL}` });
    this.#number = row?.number;
    this.#sessions += 1;
    if (row !== undefined) await readoptClaims(pool, underWay(), row.number);
    // What was queued while nobody listened.
    wake();
    return this.#sessions;
  }

  /** Frees what gateways had claimed that are gone; also shows whether this session lives. */
  async #sweep(): Promise<void> {
    const [client, number] = [this.#client, this.#number];
    if (client === undefined || number === undefined) return;
    await this.#ask(client, { text: 'begin' });
    const dead = await this.#ask<{ number: number }>(client, {
      name: 'dead-gateways',
      text: `with others as materialized (select number from gateways where number <> $1)
        select number from others where pg_try_advisory_xact_lock(${SESSION_LOCK}, number)`,
      values: [number],
    });
    const numbers = dead.map((each) => each.number);
    if (numbers.length > 0) {
      await freeClaimsOf(
        { query: async (statement) => ({ rows: await this.#ask(client, statement), rowCount: 0 }) },
        numbers,
        this.#parts.clock(),
      );
      await this.#ask(client, {
        name: 'forget-gateways',
        text: 'delete from gateways where number = any($1)',
        values: [numbers],
      });
    }
    await this.#ask(client, { text: 'commit' });
    if (numbers.length === 0) return;
    this.#parts.log.warn({ gateways: numbers }, 'what gateways had claimed that are gone is free again');
    this.#parts.wake();
  }

  /** A connection that does not answer is none: nothing on it waits without an end. */
  #ask<Row extends pg.QueryResultRow>(client: pg.PoolClient, statement: Statement): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error('the database does not answer'));
        this.#let(client);
      }, DEAD_AFTER_MILLISECONDS);
      runStatement<Row>(client, statement)
        .then(({ rows }) => resolve(rows), reject)
        .finally(() => clearTimeout(late));
    });
  }

  #let(client: pg.PoolClient | undefined): void {
    if (client === undefined || this.#client !== client) return;
    this.#client = undefined;
    this.#number = undefined;
    client.removeAllListeners('notification');
    client.release(true);
  }
}
