import { checkBytes } from '../documents/check.ts';
import type { Fault } from '../documents/fault.ts';
import { readInput } from './input.ts';

function tell(fault: Fault): string {
  const where = [
    fault.pointer === '' ? 'whole document' : fault.pointer,
    ...(fault.xpath === undefined ? [] : [fault.xpath]),
    ...(fault.line === undefined ? [] : [`line ${fault.line}`]),
  ].join(', ');
  const detail = [
    ...(fault.found === undefined ? [] : [`found: ${fault.found}`]),
    ...(fault.expected === undefined ? [] : [`expected: ${fault.expected}`]),
  ];
  return `  ${fault.code}  ${where}\n    ${fault.message}${detail.length === 0 ? '' : `\n    ${detail.join('; ')}`}\n`;
}

/**
 * `selat check FILE…`: says of each file what kind of document it is and every fault in it; with `json`, one JSON line
 * per file. Sets the exit status 1 when any file is invalid or cannot be read.
 */
export async function check(files: readonly string[], options: { readonly json?: boolean }): Promise<void> {
  for (const file of files) {
    const result = checkBytes(readInput(file));
    const valid = result.faults.length === 0;
    if (!valid) process.exitCode = 1;
    if (options.json === true) {
      process.stdout.write(
        `${JSON.stringify({ file, kind: result.kind, label: result.label, form: result.form, valid, faults: result.faults })}\n`,
      );
      continue;
    }
    const what = result.kind === null ? 'no kind of document that Selat knows' : `${result.label} (${result.form})`;
    const verdict = valid ? 'valid' : result.faults.length === 1 ? '1 fault' : `${result.faults.length} faults`;
    process.stdout.write(`${file}: ${what}: ${verdict}\n${result.faults.map(tell).join('')}`);
  }
}
