import type { Fault } from '../documents/fault.ts';
import type { JsonObject } from '../documents/json.ts';
import type { Refusal, RefusalKind } from '../documents/refusal.ts';

/** How each kind of refusal is answered over HTTP (RFC 9110, RFC 6585). */
const STATUS_OF: { readonly [kind in RefusalKind]: number } = {
  malformed: 400,
  invalid: 422,
  'not-signed-in': 401,
  'not-allowed': 403,
  'not-found': 404,
  conflict: 409,
  'changed-meanwhile': 412,
  'precondition-missing': 428,
  'too-large': 413,
  'unsupported-form': 415,
  'too-many': 429,
  unavailable: 503,
};

const TITLE_OF: { readonly [status: number]: string } = {
  400: 'The request cannot be read',
  401: 'Sign in first',
  403: 'You may not do this',
  404: 'Not found',
  405: 'Not possible here',
  408: 'The request took too long to arrive',
  409: 'This does not fit what is there',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'This form is not understood',
  422: 'There are faults to mend',
  428: 'Say which version you saw',
  429: 'Too many tries',
  431: 'The header fields are too large',
  500: 'Something failed inside',
  503: 'Not available at the moment',
};

/** Media type of every refusal (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

/** A problem on its way out: status, header fields of its own, and the body. */
export interface Problem {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: JsonObject;
}

function faultJson(fault: Fault): JsonObject {
  return {
    code: fault.code,
    pointer: fault.pointer,
    ...(fault.xpath === undefined ? {} : { xpath: fault.xpath }),
    ...(fault.line === undefined ? {} : { line: fault.line }),
    message: fault.message,
    ...(fault.found === undefined ? {} : { found: fault.found }),
    ...(fault.expected === undefined ? {} : { expected: fault.expected }),
  };
}

/** A problem of any status; `type` is `about:blank` because `code` says what it is (RFC 9457 §4.2.1). */
export function problem(
  status: number,
  code: string,
  detail: string,
  requestId: string,
  more: { readonly faults?: readonly Fault[]; readonly headers?: { readonly [name: string]: string } } = {},
): Problem {
  const faults = more.faults ?? [];
  return {
    status,
    headers: more.headers ?? {},
    body: {
      type: 'about:blank',
      title: TITLE_OF[status] ?? 'Refused',
      status,
      detail,
      instance: `urn:uuid:${requestId}`,
      code,
      ...(faults.length === 0 ? {} : { faults: faults.map(faultJson) }),
    },
  };
}

/** The problem that tells of a refusal. */
export function problemOf(refusal: Refusal, requestId: string): Problem {
  const headers: Record<string, string> = {};
  if (refusal.retryAfterSeconds !== undefined) headers['Retry-After'] = String(refusal.retryAfterSeconds);
  if (refusal.kind === 'not-signed-in') headers['WWW-Authenticate'] = 'Bearer realm="Selat"';
  return problem(STATUS_OF[refusal.kind], refusal.code, refusal.message, requestId, {
    faults: refusal.faults,
    headers,
  });
}

/** A failure that nobody meant: only its id goes out, the rest into the log of the node. */
export function internalProblem(requestId: string): Problem {
  return problem(
    500,
    'INTERNAL',
    `The node could not do this, and nothing was stored. The operator finds the reason under the id ${requestId}.`,
    requestId,
  );
}

/** The schema of a problem, for the OpenAPI document. */
export const PROBLEM_SCHEMA: JsonObject = {
  type: 'object',
  description: 'A refusal (RFC 9457). Programs decide by `code`; `faults` lists everything that is wrong, at once.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'The id of the request, to be told to the operator.' },
    code: { type: 'string' },
    faults: {
      type: 'array',
      items: {
        type: 'object',
        required: ['code', 'pointer', 'message'],
        properties: {
          code: { type: 'string' },
          pointer: { type: 'string', description: 'JSON Pointer (RFC 6901); empty for the whole body.' },
          xpath: { type: 'string' },
          line: { type: 'integer' },
          message: { type: 'string' },
          found: { type: 'string' },
          expected: { type: 'string' },
        },
      },
    },
  },
};
