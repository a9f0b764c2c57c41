import type { JsonObject } from '../../documents/json.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { DecisionKind, DecisionReason } from './standing.ts';

/** A decision to be kept. */
export interface NewDecision {
  readonly id: string;
  readonly declarationId: string;
  readonly kind: DecisionKind;
  readonly documentVersion: number;
  readonly itemSequences: readonly number[];
  readonly reasons: readonly DecisionReason[];
  readonly detail: JsonObject;
  readonly decidedBy: string;
  readonly decidedByName: string;
  readonly decidedAt: Date;
}

/** Keeps a decision for ever under the next number of its declaration, whose row the transaction holds. */
export function insertDecision(transaction: Transaction, decision: NewDecision): void {
  transaction.later({
    name: 'keep-decision',
    text: `insert into clearance_decisions (id, declaration_id, number, kind, document_version, item_sequences, reasons,
        detail, decided_by, decided_by_name, decided_at)
      select $1, $2::uuid, coalesce(max(number), 0) + 1, $3, $4::integer, $5::integer[], $6::jsonb, $7::jsonb, $8::uuid, $9,
        $10::timestamptz
      from clearance_decisions where declaration_id = $2::uuid`,
    values: [
      decision.id,
      decision.declarationId,
      decision.kind,
      decision.documentVersion,
      decision.itemSequences,
      JSON.stringify(decision.reasons),
      JSON.stringify(decision.detail),
      decision.decidedBy,
      decision.decidedByName,
      decision.decidedAt,
    ],
  });
}
