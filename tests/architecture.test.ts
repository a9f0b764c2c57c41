import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

// The rules of the house: which room may use which, no circles, no files that only pass on what others export.
const root = fileURLToPath(new URL('..', import.meta.url));

/** Which rooms each room may import from, besides itself. `cli` is src/cli.ts and the folder of its commands. */
const mayUse: Record<string, readonly string[]> = {
  cli: ['region', 'node', 'verification', 'exchange', 'federation', 'documents', 'seal', 'pki', 'store', 'access'],
  region: ['node', 'clearance', 'access', 'federation', 'pki', 'store', 'documents'],
  node: [
    'http',
    'access',
    'issuance',
    ...['ledger', 'clearance', 'responses', 'correspondence', 'forwarding', 'origin-queries', 'tracing', 'timing'],
    ...['tariff', 'selectivity', 'verification', 'exchange', 'federation', 'documents', 'seal', 'pki', 'store'],
  ],
  http: [
    'access',
    'issuance',
    ...['ledger', 'clearance', 'responses', 'correspondence', 'forwarding', 'origin-queries', 'tracing', 'timing'],
    ...['tariff', 'selectivity', 'exchange', 'federation', 'documents', 'store'],
  ],
  clearance: ['access', 'timing', 'tariff', 'selectivity', 'exchange', 'federation', 'documents', 'store'],
  ledger: ['access', 'verification', 'exchange', 'federation', 'documents', 'seal', 'store'],
  responses: ['access', 'documents', 'store'],
  correspondence: ['verification', 'exchange', 'federation', 'documents', 'seal', 'store'],
  forwarding: ['access', 'correspondence', 'federation', 'documents', 'store'],
  'origin-queries': ['access', 'correspondence', 'federation', 'documents', 'store'],
  tracing: ['access', 'correspondence', 'timing', 'federation', 'documents', 'store'],
  timing: ['access', 'documents', 'store'],
  tariff: ['documents'],
  selectivity: ['tariff', 'documents'],
  issuance: ['access', 'verification', 'exchange', 'federation', 'documents', 'seal', 'pki', 'store'],
  access: ['documents', 'store'],
  verification: ['federation', 'documents', 'seal', 'pki'],
  exchange: ['documents', 'seal', 'pki', 'store'],
  federation: ['documents', 'pki', 'store'],
  store: ['documents'],
  seal: ['documents', 'pki'],
  pki: ['documents'],
  documents: [],
};
/** Rooms, or files of rooms, that know no database, no HTTP and no clock. */
const pure = ['documents', 'seal', 'verification', 'tariff', 'selectivity'];

const files = globSync('src/**/*.ts', { cwd: root }).map((file) => file.split(sep).join('/'));
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));

function room(file: string): string {
  const [, first, ...rest] = file.split('/');
  return rest.length === 0 ? 'cli' : (first ?? '');
}

function imports(file: string): string[] {
  return [...(sources.get(file) ?? '').matchAll(/^\s*(?:import|export)\b[^;]*?from '(\.[^']+)';/gms)].map((match) =>
    normalize(join(dirname(file), match[1] ?? ''))
      .split(sep)
      .join('/'),
  );
}

describe('the house', () => {
  test('has no import that its rooms do not allow', () => {
    const wrong = files.flatMap((file) =>
      imports(file)
        .filter((target) => room(target) !== room(file) && !(mayUse[room(file)] ?? []).includes(room(target)))
        .map((target) => `${file} → ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  test('imports only files that exist', () => {
    assert.deepEqual(
      files.flatMap((file) =>
        imports(file)
          .filter((target) => !sources.has(target) && target.startsWith('src/') && target.endsWith('.ts'))
          .map((target) => `${file} → ${target}`),
      ),
      [],
    );
  });

  test('has no circle of imports', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const target of imports(file)) walk(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    assert.deepEqual(circles, []);
  });

  test('has no file that only passes on what others export', () => {
    const barrels = files.filter((file) => {
      const code = (sources.get(file) ?? '').replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '').trim();
      return code !== '' && code.replace(/export\s+(?:type\s+)?(?:\*|\{[^}]*\})\s*from\s*'[^']+';?/g, '').trim() === '';
    });
    assert.deepEqual(barrels, []);
  });

  test('keeps database, HTTP and clock out of the pure rooms', () => {
    const wrong = files
      .filter((file) => pure.includes(room(file)))
      .filter((file) =>
        /from '(?:pg|express|node:https?|node:net)'|\bDate\.now\(\)|new Date\(\)|Math\.random/.test(
          sources.get(file) ?? '',
        ),
      );
    assert.deepEqual(wrong, []);
  });

  test('knows every room by name', () => {
    assert.deepEqual(
      [...new Set(files.map(room))].filter((name) => mayUse[name] === undefined),
      [],
    );
  });
});
