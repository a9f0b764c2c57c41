import type pg from 'pg';
import type { Cursor } from './cursor.ts';
import type { Reader } from './pool.ts';

/** A condition of an SQL query with its parameters, numbered from where the caller says. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
  /** Short name of the rule that was taken, for the name of a prepared statement. */
  readonly name: string;
}

/** A table that is listed newest first, page by page. */
export interface ListedTable {
  readonly name: string;
  readonly alias: string;
  /** Columns of a line, with the alias. */
  readonly columns: string;
  /** Column of the time by which lines are ordered; lines of one moment are ordered by `id`. */
  readonly time: string;
}

/** What lines must fulfil, with the parameters of it: first what the actor may see at all, then the filters. */
export class ListConditions {
  readonly #table: ListedTable;
  readonly #values: unknown[];
  readonly #conditions: string[];

  constructor(table: ListedTable, visible: Condition) {
    this.#table = table;
    this.#values = [...visible.values];
    this.#conditions = [visible.sql];
  }

  /** Adds a condition on a parameter; a value that is not given does not filter. */
  add(condition: (parameter: string) => string, value: unknown): this {
    if (value === undefined) return this;
    this.#values.push(value);
    this.#conditions.push(condition(`$${this.#values.length}`));
    return this;
  }

  /** A column that must have a value. */
  equals(column: string, value: string | undefined): this {
    return this.add((parameter) => `${this.#table.alias}.${column} = ${parameter}`, value);
  }

  /** A text that must occur, upper or lower case. */
  contains(column: string, text: string | undefined): this {
    return this.add((parameter) => `strpos(${this.#table.alias}.${column}, ${parameter}) > 0`, text?.toLowerCase());
  }

  /** Days in UTC of the time by which lines are ordered, both inclusive, `YYYY-MM-DD`. */
  between(first: string | undefined, last: string | undefined): this {
    const { alias, time } = this.#table;
    return this.add((parameter) => `${alias}.${time} >= ${parameter}::date::timestamp at time zone 'UTC'`, first).add(
      (parameter) => `${alias}.${time} < (${parameter}::date + 1)::timestamp at time zone 'UTC'`,
      last,
    );
  }

  /** One page, newest first; one line more than `limit` when there is a next page. */
  async page<Row extends pg.QueryResultRow>(
    reader: Reader,
    page: { readonly limit: number; readonly after: Cursor | null },
  ): Promise<Row[]> {
    const { name, alias, columns, time } = this.#table;
    const values = [...this.#values];
    const conditions = [...this.#conditions];
    if (page.after !== null) {
      values.push(page.after.at, page.after.id);
      conditions.push(
        `(${alias}.${time}, ${alias}.id) < ($${values.length - 1}::timestamptz, $${values.length}::uuid)`,
      );
    }
    values.push(page.limit + 1);
    const { rows } = await reader.query<Row>({
      text: `select ${columns} from ${name} ${alias} where ${conditions.join(' and ')}
        order by ${alias}.${time} desc, ${alias}.id desc limit $${values.length}`,
      values,
    });
    return rows;
  }

  /** How many there are on all pages together, counted up to `most` and no further. */
  async count(reader: Reader, most: number): Promise<number> {
    const { name, alias } = this.#table;
    const { rows } = await reader.query<{ n: number }>({
      text: `select count(*)::int as n from (select from ${name} ${alias} where ${this.#conditions.join(' and ')}
        limit $${this.#values.length + 1}) counted`,
      values: [...this.#values, most],
    });
    return rows[0]?.n ?? 0;
  }
}
