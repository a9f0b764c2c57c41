import { createHash, type Hash, type X509Certificate } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { TLSSocket } from 'node:tls';
import { type Request, type Response, Router } from 'express';
import { Refusal } from '../../documents/refusal.ts';
import { type SpooledContent, type SpoolTerms, spool } from '../message/spool.ts';
import type { StoredMessage } from '../message-store.ts';
import { EbmsFailure } from '../signals/ebms-errors.ts';
import { composeFailureAnswer } from '../signals/error-signal.ts';
import { type InboxParts, judgeCaller, receive } from './inbox.ts';

/** What the route takes besides the inbox. */
export interface RouteTerms {
  /** Bytes of a message at most. */
  readonly bodyLimit: number;
  /** How long a sender may send nothing in the middle of a message. */
  readonly standstillMilliseconds: number;
  readonly log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
}

const SOAP = 'application/soap+xml; charset=UTF-8';

/** The message is larger than what is taken; nothing more of it is read. */
class TooLarge extends Error {}

/** The message came no further for too long. */
class CameNoFurther extends Error {}

/** The body as it comes, digested on the way, up to the limit; a sender that stands still is not waited for. */
async function* arriving(request: Request, terms: RouteTerms, hash: Hash): AsyncGenerator<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > terms.bodyLimit) throw new TooLarge();
  let size = 0;
  const late = setTimeout(() => request.destroy(new CameNoFurther()), terms.standstillMilliseconds);
  try {
    for await (const piece of request) {
      if (!Buffer.isBuffer(piece)) throw new TypeError('a request brought something else than bytes');
      late.refresh();
      size += piece.length;
      if (size > terms.bodyLimit) throw new TooLarge();
      hash.update(piece);
      yield piece;
    }
  } finally {
    clearTimeout(late);
  }
}

/** The whole body, in memory or on disk; undefined when it is larger than the limit. */
async function readBody(
  request: Request,
  terms: RouteTerms,
  where: SpoolTerms,
): Promise<{ body: SpooledContent; digest: Buffer } | undefined> {
  const hash = createHash('sha256');
  try {
    const body = await spool(arriving(request, terms, hash), where);
    return { body, digest: hash.digest() };
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
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
      const read = await readBody(request, terms, parts.spool);
      if (read === undefined) {
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
      const { body, digest } = read;
      const answer = await receive(parts, {
        contentType: request.headers['content-type'],
        body,
        digest,
        caller,
      }).finally(() => body.close());
      if (answer === undefined) response.status(204).end();
      else if (Buffer.isBuffer(answer)) response.status(200).set('Content-Type', SOAP).send(answer);
      else await give(response, answer);
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

  /** The message that was pulled; who takes nothing more of it for too long is hung up on, and can pull it again. */
  async function give(response: Response, { contentType, content }: StoredMessage): Promise<void> {
    response.status(200).set({ 'Content-Type': contentType, 'Content-Length': String(content.size) });
    response.setTimeout(terms.standstillMilliseconds, () => response.destroy());
    try {
      await pipeline(content.stream(), response);
    } catch (error) {
      terms.log.info({ err: error }, 'pulled message broke off');
    }
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
