import type { HistoryEntry, Wait, WaitedFor } from './views.ts';

/** After which event everybody waits for whom; null is "for nobody any more". Events that are not here change nothing. */
const WAITING_AFTER: Readonly<Record<string, WaitedFor | null>> = {
  'application.created': 'trader',
  'application.submitted': 'issuing-office',
  'application.returned': 'trader',
  'application.rejected': null,
  'application.withdrawn': null,
  'certificate.issued': 'exchange',
  'certificate.delivered': 'importing-customs',
  'certificate.received': 'importing-customs',
  'certificate.verified': 'exchange',
  'certificate.refused': 'exchange',
  'certificate.answered': null,
  'certificate.answer-delivered': null,
};

/**
 * Who waited for whom, from the events in the order they happened: each stretch begins where the one before ends and
 * stretches for the same party are one. `nowhere` says that the importing country has no node, so that nobody waits
 * for the exchange. A receipt that is noted after the answer came does not open a wait again.
 */
export function waitsOf(entries: readonly HistoryEntry[], now: Date, nowhere: boolean): Wait[] {
  const waits: Wait[] = [];
  let current: { for: WaitedFor; from: string } | undefined;
  let over = false;
  const close = (until: string) => {
    if (current === undefined) return;
    waits.push({ ...current, until, milliseconds: span(current.from, until) });
    current = undefined;
  };
  for (const entry of entries) {
    const next = WAITING_AFTER[entry.kind];
    if (next === undefined || over) continue;
    const party = nowhere && next === 'exchange' ? null : next;
    if (party === null) over = true;
    if (party === current?.for) continue;
    close(entry.at);
    if (party !== null) current = { for: party, from: entry.at };
  }
  if (current !== undefined) waits.push({ ...current, milliseconds: span(current.from, now.toISOString()) });
  return waits;
}

/** Clocks of two nodes differ a little: a span is never negative. */
function span(from: string, until: string): number {
  return Math.max(0, Date.parse(until) - Date.parse(from));
}
