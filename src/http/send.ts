import { validateHeaderValue } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { entityTagOf, noneMatchNames } from './entity-tags.ts';
import type { KeptReply } from './idempotency.ts';
import { PROBLEM_TYPE, type Problem } from './problem.ts';
import type { Reply } from './route.ts';
import { securityHeaders } from './security-headers.ts';

/** How long, and how much, of a body nobody wants is still taken in, so that the client gets to read the answer. */
const DRAIN = { milliseconds: 2_000, bytes: 16 * 1_048_576 } as const;

/** The reply's own header fields, without those that every answer carries. */
function headersOf(reply: Reply): Record<string, string> {
  const tag = entityTagOf(reply);
  const type = reply.json !== undefined ? 'application/json' : (reply.contentType ?? 'application/octet-stream');
  const hasContent = reply.json !== undefined || reply.bytes !== undefined || reply.stream !== undefined;
  return {
    ...(hasContent ? { 'Content-Type': type } : {}),
    ...(tag === undefined ? {} : { ETag: tag }),
    ...(reply.location === undefined ? {} : { Location: reply.location }),
    ...reply.headers,
  };
}

/** Fails, while the work can still be undone, on header fields that could not be sent afterwards. */
export function checkHeaders(reply: Reply): Reply {
  for (const [name, value] of Object.entries(headersOf(reply))) validateHeaderValue(name, value);
  return reply;
}

/** Bodies written for keeping, to be sent as they are. */
const written = new WeakMap<Reply, Buffer>();

/** A reply in the form in which it is kept for repetitions. */
export function keptForm(reply: Reply): KeptReply {
  const body = reply.json !== undefined ? Buffer.from(JSON.stringify(reply.json)) : (reply.bytes ?? null);
  if (body !== null && reply.shownOnce === undefined) written.set(reply, body);
  return { status: reply.status, headers: headersOf(reply), body };
}

function begin(response: Response, status: number, headers: { readonly [name: string]: string }, id: string): void {
  const secure = response.req.secure;
  response.writeHead(status, {
    ...securityHeaders(secure),
    'Cache-Control': headers['ETag'] === undefined ? 'no-store' : 'private, no-cache',
    'Request-Id': id,
    ...headers,
    ...(response.req.complete ? {} : { Connection: 'close' }),
  });
}

/** Ends the answer; when the client is still sending, takes in a little more first, or it would never see the answer. */
function finish(request: Request, response: Response, body: Buffer | undefined): void {
  if (request.complete || request.destroyed) {
    response.end(body);
    return;
  }
  if (body !== undefined) response.write(body);
  let taken = 0;
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, DRAIN.milliseconds);
  timer.unref();
  request.on('data', (piece: Buffer) => {
    taken += piece.length;
    if (taken > DRAIN.bytes) end();
  });
  request.once('end', end).once('close', end);
  request.resume();
}

function sendBytes(
  request: Request,
  response: Response,
  status: number,
  headers: { readonly [name: string]: string },
  body: Buffer | undefined,
  id: string,
): void {
  const bodiless = status === 204 || status === 304;
  begin(response, status, bodiless ? headers : { ...headers, 'Content-Length': String(body?.length ?? 0) }, id);
  finish(request, response, bodiless ? undefined : body);
}

/** Sends a reply; for a GET whose tag the client has already, 304 without the body (RFC 9110 §15.4.5). */
export async function sendReply(request: Request, response: Response, reply: Reply, id: string): Promise<void> {
  const headers = headersOf(reply);
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (reading && reply.status === 200 && noneMatchNames(request.headers['if-none-match'], entityTagOf(reply))) {
    reply.stream?.destroy();
    const { 'Content-Type': _, ...rest } = headers;
    sendBytes(request, response, 304, rest, undefined, id);
    return;
  }
  if (reply.stream !== undefined) {
    const length: Record<string, string> = reply.length === undefined ? {} : { 'Content-Length': String(reply.length) };
    begin(response, reply.status, { ...headers, ...length }, id);
    if (request.method === 'HEAD') {
      reply.stream.destroy();
      response.end();
    } else await pipeline(reply.stream, response);
    return;
  }
  const json = reply.json === undefined ? undefined : (written.get(reply) ?? shown(reply));
  sendBytes(request, response, reply.status, headers, json ?? reply.bytes, id);
}

function shown(reply: Reply): Buffer {
  const { json, shownOnce } = reply;
  const whole = shownOnce !== undefined && typeof json === 'object' ? { ...json, ...shownOnce } : json;
  return Buffer.from(JSON.stringify(whole));
}

/** Sends the first reply again, and says so. */
export function sendKept(request: Request, response: Response, kept: KeptReply, id: string): void {
  const headers = { ...kept.headers, 'Idempotent-Replayed': 'true' };
  sendBytes(request, response, kept.status, headers, kept.body ?? undefined, id);
}

/** Sends a problem. */
export function sendProblem(request: Request, response: Response, problem: Problem, id: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const headers = { ...problem.headers, 'Content-Type': PROBLEM_TYPE };
  sendBytes(request, response, problem.status, headers, Buffer.from(JSON.stringify(problem.body)), id);
}
