/** One thing tried between Selat and another access point, and what came of it. */
export interface Cell {
  /** What was tried, in the columns of the suite's table. */
  readonly labels: Readonly<Record<string, string>>;
  readonly outcome: 'passed' | 'failed' | 'not supported';
  /** Why it failed, or what shows that the other side does not support it; what was seen, where that says more. */
  readonly words: string;
  readonly milliseconds: number;
}

/** The other access point of a run: whether it is on this machine, and what is tried with it. */
export interface Suite {
  readonly name: string;
  /** Undefined when everything is there, else what is missing and how to get it. */
  missing(): string | undefined;
  /**
   * Tries everything and tells of each cell as soon as it is known.
   * @param chosen whether a cell is to be tried at all (the command line may name a few)
   */
  run(tell: (cell: Cell) => void, chosen: (labels: Cell['labels']) => boolean): Promise<void>;
}

/** What a try may say beside that it went well. */
export class NotSupported extends Error {}

/** Tries one cell: what it throws is the reason of its failure. */
export async function tried(
  labels: Cell['labels'],
  tryIt: () => Promise<string | undefined>,
  milliseconds = 30_000,
): Promise<Cell> {
  const start = performance.now();
  const cell = (outcome: Cell['outcome'], words: string): Cell => ({
    labels,
    outcome,
    words,
    milliseconds: Math.round(performance.now() - start),
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished within ${milliseconds / 1_000} s`)), milliseconds);
  });
  try {
    return cell('passed', (await Promise.race([tryIt(), late])) ?? '');
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return cell(error instanceof NotSupported ? 'not supported' : 'failed', words.replaceAll(/\s+/g, ' '));
  } finally {
    clearTimeout(timer);
  }
}

/** The cells as a table: one line each, columns as wide as what stands in them. */
export function table(cells: readonly Cell[]): string {
  const columns = [...new Set(cells.flatMap((cell) => Object.keys(cell.labels)))];
  const rows: string[][] = [
    [...columns, 'outcome', 'ms', ''],
    ...cells.map((cell) => [
      ...columns.map((column) => cell.labels[column] ?? ''),
      cell.outcome,
      String(cell.milliseconds),
      cell.words,
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const last = widths.length - 1;
  return rows
    .map((row) => row.map((text, column) => (column === last ? text : text.padEnd(widths[column] ?? 0))).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}
