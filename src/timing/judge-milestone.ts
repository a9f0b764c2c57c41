import { Refusal } from '../documents/refusal.ts';
import { type CountedMilestone, MILESTONES, type MilestoneReport } from './milestone.ts';
import { CLOCK_TOLERANCE_SECONDS, ORDER_RULES, SPAN_SECONDS } from './order-rules.ts';

/** The moments of a case that stand; null where there is none yet. */
export type KnownMoments = { readonly [milestone in CountedMilestone]: Date | null };

/** Zones that were found to exist, so that a name is looked up once. */
const zones = new Set<string>();

/** Whether a name is one of the IANA time zone database: a place, not an offset. */
export function isZone(name: string): boolean {
  if (zones.has(name)) return true;
  if (!/^[A-Z][A-Za-z0-9_+-]{1,30}(?:\/[A-Z][A-Za-z0-9_+-]{1,30}){0,2}$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    return false;
  }
  zones.add(name);
  return true;
}

/**
 * What is refused of any milestone, whoever records it.
 * @throws the refusals `MILESTONE-IN-FUTURE` and `ZONE-UNKNOWN`
 */
export function refuseImpossibleMoment(
  report: Pick<MilestoneReport, 'milestone' | 'occurredAt' | 'zone'>,
  recordedAt: Date,
): void {
  if (report.occurredAt.getTime() > recordedAt.getTime() + CLOCK_TOLERANCE_SECONDS * 1_000)
    throw new Refusal(
      'invalid',
      'MILESTONE-IN-FUTURE',
      `The moment of “${MILESTONES[report.milestone]}” lies in the future: it may be at most ${CLOCK_TOLERANCE_SECONDS / 60} minutes ahead of this node's clock. Report it when it has happened.`,
    );
  if (!isZone(report.zone))
    throw new Refusal(
      'invalid',
      'ZONE-UNKNOWN',
      'The time zone is none of the IANA database. Give the place’s zone, such as Asia/Bangkok.',
    );
}

/**
 * What is refused of a milestone that a person reports or corrects, because it cannot have come in that order.
 * @throws the refusal `MILESTONE-OUT-OF-ORDER`
 */
export function refuseImpossibleOrder(
  report: Pick<MilestoneReport, 'milestone' | 'occurredAt' | 'precision'>,
  known: KnownMoments,
): void {
  const from = report.occurredAt.getTime();
  const until = from + SPAN_SECONDS[report.precision] * 1_000;
  for (const rule of ORDER_RULES) {
    const against = known[rule.against];
    if (!rule.impossible || against === null || !rule.milestones.includes(report.milestone)) continue;
    if (rule.order === 'before' ? until < against.getTime() : from > against.getTime())
      throw new Refusal(
        'invalid',
        'MILESTONE-OUT-OF-ORDER',
        `“${MILESTONES[report.milestone]}” cannot come ${rule.order} “${MILESTONES[rule.against]}”, which is known for ${against.toISOString()}. Correct the one that is wrong.`,
      );
  }
}
