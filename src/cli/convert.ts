import { writeFileSync } from 'node:fs';
import { convertBytes } from '../documents/convert.ts';
import { Refusal } from '../documents/refusal.ts';
import { readInput } from './input.ts';

/**
 * `selat convert FILE --to json|xml`: writes the other form of a document, to standard output or a file.
 * @throws a {@link Refusal} with every fault when the document cannot be read; then nothing is written.
 */
export async function convert(
  file: string,
  options: { readonly to: 'json' | 'xml'; readonly output?: string; readonly json?: boolean },
): Promise<void> {
  const result = convertBytes(readInput(file), options.to);
  if (!result.ok) {
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ file, converted: false, faults: result.faults })}\n`);
      process.exitCode = 1;
      return;
    }
    throw new Refusal('invalid', 'DOCUMENT-UNREADABLE', `${file} cannot be converted:`, { faults: result.faults });
  }
  if (options.output !== undefined) writeFileSync(options.output, result.text);
  if (options.json === true)
    process.stdout.write(
      `${JSON.stringify({ file, converted: true, to: options.to, output: options.output ?? null, ...(options.output === undefined ? { text: result.text } : {}) })}\n`,
    );
  else if (options.output === undefined)
    process.stdout.write(result.text.endsWith('\n') ? result.text : `${result.text}\n`);
}
