/**
 * Records of a table of comma-separated values (RFC 4180: quotes around values with commas, quotes or line ends; a quote
 * in them doubled), each by the names of its first record.
 */
export function parseTable(text: string): { readonly [column: string]: string }[] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    const [whole, quoted, plain, end] = match;
    if (whole === '' && record.length === 0) break;
    record.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end !== ',') {
      records.push(record);
      record = [];
    }
  }
  const [names = [], ...rows] = records;
  return rows.map((row, index) => {
    if (row.length !== names.length)
      throw new Error(`Record ${index + 2} has ${row.length} values, the first one ${names.length}.`);
    return Object.fromEntries(names.map((name, place) => [name, row[place] ?? '']));
  });
}
