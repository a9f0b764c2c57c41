import type { WaitingFor } from './officer/standing.ts';
import type { Wait, WaitedFor } from './views.ts';

/** Whom a wait is counted for; null: for nobody. A certificate comes from the partner over the exchange. */
const PARTIES: Readonly<Record<WaitingFor, WaitedFor | null>> = {
  arrival: 'trader',
  declarant: 'trader',
  payment: 'trader',
  agency: 'other-agency',
  officer: 'customs',
  certificate: 'exchange',
  nobody: null,
};

/**
 * Who waited for whom, from the moments at which that changed, in their order: each stretch begins where the one before
 * ends, and stretches for one party are one.
 */
export function waitsOf(
  changes: readonly { readonly at: string; readonly waitingFor: WaitingFor }[],
  now: Date,
): Wait[] {
  const waits: Wait[] = [];
  let current: { for: WaitedFor; from: string } | undefined;
  for (const { at, waitingFor } of changes) {
    const party = PARTIES[waitingFor];
    if (party === (current?.for ?? null)) continue;
    if (current !== undefined) waits.push({ ...current, until: at, milliseconds: span(current.from, at) });
    current = party === null ? undefined : { for: party, from: at };
  }
  if (current !== undefined) waits.push({ ...current, milliseconds: span(current.from, now.toISOString()) });
  return waits;
}

function span(from: string, until: string): number {
  return Math.max(0, Date.parse(until) - Date.parse(from));
}
