import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Refusal } from '../documents/refusal.ts';
import { type Inspection, inspectMessage } from '../exchange/inspect/inspect-message.ts';
import type { MessageKey } from '../exchange/message/message.ts';
import { readInput } from './input.ts';
import { tellInspection } from './tell-inspection.ts';

/** A message of 100 MB, its encoding and its headers. */
const LARGEST_CAPTURE = 256 * 1024 * 1024;

/** What the command line says of an inspection. */
export interface InspectOptions {
  readonly key?: string;
  readonly certificate?: string;
  readonly json?: boolean;
}

/** The key to open the payloads with: both files, or none. */
function keyOf({ key, certificate }: InspectOptions): MessageKey[] {
  if (key === undefined && certificate === undefined) return [];
  if (key === undefined || certificate === undefined)
    throw new Refusal(
      'malformed',
      'KEY-INCOMPLETE',
      'To open the payloads too, name the private key with --key and its certificate with --certificate.',
    );
  try {
    return [
      {
        privateKey: createPrivateKey({
          key: readInput(key),
          passphrase: process.env['SELAT_KEY_PASSPHRASE'] ?? '',
        }),
        certificate: new X509Certificate(readInput(certificate)),
      },
    ];
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('malformed', 'KEY-UNREADABLE', 'The private key or its certificate is none in PEM or DER.');
  }
}

/**
 * `selat as4 inspect FILE`: explains a captured message, in words or as one JSON line; needs no node and no database. The
 * exit status is 1 unless everything holds that can be checked.
 */
export async function inspect(file: string, options: InspectOptions): Promise<void> {
  const keys = keyOf(options);
  const found: Inspection = inspectMessage(readInput(file, LARGEST_CAPTURE), keys);
  if (!found.holds) process.exitCode = 1;
  process.stdout.write(options.json === true ? `${JSON.stringify({ file, ...found })}\n` : tellInspection(file, found));
}
