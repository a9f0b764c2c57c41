import { isArray, isObject, type JsonObject, type JsonValue } from '../../documents/json.ts';
import type { Reader } from '../../store/pool.ts';
import type {
  DecisionKind,
  DecisionReason,
  DecisionRecord,
  InspectionStanding,
  PaymentRecord,
  PermitStanding,
  QueryStanding,
} from './standing.ts';

/** All that was asked, found, paid and decided about one declaration. */
export interface CaseFile {
  readonly queries: readonly QueryStanding[];
  readonly inspections: readonly InspectionStanding[];
  readonly permits: readonly PermitStanding[];
  readonly payments: readonly PaymentRecord[];
  readonly decisions: readonly DecisionRecord[];
}

/** Reads the case file of a declaration; the questions go to the database side by side where the reader can. */
export async function readCaseFile(reader: Reader, declarationId: string): Promise<CaseFile> {
  const [queries, inspections, permits, payments, decisions] = await Promise.all([
    selectQueries(reader, declarationId),
    selectInspections(reader, declarationId),
    selectPermits(reader, declarationId),
    selectPayments(reader, declarationId),
    selectDecisions(reader, declarationId),
  ]);
  return { queries, inspections, permits, payments, decisions };
}

/** The queries of a declaration in the order of their numbers. */
export async function selectQueries(reader: Reader, declarationId: string): Promise<QueryStanding[]> {
  const { rows } = await reader.query<{
    id: string;
    number: number;
    state: QueryStanding['state'];
    subject: string;
    asked_at: Date;
    answer_by: Date;
    answered_at: Date | null;
  }>({
    name: 'queries-of-declaration',
    text: `select id, number, state, subject, asked_at, answer_by, answered_at from clearance_queries
      where declaration_id = $1 order by number`,
    values: [declarationId],
  });
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    state: row.state,
    subject: row.subject,
    askedAt: row.asked_at.toISOString(),
    answerBy: row.answer_by.toISOString(),
    answeredAt: row.answered_at?.toISOString() ?? null,
  }));
}

/** The inspections of a declaration in the order of their numbers. */
export async function selectInspections(reader: Reader, declarationId: string): Promise<InspectionStanding[]> {
  const { rows } = await reader.query<{
    id: string;
    number: number;
    state: InspectionStanding['state'];
    what: string;
    place: string | null;
    item_sequences: number[];
    ordered_by_name: string;
    ordered_at: Date;
    started_at: Date | null;
    done_at: Date | null;
  }>({
    name: 'inspections-of-declaration',
    text: `select id, number, state, what, place, item_sequences, ordered_by_name, ordered_at, started_at, done_at
      from clearance_inspections where declaration_id = $1 order by number`,
    values: [declarationId],
  });
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    state: row.state,
    what: row.what,
    place: row.place,
    itemSequences: row.item_sequences,
    orderedBy: row.ordered_by_name,
    orderedAt: row.ordered_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    doneAt: row.done_at?.toISOString() ?? null,
  }));
}

/** The permits of a declaration in the order of their numbers. */
export async function selectPermits(reader: Reader, declarationId: string): Promise<PermitStanding[]> {
  const { rows } = await reader.query<{
    id: string;
    number: number;
    state: PermitStanding['state'];
    agency: string;
    subject: string;
    item_sequences: number[];
    opened_by_name: string;
    opened_at: Date;
    reference: string | null;
    source: string | null;
    decided_at: Date | null;
  }>({
    name: 'permits-of-declaration',
    text: `select id, number, state, agency, subject, item_sequences, opened_by_name, opened_at, reference, source, decided_at
      from clearance_permits where declaration_id = $1 order by number`,
    values: [declarationId],
  });
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    state: row.state,
    agency: row.agency,
    subject: row.subject,
    itemSequences: row.item_sequences,
    openedBy: row.opened_by_name,
    openedAt: row.opened_at.toISOString(),
    reference: row.reference,
    source: row.source,
    decidedAt: row.decided_at?.toISOString() ?? null,
  }));
}

/** Payments and securities of a declaration, oldest first. */
export async function selectPayments(reader: Reader, declarationId: string): Promise<PaymentRecord[]> {
  const { rows } = await reader.query<{
    id: string;
    kind: PaymentRecord['kind'];
    amount: string;
    currency: string;
    reference: string;
    source: string;
    occurred_at: Date;
    recorded_by_name: string;
  }>({
    name: 'payments-of-declaration',
    text: `select id, kind, amount, currency, reference, source, occurred_at, recorded_by_name from clearance_payments
      where declaration_id = $1 order by recorded_at, id`,
    values: [declarationId],
  });
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    amount: row.amount,
    currency: row.currency,
    reference: row.reference,
    source: row.source,
    occurredAt: row.occurred_at.toISOString(),
    recordedBy: row.recorded_by_name,
  }));
}

/** The decisions about a declaration in the order in which they were made. */
export async function selectDecisions(reader: Reader, declarationId: string): Promise<DecisionRecord[]> {
  const { rows } = await reader.query<{
    id: string;
    number: number;
    kind: DecisionKind;
    document_version: number;
    item_sequences: number[];
    reasons: JsonValue;
    detail: JsonObject;
    decided_by: string;
    decided_by_name: string;
    decided_at: Date;
  }>({
    name: 'decisions-of-declaration',
    text: `select id, number, kind, document_version, item_sequences, reasons, detail, decided_by, decided_by_name, decided_at
      from clearance_decisions where declaration_id = $1 order by number`,
    values: [declarationId],
  });
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    kind: row.kind,
    documentVersion: row.document_version,
    itemSequences: row.item_sequences,
    reasons: reasonsIn(row.reasons),
    detail: row.detail,
    decidedById: row.decided_by,
    decidedBy: row.decided_by_name,
    decidedAt: row.decided_at.toISOString(),
  }));
}

/** Reasons from a request's body or a stored row; what is no reason is left out. */
export function reasonsIn(value: JsonValue | undefined): DecisionReason[] {
  if (!isArray(value)) return [];
  return value.flatMap((each) => {
    if (!isObject(each) || typeof each['reason'] !== 'string') return [];
    const pointer = each['pointer'];
    return [{ reason: each['reason'], ...(typeof pointer === 'string' && pointer !== '' ? { pointer } : {}) }];
  });
}
