import { isArray, isObject, type JsonObject, type JsonValue } from '../documents/json.ts';
import { schemaFile, schemaSet } from '../documents/schema-set.ts';
import type { Cell } from './rate.ts';
import { readRate } from './read-rate.ts';

/** One column of a tariff. */
export type Schedule = {
  /** Name of the column, such as `mfn`, `atiga`, `rcep_cn`. */
  readonly id: string;
  /** Name under which several columns of one agreement are claimed, such as `rcep`; the id itself when there is one. */
  readonly group: string;
  readonly title: string;
  readonly use: 'without-preference' | 'preference';
  /** Partners whose goods it holds for; null where the source does not establish it, and then it is used for nobody. */
  readonly partners: readonly string[] | null;
  readonly note: string | null;
};

/** One national line: its code and its cells in the order of the schedules. */
export type TariffLine = {
  readonly code: string;
  readonly cells: readonly Cell[];
};

/** The tariff of a country, as read from its printed edition. */
export type Tariff = {
  readonly country: string;
  readonly name: string;
  readonly edition: string;
  readonly source: string;
  readonly validFrom: string;
  readonly validUntil: string | null;
  readonly status: 'verified' | 'as-published';
  /** Digits of a national line. */
  readonly digits: number;
  readonly currency: string;
  readonly schedules: readonly Schedule[];
  /**
   * Where the rate without preference stands: in the first of the `national` columns that has one, or in the `bound` column
   * (concessions in the WTO) where that is lower.
   */
  readonly mostFavouredNation: { readonly national: readonly string[]; readonly bound: string | null };
  /** Distinct national codes, ascending. */
  readonly codes: readonly string[];
  line(code: string): TariffLine | undefined;
};

/** What looking for a line gives. */
export type LineSearch =
  | { readonly found: true; readonly line: TariffLine }
  | { readonly found: false; readonly code: 'TARIFF-LINE-UNKNOWN'; readonly reason: string }
  | {
      readonly found: false;
      readonly code: 'TARIFF-LINE-NOT-UNIQUE';
      readonly reason: string;
      /** National lines below the code that was asked for. */
      readonly lines: readonly string[];
    };

const held = new Map<string, Tariff | null>();

/**
 * The tariff of a country from `schemas/tariffs/`, read at the first question and then held; null when there is none.
 * @param country ISO 3166-1 alpha-2
 * @throws Error when the file is broken: the installation is broken
 */
export function tariffOf(country: string): Tariff | null {
  const known = held.get(country);
  if (known !== undefined) return known;
  const path = `tariffs/${country}.json`;
  const tariff = schemaSet().files.some((file) => file.path === path) ? readTariff(schemaFile(path), path) : null;
  held.set(country, tariff);
  return tariff;
}

/**
 * The national line of a commodity code: the exact one, or the only one below or above it; several are not chosen from.
 * A code longer than the tariff's lines is cut to them (statistical digits of another kind).
 * @param commodityCode digits, 6 or more
 */
export function findLine(tariff: Tariff, commodityCode: string): LineSearch {
  const exact = tariff.line(commodityCode.slice(0, tariff.digits));
  if (exact !== undefined) return { found: true, line: exact };
  const below =
    /^\d{6,}$/.test(commodityCode) && commodityCode.length < tariff.digits
      ? codesBelow(tariff.codes, commodityCode)
      : [];
  const [only, ...others] = below;
  const line = only === undefined || others.length > 0 ? undefined : tariff.line(only);
  if (line !== undefined) return { found: true, line };
  if (below.length > 0)
    return {
      found: false,
      code: 'TARIFF-LINE-NOT-UNIQUE',
      reason: `${commodityCode} has ${below.length} lines below it in ${tariff.name}; name one with ${tariff.digits} digits.`,
      lines: below,
    };
  return {
    found: false,
    code: 'TARIFF-LINE-UNKNOWN',
    reason: `${tariff.name} (${tariff.edition}) has no line ${commodityCode}.`,
  };
}

/** The codes that begin with a text, of a list in ascending order. */
function codesBelow(codes: readonly string[], start: string): string[] {
  let [low, high] = [0, codes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((codes[middle] ?? '') < start) low = middle + 1;
    else high = middle;
  }
  const found: string[] = [];
  for (let place = low; codes[place]?.startsWith(start) === true; place += 1) found.push(codes[place] ?? '');
  return found;
}

function broken(path: string, what: string): Error {
  return new Error(`schemas/${path}: ${what} is missing or of another form: the installation is broken.`);
}

function texts(value: JsonValue | undefined): readonly string[] | null {
  return isArray(value) ? value.map(String) : null;
}

function readSchedule(value: JsonValue, path: string): Schedule {
  if (!isObject(value)) throw broken(path, 'a schedule');
  const { id, group, title, use, note } = value;
  if (typeof id !== 'string' || typeof title !== 'string') throw broken(path, 'the name of a schedule');
  return {
    id,
    group: typeof group === 'string' ? group : id,
    title,
    use: use === 'without-preference' ? 'without-preference' : 'preference',
    partners: texts(value['partners']),
    note: typeof note === 'string' ? note : null,
  };
}

/**
 * The cell of a code that the tariff prints several times with different rates (by season, say, which the source does not
 * tell): the cell itself where all agree.
 */
function joined(cell: Cell, place: number, others: readonly (readonly Cell[])[]): Cell {
  const all = [cell, ...others.flatMap((row) => row[place] ?? [])];
  const distinct = [...new Map(all.map((each) => [each.printed, each])).values()];
  if (distinct.length === 1) return cell;
  const rates = distinct.flatMap(({ rate }) => rate ?? []);
  return {
    printed: distinct.map(({ printed }) => (printed === '' ? '(nothing)' : printed)).join(' | '),
    rate: rates.length === distinct.length ? { kind: 'parts', of: rates } : null,
  };
}

/**
 * Rows of the file are distinct sequences of cells, each cell written by its number in `cells`; a line names its row, or its
 * rows when its code is printed several times.
 */
function readTariff(file: JsonObject, path: string): Tariff {
  const { country, name, edition, source, validFrom, validUntil, status, digits, currency } = file;
  const { schedules, cells, rows, lines, mostFavouredNation } = file;
  if (typeof country !== 'string' || typeof name !== 'string' || typeof edition !== 'string')
    throw broken(path, 'whose tariff it is');
  if (typeof source !== 'string' || typeof validFrom !== 'string' || typeof currency !== 'string')
    throw broken(path, 'where it is from');
  if (typeof digits !== 'number' || !isArray(schedules) || !isArray(cells) || !isArray(rows) || !isObject(lines))
    throw broken(path, 'the table of rates');
  if (!isObject(mostFavouredNation)) throw broken(path, 'where the rate without preference stands');
  const dictionary = cells.map((value): Cell => {
    if (!isObject(value) || typeof value['printed'] !== 'string') throw broken(path, 'a cell');
    const rate = value['rate'] === undefined ? null : readRate(value['rate']);
    const marks = value['inParentheses'] === true ? ({ inParentheses: true } as const) : {};
    return { printed: value['printed'], rate, ...marks };
  });
  const read = (row: JsonValue | undefined): readonly Cell[] => {
    if (!isArray(row)) throw broken(path, 'a row of cells');
    return row.map((index) => {
      const cell = dictionary[Number(index)];
      if (cell === undefined) throw broken(path, `cell ${String(index)}`);
      return cell;
    });
  };
  return {
    country,
    name,
    edition,
    source,
    validFrom,
    validUntil: typeof validUntil === 'string' ? validUntil : null,
    status: status === 'verified' ? 'verified' : 'as-published',
    digits,
    currency,
    schedules: schedules.map((value) => readSchedule(value, path)),
    mostFavouredNation: {
      national: texts(mostFavouredNation['national']) ?? [],
      bound: typeof mostFavouredNation['bound'] === 'string' ? mostFavouredNation['bound'] : null,
    },
    codes: Object.keys(lines).sort(),
    line: (code) => {
      if (!Object.hasOwn(lines, code)) return undefined;
      const named = lines[code];
      const [first, ...others] = (isArray(named) ? named : [named]).map((row) => read(rows[Number(row)]));
      return first === undefined ? undefined : { code, cells: first.map((cell, place) => joined(cell, place, others)) };
    },
  };
}
