import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../documents/refusal.ts';

/**
 * Refuses a state-changing request that another site made the browser send (threats P3). Browsers of the last years say
 * where a request comes from (`Sec-Fetch-Site`, `Origin`). Programs say neither; theirs must then carry what no form of
 * another site can make a browser send without asking first: another method than POST, a JSON body or an Idempotency-Key.
 * @throws a Refusal `CROSS-SITE`
 */
export function refuseCrossSite(method: string, headers: IncomingHttpHeaders, ownOrigins: readonly string[]): void {
  const site = headers['sec-fetch-site'];
  const { origin } = headers;
  const told = site !== undefined || origin !== undefined;
  const siteFits = site === undefined || site === 'same-origin' || site === 'none';
  const originFits = origin === undefined || ownOrigins.includes(origin);
  if (told && siteFits && originFits) return;
  const unforgeable =
    method !== 'POST' ||
    /^application\/(?:[\w.-]+\+)?json\b/i.test(headers['content-type'] ?? '') ||
    headers['idempotency-key'] !== undefined;
  if (!told && unforgeable) return;
  throw new Refusal(
    'not-allowed',
    'CROSS-SITE',
    'This request came from a page of another site. Open the pages of this node itself and do it there.',
  );
}
