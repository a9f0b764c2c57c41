import { AGREEMENTS } from '../documents/agreements.ts';
import type { SchemeId } from '../documents/types.ts';

const DAY = 86_400_000;

/** By when the issuing authority has to answer: so many days after it received the request (ATIGA annex 8, rule 18 (b)). */
export function answerDue(scheme: SchemeId, receivedAt: Date): Date {
  return new Date(receivedAt.getTime() + AGREEMENTS[scheme].retroactiveCheck.answerDays * DAY);
}

/** The last day, in UTC, of the whole process since the request was made (ATIGA annex 8, rule 18 (d)). */
export function procedureEnd(scheme: SchemeId, askedAt: Date): string {
  const end = new Date(askedAt.getTime() + AGREEMENTS[scheme].retroactiveCheck.procedureDays * DAY);
  return end.toISOString().slice(0, 10);
}

/** Whole days until a moment; negative, and never zero, when it is past. */
export function daysUntil(moment: Date, now: Date): number {
  return Math.floor((moment.getTime() - now.getTime()) / DAY);
}

/** Whether a text names a scheme that this node knows. */
export function isScheme(text: string): text is SchemeId {
  return Object.hasOwn(AGREEMENTS, text);
}
