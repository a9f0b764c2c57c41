import pg from 'pg';
import { type Statement, types } from './pool.ts';

/** What a statement of a batch brought. */
export interface StatementResult<Row extends pg.QueryResultRow> {
  readonly rows: Row[];
  readonly rowCount: number;
  /** What the server says it did: `BEGIN`, `UPDATE`, `COMMIT`, or `ROLLBACK` where a commit was asked for. */
  readonly command: string;
}

/** What the driver's client calls on the query whose answer is arriving; not in its published types. */
interface AnswerHandlers {
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: pg.Connection): void;
  handleEmptyQuery(connection: pg.Connection): void;
  handlePortalSuspended(connection: pg.Connection): void;
  handleError(error: Error, connection: pg.Connection): void;
  handleReadyForQuery(connection: pg.Connection): void;
}

const HANDLERS = [
  'handleRowDescription',
  'handleDataRow',
  'handleCommandComplete',
  'handleEmptyQuery',
  'handlePortalSuspended',
  'handleError',
  'handleReadyForQuery',
] as const;

type DriverQuery = pg.Query & AnswerHandlers;

function isDriverQuery(query: pg.Query): query is DriverQuery {
  return HANDLERS.every((name) => name in query && typeof Reflect.get(query, name) === 'function');
}

interface Part<Row extends pg.QueryResultRow> {
  readonly statement: Statement;
  readonly query: DriverQuery;
  result: pg.QueryResult<Row> | undefined;
}

function partOf<Row extends pg.QueryResultRow>(statement: Statement): Part<Row> {
  const part: { result: pg.QueryResult<Row> | undefined } = { result: undefined };
  const config = {
    text: statement.text,
    types,
    values: [...(statement.values ?? [])],
    queryMode: 'extended',
    ...(statement.name === undefined ? {} : { name: statement.name }),
  };
  const query = new pg.Query<Row>(config, (_error, result) => {
    part.result = result;
  });
  if (!isDriverQuery(query)) throw new Error('this version of the driver pg handles answers in another way');
  return Object.assign(part, { statement, query });
}

/** The driver's own book of statements by name, on one connection. */
function bookOf(connection: pg.Connection, book: 'parsedStatements' | 'submittedNamedStatements'): object {
  const found: unknown = Reflect.get(connection, book);
  if (typeof found !== 'object' || found === null) throw new Error(`this version of the driver pg has no ${book}`);
  return found;
}

/**
 * Statements that travel together, in one round trip and with one Sync. The server answers them in order and, when one
 * fails, skips the rest up to the Sync (PostgreSQL manual, 54.2.3 Extended Query): a statement whose `begin` failed is
 * never run on its own, and nothing is committed behind a statement that failed.
 */
class StatementBatch<Row extends pg.QueryResultRow> implements pg.Submittable {
  /** The client wants one, and never calls it itself. */
  readonly callback = (): void => {};
  readonly #parts: readonly Part<Row>[];
  readonly #settled: (error: Error | null, results: StatementResult<Row>[]) => void;
  /** The part whose answer is arriving. */
  #current = 0;

  constructor(
    statements: readonly Statement[],
    settled: (error: Error | null, results: StatementResult<Row>[]) => void,
  ) {
    this.#parts = statements.map((statement) => partOf<Row>(statement));
    this.#settled = settled;
  }

  #part(): Part<Row> | undefined {
    return this.#parts[this.#current];
  }

  /** The client keeps under this name that the part which is being answered is parsed. */
  get name(): string | undefined {
    return this.#part()?.statement.name;
  }
  get text(): string {
    return this.#part()?.statement.text ?? '';
  }

  /** @returns an error, before anything is sent, when a name stands for another statement on this connection */
  readonly submit = (connection: pg.Connection): Error | undefined => {
    for (const { statement } of this.#parts) {
      const { name } = statement;
      if (name === undefined) continue;
      const known: unknown =
        Reflect.get(bookOf(connection, 'parsedStatements'), name) ??
        Reflect.get(bookOf(connection, 'submittedNamedStatements'), name);
      if (known !== undefined && known !== statement.text)
        return new Error(`the statement name ${name} is used for two statements`);
    }
    const withoutSync: pg.Connection = Object.create(connection, { sync: { value: () => undefined } });
    connection.stream.cork();
    try {
      for (const { query } of this.#parts) query.submit(withoutSync);
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
    return undefined;
  };

  handleRowDescription(message: unknown): void {
    this.#part()?.query.handleRowDescription(message);
  }
  handleDataRow(message: unknown): void {
    this.#part()?.query.handleDataRow(message);
  }
  handleCommandComplete(message: unknown, connection: pg.Connection): void {
    this.#part()?.query.handleCommandComplete(message, connection);
    this.#current += 1;
  }
  handleEmptyQuery(connection: pg.Connection): void {
    this.#part()?.query.handleEmptyQuery(connection);
    this.#current += 1;
  }
  handlePortalSuspended(connection: pg.Connection): void {
    this.#part()?.query.handlePortalSuspended(connection);
  }

  handleError(error: Error, connection: pg.Connection): void {
    const parsed = bookOf(connection, 'parsedStatements');
    const submitted = bookOf(connection, 'submittedNamedStatements');
    // The server skipped what came after: those statements were sent to be parsed, and were not.
    for (const { statement } of this.#parts.slice(this.#current))
      if (statement.name !== undefined && Reflect.get(parsed, statement.name) === undefined)
        Reflect.deleteProperty(submitted, statement.name);
    if (this.#current === 0 && this.#parts[0]?.statement.text === BEGIN.text)
      Object.assign(error, { beginFailed: true });
    this.#settled(error, []);
  }

  handleReadyForQuery(connection: pg.Connection): void {
    for (const { query } of this.#parts) query.handleReadyForQuery(connection);
    const results = this.#parts.map(({ result }) => result);
    const whole = results.filter((result) => result !== undefined);
    if (whole.length < results.length) this.#settled(new Error('a row of an answer could not be read'), []);
    else
      this.#settled(
        null,
        whole.map(({ rows, rowCount, command }) => ({ rows, rowCount: rowCount ?? 0, command })),
      );
  }
}

export const BEGIN: Statement = { text: 'begin' };
export const COMMIT: Statement = { text: 'commit' };

/**
 * Runs statements in one round trip.
 * @returns what each brought, in their order
 * @throws the error of the first that failed; those after it were not run
 */
export function runBatch<Row extends pg.QueryResultRow>(
  on: Pick<pg.PoolClient, 'query'>,
  statements: readonly Statement[],
): Promise<StatementResult<Row>[]> {
  return new Promise((resolve, reject) => {
    on.query(
      new StatementBatch<Row>(statements, (error, results) => {
        if (error === null) resolve(results);
        else reject(error);
      }),
    );
  });
}

/** Whether it was the begin that failed: then the connection is to be thrown away. */
export function isBeginFailure(error: unknown): boolean {
  return error instanceof Error && 'beginFailed' in error;
}
