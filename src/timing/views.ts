import type { MilestoneRow } from './case-queries.ts';
import { isMilestone, MILESTONES } from './milestone.ts';

/** A milestone as the API tells it. */
export type MilestoneView = {
  readonly id: string;
  readonly milestone: string;
  readonly meaning: string;
  readonly occurredAt: string;
  readonly zone: string;
  readonly precision: string;
  readonly recordedAt: string;
  readonly role: string;
  readonly node: string;
  readonly source: { readonly kind: string; readonly name: string | null; readonly digest: string | null };
  readonly pair: string | null;
  readonly supersedes: string | null;
  /** Id of the correction, where it was corrected. */
  readonly supersededBy: string | null;
  readonly reason: string | null;
  readonly marks: readonly string[];
  /** Whether figures count the case by it. */
  readonly counts: boolean;
};

/** Milestones of one declaration, each with what became of it. */
export function milestoneViews(rows: readonly MilestoneRow[]): MilestoneView[] {
  const corrections = new Map(rows.map((row) => [row.supersedes, row.id]));
  return rows.map((row) => {
    const correction = corrections.get(row.id);
    return {
      id: String(row.id),
      milestone: row.milestone,
      meaning: isMilestone(row.milestone) ? MILESTONES[row.milestone] : row.milestone,
      occurredAt: row.occurred_at.toISOString(),
      zone: row.zone,
      precision: row.precision,
      recordedAt: row.recorded_at.toISOString(),
      role: row.role,
      node: row.node,
      source: {
        kind: row.source_kind,
        name: row.source_name,
        digest: row.source_kind === 'document' ? row.source_id : null,
      },
      pair: row.pair,
      supersedes: row.supersedes === null ? null : String(row.supersedes),
      supersededBy: correction === undefined ? null : String(correction),
      reason: row.reason,
      marks: row.marks,
      counts: row.counts && correction === undefined,
    };
  });
}
