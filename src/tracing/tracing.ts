import { setTimeout as pause } from 'node:timers/promises';
import type { Actor } from '../access/actor.ts';
import type { PaperOfKind } from '../documents/paper-types.ts';
import { Refusal } from '../documents/refusal.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { TracingParts } from './ports.ts';
import { keepSharedEvents, ownEvents, partnerEvents, partnersOf } from './queries.ts';
import { shareOnce } from './share.ts';
import { type Timeline, timelineOf } from './timeline.ts';

/** One timeline per consignment over both countries (journey J7). */
export interface Tracing {
  /** @throws the refusal `NOT-FOUND` for a consignment of which the actor sees nothing */
  timeline(
    asked: { readonly reader: Reader; readonly actor: Actor; readonly now: Date },
    consignmentReference: string,
  ): Promise<Timeline>;
  /** Takes what a partner told; given to the correspondence. */
  take(
    transaction: Transaction,
    received: {
      readonly paper: PaperOfKind['consignment-events'];
      readonly fromCountry: string;
      readonly receivedAt: Date;
    },
  ): Promise<{ readonly taken: true }>;
  /** Tells partners what is new; answers how many papers went out. */
  share(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

/** How often the log is looked at: events of one moment go in one paper. */
const PAUSE_MILLISECONDS = 2_000;

/** Puts the tracing of one node together. */
export function createTracing(parts: TracingParts): Tracing {
  let running: { readonly ending: AbortController; readonly ended: Promise<void> } | undefined;
  const share = (): Promise<number> => shareOnce(parts);
  return {
    async timeline({ reader, actor, now }, consignmentReference) {
      if (!(await parts.seesConsignment(reader, actor, now, consignmentReference)))
        throw new Refusal('not-found', 'CONSIGNMENT-NOT-FOUND', 'There is no such consignment that you can see.');
      const [own, told] = await Promise.all([
        ownEvents(reader, consignmentReference, parts.country),
        partnerEvents(reader, consignmentReference),
      ]);
      return timelineOf(consignmentReference, [...own, ...told], parts.country, now);
    },
    async take(transaction, { paper, fromCountry, receivedAt }) {
      const { consignmentReference, events } = paper;
      const partners = await partnersOf(transaction, [consignmentReference]);
      if (!partners.some(({ partner }) => partner === fromCountry))
        throw new Refusal(
          'invalid',
          'CONSIGNMENT-NOT-SHARED',
          `This node knows of nothing that went between it and ${fromCountry} for this consignment.`,
        );
      await keepSharedEvents(transaction, { partner: fromCountry, consignmentReference, events, receivedAt });
      return { taken: true };
    },
    share,
    start() {
      if (running !== undefined) return;
      const ending = new AbortController();
      const work = async (): Promise<void> => {
        while (!ending.signal.aborted) {
          try {
            await share();
          } catch (error) {
            parts.onError(error);
          }
          await pause(PAUSE_MILLISECONDS, undefined, { signal: ending.signal }).catch(() => undefined);
        }
      };
      running = { ending, ended: work() };
    },
    async stop() {
      running?.ending.abort();
      await running?.ended;
      running = undefined;
    },
  };
}
