import { Refusal } from '../documents/refusal.ts';
import type { ApplicationResponse, QuantityName, Utilisation, UtilisationLine } from '../documents/types.ts';
import { XML_LIMITS } from '../documents/xml-guards.ts';
import { wholeOf } from '../exchange/message/content.ts';
import { verifyDocument } from '../verification/verify-document.ts';
import {
  CERTIFICATE_USE_SERVICE,
  type Delivered,
  GRANT_ACTION,
  type LedgerParts,
  REPORT_ACTION,
  RETURN_ACTION,
} from './ports.ts';

const OUTCOMES: Readonly<Record<string, ApplicationResponse['outcome']>> = {
  [REPORT_ACTION]: 'used',
  [RETURN_ACTION]: 'returned',
  [GRANT_ACTION]: 'granted',
};

/** A message of the service after its seal and its sender were found good. */
export interface TrustedMessage {
  readonly message: ApplicationResponse & { readonly utilisation: Utilisation };
  readonly bytes: Buffer;
  /** The certificate that comes with a grant. */
  readonly certificate: Buffer | undefined;
}

/**
 * Reads a message about the use of a certificate and verifies it before anything of it is believed: sealed by the country
 * that delivered it, for us, of the kind that the action says.
 * @throws the refusals `SERVICE-UNKNOWN`, `ACTION-UNKNOWN`, `PAYLOADS-DIFFER`, `DOCUMENT-TOO-LARGE`,
 * `USE-NOT-TRUSTED`, `USE-NOT-FROM-PARTNER`, `USE-ACTION-DIFFERS`, which send the message to the quarantine
 */
export async function readMessage(parts: LedgerParts, delivered: Delivered): Promise<TrustedMessage> {
  if (delivered.service !== CERTIFICATE_USE_SERVICE)
    throw new Refusal('unsupported-form', 'SERVICE-UNKNOWN', `This node has no service ${delivered.service}.`);
  const outcome = OUTCOMES[delivered.action];
  if (outcome === undefined)
    throw new Refusal('unsupported-form', 'ACTION-UNKNOWN', `The service has no action ${delivered.action}.`);
  const expected = outcome === 'granted' ? 2 : 1;
  if (delivered.payloads.length !== expected)
    throw new Refusal(
      'malformed',
      'PAYLOADS-DIFFER',
      `A ${delivered.action} carries ${expected === 1 ? 'exactly one document' : 'the grant and the certificate'}.`,
    );
  const [bytes, certificate] = await Promise.all(
    delivered.payloads.map(async ({ content }) => {
      if (content.size > XML_LIMITS.bytes)
        throw new Refusal(
          'too-large',
          'DOCUMENT-TOO-LARGE',
          `The document has ${content.size} bytes; at most ${XML_LIMITS.bytes} are taken.`,
        );
      const whole = await wholeOf(content, XML_LIMITS.bytes);
      return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength);
    }),
  );
  if (bytes === undefined) throw new Error('a payload was counted and is not there');
  return { message: trusted(parts, delivered, bytes, outcome), bytes, certificate };
}

function trusted(
  parts: LedgerParts,
  delivered: Delivered,
  bytes: Buffer,
  outcome: ApplicationResponse['outcome'],
): TrustedMessage['message'] {
  const directory = parts.directory();
  if (directory === null)
    throw new Refusal('unavailable', 'DIRECTORY-MISSING', 'This node has no directory to judge the message by.');
  const verification = verifyDocument(bytes, { directory, at: delivered.receivedAt, receivingCountry: parts.country });
  const { json, kind } = verification;
  if (verification.outcome !== 'verified' || kind !== 'application-response' || !isMessage(json)) {
    const reasons = verification.steps.filter(({ verdict }) => verdict === 'failed').map(({ reason }) => reason);
    throw new Refusal('invalid', 'USE-NOT-TRUSTED', `The message cannot be trusted. ${reasons.join(' ')}`.trim());
  }
  if (json.sender.country !== delivered.fromCountry)
    throw new Refusal(
      'invalid',
      'USE-NOT-FROM-PARTNER',
      `${delivered.fromCountry} delivered the message of ${json.sender.country}.`,
    );
  if (json.outcome !== outcome)
    throw new Refusal(
      'invalid',
      'USE-ACTION-DIFFERS',
      `The message came as ${delivered.action} and says “${json.outcome}”.`,
    );
  return json;
}

/** The verification has judged it by the schema; only what has quantities is a message of this service. */
function isMessage(json: object | null | undefined): json is TrustedMessage['message'] {
  return json !== null && json !== undefined && 'utilisation' in json;
}

/** A quantity of a line, with the unit in which it is told; undefined when the line does not tell it. */
export function quantityNamed(
  line: UtilisationLine,
  name: QuantityName,
): { readonly value: string; readonly unit: string } | undefined {
  return line.quantities.find((each) => each.name === name)?.quantity;
}
