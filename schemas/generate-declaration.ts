import { writeFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { DECLARATION_HEAD, RESPONSE_HEAD, wcoSchema } from './wco-schemas.ts';

// Derives the JSON Schemas of customs declarations and of the responses to them from the WCO's XML Schema:
//   node bin/launch.mjs schemas/generate-declaration.ts <folder of the XML Schemas>
// A test compares its output with the committed files.

/** The files that are generated, by name, with their text. */
export function declarationSchemas(folder: string): ReadonlyMap<string, string> {
  return new Map(
    [
      ['declaration.schema.json', DECLARATION_HEAD] as const,
      ['declaration-response.schema.json', RESPONSE_HEAD] as const,
    ].map(([name, head]) => [name, `${JSON.stringify(wcoSchema(folder, head), undefined, 1)}\n`]),
  );
}

const [, program = '', folder] = argv;
if (program.endsWith('generate-declaration.ts') && folder !== undefined) {
  for (const [name, text] of declarationSchemas(folder)) {
    writeFileSync(fileURLToPath(new URL(`documents/${name}`, import.meta.url)), text);
    stdout.write(`${name}: ${text.length} bytes\n`);
  }
}
