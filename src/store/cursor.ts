import { Refusal } from '../documents/refusal.ts';

/** Where a page of a list ends: the next one begins after it (newest first, equal times by id). */
export interface Cursor {
  readonly at: Date;
  readonly id: string;
}

/** Lines on a page when the caller does not say, and at most. */
export const PAGE_LINES = 50;
export const MOST_PAGE_LINES = 200;

const form = /^(\d{13})-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** The cursor as it stands in an address. */
export function writeCursor(cursor: Cursor): string {
  return `${String(cursor.at.getTime()).padStart(13, '0')}-${cursor.id}`;
}

/**
 * Reads `after` of a list's query.
 * @throws the refusal `CURSOR-UNREADABLE` for anything that is not a cursor of ours.
 */
export function readCursor(text: string | undefined): Cursor | null {
  if (text === undefined) return null;
  const match = form.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new Refusal('malformed', 'CURSOR-UNREADABLE', 'Give to `after` exactly what `next` of the page before said.');
  }
  return { at: new Date(Number(match[1])), id: match[2] };
}

/**
 * Reads `limit` of a list's query: a whole number from 1 to 200, 50 when it is not there.
 * @throws the refusal `LIMIT-UNREADABLE`.
 */
export function readLimit(text: string | undefined): number {
  if (text === undefined) return PAGE_LINES;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MOST_PAGE_LINES) {
    throw new Refusal('malformed', 'LIMIT-UNREADABLE', `\`limit\` is a whole number from 1 to ${MOST_PAGE_LINES}.`);
  }
  return limit;
}
