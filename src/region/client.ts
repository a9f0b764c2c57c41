import { randomUUID } from 'node:crypto';
import type { Fault } from '../documents/fault.ts';
import type { JsonObject, JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';

/** An answer of a node's API. */
export interface Answer {
  readonly status: number;
  /** The version of the resource, from its ETag. */
  readonly version: string | null;
  readonly body: JsonObject;
  readonly text: string;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFault(value: JsonValue): boolean {
  return isObject(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string';
}

function readFaults(body: JsonObject): Fault[] {
  const faults = body['faults'];
  if (!Array.isArray(faults)) return [];
  return faults.filter(isFault).map((fault: JsonObject) => ({
    code: String(fault['code']),
    pointer: String(fault['pointer'] ?? ''),
    message: String(fault['message']),
  }));
}

/**
 * Someone of the samples at work: signs in to a node's API over HTTP and uses it as any program would. Every refusal of
 * the node becomes a {@link Refusal} with the node's own words.
 */
export class SampleUser {
  readonly #address: string;
  readonly #username: string;
  #cookie = '';

  constructor(address: string, username: string) {
    this.#address = address;
    this.#username = username;
  }

  async signIn(password: string): Promise<void> {
    const response = await this.#send('POST', '/api/sign-in', { body: { username: this.#username, password } });
    const cookie = response.cookie?.split(';')[0];
    if (cookie === undefined) throw new Error(`${this.#address} signed ${this.#username} in without a session`);
    this.#cookie = cookie;
  }

  async signOut(): Promise<void> {
    await this.post('/api/sign-out', undefined);
    this.#cookie = '';
  }

  get(path: string): Promise<Answer> {
    return this.#send('GET', path, {});
  }

  post(path: string, body: JsonObject | undefined, version?: string | null): Promise<Answer> {
    return this.#send('POST', path, { ...(body === undefined ? {} : { body }), version: version ?? null });
  }

  /** Sends a file as it is. */
  upload(path: string, contentType: string, bytes: Buffer): Promise<Answer> {
    return this.#send('POST', path, { file: { contentType, bytes } });
  }

  async #send(
    method: string,
    path: string,
    more: {
      readonly body?: JsonObject;
      readonly file?: { readonly contentType: string; readonly bytes: Buffer };
      readonly version?: string | null;
    },
  ): Promise<Answer & { readonly cookie: string | null }> {
    const headers: Record<string, string> = { Accept: 'application/json, application/xml' };
    if (this.#cookie !== '') headers['Cookie'] = this.#cookie;
    if (more.body !== undefined) headers['Content-Type'] = 'application/json';
    if (more.file !== undefined) headers['Content-Type'] = more.file.contentType;
    const sent = more.file?.bytes ?? (more.body === undefined ? undefined : JSON.stringify(more.body));
    if (method === 'POST') headers['Idempotency-Key'] = randomUUID();
    if (more.version !== undefined && more.version !== null) headers['If-Match'] = more.version;
    const response = await fetch(new URL(path, this.#address), {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const parsed: JsonValue = type.includes('json') ? JSON.parse(text) : {};
    const body = isObject(parsed) ? parsed : {};
    if (response.status >= 400)
      throw new Refusal(
        'invalid',
        typeof body['code'] === 'string' ? body['code'] : `HTTP-${response.status}`,
        `${method} ${path} as ${this.#username}: ${typeof body['detail'] === 'string' ? body['detail'] : response.statusText}`,
        { faults: readFaults(body) },
      );
    return {
      status: response.status,
      version: response.headers.get('etag'),
      body,
      text,
      cookie: response.headers.getSetCookie()[0] ?? null,
    };
  }
}
