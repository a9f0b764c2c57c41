import type { Transaction } from '../store/transaction.ts';
import type { Content } from './message/content.ts';
import type { ContentPayload, OpenedPayload } from './message/message.ts';
import type { PartnerQueue } from './operations/queues.ts';

/** A document that is to go to another country's node. */
export interface OutgoingDocument {
  readonly toCountry: string;
  /** The conversation: the unique consignment reference. */
  readonly conversationId: string;
  readonly service: string;
  readonly action: string;
  /** Of another message, when this one answers it. */
  readonly refToMessageId?: string;
  /** What is said of the message beside originalSender and finalRecipient. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly payloads: readonly OutgoingPayload[];
  /**
   * Whether it must arrive after the earlier documents of its conversation that say the same: it is sent when each of
   * them has its receipt, or has failed. Documents of other conversations, and those that say nothing, wait for nobody.
   */
  readonly afterEarlierOfConversation?: boolean;
}

/** A payload of a document, of any size; by its type it is sent compressed or not, where nothing is said. */
export type OutgoingPayload = ContentPayload;

/** What a partner sent, after everything about the message itself was found good. */
export interface Delivery {
  readonly messageId: string;
  readonly fromCountry: string;
  readonly conversationId: string;
  readonly service: string;
  readonly action: string;
  readonly refToMessageId?: string;
  readonly properties: Readonly<Record<string, string>>;
  /** Of any size, so they are read piece by piece or up to a limit; they can be read until the delivery has ended. */
  readonly payloads: readonly OpenedPayload<{ readonly content: Content }>[];
  readonly receivedAt: Date;
}

/** Whether a journey took a delivery; one that was not taken goes to the quarantine with the reason. */
export type DeliveryOutcome =
  | { readonly taken: true }
  | { readonly taken: false; readonly code: string; readonly reason: string };

/**
 * Given by the journeys: takes a delivery in the transaction that keeps its message. What it throws undoes its own work
 * only, and the message is quarantined; the refusal `unavailable` undoes everything, and the sender tries again.
 */
export type Deliver = (transaction: Transaction, delivery: Delivery) => Promise<DeliveryOutcome>;

/** Given by the journeys: notes in the transaction that keeps the receipt that a message arrived. */
export type Receipted = (
  transaction: Transaction,
  receipt: { readonly messageId: string; readonly receiptId: string; readonly sentAt: Date; readonly at: Date },
) => Promise<void>;

/** How the messages to and from one partner stand. */
export interface PartnerStatus extends Omit<PartnerQueue, 'partner'> {
  readonly country: string;
  /** What is queued or held, and since when the oldest of it waits. */
  readonly undelivered: number;
  readonly oldestAt: Date | null;
  /** Null while nothing was tried since the start. */
  readonly reachable: boolean | null;
  /** Until when the circuit is open: after failed connections one message is tried per pause. Null while it is closed. */
  readonly restsUntil: Date | null;
}
