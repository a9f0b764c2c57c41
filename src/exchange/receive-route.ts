import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { type Request, type Response, Router } from 'express';
import { Refusal } from '../documents/refusal.ts';
import { EbmsFailure } from './ebms-errors.ts';
import { composeFailureAnswer } from './error-signal.ts';
import { type InboxParts, judgeCaller, receive } from './inbox.ts';

/** What the route takes besides the inbox. */
export interface RouteTerms {
  /** Bytes of a message at most. */
  readonly bodyLimit: number;
  readonly log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
}

const SOAP = 'application/soap+xml; charset=UTF-8';

/** The body, or undefined when it is larger than the limit; then nothing more of it is read into memory. */
function readBody(request: Request, limit: number): Promise<Buffer | undefined> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > limit) {
        request.pause();
        resolve(undefined);
      } else pieces.push(piece);
    });
    request.on('end', () => resolve(Buffer.concat(pieces)));
    request.on('error', reject);
    request.on('aborted', () => reject(new Error('the message broke off')));
  });
}

/** What the other end of TLS showed, and by the handshake holds the key of. */
function clientCertificateOf(request: Request): X509Certificate | undefined {
  return request.socket instanceof TLSSocket ? request.socket.getPeerX509Certificate() : undefined;
}

/** The caller's country. A stranger is refused before its body is read, and the connection is not used again. */
function callerOf(parts: InboxParts, request: Request, response: Response): string {
  try {
    return judgeCaller(parts, clientCertificateOf(request));
  } catch (error) {
    response.set('Connection', 'close');
    throw error;
  }
}

/**
 * The route that takes AS4 messages: POST, answered with a receipt or an error signal, both with status 200 as SOAP's
 * HTTP binding in eDelivery has it; 204 for a signal; 500 with a SOAP fault where SOAP 1.2 demands one; 413 for what is too large, 503 when the node cannot keep anything at the moment.
 */
export function receiveRoute(parts: InboxParts, terms: RouteTerms): Router {
  const router = Router();
  router.post('/as4', async (request, response) => {
    let caller: string | undefined;
    try {
      caller = callerOf(parts, request, response);
      const body = await readBody(request, terms.bodyLimit);
      if (body === undefined) {
        response.set('Connection', 'close');
        answerFailure(
          response,
          413,
          caller,
          new EbmsFailure(
            'EBMS:0004',
            `A message may have ${terms.bodyLimit} bytes; send less, or in several messages.`,
          ),
        );
        return;
      }
      const receipt = await receive(parts, {
        contentType: request.headers['content-type'],
        body,
        caller,
      });
      if (receipt === undefined) response.status(204).end();
      else response.status(200).set('Content-Type', SOAP).send(receipt);
    } catch (error) {
      answerError(response, caller, error);
    }
  });
  router.use((_request, response) => {
    response
      .status(404)
      .set('Content-Type', 'text/plain; charset=utf-8')
      .send('AS4 messages are taken by POST at /as4.\n');
  });

  /**
   * Signs in the caller's profile, so that it can read the error; a stranger's is not known. With the status of its own
   * (SOAP's HTTP binding) unless another one says more.
   */
  function answerFailure(
    response: Response,
    status: number | undefined,
    caller: string | undefined,
    failure: EbmsFailure,
  ): void {
    const now = parts.clock();
    const partner = caller === undefined ? undefined : parts.trust.partner(caller, now);
    const answer = composeFailureAnswer(failure, {
      messageId: parts.newMessageId(),
      timestamp: now,
      signing: parts.keys().signing[partner?.profile ?? parts.trust.ownProfile()],
    });
    response
      .status(status ?? answer.status)
      .set('Content-Type', answer.contentType)
      .send(answer.body);
  }

  function answerError(response: Response, caller: string | undefined, error: unknown): void {
    if (response.headersSent || response.destroyed) return;
    if (error instanceof EbmsFailure) {
      terms.log.info({ messageId: error.refToMessageId, code: error.code }, 'message refused');
      answerFailure(response, undefined, caller, error);
      return;
    }
    const isOutage = error instanceof Refusal && error.kind === 'unavailable';
    if (!isOutage) terms.log.error({ err: error }, 'message could not be taken');
    response.set('Retry-After', '5');
    answerFailure(
      response,
      503,
      caller,
      new EbmsFailure(
        'EBMS:0004',
        'This node cannot keep the message at the moment. Nothing was stored; send the same message again.',
      ),
    );
  }

  return router;
}
