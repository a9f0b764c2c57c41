import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Refusal } from '../documents/refusal.ts';
import type { Route } from './route.ts';

/** Most bytes of a body, unless the route says otherwise. */
export const DEFAULT_BODY_LIMIT = 1_048_576;

/** Media type of a request's body without parameters, lower case. */
export function mediaType(request: IncomingMessage): string | undefined {
  const header = request.headers['content-type'];
  return header === undefined ? undefined : (header.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** Whether the media type is JSON or built on it. */
export function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/(?:[\w.-]+\+)?json$/.test(contentType);
}

/** Whether the request has a body at all (RFC 9112 §6.3). */
export function hasBody(request: IncomingMessage): boolean {
  if (request.headers['transfer-encoding'] !== undefined) return true;
  const length = request.headers['content-length'];
  return length !== undefined && length !== '0';
}

function limitOf(route: Route): number {
  return route.bodyLimit ?? DEFAULT_BODY_LIMIT;
}

function tooLarge(limit: number): Refusal {
  return new Refusal('too-large', 'BODY-TOO-LARGE', `The body has more than ${limit} bytes, the most taken here.`);
}

/** @throws a Refusal `MEDIA-TYPE` that names what is understood, or `CONTENT-ENCODING`, or `BODY-TOO-LARGE` */
export function refuseUnreadableBody(request: IncomingMessage, route: Route): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new Refusal('unsupported-form', 'CONTENT-ENCODING', 'Send the body as it is, without Content-Encoding.');
  const consumes = route.consumes ?? ['application/json'];
  const type = mediaType(request);
  if (type === undefined || !consumes.includes(type))
    throw new Refusal(
      'unsupported-form',
      'MEDIA-TYPE',
      `The body here is ${consumes.join(' or ')}; say so in Content-Type.`,
    );
  const charset = /;\s*charset="?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (isJson(type) && charset !== undefined && charset.toLowerCase() !== 'utf-8')
    throw new Refusal('unsupported-form', 'CHARSET', 'JSON is UTF-8 (RFC 8259 §8.1).');
  if (Number(request.headers['content-length'] ?? 0) > limitOf(route)) throw tooLarge(limitOf(route));
}

/** Reads the whole body; stops reading as soon as it is too large. */
export function readBody(request: IncomingMessage, route: Route): Promise<Buffer> {
  const limit = limitOf(route);
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const done = (): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    };
    const onData = (piece: Buffer): void => {
      size += piece.length;
      if (size > limit) {
        done();
        request.pause();
        reject(tooLarge(limit));
      } else pieces.push(piece);
    };
    const onEnd = (): void => {
      done();
      resolve(pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces, size));
    };
    const onGone = (): void => {
      done();
      reject(new Refusal('malformed', 'BODY-BROKEN-OFF', 'The body ended before it was whole.'));
    };
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/**
 * The body as a stream that fails when it is too large, and its SHA-256. `digest` takes in what nobody has read; it is
 * undefined when the stream was broken off.
 */
export function streamBody(
  request: IncomingMessage,
  route: Route,
): { stream: Transform; digest: () => Promise<Buffer | undefined> } {
  const limit = limitOf(route);
  const hash = createHash('sha256');
  let size = 0;
  const stream = new Transform({
    transform(piece: Buffer, _encoding, next) {
      size += piece.length;
      if (size > limit) next(tooLarge(limit));
      else {
        hash.update(piece);
        next(null, piece);
      }
    },
  });
  const broken = (): void => {
    stream.destroy(new Refusal('malformed', 'BODY-BROKEN-OFF', 'The body ended before it was whole.'));
  };
  request.once('aborted', broken).once('error', broken);
  stream.once('close', () => {
    request.off('aborted', broken).off('error', broken);
    request.unpipe(stream);
  });
  // A handler that refuses before it reads must not bring the process down by an error nobody listens to.
  stream.on('error', () => {});
  request.pipe(stream);
  const digest = async (): Promise<Buffer | undefined> => {
    if (!stream.readableEnded && !stream.destroyed) {
      stream.resume();
      await finished(stream, { writable: false }).catch(() => {});
    }
    return stream.readableEnded ? hash.copy().digest() : undefined;
  };
  return { stream, digest };
}
