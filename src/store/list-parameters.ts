import { Refusal } from '../documents/refusal.ts';
import type { Cursor } from './cursor.ts';

/** The parameters of a list as they stand in the address; the route has checked their form. */
export type ListQuery = Readonly<Record<string, string>>;

/** Longest text that a list can be searched for. */
const LONGEST_SEARCH = 100;
/** Lines are counted so far and no further. */
export const MOST_COUNTED = 1000;

/** Only the first page is counted, only when it is not the whole, and only up to 1,000: a count must stay cheap. */
export async function countOf(
  after: Cursor | null,
  limit: number,
  found: number,
  count: () => Promise<number>,
): Promise<{ readonly total?: number; readonly totalIsMore?: true }> {
  if (after !== null) return {};
  if (found <= limit) return { total: found };
  const total = await count();
  return total > MOST_COUNTED ? { total: MOST_COUNTED, totalIsMore: true } : { total };
}

/**
 * Texts to search for or compare with, normalised.
 * @throws the refusal `TEXT-UNREADABLE`.
 */
export function texts<Name extends string>(query: ListQuery, names: readonly Name[]): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  for (const name of names) {
    const value = query[name];
    if (value === undefined || value === '') continue;
    if (value.length > LONGEST_SEARCH || value.includes('\u0000') || !value.isWellFormed()) {
      throw new Refusal('malformed', 'TEXT-UNREADABLE', `\`${name}\` has at most ${LONGEST_SEARCH} characters.`);
    }
    found[name] = value.normalize('NFC');
  }
  return found;
}

/**
 * Days, `YYYY-MM-DD`.
 * @throws the refusal `DAY-UNREADABLE`.
 */
export function days<Name extends string>(query: ListQuery, names: readonly Name[]): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  for (const name of names) {
    const value = query[name];
    if (value === undefined || value === '') continue;
    if (!isDay(value)) {
      throw new Refusal('malformed', 'DAY-UNREADABLE', `\`${name}\` is a day of the calendar such as 2026-03-01.`);
    }
    found[name] = value;
  }
  return found;
}

function isDay(text: string): boolean {
  if (!/^(19|20)\d{2}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}
