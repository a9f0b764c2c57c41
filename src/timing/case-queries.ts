import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { KnownMoments } from './judge-milestone.ts';
import type { MilestoneRole, Precision } from './milestone.ts';

/** A milestone as it is stored. */
export interface MilestoneRow {
  id: bigint;
  milestone: string;
  occurred_at: Date;
  zone: string;
  precision: Precision;
  recorded_at: Date;
  role: MilestoneRole;
  node: string;
  source_kind: 'node' | 'person' | 'document';
  source_id: string | null;
  source_name: string | null;
  pair: string | null;
  supersedes: bigint | null;
  reason: string | null;
  marks: string[];
  counts: boolean;
}

/** More than any declaration has; a list that long is not read to its end. */
const MOST_MILESTONES = 2_000;

/** The milestones of a declaration in the order in which they were recorded. */
export async function milestonesOf(reader: Reader, declarationId: string): Promise<MilestoneRow[]> {
  const { rows } = await reader.query<MilestoneRow>({
    name: 'milestones-of-declaration',
    text: `select id, milestone, occurred_at, zone, precision, recorded_at, role, node, source_kind, source_id, source_name,
        pair, supersedes, reason, marks, counts
      from clearance_milestones where declaration_id = $1 order by id limit ${MOST_MILESTONES}`,
    values: [declarationId],
  });
  return rows;
}

/** The moments of a case that stand, under its lock; undefined where the case was never opened. */
export async function lockCase(transaction: Transaction, declarationId: string): Promise<KnownMoments | undefined> {
  const { rows } = await transaction.query<{
    m0_at: Date | null;
    m1_at: Date | null;
    m3_at: Date | null;
    m4_at: Date | null;
    m10_at: Date | null;
    m11_at: Date | null;
    mx_at: Date | null;
  }>({
    name: 'lock-clearance-case',
    text: 'select m0_at, m1_at, m3_at, m4_at, m10_at, m11_at, mx_at from clearance_cases where declaration_id = $1 for update',
    values: [declarationId],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    M0: row.m0_at,
    M1: row.m1_at,
    M3: row.m3_at,
    M4: row.m4_at,
    M10: row.m10_at,
    M11: row.m11_at,
    MX: row.mx_at,
  };
}
