import { randomUUID } from 'node:crypto';
import type { Role } from '../access/rights.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from '../documents/json.ts';
import { Refusal, type RefusalKind } from '../documents/refusal.ts';
import { RegionFolder } from '../region/region-folder.ts';
import { textOf, visible } from './words.ts';

/** Which node a command talks to, and how it answers. */
export interface NodeOptions {
  /** Address of the node's API; SELAT_TOKEN then says who asks. */
  readonly url?: string;
  /** Folder of the region that `npm start` brought up, where no address is given. */
  readonly data: string;
  /** Country of the node in that region. */
  readonly node?: string;
  readonly json?: boolean;
}

/** Longer than a ping waits for its receipt. */
const ANSWER_MILLISECONDS = 60_000;
/** For a message of hundreds of megabytes over a slow line. */
const DOWNLOAD_MILLISECONDS = 3_600_000;

/** Talks to the API of a running node as a person who is signed in, or as a program with a token. */
export class NodeClient {
  readonly address: string;
  readonly #proof: Readonly<Record<string, string>>;

  private constructor(address: string, proof: Readonly<Record<string, string>>) {
    this.address = address;
    this.#proof = proof;
  }

  /**
   * @param role whose sample person asks, where the node is one of the region in the data folder
   * @throws the refusals `TOKEN-NOT-GIVEN`, `ADDRESS-NOT-USABLE`, `NODE-NOT-PREPARED`, `NODE-NOT-NAMED`, and what the node
   * says when it does not let the caller in
   */
  static async open(options: NodeOptions, role: Role = 'operator'): Promise<NodeClient> {
    if (options.url !== undefined) {
      const token = process.env['SELAT_TOKEN'];
      if (token === undefined || !/^selat_[\w-]+$/.test(token))
        throw new Refusal(
          'malformed',
          'TOKEN-NOT-GIVEN',
          `Set SELAT_TOKEN to a token of an ${role} (selat_…; POST /api/tokens makes one).`,
        );
      return new NodeClient(usableAddress(options.url), { Authorization: `Bearer ${token}` });
    }
    const { address, username, password } = samplePerson(options, role);
    const signedOut = new NodeClient(address, {});
    const response = await signedOut.#ask('POST', '/api/sign-in', { username, password });
    const [cookie] = response.headers.getSetCookie();
    return new NodeClient(address, { Cookie: cookie?.split(';')[0] ?? '' });
  }

  /** Ends the session that {@link open} began; a token stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#proof['Cookie'] !== undefined) await this.#ask('POST', '/api/sign-out').catch(() => undefined);
  }

  async get(path: string): Promise<JsonObject> {
    return objectOf(await (await this.#ask('GET', path)).text());
  }

  async post(path: string, body: JsonObject): Promise<JsonObject> {
    return objectOf(await (await this.#ask('POST', path, body)).text());
  }

  /** The bytes behind an address, as they are, while they come in. */
  async download(path: string): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#ask('GET', path, undefined, DOWNLOAD_MILLISECONDS);
    if (body === null) throw new Refusal('unavailable', 'ANSWER-UNREADABLE', 'The node answered without the bytes.');
    return body;
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    body?: JsonObject,
    milliseconds = ANSWER_MILLISECONDS,
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(new URL(path, this.address), {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(milliseconds),
        headers: {
          Accept: 'application/json, application/octet-stream',
          ...this.#proof,
          ...(method === 'POST' ? { 'Idempotency-Key': randomUUID() } : {}),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new Refusal(
        'unavailable',
        'NODE-UNREACHABLE',
        `${this.address} does not answer (${cause}). Is the node running, and is this its address?`,
      );
    }
    if (response.status >= 400) throw refusalOf(await response.text(), response.status);
    return response;
  }
}

/** A token must not go over a line that others can read; on this machine there is none. */
function usableAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)))
    throw new Refusal(
      'malformed',
      'ADDRESS-NOT-USABLE',
      `${text} is no address that a token may be sent to: https://…, or http:// on this machine.`,
    );
  return url.href;
}

/** The sample person of a role at a node of the region in the data folder. */
function samplePerson(options: NodeOptions, role: Role): { address: string; username: string; password: string } {
  const region = new RegionFolder(options.data).read();
  if (region === null)
    throw new Refusal(
      'unavailable',
      'NODE-NOT-PREPARED',
      `There is no region in ${options.data}. Start one with "npm start", name its folder with --data, or a node with --url.`,
    );
  const [first, ...others] = region.countries;
  const wanted = options.node?.toUpperCase() ?? (others.length === 0 ? first : undefined);
  const node = wanted === undefined ? undefined : region.nodes[wanted];
  const person = node?.people.find((one) => one.role === role);
  if (node === undefined || person === undefined)
    throw new Refusal(
      'malformed',
      'NODE-NOT-NAMED',
      `Say with --node whose ${role} you are; the region has ${region.countries.join(', ')}.`,
    );
  return { address: node.pagesUrl, username: person.username, password: person.password };
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function objectOf(text: string): JsonObject {
  const value = parse(text);
  if (isObject(value)) return value;
  throw new Refusal('unavailable', 'ANSWER-UNREADABLE', 'The answer is not that of a Selat node. Is this its address?');
}

const KIND_OF: Readonly<Record<number, RefusalKind>> = {
  400: 'malformed',
  401: 'not-signed-in',
  403: 'not-allowed',
  404: 'not-found',
  409: 'conflict',
  422: 'invalid',
  429: 'too-many',
  503: 'unavailable',
};

/** A refusal of the node, in its own words. */
function refusalOf(text: string, status: number): Refusal {
  const parsed = parse(text);
  const body = isObject(parsed) ? parsed : {};
  const code = typeof body['code'] === 'string' ? body['code'] : `HTTP-${status}`;
  const detail = typeof body['detail'] === 'string' ? body['detail'] : `The node answered with the status ${status}.`;
  const faults = isArray(body['faults']) ? body['faults'].filter((each) => isObject(each)) : [];
  return new Refusal(KIND_OF[status] ?? 'invalid', code, visible(detail), {
    faults: faults.map((fault) => ({
      code: textOf(fault, 'code'),
      pointer: textOf(fault, 'pointer'),
      message: textOf(fault, 'message'),
    })),
  });
}
