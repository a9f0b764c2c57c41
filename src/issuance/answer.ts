import type { JsonObject } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import type { ApplicationResponse, ResponseStep } from '../documents/types.ts';
import { memberOf } from '../federation/trust.ts';
import type { Transaction } from '../store/transaction.ts';
import { localTime } from './local-time.ts';
import { type DeliveredMessage, type IssuanceParts, RESPONSE_ACTION, UNREADABLE_NUMBER } from './ports.ts';
import { sealResponse } from './sealed-document.ts';
import { sendDocument } from './send-document.ts';
import { member } from './summary.ts';
import type { VerificationStepView } from './views.ts';

/** What the answer says about the document that was delivered. */
export interface AnswerTo {
  readonly number: string | null;
  readonly documentDigest: string;
  readonly content: JsonObject | null;
  readonly outcome: 'verified' | 'refused';
  readonly steps: readonly VerificationStepView[];
}

const referenceForm = /^[A-Z0-9][A-Z0-9/-]{0,34}$/;
const numberForm = /^\S(.*\S)?$/;
const codeForm = /^[A-Z][A-Z0-9-]{0,79}$/;

/**
 * Makes the sealed ApplicationResponse to a delivered document and queues it to the country that delivered it (ATIGA
 * OCP rule 30). Not being able to send an answer does not undo that the document was received.
 * @returns the answer's message id; null when the country cannot be sent to.
 */
export async function answerDelivery(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
  about: AnswerTo,
): Promise<string | null> {
  const response = makeResponse(parts, message, about);
  const bytes = sealResponse(parts, response, message.receivedAt);
  try {
    const sent = await transaction.savepoint(() =>
      sendDocument(parts, transaction, message.receivedAt, {
        toCountry: message.fromCountry,
        conversationId: response.consignmentReference,
        action: RESPONSE_ACTION,
        kind: 'application-response',
        bytes,
      }),
    );
    return sent.messageId;
  } catch (error) {
    if (error instanceof Refusal && error.kind !== 'unavailable') return null;
    throw error;
  }
}

/** The answer in JSON form. Texts that come from the document are shortened and stripped of what cannot be seen. */
export function makeResponse(parts: IssuanceParts, message: DeliveredMessage, about: AnswerTo): ApplicationResponse {
  const when = localTime(message.receivedAt, parts.authority.timeZone);
  return {
    id: parts.newId(),
    issueDate: when.date,
    issueTime: when.time,
    sender: { country: parts.country, authority: parts.authority.name },
    receiver: { country: message.fromCountry, authority: authorityOf(parts, message.fromCountry, about.content) },
    consignmentReference: referenceOf(message, about.content),
    responseTo: {
      number: about.number !== null && numberForm.test(about.number) ? about.number : UNREADABLE_NUMBER,
      documentDigest: about.documentDigest,
      messageId: message.messageId,
    },
    outcome: about.outcome,
    steps: about.steps.slice(0, 50).map(responseStep),
  };
}

function responseStep(step: VerificationStepView): ResponseStep {
  const reason = visible(step.reason).slice(0, 2000).toWellFormed().trim();
  return {
    step: step.step,
    verdict: step.verdict,
    reason: reason === '' ? step.verdict : reason,
    ...(step.code !== undefined && codeForm.test(step.code) ? { code: step.code } : {}),
  };
}

/** Control, format and unassigned characters become spaces (threats H3). */
function visible(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, ' ');
}

function referenceOf(message: DeliveredMessage, content: JsonObject | null): string {
  const stated = member(content ?? undefined, 'consignmentReference');
  const found = [stated, message.conversationId].find(
    (one): one is string => typeof one === 'string' && referenceForm.test(one),
  );
  return found ?? 'UNKNOWN';
}

function authorityOf(parts: IssuanceParts, country: string, content: JsonObject | null): string {
  const stated = member(member(content ?? undefined, 'issuer'), 'authority');
  const directory = parts.directory();
  const known = directory === null ? undefined : memberOf(directory, country)?.name;
  const name = typeof stated === 'string' && stated.length <= 200 ? visible(stated).trim() : '';
  return name === '' ? (known ?? country) : name;
}
