import { toXml } from '../documents/codec.ts';
import { inMemory } from '../exchange/message/content.ts';
import { sealDocument } from '../seal/seal.ts';
import { readDocument, storeDocument } from '../store/documents.ts';
import { appendEvent } from '../store/log.ts';
import { inTransaction, type Transaction } from '../store/transaction.ts';
import { makeMessage } from './messages.ts';
import { balancesOf, type DuePartner, putOffDuePartner, takeDuePartner, takeUntoldUses } from './partner-queries.ts';
import { CERTIFICATE_USE_SERVICE, GRANT_ACTION, type LedgerParts, REPORT_ACTION, RETURN_ACTION } from './ports.ts';

/** Uses told in one message at most; more go into the next. */
const MOST_USES = 400;
/** How long something that failed is left alone. */
const PAUSE_MILLISECONDS = 60_000;

/**
 * Tells partners what they are to be told, one message per certificate and partner however much happened to it since the
 * last one; and tells clearance of declarations whose awaited certificates were decided. Several gateways may do it at once.
 * @returns how much was told; as many as `most` says that there may be more
 */
export async function tellDue(parts: LedgerParts, now: Date, most = 100): Promise<number> {
  let told = 0;
  for (const [step, putOff] of [
    [tellPartner, putOffDuePartner],
    [tellClearance, putOffResolution],
  ] as const)
    for (let more = true; more && told < most; ) {
      try {
        more = await inTransaction(parts.pool, (transaction) => step(parts, transaction, now));
        if (more) told += 1;
      } catch (error) {
        parts.log.warn({ err: error }, 'the ledger of certificates could not tell; it tries again in a minute');
        const until = new Date(now.getTime() + PAUSE_MILLISECONDS);
        await inTransaction(parts.pool, (transaction) => putOff(transaction, now, until));
        more = false;
      }
    }
  return told;
}

async function tellPartner(parts: LedgerParts, transaction: Transaction, now: Date): Promise<boolean> {
  const partner = await takeDuePartner(transaction, now);
  if (partner === undefined) return false;
  const uses = partner.side === 'importing' ? await takeUntoldUses(transaction, partner.number, MOST_USES, now) : [];
  const balances = await balancesOf(transaction, partner);
  const message = makeMessage(parts, partner, balances, uses, now);
  const { privateKey, certificate } = parts.sealingKey();
  const xml = toXml('application-response', message);
  const bytes = sealDocument(xml, { privateKey, certificate, signingTime: now });
  const digest = await storeDocument(transaction, {
    kind: 'application-response',
    contentType: 'application/xml',
    bytes,
  });
  const action = { used: REPORT_ACTION, returned: RETURN_ACTION, granted: GRANT_ACTION }[
    partner.side === 'issuing' ? 'granted' : partner.isReturn ? 'returned' : 'used'
  ];
  const { messageId } = await parts.exchange.send(
    transaction,
    {
      toCountry: partner.country,
      conversationId: partner.consignment_reference,
      service: CERTIFICATE_USE_SERVICE,
      action,
      payloads: [bytes, ...(await enclosed(transaction, partner))].map((each) => ({
        contentType: 'application/xml' as const,
        content: inMemory(each),
      })),
    },
    now,
  );
  await appendEvent(transaction, {
    kind: partner.side === 'issuing' ? 'certificate.allotment-sent' : 'certificate.use-sent',
    subject: partner.number,
    conversation: partner.consignment_reference,
    actor: { id: parts.country, name: message.sender.authority, role: 'node' },
    occurredAt: now,
    data: { to: partner.country, sequence: partner.sequence, documentDigest: digest, messageId },
  });
  return true;
}

/** With a grant goes the sealed certificate: the country that is allotted a part need not have it yet. */
async function enclosed(transaction: Transaction, partner: DuePartner): Promise<Buffer[]> {
  if (partner.side !== 'issuing') return [];
  const document = await readDocument(transaction, partner.digest);
  if (document === undefined) throw new Error(`the document ${partner.digest} is not in the store`);
  return [document.bytes];
}

/** In a transaction of its own, and outside of the delivery: clearance holds the declaration and may release the goods. */
async function tellClearance(parts: LedgerParts, transaction: Transaction, now: Date): Promise<boolean> {
  const { rows } = await transaction.query<{ declaration_id: string }>({
    name: 'ledger-take-resolution',
    text: `delete from certificate_resolutions where id = (
        select id from certificate_resolutions where due_at <= $1 order by due_at, id limit 1 for update skip locked)
      returning declaration_id`,
    values: [now],
  });
  const [one] = rows;
  if (one === undefined) return false;
  await parts.clearance.certificatesResolved(transaction, [one.declaration_id], now);
  return true;
}

async function putOffResolution(transaction: Transaction, now: Date, until: Date): Promise<void> {
  await transaction.query({
    name: 'ledger-put-off-resolution',
    text: `update certificate_resolutions set due_at = $2 where id = (
      select id from certificate_resolutions where due_at <= $1 order by due_at, id limit 1 for update skip locked)`,
    values: [now, until],
  });
}
