import type { CountedMilestone, MilestoneId, Precision } from './milestone.ts';

/** What a reader of a milestone, or of a figure with it, has to know. */
export type Mark =
  /** Recorded more than {@link BACKDATED_AFTER_SECONDS} after it happened. */
  | 'backdated'
  /** Supersedes what was recorded before. */
  | 'corrected'
  /** Recorded again without superseding the first, which stands. */
  | 'repeated'
  | 'before-lodgement'
  | 'before-arrival'
  | 'before-acceptance'
  | 'before-release'
  | 'after-acceptance'
  | 'after-release'
  | 'after-gate-out'
  | 'after-end';

/** A moment may lie this far ahead of the clock that records it: clocks of other systems differ (threats.md A6). */
export const CLOCK_TOLERANCE_SECONDS = 300;

/** Reported later than this after it happened, a milestone is marked as backdated; for a day, after that day. */
export const BACKDATED_AFTER_SECONDS = 86_400;

/** How long the span is that a moment of this precision names, in seconds; the moment lies at its beginning. */
export const SPAN_SECONDS: { readonly [precision in Precision]: number } = { second: 0, minute: 60, day: 86_400 };

/** One order in which milestones do not usually, or cannot, come. */
export interface OrderRule {
  readonly milestones: readonly MilestoneId[];
  /** The order that the rule is about: each of `milestones` before, or after, `against`. */
  readonly order: 'before' | 'after';
  readonly against: CountedMilestone;
  readonly mark: Mark;
  /** It cannot be: refused when a person reports it. Otherwise it is kept with its mark. */
  readonly impossible: boolean;
}

const WORK: readonly MilestoneId[] = ['M5a', 'M5b', 'M6a', 'M6b', 'M7a', 'M7b', 'M8a', 'M8b', 'M9a', 'M9b'];

/**
 * timing.md and threats.md B4. Arrival comes before or after lodgement, and goods may be accepted, assigned a channel and
 * even released before they arrive; nothing is accepted or released before it is lodged, nor released before it is
 * accepted. Whichever of two is recorded later carries the mark.
 */
export const ORDER_RULES: readonly OrderRule[] = [
  { milestones: ['M3', 'M4', 'M10'], order: 'before', against: 'M0', mark: 'before-lodgement', impossible: true },
  { milestones: WORK, order: 'before', against: 'M0', mark: 'before-lodgement', impossible: false },
  { milestones: ['M10'], order: 'before', against: 'M3', mark: 'before-acceptance', impossible: true },
  { milestones: ['M0'], order: 'after', against: 'M3', mark: 'after-acceptance', impossible: true },
  { milestones: ['M0', 'M3'], order: 'after', against: 'M10', mark: 'after-release', impossible: true },
  { milestones: ['M1', ...WORK], order: 'after', against: 'M10', mark: 'after-release', impossible: false },
  {
    milestones: ['M2', 'M8a', 'M8b', 'M10', 'M11'],
    order: 'before',
    against: 'M1',
    mark: 'before-arrival',
    impossible: false,
  },
  { milestones: ['M11'], order: 'before', against: 'M10', mark: 'before-release', impossible: false },
  { milestones: ['M10'], order: 'after', against: 'M11', mark: 'after-gate-out', impossible: false },
  { milestones: ['M10'], order: 'after', against: 'MX', mark: 'after-end', impossible: true },
  { milestones: ['M1', 'M2', ...WORK], order: 'after', against: 'MX', mark: 'after-end', impossible: false },
];
