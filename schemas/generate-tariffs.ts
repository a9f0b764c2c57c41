import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { readJapanCell } from '../src/tariff/printed/japan.ts';
import { readVietNamCell } from '../src/tariff/printed/viet-nam.ts';
import type { Cell } from '../src/tariff/rate.ts';
import { parseTable } from './table-of-values.ts';
import { japan, type TariffHead, vietNam } from './tariff-heads.ts';

// Reads printed tariffs into schemas/tariffs/:
//   node bin/launch.mjs schemas/generate-tariffs.ts <folder with viet-nam.csv and japan.csv>
// It prints how many cells it read and which it did not. A test compares its output with the committed files.

/** A tariff as its file holds it, before it is written. */
export type GeneratedTariff = {
  readonly country: string;
  /** The file's text, one row a line. */
  readonly text: string;
  readonly report: TariffReport;
};

export type TariffReport = {
  /** Rows of the table that are no national lines (headings), and those of them that carry rates nevertheless. */
  readonly rowsWithoutCode: number;
  readonly rowsWithoutCodeButRates: number;
  readonly rows: number;
  readonly codes: number;
  /** Codes printed several times with different rates. */
  readonly codesWithSeveralRates: number;
  readonly cells: number;
  readonly empty: number;
  readonly understood: number;
  readonly notUnderstood: number;
  readonly byKind: { readonly [kind: string]: number };
  /** Cells that were not understood by shape: numbers written N. */
  readonly notUnderstoodShapes: { readonly [shape: string]: number };
};

type Row = { readonly code: string; readonly cells: readonly string[] };

function shapeOf(printed: string): string {
  return printed.replace(/\d+(?:[.,]\d+)*/g, 'N');
}

function counted<Key extends string>(keys: Iterable<Key>): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** By how often, then by name: the commonest cells get the shortest numbers. */
function commonestFirst<Key extends string>(counts: ReadonlyMap<Key, number>): [Key, number][] {
  return [...counts].sort(([one, many], [other, more]) => more - many || (one < other ? -1 : 1));
}

function generate(
  head: TariffHead,
  csv: string,
  codeOf: (row: { readonly [column: string]: string }) => string,
  isLine: (code: string) => boolean,
  readCell: (printed: string, column: string) => Cell,
): GeneratedTariff {
  const columns = head.schedules.map(({ id }) => id);
  const rows: Row[] = [];
  let rowsWithoutCode = 0;
  let rowsWithoutCodeButRates = 0;
  for (const record of parseTable(csv)) {
    const cells = columns.map((column) => record[column] ?? '');
    const code = codeOf(record);
    if (isLine(code)) rows.push({ code, cells });
    else {
      rowsWithoutCode += 1;
      if (cells.some((cell) => cell !== '')) rowsWithoutCodeButRates += 1;
    }
  }

  // What a cell says depends on its column only where it is empty.
  const keyed = (printed: string, column: string): string => JSON.stringify(readCell(printed, column));
  const counts = counted(rows.flatMap(({ cells }) => cells.map((cell, place) => keyed(cell, columns[place] ?? ''))));
  const dictionary = commonestFirst(counts);
  const numberOf = new Map(dictionary.map(([cell], index) => [cell, index]));
  const written = rows.map(({ code, cells }) => ({
    code,
    row: `[${cells.map((cell, place) => numberOf.get(keyed(cell, columns[place] ?? ''))).join(',')}]`,
  }));
  const distinct = commonestFirst(counted(written.map(({ row }) => row)));
  const rowNumber = new Map(distinct.map(([row], index) => [row, index]));
  const lines = new Map<string, number[]>();
  for (const { code, row } of written) {
    const numbers = lines.get(code) ?? [];
    const number = rowNumber.get(row) ?? 0;
    if (!numbers.includes(number)) numbers.push(number);
    lines.set(code, numbers);
  }

  const byKind = new Map<string, number>();
  const shapes = new Map<string, number>();
  let understood = 0;
  let empty = 0;
  for (const [key, count] of dictionary) {
    const cell: Cell = JSON.parse(key);
    if (cell.printed === '') empty += count;
    else if (cell.rate === null) shapes.set(shapeOf(cell.printed), (shapes.get(shapeOf(cell.printed)) ?? 0) + count);
    else {
      understood += count;
      byKind.set(cell.rate.kind, (byKind.get(cell.rate.kind) ?? 0) + count);
    }
  }
  const cells = rows.length * columns.length;
  const report: TariffReport = {
    rowsWithoutCode,
    rowsWithoutCodeButRates,
    rows: rows.length,
    codes: lines.size,
    codesWithSeveralRates: [...lines.values()].filter((numbers) => numbers.length > 1).length,
    cells,
    empty,
    understood,
    notUnderstood: cells - empty - understood,
    byKind: Object.fromEntries(commonestFirst(byKind)),
    notUnderstoodShapes: Object.fromEntries(commonestFirst(shapes)),
  };
  return { country: head.country, text: write(head, csv, dictionary, distinct, lines, report), report };
}

/** One cell, one row and a handful of lines on a line of text, so that a change of the tariff reads as one. */
function write(
  head: TariffHead,
  csv: string,
  dictionary: readonly [string, number][],
  rows: readonly [string, number][],
  lines: ReadonlyMap<string, readonly number[]>,
  report: TariffReport,
): string {
  const cells = dictionary.map(([key]) => {
    const { printed, rate, inParentheses } = JSON.parse(key);
    return JSON.stringify({
      printed,
      understood: rate !== null,
      ...(rate === null ? {} : { rate }),
      ...(inParentheses === true ? { inParentheses } : {}),
    });
  });
  const byHeading = new Map<string, string[]>();
  for (const code of [...lines.keys()].sort()) {
    const numbers = lines.get(code) ?? [];
    const heading = byHeading.get(code.slice(0, 4)) ?? [];
    heading.push(`"${code}":${numbers.length === 1 ? numbers[0] : `[${numbers.join(',')}]`}`);
    byHeading.set(code.slice(0, 4), heading);
  }
  const table = [...byHeading.values()].map((heading) => heading.join(','));
  const digest = createHash('sha256').update(csv).digest('hex');
  const opening = JSON.stringify({ ...head, sourceDigest: `sha256:${digest}`, report }, null, 2).slice(0, -2);
  return (
    `${opening},\n  "cells": [\n${cells.join(',\n')}\n  ],\n` +
    `  "rows": [\n${rows.map(([row]) => row).join(',\n')}\n  ],\n` +
    `  "lines": {\n${table.join(',\n')}\n  }\n}\n`
  );
}

/** Both tariffs from the folder of their tables. */
export function generateTariffs(folder: string): readonly GeneratedTariff[] {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const withoutPreference = (id: string): boolean =>
    japan.schedules.some((schedule) => schedule.id === id && schedule.use === 'without-preference');
  return [
    generate(
      vietNam,
      read('viet-nam.csv'),
      (row) => row['hs'] ?? '',
      (code) => /^\d{8}$/.test(code),
      (printed) => readVietNamCell(printed),
    ),
    generate(
      japan,
      read('japan.csv'),
      (row) => (row['code'] ?? '') + (row['statistical'] ?? ''),
      (code) => /^\d{9}$/.test(code),
      (printed, column) =>
        readJapanCell(
          printed,
          column === 'temporary' || column === 'wto' || !withoutPreference(column) ? 'none' : 'nothing',
        ),
    ),
  ];
}

/** The report as an operator reads it. */
export function reportWords({ country, report }: GeneratedTariff): string {
  const { rows, codes, cells, empty, understood, notUnderstood } = report;
  const shapes = Object.entries(report.notUnderstoodShapes).map(
    ([shape, count]) => `${String(count).padStart(8)}  ${JSON.stringify(shape)}`,
  );
  const kinds = Object.entries(report.byKind).map(([kind, count]) => `${String(count).padStart(8)}  ${kind}`);
  return [
    `${country}: ${rows} lines, ${codes} codes, ${cells} cells: ${understood} understood, ${empty} empty, ` +
      `${notUnderstood} not understood.`,
    ...kinds,
    `  not understood, by shape:`,
    ...shapes,
    '',
  ].join('\n');
}

if (argv[1] !== undefined && fileURLToPath(import.meta.url) === argv[1]) {
  const folder = argv[2];
  if (folder === undefined) throw new Error('Name the folder with viet-nam.csv and japan.csv.');
  for (const tariff of generateTariffs(folder)) {
    writeFileSync(new URL(`tariffs/${tariff.country}.json`, import.meta.url), tariff.text);
    stdout.write(reportWords(tariff));
  }
}
