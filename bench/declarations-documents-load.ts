import { readdirSync, readFileSync } from 'node:fs';
import { wcoShapeOf } from '../src/documents/declaration/wco-kinds.ts';
import { writeWco } from '../src/documents/declaration/write-wco.ts';
import type { JsonObject } from '../src/documents/json.ts';
import { type ExampleItem, type ExampleOptions, importDeclaration } from '../tests/documents/declaration-examples.ts';
import { corpusPath } from '../tests/support/corpus.ts';

/** What the sample region's importer declares, with references of its own. */
export function declarationOf(reference: string, options: ExampleOptions = {}): JsonObject {
  return importDeclaration({ localReference: `L-${reference}`, consignmentReference: `6VN-${reference}`, ...options });
}

/** A declaration as XML. */
export function asXml(json: JsonObject): Buffer {
  return Buffer.from(writeWco(wcoShapeOf('declaration'), json));
}

/** Goods of so many items; with `length` each is described in so many characters, as the vocabulary allows up to 512. */
export function manyItems(count: number, length = 60, documents = 1): ExampleItem[] {
  const words =
    'DC electric motors for window lifters, 12 V, with gear, cable and connector, in cartons of one hundred; ';
  return Array.from({ length: count }, (_, index) => ({
    description: `${index + 1}: ${words.repeat(Math.ceil(length / words.length))}`.slice(0, length).trim(),
    documents: Array.from({ length: documents - 1 }, (_unused, number) => ({
      category: 'N',
      type: '271',
      id: `PACKING-LIST-${index + 1}-${number + 1}-OF-CONSIGNMENT-LAEM-CHABANG-1`,
    })),
  }));
}

/** The corpus of valid declarations; undefined where it is not beside the repository. */
export function corpusDeclarations(): readonly { readonly name: string; readonly bytes: Buffer }[] | undefined {
  const folder = corpusPath('wco-declaration/valid');
  if (folder === undefined) return undefined;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({ name, bytes: readFileSync(`${folder}/${name}`) }));
}
