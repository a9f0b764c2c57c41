import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { DIRECTORY_BYTES_LIMIT } from './read-directory.ts';

/** A place that publishes the directory; it comes from the node's configuration and from nowhere else (H4). */
export interface DirectorySource {
  /** http or https; the directory proves itself, so the way it comes by need not. */
  readonly url: string;
  /** Authorities (PEM) for an https source whose certificate is not of a public authority. */
  readonly authorities?: readonly string[];
}

export interface FetchLimits {
  /** Whole fetch, from connecting to the last byte (default 10,000 ms). */
  readonly timeoutMilliseconds?: number;
  /** Default: the most that `readDirectory` reads. */
  readonly bytes?: number;
}

/** What a source gave, or why it gave nothing. */
export type FetchedDirectory =
  | { readonly ok: true; readonly source: DirectorySource; readonly bytes: Buffer }
  | { readonly ok: false; readonly source: DirectorySource; readonly code: string; readonly reason: string };

/**
 * Fetches the current directory from every source at the same time. No redirect is followed, no cookie or credential is
 * sent. It never throws: a source that fails is told as such.
 */
export function fetchDirectories(
  sources: readonly DirectorySource[],
  limits: FetchLimits = {},
): Promise<FetchedDirectory[]> {
  return Promise.all(sources.map((source) => fetchOne(source, source.url, limits)));
}

/** Fetches one earlier version from a source: its address with `?serial=N`. */
export function fetchDirectoryVersion(
  source: DirectorySource,
  serial: number,
  limits: FetchLimits = {},
): Promise<FetchedDirectory> {
  const url = new URL(source.url);
  url.searchParams.set('serial', String(serial));
  return fetchOne(source, url.href, limits);
}

async function fetchOne(source: DirectorySource, address: string, limits: FetchLimits): Promise<FetchedDirectory> {
  try {
    return { ok: true, source, bytes: await download(source, address, limits) };
  } catch (error) {
    if (error instanceof FetchFailure) return { ok: false, source, code: error.code, reason: error.message };
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      source,
      code: 'DIRECTORY-SOURCE-UNREACHABLE',
      reason: `${source.url} gave no answer: ${reason}`,
    };
  }
}

class FetchFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function download(source: DirectorySource, address: string, limits: FetchLimits): Promise<Buffer> {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new FetchFailure('DIRECTORY-SOURCE-ADDRESS', `${address} is not an http or https address.`);
  }
  const most = limits.bytes ?? DIRECTORY_BYTES_LIMIT;
  const signal = AbortSignal.timeout(limits.timeoutMilliseconds ?? 10_000);
  const options = { agent: false, signal, headers: { accept: 'application/jose+json, application/json' } } as const;
  return new Promise<Buffer>((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? requestHttps(url, source.authorities === undefined ? options : { ...options, ca: [...source.authorities] })
        : requestHttp(url, options);
    const fail = (error: Error): void => {
      request.destroy();
      reject(
        signal.aborted ? new FetchFailure('DIRECTORY-SOURCE-TIMEOUT', `${source.url} did not answer in time.`) : error,
      );
    };
    request.on('error', fail);
    request.on('response', (response) => {
      response.on('error', fail);
      if (response.statusCode !== 200) {
        fail(
          new FetchFailure('DIRECTORY-SOURCE-STATUS', `${source.url} answered with the status ${response.statusCode}.`),
        );
        return;
      }
      const pieces: Buffer[] = [];
      let size = 0;
      response.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size > most)
          fail(new FetchFailure('DIRECTORY-SOURCE-TOO-LARGE', `${source.url} sends more than ${most} bytes.`));
        else pieces.push(piece);
      });
      response.on('end', () => resolve(Buffer.concat(pieces)));
    });
    request.end();
  });
}
