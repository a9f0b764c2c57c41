import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Actor } from '../access/actor.ts';
import type { Identities } from '../access/identify.ts';
import { mayDo } from '../access/rights.ts';
import type { JsonValue } from '../documents/json.ts';
import { readJson } from '../documents/read-json.ts';
import { Refusal } from '../documents/refusal.ts';
import { normaliseTexts } from '../documents/texts.ts';
import { asStoreError, type Pool, type Statement } from '../store/pool.ts';
import type { SharedTransactions } from '../store/shared-transactions.ts';
import { inTransaction, type Transaction } from '../store/transaction.ts';
import { clientFacts, identifyClient } from './client.ts';
import { readIfMatch } from './entity-tags.ts';
import {
  fingerprintOf,
  firstReply,
  type KeptReply,
  keepReplyStatement,
  meansAlreadyDone,
  type RequestIdentity,
  readIdempotencyKey,
} from './idempotency.ts';
import type { Log } from './log.ts';
import { readParams, readQuery, refuseSecretInAddress } from './parameters.ts';
import { internalProblem, problemOf } from './problem.ts';
import { hasBody, isJson, mediaType, readBody, refuseUnreadableBody, streamBody } from './read-body.ts';
import { isKept, keepRefusal } from './refusal-log.ts';
import { faultsOf, namesDocument } from './request-schemas.ts';
import type { PublicContext, Reply, RequestContext, Route } from './route.ts';
import { refuseCrossSite } from './same-origin.ts';
import { checkHeaders, keptForm, sendKept, sendProblem, sendReply } from './send.ts';

/** What answering a request needs of the node. */
export interface DispatchParts {
  readonly pool: Pool;
  readonly shared: SharedTransactions;
  readonly identities: Identities;
  readonly cookieName: string;
  /** Origin under which people reach the pages, such as `https://selat.customs.example`. */
  readonly publicOrigin: string;
  readonly clock: () => Date;
  readonly log: Log;
}

/** What is known of a request while it is answered; the end needs it also when it was refused half way. */
interface Progress {
  readonly requestId: string;
  readonly now: Date;
  readonly began: number;
  actor: Actor | null;
}

interface Body {
  readonly value: JsonValue | undefined;
  readonly bytes: Buffer | undefined;
  readonly stream: RequestContext['stream'];
  /** What the fingerprint takes of the body; null when it was broken off and so cannot be compared. */
  readonly digest: () => Promise<Buffer | null>;
}

type Outcome = { readonly reply: Reply } | { readonly kept: KeptReply };

/**
 * Answers requests to one row of the route table. The checks come in the order of their price, and none tells a stranger
 * more than they may know: address, who, whether they may, from where, parameters, conditions, body, and then the work.
 */
export function answerRoute(
  route: Route,
  parts: DispatchParts,
): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    const progress: Progress = { requestId: randomUUID(), now: parts.clock(), began: performance.now(), actor: null };
    try {
      const outcome = await answer(route, parts, request, progress);
      if ('kept' in outcome) sendKept(request, response, outcome.kept, progress.requestId);
      else await sendReply(request, response, outcome.reply, progress.requestId);
    } catch (error) {
      await refuse(route, parts, request, response, progress, asStoreError(error));
    }
    noteRequest(route, parts.log, response, progress);
  };
}

async function answer(route: Route, parts: DispatchParts, request: Request, progress: Progress): Promise<Outcome> {
  const search = new URLSearchParams(queryOf(request));
  refuseSecretInAddress(request.path, search);
  const client = clientFacts(request, parts.cookieName);
  const actor = await identifyClient(request, client, parts.identities, progress.now);
  progress.actor = actor;
  const changing = route.method !== 'GET';
  if (changing && actor?.via !== 'token')
    refuseCrossSite(request.method, request.headers, ownOrigins(request, parts.publicOrigin));
  const handle = admit(route, actor);
  const params = readParams(request.params, route);
  const query = readQuery(search, route);
  const ifMatch = readIfMatch(request.headers['if-match'], route.ifMatch === 'required');
  const keyed = route.method === 'POST' && route.repeatable === undefined && actor !== null;
  const key = keyed ? readIdempotencyKey(request.get('idempotency-key')) : undefined;
  const body = await takeBody(route, request);
  const { requestId, now } = progress;
  const context = {
    params,
    query,
    body: body.value,
    bytes: body.bytes,
    stream: body.stream,
    contentType: hasBody(request) ? mediaType(request) : undefined,
    ifMatch,
    requestId,
    now,
    client,
  };
  const prepared = await route.prepare?.(context);
  const work = async (transaction: Transaction): Promise<Reply> =>
    checkHeaders(await handle({ ...context, prepared, transaction }));
  if (!changing || route.transactions === 'own') return { reply: await work(readerOf(parts.pool)) };
  if (key === undefined || actor === null) return { reply: await inTransaction(parts.pool, work) };
  const identity = async (): Promise<RequestIdentity | undefined> => {
    const digest = await body.digest();
    if (digest === null) return undefined;
    return { personId: actor.personId, key, fingerprint: fingerprintOf(request.method, request.path, digest) };
  };
  const shares = typeof route.shares === 'function' ? route.shares(context) : route.shares === true;
  return changeOnce(parts, shares, identity, work, now);
}

/** Does the work and keeps its reply in one transaction; if that was done before, gives the first reply. */
async function changeOnce(
  { pool, shared }: DispatchParts,
  shares: boolean,
  identity: () => Promise<RequestIdentity | undefined>,
  work: (transaction: Transaction) => Promise<Reply>,
  now: Date,
): Promise<Outcome> {
  try {
    const last = async (done: Reply): Promise<Statement> => {
      const request = await identity();
      if (request === undefined) throw new Refusal('malformed', 'BODY-BROKEN-OFF', 'The body was not read to its end.');
      return keepReplyStatement(request, keptForm(done), now);
    };
    const reply = shares ? await shared.run({ run: work, last }) : await inTransaction(pool, work, last);
    return { reply };
  } catch (error) {
    const wasRefused = error instanceof Refusal && error.kind !== 'unavailable' && error.kind !== 'too-large';
    if (!wasRefused && !meansAlreadyDone(error)) throw error;
    const request = await identity();
    const kept = request === undefined ? undefined : await firstReply(pool, request);
    if (kept === undefined) throw error;
    return { kept };
  }
}

/** Whether the actor may use the route, from the one table of rights; what does not exist for them is not found. */
function admit(route: Route, actor: Actor | null): (context: RequestContext) => Promise<Reply> {
  if (route.right === 'public') {
    const publicActor: PublicContext['actor'] = actor;
    return (context) => route.handle({ ...context, actor: publicActor });
  }
  if (actor === null)
    throw new Refusal('not-signed-in', 'SIGN-IN-NEEDED', 'Sign in first, or send a token in the header Authorization.');
  if (route.right !== 'signed-in' && !mayDo(actor, route.right)) {
    if (route.method === 'GET' && route.path.includes('/:'))
      throw new Refusal('not-found', 'NOT-FOUND', 'There is nothing at this address.');
    throw new Refusal('not-allowed', 'RIGHT-MISSING', `Your role, ${actor.role}, may not do this (${route.right}).`);
  }
  return (context) => route.handle({ ...context, actor });
}

async function takeBody(route: Route, request: Request): Promise<Body> {
  const none: Body = { value: undefined, bytes: undefined, stream: undefined, digest: async () => Buffer.alloc(0) };
  if (!hasBody(request)) {
    if (route.requestBody !== undefined && route.bodyOptional !== true)
      throw new Refusal('malformed', 'BODY-MISSING', 'This request needs a body.');
    return none;
  }
  if (route.requestBody === undefined && route.consumes === undefined)
    throw new Refusal('malformed', 'BODY-UNEXPECTED', 'This request has no body.');
  refuseUnreadableBody(request, route);
  if (route.streamsBody === true) {
    const { stream, digest } = streamBody(request, route);
    return { ...none, stream, digest: async () => (await digest()) ?? null };
  }
  const bytes = await readBody(request, route);
  if (route.bodyAsBytes === true || !isJson(mediaType(request))) return { ...none, bytes, digest: async () => bytes };
  const reading = readJson(bytes);
  if (!reading.ok)
    throw new Refusal('malformed', 'JSON-UNREADABLE', 'The body cannot be read as JSON.', { faults: reading.faults });
  if (route.requestBody === undefined || namesDocument(route.requestBody))
    return { ...none, value: reading.value, bytes, digest: async () => bytes };
  // Documents are judged by their own stages; what stands in any other body is kept in NFC (threats H3).
  const value = normaliseTexts(reading.value);
  const faults = faultsOf(route.requestBody, value);
  if (faults.length > 0)
    throw new Refusal('invalid', 'BODY-INVALID', 'The body is not as this request needs it.', { faults });
  return { ...none, value, bytes, digest: async () => bytes };
}

function queryOf(request: Request): string {
  const at = request.url.indexOf('?');
  return at === -1 ? '' : request.url.slice(at + 1);
}

function ownOrigins(request: Request, publicOrigin: string): string[] {
  return [publicOrigin, `${request.protocol}://${request.headers.host ?? ''}`];
}

function readerOf(pool: Pool): Transaction {
  return {
    query: pool.query,
    later: () => {
      throw new Error('a reader changes nothing');
    },
    savepoint: (work) => work(),
    afterCommit: (work) => work(),
  };
}

async function refuse(
  route: Route,
  parts: DispatchParts,
  request: Request,
  response: Response,
  progress: Progress,
  error: unknown,
): Promise<void> {
  const { requestId, actor, now } = progress;
  if (!(error instanceof Refusal)) {
    if (!request.destroyed || !response.writableFinished)
      parts.log.error({ requestId, operation: route.operationId, err: error }, 'request failed');
    sendProblem(request, response, internalProblem(requestId), requestId);
    return;
  }
  if (actor !== null && isKept(error, route)) {
    try {
      await keepRefusal(parts.pool, { refusal: error, route, path: request.path, actor, requestId, now });
    } catch (failure) {
      parts.log.error({ requestId, err: failure }, 'refusal could not be kept');
    }
  }
  if (error.kind === 'unavailable') parts.log.warn({ requestId, code: error.code, err: error.cause }, 'not available');
  sendProblem(request, response, problemOf(error, requestId), requestId);
}

function noteRequest(route: Route, log: Log, response: Response, progress: Progress): void {
  const entry = {
    requestId: progress.requestId,
    operation: route.operationId,
    status: response.statusCode,
    milliseconds: Math.round((performance.now() - progress.began) * 10) / 10,
    person: progress.actor?.personId,
  };
  if (response.statusCode >= 400) log.info(entry, 'request refused');
  else log.debug(entry, 'request answered');
}
