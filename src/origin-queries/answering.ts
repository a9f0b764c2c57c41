import { actorOfEvent } from '../access/actor.ts';
import type { OriginFinding } from '../documents/paper-types.ts';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent } from '../store/log.ts';
import { changedMeanwhile } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { AskedOrigin } from './asked.ts';
import type { Received } from './asking.ts';
import { answerDue } from './clock.ts';
import type { OriginQueryParts } from './ports.ts';
import { findQuery, insertAnswer, insertQuery, lockQuery, moveQuery } from './queries.ts';

/** What an issuing officer answers. */
export interface OriginAnswer {
  readonly authentic: boolean;
  readonly items: readonly OriginFinding[];
  readonly statement: string | null;
}

/**
 * Takes another country's query about a certificate that this administration issued to it.
 * @throws the refusal `QUERY-ABOUT-UNKNOWN-CERTIFICATE`, which that country is told
 */
export async function takeQuery(
  parts: OriginQueryParts,
  transaction: Transaction,
  received: Received<'origin-query'>,
): Promise<{ readonly taken: true }> {
  const { paper, fromCountry, receivedAt } = received;
  const certificate = await parts.findCertificate(transaction, 'issuing', paper.certificateNumber);
  if (certificate?.documentDigest !== paper.documentDigest || certificate.importingCountry !== fromCountry)
    throw new Refusal(
      'invalid',
      'QUERY-ABOUT-UNKNOWN-CERTIFICATE',
      `This administration issued no certificate ${paper.certificateNumber} with these bytes to ${fromCountry}.`,
    );
  const isNew = await insertQuery(transaction, {
    id: paper.queryId,
    side: 'answering',
    partner: fromCountry,
    certificate_number: certificate.number,
    document_digest: certificate.documentDigest,
    scheme: certificate.scheme,
    consignment_reference: paper.consignmentReference,
    basis: paper.basis,
    doubts: paper.doubts,
    asked_at: new Date(paper.madeAt),
    received_at: receivedAt,
    answer_by: answerDue(certificate.scheme, receivedAt),
    procedure_ends: paper.procedureEnds,
    message_id: null,
    declaration_id: null,
    mrn: null,
    asked_by_name: null,
    office: certificate.office,
  });
  if (isNew)
    await appendEvent(transaction, {
      kind: 'origin-query.received',
      subject: paper.queryId,
      conversation: paper.consignmentReference,
      actor: { id: fromCountry, name: fromCountry, role: 'node' },
      occurredAt: receivedAt,
      data: { certificateNumber: certificate.number, basis: paper.basis },
    });
  return { taken: true };
}

/**
 * Answers a query, item by item; also once more while the other side has not ended it.
 * @throws the refusals `QUERY-ENDED`, `FINDINGS-INCOMPLETE`
 */
export async function answerOrigin(
  parts: OriginQueryParts,
  asked: AskedOrigin,
  id: string,
  version: number,
  answer: OriginAnswer,
): Promise<void> {
  const { transaction, actor, now } = asked;
  const query = await findQuery(transaction, actor, id);
  if (query?.side !== 'answering')
    throw new Refusal('not-found', 'ORIGIN-QUERY-NOT-FOUND', 'There is no such origin query that you can see.');
  if (query.version !== version) throw changedMeanwhile();
  if (query.state === 'determined' || query.state === 'withdrawn')
    throw new Refusal('conflict', 'QUERY-ENDED', `The other administration ended the query: it is ${query.state}.`);
  const certificate = await parts.findCertificate(transaction, 'issuing', query.certificate_number);
  refuseIncomplete(answer.items, certificate?.itemNumbers ?? []);
  const { paperId } = await parts.correspondence.send(
    transaction,
    'origin-answer',
    {
      consignmentReference: query.consignment_reference,
      queryId: id,
      certificateNumber: query.certificate_number,
      authentic: answer.authentic ? 'yes' : 'no',
      items: answer.items,
      ...(answer.statement === null ? {} : { statement: answer.statement }),
    },
    { to: query.partner, inOrder: true },
    now,
  );
  if (!(await moveQuery(transaction, query, { state: 'answered' }))) throw changedMeanwhile();
  await insertAnswer(transaction, query, {
    authentic: answer.authentic,
    findings: answer.items,
    statement: answer.statement,
    answered_at: now,
    answered_by_name: actor.name,
    paperId,
  });
  await appendEvent(transaction, {
    kind: 'origin-query.answered',
    subject: id,
    conversation: query.consignment_reference,
    actor: actorOfEvent(actor),
    occurredAt: now,
    data: { certificateNumber: query.certificate_number, authentic: answer.authentic },
  });
}

function refuseIncomplete(items: readonly OriginFinding[], ofCertificate: readonly number[]): void {
  const answered = items.map(({ itemNumber }) => itemNumber).toSorted((one, other) => one - other);
  const wanted = ofCertificate.toSorted((one, other) => one - other);
  if (answered.length === wanted.length && answered.every((number, index) => number === wanted[index])) return;
  throw new Refusal(
    'invalid',
    'FINDINGS-INCOMPLETE',
    `Give one finding for each goods item of the certificate: ${wanted.join(', ')}.`,
  );
}

/** Notes what the asking administration determined, or that it withdrew its query. */
export async function takeDetermination(
  transaction: Transaction,
  received: Received<'origin-determination'>,
): Promise<{ readonly taken: true }> {
  const { paper, fromCountry, receivedAt } = received;
  const query = await lockQuery(transaction, 'answering', paper.queryId);
  if (query?.partner !== fromCountry || query.certificate_number !== paper.certificateNumber)
    throw new Refusal('invalid', 'ANSWER-TO-UNKNOWN-QUERY', 'This is about no query that you put to us.');
  if (query.closed_at !== null) return { taken: true };
  const state = paper.outcome === 'withdrawn' ? 'withdrawn' : 'determined';
  const change = { state, outcome: paper.outcome, outcomeReason: paper.reason, closedAt: receivedAt } as const;
  if (!(await moveQuery(transaction, query, change))) throw changedMeanwhile();
  await appendEvent(transaction, {
    kind: `origin-query.${state}`,
    subject: query.id,
    conversation: query.consignment_reference,
    actor: { id: fromCountry, name: fromCountry, role: 'node' },
    occurredAt: receivedAt,
    reason: paper.reason,
    data: { outcome: paper.outcome },
  });
  return { taken: true };
}
