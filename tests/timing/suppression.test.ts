import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type CellSize, FEWEST_DECLARATIONS, FEWEST_TRADERS, withheldCells } from '../../src/timing/suppression.ts';

const cell = (key: string, declarations: number, traders: number): CellSize => ({ key, declarations, traders });

describe('suppression', () => {
  const cases: readonly {
    readonly name: string;
    readonly parts: readonly CellSize[];
    readonly total: CellSize;
    readonly withheld: readonly string[];
  }[] = [
    {
      name: 'withholds nothing of large cells',
      parts: [cell('green', 100, 20), cell('red', 10, 3)],
      total: cell('all', 110, 20),
      withheld: [],
    },
    {
      name: 'withholds a cell of nine declarations, and the next smallest so that the total does not reveal it',
      parts: [cell('green', 100, 20), cell('yellow', 30, 9), cell('red', 9, 5)],
      total: cell('all', 139, 25),
      withheld: ['red', 'yellow'],
    },
    {
      name: 'withholds a cell of two traders, however large',
      parts: [cell('green', 100, 20), cell('yellow', 30, 9), cell('red', 50, 2)],
      total: cell('all', 180, 25),
      withheld: ['red', 'yellow'],
    },
    {
      name: 'withholds a third cell where two small ones together are still small',
      parts: [cell('green', 100, 20), cell('yellow', 4, 4), cell('red', 3, 3)],
      total: cell('all', 107, 25),
      withheld: ['green', 'red', 'yellow'],
    },
    {
      name: 'shows the total above two cells that together are large enough',
      parts: [cell('green', 100, 20), cell('yellow', 8, 4), cell('red', 9, 3)],
      total: cell('all', 117, 25),
      withheld: ['red', 'yellow'],
    },
    {
      name: 'withholds the total where it would reveal the only other cell',
      parts: [cell('green', 5, 4)],
      total: cell('all', 5, 4),
      withheld: ['all', 'green'],
    },
    {
      name: 'shows that a cell is empty, which tells of nobody',
      parts: [cell('green', 100, 20), cell('yellow', 0, 0), cell('red', 0, 0)],
      total: cell('all', 100, 20),
      withheld: [],
    },
    {
      name: 'withholds everything of two traders',
      parts: [cell('green', 60, 1), cell('yellow', 40, 2)],
      total: cell('all', 100, 2),
      withheld: ['all', 'green', 'yellow'],
    },
  ];
  for (const { name, parts, total, withheld } of cases)
    test(name, () => assert.deepEqual([...withheldCells(parts, total)].sort(), [...withheld].sort()));

  test('lets nobody compute a small cell from a table, by any subtraction (threats.md B5)', () => {
    const part = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (traders) => {
        const keys = traders.map((_, index) => `part ${index}`);
        const size = (key: string, of: readonly number[]): CellSize => cell(key, of.length, new Set(of).size);
        const parts = traders.map((of, index) => size(keys[index] ?? '', of));
        const withheld = withheldCells(parts, size('all', traders.flat()));
        for (const shown of parts.filter(({ key, declarations }) => declarations > 0 && !withheld.has(key)))
          assert.ok(shown.declarations >= FEWEST_DECLARATIONS && shown.traders >= FEWEST_TRADERS);
        if (withheld.has('all')) return;
        const hidden = traders.filter((_, index) => withheld.has(keys[index] ?? ''));
        if (hidden.length === 0) return;
        const difference = hidden.flat();
        assert.notEqual(hidden.length, 1);
        assert.ok(difference.length >= FEWEST_DECLARATIONS && new Set(difference).size >= FEWEST_TRADERS);
      }),
      { numRuns: 1_000 },
    );
  });
});
