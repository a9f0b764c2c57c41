import { milestonesOf } from './case-queries.ts';
import { type Comparison, type ComparisonQuestion, compare } from './comparison.ts';
import type { Asked, TimingParts } from './ports.ts';
import {
  type CorrectedMilestone,
  correctMilestone,
  type ReportedMilestone,
  reportMilestone,
} from './report-milestone.ts';
import { type MilestoneView, milestoneViews } from './views.ts';

/** Milestones and clearance times of one node; every method says in its function what it refuses. */
export interface Timing {
  milestones(asked: Asked, movementReference: string): Promise<MilestoneView[]>;
  report(asked: Asked, movementReference: string, reported: ReportedMilestone): Promise<MilestoneView>;
  correct(asked: Asked, movementReference: string, id: string, corrected: CorrectedMilestone): Promise<MilestoneView>;
  compare(asked: Asked, question: ComparisonQuestion): Promise<Comparison>;
}

export function createTiming(parts: TimingParts): Timing {
  return {
    async milestones(asked, movementReference) {
      const seen = await parts.findCase(asked.transaction, asked.actor, asked.now, movementReference);
      return milestoneViews(await milestonesOf(asked.transaction, seen.declarationId));
    },
    report: (asked, movementReference, reported) => reportMilestone(parts, asked, movementReference, reported),
    correct: (asked, movementReference, id, corrected) =>
      correctMilestone(parts, asked, movementReference, id, corrected),
    compare: (asked, question) => compare(parts, asked, question),
  };
}
