import { verifyLog } from '../../src/store/log-chain.ts';
import type { Pool } from '../../src/store/pool.ts';

// The checker of the fault tests: what two databases say became of every document that was accepted.

/** A message as its sender keeps it. */
export interface SentMessage {
  readonly state: string;
  readonly reason: string | null;
  /** SHA-256 of the bytes on the wire, hexadecimal; null when they are gone. */
  readonly bodyDigest: string | null;
  /** SHA-256 of the receipt that came. */
  readonly receiptDigest: string | null;
}

/** A message as its receiver keeps it. */
export interface ReceivedMessage {
  readonly state: string;
  readonly reason: string | null;
  readonly duplicates: number;
  readonly bodyDigest: string | null;
  /** SHA-256 of the receipt that was given. */
  readonly receiptDigest: string | null;
}

/** A document that its sender's journey accepted, in the transaction that queued its message. */
export interface AcceptedDocument {
  readonly documentId: string;
  readonly messageId: string;
  readonly conversation: string;
  readonly place: number | null;
  readonly digest: string;
}

/** A document that took effect at its receiver, in the order in which it did. */
export interface DeliveredEffect {
  readonly documentId: string;
  readonly messageId: string;
  readonly digest: string;
}

/** All that one database says. */
export interface Side {
  readonly name: string;
  /** Messages whose commit was reported to somebody outside, with their documents. */
  readonly acknowledged: ReadonlyMap<string, string>;
  readonly accepted: readonly AcceptedDocument[];
  readonly sent: ReadonlyMap<string, SentMessage>;
  readonly received: ReadonlyMap<string, ReceivedMessage>;
  readonly delivered: readonly DeliveredEffect[];
  /** How often the journey learnt of each message's receipt. */
  readonly receipted: ReadonlyMap<string, number>;
  /** How many events of each kind there are of each message: `kind messageId`. */
  readonly events: ReadonlyMap<string, number>;
  /** What is wrong with the log and its chain. */
  readonly logFaults: readonly string[];
}

/** What became of the documents of one direction. */
export interface DirectionJudgement {
  readonly sent: number;
  readonly delivered: number;
  readonly quarantined: number;
  readonly duplicatesSuppressed: number;
  readonly failed: number;
  readonly lost: number;
  readonly doubled: number;
  /** Sentences; empty when all is well. */
  readonly violations: readonly string[];
}

/** Of the bytes in the row, or of the pieces of a large message. */
const bodyDigest = (direction: 'incoming' | 'outgoing'): string => `encode(sha256(coalesce(b.body, (
  select string_agg(p.bytes, '' order by p.number) from ${direction}_pieces p where p.message_id = m.message_id))), 'hex')
  as "bodyDigest"`;

/** Reads all that one database says. */
export async function readSide(
  pool: Pool,
  name: string,
  acknowledged: readonly ReadonlyMap<string, string>[],
): Promise<Side> {
  const rowsOf = async <Row extends object>(text: string): Promise<Row[]> => (await pool.query<Row>({ text })).rows;
  const byId = <Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> =>
    new Map(rows.map((row) => [row.id, row]));
  const log = await verifyLog(pool);
  const counts = await rowsOf<{ id: string; count: number }>(
    'select message_id as id, count(*)::integer as count from receipted_effects group by message_id',
  );
  const events = await rowsOf<{ id: string; count: number }>(
    `select kind || ' ' || subject as id, count(*)::integer as count from events group by kind, subject`,
  );
  return {
    name,
    acknowledged: new Map(acknowledged.flatMap((each) => [...each])),
    accepted: await rowsOf<AcceptedDocument>(
      `select document_id as "documentId", message_id as "messageId", conversation, place, encode(digest, 'hex') as digest
        from accepted_documents`,
    ),
    sent: byId(
      await rowsOf<SentMessage & { id: string }>(
        `select m.message_id as id, m.state, m.last_error as reason, ${bodyDigest('outgoing')},
            encode(sha256(r.bytes), 'hex') as "receiptDigest"
          from outgoing_messages m left join outgoing_bodies b using (message_id) left join received_receipts r using (message_id)`,
      ),
    ),
    received: byId(
      await rowsOf<ReceivedMessage & { id: string }>(
        `select m.message_id as id, m.state, m.reason, m.duplicates, ${bodyDigest('incoming')},
            encode(sha256(b.receipt), 'hex') as "receiptDigest"
          from incoming_messages m left join incoming_bodies b using (message_id)`,
      ),
    ),
    delivered: await rowsOf<DeliveredEffect>(
      `select document_id as "documentId", message_id as "messageId", encode(digest, 'hex') as digest
        from delivered_effects order by number`,
    ),
    receipted: new Map(counts.map((row) => [row.id, row.count])),
    events: new Map(events.map((row) => [row.id, row.count])),
    logFaults: [
      ...log.faults.map((fault) => `${fault.code} at ${fault.at}: ${fault.message}`),
      ...(log.awaitingLink > 0 ? [`${log.awaitingLink} events are not linked into the chain`] : []),
    ],
  };
}

/** Judges the documents that went from one side to the other, and the log of the sender. */
export function judgeDirection(sender: Side, receiver: Side): DirectionJudgement {
  const violations: string[] = [];
  const direction = `${sender.name} → ${receiver.name}`;
  const complain = (what: string): void => {
    violations.push(`${direction}: ${what}`);
  };
  const effects = Map.groupBy(receiver.delivered, (effect) => effect.documentId);
  const accepted = new Map(sender.accepted.map((document) => [document.documentId, document]));
  let [delivered, failed, lost, doubled, quarantined] = [0, 0, 0, 0, 0];

  for (const [messageId, documentId] of sender.acknowledged)
    if (!accepted.has(documentId)) {
      lost += 1;
      complain(`document ${documentId} (message ${messageId}) was acknowledged, and the sender knows nothing of it`);
    }

  for (const document of sender.accepted) {
    const { messageId } = document;
    const told = effects.get(document.documentId) ?? [];
    const message = sender.sent.get(messageId);
    const arrived = receiver.received.get(messageId);
    if (told.length > 1) {
      doubled += 1;
      complain(`document ${document.documentId} took effect ${told.length} times`);
    }
    if (told.some((effect) => effect.digest !== document.digest))
      complain(`document ${document.documentId} arrived with other bytes`);
    if (message === undefined) {
      lost += 1;
      complain(`message ${messageId} of an accepted document is gone`);
      continue;
    }
    for (const fault of faultsOf(messageId, message, arrived, told.length > 0, sender, receiver)) complain(fault);
    if (told.length > 0) delivered += 1;
    if (arrived?.state === 'quarantined') quarantined += 1;
    if (message.state === 'failed') failed += 1;
    else if (message.state === 'receipted' && told.length === 0 && arrived?.state !== 'quarantined') {
      lost += 1;
      complain(`message ${messageId} is receipted, and its document took no effect`);
    }
  }

  for (const [documentId] of effects)
    if (!accepted.has(documentId)) complain(`document ${documentId} took effect and was never accepted`);
  for (const fault of outOfOrder(sender, receiver)) complain(fault);
  for (const fault of sender.logFaults) violations.push(`log of ${sender.name}: ${fault}`);
  return {
    sent: sender.accepted.length,
    delivered,
    quarantined,
    duplicatesSuppressed: [...receiver.received.values()].reduce((sum, message) => sum + message.duplicates, 0),
    failed,
    lost,
    doubled,
    violations,
  };
}

/** What both sides keep of one message must be there and agree. */
function faultsOf(
  messageId: string,
  message: SentMessage,
  arrived: ReceivedMessage | undefined,
  tookEffect: boolean,
  sender: Side,
  receiver: Side,
): string[] {
  const faults: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) faults.push(`message ${messageId} ${what}`);
  };
  const times = (side: Side, kind: string): number => side.events.get(`${kind} ${messageId}`) ?? 0;
  must(message.bodyDigest !== null, 'has no bytes at its sender');
  must(times(sender, 'message.queued') === 1, `was queued ${times(sender, 'message.queued')} times by the log`);
  switch (message.state) {
    case 'receipted':
      must(message.receiptDigest !== null, 'is receipted without a receipt');
      must(arrived !== undefined, 'is receipted, and its receiver knows nothing of it');
      must(
        message.receiptDigest === arrived?.receiptDigest,
        'has another receipt at its sender than its receiver gave',
      );
      must(
        (sender.receipted.get(messageId) ?? 0) === 1,
        `told its journey ${sender.receipted.get(messageId) ?? 0} times`,
      );
      must(
        times(sender, 'message.receipted') === 1,
        `was receipted ${times(sender, 'message.receipted')} times by the log`,
      );
      break;
    case 'failed':
      must(message.reason !== null, 'failed without a reason');
      must(times(sender, 'message.failed') >= 1, 'failed, and the log does not say so');
      break;
    default:
      must(false, `is still ${message.state}: ${message.reason ?? 'no reason is given'}`);
  }
  if (arrived === undefined) return faults;
  must(arrived.bodyDigest === message.bodyDigest, 'has other bytes at its receiver');
  must(arrived.receiptDigest !== null, 'has no receipt at its receiver');
  must(
    times(receiver, 'message.received') === 1,
    `was received ${times(receiver, 'message.received')} times by the log`,
  );
  const isQuarantined = arrived.state === 'quarantined';
  must(isQuarantined || arrived.state === 'delivered', `is ${arrived.state} at its receiver`);
  must(
    isQuarantined === (times(receiver, 'message.quarantined') === 1),
    'is in quarantine, and the log says otherwise',
  );
  must(!isQuarantined || arrived.reason !== null, 'is in quarantine without a reason');
  must(
    tookEffect === !isQuarantined,
    isQuarantined ? 'is in quarantine, and took effect all the same' : 'is delivered, and took no effect',
  );
  return faults;
}

/** Ordered documents of a conversation must take effect in the order in which they were accepted; failed ones are passed. */
function outOfOrder(sender: Side, receiver: Side): string[] {
  const faults: string[] = [];
  const documents = new Map(sender.accepted.map((document) => [document.documentId, document]));
  const last = new Map<string, number>();
  for (const { documentId } of receiver.delivered) {
    const document = documents.get(documentId);
    if (document?.place == null) continue;
    const before = last.get(document.conversation) ?? 0;
    if (document.place < before)
      faults.push(`document ${document.place} of ${document.conversation} took effect after document ${before}`);
    last.set(document.conversation, Math.max(before, document.place));
  }
  return faults;
}
