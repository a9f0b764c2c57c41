import { Refusal } from '../documents/refusal.ts';
import type { Reply } from './route.ts';

/**
 * The version named by `If-Match` (RFC 9110 §13.1.1). One strong tag, as the last reading gave it.
 * @throws a Refusal `IF-MATCH-MISSING` (428) or `IF-MATCH-MALFORMED` (400)
 */
export function readIfMatch(header: string | undefined, required: boolean): number | undefined {
  if (header === undefined) {
    if (!required) return undefined;
    throw new Refusal(
      'precondition-missing',
      'IF-MATCH-MISSING',
      'Say which version you saw: send the ETag of your last reading as If-Match, so that nobody overwrites what they have not read.',
    );
  }
  const match = /^"(\d{1,9})"$/.exec(header.trim());
  if (match === null)
    throw new Refusal('malformed', 'IF-MATCH-MALFORMED', 'If-Match holds one ETag with its quotes, such as "3".');
  return Number(match[1]);
}

/** The ETag of a reply, with quotes; undefined when it has none. */
export function entityTagOf(reply: Reply): string | undefined {
  if (reply.entityTag !== undefined) return `"${reply.entityTag}"`;
  return reply.version === undefined ? undefined : `"${reply.version}"`;
}

/** Whether `If-None-Match` names this tag, so that 304 is enough (RFC 9110 §13.1.2: weak comparison). */
export function noneMatchNames(header: string | undefined, tag: string | undefined): boolean {
  if (header === undefined || tag === undefined) return false;
  return header.split(',').some((each) => {
    const named = each.trim().replace(/^W\//, '');
    return named === tag || named === '*';
  });
}
