import type { JsonObject } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import type { ApplicationResponse } from '../documents/types.ts';
import { storeDocument } from '../store/documents.ts';
import { appendEvent } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import { type Verification, verifyDocument } from '../verification/verify-document.ts';
import { type CertificateRow, findIssuedForAnswer, keepAnswer } from './certificate-queries.ts';
import { partnerActor } from './node-actors.ts';
import type { DeliveredMessage, IssuanceParts, Reception } from './ports.ts';

/**
 * Takes a partner's answer to a certificate that this node issued: verifies it, checks that it is about exactly the
 * bytes we sealed and comes from the country we sent them to, and keeps it with the certificate.
 * @throws the refusals `ANSWER-NOT-TRUSTED`, `ANSWER-NOT-FROM-PARTNER`, `ANSWER-TO-UNKNOWN-DOCUMENT`, which send the
 * message to the quarantine.
 */
export async function receiveResponse(
  parts: IssuanceParts,
  transaction: Transaction,
  message: DeliveredMessage,
  payload: Uint8Array,
): Promise<Reception> {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const response = trustedResponse(parts, message, bytes);
  const certificate = await answeredCertificate(transaction, message, response);
  const digest = await storeDocument(transaction, {
    kind: 'application-response',
    contentType: 'application/xml',
    bytes,
  });
  if (certificate.response_digest === digest) return { taken: true };
  const at = new Date(`${response.issueDate}T${response.issueTime}`);
  if (certificate.partner_answered_at === null || certificate.partner_answered_at <= at) {
    await keepAnswer(transaction, {
      certificateId: certificate.id,
      outcome: response.outcome,
      steps: response.steps,
      at,
      responseDigest: digest,
    });
  }
  await appendEvent(transaction, {
    kind: 'certificate.answered',
    subject: certificate.number,
    conversation: certificate.consignment_reference,
    actor: partnerActor(parts, message.fromCountry),
    occurredAt: message.receivedAt,
    reason: reasonsOf(response),
    data: { outcome: response.outcome, responseDigest: digest, messageId: message.messageId },
  });
  return { taken: true };
}

function trustedResponse(parts: IssuanceParts, message: DeliveredMessage, bytes: Buffer): Answer {
  const directory = parts.directory();
  if (directory === null) {
    throw new Refusal('unavailable', 'DIRECTORY-MISSING', 'This node has no directory to judge the answer by.');
  }
  const verification = verifyDocument(bytes, {
    directory,
    at: message.receivedAt,
    receivingCountry: parts.country,
  });
  const { json } = verification;
  if (json === undefined || !isVerifiedResponse(json, verification)) {
    const reasons = verification.steps.filter((one) => one.verdict === 'failed').map((one) => one.reason);
    throw new Refusal('invalid', 'ANSWER-NOT-TRUSTED', `The answer cannot be trusted. ${reasons.join(' ')}`.trim());
  }
  if (json.sender.country !== message.fromCountry) {
    throw new Refusal('invalid', 'ANSWER-NOT-FROM-PARTNER', `${message.fromCountry} delivered the answer of another.`);
  }
  return json;
}

/** An answer to a delivery; what tells of use or allotments goes another way (room ledger). */
type Answer = ApplicationResponse & { readonly outcome: 'verified' | 'refused' };

function isVerifiedResponse(json: JsonObject, verification: Verification): json is Answer {
  const isAnswer = json['outcome'] === 'verified' || json['outcome'] === 'refused';
  return verification.outcome === 'verified' && verification.kind === 'application-response' && isAnswer;
}

async function answeredCertificate(
  transaction: Transaction,
  message: DeliveredMessage,
  response: ApplicationResponse,
): Promise<CertificateRow> {
  const { number, documentDigest } = response.responseTo;
  const certificate = await findIssuedForAnswer(transaction, number, documentDigest);
  if (certificate === undefined || certificate.importing_country !== message.fromCountry) {
    throw new Refusal(
      'invalid',
      'ANSWER-TO-UNKNOWN-DOCUMENT',
      `The answer is about ${number} with digest ${documentDigest}, which was not sent to ${message.fromCountry}.`,
    );
  }
  return certificate;
}

function reasonsOf(response: ApplicationResponse): string | undefined {
  const failed = response.steps.filter((one) => one.verdict === 'failed').map((one) => one.reason);
  return failed.length === 0 ? undefined : failed.join('\n');
}
