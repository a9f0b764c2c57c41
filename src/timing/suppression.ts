/** Fewest declarations that a published cell may be about (timing.md, Suppression). */
export const FEWEST_DECLARATIONS = 10;
/** Fewest traders that a published cell may be about. */
export const FEWEST_TRADERS = 3;

/** What of a cell decides whether it may be published. */
export interface CellSize {
  readonly key: string;
  readonly declarations: number;
  /** Different declarants. */
  readonly traders: number;
}

/**
 * Which cells of a table are withheld when it is published: parts that together are the total.
 *
 * A cell with fewer than 10 declarations or fewer than 3 traders is withheld; one without any tells of nobody and stays.
 * What is withheld can be computed as the total less the parts that are shown, so it has to pass the same test: it must be
 * more than one cell and hold, together, 10 declarations and 3 traders of one of its cells. Until then the smallest part
 * that is shown is withheld too; where no part is left to withhold, the total is.
 * @returns the keys of the cells to withhold
 */
export function withheldCells(parts: readonly CellSize[], total: CellSize): ReadonlySet<string> {
  const isSmall = (cell: CellSize): boolean =>
    cell.declarations > 0 && (cell.declarations < FEWEST_DECLARATIONS || cell.traders < FEWEST_TRADERS);
  const withheld = parts.filter(isSmall);
  const shown = parts
    .filter((cell) => !isSmall(cell) && cell.declarations > 0)
    .toSorted((one, other) => one.declarations - other.declarations || (one.key < other.key ? -1 : 1));
  const reveals = (): boolean =>
    withheld.length === 1 ||
    withheld.reduce((sum, cell) => sum + cell.declarations, 0) < FEWEST_DECLARATIONS ||
    // Traders of several cells may be the same: together they are at least those of the largest.
    Math.max(...withheld.map((cell) => cell.traders)) < FEWEST_TRADERS;
  let isTotalWithheld = isSmall(total);
  while (withheld.length > 0 && !isTotalWithheld && reveals()) {
    const next = shown.shift();
    if (next === undefined) isTotalWithheld = true;
    else withheld.push(next);
  }
  return new Set([...withheld.map((cell) => cell.key), ...(isTotalWithheld ? [total.key] : [])]);
}
