import { actorOfEvent } from '../access/actor.ts';
import type { OriginDoubt, PaperOfKind } from '../documents/paper-types.ts';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent } from '../store/log.ts';
import { changedMeanwhile } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { AskedOrigin } from './asked.ts';
import { procedureEnd } from './clock.ts';
import type { OriginQueryParts, QueriedCertificate } from './ports.ts';
import { findQuery, hasOpenQuery, insertAnswer, insertQuery, lockQuery, moveQuery, type QueryRow } from './queries.ts';

/** What an officer asks. */
export interface Question {
  readonly movementReference: string;
  readonly certificateNumber: string;
  readonly basis: 'random' | 'doubt';
  readonly doubts: readonly OriginDoubt[];
}

/** A query that came from a partner, as correspondence hands it over. */
export interface Received<K extends 'origin-query' | 'origin-answer' | 'origin-determination'> {
  readonly paperId: string;
  readonly paper: PaperOfKind[K];
  readonly fromCountry: string;
  readonly receivedAt: Date;
}

/**
 * Asks the issuing country to check a certificate that a declaration refers to.
 * @throws the refusals `CERTIFICATE-NOT-OF-DECLARATION`, `CERTIFICATE-NOT-HERE`, `DOUBT-MISSING`, `DOUBT-ITEM-UNKNOWN`,
 * `QUERY-OPEN`
 */
export async function askOrigin(parts: OriginQueryParts, asked: AskedOrigin, question: Question): Promise<string> {
  const { transaction, actor, now } = asked;
  const found = await parts.findCase(transaction, actor, now, question.movementReference);
  const certificate = await certificateOf(parts, transaction, question, found.certificateNumbers);
  const doubts = question.basis === 'random' ? [] : question.doubts;
  refuseUnfounded(question.basis, doubts, certificate);
  if (await hasOpenQuery(transaction, found.declarationId, certificate.number))
    throw new Refusal('conflict', 'QUERY-OPEN', 'A query about this certificate waits for its answer already.');
  const id = parts.newId();
  const procedureEnds = procedureEnd(certificate.scheme, now);
  const { messageId } = await parts.correspondence.send(
    transaction,
    'origin-query',
    {
      consignmentReference: certificate.consignmentReference,
      queryId: id,
      certificateNumber: certificate.number,
      documentDigest: certificate.documentDigest,
      basis: question.basis,
      doubts,
      procedureEnds,
    },
    { to: certificate.issuingCountry, inOrder: true },
    now,
  );
  await insertQuery(transaction, {
    id,
    side: 'asking',
    partner: certificate.issuingCountry,
    certificate_number: certificate.number,
    document_digest: certificate.documentDigest,
    scheme: certificate.scheme,
    consignment_reference: certificate.consignmentReference,
    basis: question.basis,
    doubts,
    asked_at: now,
    received_at: null,
    answer_by: null,
    procedure_ends: procedureEnds,
    message_id: messageId,
    declaration_id: found.declarationId,
    mrn: found.movementReference,
    asked_by_name: actor.name,
    office: null,
  });
  await parts.asked(
    transaction,
    { declarationId: found.declarationId, queryId: id, certificateNumber: certificate.number },
    now,
  );
  await note(asked, 'origin-query.asked', id, certificate.consignmentReference, {
    certificateNumber: certificate.number,
    movementReference: found.movementReference,
    basis: question.basis,
  });
  return id;
}

async function certificateOf(
  parts: OriginQueryParts,
  transaction: Transaction,
  question: Question,
  ofDeclaration: readonly string[],
): Promise<QueriedCertificate> {
  if (!ofDeclaration.includes(question.certificateNumber))
    throw new Refusal(
      'invalid',
      'CERTIFICATE-NOT-OF-DECLARATION',
      `The declaration refers to ${ofDeclaration.join(', ') || 'no certificate'}, not to ${question.certificateNumber}.`,
    );
  const certificate = await parts.findCertificate(transaction, 'importing', question.certificateNumber);
  if (certificate !== undefined) return certificate;
  throw new Refusal(
    'conflict',
    'CERTIFICATE-NOT-HERE',
    'This certificate has not come from the issuing country, so there is nothing yet that could be checked.',
  );
}

function refuseUnfounded(basis: string, doubts: readonly OriginDoubt[], certificate: QueriedCertificate): void {
  if (basis === 'doubt' && doubts.length === 0)
    throw new Refusal(
      'invalid',
      'DOUBT-MISSING',
      'Say what you doubt and why: only a query at random needs no reasons (ATIGA annex 8, rule 18 (a)).',
    );
  const unknown = doubts.find(
    ({ itemNumber }) => itemNumber !== undefined && !certificate.itemNumbers.includes(itemNumber),
  );
  if (unknown !== undefined)
    throw new Refusal('invalid', 'DOUBT-ITEM-UNKNOWN', `The certificate has no goods item ${unknown.itemNumber}.`);
}

/**
 * Takes the issuing country's answer: it must be that country's, about a query that is open, with a finding for every
 * item. A later answer supersedes.
 * @throws the refusals `ANSWER-TO-UNKNOWN-QUERY`, `ANSWER-AFTER-END`
 */
export async function takeAnswer(
  parts: OriginQueryParts,
  transaction: Transaction,
  received: Received<'origin-answer'>,
): Promise<{ readonly taken: true }> {
  const { paper, fromCountry, receivedAt } = received;
  const query = await lockQuery(transaction, 'asking', paper.queryId);
  if (query?.partner !== fromCountry || query.certificate_number !== paper.certificateNumber)
    throw new Refusal('invalid', 'ANSWER-TO-UNKNOWN-QUERY', 'This is no answer to a query that was put to you.');
  if (query.state === 'determined' || query.state === 'withdrawn')
    throw new Refusal('conflict', 'ANSWER-AFTER-END', `The query is ${query.state}; nothing more is taken to it.`);
  await insertAnswer(transaction, query, {
    authentic: paper.authentic === 'yes',
    findings: paper.items,
    statement: paper.statement ?? null,
    answered_at: receivedAt,
    answered_by_name: null,
    paperId: received.paperId,
  });
  if (!(await moveQuery(transaction, query, { state: 'answered' }))) throw changedMeanwhile();
  const confirmed = paper.authentic === 'yes' && paper.items.every(({ finding }) => finding === 'confirmed');
  await appendEvent(transaction, {
    kind: 'origin-query.answered',
    subject: query.id,
    conversation: query.consignment_reference,
    actor: { id: fromCountry, name: fromCountry, role: 'node' },
    occurredAt: receivedAt,
    data: { certificateNumber: query.certificate_number, confirmed },
  });
  if (query.declaration_id !== null)
    await parts.answered(
      transaction,
      {
        declarationId: query.declaration_id,
        queryId: query.id,
        certificateNumber: query.certificate_number,
        confirmed,
        words: wordsOf(paper),
      },
      receivedAt,
    );
  return { taken: true };
}

/** The answer in a sentence or two. */
export function wordsOf(paper: Pick<PaperOfKind['origin-answer'], 'authentic' | 'items' | 'statement'>): string {
  if (paper.authentic === 'no') return `The issuing authority did not issue it. ${paper.statement ?? ''}`.trim();
  const open = paper.items.filter(({ finding }) => finding !== 'confirmed');
  if (open.length === 0) return 'The issuing authority confirms it in all items.';
  return open.map(({ itemNumber, finding, reason }) => `Item ${itemNumber}: ${finding}. ${reason}`).join(' ');
}

/**
 * Ends a query: with what was determined after the answer (the issuing authority is told, rule 18 (d)), or withdrawn.
 * @throws the refusals `QUERY-NOT-ANSWERED`, `QUERY-ENDED`
 */
export async function endQuery(
  parts: OriginQueryParts,
  asked: AskedOrigin,
  id: string,
  version: number,
  outcome: 'originating' | 'not-originating' | 'withdrawn',
  reason: string,
): Promise<void> {
  const query = await askingSide(asked, id);
  if (query.version !== version) throw changedMeanwhile();
  if (query.state === 'determined' || query.state === 'withdrawn')
    throw new Refusal('conflict', 'QUERY-ENDED', `The query is ${query.state} already.`);
  if (query.state === 'asked' && outcome !== 'withdrawn')
    throw new Refusal(
      'conflict',
      'QUERY-NOT-ANSWERED',
      'The issuing authority has not answered yet: wait for it, or withdraw the query.',
    );
  await parts.correspondence.send(
    asked.transaction,
    'origin-determination',
    {
      consignmentReference: query.consignment_reference,
      queryId: id,
      certificateNumber: query.certificate_number,
      outcome,
      reason,
    },
    { to: query.partner, inOrder: true },
    asked.now,
  );
  const state = outcome === 'withdrawn' ? 'withdrawn' : 'determined';
  const change = { state, outcome, outcomeReason: reason, closedAt: asked.now } as const;
  if (!(await moveQuery(asked.transaction, query, change))) throw changedMeanwhile();
  await note(asked, `origin-query.${state}`, id, query.consignment_reference, { outcome }, reason);
}

async function askingSide(asked: AskedOrigin, id: string): Promise<QueryRow> {
  const query = await findQuery(asked.transaction, asked.actor, id);
  if (query?.side !== 'asking')
    throw new Refusal('not-found', 'ORIGIN-QUERY-NOT-FOUND', 'There is no such origin query that you can see.');
  return query;
}

async function note(
  { transaction, actor, now }: AskedOrigin,
  kind: string,
  subject: string,
  conversation: string,
  data: Readonly<Record<string, string>>,
  reason?: string,
): Promise<void> {
  await appendEvent(transaction, {
    kind,
    subject,
    conversation,
    actor: actorOfEvent(actor),
    occurredAt: now,
    reason,
    data: { ...data },
  });
}
