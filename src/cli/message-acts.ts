import type { JsonObject } from '../documents/json.ts';
import { gather, messageLines, pathOf } from './messages.ts';
import { NodeClient, type NodeOptions } from './node-client.ts';
import { memberOf, print, printJson, textOf } from './words.ts';

/** An act with its reason. */
export interface ActOptions extends NodeOptions {
  readonly reason?: string;
}

function bodyOf({ reason }: ActOptions): JsonObject {
  return reason === undefined ? {} : { reason };
}

async function act(path: string, options: ActOptions, tell: (done: JsonObject) => string): Promise<void> {
  await using node = await NodeClient.open(options);
  const done = await node.post(path, bodyOf(options));
  if (options.json === true) printJson(done);
  else print(tell(done));
}

function isCountry(what: string): boolean {
  return /^[A-Za-z]{2}$/.test(what);
}

/** `selat resend ID`: sends a failed message again. */
export async function resend(id: string, options: ActOptions): Promise<void> {
  await act(pathOf(id, '/resend'), options, () => `${id} is queued again; "selat message ${id}" says how it goes.`);
}

/** `selat dismiss ID`: says of a failed message that nothing more is to be done with it. */
export async function dismiss(id: string, options: ActOptions): Promise<void> {
  await act(pathOf(id, '/dismiss'), options, () => `${id} is dismissed.`);
}

/** `selat hold VN` or `selat hold ID`. */
export async function hold(what: string, options: ActOptions): Promise<void> {
  if (isCountry(what)) {
    const country = what.toUpperCase();
    await act(`/api/partners/${country}/hold`, options, () => `${country} is held: nothing is sent to it.`);
  } else await act(pathOf(what, '/hold'), options, () => `${what} is held.`);
}

/** `selat release VN` or `selat release ID`. */
export async function release(what: string, options: ActOptions): Promise<void> {
  if (isCountry(what)) {
    const country = what.toUpperCase();
    await act(`/api/partners/${country}/release`, options, () => `${country} is released: what waits is sent now.`);
  } else await act(pathOf(what, '/release'), options, () => `${what} is queued again.`);
}

/** `selat quarantine`: lists it. Exit status 1 when it is not empty. */
export async function quarantine(
  options: NodeOptions & { readonly partner?: string; readonly limit: number },
): Promise<void> {
  await using node = await NodeClient.open(options);
  const found = await gather(node, '/api/quarantine', { partner: options.partner }, options.limit);
  if (found.items.length > 0) process.exitCode = 1;
  if (options.json === true) {
    printJson({ items: found.items, next: found.next });
    return;
  }
  if (found.items.length === 0) print('The quarantine is empty.');
  else print(...messageLines(found.items));
  if (found.next !== null) print('There are more; name a larger --limit.');
}

/** `selat quarantine deliver ID`: hands a message to its journey once more. Exit status 1 when it is not taken. */
export async function deliverAgain(id: string, options: ActOptions): Promise<void> {
  await act(`/api/quarantine/${encodeURIComponent(id)}/deliver`, options, (done) => {
    if (textOf(done, 'outcome') === 'delivered') return `${id} is delivered.`;
    process.exitCode = 1;
    const error = memberOf(memberOf(done, 'message'), 'error');
    return `${id} stays in the quarantine: ${textOf(error, 'reason')} (${textOf(error, 'code')})`;
  });
}

/** `selat quarantine dismiss ID`. */
export async function dismissQuarantined(id: string, options: ActOptions): Promise<void> {
  await act(`/api/quarantine/${encodeURIComponent(id)}/dismiss`, options, () => `${id} is dismissed.`);
}
