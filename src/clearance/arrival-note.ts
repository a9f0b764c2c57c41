import type { Precision } from '../timing/milestone.ts';
import type { Asked } from './asked.ts';
import type { MilestoneNote } from './change-declaration.ts';

/** The arrival of goods at the place of clearance, as somebody reports it. */
export interface ArrivalReport {
  readonly at: Date;
  /** IANA zone of the place; that of the administration without it. */
  readonly zone?: string;
  readonly precision: Precision;
  /** Where they arrived, in words or as a code. */
  readonly place?: string;
  /** Whence the reporter knows: a notice of the port, a manifest, own sight. */
  readonly source?: string;
  /** SHA-256, hexadecimal, of the message that reported it, where one did. */
  readonly document?: string;
}

/** The arrival as milestone M1: reported by a person, or by a message of theirs, never seen by the node itself. */
export function arrivalMilestone({ actor }: Asked, report: ArrivalReport): MilestoneNote {
  return {
    milestone: 'M1',
    occurredAt: report.at,
    ...(report.zone === undefined ? {} : { zone: report.zone }),
    precision: report.precision,
    source:
      report.document === undefined
        ? { kind: 'person', id: actor.personId, name: actor.name }
        : { kind: 'document', digest: report.document },
  };
}

/** What the event keeps of a reported arrival. */
export function arrivalData(report: ArrivalReport): { readonly [name: string]: string } {
  return {
    arrivedAt: report.at.toISOString(),
    precision: report.precision,
    ...(report.place === undefined ? {} : { place: report.place }),
    ...(report.source === undefined ? {} : { source: report.source }),
  };
}
