import type { Readable } from 'node:stream';
import type { Actor } from '../access/actor.ts';
import type { Right } from '../access/rights.ts';
import type { JsonObject, JsonValue } from '../documents/json.ts';
import type { Transaction } from '../store/transaction.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** What one status of a route answers with; the OpenAPI document is made from it. */
export interface ReplyDescription {
  readonly description: string;
  readonly schema?: JsonObject;
  /** Default `application/json` when there is a schema. */
  readonly contentType?: string;
}

/** What every row of the route table says, whoever may ask. */
interface RouteTerms {
  readonly method: Method;
  /** Express 5 path: `/api/applications/:id`, or `/schemas/*path` for the rest of the path. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** More than the summary, in Markdown-free sentences. */
  readonly description?: string;
  readonly tag: string;
  /** JSON Schemas of the query's parameters; every value arrives as a string. Unknown parameters are refused. */
  readonly query?: { readonly [name: string]: JsonObject };
  /** JSON Schemas of path parameters; without one, 1 to 200 characters without control characters. */
  readonly params?: { readonly [name: string]: JsonObject };
  /**
   * Path parameters that are only compared with what is stored, such as ids that others chose: 1 to 250 visible ASCII
   * characters, also slashes (written with percent signs).
   */
  readonly opaqueParams?: readonly string[];
  /**
   * JSON Schema of the body, checked by the framework, which tells all faults. A bare `{ $ref }` names a document
   * schema: the journey checks it (`validateDocument`) because it has more stages than the schema.
   */
  readonly requestBody?: JsonObject;
  /** The body may be left out although `requestBody` is given. */
  readonly bodyOptional?: boolean;
  /** Media types the body may have; default `['application/json']`. Only JSON is parsed; other bodies come as `bytes`. */
  readonly consumes?: readonly string[];
  /** Most bytes a body may have; default 1 MiB. */
  readonly bodyLimit?: number;
  readonly replies: { readonly [status: number]: ReplyDescription };
  readonly ifMatch?: 'required';
  /** The body is not parsed although it may be JSON: it comes as `bytes` only, and the journey reads it. */
  readonly bodyAsBytes?: true;
  /**
   * Long work on the body that needs no database, done before a transaction is opened, so that it holds no connection;
   * what it gives comes as `prepared`.
   */
  prepare?(request: BodyContext): Promise<unknown>;
  /** The body is handed on as `stream` while it arrives, so that it is never whole in memory; it is not parsed. */
  readonly streamsBody?: true;
  /** A POST that may be repeated without harm and so takes no Idempotency-Key; the value says why. */
  readonly repeatable?: string;
  /**
   * `own`: the handler opens its transactions itself because parts of its effect must outlive a refusal (sign-in counts
   * guesses) or must not hold a connection while it computes; `transaction` is then a reader.
   */
  readonly transactions?: 'own';
  /**
   * The handler is small work in the database and nothing else, so under load it shares a transaction with others that
   * come at the same time (store/shared-transactions.ts says what that asks of it). Where that goes by the request, the
   * route says for which.
   */
  readonly shares?: true | ((request: BodyContext) => boolean);
}

/** A row of the route table for people and programs that are signed in. */
export interface SignedInRoute extends RouteTerms {
  /** The right of the table in access/rights.ts, or `signed-in` for anyone who is. */
  readonly right: Right | 'signed-in';
  handle(context: RouteContext): Promise<Reply>;
}

/** A row of the route table that asks for no sign-in. */
export interface PublicRoute extends RouteTerms {
  readonly right: 'public';
  handle(context: PublicContext): Promise<Reply>;
}

export type Route = SignedInRoute | PublicRoute;

/** What can be prepared before a transaction is opened. */
export type BodyContext = Pick<RequestContext, 'bytes' | 'contentType' | 'now'>;

/** What a handler is given, whoever asks. */
export interface RequestContext {
  /** Percent-decoded and checked; a `*path` parameter has its segments joined by `/`. */
  readonly params: { readonly [name: string]: string };
  readonly query: { readonly [name: string]: string };
  /** The parsed JSON body; undefined when there is none or when it is not JSON. */
  readonly body: JsonValue | undefined;
  /** The body's bytes as received; undefined when there is none. */
  readonly bytes: Buffer | undefined;
  /** What `prepare` of the route gave. */
  readonly prepared?: unknown;
  /** The body as it arrives, of a route that says `streamsBody`; it fails with a Refusal when it exceeds the limit. */
  readonly stream: Readable | undefined;
  /** Media type of the body, lower case, without parameters. */
  readonly contentType: string | undefined;
  /** The version named by `If-Match: "n"`. */
  readonly ifMatch: number | undefined;
  readonly requestId: string;
  readonly now: Date;
  /** Open for POST, PUT and DELETE and committed together with the stored reply; for GET a reader backed by the pool. */
  readonly transaction: Transaction;
  /** What the client sent of interest to a few routes. */
  readonly client: ClientFacts;
}

export interface ClientFacts {
  /** Address of the client, as far as the trusted proxies tell. */
  readonly address: string;
  /** Whether the client came over https (directly or to a trusted proxy). */
  readonly secure: boolean;
  /** Whether the client would rather have HTML than JSON. */
  readonly prefersHtml: boolean;
  /** The value of the session cookie, to be looked up; never to be logged. */
  readonly sessionCookie: string | undefined;
}

export interface RouteContext extends RequestContext {
  readonly actor: Actor;
}

export interface PublicContext extends RequestContext {
  readonly actor: Actor | null;
}

/** What a handler answers; the framework adds the rest of the header fields. */
export interface Reply {
  readonly status: number;
  readonly json?: JsonValue;
  /** Members added to `json` in the first reply only; a repetition with the same Idempotency-Key does not show them. */
  readonly shownOnce?: JsonObject;
  readonly bytes?: Buffer;
  /** Sent as it comes; only for GET. `length` says how many bytes it has. */
  readonly stream?: Readable;
  readonly length?: number;
  /** Of `bytes` and `stream`; default `application/octet-stream`. */
  readonly contentType?: string;
  /** Becomes `ETag: "n"`. */
  readonly version?: number;
  /** An entity tag of another form, without the quotes, for content-addressed bytes. */
  readonly entityTag?: string;
  readonly location?: string;
  readonly headers?: { readonly [name: string]: string };
}
