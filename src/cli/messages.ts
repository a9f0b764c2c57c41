import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { JsonObject } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { NodeClient, type NodeOptions } from './node-client.ts';
import { listOf, memberOf, momentText, numberOf, print, printJson, table, textOf } from './words.ts';

/** What `selat messages` is narrowed to. */
export interface ListOptions extends NodeOptions {
  readonly partner?: string;
  readonly direction?: string;
  readonly state?: string;
  readonly conversation?: string;
  readonly service?: string;
  readonly action?: string;
  readonly since?: string;
  readonly until?: string;
  readonly after?: string;
  readonly limit: number;
}

/** Pages that are asked for at most: a filter that no index knows may give many that are empty. */
const MOST_PAGES = 40;

/** Gathers so many lines of a paged list, or all there are. */
export async function gather(
  node: NodeClient,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<{ items: JsonObject[]; next: string | null }> {
  const items: JsonObject[] = [];
  let next = query['after'] ?? null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      if (value !== undefined && name !== 'after') asked.set(name, value);
    if (next !== null) asked.set('after', next);
    asked.set('limit', String(Math.min(limit - items.length, 200)));
    const page = await node.get(`${path}?${asked}`);
    items.push(...listOf(page, 'items'));
    const after = memberOf(page, 'next');
    next = typeof after === 'string' ? after : null;
    if (next === null || items.length >= limit) break;
  }
  return { items, next };
}

/** Messages as a table, with the reasons of those that have one. */
export function messageLines(items: readonly JsonObject[]): string[] {
  if (items.length === 0) return ['No messages.'];
  return [
    ...table([
      ['', 'partner', 'state', 'at', 'tries', 'conversation', 'id'],
      ...items.map((item) => [
        textOf(item, 'direction') === 'out' ? '→' : '←',
        textOf(item, 'partner'),
        textOf(item, 'state'),
        momentText(item, 'at'),
        textOf(item, 'attempts'),
        textOf(item, 'conversation'),
        textOf(item, 'id'),
      ]),
    ]),
    ...items.flatMap((item) => {
      const error = memberOf(item, 'error') ?? null;
      return error === null ? [] : [`  ${textOf(item, 'id')}: ${textOf(error, 'reason')} (${textOf(error, 'code')})`];
    }),
  ];
}

/** `selat messages`: messages in and out, newest first. */
export async function messages(options: ListOptions): Promise<void> {
  await using node = await NodeClient.open(options);
  const { partner, direction, state, conversation, service, action, since, until, after } = options;
  const query = {
    partner,
    direction,
    state,
    conversation,
    service,
    action,
    since,
    until,
    after,
  };
  const found = await gather(node, '/api/messages', query, options.limit);
  if (options.json === true) {
    printJson({ items: found.items, next: found.next });
    return;
  }
  print(...messageLines(found.items));
  if (found.next !== null) print(`More: the same with --after '${found.next}'`);
}

/** Path of a message in the API. */
export function pathOf(id: string, rest = ''): string {
  return `/api/messages/${encodeURIComponent(id)}${rest}`;
}

async function write(file: string, head: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(head);
    yield* bytes;
  }
  try {
    await pipeline(whole(), createWriteStream(file));
  } catch (error) {
    throw new Refusal(
      'unavailable',
      'FILE-NOT-WRITTEN',
      `${file} could not be written whole: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function tell(message: JsonObject): string[] {
  const error = memberOf(message, 'error') ?? null;
  const receipt = memberOf(message, 'receipt') ?? null;
  const isOut = textOf(message, 'direction') === 'out';
  return [
    `${textOf(message, 'id')}`,
    `  ${isOut ? 'to' : 'from'} ${textOf(message, 'partner')}: ${textOf(message, 'state')}, ${numberOf(message, 'size')} bytes, ${isOut ? 'queued' : 'received'} ${momentText(message, 'at')}`,
    `  conversation ${textOf(message, 'conversation')}`,
    `  ${textOf(message, 'service')} / ${textOf(message, 'action')}`,
    ...(error === null ? [] : [`  error        ${textOf(error, 'reason')} (${textOf(error, 'code')})`]),
    ...(isOut
      ? [
          `  tries        ${numberOf(message, 'attempts')}, last ${momentText(message, 'lastAttemptAt')}, next ${momentText(message, 'nextAttemptAt')}, until ${momentText(message, 'windowEndsAt')}`,
        ]
      : [`  came again   ${numberOf(message, 'duplicates')} times`]),
    receipt === null
      ? '  receipt      none'
      : `  receipt      ${isOut ? textOf(receipt, 'id') : 'given'} ${momentText(receipt, 'at')}`,
    ...listOf(message, 'tries').map(
      (each) =>
        `  failed try ${numberOf(each, 'attempt')} ${momentText(each, 'at')}  ${textOf(each, 'reason')} (${textOf(each, 'code')})`,
    ),
    ...listOf(message, 'events').map(
      (event) =>
        `  ${momentText(event, 'occurredAt')}  ${textOf(event, 'kind')}  ${textOf(memberOf(event, 'actor'), 'name')}${textOf(event, 'reason') === '' ? '' : `: ${textOf(event, 'reason')}`}`,
    ),
  ];
}

/**
 * `selat message ID`: one message with its tries, receipt and events. `--bytes` writes it as it went over the wire, behind
 * its Content-Type, so that `selat as4 inspect` can read the file; `--receipt` writes the receipt.
 */
export async function message(
  id: string,
  options: NodeOptions & { readonly direction?: string; readonly bytes?: string; readonly receipt?: string },
): Promise<void> {
  await using node = await NodeClient.open(options);
  const which = options.direction === undefined ? '' : `?direction=${encodeURIComponent(options.direction)}`;
  const found = await node.get(pathOf(id, which));
  if (options.bytes !== undefined) {
    const type = memberOf(found, 'contentType');
    const head = `MIME-Version: 1.0\r\nContent-Type: ${typeof type === 'string' ? type : ''}\r\n\r\n`;
    await write(options.bytes, head, await node.download(pathOf(id, `/bytes${which}`)));
  }
  if (options.receipt !== undefined)
    await write(options.receipt, '', await node.download(pathOf(id, `/receipt${which}`)));
  if (options.json === true) printJson(found);
  else print(...tell(found));
}
