import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { DueDelivery } from './delivery-queries.ts';
import { AddressRefused, guardedLookup, judgeAddress } from './outgoing-address.ts';
import { SECRET_OVERLAP_MILLISECONDS, type WebhookTerms } from './ports.ts';
import { signatureFields } from './sign-delivery.ts';

/** How a try ended; `error` is in words for the firm, null when the delivery was taken. */
export interface TryOutcome {
  readonly status: number | null;
  readonly error: string | null;
}

/** For the whole of a try: connecting, sending, the head of the answer. */
const TRY_MILLISECONDS = 10_000;

/** The body of a delivery: the response in JSON; the XML is where `document` says. */
export function bodyOf(delivery: DueDelivery): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: `declaration.${delivery.step}`,
      timestamp: delivery.issued_at.toISOString(),
      data: {
        responseId: delivery.response_id,
        movementReference: delivery.mrn,
        localReference: delivery.lrn,
        consignmentReference: delivery.consignment_reference,
        content: delivery.content,
        document: `/api/responses/${delivery.response_id}/document`,
      },
    }),
  );
}

/**
 * Makes one try: POST with the signature of Standard Webhooks. Only an answer of 2xx takes the delivery; nothing is
 * followed to another address, and of the answer only its head is read.
 */
export function tryDelivery(delivery: DueDelivery, terms: WebhookTerms, now: Date): Promise<TryOutcome> {
  let url: URL;
  try {
    url = new URL(judgeAddress(delivery.url, terms));
  } catch (error) {
    return Promise.resolve({ status: null, error: error instanceof Error ? error.message : 'The address is refused.' });
  }
  const body = bodyOf(delivery);
  const { secret_changed_at: changed, secret_before: before } = delivery;
  const isRecent = changed !== null && now.getTime() - changed.getTime() < SECRET_OVERLAP_MILLISECONDS;
  const secrets = [delivery.secret, ...(before !== null && isRecent ? [before] : [])];
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const request = send(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'user-agent': 'selat-webhook',
        ...signatureFields(secrets, { id: delivery.id, at: now, body }),
      },
      lookup: guardedLookup(terms),
      agent: false,
    });
    const end = (outcome: TryOutcome): void => {
      clearTimeout(late);
      resolve(outcome);
      request.destroy();
    };
    const late = setTimeout(
      () => end({ status: null, error: `There was no answer within ${TRY_MILLISECONDS / 1000} seconds.` }),
      TRY_MILLISECONDS,
    );
    request.on('response', ({ statusCode = 0 }) => {
      const isTaken = statusCode >= 200 && statusCode < 300;
      end({ status: statusCode, error: isTaken ? null : `The answer was ${statusCode}; only 2xx takes a delivery.` });
    });
    request.on('error', (error) => end({ status: null, error: wordsOf(error) }));
    request.end(body);
  });
}

function wordsOf(error: Error): string {
  if (error instanceof AddressRefused) return 'The name leads into a network that is not public.';
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `The address could not be reached${code}.`;
}
