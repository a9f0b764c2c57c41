import { randomUUID } from 'node:crypto';
import { createExchange, type Exchange } from '../exchange/exchange.ts';
import type { ExchangeMeter } from '../exchange/meter.ts';
import type { Delivery, DeliveryOutcome } from '../exchange/ports.ts';
import type { DirectoryKeeper } from '../federation/directory-keeper.ts';
import type { NodeKeys } from '../pki/key-store.ts';
import type { Pool } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { NodeConfiguration } from './configuration.ts';
import { limitsOf, partnerTermsOf } from './exchange-settings.ts';
import type { NodeTerms } from './node-terms.ts';
import { trustOf } from './trust.ts';

/** What a journey offers to partners, and who takes it. */
export interface OfferedService {
  readonly service: string;
  readonly actions: readonly string[];
  take(transaction: Transaction, delivery: Delivery): Promise<DeliveryOutcome>;
}

/** A receipt for a message of ours, as the exchange tells it. */
export interface NotedMessage {
  readonly messageId: string;
  readonly receiptId: string;
  readonly sentAt: Date;
  readonly at: Date;
}

/** Puts the exchange of a node together; a delivery goes to the journey that offers its service. */
export function exchangeOf(
  configuration: NodeConfiguration,
  terms: NodeTerms,
  parts: {
    readonly pool: Pool;
    readonly keys: NodeKeys;
    readonly keeper: DirectoryKeeper;
    readonly meter: ExchangeMeter;
    readonly services: readonly OfferedService[];
    readonly receipted: readonly ((transaction: Transaction, receipt: NotedMessage) => Promise<void>)[];
  },
): Exchange {
  const { pool, keys, keeper, meter, services } = parts;
  const takers = new Map(services.map((one) => [one.service, one]));
  return createExchange({
    pool,
    country: configuration.country,
    partyId: configuration.partyId,
    keys: () => ({ signing: keys.as4Signing, decryption: Object.values(keys.as4Encryption), tls: keys.tls }),
    trust: trustOf(keeper, configuration.country),
    clock: terms.clock,
    newId: randomUUID,
    log: terms.log,
    limits: limitsOf(configuration.exchange),
    partnerTerms: partnerTermsOf(configuration.exchange),
    ...(configuration.exchange?.spoolFolder === undefined ? {} : { spoolFolder: configuration.exchange.spoolFolder }),
    meter,
    services: services.map(({ service, actions }) => ({ service, actions: [...actions] })),
    async deliver(transaction, delivery) {
      const taker = takers.get(delivery.service);
      if (taker !== undefined) return taker.take(transaction, delivery);
      return {
        taken: false,
        code: 'SERVICE-UNKNOWN',
        reason: `This node has no service ${delivery.service.slice(0, 200)}.`,
      };
    },
    async receipted(transaction, receipt) {
      for (const note of parts.receipted) await note(transaction, receipt);
    },
  });
}
