import { Refusal } from '../../documents/refusal.ts';
import { appendEvent, type EventActor } from '../../store/log.ts';
import type { Transaction } from '../../store/transaction.ts';
import { messageNotFound } from './message-record.ts';

/** Who does something, when, and why. */
export interface Act {
  readonly actor: EventActor;
  readonly now: Date;
  readonly reason: string | undefined;
}

type OutgoingState = 'queued' | 'held' | 'receipted' | 'failed' | 'dismissed';

/** One change of state of an outgoing message. */
interface Step {
  readonly from: readonly OutgoingState[];
  readonly to: OutgoingState;
  /** What else changes where the message is to be tried: $3 is now, $4 the end of its new window. */
  readonly tries?: string;
  readonly event: string;
  readonly refusal: (state: string) => Refusal;
}

const STEPS = {
  'send-again': {
    from: ['failed', 'dismissed'],
    to: 'queued',
    tries: 'attempts = 0, next_attempt_at = $3, window_ends_at = $4, last_error = null, last_error_code = null',
    event: 'message.sent-again',
    refusal: (state) =>
      new Refusal(
        'conflict',
        'MESSAGE-NOT-FAILED',
        `This message is ${state}; only one that failed can be sent again.`,
      ),
  },
  hold: {
    from: ['queued'],
    to: 'held',
    event: 'message.held',
    refusal: (state) =>
      new Refusal('conflict', 'MESSAGE-NOT-QUEUED', `This message is ${state}; only a queued one can be held.`),
  },
  release: {
    from: ['held'],
    to: 'queued',
    tries: 'next_attempt_at = $3, window_ends_at = greatest(window_ends_at, $4)',
    event: 'message.released',
    refusal: (state) =>
      new Refusal('conflict', 'MESSAGE-NOT-HELD', `This message is ${state}; only a held one can be released.`),
  },
  dismiss: {
    from: ['failed'],
    to: 'dismissed',
    event: 'message.dismissed',
    refusal: (state) =>
      new Refusal(
        'conflict',
        'MESSAGE-NOT-DISMISSIBLE',
        `This message is ${state}; only one that failed, or is in quarantine, can be dismissed.`,
      ),
  },
} as const satisfies Record<string, Step>;

export type OutgoingAct = keyof typeof STEPS;

/**
 * Changes the state of an outgoing message, with its event. Of several who want the same at once one succeeds and the
 * others are told how the message stands.
 * @param windowEndsAt until when a message that is sent again or released is tried
 * @returns the partner that the message is for
 * @throws the refusals `MESSAGE-NOT-FOUND`, `MESSAGE-NOT-FAILED`, `MESSAGE-NOT-QUEUED`, `MESSAGE-NOT-HELD`,
 * `MESSAGE-NOT-DISMISSIBLE`
 */
export async function actOnOutgoing(
  transaction: Transaction,
  what: OutgoingAct,
  messageId: string,
  act: Act,
  windowEndsAt: Date,
): Promise<string> {
  const step: Step = STEPS[what];
  const { rows } = await transaction.query<{ partner: string; conversation: string }>({
    name: `act-${what}`,
    text: `update outgoing_messages set state = '${step.to}'${step.tries === undefined ? '' : `, ${step.tries}`}
      where message_id = $1 and state = any($2::text[]) returning partner, conversation`,
    values: [messageId, step.from, ...(step.tries === undefined ? [] : [act.now, windowEndsAt])],
  });
  const [changed] = rows;
  if (changed === undefined) {
    const { rows: found } = await transaction.query<{ state: string }>({
      name: 'state-of-outgoing',
      text: 'select state from outgoing_messages where message_id = $1',
      values: [messageId],
    });
    const state = found[0]?.state;
    throw state === undefined ? messageNotFound() : step.refusal(state);
  }
  await appendEvent(transaction, {
    kind: step.event,
    subject: messageId,
    conversation: changed.conversation,
    actor: act.actor,
    occurredAt: act.now,
    reason: act.reason,
    data: { partner: changed.partner },
  });
  return changed.partner;
}

/**
 * Dismisses a message from the quarantine: it stays as it came, and nobody is asked about it any more.
 * @throws the refusals `MESSAGE-NOT-FOUND`, `MESSAGE-NOT-QUARANTINED`
 */
export async function dismissIncoming(transaction: Transaction, messageId: string, act: Act): Promise<void> {
  const { rows } = await transaction.query<{ partner: string; conversation: string; reason_code: string | null }>({
    name: 'dismiss-quarantined',
    text: `update incoming_messages set state = 'dismissed' where message_id = $1 and state = 'quarantined'
      returning partner, conversation, reason_code`,
    values: [messageId],
  });
  const [changed] = rows;
  if (changed === undefined) throw await notQuarantined(transaction, messageId);
  await appendEvent(transaction, {
    kind: 'message.dismissed',
    subject: messageId,
    conversation: changed.conversation,
    actor: act.actor,
    occurredAt: act.now,
    reason: act.reason,
    data: { partner: changed.partner, code: changed.reason_code },
  });
}

/** Why a message cannot be taken out of the quarantine. */
export async function notQuarantined(transaction: Transaction, messageId: string): Promise<Refusal> {
  const { rows } = await transaction.query<{ state: string }>({
    name: 'state-of-incoming',
    text: 'select state from incoming_messages where message_id = $1',
    values: [messageId],
  });
  const state = rows[0]?.state;
  return state === undefined
    ? messageNotFound()
    : new Refusal('conflict', 'MESSAGE-NOT-QUARANTINED', `This message is ${state}; it is not in the quarantine.`);
}

/**
 * Holds a partner: what is queued for it waits, and so does what will be.
 * @throws the refusal `PARTNER-HELD` when it is held already
 */
export async function holdPartner(
  transaction: Transaction,
  country: string,
  reason: string,
  act: Pick<Act, 'actor' | 'now'>,
): Promise<void> {
  const { rowCount } = await transaction.query({
    name: 'hold-partner',
    text: `insert into held_partners (country, held_since, held_by, held_by_name, reason) values ($1, $2, $3, $4, $5)
      on conflict (country) do nothing`,
    values: [country, act.now, act.actor.id, act.actor.name, reason],
  });
  if (rowCount === 0) {
    const { rows } = await transaction.query<{ held_since: Date; held_by_name: string }>({
      name: 'read-hold',
      text: 'select held_since, held_by_name from held_partners where country = $1',
      values: [country],
    });
    const [hold] = rows;
    const since = hold === undefined ? '' : ` by ${hold.held_by_name} since ${hold.held_since.toISOString()}`;
    throw new Refusal('conflict', 'PARTNER-HELD', `${country} is held already${since}.`);
  }
  await appendEvent(transaction, {
    kind: 'partner.held',
    subject: country,
    actor: act.actor,
    occurredAt: act.now,
    reason,
  });
}

/** What waits for a partner that is released has at least so long left to be tried. */
const LEAST_WINDOW_MILLISECONDS = 86_400_000;
/** Messages whose windows are lengthened by one statement: each has to end before its time-out, even on a slow disk. */
const LENGTHENED_AT_ONCE = 10_000;

/**
 * Releases a held partner. What waits for it has a day left at least, so that nothing fails because it was held.
 * @param pulls whether it pulls its messages: then they are due only when their windows end
 * @throws the refusal `PARTNER-NOT-HELD`
 */
export async function releasePartner(
  transaction: Transaction,
  country: string,
  pulls: boolean,
  act: Act,
): Promise<void> {
  const { rows } = await transaction.query<{ held_since: Date }>({
    name: 'release-partner',
    text: 'delete from held_partners where country = $1 returning held_since',
    values: [country],
  });
  const [hold] = rows;
  if (hold === undefined) throw new Refusal('conflict', 'PARTNER-NOT-HELD', `${country} is not held.`);
  const windowEndsAt = new Date(act.now.getTime() + LEAST_WINDOW_MILLISECONDS);
  for (let changed = LENGTHENED_AT_ONCE; changed === LENGTHENED_AT_ONCE; )
    ({ rowCount: changed } = await transaction.query({
      name: 'lengthen-windows',
      text: `update outgoing_messages
        set window_ends_at = $2, next_attempt_at = case when $3 then $2 else next_attempt_at end
        where state = 'queued' and message_id in (
          select message_id from outgoing_messages
          where partner = $1 and state = 'queued' and window_ends_at < $2 order by queued_at limit $4)`,
      values: [country, windowEndsAt, pulls, LENGTHENED_AT_ONCE],
    }));
  await appendEvent(transaction, {
    kind: 'partner.released',
    subject: country,
    actor: act.actor,
    occurredAt: act.now,
    reason: act.reason,
    data: { heldSince: hold.held_since.toISOString() },
  });
}
