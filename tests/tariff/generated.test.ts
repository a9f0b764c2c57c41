import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type GeneratedTariff, generateTariffs, reportWords } from '../../schemas/generate-tariffs.ts';
import { parseTable } from '../../schemas/table-of-values.ts';
import { tariffOf } from '../../src/tariff/tariff.ts';
import { corpusPath } from '../support/corpus.ts';

const folder = corpusPath('tariffs');
const committed = (country: string): URL => new URL(`../../schemas/tariffs/${country}.json`, import.meta.url);

/** What the committed files say of themselves; a change of a parser shows here. */
const expected = {
  VN: {
    rowsWithoutCode: 5646,
    rowsWithoutCodeButRates: 4,
    rows: 12_000,
    codes: 11_871,
    codesWithSeveralRates: 0,
    cells: 276_000,
    empty: 12_306,
    understood: 263_677,
    notUnderstood: 17,
    byKind: {
      free: 173_217,
      'ad-valorem': 63_830,
      none: 18_412,
      except: 5_934,
      'second-rate': 989,
      parts: 699,
      'percent-of-mfn': 264,
      reference: 264,
      quota: 68,
    },
  },
  JP: {
    rowsWithoutCode: 273,
    rowsWithoutCodeButRates: 1,
    rows: 9_653,
    codes: 9_645,
    codesWithSeveralRates: 7,
    cells: 260_631,
    empty: 55_071,
    understood: 203_986,
    notUnderstood: 1_574,
    byKind: {
      free: 179_978,
      'ad-valorem': 20_920,
      specific: 996,
      higher: 993,
      quota: 527,
      sum: 319,
      lower: 172,
      'by-partner': 63,
      'price-gap': 13,
      seasonal: 5,
    },
  },
} as const;

describe('the tariffs of the repository', () => {
  for (const [country, numbers] of Object.entries(expected))
    test(`say how many cells of ${country} were read and how many were not`, () => {
      const { report } = JSON.parse(readFileSync(committed(country), 'utf8'));
      const { notUnderstoodShapes, ...counts } = report;
      assert.deepEqual(counts, numbers);
      const shapes: number[] = Object.values(notUnderstoodShapes).map(Number);
      assert.equal(
        shapes.reduce((one, other) => one + other, 0),
        numbers.notUnderstood,
      );
      assert.equal(numbers.understood + numbers.empty + numbers.notUnderstood, numbers.cells);
    });

  test('are what the program makes of the tables', { skip: folder === undefined }, () => {
    const generated: readonly GeneratedTariff[] = generateTariffs(folder ?? '');
    assert.deepEqual(
      generated.map(({ country }) => country),
      ['VN', 'JP'],
    );
    for (const tariff of generated) {
      assert.ok(tariff.text === readFileSync(committed(tariff.country), 'utf8'), `${tariff.country}: generate anew`);
      assert.match(reportWords(tariff), /cells: \d+ understood, \d+ empty, \d+ not understood/);
    }
  });

  test('hold every cell of the tables as it is printed', { skip: folder === undefined }, () => {
    for (const [country, name, codeOf] of [
      ['VN', 'viet-nam.csv', (row: Record<string, string>) => row['hs'] ?? ''],
      ['JP', 'japan.csv', (row: Record<string, string>) => `${row['code']}${row['statistical']}`],
    ] as const) {
      const tariff = tariffOf(country);
      assert.ok(tariff);
      let compared = 0;
      for (const row of parseTable(readFileSync(`${folder}/${name}`, 'utf8'))) {
        const line = tariff.line(codeOf(row));
        if (line === undefined) continue;
        for (const [place, { id }] of tariff.schedules.entries()) {
          const printed = row[id] === '' ? '(nothing)' : (row[id] ?? '');
          const held: string | undefined = line.cells[place]?.printed;
          if (held !== row[id] && held?.split(' | ').includes(printed) !== true)
            assert.fail(`${country} ${line.code} ${id}: ${row[id]} is held as ${held}`);
          compared += 1;
        }
      }
      assert.equal(compared, expected[country].cells);
    }
  });

  test('are small: 3 MB together at most', () => {
    const size = ['VN', 'JP'].reduce((sum, country) => sum + statSync(committed(country)).size, 0);
    assert.ok(size < 3_000_000, `${size} bytes`);
  });

  test('have no text of a description of goods in Viet Nam, whose cells are all read', () => {
    const { cells } = JSON.parse(readFileSync(committed('VN'), 'utf8'));
    const notRead = cells.filter((cell: { understood: boolean }) => !cell.understood);
    assert.deepEqual(
      notRead.map(({ printed }: { printed: string }) => printed),
      ['', 'Q'],
    );
  });
});

describe('a table of comma-separated values', () => {
  test('has quoted values with commas, quotes and line ends', () => {
    assert.deepEqual(parseTable('a,b\r\n"1,2","say ""so"""\n,"two\nlines"\n'), [
      { a: '1,2', b: 'say "so"' },
      { a: '', b: 'two\nlines' },
    ]);
  });

  test('of uneven records is refused', () => {
    assert.throws(() => parseTable('a,b\n1\n'), /Record 2 has 1 values, the first one 2/);
  });
});
