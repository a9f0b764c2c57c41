import { X509Certificate } from 'node:crypto';
import { Refusal } from '../documents/refusal.ts';
import { loadAnchor } from '../federation/federation-anchor.ts';
import { readDirectory } from '../federation/read-directory.ts';
import type { VerificationStep } from '../verification/steps.ts';
import { verifyDocument } from '../verification/verify-document.ts';
import { verifyFile } from '../verification/verify-file.ts';
import { readInput } from './input.ts';

/** What the command line says of a verification. */
export interface VerifyOptions {
  readonly directory?: string;
  readonly anchor?: string;
  readonly ca?: string;
  readonly country?: string;
  readonly at?: string;
  readonly json?: boolean;
}

const signs = { passed: '✓', failed: '✕', 'not-checked': '○' } as const;

function tell(step: VerificationStep): string {
  const code = step.code === undefined ? '' : ` (${step.code})`;
  return `  ${signs[step.verdict]} ${step.step}: ${step.reason}${code}\n`;
}

function instant(text: string | undefined): Date {
  if (text === undefined) return new Date();
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new Refusal('malformed', 'TIME-UNREADABLE', `--at ${text} is no instant; write it as 2026-03-02T09:15:00Z.`);
  return at;
}

async function judge(bytes: Buffer, options: VerifyOptions): Promise<ReturnType<typeof verifyFile>> {
  const at = instant(options.at);
  const receiving = options.country === undefined ? {} : { receivingCountry: options.country.toUpperCase() };
  if (options.directory !== undefined) {
    if (options.anchor === undefined)
      throw new Refusal(
        'malformed',
        'ANCHOR-MISSING',
        'A directory is believed only by the keys of the federation: name them with --anchor FILE.',
      );
    const reading = readDirectory(readInput(options.directory), await loadAnchor(options.anchor));
    if (!reading.ok)
      throw new Refusal('invalid', 'DIRECTORY-REFUSED', `${options.directory} is not to be believed:`, {
        faults: reading.faults,
      });
    return verifyDocument(bytes, { directory: reading.directory, at, ...receiving });
  }
  if (options.ca === undefined) return verifyFile(bytes, { at, ...receiving });
  let authority: X509Certificate;
  try {
    authority = new X509Certificate(readInput(options.ca));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('malformed', 'CERTIFICATE-UNREADABLE', `${options.ca} is no X.509 certificate in PEM or DER.`);
  }
  return verifyFile(bytes, { at, authority, ...receiving });
}

/**
 * `selat verify FILE`: the verdict on a sealed document, one line per step; needs no node and no database. The exit
 * status is 1 when the document is refused.
 */
export async function verify(file: string, options: VerifyOptions): Promise<void> {
  const found = await judge(readInput(file), options);
  if (found.outcome === 'refused') process.exitCode = 1;
  if (options.json === true) {
    const { outcome, kind, steps } = found;
    process.stdout.write(`${JSON.stringify({ file, outcome, kind, steps })}\n`);
    return;
  }
  process.stdout.write(`${file}: ${found.outcome}\n${found.steps.map(tell).join('')}`);
}
