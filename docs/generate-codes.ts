import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAULT_CODES } from '../src/documents/fault-codes.ts';
import { EBMS_ERRORS } from '../src/exchange/signals/ebms-errors.ts';

// Writes docs/fault-codes.md from the code: "npm run docs". A test says when it is out of date.
const root = fileURLToPath(new URL('..', import.meta.url));
export const codesFile = new URL('fault-codes.md', import.meta.url);

const statuses: Readonly<Record<string, number>> = {
  malformed: 400,
  'not-signed-in': 401,
  'not-allowed': 403,
  'not-found': 404,
  conflict: 409,
  'changed-meanwhile': 412,
  'too-large': 413,
  'unsupported-form': 415,
  invalid: 422,
  'precondition-missing': 428,
  'too-many': 429,
  unavailable: 503,
};

/** Refusals as they stand in the sources: kind, code, and the sentence with … for what is filled in. */
function refusals(): { code: string; status: string; room: string; sentence: string }[] {
  const found = new Map<string, { code: string; status: string; room: string; sentence: string }>();
  const form = /new Refusal\(\s*'([a-z-]+)',\s*'([A-Z0-9-]+)',\s*(?:'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)?/gs;
  for (const file of globSync('src/**/*.ts', { cwd: root }).sort())
    for (const match of readFileSync(`${root}${file}`, 'utf8').matchAll(form)) {
      const [, kind = '', code = '', plain, template] = match;
      const sentence = (plain ?? template ?? '')
        .replace(/\$\{[^}]*\}/g, '…')
        .replaceAll("\\'", "'")
        .replaceAll('|', '\\|');
      const room = file.split(/[\\/]/)[1] ?? '';
      if (!found.has(code) || found.get(code)?.sentence === '')
        found.set(code, { code, status: String(statuses[kind] ?? ''), room: room.replace('.ts', ''), sentence });
    }
  return [...found.values()].sort((one, other) => (one.code < other.code ? -1 : 1));
}

/** The text of docs/fault-codes.md. */
export function codesDocument(): string {
  const faults = Object.entries(FAULT_CODES).sort(([one], [other]) => (one < other ? -1 : 1));
  return `# What the codes mean

Made from the code by \`npm run docs\`; do not edit. Codes are stable: programs may rely on them.

## Faults in documents

They stand in \`faults\` of a problem document and in the output of \`selat check\`, each with a JSON Pointer.

| code | meaning |
| --- | --- |
${faults.map(([code, meaning]) => `| \`${code}\` | ${meaning} |`).join('\n')}

## Refusals

They stand in \`code\` of a problem document, with the HTTP status; on the command line they end the sentence.

| code | status | room | words |
| --- | --- | --- | --- |
${refusals()
  .map(({ code, status, room, sentence }) => `| \`${code}\` | ${status} | ${room} | ${sentence} |`)
  .join('\n')}

## Errors between nodes (ebMS 3.0)

A message that is refused is answered with these, every one with a description that names what is wrong; what can be
seen at once is told at once. All are sent with severity \`failure\`, whatever the standard recommends, except
EBMS:0006. \`selat as4 inspect FILE\` gives the same codes for a captured message.

| code | name | recommended severity, category | when this node tells it | what to change |
| --- | --- | --- | --- | --- |
${Object.entries(EBMS_ERRORS)
  .map(
    ([code, { name, severity, category, when, change }]) =>
      `| \`${code}\` | ${name} | ${severity}, ${category} | ${when} | ${change} |`,
  )
  .join('\n')}
`;
}

if (import.meta.main) writeFileSync(codesFile, codesDocument());
