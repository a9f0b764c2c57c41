import type { Transaction } from '../../store/transaction.ts';

/** Stands as the one who ordered what the node itself ordered. */
export const SYSTEM_NAME = 'the system';

/** An inspection to be ordered; `orderedBy` null means the system (red channel). */
export interface InspectionOrder {
  readonly id: string;
  readonly declarationId: string;
  readonly what: string;
  readonly place: string | null;
  /** Empty: the whole consignment. */
  readonly itemSequences: readonly number[];
  readonly orderedBy: string | null;
  readonly orderedByName: string;
  readonly orderedAt: Date;
}

/**
 * Notes an inspection under the next number of its declaration, whose row the transaction holds. Counting
 * `open_inspections` up is the caller's part.
 */
export function insertInspection(transaction: Transaction, order: InspectionOrder): void {
  transaction.later({
    name: 'order-inspection',
    text: `insert into clearance_inspections
        (id, declaration_id, number, state, what, place, item_sequences, ordered_by, ordered_by_name, ordered_at)
      select $1, $2::uuid, coalesce(max(number), 0) + 1, 'ordered', $3, $4, $5::integer[], $6::uuid, $7, $8::timestamptz
      from clearance_inspections where declaration_id = $2::uuid`,
    values: [
      order.id,
      order.declarationId,
      order.what,
      order.place,
      order.itemSequences,
      order.orderedBy,
      order.orderedByName,
      order.orderedAt,
    ],
  });
}

/** A permit of another agency that is waited for; `openedBy` null means the system (the national profile's list). */
export interface PermitOpening {
  readonly id: string;
  readonly declarationId: string;
  readonly agency: string;
  /** What is to be permitted, in words. */
  readonly subject: string;
  readonly itemSequences: readonly number[];
  readonly openedBy: string | null;
  readonly openedByName: string;
  readonly openedAt: Date;
}

/**
 * Opens a permit under the next number of its declaration, whose row the transaction holds. Counting `open_permits` up
 * and the milestone M7a (pair: the permit's id) are the caller's part.
 */
export function insertPermit(transaction: Transaction, permit: PermitOpening): void {
  transaction.later({
    name: 'open-permit',
    text: `insert into clearance_permits
        (id, declaration_id, number, state, agency, subject, item_sequences, opened_by, opened_by_name, opened_at)
      select $1, $2::uuid, coalesce(max(number), 0) + 1, 'awaited', $3, $4, $5::integer[], $6::uuid, $7, $8::timestamptz
      from clearance_permits where declaration_id = $2::uuid`,
    values: [
      permit.id,
      permit.declarationId,
      permit.agency,
      permit.subject,
      permit.itemSequences,
      permit.openedBy,
      permit.openedByName,
      permit.openedAt,
    ],
  });
}
