import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_TYPE, type Problem, problem } from './problem.ts';

/** How long the server waits for what, in milliseconds, and the most header bytes it takes (threats H1). */
export interface ServerLimits {
  /** All header fields of a request must have arrived. */
  readonly headersTimeoutMilliseconds: number;
  /** The whole request must have arrived: long enough for 10 MB over a slow line. */
  readonly requestTimeoutMilliseconds: number;
  /** An open connection without a request is closed. */
  readonly keepAliveTimeoutMilliseconds: number;
  readonly maximumHeaderBytes: number;
  readonly maximumConnections: number;
  /** How often the first two are looked at. */
  readonly checkMilliseconds: number;
}

export const SERVER_LIMITS: ServerLimits = {
  headersTimeoutMilliseconds: 10_000,
  requestTimeoutMilliseconds: 120_000,
  keepAliveTimeoutMilliseconds: 15_000,
  maximumHeaderBytes: 16_384,
  maximumConnections: 2_000,
  checkMilliseconds: 1_000,
};

/** The problem for a request that never became one. */
function brokenRequest(code: string | undefined, limits: ServerLimits): Problem {
  const requestId = randomUUID();
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return problem(
        431,
        'HEADERS-TOO-LARGE',
        `All header fields together may have ${limits.maximumHeaderBytes} bytes.`,
        requestId,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problem(
        408,
        'REQUEST-TOO-SLOW',
        `Header fields must arrive within ${limits.headersTimeoutMilliseconds / 1_000} s, the whole request within ${limits.requestTimeoutMilliseconds / 1_000} s.`,
        requestId,
      );
    default:
      return problem(400, 'HTTP-MALFORMED', 'This is not a request as HTTP/1.1 (RFC 9112) has it.', requestId);
  }
}

function answerBroken(socket: Socket, error: NodeJS.ErrnoException, limits: ServerLimits): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const { status, body } = brokenRequest(error.code, limits);
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}

/**
 * An HTTP server with a limit on everything a client could draw out. Node refuses by itself a request with both
 * Transfer-Encoding and Content-Length, repeated Content-Length, and a missing Host.
 */
export function createHttpServer(listener: RequestListener, limits: Partial<ServerLimits> = {}): Server {
  const all = { ...SERVER_LIMITS, ...limits };
  const server = createServer(
    {
      headersTimeout: all.headersTimeoutMilliseconds,
      requestTimeout: all.requestTimeoutMilliseconds,
      keepAliveTimeout: all.keepAliveTimeoutMilliseconds,
      connectionsCheckingInterval: all.checkMilliseconds,
      maxHeaderSize: all.maximumHeaderBytes,
      requireHostHeader: true,
      insecureHTTPParser: false,
    },
    listener,
  );
  server.maxConnections = all.maximumConnections;
  server.maxHeadersCount = 100;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if ('bytesWritten' in socket) answerBroken(socket as Socket, error, all);
    else socket.destroy();
  });
  return server;
}
