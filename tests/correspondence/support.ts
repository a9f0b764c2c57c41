import { randomUUID } from 'node:crypto';
import { type Correspondence, createCorrespondence } from '../../src/correspondence/correspondence.ts';
import type { CorrespondenceParts, PaperHandlers } from '../../src/correspondence/ports.ts';
import type { Content } from '../../src/exchange/message/content.ts';
import { inMemory } from '../../src/exchange/message/content.ts';
import type { Delivery, DeliveryOutcome, OutgoingDocument } from '../../src/exchange/ports.ts';
import type { Directory } from '../../src/federation/directory.ts';
import type { Pool } from '../../src/store/pool.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import type { TestCountry } from '../issuance/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** A node that corresponds; what it sends is kept in `sent` until a test delivers it. */
export interface CorrespondingNode {
  readonly country: string;
  readonly database: TestDatabase;
  readonly pool: Pool;
  readonly correspondence: Correspondence;
  readonly parts: CorrespondenceParts;
  readonly sent: { readonly messageId: string; readonly document: OutgoingDocument }[];
  /** Which journey takes which paper; a test sets it. */
  handlers: PaperHandlers;
  deliver(delivery: Delivery): Promise<DeliveryOutcome>;
}

/** Opens a node of a country over a fresh database. */
export async function openCorrespondent(keys: TestCountry, directory: () => Directory): Promise<CorrespondingNode> {
  const database = await createTestDatabase();
  const sent: { messageId: string; document: OutgoingDocument }[] = [];
  const parts: CorrespondenceParts = {
    country: keys.country,
    sealingKey: () => keys.sealing,
    directory,
    exchange: {
      async send(_transaction, document) {
        const messageId = `${randomUUID()}@${keys.country.toLowerCase()}.example`;
        sent.push({ messageId, document });
        return { messageId };
      },
    },
    handlers: () => node.handlers,
    newId: randomUUID,
  };
  const correspondence = createCorrespondence(parts);
  const node: CorrespondingNode = {
    country: keys.country,
    database,
    pool: database.pool,
    correspondence,
    parts,
    sent,
    handlers: {},
    deliver: (delivery) => inTransaction(database.pool, (transaction) => correspondence.receive(transaction, delivery)),
  };
  return node;
}

/** What a node sent as what its partner is delivered; `change` may replace a payload. */
export function asDelivery(
  from: CorrespondingNode,
  receivedAt: Date,
  change: (payload: Buffer, index: number) => Buffer = (payload) => payload,
): Delivery {
  const one = from.sent.shift();
  if (one === undefined) throw new Error(`${from.country} sent nothing`);
  const { messageId, document } = one;
  return {
    messageId,
    fromCountry: from.country,
    conversationId: document.conversationId,
    service: document.service,
    action: document.action,
    properties: {},
    payloads: document.payloads.map(({ contentType, content }, index) => ({
      contentId: `payload-${index}`,
      contentType,
      properties: {},
      content: inMemory(change(memoryOf(content), index)),
    })),
    receivedAt,
  };
}

function memoryOf(content: Content): Buffer {
  if (content.memory === undefined) throw new Error('the payload is not in memory');
  return content.memory;
}
