import { Refusal } from '../../documents/refusal.ts';
import type { EventActor } from '../../store/log.ts';
import type { Reader } from '../../store/pool.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { StoredMessage } from '../message-store.ts';
import { keepForPull } from '../receiving/pull-queries.ts';
import { WAKE_DISPATCHERS } from '../sending/gateway-session.ts';
import type { TrustPort } from '../trust-port.ts';
import { type Act, actOnOutgoing, dismissIncoming, holdPartner, type OutgoingAct, releasePartner } from './acts.ts';
import { type AgainOutcome, type DeliverAgainParts, deliverAgain } from './deliver-again.ts';
import type { Direction } from './list-messages.ts';
import { directionsOf, readWire } from './message-record.ts';
import { acknowledgeAlarms } from './open-alarms.ts';

/** What operators' acts work with. */
export interface OperationsParts {
  /** Large messages are read from it after the request's transaction has ended. */
  readonly pool: Reader;
  readonly trust: TrustPort;
  /** Of this node. */
  readonly country: string;
  /** How long messages to a partner are tried, in milliseconds. */
  readonly windowOf: (country: string) => number;
  readonly delivery: () => DeliverAgainParts;
  /** Looks at the queue at once. */
  readonly wake: () => void;
}

/**
 * What the operator of a node does to messages and partners. Each act runs in the transaction it is given, leaves an
 * event with person and reason, and is refused with a sentence when things stand otherwise.
 */
export interface Operations {
  /** A message byte for byte, in or out; see `readWire`. */
  readWire(messageId: string, direction: Direction | undefined): Promise<StoredMessage>;
  /** Sends a failed or dismissed message again: the same bytes, a new window. */
  sendAgain(transaction: Transaction, messageId: string, act: Act): Promise<void>;
  /** Holds a queued message; a try that is under way is not called back. */
  hold(transaction: Transaction, messageId: string, act: Act): Promise<void>;
  /** Releases a held message, to be tried at once. */
  release(transaction: Transaction, messageId: string, act: Act): Promise<void>;
  /**
   * Says of a failed message, or one in quarantine, that nothing more is to be done with it.
   * @returns which it was; of an id in both directions the one that went out
   */
  dismiss(transaction: Transaction, messageId: string, act: Act): Promise<Direction>;
  /** Says of a message in quarantine that nothing more is to be done with it. */
  dismissQuarantined(transaction: Transaction, messageId: string, act: Act): Promise<void>;
  deliverAgain(transaction: Transaction, messageId: string, act: Act): Promise<AgainOutcome>;
  holdPartner(transaction: Transaction, country: string, act: Act & { readonly reason: string }): Promise<void>;
  releasePartner(transaction: Transaction, country: string, act: Act): Promise<void>;
  acknowledge(
    transaction: Transaction,
    latestId: string,
    act: { readonly actor: EventActor; readonly now: Date; readonly note: string },
  ): Promise<number>;
}

/** Puts the acts of the operator together. */
export function createOperations(parts: OperationsParts): Operations {
  const { trust } = parts;
  /** The dispatchers of other processes as well; a command line has none of its own. */
  const wake = (transaction: Transaction): void => {
    transaction.later(WAKE_DISPATCHERS);
    transaction.afterCommit(parts.wake);
  };

  const pulls = (country: string, at: Date): boolean => trust.partner(country, at)?.pull === true;

  async function outgoing(what: OutgoingAct, transaction: Transaction, messageId: string, act: Act): Promise<void> {
    const { rows } = await transaction.query<{ partner: string }>({
      name: 'partner-of-outgoing',
      text: 'select partner from outgoing_messages where message_id = $1',
      values: [messageId],
    });
    const window = parts.windowOf(rows[0]?.partner ?? '');
    const partner = await actOnOutgoing(transaction, what, messageId, act, new Date(act.now.getTime() + window));
    if ((what === 'send-again' || what === 'release') && pulls(partner, act.now)) keepForPull(transaction, messageId);
    wake(transaction);
  }

  async function refuseStranger(reader: Reader, country: string, now: Date): Promise<void> {
    if (country !== parts.country && trust.partner(country, now) !== undefined) return;
    const { rows } = await reader.query({
      name: 'has-messages-for',
      text: 'select from outgoing_messages where partner = $1 limit 1',
      values: [country],
    });
    if (rows.length === 0)
      throw new Refusal('not-found', 'PARTNER-NOT-KNOWN', `${country} is no partner of this node.`);
  }

  return {
    readWire: (messageId, direction) => readWire(parts.pool, messageId, direction),
    sendAgain: (transaction, messageId, act) => outgoing('send-again', transaction, messageId, act),
    hold: (transaction, messageId, act) => outgoing('hold', transaction, messageId, act),
    release: (transaction, messageId, act) => outgoing('release', transaction, messageId, act),
    async dismiss(transaction, messageId, act) {
      const [direction] = await directionsOf(transaction, messageId);
      if (direction === 'in') await dismissIncoming(transaction, messageId, act);
      else await outgoing('dismiss', transaction, messageId, act);
      return direction ?? 'out';
    },
    dismissQuarantined: dismissIncoming,
    deliverAgain: (transaction, messageId, act) => deliverAgain(parts.delivery(), transaction, messageId, act),
    async holdPartner(transaction, country, act) {
      await refuseStranger(transaction, country, act.now);
      await holdPartner(transaction, country, act.reason, act);
      // Dispatchers notice holds when they look at the queue.
      wake(transaction);
    },
    async releasePartner(transaction, country, act) {
      await refuseStranger(transaction, country, act.now);
      await releasePartner(transaction, country, pulls(country, act.now), act);
      wake(transaction);
    },
    acknowledge: (transaction, latestId, act) => acknowledgeAlarms(transaction, latestId, act.note, act),
  };
}
