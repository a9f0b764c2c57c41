import { AGREEMENTS, lastDayOfValidity } from '../documents/agreements.ts';
import type { XmlKind } from '../documents/codec.ts';
import { isObject, type JsonObject } from '../documents/json.ts';
import type { SchemeId } from '../documents/types.ts';
import { failed, notChecked, passed, type VerificationStep } from './steps.ts';

/** What a node knows of a document besides what stands in it. */
export interface KnownHere {
  /** The issuing country withdrew it. */
  readonly cancelled: boolean;
  /** Whether some of its quantity is left; absent where no ledger of it is kept. */
  readonly quantityLeft?: boolean;
}

const DAY_IN_MILLISECONDS = 24 * 3600 * 1000;

/**
 * The validity period of the agreement (ATIGA annex 8, rule 14; RCEP article 3.17): from the day of issue to so many
 * months after it. The day is that of the zone furthest ahead or behind, in favour of the holder. Takes a document that
 * passed the schema and its rules, among them those of the agreement.
 */
export function judgeAgreement(kind: XmlKind, json: JsonObject, at: Date): VerificationStep {
  const step = 'agreement-and-validity';
  if (kind === 'application-response') return notChecked(step, 'An answer is under no agreement and has no period.');
  const { scheme, issueDate } = json;
  if (!isScheme(scheme) || typeof issueDate !== 'string')
    return failed(step, 'AGREEMENT-UNKNOWN', 'The agreement is not known here.');
  const agreement = AGREEMENTS[scheme];
  const tomorrow = new Date(at.getTime() + DAY_IN_MILLISECONDS).toISOString().slice(0, 10);
  const yesterday = new Date(at.getTime() - DAY_IN_MILLISECONDS / 2).toISOString().slice(0, 10);
  const last = lastDayOfValidity(agreement, issueDate);
  if (issueDate > tomorrow) {
    return failed(
      step,
      'CERTIFICATE-OF-ORIGIN-NOT-YET-VALID',
      `It is dated ${issueDate}, a day that is still to come.`,
    );
  }
  if (last < yesterday) {
    return failed(
      step,
      'CERTIFICATE-OF-ORIGIN-EXPIRED',
      `It was valid until ${last} (${agreement.validityMonths} months).`,
    );
  }
  return passed(step, `It follows the rules of the ${agreement.title} and is valid until ${last}.`);
}

function isScheme(value: unknown): value is SchemeId {
  return typeof value === 'string' && Object.hasOwn(AGREEMENTS, value);
}

/** Whether it was withdrawn or used up, as far as this node knows. */
export function judgeLedger(kind: XmlKind, known: KnownHere | undefined): VerificationStep {
  const step = 'not-cancelled-and-quantity';
  if (kind === 'application-response') return notChecked(step, 'An answer is not drawn on.');
  if (known === undefined)
    return notChecked(step, 'Not checked: nothing is known here of cancellation or quantity used.');
  if (known.cancelled)
    return failed(step, 'CERTIFICATE-CANCELLED', 'The issuing authority cancelled this certificate.');
  if (known.quantityLeft === undefined) {
    return notChecked(step, 'No cancellation is known here; the quantity already used is not recorded at this node.');
  }
  return known.quantityLeft
    ? passed(step, 'It is not cancelled, and quantity is left.')
    : failed(step, 'CERTIFICATE-USED-UP', 'Its whole quantity has been used.');
}

/** Whether it is addressed to the country that verifies, or the issuing country granted a part of it to that country. */
export function judgeAddressee(
  kind: XmlKind,
  json: JsonObject,
  receiving: string | undefined,
  isGranted: boolean,
): VerificationStep {
  const step = 'addressed-to-us';
  if (receiving === undefined) return notChecked(step, 'Not checked: no receiving country was named.');
  const receiver = json['receiver'];
  const addressed =
    kind === 'application-response' ? (isObject(receiver) ? receiver['country'] : undefined) : json['importingCountry'];
  if (isGranted && kind === 'certificate-of-origin' && addressed !== receiving)
    return passed(
      step,
      `It is addressed to ${String(addressed)}, and the issuing country allotted a part of it to ${receiving}.`,
    );
  return addressed === receiving
    ? passed(step, `It is addressed to ${receiving}.`)
    : failed(step, 'ADDRESSED-ELSEWHERE', `It is addressed to ${String(addressed)}, not to ${receiving}.`);
}
