import { inTransaction, type Transaction } from '../store/transaction.ts';
import { roleOf } from './kinds.ts';
import type { TracingParts } from './ports.ts';
import { consignmentsAfter, eventsToTell, noteTold, noteTurn, partnersOf, takeTurn } from './queries.ts';

/** How much of the log is looked at in one transaction. */
const MOST_LOOKED_AT = 1_000;
const MOST_IN_A_PAPER = 500;
const FORM = /^[A-Z0-9][A-Z0-9/-]{0,34}$/;

/**
 * Looks through what was added to the log and tells each partner what concerns it, in the transaction that notes how far
 * it was told: so nothing is told twice and nothing left out, whichever process does it and whenever it is ended. What
 * happened before a partner was known to be concerned is told with the first thing that happens after.
 */
export async function shareOnce(parts: TracingParts): Promise<number> {
  for (let sent = 0; ; ) {
    const { looked, papers } = await inTransaction(parts.pool, (transaction) => shareSome(parts, transaction));
    sent += papers;
    if (looked < MOST_LOOKED_AT) return sent;
  }
}

async function shareSome(
  parts: TracingParts,
  transaction: Transaction,
): Promise<{ readonly looked: number; readonly papers: number }> {
  const position = await takeTurn(transaction);
  if (position === undefined) return { looked: 0, papers: 0 };
  const { upTo, looked, consignments } = await consignmentsAfter(transaction, position, MOST_LOOKED_AT);
  const wellFormed = consignments.filter((one) => FORM.test(one));
  const concerned = wellFormed.length === 0 ? [] : await partnersOf(transaction, wellFormed);
  let papers = 0;
  for (const { consignmentReference, partner } of concerned) {
    if (partner === parts.country) continue;
    papers += await tell(parts, transaction, consignmentReference, partner);
  }
  if (upTo > position) noteTurn(transaction, upTo);
  return { looked, papers };
}

async function tell(
  parts: TracingParts,
  transaction: Transaction,
  consignmentReference: string,
  partner: string,
): Promise<number> {
  let papers = 0;
  for (;;) {
    const events = await eventsToTell(transaction, consignmentReference, partner, MOST_IN_A_PAPER);
    const last = events.at(-1);
    if (last === undefined) return papers;
    const content = {
      consignmentReference,
      events: events.map((event) => ({
        number: String(event.id),
        kind: event.kind,
        role: roleOf(event.actor_role),
        occurredAt: event.occurred_at.toISOString(),
      })),
    };
    await parts.correspondence.send(transaction, 'consignment-events', content, { to: partner }, parts.clock());
    noteTold(transaction, consignmentReference, partner, last.position);
    papers += 1;
    if (events.length < MOST_IN_A_PAPER) return papers;
  }
}
